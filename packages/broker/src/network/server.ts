import { type Clock, deadline, type Timer } from '../env/clock';
import type { Logger } from '../env/logger';
import type { Connection, Listening, Network } from '../env/network';
import type { RateWindows } from '../quotas/sampled-rate';
import { javaAddress } from './address';
import { ListenerBindError } from './bind-error';
import { type ConnectionServices, ServerConnection } from './connection';
import { type ConnectionLimits, ConnectionQuotas, type ConnectionRefusal } from './connection-quotas';
import type { Dispatcher } from './dispatch';
import type { InvalidFrameSizeError, ReceiveMemory } from './frames';
import type { PutOffWork } from './put-off';
import { QuietLog } from './quiet-log';
import { RequestMemory } from './request-memory';

/** How long a stopping server waits for peers to take their last answers. */
const STOP_GRACE_MS = 1000;
/** How many connections that came too soon may be left waiting for their end. */
const MAX_HELD = 1000;

export interface Listener {
  /** Such as `PLAINTEXT` or `EXTERNAL`. */
  readonly name: string;
  readonly securityProtocol: string;
  /** Empty for every interface. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
}

/** What may change while the server runs. */
export interface DynamicServerOptions extends ConnectionLimits {
  /** `connections.max.idle.ms`; below 0 for never. */
  readonly connectionsMaxIdleMs: number;
}

export interface SocketServerOptions extends DynamicServerOptions {
  readonly listeners: readonly Listener[];
  readonly interBrokerListenerName: string;
  /** `socket.listen.backlog.size` */
  readonly backlog: number;
  /** `socket.request.max.bytes` */
  readonly maxRequestBytes: number;
  /** `queued.max.request.bytes`; below 1 for no limit. */
  readonly maxQueuedRequestBytes: number;
  /** `quota.window.num` and `quota.window.size.seconds`, over which connection rates are measured. */
  readonly rateWindows: RateWindows;
}

export interface SocketServerParts {
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dispatcher: Dispatcher;
  readonly memory: ReceiveMemory;
  readonly putOff?: PutOffWork;
}

interface Bound {
  readonly listener: Listener;
  readonly listening: Listening;
  /** Connections that have to wait for a slot, for the rate, or for the server to serve. */
  readonly waiting: Connection[];
  /** When the first of them may come in; null until its arrival is counted. */
  readyMs: number | null;
  retry: Timer | null;
}

/** Listens, admits connections within their limits and closes idle ones. What a request means is dispatch's. */
export class SocketServer {
  private readonly bound: Bound[] = [];
  /** Each with its peer's address. */
  private readonly open = new Map<ServerConnection, string>();
  /** Connections that came too soon, with what will end them. */
  private readonly held = new Map<Connection, Timer>();
  private readonly quotas: ConnectionQuotas;
  private readonly services: ConnectionServices;
  private readonly quiet: QuietLog;
  private dirty: ServerConnection[] = [];
  private nextIndex = 0;
  private serving = false;
  private stopped = false;
  private idleTimer: Timer | null = null;
  private connectionsMaxIdleMs: number;
  private allClosed: (() => void) | null = null;

  constructor(
    private readonly parts: SocketServerParts,
    private readonly options: SocketServerOptions,
  ) {
    const { listeners, interBrokerListenerName } = options;
    const protectedListener = listeners.length > 1 ? interBrokerListenerName : null;
    this.quotas = new ConnectionQuotas(parts.clock, options, options.rateWindows, protectedListener);
    this.quiet = new QuietLog(parts.clock);
    this.connectionsMaxIdleMs = options.connectionsMaxIdleMs;
    this.services = this.makeServices();
  }

  get connectionCount(): number {
    return this.open.size;
  }

  /**
   * Binds every listener. Connections are taken but not served before `serve`. Throws where an address is not free or
   * not ours.
   */
  async bind(): Promise<void> {
    for (const listener of this.options.listeners) this.bound.push(await this.listenOn(listener));
  }

  /**
   * Listens where it did not yet and stops where it should no longer, by listener name (DynamicListenerConfig);
   * connections of a listener that goes are closed. Throws as `bind` does.
   */
  async setListeners(listeners: readonly Listener[]): Promise<void> {
    const isBound = (name: string): boolean => this.bound.some(({ listener }) => listener.name === name);
    for (const listener of listeners) {
      if (isBound(listener.name) || this.stopped) continue;
      const bound = await this.listenOn(listener);
      this.bound.push(bound);
      this.admit(bound);
    }
    const names = new Set(listeners.map(({ name }) => name));
    for (const bound of this.bound.filter(({ listener }) => !names.has(listener.name))) await this.unbind(bound);
  }

