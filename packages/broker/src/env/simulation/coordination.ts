import type { Random } from '../random';
import {
  type CreateMode,
  type WatchEvent,
  type ZNodeAcl,
  type ZNodeStat,
  ZooKeeperError,
  ZooKeeperMultiError,
  type ZooKeeperOperation,
  type ZooKeeperOperationResult,
} from '../zookeeper';
import type { AuthId } from './znode-acls';
import { type Transaction, ZNodeTree } from './znode-tree';
import { ServerWatches } from './znode-watches';

const PASSWORD_BYTES = 16;
/** Between the ids of two leaders' transactions. */
const ZXIDS_OF_LEADER = 2 ** 32;

interface Session {
  readonly id: string;
  readonly password: Buffer;
  readonly timeoutMs: number;
  expiresMs: number;
  connection: ServerConnection | null;
}

export interface ConnectRequest {
  /** 16 hexadecimal digits; zeros for a new session. */
  readonly sessionId: string;
  readonly password: Buffer;
  readonly timeoutMs: number;
  readonly address: string;
}

/** What a server says to a client unasked. */
export interface ClientSink {
  event(event: WatchEvent): void;
  /** The server has ended the connection. */
  closed(): void;
}

/**
 * What ZooKeeper is, without its wire: the tree, sessions and their time, watches, the order of transactions. Whoever
 * owns it says what time it is.
 */
export class Coordination {
  readonly tree = new ZNodeTree();
  readonly watches = new ServerWatches<ServerConnection>();
  private readonly sessions = new Map<string, Session>();
  private created = 0;
  private leaders = 1;
  /** The last transaction's id. */
  zxid = ZXIDS_OF_LEADER;

  constructor(
    private readonly random: Random,
    readonly tickTimeMs: number,
  ) {}

  /** Opens a session, or takes up an earlier one; null where that is over. */
  connect(wanted: ConnectRequest, nowMs: number, sink: ClientSink): ServerConnection | null {
    const isNew = /^0*$/.test(wanted.sessionId);
    const session = isNew ? this.newSession(wanted.timeoutMs, nowMs) : this.sessions.get(wanted.sessionId);
    if (session === undefined || (!isNew && !session.password.equals(wanted.password))) return null;
    const before = session.connection;
    session.connection = new ServerConnection(this, session, sink, wanted.address);
    before?.disconnect();
    this.touch(session, nowMs);
    return session.connection;
  }

  private newSession(timeoutMs: number, nowMs: number): Session {
    const number = ++this.created;
    const id = `01${Math.floor(nowMs).toString(16).padStart(10, '0').slice(-10)}${number.toString(16).padStart(4, '0')}`;
    const session: Session = {
      id,
      password: this.random.bytes(PASSWORD_BYTES),
      timeoutMs: Math.min(Math.max(timeoutMs, 2 * this.tickTimeMs), 20 * this.tickTimeMs),
      expiresMs: 0,
      connection: null,
    };
    this.zxid++;
    this.sessions.set(id, session);
    return session;
  }

  /** A session has given a sign of life. Ends are rounded up to ticks (ExpiryQueue). */
  touch(session: Session, nowMs: number): void {
    session.expiresMs = (Math.floor((nowMs + session.timeoutMs) / this.tickTimeMs) + 1) * this.tickTimeMs;
  }

  /** Ends the sessions whose time is over. */
  expire(nowMs: number): void {
    for (const session of [...this.sessions.values()]) if (session.expiresMs <= nowMs) this.end(session);
  }

  /** Ends a session before its time. */
  expireSession(sessionId: string): void {
    const session = this.sessions.get(sessionId);
    if (session) this.end(session);
  }

  /** A new leader: it gives every session its whole time again. */
  elect(nowMs: number): void {
    this.zxid = ++this.leaders * ZXIDS_OF_LEADER;
    for (const session of this.sessions.values()) this.touch(session, nowMs);
  }

  end(session: Session): void {
    this.sessions.delete(session.id);
    const { connection } = session;
    // It hears of its own end by its connection's.
    connection?.disconnect();
    this.announce(this.tree.endSession(session.id, ++this.zxid));
  }

  isOpen(session: Session): boolean {
    return this.sessions.get(session.id) === session;
  }

  announce(changes: readonly WatchEvent[]): void {
    for (const change of changes) {
      for (const connection of this.watches.take(change)) connection.sink.event(change);
    }
  }
}

/**
 * A session's connection to a server. Calls are answered at once and in order; what they change, watchers are told
 * before the call returns. Throws `ZooKeeperError`.
 */
export class ServerConnection {
  private isOver = false;
  private readonly ids: AuthId[];

