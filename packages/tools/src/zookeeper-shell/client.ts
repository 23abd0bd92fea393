import {
  type AclRecord,
  type Record as JuteRecord,
  data as jute,
  protocol,
  type StatRecord,
} from 'node-zookeeper-client/lib/jute';
import type { ZooKeeperConnection } from './connection';
import { ErrorCode, KeeperError } from './errors';
import { type AclText, ALL_PERMISSIONS, checkPath } from './format';

/** ZooDefs.OpCode. */
const Op = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  sync: 9,
  getChildren2: 12,
  createContainer: 19,
  createTtl: 21,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  whoAmI: 107,
} as const;

export interface CreateMode {
  readonly ephemeral: boolean;
  readonly sequential: boolean;
  readonly container: boolean;
  readonly ttlMs: bigint | undefined;
}

const OPEN_ACL: AclText[] = [{ scheme: 'world', id: 'anyone', perms: ALL_PERMISSIONS }];

const aclRecords = (acl: readonly AclText[]): AclRecord[] =>
  acl.map(({ scheme, id, perms }) => new jute.ACL(perms, new jute.Id(scheme, id)));

function decode<R extends JuteRecord>(record: R, bytes: Buffer): R {
  record.deserialize(bytes, 0);
  return record;
}

/** What the shell asks of ZooKeeper, one function a request. Paths are the user's; the chroot is added here. */
export const clientOf = (connection: ZooKeeperConnection) => {
  const send = (op: number, path: string, payload: (inside: string) => JuteRecord | Buffer): Promise<Buffer> => {
    checkPath(path);
    return connection.request(op, payload(connection.inside(path)), path);
  };
  const pathOnly = (inside: string) => new protocol.GetACLRequest(inside);

  return {
    create: async (path: string, data: Buffer | null, mode: CreateMode, acl: AclText[] = OPEN_ACL): Promise<string> => {
      checkPath(mode.sequential ? `${path}1` : path);
      if (acl.length === 0) throw new KeeperError(ErrorCode.InvalidAcl, null);
      const request = createRequest(connection.inside(path), data, acl, mode);
      const answer = await connection.request(request.op, request.payload, path);
      return connection.outside(decode(new protocol.CreateResponse(), answer).path);
    },
    delete: async (path: string, version: number): Promise<void> => {
      // The root cannot be deleted, a chroot's neither: ZooKeeper's own client leaves the chroot out here.
      await send(Op.delete, path, (inside) => new protocol.DeleteRequest(path === '/' ? '/' : inside, version));
    },
    exists: async (path: string, watch: boolean): Promise<StatRecord> => {
      const answer = await send(Op.exists, path, (inside) => new protocol.ExistsRequest(inside, watch));
      return decode(new protocol.ExistsResponse(), answer).stat;
    },
    getData: async (path: string, watch: boolean) => {
      const answer = await send(Op.getData, path, (inside) => new protocol.GetDataRequest(inside, watch));
      return decode(new protocol.GetDataResponse(), answer);
    },
    /** The ensemble's own configuration lies outside every chroot. */
    getConfig: async () => {
      const path = '/zookeeper/config';
      const answer = await connection.request(Op.getData, new protocol.GetDataRequest(path, false), path);
      return decode(new protocol.GetDataResponse(), answer);
    },
    setData: async (path: string, data: Buffer, version: number): Promise<StatRecord> => {
      const answer = await send(Op.setData, path, (inside) => new protocol.SetDataRequest(inside, data, version));
      return decode(new protocol.SetDataResponse(), answer).stat;
    },
    getChildren: async (path: string, watch: boolean) => {
      const answer = await send(Op.getChildren2, path, (inside) => new protocol.GetChildren2Request(inside, watch));
      const { children, stat } = decode(new protocol.GetChildren2Response(), answer);
      return { children: (children ?? []).sort(), stat };
    },
    getAcl: async (path: string) => {
      const { acl, stat } = decode(new protocol.GetACLResponse(), await send(Op.getAcl, path, pathOnly));
      return { acl: acl ?? [], stat };
    },
    setAcl: async (path: string, acl: AclText[], version: number): Promise<StatRecord> => {
      if (acl.length === 0) throw new KeeperError(ErrorCode.InvalidAcl, path);
      const answer = await send(Op.setAcl, path, (at) => new protocol.SetACLRequest(at, aclRecords(acl), version));
      return decode(new protocol.SetACLResponse(), answer).stat;
    },
    sync: async (path: string): Promise<void> => {
      await send(Op.sync, path, pathOnly);
    },
    getAllChildrenNumber: async (path: string) => (await send(Op.getAllChildrenNumber, path, pathOnly)).readInt32BE(0),
    getEphemerals: async (path: string): Promise<string[]> =>
      strings(await send(Op.getEphemerals, path, pathOnly), 1).map(([found]) => connection.outside(found!)),
    /** Pairs of scheme and user. */
    whoAmI: async (): Promise<string[][]> => strings(await connection.request(Op.whoAmI, null, null), 2),
  };
};

export type Client = ReturnType<typeof clientOf>;

function createRequest(inside: string, data: Buffer | null, acl: readonly AclText[], mode: CreateMode) {
  const { ephemeral, sequential, container, ttlMs } = mode;
  const request = (flags: number) => new protocol.CreateRequest(inside, data, aclRecords(acl), flags);
  // CreateMode: container 4, with a time to live 5, the same and sequential 6; the others are two bits.
  if (container) return { op: Op.createContainer, payload: request(4) };
  if (ttlMs === undefined) return { op: Op.create, payload: request((ephemeral ? 1 : 0) + (sequential ? 2 : 0)) };
  const record = request(sequential ? 6 : 5);
  const bytes = Buffer.alloc(record.byteLength() + 8);
  record.serialize(bytes, 0);
  bytes.writeBigInt64BE(ttlMs, bytes.length - 8);
  return { op: Op.createTtl, payload: bytes };
}

/** A jute vector of records of `width` strings. */
function strings(bytes: Buffer, width: number): string[][] {
  let at = 4;
  const next = () => {
    const end = at + 4 + Math.max(0, bytes.readInt32BE(at));
    const text = bytes.toString('utf8', at + 4, end);
    at = end;
    return text;
  };
  const count = Math.max(0, bytes.readInt32BE(0));
  return Array.from({ length: count }, () => Array.from({ length: width }, next));
}
