import { type Definitions, LONG_MAX, long } from '../definition';
import { atLeast } from '../validators';
import { brokerConfigs } from '.';

/** Broker configs that exist only dynamically (DynamicConfig.Broker): throttles of replication. */
export const dynamicOnlyConfigs = {
  'leader.replication.throttled.rate': long('medium', LONG_MAX, { valid: atLeast(0) }),
  'follower.replication.throttled.rate': long('medium', LONG_MAX, { valid: atLeast(0) }),
  'replica.alter.log.dirs.io.max.bytes.per.second': long('medium', LONG_MAX, { valid: atLeast(0) }),
} satisfies Definitions;

const names = Object.entries(brokerConfigs);

/** Broker configs that may change while the broker runs. */
export const DYNAMIC_CONFIGS: ReadonlySet<string> = new Set(
  names.filter(([, { mode }]) => mode !== 'read-only').map(([name]) => name),
);

/** Those of them that make no sense for the whole cluster. */
export const PER_BROKER_CONFIGS: ReadonlySet<string> = new Set(
  names.filter(([, { mode }]) => mode === 'per-broker').map(([name]) => name),
);

/** SSL stores: dynamic below `listener.name.<name>.` only (SslConfigs.RECONFIGURABLE_CONFIGS). */
export const SECURITY_CONFIGS: ReadonlySet<string> = new Set([
  'ssl.keystore.type',
  'ssl.keystore.location',
  'ssl.keystore.password',
  'ssl.key.password',
  'ssl.keystore.key',
  'ssl.keystore.certificate.chain',
  'ssl.truststore.type',
  'ssl.truststore.location',
  'ssl.truststore.password',
  'ssl.truststore.certificates',
]);

/** Configs of a listener that may be set for the cluster, too. */
export const CLUSTER_LEVEL_LISTENER_CONFIGS: ReadonlySet<string> = new Set([
  'max.connections',
  'max.connection.creation.rate',
  'num.network.threads',
]);

/** Configs that are given per SASL mechanism below a listener's prefix. */
const MECHANISM_CONFIGS = [
  'sasl.login.callback.handler.class',
  'sasl.server.callback.handler.class',
  'connections.max.reauth.ms',
  'sasl.login.class',
  'sasl.jaas.config',
];

/** Secrets among the dynamic configs: encrypted in ZooKeeper. */
const PASSWORD_CONFIGS = names
  .filter(([name, { type }]) => DYNAMIC_CONFIGS.has(name) && type === 'password')
  .map(([name]) => name);

/** DynamicBrokerConfig.isPasswordConfig: prefixes of listeners and mechanisms do not matter. */
export function isPasswordConfig(name: string): boolean {
  return PASSWORD_CONFIGS.some((password) => name.endsWith(password));
}

const LISTENER_CONFIG = /^listener\.name\.[^.]*\.(.*)$/;

/** What stands below a listener's prefix, or null where the name has none. */
export function listenerBaseName(name: string): string | null {
  return LISTENER_CONFIG.exec(name)?.[1] ?? null;
}

const SYNONYM_GROUPS = [
  ['log.roll.ms', 'log.roll.hours'],
  ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
  ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
];

/**
 * All names that speak of the same thing as this one, strongest first (DynamicBrokerConfig.brokerConfigSynonyms).
 * @param matchListener whether a listener's own config stands for the general one, too
 */
export function brokerSynonyms(name: string, matchListener: boolean): readonly string[] {
  const group = SYNONYM_GROUPS.find((names) => names.includes(name));
  if (group !== undefined) return group;
  // The scheduler's interval is only a default of the other: the way back does not hold.
  if (name === 'log.flush.interval.ms') return [name, 'log.flush.scheduler.interval.ms'];
  const base = matchListener ? listenerBaseName(name) : null;
  if (base === null) return [name];
  return [name, MECHANISM_CONFIGS.find((config) => base.endsWith(config)) ?? base];
}
