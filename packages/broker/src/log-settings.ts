import path from 'node:path';
import type { TopicConfigs } from './cluster/topic-configs';
import type { BrokerConfig } from './config/broker-config';
import type { DynamicBrokerConfig } from './config/dynamic';
import type { TopicConfig } from './config/topic-config';
import type { CleanerConfig } from './log/cleaner/cleaner-config';
import type { LogConfig } from './log/log-config';
import { LogManager } from './log/log-manager';
import type { LogManagerConfig } from './log/log-manager-options';
import type { BrokerPorts } from './ports';

/** The logs of a broker, not yet read. */
export function makeLogManager(
  config: DynamicBrokerConfig,
  ports: BrokerPorts,
  topicConfigs: TopicConfigs,
): LogManager {
  const { disk, clock, random, loggers, background } = ports;
  const cleaner = { background, config: () => cleanerConfigOf(config.current) };
  return new LogManager({
    disk,
    clock,
    random,
    loggers,
    config: logManagerConfigOf(config),
    topicConfig: (topic) => logConfigOf(topicConfigs.get(topic)),
    ...(config.startedWith.values.logCleanerEnable ? { cleaner } : {}),
  });
}

/** What a log needs of its topic's configuration. */
function logConfigOf(topic: TopicConfig): LogConfig {
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

/** What the cleaner needs of the broker's configuration, at any time. */
function cleanerConfigOf({ values }: BrokerConfig): CleanerConfig {
  return {
    threads: values.logCleanerThreads,
    dedupeBufferBytes: values.logCleanerDedupeBufferSize,
    loadFactor: values.logCleanerIoBufferLoadFactor,
    ioBufferBytes: values.logCleanerIoBufferSize,
    ioBytesPerSecond: values.logCleanerIoMaxBytesPerSecond,
    backoffMs: values.logCleanerBackoffMs,
    maxMessageBytes: values.messageMaxBytes,
  };
}

/** What the logs together need of the broker's configuration. */
function logManagerConfigOf(config: DynamicBrokerConfig): LogManagerConfig {
  const { values, effective } = config.startedWith;
  return {
    // As clients see them and name them (File.getAbsolutePath).
    logDirs: effective.logDirs.map((dir) => path.resolve(dir)),
    recoveryThreadsPerDataDir: values.numRecoveryThreadsPerDataDir,
    initialTaskDelayMs: values.logInitialTaskDelayMs,
    retentionCheckIntervalMs: values.logRetentionCheckIntervalMs,
    flushSchedulerIntervalMs: values.logFlushSchedulerIntervalMs,
    flushOffsetCheckpointIntervalMs: values.logFlushOffsetCheckpointIntervalMs,
    flushStartOffsetCheckpointIntervalMs: values.logFlushStartOffsetCheckpointIntervalMs,
    producerIdExpirationCheckIntervalMs: values.producerIdExpirationCheckIntervalMs,
    // These may change while logs are open (DynamicProducerStateManagerConfig).
    producerState: {
      get producerIdExpirationMs() {
        return config.current.values.producerIdExpirationMs;
      },
      get transactionVerificationEnable() {
        return config.current.values.transactionPartitionVerificationEnable;
      },
    },
  };
}
