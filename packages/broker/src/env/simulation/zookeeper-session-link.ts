import type { Timer } from '../clock';
import { type SessionState, type WatchEvent, ZooKeeperError, type ZooKeeperErrorCode } from '../zookeeper';
import type { SimulatedProcess } from './clock';
import type { ServerConnection } from './coordination';
import type { ChannelEnd, Fabric, Host } from './fabric';
import type { SeededRandom } from './random';
import type { ServerMessage } from './zookeeper-ensemble';

/** Between rounds over all servers, at most (as in Java's ClientCnxn). */
const ROUND_PAUSE_MS = 1_000;
/** How long `close` waits for a server to take the session's end, at most. */
const CLOSE_WAIT_MS = 2_000;

export type WatchKind = 'data' | 'exist' | 'child';

const ENDED_BY: Readonly<Record<WatchEvent['type'], readonly WatchKind[]>> = {
  created: ['data', 'exist'],
  'data-changed': ['data', 'exist'],
  deleted: ['data', 'exist', 'child'],
  'children-changed': ['child'],
};

interface PendingCall {
  readonly path: string;
  readonly sentMs: number;
  readonly replied: ((error: ZooKeeperErrorCode | null) => void) | undefined;
  resolve(result: unknown): void;
  reject(error: ZooKeeperError): void;
}

export interface LinkParts {
  readonly fabric: Fabric;
  readonly host: Host;
  readonly process: SimulatedProcess;
  readonly random: SeededRandom;
}

export interface LinkOptions {
  readonly hosts: readonly { readonly host: Host; readonly port: number }[];
  readonly chroot: string;
  readonly sessionTimeoutMs: number;
  readonly resume?: { readonly sessionId: string; readonly password: Buffer } | undefined;
}

/**
 * A session's life over as many connections as it takes, as that of the real client: server after server until one
 * grants it or says that it is over; a server that is silent for two thirds of the session's time is given up. Calls
 * never outlive the connection that they were sent on.
 */
export class SessionLink {
  sessionId: string;
  password: Buffer;
  timeoutMs: number;
  state: SessionState = 'disconnected';
  readonly stateListeners = new Set<(state: SessionState) => void>();
  readonly watchListeners = new Set<(event: WatchEvent) => void>();
  private readonly watches: Readonly<Record<WatchKind, Set<string>>> = {
    data: new Set(),
    exist: new Set(),
    child: new Set(),
  };
  private channel: ChannelEnd | null = null;
  private attempts = 0;
  private lastZxid = 0;
  private lastSentMs = 0;
  private lastReceivedMs = 0;
  private pending: PendingCall[] = [];
  private timer: Timer | null = null;
  private isClosing = false;

  constructor(
    private readonly parts: LinkParts,
    private readonly options: LinkOptions,
  ) {
    this.attempts = parts.random.below(options.hosts.length);
    this.timeoutMs = options.sessionTimeoutMs;
    this.sessionId = options.resume?.sessionId.padStart(16, '0') ?? '0'.repeat(16);
    this.password = options.resume?.password ?? Buffer.alloc(16);
  }

  /** Begins to look for a server. */
  open(): void {
    const { fabric, process, host: from } = this.parts;
    const { hosts } = this.options;
    const { host: to, port } = hosts[this.attempts++ % hosts.length]!;
    let isWanted = true;
    const lost = (): void => {
      if (!isWanted) return;
      isWanted = false;
      this.onClosed();
    };
    this.setTimer(Math.max(1, Math.floor(this.timeoutMs / hosts.length)), () => {
      this.channel?.close(false);
      lost();
    });
    fabric.dial(process, from, to, port, {
      isWanted: () => isWanted,
      done: (channel) => {
        if (channel === null) lost();
        else if (!isWanted || isFinal(this.state)) channel.close(false);
        else this.greet(channel, lost);
      },
    });
  }

  /** `replied` runs as soon as the reply is there, before anything that comes after it. */
  call<Result>(
    path: string,
    run: (connection: ServerConnection, nowMs: number) => Result,
    replied?: (error: ZooKeeperErrorCode | null) => void,
  ): Promise<Result> {
    const { channel } = this;
    if (this.state !== 'connected' || !channel) return Promise.reject(this.refusal(path));
    return new Promise((resolve, reject) => {
      this.lastSentMs = this.parts.process.monotonicMs();
      const settle = resolve as (result: unknown) => void;
      this.pending.push({ path, sentMs: this.lastSentMs, replied, resolve: settle, reject });
      channel.send({ type: 'call', run });
    });
  }

  watch(kind: WatchKind, path: string): void {
    this.watches[kind].add(path);
  }

  /** Ends the session, and with it its ephemeral nodes, if a server can be reached within moments. */
  async close(): Promise<void> {
    if (this.isClosing || isFinal(this.state)) return;
    this.isClosing = true;
    const deadlineMs = this.parts.process.monotonicMs() + Math.min(CLOSE_WAIT_MS, this.timeoutMs);
    await this.untilNot('disconnected', deadlineMs);
    if (this.state === 'connected') {
      this.call('/', (connection) => connection.closeSession()).catch(() => {});
      await this.untilNot('connected', deadlineMs);
    }
    this.end('closed');
  }

  /** The last state of this session; on a server it may live on until it expires. */
  end(state: 'expired' | 'closed'): void {
    if (isFinal(this.state)) return;
    this.isClosing = true;
    this.setState(state);
    this.timer?.cancel();
    this.failPending(state === 'expired' ? 'SESSION_EXPIRED' : 'CONNECTION_LOSS');
    this.channel?.close(false);
    this.channel = null;
  }

