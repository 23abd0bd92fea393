/** A znode's Stat. Transaction ids are exact as numbers for any ensemble that has had under two million leaders. */
export interface ZNodeStat {
  readonly czxid: number;
  readonly mzxid: number;
  readonly pzxid: number;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly version: number;
  readonly childrenVersion: number;
  readonly aclVersion: number;
  /** The owning session as 16 hexadecimal digits; all zeros for a persistent node. */
  readonly ephemeralOwner: string;
  readonly dataLength: number;
  readonly childCount: number;
}

export type ZooKeeperErrorCode =
  | 'NO_NODE'
  | 'NODE_EXISTS'
  | 'BAD_VERSION'
  | 'NOT_EMPTY'
  | 'NO_AUTH'
  | 'INVALID_ACL'
  | 'AUTH_FAILED'
  | 'NO_CHILDREN_FOR_EPHEMERALS'
  | 'BAD_ARGUMENTS'
  /** The reply is not known: the operation may or may not have happened. */
  | 'CONNECTION_LOSS'
  | 'OPERATION_TIMEOUT'
  | 'SESSION_EXPIRED'
  | 'SESSION_MOVED'
  /** An operation of a multi that was not the one to fail. */
  | 'RUNTIME_INCONSISTENCY'
  | 'UNIMPLEMENTED'
  | 'SYSTEM_ERROR';

export class ZooKeeperError extends Error {
  override readonly name = 'ZooKeeperError';

  constructor(
    readonly code: ZooKeeperErrorCode,
    readonly path: string,
    message = `KeeperErrorCode = ${code} for ${path}`,
  ) {
    super(message);
  }
}

export interface ZNodeAcl {
  readonly permissions: number;
  readonly scheme: string;
  readonly id: string;
}

export type CreateMode = 'persistent' | 'ephemeral' | 'persistent-sequential' | 'ephemeral-sequential';

/** One operation of a multi. `version` -1 means any. */
export type ZooKeeperOperation =
  | {
      readonly type: 'create';
      readonly path: string;
      readonly data: Buffer | null;
      readonly mode: CreateMode;
      readonly acls?: readonly ZNodeAcl[];
    }
  | { readonly type: 'set'; readonly path: string; readonly data: Buffer | null; readonly version: number }
  | { readonly type: 'delete'; readonly path: string; readonly version: number }
  | { readonly type: 'check'; readonly path: string; readonly version: number };

export type ZooKeeperOperationResult =
  | { readonly type: 'create'; readonly path: string }
  | { readonly type: 'set'; readonly stat: ZNodeStat }
  | { readonly type: 'delete' }
  | { readonly type: 'check' };

/** Thrown by `multi`: nothing was done. `failedIndex` is the operation that failed with `code`. */
export class ZooKeeperMultiError extends ZooKeeperError {
  constructor(
    code: ZooKeeperErrorCode,
    path: string,
    readonly failedIndex: number,
  ) {
    super(code, path);
  }
}

export interface WatchEvent {
  readonly type: 'created' | 'deleted' | 'data-changed' | 'children-changed';
  readonly path: string;
}

export type SessionState =
  /** Not (or no longer) connected to a server, within or beyond the session's time; only the server can tell which. */
  | 'disconnected'
  | 'connected'
  /** The server has said so. Final: a new session is a new object. */
  | 'expired'
  | 'auth-failed'
  | 'closed';

/**
 * One ZooKeeper session, over as many connections as it takes. Every call ends: with its result, or with a
 * `ZooKeeperError`; `CONNECTION_LOSS` means that nobody knows. Watches are one-shot and arrive through `onWatch`,
 * before the reply of any later read on this session (ZooKeeper's order guarantee).
 */
export interface ZooKeeperSession {
  /** 16 hexadecimal digits. */
  readonly sessionId: string;
  readonly password: Buffer;
  /** What the server granted. */
  readonly sessionTimeoutMs: number;
  readonly state: SessionState;
  /** Returns the function that takes the listener away. */
  onState(listener: (state: SessionState) => void): () => void;
  onWatch(listener: (event: WatchEvent) => void): () => void;
  /** Returns the path created, with its number where sequential. Open ACL where none is given. */
  create(path: string, data: Buffer | null, mode: CreateMode, acls?: readonly ZNodeAcl[]): Promise<string>;
  exists(path: string, watch?: boolean): Promise<ZNodeStat | null>;
  getData(path: string, watch?: boolean): Promise<{ data: Buffer | null; stat: ZNodeStat }>;
  getChildren(path: string, watch?: boolean): Promise<{ children: string[]; stat: ZNodeStat }>;
  setData(path: string, data: Buffer | null, version: number): Promise<ZNodeStat>;
  delete(path: string, version: number): Promise<void>;
  multi(operations: readonly ZooKeeperOperation[]): Promise<ZooKeeperOperationResult[]>;
  /** Catches this server up with the leader, so that a following read sees all that was committed before. */
  sync(path: string): Promise<void>;
  getAcl(path: string): Promise<{ acls: ZNodeAcl[]; stat: ZNodeStat }>;
  setAcl(path: string, acls: readonly ZNodeAcl[], version: number): Promise<ZNodeStat>;
  /** Ends the session, and with it its ephemeral nodes, if a server can be reached soon; resolves either way. */
  close(): Promise<void>;
}

export interface ZooKeeperConnectOptions {
  /** `host:port,host:port/chroot`, as in `zookeeper.connect`. */
  readonly connect: string;
  readonly sessionTimeoutMs: number;
  readonly connectionTimeoutMs: number;
  /** Gives up as soon as it is aborted: `connect` rejects with `CONNECTION_LOSS`. */
  readonly signal?: AbortSignal;
  /** An earlier session to take up again. */
  readonly resume?: SessionCredentials;
}

/** Whoever has these is the session's owner, for all that a server can tell. */
export interface SessionCredentials {
  readonly sessionId: string;
  readonly password: Buffer;
}

export interface ZooKeeper {
  /**
   * Resolves once a session is established. Rejects with `OPERATION_TIMEOUT` after `connectionTimeoutMs`, and with
   * `SESSION_EXPIRED` where the session to resume is over.
   */
  connect(options: ZooKeeperConnectOptions): Promise<ZooKeeperSession>;
}
