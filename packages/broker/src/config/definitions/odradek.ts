import { boolean, type Definitions, string } from '../definition';
import { metricsListener } from '../metrics-listener';
import { seedTopics } from '../seed-topics';

/**
 * Our own settings, which Apache's broker does not know and ignores: `odradek.` before every name, so that they can
 * never clash with Kafka's. One that is not in this table is refused, not ignored.
 */
export const odradekConfigs = {
  /** Where `/metrics`, `/healthz` and `/ready` are served, as `host:port`; empty for nowhere. */
  'odradek.metrics.listener': string('low', '', { valid: metricsListener }),
  /** Whether a broker whose process has ended is offline before ZooKeeper ends its session (docs/decisions/0007). */
  'odradek.early.failure.detection.enable': boolean('low', true),
  /** Topics that the cluster is to have from the start, as `name:partitions:replicas[:policy]`, separated by commas. */
  'odradek.create.topics': string('low', '', { valid: seedTopics }),
} satisfies Definitions;

export const ODRADEK_PREFIX = 'odradek.';
