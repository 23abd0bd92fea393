import type { BrokerConfigValues } from '../config/definitions';
import type { Clock } from '../env/clock';
import type { Logger } from '../env/logger';
import { MutationQuota } from './mutation-quota';
import type { QuotaEntity } from './quota-table';
import { RateQuota } from './rate-quota';
import { type RateWindows, SampledRate } from './sampled-rate';

type WindowValues = Pick<
  BrokerConfigValues,
  | 'quotaWindowNum'
  | 'quotaWindowSizeSeconds'
  | 'controllerQuotaWindowNum'
  | 'controllerQuotaWindowSizeSeconds'
  | 'metricsNumSamples'
  | 'metricsSampleWindowMs'
>;

/** All client quotas of this broker (QuotaFactory.QuotaManagers). Quotas are per broker, not per cluster. */
export class Quotas {
  /** Bytes of Produce requests per second. */
  readonly produce: RateQuota;
  /** Bytes of answers to Fetch per second. */
  readonly fetch: RateQuota;
  /** Percent of one thread's time (KIP-124). A throttle is at most one window long. */
  readonly request: RateQuota;
  readonly controllerMutation: MutationQuota;
  private readonly exempt: SampledRate;
  private anyEnabled = false;

  constructor(
    private readonly clock: Clock,
    values: WindowValues,
    private readonly logger: Logger,
  ) {
    const windows = windowsOf(values.quotaWindowNum, values.quotaWindowSizeSeconds);
    const metricWindows = { samples: values.metricsNumSamples, windowMs: values.metricsSampleWindowMs };
    const shared = { clock, metricWindows };
    this.produce = new RateQuota({ ...windows, ...shared, maxThrottleMs: Number.POSITIVE_INFINITY });
    this.fetch = new RateQuota({ ...windows, ...shared, maxThrottleMs: Number.POSITIVE_INFINITY });
    this.request = new RateQuota({ ...windows, ...shared, maxThrottleMs: windows.windowMs });
    const mutationWindows = windowsOf(values.controllerQuotaWindowNum, values.controllerQuotaWindowSizeSeconds);
    this.controllerMutation = new MutationQuota({ ...mutationWindows, ...shared });
    this.exempt = new SampledRate(metricWindows);
  }

  /** Whether a quota of any type is set. */
  get isEnabled(): boolean {
    return this.anyEnabled;
  }

  /** Counts time of requests that are held to no quota, in the unit of `request`, while others are. */
  recordExempt(percent: number): void {
    if (this.request.isEnabled) this.exempt.record(percent, Math.floor(this.clock.monotonicMs()));
  }

  /** Percent of one thread's time that went to such requests of late. */
  get exemptPercent(): number {
    return this.exempt.perSecond(Math.floor(this.clock.monotonicMs()));
  }

  /**
   * Takes in what an entity's quotas are now: settings that are missing are taken back.
   * @throws Error where a value is no number; then nothing has changed
   */
  update(entity: QuotaEntity, config: Readonly<Record<string, string>>): void {
    const limits = QUOTA_NAMES.map((name) => numberOf(name, config[name]));
    const quotas = [this.produce, this.fetch, this.request, this.controllerMutation];
    for (const [index, quota] of quotas.entries()) {
      const limit = limits[index];
      if (!quota.set(entity, limit)) continue;
      const whose = `${TYPE_NAMES[index]} quota for ${textOf(entity)}`;
      this.logger.info(limit === undefined ? `Removing ${whose}` : `Changing ${whose} to ${limit}`);
    }
    this.anyEnabled = quotas.some((quota) => quota.isEnabled);
  }
}

/** In the order in which `Quotas.update` deals them out. */
const QUOTA_NAMES = ['producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate'];
/** As Kafka's log calls them. */
const TYPE_NAMES = ['Produce', 'Fetch', 'Request', 'ControllerMutation'];

function textOf({ user, clientId }: QuotaEntity): string {
  const part = (kind: string, name: string | null | undefined): string[] =>
    name === undefined ? [] : [name === null ? `default ${kind}` : `${kind} ${name}`];
  return [...part('user', user), ...part('client-id', clientId)].join(' ');
}

function windowsOf(samples: number, windowSeconds: number): RateWindows {
  return { samples, windowMs: windowSeconds * 1000 };
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new Error(`Quota ${name} is no number: ${text}`);
  return value;
}
