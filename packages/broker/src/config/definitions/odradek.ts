import { hostNames } from '../console-hosts';
import { boolean, type Definitions, list, string } from '../definition';
import { httpListener } from '../http-listener';
import { seedTopics } from '../seed-topics';

/**
 * Our own settings, which Apache's broker does not know and ignores: `odradek.` before every name, so that they can
 * never clash with Kafka's. One that is not in this table is refused, not ignored.
 */
export const odradekConfigs = {
  /** Where `/metrics`, `/healthz` and `/ready` are served, as `host:port`; empty for nowhere. */
  'odradek.metrics.listener': string('low', '', { valid: httpListener('metrics', '127.0.0.1:9404') }),
  /** Whether a broker whose process has ended is offline before ZooKeeper ends its session (docs/decisions/0007). */
  'odradek.early.failure.detection.enable': boolean('low', true),
  /** Where the web console is served, as `host:port`; empty for nowhere (docs/console.md). */
  'odradek.console.listener': string('low', '', { valid: httpListener('console', '127.0.0.1:8080') }),
  /** Whether the console may change anything: topics, configs, offsets, messages. */
  'odradek.console.changes': boolean('low', false),
  /** Names that the console answers to, beside those of this machine itself and the one that it listens on. */
  'odradek.console.allowed.hosts': list('low', '', { valid: hostNames }),
  /** Topics that the cluster is to have from the start, as `name:partitions:replicas[:policy]`, separated by commas. */
  'odradek.create.topics': string('low', '', { valid: seedTopics }),
} satisfies Definitions;

export const ODRADEK_PREFIX = 'odradek.';
