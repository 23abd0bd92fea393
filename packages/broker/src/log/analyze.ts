import { KafkaError } from '@odradek/protocol/errors';
import {
  baseOffsetAt,
  type CompressionType,
  compressionAt,
  crcAt,
  isCrcValidAt,
  lastOffsetAt,
  magicAt,
  maxTimestampAt,
  NO_TIMESTAMP,
  partitionLeaderEpochAt,
  recordCountAt,
  wholeBatchSizeAt,
} from '@odradek/protocol/records/batch';
import { CorruptRecordError, InvalidRecordError } from '@odradek/protocol/records/errors';
import type { AppendOrigin } from './types';

/**
 * What the headers of an append say (UnifiedLog.analyzeAndValidateRecords). A leader puts what it has assigned in the
 * place of what the producer said.
 */
export interface Analysis {
  /** -1 where the first entry is of an old format, which tells its last offset only. */
  firstOffset: number;
  readonly lastOffsetOfFirstBatch: number;
  lastOffset: number;
  maxTimestamp: number;
  readonly lastLeaderEpoch: number;
  /** Bytes of whole batches: what follows them is dropped. */
  readonly validBytes: number;
  recordCount: number;
  readonly sourceCompression: CompressionType;
  readonly isMonotonic: boolean;
}

export interface AnalysisRules {
  readonly partitionName: string;
  readonly origin: AppendOrigin;
  /** Of replicated batches only those count that no later leader wrote. */
  readonly leaderEpoch: number;
  /** Infinite where the leader has judged the size. */
  readonly maxMessageBytes: number;
}

/**
 * What Kafka trips over where the checksum is right: an unknown codec, data that does not decompress. Its answer,
 * UNKNOWN_SERVER_ERROR, keeps producers from sending the same again, as CORRUPT_MESSAGE would not.
 */
export function unexpectedIfCorrupt<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof CorruptRecordError ? new KafkaError('UNKNOWN_SERVER_ERROR', error.message) : error;
  }
}

/** Checks size and checksum of every batch. Throws INVALID_RECORD, MESSAGE_TOO_LARGE or CORRUPT_MESSAGE. */
export function analyze(records: Buffer, rules: AnalysisRules): Analysis {
  const { partitionName, origin, maxMessageBytes } = rules;
  let firstOffset = -1;
  let lastOffsetOfFirstBatch = -1;
  let lastOffset = -1;
  let maxTimestamp = NO_TIMESTAMP;
  let lastLeaderEpoch = -1;
  let recordCount = 0;
  let sourceCompression: CompressionType = 'none';
  let isMonotonic = true;
  let at = 0;
  for (let size = wholeBatchSizeAt(records, at); size > 0; size = wholeBatchSizeAt(records, at)) {
    const magic = magicAt(records, at);
    const leaderEpoch = partitionLeaderEpochAt(records, at);
    // The sender may have lost its leadership between answering and now (KAFKA-18723).
    if (origin === 'replication' && leaderEpoch > rules.leaderEpoch) break;
    const baseOffset = baseOffsetAt(records, at);
    if (magic >= 2 && origin === 'client' && baseOffset !== 0) {
      throw new InvalidRecordError(
        `The baseOffset of the record batch in the append to ${partitionName} should be 0, but it is ${baseOffset}`,
      );
    }
    const batchLastOffset = lastOffsetAt(records, at);
    if (at === 0) {
      if (magic >= 2) firstOffset = baseOffset;
      lastOffsetOfFirstBatch = batchLastOffset;
    }
    if (lastOffset >= batchLastOffset) isMonotonic = false;
    lastOffset = batchLastOffset;
    lastLeaderEpoch = leaderEpoch;
    if (size > maxMessageBytes) {
      throw new KafkaError(
        'MESSAGE_TOO_LARGE',
        `The record batch size in the append to ${partitionName} is ${size} bytes which exceeds the maximum configured value of ${maxMessageBytes}.`,
      );
    }
    if (!isCrcValidAt(records, at)) {
      throw new CorruptRecordError(
        `Record is corrupt (stored crc = ${crcAt(records, at)}) in topic partition ${partitionName}.`,
      );
    }
    const timestamp = maxTimestampAt(records, at);
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    const compression = unexpectedIfCorrupt(() => compressionAt(records, at));
    if (compression !== 'none') sourceCompression = compression;
    recordCount += recordCountAt(records, at);
    at += size;
  }
  return {
    firstOffset,
    lastOffsetOfFirstBatch,
    lastOffset,
    maxTimestamp,
    lastLeaderEpoch,
    validBytes: at,
    recordCount,
    sourceCompression,
    isMonotonic,
  };
}
