import {
  type CreateMode,
  type WatchEvent,
  type ZNodeAcl,
  type ZNodeStat,
  ZooKeeperError,
  type ZooKeeperErrorCode,
  ZooKeeperMultiError,
  type ZooKeeperOperation,
  type ZooKeeperOperationResult,
} from '../zookeeper';
import { type AuthId, isPermitted, PERMISSION, resolveAcls } from './znode-acls';

export const NO_OWNER = '0000000000000000';
const ANY_VERSION = -1;
const OPEN: readonly ZNodeAcl[] = [{ permissions: 31, scheme: 'world', id: 'anyone' }];
/** What ZooKeeper itself keeps in every tree. */
const OWN_NODES = ['/zookeeper', '/zookeeper/config', '/zookeeper/quota'];

interface ZNode {
  data: Buffer | null;
  acls: readonly ZNodeAcl[];
  readonly czxid: number;
  mzxid: number;
  pzxid: number;
  readonly createdMs: number;
  modifiedMs: number;
  version: number;
  aclVersion: number;
  /** Children ever created: the number of the next sequential one. */
  creations: number;
  readonly ephemeralOwner: string;
  readonly children: Set<string>;
}

/** Whose transaction it is. */
export interface Transaction {
  readonly zxid: number;
  readonly nowMs: number;
  readonly sessionId: string;
  readonly ids: readonly AuthId[];
}

/** The nodes and their rules (PrepRequestProcessor and DataTree): no sessions, no time, no watches. */
export class ZNodeTree {
  private readonly nodes = new Map<string, ZNode>();
  private readonly ephemerals = new Map<string, Set<string>>();

  constructor() {
    this.nodes.set('/', newNode(null, OPEN, NO_OWNER, 0, 0));
    for (const path of OWN_NODES) this.add(path, newNode(Buffer.alloc(0), OPEN, NO_OWNER, 0, 0));
  }

  /** Null where there is no such node. */
  stat(path: string): ZNodeStat | null {
    const node = this.nodes.get(path);
    return node === undefined ? null : statOf(node);
  }

  read(path: string, ids: readonly AuthId[]): { data: Buffer | null; children: string[]; stat: ZNodeStat } {
    const node = this.get(path);
    permit(path, node, PERMISSION.read, ids);
    return { data: node.data && Buffer.from(node.data), children: [...node.children], stat: statOf(node) };
  }

  readAcls(path: string, ids: readonly AuthId[]): { acls: ZNodeAcl[]; stat: ZNodeStat } {
    const node = this.get(path);
    permit(path, node, PERMISSION.read | PERMISSION.admin, ids);
    return { acls: [...node.acls], stat: statOf(node) };
  }

  setAcls(path: string, acls: readonly ZNodeAcl[], version: number, { ids }: Transaction): ZNodeStat {
    const resolved = resolveAcls(path, acls, ids);
    const node = this.get(path);
    permit(path, node, PERMISSION.admin, ids);
    checkVersion(path, node.aclVersion, version);
    node.acls = resolved;
    node.aclVersion++;
    return statOf(node);
  }

  /**
   * Does all or nothing. What has changed is in `changes`, in the order in which ZooKeeper tells of it. Throws the error
   * of the operation that failed, as a `ZooKeeperMultiError`.
   */
  apply(
    operations: readonly ZooKeeperOperation[],
    transaction: Transaction,
  ): { results: ZooKeeperOperationResult[]; changes: WatchEvent[] } {
    const undo: (() => void)[] = [];
    const results: ZooKeeperOperationResult[] = [];
    const changes: WatchEvent[] = [];
    for (const [index, operation] of operations.entries()) {
      try {
        results.push(this.applyOne(operation, transaction, undo, changes));
      } catch (error) {
        for (const step of undo.reverse()) step();
        if (!(error instanceof ZooKeeperError)) throw error;
        throw new ZooKeeperMultiError(error.code, operation.path, index);
      }
    }
    return { results, changes };
  }

  /** Deletes the ephemeral nodes of a session, all in one transaction. */
  endSession(sessionId: string, zxid: number): WatchEvent[] {
    const paths = [...(this.ephemerals.get(sessionId) ?? [])];
    const changes: WatchEvent[] = [];
    for (const path of paths) this.remove(path, zxid, [], changes);
    this.ephemerals.delete(sessionId);
    return changes;
  }

