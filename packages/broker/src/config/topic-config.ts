import type { BrokerConfig } from './broker-config';
import type { BrokerConfigName } from './definitions';
import { type TopicConfigName, type TopicConfigValues, topicConfigs } from './definitions/topic';
import { ConfigException, InvalidConfigurationException } from './errors';
import { LONG_MAX } from './types';
import { parseSetting, valuesParser } from './values';

const parseTopicValues = valuesParser('topic', topicConfigs);

/**
 * The broker config that is a topic config's default (ServerTopicConfigSynonyms). Where several overlap it is the first:
 * `log.retention.ms` stands for its minutes and hours too.
 */
export const TOPIC_SYNONYMS: Readonly<Partial<Record<TopicConfigName, BrokerConfigName>>> = {
  'segment.bytes': 'log.segment.bytes',
  'segment.ms': 'log.roll.ms',
  'segment.jitter.ms': 'log.roll.jitter.ms',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'flush.messages': 'log.flush.interval.messages',
  'flush.ms': 'log.flush.interval.ms',
  'retention.bytes': 'log.retention.bytes',
  'retention.ms': 'log.retention.ms',
  'max.message.bytes': 'message.max.bytes',
  'index.interval.bytes': 'log.index.interval.bytes',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'cleanup.policy': 'log.cleanup.policy',
  'unclean.leader.election.enable': 'unclean.leader.election.enable',
  'min.insync.replicas': 'min.insync.replicas',
  'compression.type': 'compression.type',
  'compression.gzip.level': 'compression.gzip.level',
  'compression.lz4.level': 'compression.lz4.level',
  'compression.zstd.level': 'compression.zstd.level',
  preallocate: 'log.preallocate',
  'message.format.version': 'log.message.format.version',
  'message.timestamp.type': 'log.message.timestamp.type',
  'message.timestamp.difference.max.ms': 'log.message.timestamp.difference.max.ms',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'message.downconversion.enable': 'log.message.downconversion.enable',
  'local.retention.ms': 'log.local.retention.ms',
  'local.retention.bytes': 'log.local.retention.bytes',
};

/** A topic's settings where they differ from the broker's, as ZooKeeper holds them. */
export type TopicOverrides = ReadonlyMap<string, string>;

const UNLIMITED = Number(LONG_MAX);

/** The settings of one topic's logs (LogConfig): immutable. Long.MAX_VALUE is 2^63. */
export class TopicConfig {
  /** `cleanup.policy`, taken apart: both may hold, or neither. */
  readonly cleanupPolicy: { readonly delete: boolean; readonly compact: boolean };
  /** How much older than the broker's clock a record's timestamp may be; the deprecated bound counts where this has none. */
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;

  constructor(
    readonly values: TopicConfigValues,
    /** What is set for this topic alone. */
    readonly overrides: TopicOverrides,
    private readonly defaults: TopicOverrides,
  ) {
    this.cleanupPolicy = {
      delete: values.cleanupPolicy.includes('delete'),
      compact: values.cleanupPolicy.includes('compact'),
    };
    const bound = (own: number): number => (own !== UNLIMITED ? own : values.messageTimestampDifferenceMaxMs);
    this.messageTimestampBeforeMaxMs = bound(values.messageTimestampBeforeMaxMs);
    this.messageTimestampAfterMaxMs = bound(values.messageTimestampAfterMaxMs);
  }

  get retentionMs(): number {
    return this.values.retentionMs;
  }

  get retentionBytes(): number {
    return this.values.retentionBytes;
  }

  get segmentBytes(): number {
    return this.values.segmentBytes;
  }

  /** When a segment rolls at the latest: a compacted one also when its records must become compactable. */
  get rollMs(): number {
    const { segmentMs, maxCompactionLagMs } = this.values;
    return this.cleanupPolicy.compact ? Math.min(segmentMs, maxCompactionLagMs) : segmentMs;
  }

  /** The most that the roll time is shortened by at random. */
  get rollJitterMs(): number {
    return Math.min(this.values.segmentJitterMs, this.values.segmentMs);
  }

  get segmentIndexBytes(): number {
    return this.values.segmentIndexBytes;
  }

  get indexIntervalBytes(): number {
    return this.values.indexIntervalBytes;
  }

  /** Of a record batch, after compression. */
  get maxMessageBytes(): number {
    return this.values.maxMessageBytes;
  }

  get minInsyncReplicas(): number {
    return this.values.minInsyncReplicas;
  }

  get messageTimestampType(): 'CreateTime' | 'LogAppendTime' {
    return this.values.messageTimestampType as 'CreateTime' | 'LogAppendTime';
  }

  get compressionType(): string {
    return this.values.compressionType;
  }

