import { type Definitions, string } from '../definition';
import { metricsListener } from '../metrics-listener';

/**
 * Our own settings, which Apache's broker does not know and ignores: `odradek.` before every name, so that they can
 * never clash with Kafka's. One that is not in this table is refused, not ignored.
 */
export const odradekConfigs = {
  /** Where `/metrics`, `/healthz` and `/ready` are served, as `host:port`; empty for nowhere. */
  'odradek.metrics.listener': string('low', '', { valid: metricsListener }),
} satisfies Definitions;

export const ODRADEK_PREFIX = 'odradek.';
