import { type Clock, sleep } from '../env/clock';
import type { Logger, Loggers } from '../env/logger';
import {
  type CreateMode,
  type SessionCredentials,
  type SessionState,
  type WatchEvent,
  type ZNodeAcl,
  type ZNodeStat,
  type ZooKeeper,
  ZooKeeperError,
  type ZooKeeperOperation,
  type ZooKeeperOperationResult,
  type ZooKeeperSession,
} from '../env/zookeeper';
import { defaultAcls } from './acls';
import { Limiter } from './limiter';
import { createRecursive, isZooKeeperError } from './operations';

export interface ZooKeeperClientOptions {
  /** `zookeeper.connect`: `host:port,host:port/chroot`. */
  readonly connect: string;
  readonly sessionTimeoutMs: number;
  readonly connectionTimeoutMs: number;
  /** `zookeeper.max.in.flight.requests`. */
  readonly maxInFlightRequests: number;
  /** `zookeeper.set.acl`: what is created from now on is not everybody's to change. */
  readonly isSecure: boolean;
}

/** Told of a znode that is created, deleted or has new data (ZNodeChangeHandler). Must only note the event. */
export interface ChangeHandler {
  readonly created?: () => void;
  readonly deleted?: () => void;
  readonly dataChanged?: () => void;
}

/** Around the change from an expired session to the next (StateChangeHandler). */
export interface ExpiryHandler {
  /** The old session is gone, there is no new one yet; what it waits for may still be refused as SESSION_EXPIRED. */
  readonly before?: () => Promise<void> | void;
  /** There is a new session without watches or ephemeral nodes. */
  readonly after?: () => Promise<void> | void;
}

/** Between attempts to open a new session after one expired (ZooKeeperClient.RetryBackoffMs). */
const NEW_SESSION_BACKOFF_MS = 1_000;

/**
 * A session and its successors (kafka.zookeeper.ZooKeeperClient). Requests are repeated for as long as the connection
 * is lost under them, so a write whose reply was lost may find its own work done: who writes conditionally must look.
 * Reads set a watch if and only if a handler is registered for their path, and every read sets it anew.
 */
