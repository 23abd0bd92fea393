import {
  baseOffsetAt,
  baseTimestampAt,
  CURRENT_MAGIC,
  compressionAt,
  isLogAppendTimeAt,
  magicAt,
  maxTimestampAt,
  RECORD_BATCH_OVERHEAD,
  recordCountAt,
  sizeAt,
} from './batch';
import { decompress, decompressAsync, MAX_DECOMPRESSED_BYTES } from './compression';
import { CorruptRecordError, InvalidRecordError } from './errors';
import type { Scratch } from './inflated';
import { readLegacyRecords } from './legacy';
import { longVarint, longVarlong, unzigzag, varintEnd } from './varint';

export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** One record. Key, value and headers are views: copy what must outlive the batch. */
export interface KafkaRecord {
  readonly offset: number;
  /** -1 where the record has none (format 0). */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

export interface ReadOptions {
  /** The most that a compressed batch may hold; `MAX_DECOMPRESSED_BYTES` where omitted. */
  readonly maxBytes?: number;
  /** Where to decompress to, for a caller who is done with the records before anybody else uses it. */
  readonly scratch?: Scratch;
  /**
   * Refuses messages of another format than the wrapper's that they are in. A cleaner of long ago has written such
   * (KAFKA-4298), so whoever reads what is stored has to take them.
   */
  readonly requireSameMagic?: boolean;
}

const NO_HEADERS: readonly RecordHeader[] = [];

const invalid = (what: string): never => {
  throw new InvalidRecordError(what);
};

/**
 * Walks the records of a magic-2 batch without an object per record: `next()` moves to the next one and sets the
 * fields. Every length is checked before it is used. Throws `InvalidRecordError` where a record or the count is wrong
 * (org.apache.kafka.common.record.DefaultRecord.readFrom).
 */
export class RecordCursor {
  /** Index of the record in the batch. */
  index = -1;
  offsetDelta = 0;
  timestampDelta = 0;
  /** Where the record starts and ends in `bytes`, its length prefix included. */
  start = 0;
  end: number;
  keyStart = 0;
  /** -1: null. */
  keyLength = -1;
  valueStart = 0;
  /** -1: null. */
  valueLength = -1;
  headerCount = 0;
  private headersStart = 0;

  /** @param bytes the decompressed records, in `[from, to)` */
  constructor(
    readonly bytes: Buffer,
    from: number,
    readonly to: number,
    readonly count: number,
    private readonly baseOffset: number,
    readonly baseTimestamp: number,
    private readonly logAppendTime: number | undefined,
  ) {
    this.end = from;
    if (count < 0) invalid(`Found invalid record count ${count} in magic v2 batch`);
  }

  get offset(): number {
    return this.baseOffset + this.offsetDelta;
  }

  get timestamp(): number {
    return this.logAppendTime ?? this.baseTimestamp + this.timestampDelta;
  }

  get hasKey(): boolean {
    return this.keyLength >= 0;
  }

  get key(): Buffer | null {
    return this.keyLength < 0 ? null : this.bytes.subarray(this.keyStart, this.keyStart + this.keyLength);
  }

  get value(): Buffer | null {
    return this.valueLength < 0 ? null : this.bytes.subarray(this.valueStart, this.valueStart + this.valueLength);
  }

  get headers(): readonly RecordHeader[] {
    if (this.headerCount === 0) return NO_HEADERS;
    const { bytes } = this;
    const headers: RecordHeader[] = [];
    let at = this.headersStart;
    for (let left = this.headerCount; left > 0; left--) {
      const keyLength = longVarint(bytes, at, this.end);
      at = varintEnd + keyLength;
      const key = bytes.toString('utf8', varintEnd, at);
      const valueLength = longVarint(bytes, at, this.end);
      at = varintEnd + Math.max(valueLength, 0);
      headers.push({ key, value: valueLength < 0 ? null : bytes.subarray(varintEnd, at) });
    }
    return headers;
  }

  /** The current record as an object of its own. */
  record(): KafkaRecord {
    const { offset, timestamp, key, value, headers } = this;
    return { offset, timestamp, key, value, headers };
  }

