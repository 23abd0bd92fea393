import type {
  CreateMode,
  WatchEvent,
  ZNodeAcl,
  ZNodeStat,
  ZooKeeperErrorCode,
  ZooKeeperOperation,
} from '@odradek/broker/env/zookeeper';
import { type JuteReader, type JuteWriter, MalformedRequestError } from './jute';

/** Numbers of ZooKeeper's operations (ZooDefs.OpCode). */
export const OP = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  auth: 100,
  setWatches: 101,
  setWatches2: 105,
  whoAmI: 107,
  closeSession: -11,
} as const;

/** Of what comes unasked. */
export const XID_NOTIFICATION = -1;

/** KeeperException.Code. */
const ERRORS: Readonly<Record<ZooKeeperErrorCode, number>> = {
  SYSTEM_ERROR: -1,
  RUNTIME_INCONSISTENCY: -2,
  CONNECTION_LOSS: -4,
  UNIMPLEMENTED: -6,
  OPERATION_TIMEOUT: -7,
  BAD_ARGUMENTS: -8,
  NO_NODE: -101,
  NO_AUTH: -102,
  BAD_VERSION: -103,
  NO_CHILDREN_FOR_EPHEMERALS: -108,
  NODE_EXISTS: -110,
  NOT_EMPTY: -111,
  SESSION_EXPIRED: -112,
  INVALID_ACL: -114,
  AUTH_FAILED: -115,
  SESSION_MOVED: -118,
};

export const errorNumber = (code: ZooKeeperErrorCode): number => ERRORS[code];

const MODES: readonly CreateMode[] = ['persistent', 'ephemeral', 'persistent-sequential', 'ephemeral-sequential'];

export const readAcls = (reader: JuteReader): ZNodeAcl[] =>
  reader.list(() => {
    const permissions = reader.int();
    return { permissions, scheme: reader.string(), id: reader.string() };
  });

/** The body of a create, set, delete or check, alone or in a multi. */
export function readOperation(type: number, reader: JuteReader): ZooKeeperOperation {
  const path = reader.string();
  switch (type) {
    case OP.create:
    case OP.create2: {
      const data = reader.buffer();
      const acls = readAcls(reader);
      const mode = MODES[reader.int()];
      if (mode === undefined)
        throw new MalformedRequestError('nodes with a time to live and containers are not kept here');
      return { type: 'create', path, data, acls, mode };
    }
    case OP.setData:
      return { type: 'set', path, data: reader.buffer(), version: reader.int() };
    case OP.delete:
      return { type: 'delete', path, version: reader.int() };
    case OP.check:
      return { type: 'check', path, version: reader.int() };
    default:
      throw new MalformedRequestError(`operation ${type} in a transaction`);
  }
}

/** The operations of a multi, with the numbers that they came with. */
export function readOperations(reader: JuteReader): { type: number; operation: ZooKeeperOperation }[] {
  const operations: { type: number; operation: ZooKeeperOperation }[] = [];
  for (;;) {
    const type = reader.int();
    const isDone = reader.bool();
    reader.int();
    if (isDone) return operations;
    operations.push({ type, operation: readOperation(type, reader) });
  }
}

export function writeStat(writer: JuteWriter, stat: ZNodeStat): void {
  writer.long(stat.czxid).long(stat.mzxid).long(Math.floor(stat.createdMs)).long(Math.floor(stat.modifiedMs));
  writer.int(stat.version).int(stat.childrenVersion).int(stat.aclVersion);
  writer.long(BigInt.asIntN(64, BigInt(`0x${stat.ephemeralOwner}`)));
  writer.int(stat.dataLength).int(stat.childCount).long(stat.pzxid);
}

const EVENT_TYPES: Readonly<Record<WatchEvent['type'], number>> = {
  created: 1,
  deleted: 2,
  'data-changed': 3,
  'children-changed': 4,
};
/** KeeperState.SyncConnected. */
const CONNECTED = 3;

export function writeEvent(writer: JuteWriter, { type, path }: WatchEvent): void {
  writer.int(EVENT_TYPES[type]).int(CONNECTED).string(path);
}

/** Whether a node may have this path (PathUtils.validatePath); a sequential one gets its number at the end. */
export function isPath(path: string, isSequential = false): boolean {
  const whole = isSequential ? `${path}1` : path;
  if (whole === '/') return true;
  if (!whole.startsWith('/') || whole.endsWith('/')) return false;
  if (/[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/.test(whole)) return false;
  return !whole
    .slice(1)
    .split('/')
    .some((name) => name === '' || name === '.' || name === '..');
}