export class ZooKeeperClient {
  private readonly logger: Logger;
  private readonly limiter: Limiter;
  private readonly changeHandlers = new Map<string, ChangeHandler>();
  private readonly childHandlers = new Map<string, () => void>();
  private readonly expiryHandlers = new Set<ExpiryHandler>();
  private readonly stateListeners = new Set<(state: SessionState) => void>();
  private session: ZooKeeperSession | null = null;
  /** While a new session is being opened: requests wait for it instead of failing on the old one. */
  private opening: Promise<void> | null = null;
  /** One change of sessions after another. */
  private replacing: Promise<void> = Promise.resolve();
  private closed = false;
  /** Ends an attempt to open a session once nobody wants one. */
  private readonly closing = new AbortController();
  /** Nobody waits for a connection any more. */
  private isLeaving = false;
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly zookeeper: ZooKeeper,
    private readonly clock: Clock,
    private readonly loggers: Loggers,
    readonly options: ZooKeeperClientOptions,
  ) {
    this.logger = loggers.logger('kafka.zookeeper.ZooKeeperClient', '[ZooKeeperClient Kafka server] ');
    this.limiter = new Limiter(options.maxInFlightRequests);
  }

  /**
   * Makes sure that the chroot exists and opens the first session. Rejects with OPERATION_TIMEOUT where no server
   * answers within `connectionTimeoutMs`.
   */
  async start(): Promise<void> {
    const { hosts, chroot } = splitConnect(this.options.connect);
    if (chroot !== '') await this.createChroot(hosts, chroot);
    this.logger.info(`Initializing a new session to ${this.options.connect}.`);
    this.adopt(await this.connect());
  }

  /** Of the current session, expired or not; 16 hexadecimal digits. */
  get sessionId(): string {
    return this.current.sessionId;
  }

  /** What it takes to take the current session up again. */
  get credentials(): SessionCredentials {
    const { sessionId, password } = this.current;
    return { sessionId, password };
  }

  /** What the server granted. */
  get sessionTimeoutMs(): number {
    return this.current.sessionTimeoutMs;
  }

  get isConnected(): boolean {
    return this.session?.state === 'connected';
  }

  /** Replaces the handler of a path, if it has one. The watch is set by the next `exists` or `getData` of the path. */
  registerChangeHandler(path: string, handler: ChangeHandler): void {
    this.changeHandlers.set(path, handler);
  }

  unregisterChangeHandler(path: string): void {
    this.changeHandlers.delete(path);
  }

  /** Replaces the handler of a path, if it has one. The watch is set by the next `getChildren` of the path. */
  registerChildHandler(path: string, handler: () => void): void {
    this.childHandlers.set(path, handler);
  }

  unregisterChildHandler(path: string): void {
    this.childHandlers.delete(path);
  }

  /** Returns the function that takes the handler away. */
  onExpired(handler: ExpiryHandler): () => void {
    this.expiryHandlers.add(handler);
    return () => this.expiryHandlers.delete(handler);
  }

  /** Every change of the current session's state, for metrics. */
  onState(listener: (state: SessionState) => void): void {
    this.stateListeners.add(listener);
  }

  create(path: string, data: Buffer | null, mode: CreateMode = 'persistent'): Promise<string> {
    return this.request((session) => session.create(path, data, mode, this.aclsFor(path)));
  }

  exists(path: string): Promise<ZNodeStat | null> {
    return this.request((session) => session.exists(path, this.changeHandlers.has(path)));
  }

  getData(path: string): Promise<{ data: Buffer | null; stat: ZNodeStat }> {
    return this.request((session) => session.getData(path, this.changeHandlers.has(path)));
  }

  getChildren(path: string): Promise<string[]> {
    return this.request(async (session) => (await session.getChildren(path, this.childHandlers.has(path))).children);
  }

  setData(path: string, data: Buffer | null, version: number): Promise<ZNodeStat> {
    return this.request((session) => session.setData(path, data, version));
  }

  delete(path: string, version: number): Promise<void> {
    return this.request((session) => session.delete(path, version));
  }

  multi(operations: readonly ZooKeeperOperation[]): Promise<ZooKeeperOperationResult[]> {
    const withAcls = operations.map((operation) =>
      operation.type === 'create' ? { ...operation, acls: this.aclsFor(operation.path) } : operation,
    );
    return this.request((session) => session.multi(withAcls));
  }

  getAcl(path: string): Promise<{ acls: ZNodeAcl[]; stat: ZNodeStat }> {
    return this.request((session) => session.getAcl(path));
  }

  setAcl(path: string, acls: readonly ZNodeAcl[], version: number): Promise<ZNodeStat> {
    return this.request((session) => session.setAcl(path, acls, version));
  }

  /** Resolves once this server has all that was committed before the call. */
  sync(path: string): Promise<void> {
    return this.request((session) => session.sync(path));
  }

  /** Ends another session, and with it its ephemeral nodes; resolves as well where it is over. */
  async endSession(credentials: SessionCredentials): Promise<void> {
    try {
      const session = await this.zookeeper.connect({
        ...this.options,
        signal: this.closing.signal,
        resume: credentials,
      });
      await session.close();
    } catch (error) {
      if (!isZooKeeperError(error, 'SESSION_EXPIRED')) throw error;
    }
  }

  /**
   * From now on requests fail where there is no connection, as do those that wait for one: a broker that is about to stop
   * must not depend on ZooKeeper's return.
   */
  stopWaiting(): void {
    this.isLeaving = true;
    for (const resolve of this.waiting) resolve();
  }

  /** Ends the session, and with it its ephemeral nodes. Waiting requests fail. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.logger.info('Closing.');
    this.closing.abort();
    await this.session?.close();
    this.logger.info('Closed.');
  }

  private connect(): Promise<ZooKeeperSession> {
    return this.zookeeper.connect({ ...this.options, signal: this.closing.signal });
  }

  private get current(): ZooKeeperSession {
    if (!this.session) throw new Error('the ZooKeeper client has not been started');
    return this.session;
  }

  private aclsFor(path: string): readonly ZNodeAcl[] {
    return defaultAcls(this.options.isSecure, path);
  }

  /**
   * Runs a request on the current session until its outcome is known. One that began on a session which then expires
   * is refused, not repeated on the next session: what it meant to do may no longer be this broker's to do.
   */
  private async request<Result>(run: (session: ZooKeeperSession) => Promise<Result>): Promise<Result> {
    await this.untilOpened();
    const session = this.current;
    for (;;) {
      try {
        return await this.limiter.run(() => run(session));
      } catch (error) {
        if (!(error instanceof ZooKeeperError) || error.code !== 'CONNECTION_LOSS') throw error;
        await this.untilConnected(session, error);
      }
    }
  }

  /** Waits while a new session is being opened, unless nobody waits for ZooKeeper any more. */
  private async untilOpened(): Promise<void> {
    while (this.opening && !this.isLeaving) {
      await this.unlessLeaving((resolve) => void this.opening!.then(() => resolve()));
    }
  }

  /** Throws SESSION_EXPIRED, or `loss` itself, where the session will never be connected again or nobody waits for it. */
  private async untilConnected(session: ZooKeeperSession, loss: ZooKeeperError): Promise<void> {
    for (;;) {
      switch (session.state) {
        case 'connected':
          return;
        case 'expired':
          throw new ZooKeeperError('SESSION_EXPIRED', loss.path);
        case 'auth-failed':
          throw new ZooKeeperError('AUTH_FAILED', loss.path);
        case 'closed':
          throw loss;
        case 'disconnected':
          if (this.isLeaving) throw loss;
      }
      let stop = (): void => {};
      await this.unlessLeaving((resolve) => {
        stop = session.onState(resolve);
      });
      stop();
    }
  }

  /** Resolves as `wait` does, or as soon as nobody waits for ZooKeeper any more. */
  private async unlessLeaving(wait: (resolve: () => void) => void): Promise<void> {
    if (this.isLeaving) return;
    let left = (): void => {};
    await new Promise<void>((resolve) => {
      left = resolve;
      this.waiting.add(left);
      wait(resolve);
    });
    this.waiting.delete(left);
  }

  private adopt(session: ZooKeeperSession): void {
    this.session = session;
    session.onWatch((event) => this.dispatch(event));
    session.onState((state) => this.onSessionState(session, state));
    this.tell(session.state);
    // It may have ended between the server's word and now.
    if (session.state === 'expired' || session.state === 'auth-failed') this.onSessionState(session, session.state);
  }

  private tell(state: SessionState): void {
    for (const listener of this.stateListeners) listener(state);
  }

  private onSessionState(session: ZooKeeperSession, state: SessionState): void {
    if (session !== this.session || this.closed) return;
    this.tell(state);
    switch (state) {
      case 'connected':
        this.logger.info('Connected.', { sessionId: session.sessionId });
        return;
      case 'disconnected':
        this.logger.warn('Disconnected; the session lives on until ZooKeeper says otherwise.', {
          sessionId: session.sessionId,
        });
        return;
      case 'expired':
        this.logger.info('Session expired.', { sessionId: session.sessionId });
        this.replacing = this.replacing.then(() => this.replaceSession());
        return;
      case 'auth-failed':
        this.logger.error('Auth failed.', { sessionId: session.sessionId });
        this.replacing = this.replacing.then(() => this.replaceSession());
        return;
      case 'closed':
        return;
    }
    state satisfies never;
  }

  private async replaceSession(): Promise<void> {
    // Outside of `opening`: what the hooks wait for may itself be waiting for a request, which must fail, not hang.
    await this.callExpiryHandlers('before');
    this.opening = this.openSession();
    await this.opening;
    this.opening = null;
    if (!this.closed) await this.callExpiryHandlers('after');
  }

  private async openSession(): Promise<void> {
    while (!this.closed) {
      this.logger.info(`Initializing a new session to ${this.options.connect}.`);
      try {
        const session = await this.connect();
        if (this.closed) await session.close();
        else this.adopt(session);
        return;
      } catch (error) {
        if (this.closed) return;
        this.logger.warn('Error when recreating ZooKeeper, retrying after a short sleep', { error });
        await sleep(this.clock, NEW_SESSION_BACKOFF_MS);
      }
    }
  }

  private async callExpiryHandlers(hook: 'before' | 'after'): Promise<void> {
    for (const handler of [...this.expiryHandlers]) {
      try {
        await handler[hook]?.();
      } catch (error) {
        this.logger.error(`Uncaught error in a handler ${hook} a new session`, { error });
      }
    }
  }

  private dispatch(event: WatchEvent): void {
    const { path } = event;
    switch (event.type) {
      case 'created':
        this.changeHandlers.get(path)?.created?.();
        return;
      case 'deleted':
        this.changeHandlers.get(path)?.deleted?.();
        return;
      case 'data-changed':
        this.changeHandlers.get(path)?.dataChanged?.();
        return;
      case 'children-changed':
        this.childHandlers.get(path)?.();
        return;
    }
    event.type satisfies never;
  }

  /** The chroot is a node like any other to a session that has none. */
  private async createChroot(hosts: string, chroot: string): Promise<void> {
    const client = new ZooKeeperClient(this.zookeeper, this.clock, this.loggers, { ...this.options, connect: hosts });
    await client.start();
    await createRecursive(client, chroot).finally(() => client.close());
    this.logger.info(`Created zookeeper path ${chroot}`);
  }
}

/** `h1:2181,h2:2181/kafka` as hosts and chroot; the chroot is empty where there is none. */
export function splitConnect(connect: string): { hosts: string; chroot: string } {
  const slash = connect.indexOf('/');
  if (slash === -1) return { hosts: connect, chroot: '' };
  const chroot = connect.slice(slash);
  return { hosts: connect.slice(0, slash), chroot: chroot === '/' ? '' : chroot };
}
