import { readInt32, readInt64, writeInt32, writeInt64 } from '../wire/bytes';
import {
  baseOffsetAt,
  COMPRESSION_TYPES,
  type CompressionType,
  compressionAt,
  computeCrcAt,
  crcAt,
  HEADER_SIZE_UP_TO_MAGIC,
  isCompressedAt,
  isCrcValidAt,
  isLogAppendTimeAt,
  LEGACY_OVERHEAD_V0,
  LEGACY_OVERHEAD_V1,
  LOG_OVERHEAD,
  magicAt,
  maxTimestampAt,
  NO_TIMESTAMP,
  sizeAt,
  TIMESTAMP_TYPE_FLAG,
  type TimestampType,
  updateCrc,
} from './batch';
import { compress, decompress, MAX_DECOMPRESSED_BYTES } from './compression';
import { CorruptRecordError, InvalidRecordError, UndecodableRecordError } from './errors';
import type { KafkaRecord, ReadOptions } from './record';

/**
 * Message formats 0 and 1 (org.apache.kafka.common.record.LegacyRecord, AbstractLegacyRecordBatch). An entry is one
 * message; a compressed one wraps others in its value. The offsets of wrapped messages are absolute in format 0 and
 * relative to the first in format 1, where the wrapper has the last one's offset (KIP-31).
 */
export type LegacyMagic = 0 | 1;

const NO_HEADERS: KafkaRecord['headers'] = [];
const ATTRIBUTES = 17;
const LEGACY_TIMESTAMP = 18;
const MIN_ENTRY_BYTES = LOG_OVERHEAD + LEGACY_OVERHEAD_V0;

const overhead = (magic: number): number => LOG_OVERHEAD + (magic === 0 ? LEGACY_OVERHEAD_V0 : LEGACY_OVERHEAD_V1);

/** A message, in the format that it has itself. */
export interface LegacyRecord extends KafkaRecord {
  readonly magic: number;
  /** Its own, also where a wrapper has another. */
  readonly crc: number;
}

/** The records of an entry of format 0 or 1. Throws `CorruptRecordError`, `InvalidRecordError` or `DecompressionLimitError`. */
export function readLegacyRecords(b: Buffer, at: number, options: ReadOptions = {}): LegacyRecord[] {
  const message = readMessage(b, at);
  if (!isCompressedAt(b, at)) return [message];
  if (message.value === null) {
    throw new InvalidRecordError(`Found invalid compressed record set with null value (magic = ${magicAt(b, at)})`);
  }
  const codec = compressionAt(b, at);
  if (codec === 'none' || codec === 'zstd') {
    throw new InvalidRecordError(
      `Invalid wrapper compressionType found in legacy deep record iterator ${magicAt(b, at)}`,
    );
  }
  const inner = inflate(codec, message.value, options.maxBytes ?? MAX_DECOMPRESSED_BYTES, magicAt(b, at));
  const records = readInnerRecords(inner, {
    wrapperMagic: magicAt(b, at),
    requireSameMagic: options.requireSameMagic === true,
    logAppendTime: isLogAppendTimeAt(b, at) ? message.timestamp : undefined,
  });
  return magicAt(b, at) === 0 ? records : withAbsoluteOffsets(records, message.offset);
}

function inflate(codec: Exclude<CompressionType, 'none'>, data: Buffer, maxBytes: number, magic: number): Buffer {
  try {
    return decompress(codec, data, maxBytes, magic);
  } catch (error) {
    throw error instanceof CorruptRecordError ? new UndecodableRecordError(error.message) : error;
  }
}

/** The offset of the first record: an entry's own, or that of the first it wraps. */
export function legacyBaseOffset(b: Buffer, at: number, options: ReadOptions = {}): number {
  return isCompressedAt(b, at) ? readLegacyRecords(b, at, options)[0]!.offset : baseOffsetAt(b, at);
}

function readMessage(b: Buffer, at: number): LegacyRecord {
  const end = at + sizeAt(b, at);
  const keyStart = at + overhead(magicAt(b, at)) - 4;
  const keyEnd = keyStart + Math.max(fieldLength(b, keyStart - 4, end), 0);
  const key = fieldLength(b, keyStart - 4, end) < 0 ? null : b.subarray(keyStart, keyEnd);
  const valueLength = fieldLength(b, keyEnd, end);
  const value = valueLength < 0 ? null : b.subarray(keyEnd + 4, keyEnd + 4 + valueLength);
  const magic = magicAt(b, at);
  const [offset, timestamp, crc] = [readInt64(b, at), maxTimestampAt(b, at), crcAt(b, at)];
  return { offset, timestamp, key, value, headers: NO_HEADERS, magic, crc };
}

/** The length of the field whose prefix is at `at`, -1 for null, checked against the bytes left. */
function fieldLength(b: Buffer, at: number, end: number): number {
  if (at + 4 > end) throw new UndecodableRecordError('A message ends within a length');
  const length = readInt32(b, at);
  if (length > end - at - 4) {
    throw new UndecodableRecordError(`A message field of ${length} bytes where ${end - at - 4} are left`);
  }
  return length < 0 ? -1 : length;
}

