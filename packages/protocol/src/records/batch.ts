import { readInt16, readInt32, readInt64, writeInt32, writeInt64 } from '../wire/bytes';
import { crc32, crc32c } from './crc32c';
import { CorruptRecordError } from './errors';

/**
 * Record batches as views over bytes: every accessor takes the buffer and where the batch starts in it and allocates
 * nothing. They trust that the whole batch is there: find batches with `wholeBatchSizeAt`.
 *
 * Magic 2 (org.apache.kafka.common.record.DefaultRecordBatch):
 *
 *      0 int64 baseOffset            21 int16 attributes         51 int16 producerEpoch
 *      8 int32 length from 12 on     23 int32 lastOffsetDelta    53 int32 baseSequence
 *     12 int32 partitionLeaderEpoch  27 int64 baseTimestamp      57 int32 record count
 *     16 int8  magic                 35 int64 maxTimestamp       61 records
 *     17 uint32 crc of 21 on         43 int64 producerId
 *
 * An entry of magic 0 or 1 is one message, perhaps a compressed wrapper of others: int64 offset, int32 length,
 * uint32 crc of 16 on, int8 magic, int8 attributes, (magic 1) int64 timestamp, key, value.
 */
export const RECORD_BATCH_OVERHEAD = 61;
/** Offset and length: what precedes each entry of a log, and what its length does not count. */
export const LOG_OVERHEAD = 12;
/** What must be there to tell an entry's format. */
export const HEADER_SIZE_UP_TO_MAGIC = 17;
export const LEGACY_OVERHEAD_V0 = 14;
export const LEGACY_OVERHEAD_V1 = 22;
export const CURRENT_MAGIC = 2;

export const NO_TIMESTAMP = -1;
export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;
export const NO_PARTITION_LEADER_EPOCH = -1;

export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
export type TimestampType = 'CreateTime' | 'LogAppendTime';

/** Compression by its id in the attributes. */
export const COMPRESSION_TYPES: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

export const COMPRESSION_MASK = 0x07;
export const TIMESTAMP_TYPE_FLAG = 0x08;
export const TRANSACTIONAL_FLAG = 0x10;
export const CONTROL_FLAG = 0x20;
export const DELETE_HORIZON_FLAG = 0x40;

const SIZE = 8;
const PARTITION_LEADER_EPOCH = 12;
const MAGIC = 16;
const CRC = 17;
const ATTRIBUTES = 21;
const LAST_OFFSET_DELTA = 23;
const BASE_TIMESTAMP = 27;
const MAX_TIMESTAMP = 35;
const PRODUCER_ID = 43;
const PRODUCER_EPOCH = 51;
const BASE_SEQUENCE = 53;
const RECORD_COUNT = 57;
const LEGACY_CRC = 12;
const LEGACY_ATTRIBUTES = 17;
const LEGACY_TIMESTAMP = 18;
const MAX_SEQUENCE = 0x7fffffff;
const MIN_SIZE_BY_MAGIC = [
  LOG_OVERHEAD + LEGACY_OVERHEAD_V0,
  LOG_OVERHEAD + LEGACY_OVERHEAD_V1,
  RECORD_BATCH_OVERHEAD,
] as const;

/**
 * The size of the entry at `at` with its 12-byte prefix, or 0 where `b[at, end)` holds only the beginning of one.
 * Throws `CorruptRecordError` where the length or the magic is impossible.
 *
 *     for (let at = 0, size; (size = wholeBatchSizeAt(b, at, end)) > 0; at += size) …
 */
export function wholeBatchSizeAt(b: Buffer, at: number, end = b.length): number {
  const left = end - at;
  if (left < LOG_OVERHEAD) return 0;
  const length = readInt32(b, at + SIZE);
  if (length < LEGACY_OVERHEAD_V0) {
    throw new CorruptRecordError(
      `Record size ${length} is less than the minimum record overhead (${LEGACY_OVERHEAD_V0})`,
    );
  }
  if (left < HEADER_SIZE_UP_TO_MAGIC) return 0;
  const magic = magicAt(b, at);
  const minimum = MIN_SIZE_BY_MAGIC[magic];
  if (minimum === undefined) throw new CorruptRecordError(`Invalid magic found in record: ${magic}`);
  const size = length + LOG_OVERHEAD;
  if (size < minimum) {
    throw new CorruptRecordError(
      `Record batch is corrupted (the size ${size} is smaller than the minimum allowed overhead ${minimum})`,
    );
  }
  return size > left ? 0 : size;
}

