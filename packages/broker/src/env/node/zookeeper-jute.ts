import * as jute from 'node-zookeeper-client/lib/jute';
import { version as libraryVersion } from 'node-zookeeper-client/package.json';
import type {
  CreateMode,
  WatchEvent,
  ZNodeAcl,
  ZNodeStat,
  ZooKeeperErrorCode,
  ZooKeeperOperation,
  ZooKeeperOperationResult,
} from '../zookeeper';
import { ZooKeeperMultiError } from '../zookeeper';

/**
 * ZooKeeper's messages, out of node-zookeeper-client. This is the only file that knows the library. Its messages are
 * sound; its connection is not (docs/zookeeper.md), so sessions and connections are our own.
 */

const TESTED_VERSION = '1.1.3';
if (libraryVersion !== TESTED_VERSION) {
  throw new Error(
    `node-zookeeper-client is ${libraryVersion}, but its internals are known for ${TESTED_VERSION} only: install that version`,
  );
}

const { protocol } = jute;

/** A request's body and how its reply is read. `decode` gets what follows the header. */
export interface Call<Result> {
  readonly type: number;
  readonly path: string;
  readonly payload: jute.Record | null;
  decode(frame: Buffer, offset: number): Result;
}

export const XID_NOTIFICATION = -1;
export const XID_PING = -2;
export const XID_SET_WATCHES = -8;

const LARGEST_XID = 0x7fff_ffff;

/** Numbers of requests go round; those below 1 have meanings of their own. */
export function nextXid(xid: number): number {
  return xid === LARGEST_XID ? 1 : xid + 1;
}

const CREATE = 1;
const DELETE = 2;
const EXISTS = 3;
const GET_DATA = 4;
const SET_DATA = 5;
const GET_ACL = 6;
const SET_ACL = 7;
const SYNC = 9;
const PING = 11;
const GET_CHILDREN2 = 12;
const CHECK = 13;
const MULTI = 14;
const SET_WATCHES = 101;
const CLOSE_SESSION = -11;

const CREATE_FLAGS: Readonly<Record<CreateMode, number>> = {
  persistent: 0,
  ephemeral: 1,
  'persistent-sequential': 2,
  'ephemeral-sequential': 3,
};

const ERROR_CODES: ReadonlyMap<number, ZooKeeperErrorCode> = new Map<number, ZooKeeperErrorCode>([
  [-2, 'RUNTIME_INCONSISTENCY'],
  [-4, 'CONNECTION_LOSS'],
  [-6, 'UNIMPLEMENTED'],
  [-7, 'OPERATION_TIMEOUT'],
  [-8, 'BAD_ARGUMENTS'],
  [-101, 'NO_NODE'],
  [-102, 'NO_AUTH'],
  [-103, 'BAD_VERSION'],
  [-108, 'NO_CHILDREN_FOR_EPHEMERALS'],
  [-110, 'NODE_EXISTS'],
  [-111, 'NOT_EMPTY'],
  [-112, 'SESSION_EXPIRED'],
  [-114, 'INVALID_ACL'],
  [-115, 'AUTH_FAILED'],
  [-118, 'SESSION_MOVED'],
]);

/** A server's error number; what has no name of its own is SYSTEM_ERROR. */
export function errorCodeOf(number: number): ZooKeeperErrorCode {
  return ERROR_CODES.get(number) ?? 'SYSTEM_ERROR';
}

export function encodeConnect(lastZxid: Buffer, sessionTimeoutMs: number, sessionId: Buffer, password: Buffer): Buffer {
  const request = new protocol.ConnectRequest(0, lastZxid, sessionTimeoutMs, sessionId, password);
  return new jute.Request(null, request).toBuffer();
}

/** A `timeoutMs` of 0 or less says that the session is over. */
export function decodeConnect(frame: Buffer): { timeoutMs: number; sessionId: Buffer; password: Buffer } {
  const response = new protocol.ConnectResponse();
  response.deserialize(frame, 0);
  return { timeoutMs: response.timeOut, sessionId: response.sessionId, password: response.passwd ?? Buffer.alloc(16) };
}

export function encodeCall(xid: number, call: Call<unknown>): Buffer {
  return new jute.Request(new protocol.RequestHeader(xid, call.type), call.payload).toBuffer();
}

