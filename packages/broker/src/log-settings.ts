import type { BrokerConfig } from './config/broker-config';
import type { TopicConfig } from './config/topic-config';
import type { LogConfig } from './log/log-config';
import type { LogManagerConfig } from './log/log-manager-options';

/** What a log needs of its topic's configuration. */
export function logConfigOf(topic: TopicConfig): LogConfig {
  const { values } = topic;
  return {
    ...values,
    segmentMs: topic.rollMs,
    segmentJitterMs: topic.rollJitterMs,
    cleanupDelete: topic.cleanupPolicy.delete,
    cleanupCompact: topic.cleanupPolicy.compact,
    messageTimestampType: topic.messageTimestampType,
    messageTimestampBeforeMaxMs: topic.messageTimestampBeforeMaxMs,
    messageTimestampAfterMaxMs: topic.messageTimestampAfterMaxMs,
    compressionType: values.compressionType as LogConfig['compressionType'],
  };
}

/** What the logs together need of the broker's configuration. */
export function logManagerConfigOf({ values, effective }: BrokerConfig): LogManagerConfig {
  return {
    logDirs: effective.logDirs,
    recoveryThreadsPerDataDir: values.numRecoveryThreadsPerDataDir,
    initialTaskDelayMs: values.logInitialTaskDelayMs,
    retentionCheckIntervalMs: values.logRetentionCheckIntervalMs,
    flushSchedulerIntervalMs: values.logFlushSchedulerIntervalMs,
    flushOffsetCheckpointIntervalMs: values.logFlushOffsetCheckpointIntervalMs,
    flushStartOffsetCheckpointIntervalMs: values.logFlushStartOffsetCheckpointIntervalMs,
    producerIdExpirationCheckIntervalMs: values.producerIdExpirationCheckIntervalMs,
    producerState: {
      producerIdExpirationMs: values.producerIdExpirationMs,
      transactionVerificationEnable: values.transactionPartitionVerificationEnable,
    },
  };
}
