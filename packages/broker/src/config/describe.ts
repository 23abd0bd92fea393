import type { ConfigKey } from './definition';
import { type BrokerConfigName, brokerConfig, brokerConfigs } from './definitions';
import { brokerSynonyms, DYNAMIC_CONFIGS, dynamicOnlyConfigs } from './definitions/dynamic';
import { type TopicConfigName, topicConfigs } from './definitions/topic';
import { BROKER_DOCUMENTATION } from './documentation';
import { TOPIC_DOCUMENTATION } from './documentation/topic';
import type { DynamicBrokerConfig } from './dynamic';
import { resolveTopicConfig, TOPIC_SYNONYMS, type TopicOverrides } from './topic-config';
import type { ConfigType } from './types';

/** Where a value comes from (DescribeConfigsResponse.ConfigSource). */
export const CONFIG_SOURCE = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
  dynamicBrokerLogger: 6,
} as const;

/** DescribeConfigsResponse.ConfigType; 0 is unknown. */
const TYPE_IDS: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
};

export interface DescribedSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

/**
 * One entry of a DescribeConfigs response, in the field names of its message. Version 0's `isDefault` is missing: Kafka's
 * brokers have left it false since there are sources.
 */
export interface DescribedConfig {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: boolean;
  readonly synonyms: readonly DescribedSynonym[];
  readonly configType: number;
  readonly documentation: string | null;
}

export interface DescribeOptions {
  readonly includeSynonyms: boolean;
  readonly includeDocumentation: boolean;
  /** Names asked for; null or none for all. */
  readonly keys: readonly string[] | null;
}

/** The configs of a topic, by name (ConfigHelper.createTopicConfigEntry). */
export function describeTopic(
  overrides: TopicOverrides,
  broker: DynamicBrokerConfig,
  options: DescribeOptions,
): DescribedConfig[] {
  const config = resolveTopicConfig(overrides, broker.current);
  return selected([...Object.keys(topicConfigs), ...overrides.keys()], options).map((name) => {
    const known = Object.hasOwn(topicConfigs, name);
    const topicName = name as TopicConfigName;
    const value = known ? config.text(topicName) : null;
    const synonym = known ? TOPIC_SYNONYMS[topicName] : undefined;
    const fromBroker = synonym === undefined ? [] : synonymsOf(synonym, broker, false);
    const fromTopic = overrides.has(name) ? [{ name, value, source: CONFIG_SOURCE.topic }] : [];
    return entry(name, value, known ? topicConfigs[topicName] : null, [...fromTopic, ...fromBroker], options, {
      readOnly: false,
      documentation: known ? TOPIC_DOCUMENTATION[topicName] : null,
    });
  });
}

/** The configs of a broker as they are now, by name (ConfigHelper.createBrokerConfigEntry). */
export function describeBroker(broker: DynamicBrokerConfig, options: DescribeOptions): DescribedConfig[] {
  const { current } = broker;
  const listed = Object.entries(brokerConfigs).filter(([, { internal }]) => !internal);
  return selected([...listed.map(([name]) => name), ...current.originals.keys()], options).map((name) => {
    const shown = brokerConfig(name)?.internal === false;
    const value = shown ? current.text(name as BrokerConfigName) : current.originals.get(name)!;
    return brokerEntry(name, value, broker, options, () => true);
  });
}

/** The dynamic defaults of all brokers, by name, and nothing else. */
export function describeBrokerDefaults(broker: DynamicBrokerConfig, options: DescribeOptions): DescribedConfig[] {
  const { clusterDefault } = broker.layers;
  return selected([...clusterDefault.keys()], options).map((name) =>
    brokerEntry(
      name,
      clusterDefault.get(name)!,
      broker,
      options,
      ({ source }) => source === CONFIG_SOURCE.dynamicDefaultBroker,
    ),
  );
}

function brokerEntry(
  name: string,
  value: string | null,
  broker: DynamicBrokerConfig,
  options: DescribeOptions,
  counts: (synonym: DescribedSynonym) => boolean,
): DescribedConfig {
  const key = keyOf(name);
  const synonyms = synonymsOf(name, broker, isSensitive(key)).filter(counts);
  return entry(name, value, key, synonyms, options, {
    readOnly: !DYNAMIC_CONFIGS.has(name),
    documentation: BROKER_DOCUMENTATION[name as BrokerConfigName] ?? null,
  });
}

function entry(
  name: string,
  value: string | null,
  key: ConfigKey | null,
  synonyms: readonly DescribedSynonym[],
  { includeSynonyms, includeDocumentation }: DescribeOptions,
  { readOnly, documentation }: { readOnly: boolean; documentation: string | null },
): DescribedConfig {
  const configSource = synonyms[0]?.source ?? CONFIG_SOURCE.default;
  return {
    name,
    value: isSensitive(key) ? null : value,
    readOnly,
    configSource,
    isSensitive: isSensitive(key),
    synonyms: includeSynonyms ? synonyms : [],
    configType: key === null ? 0 : TYPE_IDS[key.type],
    documentation: includeDocumentation ? documentation : null,
  };
}

/** The definition of a name; a listener's config has that of the general one. Null for what Kafka does not know. */
function keyOf(name: string): ConfigKey | null {
  if (Object.hasOwn(dynamicOnlyConfigs, name)) return dynamicOnlyConfigs[name as keyof typeof dynamicOnlyConfigs];
  for (const synonym of [name, ...brokerSynonyms(name, true)]) {
    const key = brokerConfig(synonym);
    if (key !== undefined) return key;
  }
  return null;
}

/** What nobody knows the type of may be a secret. */
function isSensitive(key: ConfigKey | null): boolean {
  return key === null || key.sensitive;
}

/** All places where a setting or one that speaks of the same is set, strongest first (ConfigHelper.configSynonyms). */
function synonymsOf(name: string, broker: DynamicBrokerConfig, hidden: boolean): DescribedSynonym[] {
  const names = brokerSynonyms(name, true);
  const { broker: own, clusterDefault, fromFile } = broker.layers;
  const from = (source: number, get: (name: string) => string | null | undefined): DescribedSynonym[] =>
    names.flatMap((synonym) => {
      const value = get(synonym);
      return value === undefined || value === null ? [] : [{ name: synonym, value: hidden ? null : value, source }];
    });
  const all = [
    ...from(CONFIG_SOURCE.dynamicBroker, (synonym) => own.get(synonym)),
    ...from(CONFIG_SOURCE.dynamicDefaultBroker, (synonym) => clusterDefault.get(synonym)),
    ...from(CONFIG_SOURCE.staticBroker, (synonym) => fromFile.get(synonym)),
    ...from(CONFIG_SOURCE.default, (synonym) => brokerConfig(synonym)?.defaultText),
  ];
  // Apache drops what precedes the first that has the very name: a file with nothing but log.retention.hours
  // leaves log.retention.ms without synonyms.
  const first = all.findIndex((synonym) => synonym.name === name);
  return first < 0 ? [] : all.slice(first);
}

/** Sorted, each once, and only what was asked for. */
function selected(names: readonly string[], { keys }: DescribeOptions): string[] {
  const all = [...new Set(names)].sort();
  if (keys === null || keys.length === 0) return all;
  const wanted = new Set(keys);
  return all.filter((name) => wanted.has(name));
}
