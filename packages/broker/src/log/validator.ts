import { KafkaError } from '@odradek/protocol/errors';
import {
  baseOffsetAt,
  baseSequenceAt,
  type CompressionType,
  forEachBatch,
  isControlAt,
  isLogAppendTimeAt,
  lastOffsetAt,
  lastOffsetDeltaAt,
  magicAt,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  producerIdAt,
  recordCountAt,
  setLastOffset,
  setPartitionLeaderEpoch,
  setTimestampTypeAndMax,
  sizeAt,
} from '@odradek/protocol/records/batch';
import { convertToBatch } from '@odradek/protocol/records/conversion';
import { CorruptRecordError, InvalidRecordError, UndecodableRecordError } from '@odradek/protocol/records/errors';
import { type KafkaRecord, readRecords } from '@odradek/protocol/records/record';
import { validateRecords } from '@odradek/protocol/records/validate';
import { unexpectedIfCorrupt } from './analyze';
import type { LogConfig } from './log-config';
import { type AppendOrigin, type RecordError, RecordValidationError } from './types';

const MAX_INT64 = 2n ** 63n - 1n;

export interface ValidationContext {
  /** `topic-N`. */
  readonly partitionName: string;
  readonly origin: AppendOrigin;
  readonly config: LogConfig;
  readonly leaderEpoch: number;
  /** The offset that the first record gets. */
  readonly nextOffset: number;
  readonly nowMs: number;
  /** What the records arrived in: of the first compressed entry, else none. */
  readonly sourceCompression: CompressionType;
}

export interface Validated {
  /** The bytes that arrived, changed in place, or others. */
  readonly records: Buffer;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
  readonly recordCount: number;
  /** The records were rewritten, so that sizes must be checked again. */
  readonly sizeMaybeChanged: boolean;
}

/** What the records of an entry are like. */
interface Summary {
  readonly recordCount: number;
  readonly maxTimestamp: number;
  readonly hasDenseOffsets: boolean;
}

/**
 * Judges what a leader is to append and gives it its offsets (org.apache.kafka.storage.internals.log.LogValidator).
 * `records` holds whole entries whose checksums are right; they are changed in place where that is enough. Throws
 * `RecordValidationError` or another `KafkaError`.
 */
export function validateAndAssignOffsets(records: Buffer, context: ValidationContext): Validated {
  const target = targetCompression(context);
  checkNumberOfEntries(records, context);
  const isUncompressed = context.sourceCompression === 'none' && target === 'none';
  if (magicAt(records, 0) < 2) return rewrite(records, context, target);
  const summary = validateEntry(records, 0, records, context);
  // Control batches stay as they are unless they arrive compressed.
  const keepsCodec = context.sourceCompression === target || isControlAt(records, 0);
  if (isUncompressed || (keepsCodec && summary.hasDenseOffsets)) return assignInPlace(records, context, summary);
  return rewriteValidated(records, context, target, summary);
}

/** The codec that the topic wants; what the producer chose where it does not care. */
function targetCompression({ config, sourceCompression }: ValidationContext): CompressionType {
  if (config.compressionType === 'producer') return sourceCompression;
  return config.compressionType === 'uncompressed' ? 'none' : config.compressionType;
}

/** Magic 2 and compressed entries come alone. */
function checkNumberOfEntries(records: Buffer, { sourceCompression }: ValidationContext): void {
  if (records.length === 0) throw new InvalidRecordError('Record batch has no batches at all');
  const mustBeAlone = magicAt(records, 0) >= 2 || sourceCompression !== 'none';
  if (mustBeAlone && sizeAt(records, 0) < records.length) {
    throw new InvalidRecordError('Compressed outer record has more than one batch');
  }
}

function assignInPlace(records: Buffer, context: ValidationContext, summary: Summary): Validated {
  const { config, nowMs, nextOffset, leaderEpoch } = context;
  const lastOffset = nextOffset + summary.recordCount - 1;
  const maxTimestamp = config.messageTimestampType === 'LogAppendTime' ? nowMs : summary.maxTimestamp;
  setLastOffset(records, 0, lastOffset);
  setPartitionLeaderEpoch(records, 0, leaderEpoch);
  setTimestampTypeAndMax(records, 0, config.messageTimestampType, maxTimestamp);
  return {
    records,
    lastOffset,
    maxTimestamp,
    recordCount: summary.recordCount,
    sizeMaybeChanged: false,
  };
}

