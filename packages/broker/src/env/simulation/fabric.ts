import type { SimulatedProcess, SimulatedTime } from './clock';
import type { SeededRandom } from './random';

/** Within one machine, there and back included. */
const LOOPBACK_MS = 0.02;
const FASTEST_MS = 0.1;
/** Most messages take up to this longer than the fastest. */
const USUAL_SPREAD_MS = 0.4;
/** One message in so many is late by up to `LATE_MS`. */
const LATE_ONE_IN = 200;
const LATE_MS = 20;
/** When TCP tries again to reach a host that says nothing: its waits double (RFC 6298). */
const SYN_RETRIES_MS = [1_000, 3_000, 7_000, 15_000, 31_000, 63_000];
/** After a cut has healed, what was lost is sent again within this time. */
const RETRANSMISSION_MS = 1_000;
const FIRST_EPHEMERAL_PORT = 32_768;

/** A machine: it has a name, an address, and power or none. */
export class Host {
  private readonly listeners = new Map<number, Listener>();
  private readonly refusing = new Set<number>();
  private readonly ends = new Set<ChannelEnd>();
  private ephemeralPort = FIRST_EPHEMERAL_PORT;
  isUp = true;

  constructor(
    readonly name: string,
    readonly address: string,
  ) {}

  /** Who takes connections there now. */
  listener(port: number): Listener | undefined {
    return this.refusing.has(port) ? undefined : this.listeners.get(port);
  }

  /** Resets all that is connected to a port and refuses what comes, as if nobody listened, until the function is called that it returns. */
  refuse(port: number): () => void {
    this.refusing.add(port);
    for (const end of this.ends) if (end.port === port) end.reset();
    return () => this.refusing.delete(port);
  }

  /** Returns the function that forgets the end again. */
  opened(end: ChannelEnd): () => void {
    this.ends.add(end);
    return () => this.ends.delete(end);
  }

  /** Null where somebody listens there already. */
  listen(port: number, process: SimulatedProcess, accept: (end: ChannelEnd) => void): (() => void) | null {
    if (this.listeners.has(port)) return null;
    const listener = { process, accept };
    this.listeners.set(port, listener);
    const close = (): void => {
      if (this.listeners.get(port) === listener) this.listeners.delete(port);
    };
    process.onDeath(close);
    return close;
  }

  nextPort(): number {
    return this.ephemeralPort++;
  }
}

interface Listener {
  readonly process: SimulatedProcess;
  readonly accept: (end: ChannelEnd) => void;
}

/** What happens at one end of a channel. All of it happens in that end's process. */
export interface ChannelEvents {
  message(message: unknown): void;
  /** The other end is gone: it closed in good order, or not. */
  closed(isReset: boolean): void;
}

/** Hosts and what lies between them: latency, and cuts in one direction or both. */
export class Fabric {
  readonly hosts = new Map<string, Host>();
  private readonly cuts = new Set<string>();
  private readonly lanes = new Set<Lane>();
  /** What every message takes longer, for networks that are slow. */
  extraLatencyMs = 0;

  constructor(
    readonly time: SimulatedTime,
    private readonly random: SeededRandom,
  ) {}

  /** The host of that name, made where there is none. */
  host(name: string): Host {
    let host = this.hosts.get(name);
    if (host === undefined) {
      host = new Host(name, `10.0.0.${this.hosts.size + 1}`);
      this.hosts.set(name, host);
    }
    return host;
  }

  /** By name or address; undefined where there is none. */
  find(nameOrAddress: string): Host | undefined {
    const named = this.hosts.get(nameOrAddress);
    if (named !== undefined) return named;
    for (const host of this.hosts.values()) if (host.address === nameOrAddress) return host;
    return undefined;
  }

  /** From now on nothing that `from` sends reaches `to`. What is on its way is lost too, until it is sent again. */
  cut(from: string, to: string): void {
    this.cuts.add(`${from} ${to}`);
  }

  heal(from: string, to: string): void {
    this.cuts.delete(`${from} ${to}`);
    this.retransmit();
  }

  healAll(): void {
    this.cuts.clear();
    this.retransmit();
  }

  /** Lets every lane that holds something try again: hosts are back, or cuts are gone. */
  retransmit(): void {
    for (const lane of this.lanes) lane.retry(this.random.between(0, RETRANSMISSION_MS));
  }

  isReachable(from: Host, to: Host): boolean {
    if (from === to) return from.isUp;
    return to.isUp && from.isUp && !this.cuts.has(`${from.name} ${to.name}`);
  }

  latencyMs(from: Host, to: Host): number {
    if (from === to) return LOOPBACK_MS;
    const usualMs = FASTEST_MS + this.extraLatencyMs + this.random.between(0, USUAL_SPREAD_MS);
    return this.random.oneIn(LATE_ONE_IN) ? usualMs + this.random.between(0, LATE_MS) : usualMs;
  }

  lane(from: Host, to: Host): Lane {
    return new Lane(this, from, to, this.lanes);
  }