/** Calls `visit` with the place and size of each whole entry of `b[start, end)`; returns where the last one ends. */
export function forEachBatch(b: Buffer, visit: (at: number, size: number) => void, start = 0, end = b.length): number {
  let at = start;
  for (let size = wholeBatchSizeAt(b, at, end); size > 0; size = wholeBatchSizeAt(b, at, end)) {
    visit(at, size);
    at += size;
  }
  return at;
}

export function magicAt(b: Buffer, at: number): number {
  return (b[at + MAGIC]! << 24) >> 24;
}

/** The size of the whole entry, its 12-byte prefix included, in any format. */
export function sizeAt(b: Buffer, at: number): number {
  return readInt32(b, at + SIZE) + LOG_OVERHEAD;
}

/**
 * The offset of the first record. An entry of magic 0 or 1 tells its last offset only: that is what this returns for
 * one; `legacyBaseOffset` looks into a compressed one.
 */
export function baseOffsetAt(b: Buffer, at: number): number {
  return readInt64(b, at);
}

export function lastOffsetAt(b: Buffer, at: number): number {
  return readInt64(b, at) + lastOffsetDeltaAt(b, at);
}

export function lastOffsetDeltaAt(b: Buffer, at: number): number {
  return magicAt(b, at) < 2 ? 0 : readInt32(b, at + LAST_OFFSET_DELTA);
}

export function partitionLeaderEpochAt(b: Buffer, at: number): number {
  return magicAt(b, at) < 2 ? NO_PARTITION_LEADER_EPOCH : readInt32(b, at + PARTITION_LEADER_EPOCH);
}

/** The stored checksum, unsigned: CRC-32C in magic 2, CRC-32 before. */
export function crcAt(b: Buffer, at: number): number {
  return readInt32(b, at + (magicAt(b, at) < 2 ? LEGACY_CRC : CRC)) >>> 0;
}

export function attributesAt(b: Buffer, at: number): number {
  return magicAt(b, at) < 2 ? b[at + LEGACY_ATTRIBUTES]! : readInt16(b, at + ATTRIBUTES);
}

/** What the record timestamps are relative to; where the batch has a delete horizon, that horizon (KIP-534). */
export function baseTimestampAt(b: Buffer, at: number): number {
  const magic = magicAt(b, at);
  if (magic === 0) return NO_TIMESTAMP;
  return readInt64(b, at + (magic === 1 ? LEGACY_TIMESTAMP : BASE_TIMESTAMP));
}

export function maxTimestampAt(b: Buffer, at: number): number {
  const magic = magicAt(b, at);
  if (magic === 0) return NO_TIMESTAMP;
  return readInt64(b, at + (magic === 1 ? LEGACY_TIMESTAMP : MAX_TIMESTAMP));
}

export function producerIdAt(b: Buffer, at: number): number {
  return magicAt(b, at) < 2 ? NO_PRODUCER_ID : readInt64(b, at + PRODUCER_ID);
}

export function producerEpochAt(b: Buffer, at: number): number {
  return magicAt(b, at) < 2 ? NO_PRODUCER_EPOCH : readInt16(b, at + PRODUCER_EPOCH);
}

export function baseSequenceAt(b: Buffer, at: number): number {
  return magicAt(b, at) < 2 ? NO_SEQUENCE : readInt32(b, at + BASE_SEQUENCE);
}

export function lastSequenceAt(b: Buffer, at: number): number {
  const baseSequence = baseSequenceAt(b, at);
  return baseSequence === NO_SEQUENCE ? NO_SEQUENCE : addToSequence(baseSequence, lastOffsetDeltaAt(b, at));
}

/** Sequence numbers go from 2^31-1 on to 0 (DefaultRecordBatch.incrementSequence). */
export function addToSequence(sequence: number, increment: number): number {
  const sum = sequence + increment;
  return sum > MAX_SEQUENCE ? sum - MAX_SEQUENCE - 1 : sum;
}