/** Entries of formats 0 and 1 become one batch of magic 2. */
function rewrite(records: Buffer, context: ValidationContext, target: CompressionType): Validated {
  let recordCount = 0;
  let maxTimestamp = NO_TIMESTAMP;
  forEachBatch(records, (at) => {
    const summary = validateEntry(records, at, records, context);
    recordCount += summary.recordCount;
    maxTimestamp = Math.max(maxTimestamp, summary.maxTimestamp);
  });
  return rewriteValidated(records, context, target, { recordCount, maxTimestamp, hasDenseOffsets: true });
}

function rewriteValidated(
  records: Buffer,
  context: ValidationContext,
  target: CompressionType,
  summary: Summary,
): Validated {
  const { config, nowMs } = context;
  const batch = convertToBatch(records, {
    baseOffset: context.nextOffset,
    partitionLeaderEpoch: context.leaderEpoch,
    compression: target,
    level: compressionLevel(config, target),
    timestampType: config.messageTimestampType,
    nowMs,
  }).build();
  const lastOffset = context.nextOffset + summary.recordCount - 1;
  const maxTimestamp = config.messageTimestampType === 'LogAppendTime' ? nowMs : summary.maxTimestamp;
  const { recordCount } = summary;
  return {
    records: batch,
    lastOffset,
    maxTimestamp,
    recordCount,
    sizeMaybeChanged: true,
  };
}

function compressionLevel(config: LogConfig, codec: CompressionType): number | undefined {
  switch (codec) {
    case 'gzip':
      return config.compressionGzipLevel;
    case 'lz4':
      return config.compressionLz4Level;
    case 'zstd':
      return config.compressionZstdLevel;
    case 'none':
    case 'snappy':
      return undefined;
  }
}

function validateEntry(b: Buffer, at: number, all: Buffer, context: ValidationContext): Summary {
  validateHeader(b, at, all, context);
  const needsEachRecord = magicAt(b, at) < 2 || isLogAppendTimeAt(b, at);
  return needsEachRecord ? judgeEachRecord(b, at, context) : validateBatchRecords(b, at, context);
}

function validateHeader(b: Buffer, at: number, all: Buffer, { origin, partitionName }: ValidationContext): void {
  const magic = magicAt(b, at);
  if (magic !== magicAt(all, 0)) {
    throw new InvalidRecordError(
      `Batch magic ${magic} is not the same as the first batch's magic byte ${magicAt(all, 0)} in topic partition ${partitionName}.`,
    );
  }
  if (origin !== 'client') return;
  if (magic >= 2) validateCount(b, at, partitionName);
  if (isControlAt(b, at)) {
    throw new InvalidRecordError(
      `Clients are not allowed to write control records in topic partition ${partitionName}.`,
    );
  }
  const producerId = producerIdAt(b, at);
  const baseSequence = baseSequenceAt(b, at);
  if (producerId > NO_PRODUCER_ID && baseSequence < 0) {
    throw new InvalidRecordError(
      `Invalid sequence number ${baseSequence} in record batch with producerId ${producerId} in topic partition ${partitionName}.`,
    );
  }
}

function validateCount(b: Buffer, at: number, partitionName: string): void {
  const range = (): string => `[${baseOffsetAt(b, at)}, ${lastOffsetAt(b, at)}]`;
  const countByOffsets = lastOffsetDeltaAt(b, at) + 1;
  if (countByOffsets <= 0) {
    throw new InvalidRecordError(`Batch has an invalid offset range: ${range()} in topic partition ${partitionName}.`);
  }
  const count = recordCountAt(b, at);
  if (count <= 0) {
    throw new InvalidRecordError(
      `Invalid reported count for record batch: ${count} in topic partition ${partitionName}.`,
    );
  }
  if (countByOffsets !== count) {
    throw new InvalidRecordError(
      `Inconsistent batch offset range ${range()} and count of records ${count} in topic partition ${partitionName}.`,
    );
  }
}

function validateBatchRecords(b: Buffer, at: number, context: ValidationContext): Summary {
  const { config, nowMs, partitionName } = context;
  const isCreateTime = config.messageTimestampType === 'CreateTime';
  const rules = {
    requireKeys: config.cleanupCompact,
    minTimestamp: isCreateTime ? nowMs - config.messageTimestampBeforeMaxMs : undefined,
    maxTimestamp: isCreateTime ? nowMs + config.messageTimestampAfterMaxMs : undefined,
  };
  const summary = unexpectedIfCorrupt(() => validateRecords(b, at, rules));
  if (summary.faults.length === 0) return summary;
  throw refusal(
    summary.faults.map(({ index, offset, timestamp, fault }) =>
      fault === 'no-key'
        ? { error: 'INVALID_RECORD', batchIndex: index, message: noKeyMessage(partitionName) }
        : { error: 'INVALID_TIMESTAMP', batchIndex: index, message: timestampMessage(timestamp, offset, context) },
    ),
  );
}