  private applyOne(
    operation: ZooKeeperOperation,
    transaction: Transaction,
    undo: (() => void)[],
    changes: WatchEvent[],
  ): ZooKeeperOperationResult {
    const { path } = operation;
    const { ids } = transaction;
    switch (operation.type) {
      case 'create':
        return { type: 'create', path: this.create(operation, transaction, undo, changes) };
      case 'set': {
        const node = this.get(path);
        permit(path, node, PERMISSION.write, ids);
        checkVersion(path, node.version, operation.version);
        const { data, version, mzxid, modifiedMs } = node;
        undo.push(() => Object.assign(node, { data, version, mzxid, modifiedMs }));
        node.data = operation.data && Buffer.from(operation.data);
        node.version++;
        node.mzxid = transaction.zxid;
        node.modifiedMs = transaction.nowMs;
        changes.push({ type: 'data-changed', path });
        return { type: 'set', stat: statOf(node) };
      }
      case 'delete': {
        if (path === '/' || OWN_NODES.includes(path)) fail('BAD_ARGUMENTS', path);
        permit(path, this.get(parentOf(path), path), PERMISSION.delete, ids);
        const node = this.get(path);
        checkVersion(path, node.version, operation.version);
        if (node.children.size > 0) fail('NOT_EMPTY', path);
        this.remove(path, transaction.zxid, undo, changes);
        return { type: 'delete' };
      }
      case 'check': {
        const node = this.get(path);
        permit(path, node, PERMISSION.read, ids);
        checkVersion(path, node.version, operation.version);
        return { type: 'check' };
      }
    }
  }

  private create(
    { path: wanted, data, mode, acls = OPEN }: Extract<ZooKeeperOperation, { type: 'create' }>,
    { zxid, nowMs, sessionId, ids }: Transaction,
    undo: (() => void)[],
    changes: WatchEvent[],
  ): string {
    const resolved = resolveAcls(wanted, acls, ids);
    const parentPath = parentOf(wanted);
    const parent = this.get(parentPath, wanted);
    permit(wanted, parent, PERMISSION.create, ids);
    const path = isSequential(mode) ? wanted + String(parent.creations).padStart(10, '0') : wanted;
    if (this.nodes.has(path)) fail('NODE_EXISTS', path);
    if (parent.ephemeralOwner !== NO_OWNER) fail('NO_CHILDREN_FOR_EPHEMERALS', path);
    const { creations, pzxid } = parent;
    undo.push(() => {
      this.drop(path);
      Object.assign(parent, { creations, pzxid });
    });
    const owner = mode.startsWith('ephemeral') ? sessionId : NO_OWNER;
    this.add(path, newNode(data && Buffer.from(data), resolved, owner, zxid, nowMs));
    parent.creations++;
    parent.pzxid = zxid;
    changes.push({ type: 'created', path }, { type: 'children-changed', path: parentPath });
    return path;
  }

  private remove(path: string, zxid: number, undo: (() => void)[], changes: WatchEvent[]): void {
    const node = this.get(path);
    const parentPath = parentOf(path);
    const parent = this.get(parentPath);
    const { pzxid } = parent;
    undo.push(() => {
      this.add(path, node);
      parent.pzxid = pzxid;
    });
    this.drop(path);
    parent.pzxid = zxid;
    changes.push({ type: 'deleted', path }, { type: 'children-changed', path: parentPath });
  }

  private add(path: string, node: ZNode): void {
    this.nodes.set(path, node);
    this.nodes.get(parentOf(path))!.children.add(path.slice(path.lastIndexOf('/') + 1));
    if (node.ephemeralOwner === NO_OWNER) return;
    const owned = this.ephemerals.get(node.ephemeralOwner) ?? new Set();
    this.ephemerals.set(node.ephemeralOwner, owned.add(path));
  }

  private drop(path: string): void {
    const { ephemeralOwner } = this.nodes.get(path)!;
    this.nodes.delete(path);
    this.nodes.get(parentOf(path))!.children.delete(path.slice(path.lastIndexOf('/') + 1));
    this.ephemerals.get(ephemeralOwner)?.delete(path);
  }

  private get(path: string, named = path): ZNode {
    return this.nodes.get(path) ?? fail('NO_NODE', named);
  }
}

function newNode(
  data: Buffer | null,
  acls: readonly ZNodeAcl[],
  ephemeralOwner: string,
  zxid: number,
  nowMs: number,
): ZNode {
  return {
    ...{ data, acls, ephemeralOwner, czxid: zxid, mzxid: zxid, pzxid: zxid, createdMs: nowMs, modifiedMs: nowMs },
    ...{ version: 0, aclVersion: 0, creations: 0, children: new Set<string>() },
  };
}

function statOf(node: ZNode): ZNodeStat {
  const { czxid, mzxid, pzxid, createdMs, modifiedMs, version, aclVersion, ephemeralOwner, creations, children } = node;
  const childCount = children.size;
  // Creations and deletions both count (DataNode.copyStat).
  const childrenVersion = 2 * creations - childCount;
  const dataLength = node.data?.length ?? 0;
  return {
    ...{ czxid, mzxid, pzxid, createdMs, modifiedMs, version, childrenVersion, aclVersion },
    ...{ ephemeralOwner, dataLength, childCount },
  };
}

function permit(path: string, { acls }: ZNode, permissions: number, ids: readonly AuthId[]): void {
  if (!isPermitted(acls, permissions, ids)) fail('NO_AUTH', path);
}

function checkVersion(path: string, version: number, expected: number): void {
  if (expected !== ANY_VERSION && expected !== version) fail('BAD_VERSION', path);
}

function isSequential(mode: CreateMode): boolean {
  return mode.endsWith('sequential');
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function fail(code: ZooKeeperErrorCode, path: string): never {
  throw new ZooKeeperError(code, path);
}
