import net from 'node:net';
import { type Record as JuteRecord, protocol, Request } from 'node-zookeeper-client/lib/jute';
import { ErrorCode, KeeperError } from './errors';

const SESSION_TIMEOUT_MS = 30_000;
const RECONNECT_DELAY_MS = 1_000;
/** A server's answer is at most jute.maxbuffer (1 MB by default, raised by some); anything longer is no ZooKeeper. */
const MAX_FRAME_BYTES = 256 * 1024 * 1024;

const XID_WATCH = -1;
const XID_PING = -2;
const XID_AUTH = -4;
const PING = 11;
const AUTH = 100;
const CLOSE_SESSION = -11;

/** A session's state as the CLI prints it. */
export type SessionState = 'SyncConnected' | 'Disconnected' | 'Expired' | 'Closed' | 'AuthFailed';

export interface WatchedEvent {
  readonly state: SessionState;
  /** Number of Watcher.Event.EventType; -1 is the session itself. */
  readonly type: number;
  readonly path: string | null;
}

interface Pending {
  readonly xid: number;
  readonly path: string | null;
  resolve(payload: Buffer): void;
  reject(error: KeeperError): void;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port,host:port/chroot`; a port left out is 2181. */
export function parseConnectString(text: string): { addresses: Address[]; chroot: string } {
  const slash = text.indexOf('/');
  const hosts = slash === -1 ? text : text.slice(0, slash);
  const chroot = slash === -1 ? '' : text.slice(slash).replace(/\/$/, '');
  const addresses = hosts.split(',').map((word) => {
    const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(word.trim()) ?? [];
    return { host: bracketed ?? plain ?? word, port: Number(port ?? 2181) };
  });
  return { addresses, chroot };
}

/**
 * One ZooKeeper session for a person at a shell: requests in order, watches, reconnection within the session. Uses
 * node-zookeeper-client's messages but not its client, which loses the codes it does not know and has no sync.
 */
export class ZooKeeperConnection {
  private socket: net.Socket | undefined;
  private received: Buffer = Buffer.alloc(0);
  private handshaken = false;
  private pending: Pending[] = [];
  private xid = 0;
  private sessionId: Buffer = Buffer.alloc(8);
  private password: Buffer = Buffer.alloc(16);
  private lastZxid: Buffer = Buffer.alloc(8);
  private nextAddress = 0;
  private timer: NodeJS.Timeout | undefined;
  private attempt: Promise<boolean>;
  private settleAttempt: (connected: boolean) => void = () => {};
  isAlive = true;

  constructor(
    private readonly addresses: readonly Address[],
    private readonly chroot: string,
    private readonly onEvent: (event: WatchedEvent) => void,
    private readonly onUnreachable: (address: Address, reason: Error) => void,
  ) {
    this.attempt = this.connect();
  }

  private connect(): Promise<boolean> {
    const address = this.addresses[this.nextAddress++ % this.addresses.length]!;
    this.attempt = new Promise((resolve) => {
      this.settleAttempt = resolve;
    });
    this.received = Buffer.alloc(0);
    this.handshaken = false;
    const socket = net.connect(address);
    this.socket = socket;
    socket.setNoDelay();
    let failure = new Error('Connection closed');
    socket.setTimeout((SESSION_TIMEOUT_MS * 2) / 3, () => socket.destroy(new Error('Read timed out')));
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('connect', () => this.sendHandshake());
    socket.on('data', (chunk) => this.take(chunk));
    socket.on('close', () => {
      if (this.isAlive && !this.handshaken) this.onUnreachable(address, failure);
      this.lost();
    });
    return this.attempt;
  }

  private sendHandshake(): void {
    const request = new protocol.ConnectRequest(0, this.lastZxid, SESSION_TIMEOUT_MS, this.sessionId, this.password);
    this.socket!.write(new Request(null, request).toBuffer());
    clearInterval(this.timer);
    this.timer = setInterval(() => this.write(XID_PING, PING, null), SESSION_TIMEOUT_MS / 3);
  }

  private lost(): void {
    clearInterval(this.timer);
    const wasConnected = this.handshaken;
    this.handshaken = false;
    for (const { path, reject } of this.pending.splice(0)) reject(new KeeperError(ErrorCode.ConnectionLoss, path));
    this.settleAttempt(false);
    if (!this.isAlive) return;
    if (wasConnected) this.onEvent({ state: 'Disconnected', type: -1, path: null });
    this.timer = setTimeout(() => void this.connect(), wasConnected ? 0 : RECONNECT_DELAY_MS);
  }

  private take(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    while (this.isAlive && this.received.length >= 4) {
      const size = this.received.readInt32BE(0);
      if (size < 0 || size > MAX_FRAME_BYTES) {
        this.socket!.destroy(new Error(`Packet len ${size} is out of range!`));
        return;
      }
      if (this.received.length < 4 + size) return;
      const frame = this.received.subarray(4, 4 + size);
      this.received = this.received.subarray(4 + size);
      if (this.handshaken) this.takeReply(frame);
      else this.takeHandshake(frame);
    }
  }

  private takeHandshake(frame: Buffer): void {
    const response = new protocol.ConnectResponse();
    response.deserialize(frame, 0);
    if (response.timeOut <= 0) {
      this.end();
      this.onEvent({ state: 'Expired', type: -1, path: null });
      return;
    }
    this.sessionId = Buffer.from(response.sessionId);
    this.password = Buffer.from(response.passwd ?? Buffer.alloc(16));
    this.handshaken = true;
    this.onEvent({ state: 'SyncConnected', type: -1, path: null });
    this.settleAttempt(true);
  }

  private takeReply(frame: Buffer): void {
    const header = new protocol.ReplyHeader();
    const bodyAt = header.deserialize(frame, 0);
    const body = Buffer.from(frame.subarray(bodyAt));
    if (header.xid === XID_PING) return;
    if (header.xid === XID_WATCH) {
      const event = new protocol.WatcherEvent();
      event.deserialize(body, 0);
      this.onEvent({ state: 'SyncConnected', type: event.type, path: this.outside(event.path) });
      return;
    }
    if (header.zxid.readBigInt64BE(0) > 0n) this.lastZxid = Buffer.from(header.zxid);
    const at = this.pending.findIndex(({ xid }) => xid === header.xid);
    const [request] = at === -1 ? [] : this.pending.splice(at, 1);
    if (header.err === 0) request?.resolve(body);
    else request?.reject(new KeeperError(header.err, request.path));
  }

  /** A path as the server knows it. */
  inside(path: string): string {
    return path === '/' && this.chroot ? this.chroot : this.chroot + path;
  }

  /** A path as the user knows it. */
  outside(path: string): string {
    return this.chroot && path.startsWith(this.chroot) ? path.slice(this.chroot.length) || '/' : path;
  }

  private write(xid: number, op: number, payload: JuteRecord | Buffer | null): void {
    const header = new protocol.RequestHeader(xid, op);
    const bytes = new Request(header, Buffer.isBuffer(payload) ? null : payload).toBuffer();
    if (Buffer.isBuffer(payload)) bytes.writeInt32BE(bytes.length - 4 + payload.length, 0);
    this.socket!.write(Buffer.isBuffer(payload) ? Buffer.concat([bytes, payload]) : bytes);
  }

  /**
   * Waits for the connection, sends one request and resolves with the bytes of its answer.
   * @param path what a failure names, as the user wrote it
   * @throws KeeperError the server's refusal, or ConnectionLoss
   */
  async request(op: number, payload: JuteRecord | Buffer | null, path: string | null, xid?: number): Promise<Buffer> {
    if (!(await this.attempt)) throw new KeeperError(ErrorCode.ConnectionLoss, path);
    const number = xid ?? ++this.xid;
    return new Promise((resolve, reject) => {
      this.pending.push({ xid: number, path, resolve, reject });
      this.write(number, op, payload);
    });
  }

  /** Resolves when the first attempt to connect has succeeded or failed. */
  async settled(): Promise<void> {
    await this.attempt;
  }

  /** Adds credentials to the session without waiting. Refused ones end it, which is told as an event. */
  authenticate(scheme: string, auth: string): void {
    const word = (text: string) => {
      const bytes = Buffer.alloc(4 + Buffer.byteLength(text));
      bytes.writeInt32BE(bytes.length - 4, 0);
      bytes.write(text, 4);
      return bytes;
    };
    const packet = Buffer.concat([Buffer.alloc(4), word(scheme), word(auth)]);
    this.request(AUTH, packet, null, XID_AUTH).catch((error: KeeperError) => {
      if (error.code !== ErrorCode.AuthFailed) return;
      this.end();
      this.onEvent({ state: 'AuthFailed', type: -1, path: null });
    });
  }

  /** Ends the session: its ephemeral nodes go at once. */
  async close(): Promise<void> {
    if (!this.isAlive) return;
    if (this.handshaken) await this.request(CLOSE_SESSION, null, null).catch(() => {});
    this.end();
    this.onEvent({ state: 'Closed', type: -1, path: null });
  }

  private end(): void {
    this.isAlive = false;
    clearInterval(this.timer);
    this.socket?.destroy();
  }
}
