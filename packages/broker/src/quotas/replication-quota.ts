import type { Clock } from '../env/clock';
import { type RateWindows, SimpleRate } from './sampled-rate';

export interface ReplicationQuotaOptions extends RateWindows {
  readonly clock: Clock;
  /** Bytes per second, as it is set now; Infinity for no limit. */
  readonly limit: () => number;
}

/**
 * How much of a broker's replication may be of one kind: what throttled replicas send, what they fetch, or what moves
 * between log dirs (KIP-73, KIP-113; ReplicationQuotaManager). Who exceeds it is left out until the rate is low again.
 */
export class ReplicationQuota {
  private readonly rate: SimpleRate;

  constructor(private readonly options: ReplicationQuotaOptions) {
    this.rate = new SimpleRate(options);
  }

  isExceeded(): boolean {
    const limit = this.options.limit();
    return limit !== Number.POSITIVE_INFINITY && this.bytesPerSecond > limit;
  }

  record(bytes: number): void {
    this.rate.record(bytes, this.options.clock.nowMs());
  }

  /** Over the last windows. */
  get bytesPerSecond(): number {
    return this.rate.perSecond(this.options.clock.nowMs());
  }
}