  /** Moves to the next record; false after the last, when the batch must be used up. */
  next(): boolean {
    const { bytes, to } = this;
    let at = this.end;
    if (++this.index >= this.count) {
      if (at !== to) invalid('Incorrect declared batch size, records still remaining in file');
      return false;
    }
    if (at >= to) invalid('Incorrect declared batch size, premature EOF reached');
    this.start = at;

    let raw = bytes[at++]!;
    let size = unzigzag(raw);
    if (raw >= 0x80) {
      const next = bytes[at]!;
      if (next < 0x80) {
        size = unzigzag((raw & 0x7f) | (next << 7));
        at++;
      } else {
        size = longVarint(bytes, at - 1, to);
        at = varintEnd;
      }
    }
    if (Number.isNaN(size)) throw new CorruptRecordError(`A record's length at ${this.start} is no varint`);
    // Smallest: attributes, two deltas, two lengths, a header count.
    if (!(size >= 6 && size <= to - at)) invalid(`Invalid record size: ${size} bytes, ${to - at} left in the batch`);
    const end = at + size;
    this.end = end;
    at++; // attributes: none are defined

    raw = bytes[at++]!;
    this.timestampDelta = unzigzag(raw);
    if (raw >= 0x80) {
      const next = bytes[at]!;
      if (next < 0x80) {
        this.timestampDelta = unzigzag((raw & 0x7f) | (next << 7));
        at++;
      } else {
        this.timestampDelta = longVarlong(bytes, at - 1, end);
        at = varintEnd;
      }
    }
    raw = bytes[at++]!;
    this.offsetDelta = unzigzag(raw);
    if (raw >= 0x80) {
      const next = bytes[at]!;
      if (next < 0x80) {
        this.offsetDelta = unzigzag((raw & 0x7f) | (next << 7));
        at++;
      } else {
        this.offsetDelta = longVarint(bytes, at - 1, end);
        at = varintEnd;
      }
    }
    if (Number.isNaN(this.timestampDelta) || Number.isNaN(this.offsetDelta)) {
      invalid('Found invalid record structure');
    }
    raw = bytes[at++]!;
    let length = unzigzag(raw);
    if (raw >= 0x80) {
      const next = bytes[at]!;
      if (next < 0x80) {
        length = unzigzag((raw & 0x7f) | (next << 7));
        at++;
      } else {
        length = longVarint(bytes, at - 1, end);
        at = varintEnd;
      }
    }
    if (!(length <= end - at)) invalid('Found invalid record structure');
    this.keyStart = at;
    this.keyLength = length;
    if (length > 0) at += length;

    raw = bytes[at++]!;
    length = unzigzag(raw);
    if (raw >= 0x80) {
      const next = bytes[at]!;
      if (next < 0x80) {
        length = unzigzag((raw & 0x7f) | (next << 7));
        at++;
      } else {
        length = longVarint(bytes, at - 1, end);
        at = varintEnd;
      }
    }
    if (!(length <= end - at)) invalid('Found invalid record structure');
    this.valueStart = at;
    this.valueLength = length;
    if (length > 0) at += length;

    if (at < end && bytes[at] === 0) {
      this.headerCount = 0;
      at++;
    } else at = this.checkHeaders(at, end);
    if (at !== end)
      invalid(`Invalid record size: expected to read ${size} bytes in record payload, not ${at - end + size}`);
    return true;
  }

  private checkHeaders(at: number, end: number): number {
    const { bytes } = this;
    const count = longVarint(bytes, at, end);
    if (!(count >= 0)) invalid(`Found invalid number of record headers ${count}`);
    if (count > end - varintEnd) {
      invalid(`Found invalid number of record headers. ${count} is larger than the remaining size of the buffer`);
    }
    at = varintEnd;
    this.headerCount = count;
    this.headersStart = at;
    for (let left = count; left > 0; left--) {
      const keyLength = longVarint(bytes, at, end);
      if (keyLength < 0) invalid(`Invalid negative header key size ${keyLength}`);
      if (!(keyLength <= end - varintEnd)) invalid('Found invalid record structure');
      at = varintEnd + keyLength;
      const valueLength = longVarint(bytes, at, end);
      if (!(valueLength <= end - varintEnd)) invalid('Found invalid record structure');
      at = varintEnd + Math.max(valueLength, 0);
    }
    return at;
  }
}

/** Where the records lie in a batch: a view for decompression. */
const payload = (b: Buffer, at: number): Buffer => b.subarray(at + RECORD_BATCH_OVERHEAD, at + sizeAt(b, at));

function cursorOver(b: Buffer, at: number, bytes: Buffer, from: number, to: number): RecordCursor {
  const logAppendTime = isLogAppendTimeAt(b, at) ? maxTimestampAt(b, at) : undefined;
  const baseTimestamp = baseTimestampAt(b, at);
  return new RecordCursor(bytes, from, to, recordCountAt(b, at), baseOffsetAt(b, at), baseTimestamp, logAppendTime);
}

/** A cursor before the first record of the magic-2 batch at `at`, decompressed if need be. */
export function recordCursor(
  b: Buffer,
  at: number,
  { maxBytes = MAX_DECOMPRESSED_BYTES, scratch }: ReadOptions = {},
): RecordCursor {
  const codec = compressionAt(b, at);
  if (codec === 'none') return cursorOver(b, at, b, at + RECORD_BATCH_OVERHEAD, at + sizeAt(b, at));
  const bytes = decompress(codec, payload(b, at), maxBytes, CURRENT_MAGIC, scratch);
  return cursorOver(b, at, bytes, 0, bytes.length);
}

/** As `recordCursor`, decompressing off the main thread where the codec can. The batch must stay unchanged meanwhile. */
export async function recordCursorAsync(
  b: Buffer,
  at: number,
  { maxBytes = MAX_DECOMPRESSED_BYTES }: ReadOptions = {},
): Promise<RecordCursor> {
  const codec = compressionAt(b, at);
  if (codec === 'none') return recordCursor(b, at);
  const bytes = await decompressAsync(codec, payload(b, at), maxBytes);
  return cursorOver(b, at, bytes, 0, bytes.length);
}

/**
 * The records of the entry at `at`, in any format, as objects: for coordinators, tools and tests. Throws
 * `InvalidRecordError`, `CorruptRecordError` or `DecompressionLimitError`.
 */
export function* readRecords(b: Buffer, at: number, options: ReadOptions = {}): Generator<KafkaRecord, void, void> {
  if (magicAt(b, at) < 2) {
    yield* readLegacyRecords(b, at, options);
    return;
  }
  const cursor = recordCursor(b, at, options);
  while (cursor.next()) yield cursor.record();
}