  get uncleanLeaderElectionEnable(): boolean {
    return this.values.uncleanLeaderElectionEnable;
  }

  /** What the setting's value reads as where Kafka shows it. */
  text(name: TopicConfigName): string {
    const raw = this.overrides.get(name) ?? this.defaults.get(name);
    return raw === undefined ? topicConfigs[name].defaultText! : parseSetting(name, topicConfigs[name], raw).text;
  }
}

/** What a topic without overrides has, by the names of topic configs (KafkaConfig.extractLogConfigMap). */
function brokerDefaults(config: BrokerConfig): Map<string, string> {
  const { effective } = config;
  const resolved: Partial<Record<string, string>> = {
    'log.roll.ms': wholeText(effective.logRollMs),
    'log.roll.jitter.ms': wholeText(effective.logRollJitterMs),
    'log.flush.interval.ms': wholeText(effective.logFlushIntervalMs),
    'log.retention.ms': wholeText(effective.logRetentionMs),
    'log.message.timestamp.before.max.ms': wholeText(effective.logMessageTimestampBeforeMaxMs),
    'log.message.timestamp.after.max.ms': wholeText(effective.logMessageTimestampAfterMaxMs),
  };
  const defaults = new Map<string, string>();
  for (const [topicName, brokerName] of Object.entries(TOPIC_SYNONYMS))
    defaults.set(topicName, resolved[brokerName] ?? config.text(brokerName)!);
  return defaults;
}

/** 2^63 is Long.MAX_VALUE here, and must be read as such again. */
function wholeText(value: number): string {
  return value >= UNLIMITED ? LONG_MAX : String(value);
}

/**
 * A topic's settings: its overrides over the broker's defaults. What is in ZooKeeper has been checked when it was set,
 * so this refuses values, not combinations (LogConfig.fromProps).
 * @throws ConfigException for a value that is none
 */
export function resolveTopicConfig(overrides: TopicOverrides, brokerConfig: BrokerConfig): TopicConfig {
  const defaults = brokerDefaults(brokerConfig);
  return new TopicConfig(parseTopicValues(new Map([...defaults, ...overrides])), overrides, defaults);
}

/**
 * Checks overrides that someone wants to set (LogConfig.validate): names, values, and how they go together with the
 * broker's settings.
 * @throws InvalidConfigurationException for an unknown name and for combinations, ConfigException for a value:
 * AlterConfigs words the two differently
 */
export function validateTopicOverrides(overrides: TopicOverrides, brokerConfig: BrokerConfig): void {
  for (const name of overrides.keys())
    if (!Object.hasOwn(topicConfigs, name))
      throw new InvalidConfigurationException(`Unknown topic config name: ${name}`, [name]);
  const config = resolveTopicConfig(overrides, brokerConfig);
  const { minCompactionLagMs, maxCompactionLagMs, remoteLogCopyDisable, remoteLogDeleteOnDisable } = config.values;
  if (minCompactionLagMs > maxCompactionLagMs)
    throw new InvalidConfigurationException(
      `conflict topic config setting min.compaction.lag.ms (${config.text('min.compaction.lag.ms')}) > max.compaction.lag.ms (${config.text('max.compaction.lag.ms')})`,
    );
  if (remoteLogCopyDisable || remoteLogDeleteOnDisable)
    throw new InvalidConfigurationException(
      "It is invalid to set `remote.log.delete.on.disable` or `remote.log.copy.disable` under Zookeeper's mode.",
    );
  if (config.values.remoteStorageEnable) validateRemoteStorage(config, brokerConfig);
}

function validateRemoteStorage(config: TopicConfig, brokerConfig: BrokerConfig): void {
  if (!brokerConfig.values.remoteLogStorageSystemEnable)
    throw new ConfigException(
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    );
  if (config.cleanupPolicy.compact)
    throw new ConfigException('Remote log storage is unsupported for the compacted topics');
  const { retentionMs, retentionBytes, localRetentionMs, localRetentionBytes } = config.values;
  validateLocalRetention('retention.bytes', retentionBytes, 'local.retention.bytes', localRetentionBytes);
  validateLocalRetention('retention.ms', retentionMs, 'local.retention.ms', localRetentionMs);
}

/** -2, as long as the whole; otherwise no more than the whole. */
export function validateLocalRetention(wholeKey: string, whole: number, localKey: string, local: number): void {
  if (whole === -1 || local === -2) return;
  if (local === -1)
    throw ConfigException.of(localKey, local, `Value must not be -1 as ${wholeKey} value is set as ${whole}.`);
  if (local > whole)
    throw ConfigException.of(localKey, local, `Value must not be more than ${wholeKey} property value: ${whole}`);
}