  private async unbind(bound: Bound): Promise<void> {
    const { listener, listening, waiting } = bound;
    this.bound.splice(this.bound.indexOf(bound), 1);
    bound.retry?.cancel();
    for (const connection of waiting.splice(0)) connection.destroy();
    const closing = listening.close();
    for (const connection of [...this.open.keys()]) if (connection.listenerName === listener.name) connection.close();
    await closing;
  }

  private async listenOn(listener: Listener): Promise<Bound> {
    const waiting: Connection[] = [];
    const { host, port } = listener;
    let bound: Bound | null = null;
    const accept = (connection: Connection): void => {
      waiting.push(connection);
      if (waiting.length > this.options.backlog) waiting.pop()!.destroy();
      if (bound) this.admit(bound);
    };
    try {
      const listening = await this.parts.network.listen({ host, port, backlog: this.options.backlog }, accept);
      bound = { listener, listening, waiting, readyMs: null, retry: null };
    } catch (error) {
      throw new ListenerBindError(host || '0.0.0.0', port, error);
    }
    this.parts.logger.info(`Created data-plane acceptor and processors for endpoint : ListenerName(${listener.name})`);
    return bound;
  }

  /** The port that a listener is bound to, also where 0 was asked for. */
  boundPort(listenerName: string): number {
    const bound = this.bound.find(({ listener }) => listener.name === listenerName);
    if (!bound) throw new Error(`listener ${listenerName} is not bound`);
    return bound.listening.port;
  }

  /** Starts to serve those who wait and all who come. */
  serve(): void {
    this.serving = true;
    this.scheduleIdleSweep(this.connectionsMaxIdleMs);
    for (const bound of this.bound) this.admit(bound);
  }

  update(options: DynamicServerOptions): void {
    this.quotas.update(options);
    this.connectionsMaxIdleMs = options.connectionsMaxIdleMs;
    if (!this.serving || this.stopped) return;
    this.sweepIdle();
    this.closeExcess();
    for (const bound of this.bound) this.admit(bound);
  }

  /** Limits how many connections a second an address may open; null for all without a limit of their own. */
  setAddressRate(address: string | null, connectionsPerSecond: number | undefined): void {
    const whose = address === null ? 'default max IP connection rate' : `max connection rate override for /${address}`;
    const change =
      connectionsPerSecond === undefined ? `Removing ${whose}` : `Updating ${whose} to ${connectionsPerSecond}`;
    this.parts.logger.info(change);
    this.quotas.addressRates.set(address === null ? null : javaAddress(address), connectionsPerSecond);
  }

  /** Stops listening and closes every connection: once its queued answers are sent, or after a short time. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.idleTimer?.cancel();
    for (const bound of this.bound) {
      bound.retry?.cancel();
      for (const connection of bound.waiting.splice(0)) connection.destroy();
    }
    for (const [connection, timer] of this.held) {
      timer.cancel();
      connection.destroy();
    }
    const closing = this.bound.map(({ listening }) => listening.close());
    for (const connection of [...this.open.keys()]) connection.close();
    const grace = this.parts.clock.after(STOP_GRACE_MS, () => {
      for (const connection of [...this.open.keys()]) connection.destroy();
    });
    if (this.open.size > 0) await new Promise<void>((resolve) => (this.allClosed = resolve));
    grace.cancel();
    await Promise.all(closing);
  }

  private admit(bound: Bound): void {
    if (!this.serving || this.stopped) return;
    const { waiting, listener } = bound;
    while (waiting.length > 0) {
      const nowMs = this.parts.clock.monotonicMs();
      bound.readyMs ??= nowMs + this.quotas.arrive(listener.name);
      if (bound.readyMs > nowMs) {
        this.retryAfter(bound, bound.readyMs - nowMs);
        return;
      }
      if (!this.quotas.hasSlot(listener.name)) return;
      bound.readyMs = null;
      this.take(waiting.shift()!, listener);
    }
  }

  private retryAfter(bound: Bound, waitMs: number): void {
    bound.retry ??= this.parts.clock.after(waitMs, () => {
      bound.retry = null;
      this.admit(bound);
    });
  }

  private take(io: Connection, listener: Listener): void {
    const address = javaAddress(io.remoteAddress);
    const refusal = this.quotas.add(listener.name, address);
    if (refusal) {
      this.refuse(io, address, refusal);
      return;
    }
    const local = `${javaAddress(io.localAddress)}:${io.localPort}`;
    const connectionId = `${local}-${address}:${io.remotePort}-${this.nextIndex++}`;
    const { name: listenerName, securityProtocol } = listener;
    const identity = { connectionId, listenerName, securityProtocol, clientHost: `/${address}` };
    const connection = new ServerConnection(io, identity, this.services);
    this.open.set(connection, address);
    connection.start();
    this.closeExcess();
  }

  /** Whoever comes back too soon is not told at once: its next attempt would come sooner still (KIP-612). */
  private refuse(io: Connection, address: string, refusal: ConnectionRefusal): void {
    const { logger, clock } = this.parts;
    if (refusal.type === 'rate' && this.held.size < MAX_HELD) {
      logger.debug(`Delaying closing of connection from /${address} for ${refusal.throttleMs} ms`);
      const end = (): void => {
        this.held.delete(io);
        io.destroy();
      };
      this.held.set(io, clock.after(refusal.throttleMs, end));
      return;
    }
    if (refusal.type === 'count') {
      this.quiet.line(address, (note) => {
        logger.info(
          `Rejected connection from /${address}, address already has the configured maximum of ${refusal.limit} connections.${note}`,
        );
      });
    }
    io.destroy();
  }