export interface ReplyHeader {
  readonly xid: number;
  readonly zxid: Buffer;
  /** 0 for none. */
  readonly error: number;
  /** Where the body begins. */
  readonly bodyOffset: number;
}

export function decodeReplyHeader(frame: Buffer): ReplyHeader {
  const header = new protocol.ReplyHeader();
  const bodyOffset = header.deserialize(frame, 0);
  return { xid: header.xid, zxid: header.zxid, error: header.err, bodyOffset };
}

const WATCH_EVENT_TYPES: ReadonlyMap<number, WatchEvent['type']> = new Map<number, WatchEvent['type']>([
  [1, 'created'],
  [2, 'deleted'],
  [3, 'data-changed'],
  [4, 'children-changed'],
]);

/** Null for an event that is no change of a node, or of a type that came after this client. */
export function decodeWatchEvent(frame: Buffer, offset: number): WatchEvent | null {
  const event = new protocol.WatcherEvent();
  event.deserialize(frame, offset);
  const type = WATCH_EVENT_TYPES.get(event.type);
  return type ? { type, path: event.path } : null;
}

const nothing = (): void => {};

export const pingCall: Call<void> = { type: PING, path: '', payload: null, decode: nothing };
export const closeCall: Call<void> = { type: CLOSE_SESSION, path: '', payload: null, decode: nothing };

export function setWatchesCall(
  lastZxid: Buffer,
  data: readonly string[],
  exist: readonly string[],
  child: readonly string[],
): Call<void> {
  const payload = new protocol.SetWatches(lastZxid, [...data], [...exist], [...child]);
  return { type: SET_WATCHES, path: '', payload, decode: nothing };
}

export function createCall(
  path: string,
  data: Buffer | null,
  mode: CreateMode,
  acls: readonly ZNodeAcl[],
): Call<string> {
  const payload = new protocol.CreateRequest(path, data, acls.map(aclRecord), CREATE_FLAGS[mode]);
  return { type: CREATE, path, payload, decode: pathOf };
}

export function deleteCall(path: string, version: number): Call<void> {
  return { type: DELETE, path, payload: new protocol.DeleteRequest(path, version), decode: nothing };
}

export function existsCall(path: string, watch: boolean): Call<ZNodeStat> {
  return {
    type: EXISTS,
    path,
    payload: new protocol.ExistsRequest(path, watch),
    decode: (frame, offset) => statOf(decoded(new protocol.ExistsResponse(), frame, offset).stat),
  };
}

export function getDataCall(path: string, watch: boolean): Call<{ data: Buffer | null; stat: ZNodeStat }> {
  return {
    type: GET_DATA,
    path,
    payload: new protocol.GetDataRequest(path, watch),
    decode(frame, offset) {
      // The library allocates what the length says before it looks for the bytes.
      if (frame.readInt32BE(offset) > frame.length - offset) throw new RangeError('data longer than its frame');
      const { data, stat } = decoded(new protocol.GetDataResponse(), frame, offset);
      return { data: data ?? null, stat: statOf(stat) };
    },
  };
}

export function getChildrenCall(path: string, watch: boolean): Call<{ children: string[]; stat: ZNodeStat }> {
  return {
    type: GET_CHILDREN2,
    path,
    payload: new protocol.GetChildren2Request(path, watch),
    decode(frame, offset) {
      const { children, stat } = decoded(new protocol.GetChildren2Response(), frame, offset);
      return { children: children ?? [], stat: statOf(stat) };
    },
  };
}

export function setDataCall(path: string, data: Buffer | null, version: number): Call<ZNodeStat> {
  return {
    type: SET_DATA,
    path,
    payload: new protocol.SetDataRequest(path, data, version),
    decode: (frame, offset) => statOf(decoded(new protocol.SetDataResponse(), frame, offset).stat),
  };
}

export function syncCall(path: string): Call<void> {
  // The library has no message for it; a sync carries a path and nothing else, as this one does.
  return { type: SYNC, path, payload: new protocol.GetACLRequest(path), decode: nothing };
}