  constructor(
    private readonly service: Coordination,
    private readonly session: Session,
    readonly sink: ClientSink,
    /** The client's. */
    readonly address: string,
  ) {
    this.ids = [{ scheme: 'ip', id: address }];
  }

  get sessionId(): string {
    return this.session.id;
  }

  get password(): Buffer {
    return this.session.password;
  }

  get timeoutMs(): number {
    return this.session.timeoutMs;
  }

  /** The last transaction that an answer given now has seen. */
  get zxid(): number {
    return this.service.zxid;
  }

  /** Every message is a sign of life. False where the connection is over and the message must be dropped. */
  heard(nowMs: number): boolean {
    if (this.isOver || !this.service.isOpen(this.session)) return false;
    this.service.touch(this.session, nowMs);
    return true;
  }

  /** The connection is gone; the session lives on. */
  disconnect(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.service.watches.forget(this);
    if (this.session.connection === this) this.session.connection = null;
    this.sink.closed();
  }

  /** The client has proved to be this one, too. */
  authenticate(id: AuthId): void {
    this.ids.push(id);
  }

  closeSession(): void {
    this.service.end(this.session);
  }

  create(path: string, data: Buffer | null, mode: CreateMode, acls: readonly ZNodeAcl[], nowMs: number): string {
    const result = this.write({ type: 'create', path, data, mode, acls }, nowMs);
    return result.type === 'create' ? result.path : path;
  }

  setData(path: string, data: Buffer | null, version: number, nowMs: number): ZNodeStat {
    const result = this.write({ type: 'set', path, data, version }, nowMs);
    if (result.type !== 'set') throw new Error(`a set was answered as ${result.type}`);
    return result.stat;
  }

  delete(path: string, version: number, nowMs: number): void {
    this.write({ type: 'delete', path, version }, nowMs);
  }

  multi(operations: readonly ZooKeeperOperation[], nowMs: number): ZooKeeperOperationResult[] {
    const { results, changes } = this.service.tree.apply(operations, this.transaction(nowMs));
    this.service.announce(changes);
    return results;
  }

  setAcl(path: string, acls: readonly ZNodeAcl[], version: number, nowMs: number): ZNodeStat {
    return this.service.tree.setAcls(path, acls, version, this.transaction(nowMs));
  }

  getAcl(path: string): { acls: ZNodeAcl[]; stat: ZNodeStat } {
    return this.service.tree.readAcls(path, this.ids);
  }

  exists(path: string, watch: boolean): ZNodeStat | null {
    if (watch) this.service.watches.add('data', path, this);
    return this.service.tree.stat(path);
  }

  getData(path: string, watch: boolean): { data: Buffer | null; stat: ZNodeStat } {
    const { data, stat } = this.service.tree.read(path, this.ids);
    if (watch) this.service.watches.add('data', path, this);
    return { data, stat };
  }

  getChildren(path: string, watch: boolean): { children: string[]; stat: ZNodeStat } {
    const { children, stat } = this.service.tree.read(path, this.ids);
    if (watch) this.service.watches.add('child', path, this);
    return { children, stat };
  }

  /** The watches of an earlier connection: those whose node has changed since `lastZxid` fire now (DataTree.setWatches). */
  setWatches(
    lastZxid: number,
    { data, exist, child }: Readonly<Record<'data' | 'exist' | 'child', readonly string[]>>,
  ): void {
    const { tree, watches } = this.service;
    for (const path of data) {
      const stat = tree.stat(path);
      if (stat === null) this.sink.event({ type: 'deleted', path });
      else if (stat.mzxid > lastZxid) this.sink.event({ type: 'data-changed', path });
      else watches.add('data', path, this);
    }
    for (const path of exist) {
      if (tree.stat(path) !== null) this.sink.event({ type: 'created', path });
      else watches.add('data', path, this);
    }
    for (const path of child) {
      const stat = tree.stat(path);
      if (stat === null) this.sink.event({ type: 'deleted', path });
      else if (stat.pzxid > lastZxid) this.sink.event({ type: 'children-changed', path });
      else watches.add('child', path, this);
    }
  }

  private write(operation: ZooKeeperOperation, nowMs: number): ZooKeeperOperationResult {
    try {
      return this.multi([operation], nowMs)[0]!;
    } catch (error) {
      if (error instanceof ZooKeeperMultiError) throw new ZooKeeperError(error.code, error.path);
      throw error;
    }
  }

  /** A write takes a number also where it fails. */
  private transaction(nowMs: number): Transaction {
    const { session, ids } = this;
    return { zxid: ++this.service.zxid, nowMs: Math.floor(nowMs), sessionId: session.id, ids };
  }
}