/** How many records the header claims; of an entry of magic 0 or 1: 1, or -1 (not told) where it is compressed. */
export function recordCountAt(b: Buffer, at: number): number {
  if (magicAt(b, at) >= 2) return readInt32(b, at + RECORD_COUNT);
  return isCompressedAt(b, at) ? -1 : 1;
}

/** Throws `CorruptRecordError` for an id that 3.9 does not know. */
export function compressionAt(b: Buffer, at: number): CompressionType {
  const id = attributesAt(b, at) & COMPRESSION_MASK;
  const type = COMPRESSION_TYPES[id];
  if (type === undefined) throw new CorruptRecordError(`Unknown compression type id: ${id}`);
  return type;
}

export function isCompressedAt(b: Buffer, at: number): boolean {
  return (attributesAt(b, at) & COMPRESSION_MASK) !== 0;
}

export function isTransactionalAt(b: Buffer, at: number): boolean {
  return magicAt(b, at) >= 2 && (attributesAt(b, at) & TRANSACTIONAL_FLAG) !== 0;
}

export function isControlAt(b: Buffer, at: number): boolean {
  return magicAt(b, at) >= 2 && (attributesAt(b, at) & CONTROL_FLAG) !== 0;
}

export function hasDeleteHorizonAt(b: Buffer, at: number): boolean {
  return magicAt(b, at) >= 2 && (attributesAt(b, at) & DELETE_HORIZON_FLAG) !== 0;
}

/** Whether the timestamps were set by the broker. Format 0 has none. */
export function isLogAppendTimeAt(b: Buffer, at: number): boolean {
  return magicAt(b, at) >= 1 && (attributesAt(b, at) & TIMESTAMP_TYPE_FLAG) !== 0;
}

/** The checksum that the bytes of the entry have. */
export function computeCrcAt(b: Buffer, at: number): number {
  const end = at + sizeAt(b, at);
  return magicAt(b, at) < 2 ? crc32(b, at + MAGIC, end) : crc32c(b, at + ATTRIBUTES, end);
}

export function isCrcValidAt(b: Buffer, at: number): boolean {
  return computeCrcAt(b, at) === crcAt(b, at);
}

/** Outside the CRC in every format. */
export function setBaseOffset(b: Buffer, at: number, baseOffset: number): void {
  writeInt64(b, at, baseOffset);
}

/** Sets the base offset so that the last record has this offset: what LogValidator calls on an appended batch. */
export function setLastOffset(b: Buffer, at: number, lastOffset: number): void {
  writeInt64(b, at, lastOffset - lastOffsetDeltaAt(b, at));
}

/** Outside the CRC; entries of magic 0 and 1 have no leader epoch and stay as they are. */
export function setPartitionLeaderEpoch(b: Buffer, at: number, epoch: number): void {
  if (magicAt(b, at) >= 2) writeInt32(b, at + PARTITION_LEADER_EPOCH, epoch);
}

/** Sets the timestamp type and the largest timestamp; the CRC is computed anew only if they differ from what is there. */
export function setTimestampTypeAndMax(b: Buffer, at: number, type: TimestampType, maxTimestamp: number): void {
  const magic = magicAt(b, at);
  if (magic === 0) throw new CorruptRecordError('Cannot set timestamp for a record with magic = 0');
  const attributes = attributesAt(b, at);
  const wanted = type === 'LogAppendTime' ? attributes | TIMESTAMP_TYPE_FLAG : attributes & ~TIMESTAMP_TYPE_FLAG;
  if (wanted === attributes && maxTimestampAt(b, at) === maxTimestamp) return;
  if (magic === 1) {
    b[at + LEGACY_ATTRIBUTES] = wanted;
    writeInt64(b, at + LEGACY_TIMESTAMP, maxTimestamp);
  } else {
    b[at + ATTRIBUTES + 1] = wanted;
    writeInt64(b, at + MAX_TIMESTAMP, maxTimestamp);
  }
  updateCrc(b, at);
}

/** Stores the checksum that the bytes have. */
export function updateCrc(b: Buffer, at: number): void {
  writeInt32(b, at + (magicAt(b, at) < 2 ? LEGACY_CRC : CRC), computeCrcAt(b, at));
}