interface Wrapper {
  readonly wrapperMagic: number;
  readonly requireSameMagic: boolean;
  /** The wrapper's timestamp where it was set by the broker: that of all that it wraps. */
  readonly logAppendTime: number | undefined;
}

function readInnerRecords(inner: Buffer, { wrapperMagic, requireSameMagic, logAppendTime }: Wrapper): LegacyRecord[] {
  const records: LegacyRecord[] = [];
  let at = 0;
  // A cut message at the end counts as none, as in Java.
  while (inner.length - at >= LOG_OVERHEAD) {
    const size = sizeAt(inner, at);
    if (size < MIN_ENTRY_BYTES) {
      throw new CorruptRecordError(`Record size is less than the minimum record overhead (${LEGACY_OVERHEAD_V0})`);
    }
    if (size > inner.length - at || inner.length - at < HEADER_SIZE_UP_TO_MAGIC) break;
    const magic = magicAt(inner, at);
    if (magic !== wrapperMagic && (requireSameMagic || magic > 1)) {
      throw new InvalidRecordError(`Compressed message magic ${magic} does not match wrapper magic ${wrapperMagic}`);
    }
    if (size < overhead(magic)) throw new CorruptRecordError(`A message of ${size} bytes is too small for its format`);
    if (isCompressedAt(inner, at)) throw new InvalidRecordError('Inner messages must not be compressed');
    if (!isCrcValidAt(inner, at)) {
      throw new CorruptRecordError(
        `Record is corrupt (stored crc = ${crcAt(inner, at)}, computed crc = ${computeCrcAt(inner, at)})`,
      );
    }
    const record = readMessage(inner, at);
    records.push(logAppendTime === undefined || magic === 0 ? record : { ...record, timestamp: logAppendTime });
    at += size;
  }
  if (records.length === 0) throw new InvalidRecordError('Found invalid compressed record set with no inner records');
  return records;
}

function withAbsoluteOffsets(records: LegacyRecord[], wrapperOffset: number): LegacyRecord[] {
  // Some versions of librdkafka produce wrappers with offset 0, whatever they wrap.
  if (wrapperOffset === 0) return records;
  const lastInnerOffset = records.at(-1)!.offset;
  if (wrapperOffset < lastInnerOffset) {
    throw new InvalidRecordError(
      `Found invalid wrapper offset in compressed v1 message set, wrapper offset '${wrapperOffset}' is less than the last inner message offset '${lastInnerOffset}' and it is not zero.`,
    );
  }
  const base = wrapperOffset - lastInnerOffset;
  return records.map((record) => ({ ...record, offset: base + record.offset }));
}

export interface LegacyFormat {
  readonly magic: LegacyMagic;
  readonly compression?: CompressionType;
  readonly level?: number;
  readonly timestampType?: TimestampType;
  /** What all records bear under LogAppendTime. */
  readonly logAppendTimeMs?: number;
}

/** Encodes records in format 0 or 1: one entry each, or one wrapper of all. Headers are lost. */
export function buildLegacyRecords(records: readonly KafkaRecord[], format: LegacyFormat): Buffer {
  const { magic, compression = 'none', timestampType = 'CreateTime', logAppendTimeMs = NO_TIMESTAMP } = format;
  const isLogAppendTime = timestampType === 'LogAppendTime';
  const flags = magic > 0 && isLogAppendTime ? TIMESTAMP_TYPE_FLAG : 0;
  const relativeTo = magic > 0 && compression !== 'none' ? records[0]!.offset : 0;
  let bytes = 0;
  for (const { key, value } of records) bytes += overhead(magic) + (key?.length ?? 0) + (value?.length ?? 0);
  const out = Buffer.allocUnsafe(bytes);
  let at = 0;
  let maxTimestamp = NO_TIMESTAMP;
  for (const record of records) {
    const timestamp = isLogAppendTime ? logAppendTimeMs : record.timestamp;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    at = writeMessage(out, at, magic, flags, record.offset - relativeTo, timestamp, record.key, record.value);
  }
  if (compression === 'none') return out;
  const wrapped = compress(compression, out, format.level, magic);
  const wrapper = Buffer.allocUnsafe(overhead(magic) + wrapped.length);
  const attributes = flags | COMPRESSION_TYPES.indexOf(compression);
  writeMessage(wrapper, 0, magic, attributes, records.at(-1)!.offset, maxTimestamp, null, wrapped);
  return wrapper;
}

function writeMessage(
  out: Buffer,
  at: number,
  magic: LegacyMagic,
  attributes: number,
  offset: number,
  timestamp: number,
  key: Buffer | null,
  value: Buffer | null,
): number {
  const end = at + overhead(magic) + (key?.length ?? 0) + (value?.length ?? 0);
  writeInt64(out, at, offset);
  writeInt32(out, at + 8, end - at - LOG_OVERHEAD);
  out[at + HEADER_SIZE_UP_TO_MAGIC - 1] = magic;
  out[at + ATTRIBUTES] = attributes;
  if (magic > 0) writeInt64(out, at + LEGACY_TIMESTAMP, timestamp);
  let put = at + overhead(magic) - 8;
  for (const field of [key, value]) {
    writeInt32(out, put, field === null ? -1 : field.length);
    put += 4;
    if (field !== null) put += field.copy(out, put);
  }
  updateCrc(out, at);
  return end;
}
