import type { Clock } from '../env/clock';

/** Kafka measures the creation rate over eleven windows of a second; a burst may use up what ten of them allow. */
const RATE_BURST_SECONDS = 10;
const UNLIMITED = 0x7fffffff;

export interface ConnectionLimits {
  /** `max.connections` */
  readonly maxConnections: number;
  /** `max.connections.per.ip` */
  readonly maxConnectionsPerIp: number;
  /** `max.connections.per.ip.overrides`, by address. */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>;
  /** `max.connection.creation.rate` */
  readonly maxConnectionCreationRate: number;
  /** `listener.name.x.max.connections` and `.max.connection.creation.rate`, by listener name. */
  readonly listenerLimits: ReadonlyMap<string, { maxConnections?: number; maxConnectionCreationRate?: number }>;
}

/** A bucket that fills with `rate` tokens a second. */
class RateLimit {
  private tokens: number;
  private atMs: number;

  constructor(
    private readonly clock: Clock,
    readonly rate: number,
  ) {
    this.tokens = rate * RATE_BURST_SECONDS;
    this.atMs = clock.monotonicMs();
  }

  /** Milliseconds until a token is there; 0 where one is. */
  waitMs(): number {
    if (this.rate >= UNLIMITED) return 0;
    const nowMs = this.clock.monotonicMs();
    this.tokens = Math.min(this.rate * RATE_BURST_SECONDS, this.tokens + ((nowMs - this.atMs) * this.rate) / 1000);
    this.atMs = nowMs;
    if (this.tokens >= 1) return 0;
    return this.rate <= 0 ? 1000 : Math.ceil(((1 - this.tokens) * 1000) / this.rate);
  }

  take(): void {
    this.tokens -= 1;
  }
}

/**
 * Who may connect (kafka.network.ConnectionQuotas). A connection beyond a total limit or rate waits, as it would in the
 * backlog of an acceptor that is blocked; one beyond its address's limit is turned away.
 */
export class ConnectionQuotas {
  private total = 0;
  private readonly byListener = new Map<string, number>();
  private readonly byAddress = new Map<string, number>();
  private brokerRate: RateLimit;
  private readonly listenerRates = new Map<string, RateLimit>();

  /** @param protectedListener the inter-broker listener, where it is not the only one: not subject to the broker's total */
  constructor(
    private readonly clock: Clock,
    private limits: ConnectionLimits,
    private readonly protectedListener: string | null,
  ) {
    this.brokerRate = new RateLimit(clock, limits.maxConnectionCreationRate);
  }

  update(limits: ConnectionLimits): void {
    this.limits = limits;
    if (this.brokerRate.rate !== limits.maxConnectionCreationRate) {
      this.brokerRate = new RateLimit(this.clock, limits.maxConnectionCreationRate);
    }
  }

  count(listenerName: string): number {
    return this.byListener.get(listenerName) ?? 0;
  }

  /** 0 where the next connection may come in now; else for how long to wait, `Infinity` for a slot. */
  waitMs(listenerName: string): number {
    const rateWaitMs = Math.max(this.brokerRate.waitMs(), this.rateOf(listenerName).waitMs());
    if (rateWaitMs > 0) return rateWaitMs;
    const limit = this.limits.listenerLimits.get(listenerName)?.maxConnections ?? UNLIMITED;
    if (this.count(listenerName) >= limit) return Number.POSITIVE_INFINITY;
    if (listenerName === this.protectedListener) return 0;
    return this.total >= this.limits.maxConnections ? Number.POSITIVE_INFINITY : 0;
  }

  /** Counts a connection in. Returns the limit of its address where that is reached: then it has to go. */
  add(listenerName: string, address: string): number | null {
    this.brokerRate.take();
    this.rateOf(listenerName).take();
    const ofAddress = this.byAddress.get(address) ?? 0;
    const limit = this.limits.maxConnectionsPerIpOverrides.get(address) ?? this.limits.maxConnectionsPerIp;
    if (ofAddress >= limit) return limit;
    this.byAddress.set(address, ofAddress + 1);
    this.byListener.set(listenerName, this.count(listenerName) + 1);
    this.total++;
    return null;
  }

  remove(listenerName: string, address: string): void {
    const ofAddress = this.byAddress.get(address) ?? 0;
    if (ofAddress > 1) this.byAddress.set(address, ofAddress - 1);
    else this.byAddress.delete(address);
    this.byListener.set(listenerName, this.count(listenerName) - 1);
    this.total--;
  }

  /** Connections beyond the broker's total: the protected listener's come in all the same, and others make room. */
  get excess(): number {
    return Math.max(0, this.total - this.limits.maxConnections);
  }

  /** Whether connections of this listener may be closed to make room. */
  mayClose(listenerName: string): boolean {
    return listenerName !== this.protectedListener;
  }

  private rateOf(listenerName: string): RateLimit {
    const rate = this.limits.listenerLimits.get(listenerName)?.maxConnectionCreationRate ?? UNLIMITED;
    let limit = this.listenerRates.get(listenerName);
    if (limit?.rate !== rate) {
      limit = new RateLimit(this.clock, rate);
      this.listenerRates.set(listenerName, limit);
    }
    return limit;
  }
}
