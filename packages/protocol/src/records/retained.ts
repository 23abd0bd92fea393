import { writeInt16, writeInt32, writeInt64 } from '../wire/bytes';
import {
  attributesAt,
  baseOffsetAt,
  baseTimestampAt,
  compressionAt,
  DELETE_HORIZON_FLAG,
  hasDeleteHorizonAt,
  isLogAppendTimeAt,
  LOG_OVERHEAD,
  maxTimestampAt,
  NO_TIMESTAMP,
  RECORD_BATCH_OVERHEAD,
  updateCrc,
} from './batch';
import { compress } from './compression';
import type { RecordCursor } from './record';
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint';

const INITIAL_BYTES = 4096;

/** Bytes in the making, in one piece of memory that is used again and again. */
export class Output {
  bytes: Buffer;
  length = 0;

  constructor(initialBytes = INITIAL_BYTES) {
    this.bytes = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Makes room for so many more. */
  reserve(bytes: number): void {
    const wanted = this.length + bytes;
    if (wanted <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * this.bytes.length));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  /** Adds `source[from, to)`. */
  add(source: Buffer, from: number, to: number): void {
    this.reserve(to - from);
    source.copy(this.bytes, this.length, from, to);
    this.length += to - from;
  }
}

/**
 * The records that stay of a magic-2 batch, and the batch that they make (MemoryRecords.filterTo): offsets, sequences
 * and the range of offsets that it stands for are those of the original, whatever is gone of it.
 */
export class RetainedRecords {
  count = 0;
  lastOffset = -1;
  /** Of those that stay, as the new batch says it. */
  maxTimestamp = NO_TIMESTAMP;
  private readonly keyStarts: number[] = [];
  private readonly keyLengths: number[] = [];
  private readonly ends: number[] = [];
  private readonly timestamps: number[] = [];
  private readonly offsetDeltas: number[] = [];
  private readonly payload = new Output();

  reset(): void {
    this.count = 0;
    this.lastOffset = -1;
    this.maxTimestamp = NO_TIMESTAMP;
  }

  /** The cursor's record stays. All of a batch must come from one cursor, whose bytes must last until `write`. */
  add(cursor: RecordCursor): void {
    const { timestamp } = cursor;
    const i = this.count++;
    this.keyStarts[i] = cursor.keyStart;
    this.keyLengths[i] = cursor.keyLength;
    this.ends[i] = cursor.end;
    this.timestamps[i] = timestamp;
    this.offsetDeltas[i] = cursor.offsetDelta;
    this.lastOffset = cursor.offset;
    if (timestamp > this.maxTimestamp) this.maxTimestamp = timestamp;
  }

  /**
   * Adds the batch at `at` of `b`, with these records only, to `out`. `deleteHorizonMs` is set for the first time where
   * the batch has none yet (KIP-534); null leaves what is there.
   *
   * @param records the bytes that the cursor went over: decompressed, if the batch is compressed
   */
  write(b: Buffer, at: number, records: Buffer, deleteHorizonMs: number | null, out: Output): void {
    const horizonMs = hasDeleteHorizonAt(b, at) ? baseTimestampAt(b, at) : deleteHorizonMs;
    const baseTimestamp = horizonMs ?? this.timestamps[0]!;
    const codec = compressionAt(b, at);
    const start = out.length;
    out.add(b, at, at + RECORD_BATCH_OVERHEAD);
    if (codec === 'none') {
      this.writeRecords(records, baseTimestamp, out);
    } else {
      this.payload.length = 0;
      this.writeRecords(records, baseTimestamp, this.payload);
      const compressed = compress(codec, this.payload.bytes.subarray(0, this.payload.length));
      out.add(compressed, 0, compressed.length);
    }
    const batch = out.bytes;
    if (isLogAppendTimeAt(b, at)) this.maxTimestamp = maxTimestampAt(b, at);
    writeInt64(batch, start, baseOffsetAt(b, at));
    writeInt32(batch, start + 8, out.length - start - LOG_OVERHEAD);
    writeInt16(batch, start + 21, attributesAt(b, at) | (horizonMs === null ? 0 : DELETE_HORIZON_FLAG));
    writeInt64(batch, start + 27, baseTimestamp);
    writeInt64(batch, start + 35, this.maxTimestamp);
    writeInt32(batch, start + 57, this.count);
    updateCrc(batch, start);
  }

  private writeRecords(records: Buffer, baseTimestamp: number, out: Output): void {
    for (let i = 0; i < this.count; i++) {
      const keyLength = this.keyLengths[i]!;
      const keyStart = this.keyStarts[i]!;
      const timestampDelta = this.timestamps[i]! - baseTimestamp;
      const offsetDelta = this.offsetDeltas[i]!;
      const rest = this.ends[i]! - keyStart;
      const body = 1 + varlongSize(timestampDelta) + varintSize(offsetDelta) + varintSize(keyLength) + rest;
      out.reserve(varintSize(body) + body);
      const { bytes } = out;
      let put = writeVarint(bytes, out.length, body);
      bytes[put++] = 0; // attributes: none are defined
      put = writeVarlong(bytes, put, timestampDelta);
      put = writeVarint(bytes, put, offsetDelta);
      put = writeVarint(bytes, put, keyLength);
      records.copy(bytes, put, keyStart, keyStart + rest);
      out.length = put + rest;
    }
  }
}
