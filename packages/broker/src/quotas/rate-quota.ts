import type { Clock } from '../env/clock';
import { ClientSensors } from './client-sensors';
import { type QuotaEntity, QuotaTable } from './quota-table';
import { type RateWindows, SampledRate } from './sampled-rate';
import { rateThrottleMs } from './throttle-time';

/** Who is held to a quota: a connection's user (the name of its principal) and what its client calls itself. */
export interface QuotaClient {
  readonly user: string;
  readonly clientId: string;
}

/** What is counted together under a client's name, a user's, or both: a part that is empty is everybody's. */
export interface RateUsage extends QuotaClient {
  readonly perSecond: number;
  /** The mean of late; null where it was not throttled. */
  readonly throttleTimeMs: number | null;
}

export interface RateQuotaOptions extends RateWindows {
  readonly clock: Clock;
  /** Over what throttle times are told in metrics. */
  readonly metricWindows: RateWindows;
  /** No throttle is longer than that; Infinity for no such bound. */
  readonly maxThrottleMs: number;
}

/**
 * Holds clients to a rate: bytes produced, bytes fetched or a share of the time (ClientQuotaManager). While no quota of
 * its type is set it does nothing and costs nothing.
 */
export class RateQuota {
  private readonly table = new QuotaTable();
  private readonly sensors: ClientSensors<SampledRate>;

  constructor(private readonly options: RateQuotaOptions) {
    this.sensors = new ClientSensors(this.table, options.metricWindows, () => new SampledRate(options));
  }

  get isEnabled(): boolean {
    return !this.table.isEmpty;
  }

  /** Clients whose usage is being counted. */
  get clientCount(): number {
    return this.sensors.size;
  }

  /** @param limit per second; undefined takes the quota back. Returns whether that changes anything. */
  set(entity: QuotaEntity, limit: number | undefined): boolean {
    const isChanged = this.table.set(entity, limit);
    if (!this.isEnabled) this.sensors.clear();
    return isChanged;
  }

  /**
   * Counts usage. Returns for how many milliseconds the client's channel is to be muted for it; not above 0 for not at
   * all.
   */
  record({ user, clientId }: QuotaClient, value: number): number {
    if (!this.isEnabled) return 0;
    const nowMs = this.nowMs();
    const { stat, limit } = this.sensors.of(user, clientId, nowMs);
    stat.record(value, nowMs);
    const perSecond = stat.perSecond(nowMs);
    if (perSecond <= limit) return 0;
    return rateThrottleMs(perSecond, limit, stat.windowSizeMs(nowMs), this.options.maxThrottleMs);
  }

  /** Takes usage back that did not come about: a fetch that is answered with nothing instead. */
  unrecord({ user, clientId }: QuotaClient, value: number): void {
    if (!this.isEnabled) return;
    const nowMs = this.nowMs();
    this.sensors.of(user, clientId, nowMs).stat.record(-value, nowMs);
  }

  /** A client is throttled for exceeding this quota rather than another one. */
  noteThrottle({ user, clientId }: QuotaClient, throttleTimeMs: number): void {
    if (this.isEnabled) this.sensors.noteThrottle(user, clientId, throttleTimeMs, this.nowMs());
  }

  /** Channels that are muted for exceeding this quota, for metrics. */
  get throttledCount(): number {
    return this.sensors.throttledCount(this.nowMs());
  }

  /** What all clients use that are being counted, for metrics. */
  *usages(): Generator<RateUsage> {
    const nowMs = this.nowMs();
    for (const { tags, stat, throttleTimeMs } of this.sensors.usages(nowMs)) {
      yield { ...tags, perSecond: stat.perSecond(nowMs), throttleTimeMs };
    }
  }

  /** What may be used at once after a quiet time: anything larger would be throttled for ever. Infinity without a quota. */
  maxInWindow({ user, clientId }: QuotaClient): number {
    if (!this.isEnabled) return Number.POSITIVE_INFINITY;
    const { samples, windowMs } = this.options;
    const { limit } = this.sensors.of(user, clientId, this.nowMs());
    return limit === Number.POSITIVE_INFINITY ? limit : limit * (samples - 1) * (windowMs / 1000);
  }

  /** Whole milliseconds, as Kafka's windows know them. */
  private nowMs(): number {
    return Math.floor(this.options.clock.monotonicMs());
  }
}
