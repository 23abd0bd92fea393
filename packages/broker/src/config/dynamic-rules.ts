import type { BrokerConfig } from './broker-config';
import { brokerConfig, brokerConfigs } from './definitions';
import {
  CLUSTER_LEVEL_LISTENER_CONFIGS,
  DYNAMIC_CONFIGS,
  dynamicOnlyConfigs,
  listenerBaseName,
  PER_BROKER_CONFIGS,
  SECURITY_CONFIGS,
} from './definitions/dynamic';
import { parseProtocolMap } from './endpoint';
import { ConfigException } from './errors';
import { TOPIC_SYNONYMS, validateLocalRetention } from './topic-config';
import { parseSetting } from './values';

/** Settings that one level of dynamic configuration holds. */
export type Props = ReadonlyMap<string, string>;

export const nonDynamicConfigs = (props: Props): string[] =>
  [...props.keys()].filter((name) => brokerConfig(name) !== undefined && !DYNAMIC_CONFIGS.has(name));

export const securityConfigsWithoutListener = (props: Props): string[] =>
  [...SECURITY_CONFIGS].filter((name) => props.has(name));

export const perBrokerConfigs = (props: Props): string[] =>
  [...props.keys()].filter((name) => {
    const base = listenerBaseName(name);
    return PER_BROKER_CONFIGS.has(name) || (base !== null && !CLUSTER_LEVEL_LISTENER_CONFIGS.has(base));
  });

/**
 * What may be set dynamically, and at which level (DynamicBrokerConfig.validateConfigs).
 * @param perBroker false for the default of the whole cluster
 */
export function validateDynamicProps(props: Props, perBroker: boolean): void {
  refuse(nonDynamicConfigs(props), 'Cannot update these configs dynamically', 'Set');
  refuse(
    securityConfigsWithoutListener(props),
    'These security configs can be dynamically updated only per-listener using the listener prefix',
    'HashSet',
  );
  validateTypes(props);
  if (!perBroker)
    refuse(
      perBrokerConfigs(props),
      'Cannot update these configs at default cluster level, broker id must be specified',
      'Set',
    );
}

/** Scala prints its sets with their class, and small sets have another. */
function refuse(names: readonly string[], problem: string, set: 'Set' | 'HashSet'): void {
  const shownAs = names.length > 4 ? 'HashSet' : set;
  if (names.length > 0) throw new ConfigException(`${problem}: ${shownAs}(${names.join(', ')})`, names);
}

/** Values alone, listeners' prefixes left off; unknown names may hold anything. */
export function validateTypes(props: Props): void {
  const base = new Map([...props].map(([name, value]) => [listenerBaseName(name) ?? name, value]));
  for (const [name, key] of Object.entries({ ...dynamicOnlyConfigs, ...brokerConfigs })) {
    const value = base.get(name);
    const dynamic = DYNAMIC_CONFIGS.has(name) || Object.hasOwn(dynamicOnlyConfigs, name);
    if (value !== undefined && dynamic) parseSetting(name, key, value);
  }
}

const THREAD_POOLS = [
  'num.io.threads',
  'num.replica.fetchers',
  'num.recovery.threads.per.data.dir',
  'background.threads',
  'num.network.threads',
] as const;

const JMX_REPORTER = 'org.apache.kafka.common.metrics.JmxReporter';

/**
 * Whether a running broker can go from one configuration to another: what Apache's reconfigurable parts check.
 * @param changed names of settings that differ
 * @throws ConfigException in the wrapping that Apache gives to all of these
 */
export function validateReconfiguration(from: BrokerConfig, to: BrokerConfig, changed: ReadonlySet<string>): void {
  try {
    validateReporters(to, changed);
    validateThreadPools(from, to);
    validateLogRetention(to, changed);
    validateCleaner(from, to, changed);
    if ([...changed].some(isListenerConfig)) validateListenerChange(from, to);
  } catch (error) {
    if (!(error instanceof ConfigException)) throw error;
    throw new ConfigException(
      `Invalid value org.apache.kafka.common.config.ConfigException: ${error.message} for configuration Invalid dynamic configuration`,
      error.keys,
    );
  }
}