/** Old formats, and batches that claim to be stamped by a broker: rare enough for an object per record. */
function judgeEachRecord(b: Buffer, at: number, context: ValidationContext): Summary {
  const faults: Fault[] = [];
  let recordCount = 0;
  let maxTimestamp = NO_TIMESTAMP;
  let hasDenseOffsets = magicAt(b, at) >= 2;
  const baseOffset = baseOffsetAt(b, at);
  for (const record of readEach(b, at)) {
    if (record.offset !== baseOffset + recordCount) hasDenseOffsets = false;
    const fault = judgeRecord(record, recordCount++, isLogAppendTimeAt(b, at), context);
    if (fault !== null) faults.push(fault);
    maxTimestamp = Math.max(maxTimestamp, record.timestamp);
  }
  if (faults.length > 0) throw refusal(faults);
  return { recordCount, maxTimestamp, hasDenseOffsets };
}

/** Of an old format a wrong checksum inside is told as such, of today's nothing is. */
function* readEach(b: Buffer, at: number): Generator<KafkaRecord, void, void> {
  try {
    yield* readRecords(b, at);
  } catch (error) {
    const isTrippedOver = error instanceof (magicAt(b, at) < 2 ? UndecodableRecordError : CorruptRecordError);
    throw isTrippedOver ? new KafkaError('UNKNOWN_SERVER_ERROR', error.message) : error;
  }
}

/** Under CreateTime a record with a timestamp in range passes, whatever its batch claims. */
function judgeRecord(
  record: KafkaRecord,
  batchIndex: number,
  isLogAppendTime: boolean,
  context: ValidationContext,
): Fault | null {
  const { key, value, offset, timestamp } = record;
  const { config, nowMs, partitionName } = context;
  if (config.cleanupCompact && key === null) {
    return { error: 'INVALID_RECORD', batchIndex, message: noKeyMessage(partitionName) };
  }
  if (config.messageTimestampType === 'CreateTime' && timestamp !== NO_TIMESTAMP) {
    if (isTimestampInRange(timestamp, nowMs, config)) return null;
    return { error: 'INVALID_TIMESTAMP', batchIndex, message: timestampMessage(timestamp, offset, context) };
  }
  if (!isLogAppendTime) return null;
  const text = `DefaultRecord(offset=${offset}, timestamp=${timestamp}, key=${key?.length ?? 0} bytes, value=${value?.length ?? 0} bytes)`;
  const message = `Invalid timestamp type in message ${text}. Producer should not set timestamp type to LogAppendTime.`;
  return { error: 'INVALID_TIMESTAMP', batchIndex, message };
}

interface Fault extends RecordError {
  readonly error: 'INVALID_RECORD' | 'INVALID_TIMESTAMP';
}

function isTimestampInRange(timestamp: number, nowMs: number, config: LogConfig): boolean {
  return (
    nowMs - timestamp <= config.messageTimestampBeforeMaxMs && timestamp - nowMs <= config.messageTimestampAfterMaxMs
  );
}

function noKeyMessage(partitionName: string): string {
  return `Compacted topic cannot accept message without key in topic partition ${partitionName}`;
}

function timestampMessage(timestamp: number, offset: number, { nowMs, config }: ValidationContext): string {
  const now = BigInt(nowMs);
  const earliest = BigInt.asIntN(64, now - longOf(config.messageTimestampBeforeMaxMs));
  const latest = BigInt.asIntN(64, now + longOf(config.messageTimestampAfterMaxMs));
  return `Timestamp ${timestamp} of message with offset ${offset} is out of range. The timestamp should be within [${earliest}, ${latest}]`;
}

/** Long.MAX_VALUE as a number is one too large. */
function longOf(value: number): bigint {
  const long = BigInt(value);
  return long > MAX_INT64 ? MAX_INT64 : long;
}

function refusal(faults: readonly Fault[]): RecordValidationError {
  const errors = faults.map(({ batchIndex, message }) => ({ batchIndex, message }));
  if (faults.some(({ error }) => error === 'INVALID_TIMESTAMP')) {
    const message = 'One or more records have been rejected due to invalid timestamp';
    return new RecordValidationError('INVALID_TIMESTAMP', message, errors);
  }
  const shown = errors
    .slice(0, 3)
    .map(({ batchIndex, message }) => `RecordError(batchIndex=${batchIndex}, message='${message}')`);
  return new RecordValidationError(
    'INVALID_RECORD',
    `One or more records have been rejected due to ${errors.length} record errors in total, and only showing the first three errors at most: [${shown.join(', ')}]`,
    errors,
  );
}
