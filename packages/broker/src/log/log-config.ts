import type { CompressionType, TimestampType } from '@odradek/protocol/records/batch';

/** What a log needs to know of its topic's configuration (org.apache.kafka.storage.internals.log.LogConfig). */
export interface LogConfig {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly flushMessages: number;
  readonly flushMs: number;
  /** Negative for no limit. */
  readonly retentionBytes: number;
  /** Negative for no limit. */
  readonly retentionMs: number;
  readonly fileDeleteDelayMs: number;
  readonly maxMessageBytes: number;
  readonly cleanupDelete: boolean;
  readonly cleanupCompact: boolean;
  readonly deleteRetentionMs: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly messageTimestampType: TimestampType;
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  /** `producer` keeps what the producer chose. */
  readonly compressionType: CompressionType | 'uncompressed' | 'producer';
  readonly compressionGzipLevel: number;
  readonly compressionLz4Level: number;
  readonly compressionZstdLevel: number;
  readonly preallocate: boolean;
  readonly messageDownconversionEnable: boolean;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Long.MAX_VALUE as a number: larger than any time or count that a broker meets. */
const UNLIMITED = Number(2n ** 63n - 1n);

/** The defaults of Kafka 3.9. */
export const DEFAULT_LOG_CONFIG: LogConfig = {
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 7 * DAY_MS,
  segmentJitterMs: 0,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 4096,
  flushMessages: UNLIMITED,
  flushMs: UNLIMITED,
  retentionBytes: -1,
  retentionMs: 7 * DAY_MS,
  fileDeleteDelayMs: 60_000,
  maxMessageBytes: 1_048_588,
  cleanupDelete: true,
  cleanupCompact: false,
  deleteRetentionMs: DAY_MS,
  minCompactionLagMs: 0,
  maxCompactionLagMs: UNLIMITED,
  minCleanableDirtyRatio: 0.5,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: UNLIMITED,
  messageTimestampAfterMaxMs: UNLIMITED,
  compressionType: 'producer',
  compressionGzipLevel: -1,
  compressionLz4Level: 9,
  compressionZstdLevel: 3,
  preallocate: false,
  messageDownconversionEnable: true,
};
