import { boolean, type Definitions, double, int, LONG_MAX, list, long, string, type ValuesOf } from '../definition';
import { atLeast, between, gzipLevel, listOf, metadataVersion, oneOf, throttledReplicas } from '../validators';

/** Every topic config of Kafka 3.9 (LogConfig), in Apache's order. */
export const topicConfigs = {
  'segment.bytes': int('medium', 1_073_741_824, { valid: atLeast(14) }),
  'segment.ms': long('medium', 604_800_000, { valid: atLeast(1) }),
  'segment.jitter.ms': long('medium', 0, { valid: atLeast(0) }),
  'segment.index.bytes': int('medium', 10_485_760, { valid: atLeast(4) }),
  'flush.messages': long('medium', LONG_MAX, { valid: atLeast(1) }),
  'flush.ms': long('medium', LONG_MAX, { valid: atLeast(0) }),
  'retention.bytes': long('medium', -1),
  'retention.ms': long('medium', 604_800_000, { valid: atLeast(-1) }),
  'max.message.bytes': int('medium', 1_048_588, { valid: atLeast(0) }),
  'index.interval.bytes': int('medium', 4096, { valid: atLeast(0) }),
  'delete.retention.ms': long('medium', 86_400_000, { valid: atLeast(0) }),
  'min.compaction.lag.ms': long('medium', 0, { valid: atLeast(0) }),
  'max.compaction.lag.ms': long('medium', LONG_MAX, { valid: atLeast(1) }),
  'file.delete.delay.ms': long('medium', 60_000, { valid: atLeast(0) }),
  'min.cleanable.dirty.ratio': double('medium', 0.5, { valid: between(0, 1) }),
  'cleanup.policy': list('medium', 'delete', { valid: listOf('compact', 'delete') }),
  'unclean.leader.election.enable': boolean('medium', false),
  'min.insync.replicas': int('medium', 1, { valid: atLeast(1) }),
  'compression.type': string('medium', 'producer', {
    valid: oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
  }),
  'compression.gzip.level': int('medium', -1, { valid: gzipLevel }),
  'compression.lz4.level': int('medium', 9, { valid: between(1, 17) }),
  'compression.zstd.level': int('medium', 3, { valid: between(-131_072, 22) }),
  preallocate: boolean('medium', false),
  'message.format.version': string('medium', '3.0-IV1', { valid: metadataVersion }),
  'message.timestamp.type': string('medium', 'CreateTime', { valid: oneOf('CreateTime', 'LogAppendTime') }),
  'message.timestamp.difference.max.ms': long('medium', LONG_MAX, { valid: atLeast(0) }),
  'message.timestamp.before.max.ms': long('medium', LONG_MAX, { valid: atLeast(0) }),
  'message.timestamp.after.max.ms': long('medium', LONG_MAX, { valid: atLeast(0) }),
  'leader.replication.throttled.replicas': list('medium', '', { valid: throttledReplicas }),
  'follower.replication.throttled.replicas': list('medium', '', { valid: throttledReplicas }),
  'message.downconversion.enable': boolean('low', true),
  'remote.storage.enable': boolean('medium', false),
  'local.retention.ms': long('medium', -2, { valid: atLeast(-2) }),
  'local.retention.bytes': long('medium', -2, { valid: atLeast(-2) }),
  'remote.log.copy.disable': boolean('medium', false),
  'remote.log.delete.on.disable': boolean('medium', false),
} satisfies Definitions;

export type TopicConfigName = keyof typeof topicConfigs;
export type TopicConfigValues = ValuesOf<typeof topicConfigs>;