  /**
   * Opens a channel; `done` is called in `process`, with null where the host is there and refuses. While the host is not
   * reached nothing is heard, however long it takes: the caller's patience decides (`isWanted`).
   */
  dial(
    process: SimulatedProcess,
    from: Host,
    to: Host,
    port: number,
    { isWanted, done }: { readonly isWanted: () => boolean; readonly done: (end: ChannelEnd | null) => void },
  ): void {
    const startedMs = process.monotonicMs();
    const { physics } = this.time;
    let retries = 0;
    const knock = (): void => {
      if (!process.isAlive || !isWanted()) return;
      if (!this.isReachable(from, to) || !this.isReachable(to, from)) {
        const retryMs = SYN_RETRIES_MS[retries++];
        if (retryMs !== undefined) physics.at(startedMs + retryMs, knock);
        return;
      }
      const listener = to.listener(port);
      const back = this.time.nowMs + this.latencyMs(to, from);
      if (listener === undefined) {
        physics.at(back, () => process.soon(() => done(null)));
        return;
      }
      const { near, far } = this.channel(process, from, listener.process, to, port);
      listener.process.at(this.time.nowMs, () => listener.accept(far));
      physics.at(back, () => process.at(this.time.nowMs, () => done(near)));
    };
    physics.at(startedMs + this.latencyMs(from, to), knock);
  }

  private channel(process: SimulatedProcess, from: Host, peer: SimulatedProcess, to: Host, port: number) {
    const near = new ChannelEnd(process, from, from.nextPort(), this.lane(from, to));
    const far = new ChannelEnd(peer, to, port, this.lane(to, from));
    near.join(far);
    return { near, far };
  }
}

/** One direction between two hosts for one conversation: what is sent arrives in its order, or not yet. */
export class Lane {
  private lastArrivalMs = 0;
  private held: (() => void)[] = [];

  constructor(
    private readonly fabric: Fabric,
    private readonly from: Host,
    private readonly to: Host,
    private readonly holding: Set<Lane>,
  ) {}

  send(sentMs: number, deliver: () => void): void {
    const { physics } = this.fabric.time;
    this.lastArrivalMs = Math.max(this.lastArrivalMs, sentMs + this.fabric.latencyMs(this.from, this.to));
    physics.at(this.lastArrivalMs, () => this.arrive(deliver));
  }

  retry(delayMs: number): void {
    this.fabric.time.physics.after(delayMs, () => {
      if (!this.fabric.isReachable(this.from, this.to)) return;
      this.holding.delete(this);
      for (const deliver of this.held.splice(0)) deliver();
    });
  }

  private arrive(deliver: () => void): void {
    if (this.held.length === 0 && this.fabric.isReachable(this.from, this.to)) {
      deliver();
      return;
    }
    this.held.push(deliver);
    this.holding.add(this);
  }
}

/** One end of a conversation between two processes. A process that dies takes its ends with it. */
export class ChannelEnd {
  private peer!: ChannelEnd;
  private events: ChannelEvents | null = null;
  private waiting: (() => void)[] = [];
  /** Nothing more can be sent. */
  isOver = false;
  /** This side has ended it, and hears nothing more. */
  private isClosed = false;
  private readonly forget: readonly (() => void)[];

  constructor(
    readonly process: SimulatedProcess,
    readonly host: Host,
    readonly port: number,
    private readonly lane: Lane,
  ) {
    this.forget = [process.onDeath(() => this.onDeath()), host.opened(this)];
  }

  join(peer: ChannelEnd): void {
    this.peer = peer;
    peer.peer = this;
  }

  get remote(): { readonly host: Host; readonly port: number } {
    return this.peer;
  }

  /** Starts to listen; what came before comes now. */
  listen(events: ChannelEvents): void {
    this.events = events;
    for (const event of this.waiting.splice(0)) this.process.soon(event);
  }

  send(message: unknown): void {
    this.tell(message, () => {
      // A system that does not know the connection (any more) says so.
      this.peer.lane.send(this.process.time.nowMs, () => this.over(true));
    });
  }

  /** As `send`, for what systems tell each other: nobody minds where the connection is not there any more. */
  signal(message: unknown): void {
    this.tell(message, () => {});
  }

  private tell(message: unknown, refused: () => void): void {
    if (this.isOver || !this.process.isAlive) return;
    const { peer } = this;
    this.lane.send(this.process.monotonicMs(), () => {
      if (peer.isOver) refused();
      else peer.happens(() => peer.events!.message(message));
    });
  }

  /** Ends the conversation. The other end hears of it after all that was sent before. */
  close(isReset: boolean): void {
    this.isClosed = true;
    if (this.isOver || !this.process.isAlive) return;
    this.end();
    const { peer } = this;
    this.lane.send(this.process.monotonicMs(), () => peer.over(isReset));
  }

  /** The system breaks it off, for both sides. */
  reset(): void {
    if (this.isOver) return;
    const { peer } = this;
    this.over(true);
    this.lane.send(this.process.time.nowMs, () => peer.over(true));
  }

  private end(): void {
    this.isOver = true;
    for (const forget of this.forget) forget();
  }

  /** The other side has ended it: after a reset nobody can say any more either. */
  private over(isReset: boolean): void {
    if (this.isOver) return;
    if (isReset) this.end();
    this.happens(() => this.events!.closed(isReset));
  }

  private happens(event: () => void): void {
    const unlessClosed = (): void => {
      if (!this.isClosed) event();
    };
    if (this.events === null) this.waiting.push(unlessClosed);
    else this.process.at(this.process.time.nowMs, unlessClosed);
  }

  /** The system closes what a process leaves open; a machine without power says nothing. */
  private onDeath(): void {
    this.end();
    if (!this.host.isUp) return;
    const { peer } = this;
    this.lane.send(this.process.time.nowMs, () => peer.over(true));
  }
}
