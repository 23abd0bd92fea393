import { writeInt16, writeInt32, writeInt64 } from '../wire/bytes';
import {
  baseOffsetAt,
  baseSequenceAt,
  COMPRESSION_TYPES,
  CONTROL_FLAG,
  type CompressionType,
  CURRENT_MAGIC,
  DELETE_HORIZON_FLAG,
  isControlAt,
  isLogAppendTimeAt,
  isTransactionalAt,
  LOG_OVERHEAD,
  lastOffsetAt,
  maxTimestampAt,
  NO_PARTITION_LEADER_EPOCH,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
  RECORD_BATCH_OVERHEAD,
  TIMESTAMP_TYPE_FLAG,
  type TimestampType,
  TRANSACTIONAL_FLAG,
  updateCrc,
} from './batch';
import { compress, compressAsync } from './compression';
import { InvalidRecordError } from './errors';
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint';

/** A record to be written. */
export interface RecordInit {
  /** The next offset where omitted. */
  readonly offset?: number;
  readonly timestamp: number;
  readonly key?: Uint8Array | null;
  readonly value?: Uint8Array | null;
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** What a batch's header says. */
export interface BatchInit {
  readonly baseOffset?: number;
  readonly compression?: CompressionType;
  readonly level?: number;
  readonly timestampType?: TimestampType;
  /** The batch's timestamp under LogAppendTime; needed there. */
  readonly logAppendTimeMs?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  readonly partitionLeaderEpoch?: number;
  /** When the cleaner may drop this batch's tombstones and markers (KIP-534); it takes the base timestamp's place. */
  readonly deleteHorizonMs?: number;
  /** Where the last record is not the last that the batch stood for: what compaction leaves. */
  readonly lastOffset?: number;
}

const INITIAL_BYTES = 1024;
const SMALLEST_RECORD_BYTES = 7;
const NO_HEADERS: readonly [] = [];

/** Builds one magic-2 batch, record by record (org.apache.kafka.common.record.MemoryRecordsBuilder). */
export class RecordBatchBuilder {
  private buffer: Buffer;
  private at = RECORD_BATCH_OVERHEAD;
  private count = 0;
  private baseTimestamp: number;
  private maxTimestamp = NO_TIMESTAMP;
  private offsetOfMax = -1;
  private nextOffset: number;
  private readonly baseOffset: number;

  constructor(
    private readonly init: BatchInit = {},
    initialBytes = INITIAL_BYTES,
  ) {
    this.buffer = Buffer.allocUnsafe(RECORD_BATCH_OVERHEAD + initialBytes);
    this.baseOffset = init.baseOffset ?? 0;
    this.nextOffset = this.baseOffset;
    this.baseTimestamp = init.deleteHorizonMs ?? NO_TIMESTAMP;
  }

  get recordCount(): number {
    return this.count;
  }

  /** The batch's size if built now, before compression. */
  get sizeInBytes(): number {
    return this.at;
  }

  /** The offset of the first record with the largest timestamp; -1 without records. */
  get offsetOfMaxTimestamp(): number {
    return this.offsetOfMax;
  }

  /** The bytes that the record would add. */
  sizeOf(record: RecordInit): number {
    const body = this.bodySize(record);
    return varintSize(body) + body;
  }

  private bodySize({ offset = this.nextOffset, timestamp, key, value, headers = NO_HEADERS }: RecordInit): number {
    const timestampDelta =
      this.count === 0 && this.init.deleteHorizonMs === undefined ? 0 : timestamp - this.baseTimestamp;
    let size = 1 + varlongSize(timestampDelta) + varintSize(offset - this.baseOffset);
    size += fieldSize(key) + fieldSize(value) + varintSize(headers.length);
    for (const header of headers) {
      const keyBytes = Buffer.byteLength(header.key);
      size += varintSize(keyBytes) + keyBytes + fieldSize(header.value);
    }
    return size;
  }

  /** Throws `InvalidRecordError` where the record's offset is not beyond the last one's. */
  append(record: RecordInit): void {
    const { offset = this.nextOffset, timestamp, key, value, headers = NO_HEADERS } = record;
    if (offset < this.nextOffset) {
      throw new InvalidRecordError(
        `Illegal offset ${offset} following previous offset ${this.nextOffset - 1} (Offsets must increase monotonically).`,
      );
    }
    const body = this.bodySize(record);
    if (this.count === 0 && this.init.deleteHorizonMs === undefined) this.baseTimestamp = timestamp;
    this.reserve(varintSize(body) + body);
    const b = this.buffer;
    let at = writeVarint(b, this.at, body);
    b[at++] = 0; // attributes: none are defined
    at = writeVarlong(b, at, timestamp - this.baseTimestamp);
    at = writeVarint(b, at, offset - this.baseOffset);
    at = writeField(b, at, key);
    at = writeField(b, at, value);
    at = writeVarint(b, at, headers.length);
    for (const header of headers) {
      at = writeVarint(b, at, Buffer.byteLength(header.key));
      at += b.write(header.key, at, 'utf8');
      at = writeField(b, at, header.value);
    }
    this.at = at;
    this.count++;
    this.nextOffset = offset + 1;
    if (timestamp > this.maxTimestamp) {
      this.maxTimestamp = timestamp;
      this.offsetOfMax = offset;
    }
  }

