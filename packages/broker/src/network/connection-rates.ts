import { type RateWindows, SampledRate } from '../quotas/sampled-rate';
import { rateThrottleMs } from '../quotas/throttle-time';
import { UsedLately } from '../quotas/used-lately';

/** Int.MAX_VALUE: no limit. */
export const UNLIMITED = 0x7fffffff;

/** A limit on new connections per second, measured as Kafka measures every quota. A throttle is at most one window long. */
export class ConnectionRate {
  private readonly rate: SampledRate;

  constructor(
    private readonly windows: RateWindows,
    public limit: number,
  ) {
    this.rate = new SampledRate(windows);
  }

  /** Counts a connection. Returns for how long it has to wait. */
  record(nowMs: number): number {
    this.rate.record(1, nowMs);
    const perSecond = this.rate.perSecond(nowMs);
    if (perSecond <= this.limit) return 0;
    return rateThrottleMs(perSecond, this.limit, this.rate.windowSizeMs(nowMs), this.windows.windowMs);
  }

  /** Takes a connection back that was not let in after all. */
  unrecord(nowMs: number): void {
    this.rate.record(-1, nowMs);
  }
}

/** `connection_creation_rate` by address (KIP-612). Addresses are those of Java: IPv6 in eight groups. */
export class AddressRates {
  private readonly limits = new Map<string, number>();
  private defaultLimit = UNLIMITED;
  private readonly rates = new UsedLately<ConnectionRate>();

  constructor(private readonly windows: RateWindows) {}

  /** @param address null for all that have no limit of their own; a limit of undefined is none */
  set(address: string | null, limit: number | undefined): void {
    if (address === null) this.defaultLimit = limit ?? UNLIMITED;
    else if (limit === undefined) this.limits.delete(address);
    else this.limits.set(address, limit);
  }

  /** Counts a connection. Where it comes too soon it does not count: then, for how long it is to be kept out. */
  record(address: string, nowMs: number): number {
    const limit = this.limits.get(address) ?? this.defaultLimit;
    if (limit === UNLIMITED) return 0;
    const rate = this.rates.use(address, nowMs, () => new ConnectionRate(this.windows, limit));
    rate.limit = limit;
    const throttleMs = rate.record(nowMs);
    if (throttleMs > 0) rate.unrecord(nowMs);
    return throttleMs;
  }
}
