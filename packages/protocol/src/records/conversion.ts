import { KafkaError } from '../errors';
import {
  baseSequenceAt,
  type CompressionType,
  compressionAt,
  forEachBatch,
  isCompressedAt,
  isControlAt,
  isLogAppendTimeAt,
  isTransactionalAt,
  magicAt,
  maxTimestampAt,
  producerEpochAt,
  producerIdAt,
  type TimestampType,
} from './batch';
import { RecordBatchBuilder } from './builder';
import { buildLegacyRecords, type LegacyMagic } from './legacy';
import { type KafkaRecord, type ReadOptions, readRecords } from './record';

/**
 * Rewrites the whole entries of `b` for a fetcher that knows formats up to `toMagic` only (RecordsUtil.downConvert).
 * Entries in such a format pass as they are; control batches are dropped, headers lost, transactional data kept.
 *
 * Records of an uncompressed batch below `firstOffset`, the offset asked for, are left out: the old formats have no
 * batches, and some versions of librdkafka rely on it. Throws KafkaError UNSUPPORTED_COMPRESSION_TYPE for zstd.
 */
export function downConvert(b: Buffer, toMagic: LegacyMagic, firstOffset: number, options: ReadOptions = {}): Buffer[] {
  const converted: Buffer[] = [];
  forEachBatch(b, (at, size) => {
    if (isControlAt(b, at)) return;
    if (magicAt(b, at) <= toMagic) {
      converted.push(b.subarray(at, at + size));
      return;
    }
    // Before anything is decompressed in vain (RecordsUtil.downConvert).
    if (compressionAt(b, at) === 'zstd') {
      throw new KafkaError(
        'UNSUPPORTED_COMPRESSION_TYPE',
        'Down-conversion of zstandard-compressed batches is not supported',
      );
    }
    const keepsAll = isCompressedAt(b, at);
    const records: KafkaRecord[] = [];
    for (const record of readRecords(b, at, options)) {
      if (keepsAll || record.offset >= firstOffset) records.push(record);
    }
    if (records.length === 0) return;
    converted.push(
      buildLegacyRecords(records, {
        magic: toMagic,
        compression: compressionAt(b, at),
        timestampType: isLogAppendTimeAt(b, at) ? 'LogAppendTime' : 'CreateTime',
        logAppendTimeMs: maxTimestampAt(b, at),
      }),
    );
  });
  return converted;
}

/** What an appended batch is rewritten to. */
export interface ConversionTarget {
  readonly baseOffset: number;
  readonly partitionLeaderEpoch: number;
  readonly compression: CompressionType;
  readonly level?: number;
  readonly timestampType: TimestampType;
  /** The broker's clock: the timestamp of all records under LogAppendTime. */
  readonly nowMs: number;
  readonly maxBytes?: number;
}

/**
 * Rewrites the entries of a produce request as one magic-2 batch, with offsets counted from `baseOffset`: the
 * up-conversion from formats 0 and 1, and the recompression to a topic's `compression.type`
 * (LogValidator.convertAndAssignOffsetsNonCompressed and buildRecordsAndAssignOffsets). Producer state is the first
 * entry's. Records are not judged here.
 */
export function convertToBatch(b: Buffer, target: ConversionTarget): RecordBatchBuilder {
  const builder = new RecordBatchBuilder(
    {
      baseOffset: target.baseOffset,
      partitionLeaderEpoch: target.partitionLeaderEpoch,
      compression: target.compression,
      level: target.level,
      timestampType: target.timestampType,
      logAppendTimeMs: target.nowMs,
      producerId: producerIdAt(b, 0),
      producerEpoch: producerEpochAt(b, 0),
      baseSequence: baseSequenceAt(b, 0),
      isTransactional: isTransactionalAt(b, 0),
    },
    b.length * (isCompressedAt(b, 0) ? 2 : 1),
  );
  let offset = target.baseOffset;
  forEachBatch(b, (at) => {
    for (const record of readRecords(b, at, target)) builder.append({ ...record, offset: offset++ });
  });
  return builder;
}
