import { type Family, gauge, type Sample } from './families';

/** What is counted of clients by one name: a client's, a user's, or both. What is empty is left out. */
interface Usage {
  readonly user: string;
  readonly clientId: string;
  readonly perSecond: number;
  /** Null where it was not throttled of late. */
  readonly throttleTimeMs: number | null;
}

interface Quota<Used extends Usage> {
  readonly throttledCount: number;
  usages(): Iterable<Used>;
}

/** The quotas of clients; each tells nothing while none of its kind is set. */
export interface QuotaSource {
  readonly produce: Quota<Usage>;
  readonly fetch: Quota<Usage>;
  readonly request: Quota<Usage>;
  readonly controllerMutation: Quota<Usage & { readonly tokens: number }>;
  readonly exemptPercent: number;
}

/**
 * What clients use that are held to quotas (ClientQuotaManager, ClientRequestQuotaManager, ControllerMutationQuotaManager), by
 * the names that jmx_exporter's rules for quotas give.
 */
export function quotaFamilies(source: QuotaSource): Family[] {
  const { produce, fetch, request, controllerMutation } = source;
  const family = (name: string, help: string, read: () => Iterable<Sample>): Family => ({
    name: `kafka_server_quota_${name}`,
    help,
    type: 'gauge',
    read,
  });
  const bytes = { Produce: produce, Fetch: fetch };
  const all = { ...bytes, Request: request, ControllerMutation: controllerMutation };
  const perSecond = ({ perSecond: value }: Usage): number => value;
  return [
    family('byte_rate', 'Bytes per second that clients produce or fetch', () => samples(bytes, perSecond)),
    family('request_time', 'Percent of one thread that requests of clients take', () =>
      samples({ Request: request }, perSecond),
    ),
    family('mutation_rate', 'Partitions per second that clients create and delete', () =>
      samples({ ControllerMutation: controllerMutation }, perSecond),
    ),
    family('tokens', 'Partitions that clients may create and delete at once', () =>
      samples({ ControllerMutation: controllerMutation }, ({ tokens }) => tokens),
    ),
    family('throttle_time', 'Milliseconds that clients were throttled for, the mean of late', () =>
      samples<Usage>(all, ({ throttleTimeMs }) => throttleTimeMs),
    ),
    ...Object.entries(all).map(([resource, quota]) =>
      gauge(
        `kafka_server_${resource.toLowerCase()}_queue_size`,
        `Channels that are muted for exceeding a ${resource} quota`,
        () => quota.throttledCount,
      ),
    ),
    gauge(
      'kafka_server_request_exempt_request_time',
      'Percent of one thread that requests take that are held to no quota, while others are',
      () => source.exemptPercent,
    ),
  ];
}

function* samples<Used extends Usage>(
  quotas: Readonly<Record<string, Quota<Used>>>,
  read: (usage: Used) => number | null,
): Generator<Sample> {
  for (const [resource, quota] of Object.entries(quotas)) {
    for (const usage of quota.usages()) {
      const value = read(usage);
      if (value === null) continue;
      const { user, clientId } = usage;
      yield { labels: { resource, ...(user && { user }), ...(clientId && { clientId }) }, value };
    }
  }
}
