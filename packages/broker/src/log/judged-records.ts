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
  NO_PARTITION_LEADER_EPOCH,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  producerIdAt,
  recordCountAt,
  sizeAt,
} from '@odradek/protocol/records/batch';
import { convertToBatch } from '@odradek/protocol/records/conversion';
import {
  CorruptRecordError,
  DecompressionLimitError,
  InvalidRecordError,
  UndecodableRecordError,
} from '@odradek/protocol/records/errors';
import { LZ4_DEFAULT_LEVEL } from '@odradek/protocol/records/lz4';
import { type KafkaRecord, readRecords } from '@odradek/protocol/records/record';
import { validateRecords } from '@odradek/protocol/records/validate';
import { unexpectedIfCorrupt } from './analyze';
import type { LogConfig } from './log-config';
import { type AppendOrigin, type RecordError, RecordValidationError } from './types';

const MAX_INT64 = 2n ** 63n - 1n;

/** What may be decompressed, and what may be written anew, on the thread that serves: some 10 ms of its time. */
const SHORT_JUDGED_BYTES = 4 * 1024 * 1024;
const SHORT_REWRITTEN_BYTES = 256 * 1024;
/** The same at a level that searches long. */
const SHORT_SEARCHED_BYTES = 16 * 1024;
const LONG_SEARCH_FROM_ZSTD_LEVEL = 7;

/** By what records are judged that a leader is to append. */
export interface JudgingRules {
  /** `topic-N`. */
  readonly partitionName: string;
  readonly origin: AppendOrigin;
  readonly config: LogConfig;
  readonly nowMs: number;
  /** What the records arrived in: of the first compressed entry, else none. */
  readonly sourceCompression: CompressionType;
}

/** Records that may be appended, but for their offsets. */
export interface JudgedRecords {
  /** By which they have been judged: once the topic has another, they are to be judged again. */
  readonly config: LogConfig;
  /** Those that arrived, or one batch that has been made of them. */
  readonly records: Buffer;
  readonly isRewritten: boolean;
  readonly recordCount: number;
  readonly maxTimestamp: number;
}

/** Judging these would hold everybody up: it is to be done aside (`RecordsThread`), and the append tried again. */
export class TakesLongError extends Error {
  override readonly name = 'TakesLongError';

  constructor(
    readonly records: Buffer,
    readonly rules: JudgingRules,
  ) {
    super(`Judging the records for ${rules.partitionName} takes long`);
  }
}

/** What the records of an entry are like. */
interface Summary {
  readonly recordCount: number;
  readonly maxTimestamp: number;
  readonly hasDenseOffsets: boolean;
}

/**
 * Judges what a leader is to append, and makes of it what the topic stores, at offset 0
 * (org.apache.kafka.storage.internals.log.LogValidator). `records` holds whole entries whose checksums are right. Throws
 * `RecordValidationError` or another `KafkaError`.
 */
export function judgeRecords(records: Buffer, rules: JudgingRules): JudgedRecords {
  return judge(records, rules, undefined);
}

/** As `judgeRecords`; throws `TakesLongError` where that would take long. */
export function judgeShortRecords(records: Buffer, rules: JudgingRules): JudgedRecords {
  const isRewritten = records.length > 0 && willBeRewritten(records, rules);
  const maxBytes = isRewritten ? shortRewrittenBytes(rules) : SHORT_JUDGED_BYTES;
  if (isRewritten && records.length > maxBytes) throw new TakesLongError(records, rules);
  // Without compression nothing is larger than it has come.
  if (rules.sourceCompression === 'none') return judge(records, rules, undefined);
  try {
    return judge(records, rules, maxBytes);
  } catch (error) {
    throw error instanceof DecompressionLimitError ? new TakesLongError(records, rules) : error;
  }
}