  private makeServices(): ConnectionServices {
    const { clock, memory, dispatcher, putOff } = this.parts;
    return {
      clock,
      memory,
      putOff,
      requestMemory: new RequestMemory(this.options.maxQueuedRequestBytes),
      maxRequestBytes: this.options.maxRequestBytes,
      chargesNetwork: () => dispatcher.chargesNetwork(),
      dispatch: (frame, channel, earlier) => dispatcher.dispatch(frame, channel, earlier),
      flushSoon: (connection) => this.flushSoon(connection),
      invalidFrame: (connection, error) => this.logInvalidFrame(connection, error),
      closed: (connection) => this.closed(connection),
    };
  }

  private flushSoon(connection: ServerConnection): void {
    if (this.dirty.push(connection) > 1) return;
    this.parts.clock.soon(() => {
      const { dirty } = this;
      this.dirty = [];
      for (const one of dirty) one.flush();
    });
  }

  private logInvalidFrame(connection: ServerConnection, error: InvalidFrameSizeError): void {
    const { clientHost, connectionId } = connection;
    const setting = error.size > error.maxBytes ? '; the limit is socket.request.max.bytes' : '';
    this.quiet.line(clientHost, (note) => {
      this.parts.logger.warn(
        `Unexpected error from ${clientHost} (channelId=${connectionId}); closing connection: ${error.message}${setting}${note}`,
        { connectionId, size: error.size },
      );
    });
  }

  private closed(connection: ServerConnection): void {
    const address = this.open.get(connection);
    if (address === undefined) return;
    this.open.delete(connection);
    this.quotas.remove(connection.listenerName, address);
    if (this.open.size === 0) this.allClosed?.();
    for (const bound of this.bound) this.admit(bound);
  }

  /** Makes room for what the protected listener took: the connection that has been quiet longest goes. */
  private closeExcess(): void {
    let left = this.quotas.excess;
    if (left === 0) return;
    for (const connection of this.open.keys()) if (connection.isClosed()) left--;
    for (; left > 0; left--) {
      let oldest: ServerConnection | null = null;
      for (const connection of this.open.keys()) {
        if (!this.quotas.mayClose(connection.listenerName) || connection.isClosed()) continue;
        if (!oldest || connection.lastActiveMs < oldest.lastActiveMs) oldest = connection;
      }
      if (!oldest) return;
      oldest.close();
    }
  }

  /** Closes connections without a request for too long, and those whose end the peer does not take. */
  private sweepIdle(): void {
    this.idleTimer?.cancel();
    if (this.connectionsMaxIdleMs < 0) return;
    const nowMs = this.parts.clock.monotonicMs();
    const limitMs = nowMs - this.connectionsMaxIdleMs;
    let oldestMs = nowMs;
    for (const connection of this.open.keys()) {
      if (connection.lastActiveMs > limitMs) oldestMs = Math.min(oldestMs, connection.lastActiveMs);
      else if (connection.isClosed()) connection.destroy();
      else if (connection.idle) connection.close();
    }
    this.scheduleIdleSweep(oldestMs + this.connectionsMaxIdleMs - nowMs);
  }

  private scheduleIdleSweep(afterMs: number): void {
    if (this.connectionsMaxIdleMs < 0) return;
    const atLeastMs = Math.max(1, this.connectionsMaxIdleMs / 100);
    this.idleTimer = deadline(this.parts.clock, Math.max(afterMs, atLeastMs), () => this.sweepIdle());
  }
}