export function getAclCall(path: string): Call<{ acls: ZNodeAcl[]; stat: ZNodeStat }> {
  return {
    type: GET_ACL,
    path,
    payload: new protocol.GetACLRequest(path),
    decode(frame, offset) {
      const { acl, stat } = decoded(new protocol.GetACLResponse(), frame, offset);
      const acls = (acl ?? []).map(({ perms, id }) => ({
        permissions: perms,
        scheme: id.scheme ?? '',
        id: id.id ?? '',
      }));
      return { acls, stat: statOf(stat) };
    },
  };
}

export function setAclCall(path: string, acls: readonly ZNodeAcl[], version: number): Call<ZNodeStat> {
  return {
    type: SET_ACL,
    path,
    payload: new protocol.SetACLRequest(path, acls.map(aclRecord), version),
    decode: (frame, offset) => statOf(decoded(new protocol.SetACLResponse(), frame, offset).stat),
  };
}

/**
 * `decode` throws `ZooKeeperMultiError` where the server did nothing. The operations come twice: with the paths that the
 * server knows, and with the caller's, which are named in errors.
 */
export function multiCall(
  onWire: readonly ZooKeeperOperation[],
  operations: readonly ZooKeeperOperation[],
  openAcl: readonly ZNodeAcl[],
): Call<ZooKeeperOperationResult[]> {
  const payload = new jute.TransactionRequest(onWire.map((operation) => multiOperation(operation, openAcl)));
  return {
    type: MULTI,
    path: onWire[0]?.path ?? '/',
    payload,
    decode(frame, offset) {
      const response = new jute.TransactionResponse();
      response.deserialize(frame, offset);
      return multiResults(operations, response.results);
    },
  };
}

function multiOperation(operation: ZooKeeperOperation, openAcl: readonly ZNodeAcl[]): jute.MultiOperation {
  const { path } = operation;
  switch (operation.type) {
    case 'create': {
      const acls = (operation.acls ?? openAcl).map((acl) => ({ toRecord: () => aclRecord(acl) }));
      return { type: CREATE, path, data: operation.data, mode: CREATE_FLAGS[operation.mode], acls };
    }
    case 'set':
      return { type: SET_DATA, path, data: operation.data, version: operation.version };
    case 'delete':
      return { type: DELETE, path, version: operation.version };
    case 'check':
      return { type: CHECK, path, version: operation.version };
  }
}

/** In a failed multi what came before the failure reads 0, what came after RUNTIME_INCONSISTENCY. */
function multiResults(
  operations: readonly ZooKeeperOperation[],
  results: readonly jute.MultiResult[],
): ZooKeeperOperationResult[] {
  if (results.length !== operations.length) throw new RangeError('a multi with another number of results');
  const codes = results.map(({ err }) => err ?? 0);
  const failed = codes.findIndex((code) => code !== 0 && code !== -2);
  const firstError = failed === -1 ? codes.findIndex((code) => code !== 0) : failed;
  if (firstError !== -1) {
    throw new ZooKeeperMultiError(errorCodeOf(codes[firstError]!), operations[firstError]!.path, firstError);
  }
  return results.map((result, index): ZooKeeperOperationResult => {
    const { type } = operations[index]!;
    if (type === 'create') return { type, path: result.path ?? '' };
    if (type !== 'set') return { type };
    if (!result.stat) throw new RangeError('a set without its stat');
    return { type, stat: statOf(result.stat) };
  });
}

function decoded<R extends jute.Record>(record: R, frame: Buffer, offset: number): R {
  record.deserialize(frame, offset);
  return record;
}

function pathOf(frame: Buffer, offset: number): string {
  return decoded(new protocol.CreateResponse(), frame, offset).path;
}

function aclRecord({ permissions, scheme, id }: ZNodeAcl): jute.AclRecord {
  return new jute.data.ACL(permissions, new jute.data.Id(scheme, id));
}

function statOf(stat: jute.StatRecord): ZNodeStat {
  return {
    czxid: numberOf(stat.czxid),
    mzxid: numberOf(stat.mzxid),
    pzxid: numberOf(stat.pzxid),
    createdMs: numberOf(stat.ctime),
    modifiedMs: numberOf(stat.mtime),
    version: stat.version,
    childrenVersion: stat.cversion,
    aclVersion: stat.aversion,
    ephemeralOwner: stat.ephemeralOwner.toString('hex'),
    dataLength: stat.dataLength,
    childCount: stat.numChildren,
  };
}

function numberOf(bytes: Buffer): number {
  return Number(bytes.readBigInt64BE(0));
}
