import { createHash } from 'node:crypto';
import type net from 'node:net';
import type { Coordination, ServerConnection } from '@odradek/broker/env/simulation/coordination';
import {
  ZooKeeperError,
  ZooKeeperMultiError,
  type ZooKeeperOperation,
  type ZooKeeperOperationResult,
} from '@odradek/broker/env/zookeeper';
import { JuteReader, JuteWriter, MalformedRequestError } from './jute';
import {
  errorNumber,
  isPath,
  OP,
  readAcls,
  readOperation,
  readOperations,
  writeEvent,
  writeStat,
  XID_NOTIFICATION,
} from './requests';

const PROTOCOL_VERSION = 0;
const NO_SESSION = Buffer.alloc(16);
const MULTI_ERROR = -1;

type Body = (writer: JuteWriter) => void;
const nothing: Body = () => {};

/** A client's connection: its handshake first, then one answer to each request, in order. */
export class ServedConnection {
  private session: ServerConnection | null = null;

  constructor(
    private readonly service: Coordination,
    private readonly socket: net.Socket,
  ) {}

  /** The client is gone; its session lives on for its time. */
  lost(): void {
    this.session?.disconnect();
    this.session = null;
  }

  /** Throws `MalformedRequestError`. */
  received(frame: Buffer): void {
    const reader = new JuteReader(frame);
    if (this.session === null) this.handshake(reader);
    else if (this.session.heard(Date.now())) this.serve(this.session, reader);
    else this.socket.destroy();
  }