function judge(records: Buffer, rules: JudgingRules, maxBytes: number | undefined): JudgedRecords {
  checkNumberOfEntries(records, rules);
  if (magicAt(records, 0) < 2) return rewriteOldFormat(records, rules, maxBytes);
  const summary = judgeEntry(records, 0, records, rules, maxBytes);
  const isUncompressed = rules.sourceCompression === 'none' && targetCompression(rules) === 'none';
  if (willBeRewritten(records, rules) || !(isUncompressed || summary.hasDenseOffsets)) {
    return rewrite(records, rules, summary, maxBytes);
  }
  const { recordCount, maxTimestamp } = summary;
  return { config: rules.config, records, isRewritten: false, recordCount, maxTimestamp };
}

/** Whether records are stored in another way than they have come, whatever they are. */
function willBeRewritten(records: Buffer, rules: JudgingRules): boolean {
  if (magicAt(records, 0) < 2) return true;
  const { sourceCompression } = rules;
  const target = targetCompression(rules);
  // Control batches stay as they are unless they arrive compressed.
  return sourceCompression !== target && !isControlAt(records, 0);
}

/** The codec that the topic wants; what the producer chose where it does not care. */
function targetCompression({ config, sourceCompression }: JudgingRules): CompressionType {
  if (config.compressionType === 'producer') return sourceCompression;
  return config.compressionType === 'uncompressed' ? 'none' : config.compressionType;
}

/** Magic 2 and compressed entries come alone. */
function checkNumberOfEntries(records: Buffer, { sourceCompression }: JudgingRules): void {
  if (records.length === 0) throw new InvalidRecordError('Record batch has no batches at all');
  const mustBeAlone = magicAt(records, 0) >= 2 || sourceCompression !== 'none';
  if (mustBeAlone && sizeAt(records, 0) < records.length) {
    throw new InvalidRecordError('Compressed outer record has more than one batch');
  }
}

/** Entries of formats 0 and 1 become one batch of magic 2. */
function rewriteOldFormat(records: Buffer, rules: JudgingRules, maxBytes: number | undefined): JudgedRecords {
  let recordCount = 0;
  let maxTimestamp = NO_TIMESTAMP;
  forEachBatch(records, (at) => {
    const summary = judgeEntry(records, at, records, rules, maxBytes);
    recordCount += summary.recordCount;
    maxTimestamp = Math.max(maxTimestamp, summary.maxTimestamp);
  });
  return rewrite(records, rules, { recordCount, maxTimestamp, hasDenseOffsets: true }, maxBytes);
}

function rewrite(
  records: Buffer,
  rules: JudgingRules,
  { recordCount, maxTimestamp }: Summary,
  maxBytes: number | undefined,
): JudgedRecords {
  const { config, nowMs, partitionName } = rules;
  const compression = targetCompression(rules);
  const batch = convertToBatch(records, {
    baseOffset: 0,
    partitionLeaderEpoch: NO_PARTITION_LEADER_EPOCH,
    compression,
    level: compressionLevel(config, compression),
    timestampType: config.messageTimestampType,
    nowMs,
    maxBytes,
  }).build();
  if (batch.length > config.maxMessageBytes) {
    throw new KafkaError(
      'MESSAGE_TOO_LARGE',
      `Message batch size is ${batch.length} bytes in append topartition ${partitionName} which exceeds the maximum configured size of ${config.maxMessageBytes}.`,
    );
  }
  return { config, records: batch, isRewritten: true, recordCount, maxTimestamp };
}