/** Apache loads reporters by their class; the only one that it has itself needs a JVM, and is accepted as its default is. */
function validateReporters({ values }: BrokerConfig, changed: ReadonlySet<string>): void {
  const key = 'metric.reporters';
  if (changed.has(key) && values.metricReporters.some((reporter) => reporter !== JMX_REPORTER))
    throw new ConfigException(
      `Validation of dynamic config update of Set(${key}) failed with class class kafka.server.DynamicMetricsReporters`,
      [key],
    );
}

function validateThreadPools(from: BrokerConfig, to: BrokerConfig): void {
  for (const name of THREAD_POOLS) {
    const [before, after] = [Number(from.text(name)), Number(to.text(name))];
    if (before === after) continue;
    const refused = (limit: string) =>
      new ConfigException(`Dynamic thread count update validation failed for ${name}=${after}, value should ${limit}`, [
        name,
      ]);
    if (after <= 0) throw refused('be at least 1');
    if (after < Math.trunc(before / 2)) throw refused(`be at least half the current value ${before}`);
    if (after > before * 2) throw refused(`not be greater than double the current value ${before}`);
  }
}

function validateLogRetention({ values, effective }: BrokerConfig, changed: ReadonlySet<string>): void {
  if (!Object.values(TOPIC_SYNONYMS).some((name) => changed.has(name))) return;
  validateLocalRetention(
    'log.retention.ms',
    effective.logRetentionMs,
    'log.local.retention.ms',
    values.logLocalRetentionMs,
  );
  validateLocalRetention(
    'log.retention.bytes',
    values.logRetentionBytes,
    'log.local.retention.bytes',
    values.logLocalRetentionBytes,
  );
}

function validateCleaner(from: BrokerConfig, to: BrokerConfig, changed: ReadonlySet<string>): void {
  const key = 'log.cleaner.threads';
  if (!changed.has(key)) return;
  const [before, after] = [from.values.logCleanerThreads, to.values.logCleanerThreads];
  if (after < 1) throw new ConfigException('Log cleaner threads should be at least 1', [key]);
  if (after < Math.trunc(before / 2))
    throw new ConfigException(`Log cleaner threads cannot be reduced to less than half the current value ${before}`, [
      key,
    ]);
  if (after > before * 2)
    throw new ConfigException(
      `Log cleaner threads cannot be increased to more than double the current value ${before}`,
      [key],
    );
}

function isListenerConfig(name: string): boolean {
  return (PER_BROKER_CONFIGS.has(name) && !SECURITY_CONFIGS.has(name)) || CLUSTER_LEVEL_LISTENER_CONFIGS.has(name);
}

/** DynamicListenerConfig: listeners come and go, those that stay keep their protocol and their own settings. */
function validateListenerChange(from: BrokerConfig, to: BrokerConfig): void {
  const [before, after] = [protocolsOf(from), protocolsOf(to)];
  const staying = new Set(from.listeners.map(({ listenerName }) => listenerName));
  const restart = 'restart broker or create a new listener for update';
  for (const { listenerName } of to.listeners) {
    if (!staying.has(listenerName)) continue;
    if (immutableSettings(from, listenerName) !== immutableSettings(to, listenerName))
      throw new ConfigException(
        `Configs cannot be updated dynamically for existing listener ListenerName(${listenerName}), ${restart}`,
      );
    if (before.get(listenerName) !== after.get(listenerName))
      throw new ConfigException(
        `Security protocol cannot be updated for existing listener ListenerName(${listenerName}), ${restart}`,
      );
  }
}

function protocolsOf({ values }: BrokerConfig): Map<string, string> {
  return parseProtocolMap(values.listenerSecurityProtocolMap);
}

/** What is set for one listener and cannot change under it, as comparable text. */
function immutableSettings(config: BrokerConfig, listenerName: string): string {
  const settings = [...config.listenerOverrides(listenerName)].filter(
    ([name]) => !SECURITY_CONFIGS.has(name) && !CLUSTER_LEVEL_LISTENER_CONFIGS.has(name),
  );
  return JSON.stringify(settings.sort());
}