  private handshake(reader: JuteReader): void {
    reader.int();
    const lastZxid = reader.long();
    const timeoutMs = reader.int();
    const sessionId = BigInt.asUintN(64, reader.long()).toString(16).padStart(16, '0');
    const password = reader.buffer() ?? NO_SESSION;
    // Clients before 3.4 do not say whether a read-only server would do for them.
    const knowsReadOnly = !reader.isAtEnd;
    // It has seen what is not known here: another server stood here before, and its sessions were there.
    const isNews = lastZxid > BigInt(this.service.zxid);
    const sink = {
      event: (event: Parameters<typeof writeEvent>[1]) => {
        const writer = new JuteWriter().int(XID_NOTIFICATION).long(-1).int(0);
        writeEvent(writer, event);
        this.socket.write(writer.frame());
      },
      closed: () => void this.socket.end(),
    };
    const address = (this.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const wanted = { sessionId, password, timeoutMs, address };
    this.session = isNews ? null : this.service.connect(wanted, Date.now(), sink);
    const writer = new JuteWriter().int(PROTOCOL_VERSION).int(this.session?.timeoutMs ?? 0);
    writer.long(BigInt.asIntN(64, BigInt(`0x${this.session?.sessionId ?? '0'}`)));
    writer.buffer(this.session?.password ?? NO_SESSION);
    if (knowsReadOnly) writer.bool(false);
    this.socket.write(writer.frame());
    if (this.session === null) this.socket.end();
  }

  private serve(session: ServerConnection, reader: JuteReader): void {
    const xid = reader.int();
    const type = reader.int();
    if (type === OP.closeSession) {
      this.answer(session, xid, 0, nothing);
      session.closeSession();
      return;
    }
    try {
      // What it changes is told before its own answer.
      this.answer(session, xid, 0, this.run(session, type, reader));
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      this.answer(session, xid, errorNumber(error.code), nothing);
    }
  }

  private answer(session: ServerConnection, xid: number, error: number, body: Body): void {
    const writer = new JuteWriter().int(xid).long(session.zxid).int(error);
    body(writer);
    this.socket.write(writer.frame());
  }

  private run(session: ServerConnection, type: number, reader: JuteReader): Body {
    switch (type) {
      case OP.ping:
        return nothing;
      case OP.create:
      case OP.create2:
        return this.create(session, type, reader);
      case OP.delete: {
        const path = reader.string();
        session.delete(path, reader.int(), Date.now());
        return nothing;
      }
      case OP.setData: {
        const path = reader.string();
        const data = reader.buffer();
        const stat = session.setData(path, data, reader.int(), Date.now());
        return (writer) => writeStat(writer, stat);
      }
      case OP.multi:
        return multi(session, reader);
      case OP.auth:
        return authenticate(session, reader);
      default:
        return this.look(session, type, reader);
    }
  }

  private create(session: ServerConnection, type: number, reader: JuteReader): Body {
    const operation = operationIn(OP.create, reader);
    if (operation.type !== 'create') throw new MalformedRequestError('a create that is none');
    const { path, data, mode, acls = [] } = operation;
    const created = session.create(path, data, mode, acls, Date.now());
    return (writer) => {
      writer.string(created);
      if (type === OP.create2) writeStat(writer, session.exists(created, false)!);
    };
  }

  /** What changes no node. */
  private look(session: ServerConnection, type: number, reader: JuteReader): Body {
    if (type === OP.setWatches || type === OP.setWatches2) return setWatches(session, type, reader);
    if (type === OP.whoAmI) return (writer) => writer.int(1).string('ip').string(session.address);
    const path = reader.string();
    switch (type) {
      case OP.exists: {
        const stat = session.exists(path, reader.bool());
        if (stat === null) throw new ZooKeeperError('NO_NODE', path);
        return (writer) => writeStat(writer, stat);
      }
      case OP.getData: {
        const { data, stat } = session.getData(path, reader.bool());
        return (writer) => writeStat(writer.buffer(data), stat);
      }
      case OP.getChildren:
      case OP.getChildren2: {
        const { children, stat } = session.getChildren(path, reader.bool());
        return (writer) => {
          writer.int(children.length);
          for (const child of children) writer.string(child);
          if (type === OP.getChildren2) writeStat(writer, stat);
        };
      }
      case OP.getAcl: {
        const { acls, stat } = session.getAcl(path);
        return (writer) => {
          writer.int(acls.length);
          for (const { permissions, scheme, id } of acls) writer.int(permissions).string(scheme).string(id);
          writeStat(writer, stat);
        };
      }
      case OP.setAcl: {
        const acls = readAcls(reader);
        const stat = session.setAcl(path, acls, reader.int(), Date.now());
        return (writer) => writeStat(writer, stat);
      }
      case OP.sync:
        return (writer) => writer.string(path);
      default:
        throw new ZooKeeperError('UNIMPLEMENTED', path);
    }
  }
}

/** Throws BAD_ARGUMENTS where a node may not have the path. */
function checkPath(operation: ZooKeeperOperation): ZooKeeperOperation {
  const isSequential = operation.type === 'create' && operation.mode.endsWith('sequential');
  if (!isPath(operation.path, isSequential)) throw new ZooKeeperError('BAD_ARGUMENTS', operation.path);
  return operation;
}

const operationIn = (type: number, reader: JuteReader): ZooKeeperOperation => checkPath(readOperation(type, reader));

function multi(session: ServerConnection, reader: JuteReader): Body {
  const asked = readOperations(reader);
  try {
    const results = session.multi(
      asked.map(({ operation }) => checkPath(operation)),
      Date.now(),
    );
    return (writer) => {
      for (const [index, result] of results.entries()) writeResult(writer, session, asked[index]!.type, result);
      writer.int(MULTI_ERROR).bool(true).int(MULTI_ERROR);
    };
  } catch (error) {
    if (!(error instanceof ZooKeeperMultiError)) throw error;
    return (writer) => {
      for (let index = 0; index < asked.length; index++) {
        const after = index > error.failedIndex ? errorNumber('RUNTIME_INCONSISTENCY') : 0;
        const own = index === error.failedIndex ? errorNumber(error.code) : after;
        writer.int(MULTI_ERROR).bool(false).int(own).int(own);
      }
      writer.int(MULTI_ERROR).bool(true).int(MULTI_ERROR);
    };
  }
}

function writeResult(
  writer: JuteWriter,
  session: ServerConnection,
  type: number,
  result: ZooKeeperOperationResult,
): void {
  writer.int(type).bool(false).int(0);
  if (result.type === 'set') writeStat(writer, result.stat);
  if (result.type !== 'create') return;
  writer.string(result.path);
  if (type === OP.create2) writeStat(writer, session.exists(result.path, false)!);
}

function setWatches(session: ServerConnection, type: number, reader: JuteReader): Body {
  const lastZxid = Number(reader.long());
  const paths = (): string[] => reader.list(() => reader.string());
  const [data, exist, child] = [paths(), paths(), paths()];
  if (type === OP.setWatches2 && [...paths(), ...paths()].length > 0) {
    throw new ZooKeeperError('UNIMPLEMENTED', '/', 'watches that stay are not kept here');
  }
  session.setWatches(lastZxid, { data, exist, child });
  return nothing;
}

/** `addauth digest user:password` (DigestAuthenticationProvider). */
function authenticate(session: ServerConnection, reader: JuteReader): Body {
  reader.int();
  const scheme = reader.string();
  const secret = reader.buffer() ?? Buffer.alloc(0);
  if (scheme !== 'digest') throw new ZooKeeperError('AUTH_FAILED', '/');
  const [user] = secret.toString().split(':');
  session.authenticate({ scheme, id: `${user}:${createHash('sha1').update(secret).digest('base64')}` });
  return nothing;
}