  wirePath(path: string): string {
    return path === '/' ? this.options.chroot || '/' : this.options.chroot + path;
  }

  clientPath(wirePath: string): string {
    return wirePath.slice(this.options.chroot.length) || '/';
  }

  private greet(channel: ChannelEnd, lost: () => void): void {
    this.channel = channel;
    const { sessionId, password } = this;
    channel.listen({
      message: (message) => this.onMessage(message as ServerMessage, channel),
      closed: () => {
        channel.close(false);
        lost();
      },
    });
    this.watchOver(channel, lost);
    channel.send({ type: 'connect', sessionId, password, timeoutMs: this.options.sessionTimeoutMs });
  }

  private onMessage(message: ServerMessage, channel: ChannelEnd): void {
    this.lastReceivedMs = this.parts.process.monotonicMs();
    switch (message.type) {
      case 'connected':
        this.onConnected(message, channel);
        return;
      case 'expired':
        this.end('expired');
        return;
      case 'pong':
        return;
      case 'event':
        this.onEvent({ ...message.event, path: this.clientPath(message.event.path) });
        return;
      case 'reply': {
        const pending = this.pending.shift()!;
        this.lastZxid = message.zxid;
        pending.replied?.(message.error?.code ?? null);
        if (message.error) pending.reject(message.error);
        else pending.resolve(message.result);
        return;
      }
    }
    message satisfies never;
  }

  private onConnected(granted: Extract<ServerMessage, { type: 'connected' }>, channel: ChannelEnd): void {
    this.sessionId = granted.sessionId;
    this.password = granted.password;
    this.timeoutMs = granted.timeoutMs;
    this.attempts = this.attempts % this.options.hosts.length;
    this.restoreWatches(channel);
    this.setState('connected');
  }

  private restoreWatches(channel: ChannelEnd): void {
    const wire = (kind: WatchKind): string[] => [...this.watches[kind]].map((path) => this.wirePath(path));
    const paths = { data: wire('data'), exist: wire('exist'), child: wire('child') };
    if (paths.data.length + paths.exist.length + paths.child.length === 0) return;
    const { lastZxid } = this;
    const run = (connection: ServerConnection): void => connection.setWatches(lastZxid, paths);
    const nothing = (): void => {};
    const sentMs = this.parts.process.monotonicMs();
    this.pending.push({ path: '/', sentMs, replied: undefined, resolve: nothing, reject: nothing });
    channel.send({ type: 'call', run });
  }

  private onEvent(event: WatchEvent): void {
    let isWatched = false;
    for (const kind of ENDED_BY[event.type]) isWatched = this.watches[kind].delete(event.path) || isWatched;
    if (!isWatched) return;
    for (const listener of [...this.watchListeners]) listener(event);
  }

  /** Pings a quiet server, and gives up a silent one. */
  private watchOver(channel: ChannelEnd, lost: () => void): void {
    const { process } = this.parts;
    this.lastReceivedMs = process.monotonicMs();
    this.lastSentMs = this.lastReceivedMs;
    const check = (): void => {
      if (channel !== this.channel) return;
      const nowMs = process.monotonicMs();
      const oldest = this.pending[0];
      const isOverdue = oldest !== undefined && nowMs - oldest.sentMs >= this.timeoutMs;
      if (isOverdue || nowMs - this.lastReceivedMs >= (this.timeoutMs * 2) / 3) {
        channel.close(false);
        lost();
        return;
      }
      if (nowMs - this.lastSentMs >= this.timeoutMs / 3) {
        this.lastSentMs = nowMs;
        channel.send({ type: 'ping' });
      }
      this.setTimer(this.timeoutMs / 6, check);
    };
    this.setTimer(this.timeoutMs / 6, check);
  }

  private onClosed(): void {
    this.timer?.cancel();
    this.channel = null;
    if (isFinal(this.state)) return;
    this.setState('disconnected');
    this.failPending('CONNECTION_LOSS');
    // A listener may have ended it.
    if (isFinal(this.state as SessionState)) return;
    const isRoundOver = this.attempts % this.options.hosts.length === 0;
    this.setTimer(isRoundOver ? this.parts.random.below(ROUND_PAUSE_MS) : 0, () => this.open());
  }

  private refusal(path: string): ZooKeeperError {
    return new ZooKeeperError(this.state === 'expired' ? 'SESSION_EXPIRED' : 'CONNECTION_LOSS', path);
  }

  private setTimer(delayMs: number, callback: () => void): void {
    this.timer?.cancel();
    this.timer = this.parts.process.after(delayMs, callback);
  }

  private setState(state: SessionState): void {
    if (this.state === state) return;
    this.state = state;
    for (const listener of [...this.stateListeners]) listener(state);
  }

  private untilNot(state: SessionState, deadlineMs: number): Promise<void> {
    if (this.state !== state) return Promise.resolve();
    return new Promise((resolve) => {
      const { process } = this.parts;
      const { stateListeners } = this;
      const done = (): void => {
        timer.cancel();
        stateListeners.delete(done);
        resolve();
      };
      const timer = process.after(deadlineMs - process.monotonicMs(), done);
      stateListeners.add(done);
    });
  }

  private failPending(code: ZooKeeperErrorCode): void {
    for (const { path, reject } of this.pending.splice(0)) reject(new ZooKeeperError(code, path));
  }
}

function isFinal(state: SessionState): boolean {
  return state === 'expired' || state === 'auth-failed' || state === 'closed';
}