function shortRewrittenBytes(rules: JudgingRules): number {
  const { config } = rules;
  const codec = targetCompression(rules);
  const searchesLong =
    (codec === 'lz4' && config.compressionLz4Level !== LZ4_DEFAULT_LEVEL) ||
    (codec === 'zstd' && config.compressionZstdLevel >= LONG_SEARCH_FROM_ZSTD_LEVEL);
  return searchesLong ? SHORT_SEARCHED_BYTES : SHORT_REWRITTEN_BYTES;
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

function judgeEntry(b: Buffer, at: number, all: Buffer, rules: JudgingRules, maxBytes: number | undefined): Summary {
  judgeHeader(b, at, all, rules);
  const needsEachRecord = magicAt(b, at) < 2 || isLogAppendTimeAt(b, at);
  return needsEachRecord ? judgeEachRecord(b, at, rules, maxBytes) : judgeBatchRecords(b, at, rules, maxBytes);
}

function judgeHeader(b: Buffer, at: number, all: Buffer, { origin, partitionName }: JudgingRules): void {
  const magic = magicAt(b, at);
  if (magic !== magicAt(all, 0)) {
    throw new InvalidRecordError(
      `Batch magic ${magic} is not the same as the first batch's magic byte ${magicAt(all, 0)} in topic partition ${partitionName}.`,
    );
  }
  if (origin !== 'client') return;
  if (magic >= 2) judgeCount(b, at, partitionName);
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

function judgeCount(b: Buffer, at: number, partitionName: string): void {
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

function judgeBatchRecords(b: Buffer, at: number, rules: JudgingRules, maxBytes: number | undefined): Summary {
  const { config, nowMs, partitionName } = rules;
  const isCreateTime = config.messageTimestampType === 'CreateTime';
  const bounds = {
    maxBytes,
    requireKeys: config.cleanupCompact,
    minTimestamp: isCreateTime ? nowMs - config.messageTimestampBeforeMaxMs : undefined,
    maxTimestamp: isCreateTime ? nowMs + config.messageTimestampAfterMaxMs : undefined,
  };
  const summary = unexpectedIfCorrupt(() => validateRecords(b, at, bounds));
  if (summary.faults.length === 0) return summary;
  throw refusal(
    summary.faults.map(({ index, offset, timestamp, fault }) =>
      fault === 'no-key'
        ? { error: 'INVALID_RECORD', batchIndex: index, message: noKeyMessage(partitionName) }
        : { error: 'INVALID_TIMESTAMP', batchIndex: index, message: timestampMessage(timestamp, offset, rules) },
    ),
  );
}

/** Old formats, and batches that claim to be stamped by a broker: rare enough for an object per record. */
function judgeEachRecord(b: Buffer, at: number, rules: JudgingRules, maxBytes: number | undefined): Summary {
  const faults: Fault[] = [];
  let recordCount = 0;
  let maxTimestamp = NO_TIMESTAMP;
  let hasDenseOffsets = magicAt(b, at) >= 2;
  const baseOffset = baseOffsetAt(b, at);
  for (const record of readEach(b, at, maxBytes)) {
    if (record.offset !== baseOffset + recordCount) hasDenseOffsets = false;
    const fault = judgeRecord(record, recordCount++, isLogAppendTimeAt(b, at), rules);
    if (fault !== null) faults.push(fault);
    maxTimestamp = Math.max(maxTimestamp, record.timestamp);
  }
  if (faults.length > 0) throw refusal(faults);
  return { recordCount, maxTimestamp, hasDenseOffsets };
}

/** Of an old format a wrong checksum inside is told as such, of today's nothing is. */
function* readEach(b: Buffer, at: number, maxBytes: number | undefined): Generator<KafkaRecord, void, void> {
  try {
    yield* readRecords(b, at, { maxBytes, requireSameMagic: true });
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
  rules: JudgingRules,
): Fault | null {
  const { key, value, offset, timestamp } = record;
  const { config, nowMs, partitionName } = rules;
  if (config.cleanupCompact && key === null) {
    return { error: 'INVALID_RECORD', batchIndex, message: noKeyMessage(partitionName) };
  }
  if (config.messageTimestampType === 'CreateTime' && timestamp !== NO_TIMESTAMP) {
    if (isTimestampInRange(timestamp, nowMs, config)) return null;
    return { error: 'INVALID_TIMESTAMP', batchIndex, message: timestampMessage(timestamp, offset, rules) };
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

function timestampMessage(timestamp: number, offset: number, { nowMs, config }: JudgingRules): string {
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
