import { KafkaError } from '@odradek/protocol/errors';
import type { Clock } from '../env/clock';
import { ClientSensors } from './client-sensors';
import { type QuotaEntity, QuotaTable } from './quota-table';
import type { QuotaClient } from './rate-quota';
import { type RateWindows, SampledRate } from './sampled-rate';
import { bucketThrottleMs, toJavaInt } from './throttle-time';
import { TokenBucket } from './token-bucket';

/** One request's share of `controller_mutation_rate` (KIP-599). */
export interface MutationPermits {
  /** Asks for partitions to be created or deleted. @throws KafkaError THROTTLING_QUOTA_EXCEEDED where strict */
  take(partitions: number): void;
  /** For how many milliseconds from now the client is to be held off. */
  throttleMs(): number;
}

const UNBOUNDED: MutationPermits = { take: () => {}, throttleMs: () => 0 };

/** What is counted together, as `RateUsage`. */
export interface MutationUsage extends QuotaClient {
  /** Created and deleted partitions per second. */
  readonly perSecond: number;
  /** What may be created at once; negative where more was. */
  readonly tokens: number;
  readonly throttleTimeMs: number | null;
}

export interface MutationQuotaOptions extends RateWindows {
  readonly clock: Clock;
  /** Over what rates and throttle times are told in metrics. */
  readonly metricWindows: RateWindows;
}

interface Stat {
  readonly bucket: TokenBucket;
  readonly rate: SampledRate;
}

/** Holds clients to a rate of created and deleted partitions (ControllerMutationQuotaManager). */
export class MutationQuota {
  private readonly table = new QuotaTable();
  private readonly sensors: ClientSensors<Stat>;

  constructor(private readonly options: MutationQuotaOptions) {
    const { metricWindows } = options;
    const create = (): Stat => ({ bucket: new TokenBucket(options), rate: new SampledRate(metricWindows) });
    this.sensors = new ClientSensors(this.table, metricWindows, create);
  }

  get isEnabled(): boolean {
    return !this.table.isEmpty;
  }

  /** @param limit partitions per second; undefined takes the quota back. Returns whether that changes anything. */
  set(entity: QuotaEntity, limit: number | undefined): boolean {
    const isChanged = this.table.set(entity, limit);
    if (!this.isEnabled) this.sensors.clear();
    return isChanged;
  }

  /**
   * For clients that know THROTTLING_QUOTA_EXCEEDED: nothing more is granted once the bucket is overdrawn, and nothing
   * is throttled before.
   */
  strict(client: QuotaClient): MutationPermits {
    return this.permits(client, true);
  }

  /** For clients that do not: everything is granted, and throttled once the bucket is overdrawn. */
  permissive(client: QuotaClient): MutationPermits {
    return this.permits(client, false);
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
  *usages(): Generator<MutationUsage> {
    const nowMs = this.nowMs();
    for (const { tags, stat, limit, throttleTimeMs } of this.sensors.usages(nowMs)) {
      const { bucket, rate } = stat;
      yield { ...tags, perSecond: rate.perSecond(nowMs), tokens: bucket.left(limit, nowMs), throttleTimeMs };
    }
  }

  private permits({ user, clientId }: QuotaClient, isStrict: boolean): MutationPermits {
    if (!this.isEnabled) return UNBOUNDED;
    let [refusedMs, lastThrottleMs] = [0, 0];
    const noteOverdrawn = (tokens: number, limit: number, nowMs: number): boolean => {
      if (tokens >= 0) return false;
      refusedMs = nowMs;
      lastThrottleMs = bucketThrottleMs(tokens, limit);
      return true;
    };
    return {
      take: (partitions) => {
        const nowMs = this.nowMs();
        const { stat, limit } = this.sensors.of(user, clientId, nowMs);
        const { bucket, rate } = stat;
        if (isStrict && noteOverdrawn(bucket.left(limit, nowMs), limit, nowMs)) {
          throw new KafkaError('THROTTLING_QUOTA_EXCEEDED');
        }
        bucket.take(partitions, limit, nowMs);
        rate.record(partitions, nowMs);
        if (!isStrict) noteOverdrawn(bucket.left(limit, nowMs), limit, nowMs);
      },
      throttleMs: () => toJavaInt(Math.max(0, lastThrottleMs - (this.nowMs() - refusedMs))),
    };
  }

  private nowMs(): number {
    return Math.floor(this.options.clock.monotonicMs());
  }
}