  private reserve(bytes: number): void {
    const wanted = this.at + bytes;
    if (wanted <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(wanted, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
  }

  /** The batch. The builder must not be used afterwards. */
  build(): Buffer {
    const { compression = 'none', level } = this.init;
    if (compression === 'none') return this.finish(this.buffer.subarray(0, this.at));
    return this.finish(this.withPayload(compress(compression, this.payload(), level)));
  }

  /** As `build`, compressing off the main thread where the codec can. */
  async buildAsync(): Promise<Buffer> {
    const { compression = 'none', level } = this.init;
    if (compression === 'none') return this.build();
    return this.finish(this.withPayload(await compressAsync(compression, this.payload(), level)));
  }

  private payload(): Buffer {
    return this.buffer.subarray(RECORD_BATCH_OVERHEAD, this.at);
  }

  private withPayload(payload: Buffer): Buffer {
    const batch = Buffer.allocUnsafe(RECORD_BATCH_OVERHEAD + payload.length);
    payload.copy(batch, RECORD_BATCH_OVERHEAD);
    return batch;
  }

  private finish(batch: Buffer): Buffer {
    const { init, baseOffset } = this;
    const lastOffset = init.lastOffset ?? this.nextOffset - 1;
    const maxTimestamp = init.timestampType === 'LogAppendTime' ? init.logAppendTimeMs! : this.maxTimestamp;
    writeHeader(batch, init, baseOffset, lastOffset, this.baseTimestamp, maxTimestamp, this.count);
    return batch;
  }
}

const fieldSize = (bytes: Uint8Array | null | undefined): number =>
  bytes == null ? 1 : varintSize(bytes.length) + bytes.length;

function writeField(b: Buffer, at: number, bytes: Uint8Array | null | undefined): number {
  if (bytes == null) return writeVarint(b, at, -1);
  at = writeVarint(b, at, bytes.length);
  b.set(bytes, at);
  return at + bytes.length;
}

function writeHeader(
  b: Buffer,
  init: BatchInit,
  baseOffset: number,
  lastOffset: number,
  baseTimestamp: number,
  maxTimestamp: number,
  count: number,
): void {
  const attributes =
    COMPRESSION_TYPES.indexOf(init.compression ?? 'none') |
    (init.timestampType === 'LogAppendTime' ? TIMESTAMP_TYPE_FLAG : 0) |
    (init.isTransactional ? TRANSACTIONAL_FLAG : 0) |
    (init.isControl ? CONTROL_FLAG : 0) |
    (init.deleteHorizonMs === undefined ? 0 : DELETE_HORIZON_FLAG);
  writeInt64(b, 0, baseOffset);
  writeInt32(b, 8, b.length - LOG_OVERHEAD);
  writeInt32(b, 12, init.partitionLeaderEpoch ?? NO_PARTITION_LEADER_EPOCH);
  b[16] = CURRENT_MAGIC;
  writeInt16(b, 21, attributes);
  writeInt32(b, 23, lastOffset - baseOffset);
  writeInt64(b, 27, baseTimestamp);
  writeInt64(b, 35, maxTimestamp);
  writeInt64(b, 43, init.producerId ?? NO_PRODUCER_ID);
  writeInt16(b, 51, init.producerEpoch ?? NO_PRODUCER_EPOCH);
  writeInt32(b, 53, init.baseSequence ?? NO_SEQUENCE);
  writeInt32(b, 57, count);
  updateCrc(b, 0);
}

/** A magic-2 batch of these records. At least one is needed: an empty batch comes from `emptyBatch` only. */
export function buildBatch(init: BatchInit & { readonly records: readonly RecordInit[] }): Buffer {
  return filledBuilder(init).build();
}

/** As `buildBatch`, compressing off the main thread where the codec can. */
export function buildBatchAsync(init: BatchInit & { readonly records: readonly RecordInit[] }): Promise<Buffer> {
  return filledBuilder(init).buildAsync();
}

function filledBuilder(init: BatchInit & { readonly records: readonly RecordInit[] }): RecordBatchBuilder {
  if (init.records.length === 0) throw new RangeError('a batch needs a record');
  let bytes = 0;
  for (const { key, value } of init.records)
    bytes += 3 * SMALLEST_RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  const builder = new RecordBatchBuilder(init, bytes);
  for (const record of init.records) builder.append(record);
  return builder;
}

/**
 * What the cleaner keeps of a batch that has lost its records but holds its producer's last sequence: the header with
 * no records (DefaultRecordBatch.writeEmptyHeader).
 */
export function emptyBatch(b: Buffer, at: number): Buffer {
  const header = Buffer.allocUnsafe(RECORD_BATCH_OVERHEAD);
  const maxTimestamp = maxTimestampAt(b, at);
  const init: BatchInit = {
    timestampType: isLogAppendTimeAt(b, at) ? 'LogAppendTime' : 'CreateTime',
    producerId: producerIdAt(b, at),
    producerEpoch: producerEpochAt(b, at),
    baseSequence: baseSequenceAt(b, at),
    isTransactional: isTransactionalAt(b, at),
    isControl: isControlAt(b, at),
    partitionLeaderEpoch: partitionLeaderEpochAt(b, at),
  };
  writeHeader(header, init, baseOffsetAt(b, at), lastOffsetAt(b, at), NO_TIMESTAMP, maxTimestamp, 0);
  return header;
}
