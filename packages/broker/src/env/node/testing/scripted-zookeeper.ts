import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

export const OP = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  setWatches: 101,
  closeSession: -11,
} as const;

export interface ConnectRequest {
  readonly lastZxid: bigint;
  readonly timeoutMs: number;
  readonly sessionId: string;
  readonly password: Buffer;
}

export interface ScriptedRequest {
  readonly xid: number;
  readonly type: number;
  /** What follows the header. */
  readonly body: Buffer;
}

export const SESSION_ID = '0123456789abcdef';
export const PASSWORD = Buffer.from('0123456789abcdef');

/** Values that arrive one by one and are taken one by one, whichever comes first. */
class Arrivals<Value> {
  private readonly values: Value[] = [];
  private readonly takers: ((value: Value) => void)[] = [];

  put(value: Value): void {
    const taker = this.takers.shift();
    if (taker) taker(value);
    else this.values.push(value);
  }

  take(): Promise<Value> {
    const value = this.values.shift();
    if (value !== undefined) return Promise.resolve(value);
    return new Promise((resolve) => this.takers.push(resolve));
  }
}

/** A server that does nothing but what its test tells it to. Messages are written by hand, not by the library. */
export class ScriptedZooKeeper {
  private readonly connections = new Arrivals<ScriptedConnection>();
  private readonly all: ScriptedConnection[] = [];

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      const connection = new ScriptedConnection(socket);
      this.all.push(connection);
      this.connections.put(connection);
    });
  }

  static async listen(host = '127.0.0.1'): Promise<ScriptedZooKeeper> {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    return new ScriptedZooKeeper(server);
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return address.port;
  }

  get connect(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The next connection that a client makes, or has made. */
  nextConnection(): Promise<ScriptedConnection> {
    return this.connections.take();
  }

  get connectionCount(): number {
    return this.all.length;
  }

  async close(): Promise<void> {
    for (const connection of this.all) connection.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

export class ScriptedConnection {
  private readonly frames = new Arrivals<Buffer>();
  private buffer: Buffer = Buffer.alloc(0);
  private readonly pings = new Arrivals<Buffer>();
  private pingsAnswered = true;
  readonly closed: Promise<void>;

  constructor(private readonly socket: Socket) {
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
    socket.on('data', (chunk) => {
      this.buffer = Buffer.concat([this.buffer, chunk]);
      while (this.buffer.length >= 4 && this.buffer.length >= 4 + this.buffer.readInt32BE(0)) {
        const end = 4 + this.buffer.readInt32BE(0);
        this.onFrame(this.buffer.subarray(4, end));
        this.buffer = this.buffer.subarray(end);
      }
    });
  }

  private onFrame(frame: Buffer): void {
    const isPing = frame.length === 8 && frame.readInt32BE(0) === -2 && frame.readInt32BE(4) === OP.ping;
    if (!isPing) {
      this.frames.put(frame);
      return;
    }
    if (this.pingsAnswered) this.reply(-2);
    this.pings.put(frame);
  }

  /** From now on pings too are passed over in silence. */
  ignorePings(): void {
    this.pingsAnswered = false;
  }

  async nextConnectRequest(): Promise<ConnectRequest> {
    const frame = await this.frames.take();
    return {
      lastZxid: frame.readBigInt64BE(4),
      timeoutMs: frame.readInt32BE(12),
      sessionId: frame.subarray(16, 24).toString('hex'),
      password: frame.subarray(28, 28 + frame.readInt32BE(24)),
    };
  }

  /** Grants a session; a timeout of 0 says that it has expired. */
  grant(timeoutMs: number, sessionId = SESSION_ID): void {
    this.send(Buffer.concat([int(0), int(timeoutMs), Buffer.from(sessionId, 'hex'), bytes(PASSWORD)]));
  }

  async handshake(timeoutMs: number): Promise<ConnectRequest> {
    const request = await this.nextConnectRequest();
    this.grant(timeoutMs);
    return request;
  }

  async nextRequest(): Promise<ScriptedRequest> {
    const frame = await this.frames.take();
    return { xid: frame.readInt32BE(0), type: frame.readInt32BE(4), body: frame.subarray(8) };
  }

  async nextPing(): Promise<void> {
    await this.pings.take();
  }

  reply(xid: number, reply: { error?: number; zxid?: bigint; body?: Buffer } = {}): void {
    const { error = 0, zxid = 0n, body = Buffer.alloc(0) } = reply;
    this.send(Buffer.concat([int(xid), long(zxid), int(error), body]));
  }

  event(type: number, path: string): void {
    this.send(Buffer.concat([int(-1), long(-1n), int(0), int(type), int(3), text(path)]));
  }

  send(frame: Buffer): void {
    this.write(Buffer.concat([int(frame.length), frame]));
  }

  /** Bytes as they are. */
  write(raw: Buffer): void {
    this.socket.write(raw);
  }

  /** Sends what has been written, then closes. */
  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

export function int(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

export function long(value: bigint): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(value);
  return buffer;
}

export function bytes(value: Buffer | null): Buffer {
  return value === null ? int(-1) : Buffer.concat([int(value.length), value]);
}

export function text(value: string): Buffer {
  return bytes(Buffer.from(value));
}

/** A stat of which only these matter. */
export function stat({ czxid = 1n, version = 0, ephemeralOwner = 0n } = {}): Buffer {
  return Buffer.concat([
    ...[long(czxid), long(czxid), long(0n), long(0n)],
    ...[int(version), int(0), int(0), long(ephemeralOwner), int(0), int(0), long(czxid)],
  ]);
}
