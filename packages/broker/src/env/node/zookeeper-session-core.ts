import type { Logger } from '../logger';
import {
  type SessionCredentials,
  type SessionState,
  type WatchEvent,
  ZooKeeperError,
  type ZooKeeperErrorCode,
} from '../zookeeper';
import { ZooKeeperConnection } from './zookeeper-connection';
import { formatHost, shuffled, type ZooKeeperHost } from './zookeeper-hosts';
import {
  type Call,
  closeCall,
  decodeConnect,
  decodeReplyHeader,
  decodeWatchEvent,
  encodeCall,
  encodeConnect,
  errorCodeOf,
  nextXid,
  pingCall,
  type ReplyHeader,
  XID_NOTIFICATION,
  XID_PING,
  XID_SET_WATCHES,
} from './zookeeper-jute';
import { Watches } from './zookeeper-watches';

/** Between rounds over all servers, at most (as in Java's ClientCnxn). */
const ROUND_PAUSE_MS = 1_000;
/** How long `close` waits for a server to take the session's end, at most. */
const CLOSE_WAIT_MS = 2_000;

interface PendingCall {
  readonly xid: number;
  readonly sentMs: number;
  readonly call: Call<unknown>;
  readonly replied: ((error: ZooKeeperErrorCode | null) => void) | undefined;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export interface SessionOptions {
  readonly hosts: readonly ZooKeeperHost[];
  readonly chroot: string;
  readonly sessionTimeoutMs: number;
  readonly resume?: SessionCredentials | undefined;
}

/**
 * A session's life over as many connections as it takes: server after server until one grants the session, or says
 * that it is over. A connection over which nothing has come for two thirds of the session's time is given up, so that
 * there is time left to reach another server. Calls never outlive the connection that they were sent on.
 */
export class SessionCore {
  readonly watches = new Watches();
  sessionId: Buffer;
  password: Buffer;
  /** Asked for at first, then what the server granted. */
  timeoutMs: number;
  state: SessionState = 'disconnected';
  readonly stateListeners = new Set<(state: SessionState) => void>();
  readonly watchListeners = new Set<(event: WatchEvent) => void>();
  private readonly hosts: readonly ZooKeeperHost[];
  /** Goes round, so that a server that is left is asked again after all others. */
  private nextHost = 0;
  /** Since the last grant. */
  private attempts = 0;
  private connection: ZooKeeperConnection | null = null;
  private lastZxid: Buffer = Buffer.alloc(8);
  private lastXid = 0;
  private pending: PendingCall[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isClosing = false;

  constructor(
    private readonly options: SessionOptions,
    private readonly logger: Logger,
  ) {
    this.hosts = shuffled(options.hosts);
    this.timeoutMs = options.sessionTimeoutMs;
    this.sessionId = options.resume ? Buffer.from(options.resume.sessionId.padStart(16, '0'), 'hex') : Buffer.alloc(8);
    this.password = options.resume?.password ?? Buffer.alloc(16);
  }

  /** Begins to look for a server. */
  open(): void {
    const host = this.hosts[this.nextHost++ % this.hosts.length]!;
    this.attempts++;
    this.logger.info(`Opening socket connection to server ${formatHost(host)}.`);
    const connection = new ZooKeeperConnection(host, {
      opened: () =>
        connection.send(encodeConnect(this.lastZxid, this.options.sessionTimeoutMs, this.sessionId, this.password)),
      frame: (frame) => this.onFrame(connection, frame),
      closed: (reason) => this.onClosed(host, reason),
    });
    this.connection = connection;
    // From the first packet to the server's word: one that accepts and then says nothing is no server.
    const timeoutMs = Math.max(1, Math.floor(this.timeoutMs / this.hosts.length));
    this.setTimer(timeoutMs, () => {
      // As in `watchOver`: what came while this process itself stood still is read first.
      setImmediate(() => {
        if (connection === this.connection && this.state !== 'connected')
          connection.drop(`no session within ${timeoutMs} ms`);
      });
    });
  }

  /** `replied` runs as soon as the reply is read, before anything that comes after it. */
  call<Result>(call: Call<Result>, replied?: (error: ZooKeeperErrorCode | null) => void): Promise<Result> {
    if (this.state !== 'connected' || !this.connection) return Promise.reject(this.refusal(call.path));
    return new Promise((resolve, reject) => {
      this.lastXid = nextXid(this.lastXid);
      const message = encodeCall(this.lastXid, call);
      this.pending.push({
        xid: this.lastXid,
        sentMs: performance.now(),
        call,
        replied,
        resolve: resolve as (result: unknown) => void,
        reject,
      });
      this.connection?.send(message);
    });
  }

  /** Ends the session, and with it its ephemeral nodes, if a server can be reached within moments. */
  async close(): Promise<void> {
    if (this.isClosing || isFinal(this.state)) return;
    this.isClosing = true;
    const deadlineMs = performance.now() + Math.min(CLOSE_WAIT_MS, this.timeoutMs);
    await this.untilNot('disconnected', deadlineMs);
    if (this.state === 'connected') {
      this.call(closeCall).catch(() => {});
      await this.untilNot('connected', deadlineMs);
    }
    this.end('closed', 'the session was closed');
  }

  /** Ends without a word to any server: there it lives on until it expires. */
  abandon(reason: string): void {
    this.isClosing = true;
    this.end('closed', reason);
  }

  wirePath(path: string): string {
    return path === '/' ? this.options.chroot || '/' : this.options.chroot + path;
  }

  clientPath(wirePath: string): string {
    return wirePath.slice(this.options.chroot.length) || '/';
  }

  private refusal(path: string): ZooKeeperError {
    if (this.state === 'expired') return new ZooKeeperError('SESSION_EXPIRED', path);
    if (this.state === 'auth-failed') return new ZooKeeperError('AUTH_FAILED', path);
    return new ZooKeeperError('CONNECTION_LOSS', path);
  }

  private setTimer(delayMs: number, callback: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(callback, delayMs);
  }

  private setState(state: SessionState): void {
    if (this.state === state) return;
    this.state = state;
    for (const listener of [...this.stateListeners]) listener(state);
  }

  private untilNot(state: SessionState, deadlineMs: number): Promise<void> {
    if (this.state !== state) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.max(0, deadlineMs - performance.now()));
      const { stateListeners } = this;
      stateListeners.add(done);
      function done(): void {
        clearTimeout(timer);
        stateListeners.delete(done);
        resolve();
      }
    });
  }

  private onFrame(connection: ZooKeeperConnection, frame: Buffer): void {
    try {
      if (this.state !== 'connected') this.onHandshake(connection, frame);
      else this.onMessage(connection, frame);
    } catch (error) {
      connection.drop(`malformed message: ${(error as Error).message}`);
    }
  }

  private onHandshake(connection: ZooKeeperConnection, frame: Buffer): void {
    const { timeoutMs, sessionId, password } = decodeConnect(frame);
    if (timeoutMs <= 0) {
      this.logger.warn(
        `Unable to reconnect to ZooKeeper service, session 0x${this.sessionId.toString('hex')} has expired`,
      );
      this.end('expired', 'the session has expired');
      return;
    }
    this.sessionId = Buffer.from(sessionId);
    this.password = Buffer.from(password);
    this.timeoutMs = timeoutMs;
    this.attempts = 0;
    for (const call of this.watches.restore(this.lastZxid, (path) => this.wirePath(path))) {
      connection.send(encodeCall(XID_SET_WATCHES, call));
    }
    this.logger.info(
      `Session establishment complete, session id = 0x${this.sessionId.toString('hex')}, negotiated timeout = ${timeoutMs}`,
    );
    this.watchOver(connection);
    this.setState('connected');
  }

  private onMessage(connection: ZooKeeperConnection, frame: Buffer): void {
    const header = decodeReplyHeader(frame);
    switch (header.xid) {
      case XID_PING:
      case XID_SET_WATCHES:
        return;
      case XID_NOTIFICATION: {
        const event = decodeWatchEvent(frame, header.bodyOffset);
        if (event) this.onWatchEvent({ ...event, path: this.clientPath(event.path) });
        return;
      }
      default:
        this.onReply(connection, header, frame);
    }
  }

  private onWatchEvent(event: WatchEvent): void {
    if (!this.watches.take(event)) return;
    for (const listener of [...this.watchListeners]) listener(event);
  }

  private onReply(connection: ZooKeeperConnection, header: ReplyHeader, frame: Buffer): void {
    const pending = this.pending[0];
    if (pending?.xid !== header.xid) {
      connection.drop(`Xid out of order. Got Xid ${header.xid}, expected ${pending?.xid ?? 'none'}`);
      return;
    }
    const { call } = pending;
    const path = this.clientPath(call.path);
    if (header.zxid.readBigInt64BE(0) > 0n) this.lastZxid = Buffer.from(header.zxid);
    if (header.error !== 0) {
      this.pending.shift();
      const code = errorCodeOf(header.error);
      pending.replied?.(code);
      pending.reject(new ZooKeeperError(code, path));
      return;
    }
    // A reply that cannot be read leaves its call pending: dropping the connection ends it.
    const result = resultOf(call, frame, header.bodyOffset);
    this.pending.shift();
    pending.replied?.(null);
    if (result instanceof ZooKeeperError) pending.reject(result);
    else pending.resolve(result);
  }

  /** Pings a quiet server, and gives up a silent one. */
  private watchOver(connection: ZooKeeperConnection): void {
    const check = (): void => {
      if (connection !== this.connection || this.state !== 'connected') return;
      const nowMs = performance.now();
      if (this.isSilent(connection, nowMs)) {
        // This process itself may have been stopped: what the server sent meanwhile is read first.
        setImmediate(() => {
          if (connection !== this.connection || this.state !== 'connected') return;
          if (!this.isSilent(connection, nowMs)) check();
          else connection.drop(`Client session timed out, have not heard from server in ${this.silenceMs()} ms`);
        });
        return;
      }
      if (nowMs - connection.lastSentMs >= this.timeoutMs / 3) connection.send(encodeCall(XID_PING, pingCall));
      this.setTimer(this.timeoutMs / 6, check);
    };
    this.setTimer(this.timeoutMs / 6, check);
  }

  private silenceMs(): number {
    return Math.round(performance.now() - (this.connection?.lastReceivedMs ?? 0));
  }

  /** Nothing came for two thirds of the session's time, or pings are answered but a call is not, for all of it. */
  private isSilent(connection: ZooKeeperConnection, nowMs: number): boolean {
    const oldest = this.pending[0];
    if (oldest !== undefined && nowMs - oldest.sentMs >= this.timeoutMs) return true;
    if (nowMs - connection.lastReceivedMs < (this.timeoutMs * 2) / 3) return false;
    // After a stop of this process the server has not been asked yet, and gets a moment to answer.
    return nowMs - connection.unansweredSinceMs >= this.timeoutMs / 6;
  }

  private onClosed(host: ZooKeeperHost, reason: string): void {
    clearTimeout(this.timer);
    this.connection = null;
    if (isFinal(this.state)) return;
    // The answer to a close is that the connection ends.
    const log = this.isClosing ? this.logger.debug : this.logger.warn;
    log.call(this.logger, `Session 0x${this.sessionId.toString('hex')} for server ${formatHost(host)}: ${reason}`);
    this.setState('disconnected');
    this.failPending('CONNECTION_LOSS');
    if (isFinal(this.state)) return;
    const isRoundOver = this.attempts > 0 && this.attempts % this.hosts.length === 0;
    this.setTimer(isRoundOver ? Math.random() * ROUND_PAUSE_MS : 0, () => this.open());
  }

  private failPending(code: ZooKeeperErrorCode): void {
    const pending = this.pending;
    this.pending = [];
    for (const { call, reject } of pending) reject(new ZooKeeperError(code, this.clientPath(call.path)));
  }

  private end(state: 'expired' | 'closed', reason: string): void {
    if (isFinal(this.state)) return;
    this.setState(state);
    clearTimeout(this.timer);
    this.failPending(state === 'expired' ? 'SESSION_EXPIRED' : 'CONNECTION_LOSS');
    this.connection?.drop(reason);
  }
}

function resultOf<Result>(call: Call<Result>, frame: Buffer, offset: number): Result | ZooKeeperError {
  try {
    return call.decode(frame, offset);
  } catch (error) {
    // A multi tells of its failure in its body.
    if (error instanceof ZooKeeperError) return error;
    throw error;
  }
}

function isFinal(state: SessionState): boolean {
  return state === 'expired' || state === 'auth-failed' || state === 'closed';
}
