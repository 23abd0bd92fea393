import type { Definitions } from '../definition';

/**
 * Our own settings, which Apache's broker does not know: `odradek.` before every name, so that they can never clash
 * with Kafka's. There are none yet; one that is not in this table is refused, not ignored.
 */
export const odradekConfigs = {} satisfies Definitions;

export const ODRADEK_PREFIX = 'odradek.';
