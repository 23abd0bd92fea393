import {
  attributesAt,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  compressionAt,
  crcAt,
  isCompressedAt,
  isCrcValidAt,
  isLogAppendTimeAt,
  lastOffsetDeltaAt,
  magicAt,
  maxTimestampAt,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
  RECORD_BATCH_OVERHEAD,
  recordCountAt,
  wholeBatchSizeAt,
} from '@odradek/protocol/records/batch';
import { decompress } from '@odradek/protocol/records/compression';
import { readLegacyRecords } from '@odradek/protocol/records/legacy';

/** As far as an entry's attributes. */
const HEADER_BYTES = 23;
const MAX_BYTES = 1 << 26;

export interface RecordsView {
  /** The broker has compressed these itself: no two libraries make the same bytes, what they hold is compared. */
  readonly recompressed?: boolean;
}

/** Records as plain values, header field by header field, so that a difference says where it is. */
export function viewRecords(b: Buffer, { recompressed = false }: RecordsView): unknown {
  const batches: unknown[] = [];
  let at = 0;
  for (let size = wholeBatchSizeAt(b, 0); size > 0; size = wholeBatchSizeAt(b, at)) {
    if (magicAt(b, at) < 2 && recompressed && isCompressedAt(b, at)) return viewWrapped(b, at);
    batches.push(magicAt(b, at) === 2 ? viewBatch(b, at, size, recompressed) : { entry: hex(b, at, at + size) });
    at += size;
  }
  if (at === b.length) return batches;
  const anew = recompressed && b.length - at >= HEADER_BYTES && magicAt(b, at) < 2 && isCompressedAt(b, at);
  return [...batches, { cut: anew ? baseOffsetAt(b, at) : hex(b, at, b.length) }];
}

/**
 * The first wrapper of an old format, compressed by the broker: where the answer is cut behind it depends on how well
 * that went.
 */
function viewWrapped(b: Buffer, at: number): unknown {
  const records = readLegacyRecords(b, at).map(({ offset, timestamp, key, value }) => ({
    offset,
    timestamp,
    key: key?.toString(),
    value: value?.toString(),
  }));
  return { wrapper: compressionAt(b, at), timestamp: maxTimestampAt(b, at), offset: baseOffsetAt(b, at), records };
}

function viewBatch(b: Buffer, at: number, size: number, recompressed: boolean): unknown {
  const now = isLogAppendTimeAt(b, at);
  const codec = compressionAt(b, at);
  const anew = recompressed && codec !== 'none';
  const payload = b.subarray(at + RECORD_BATCH_OVERHEAD, at + size);
  return {
    baseOffset: baseOffsetAt(b, at),
    size: anew ? 'recompressed' : size,
    partitionLeaderEpoch: partitionLeaderEpochAt(b, at),
    crc: anew || now ? isCrcValidAt(b, at) : crcAt(b, at),
    attributes: attributesAt(b, at),
    lastOffsetDelta: lastOffsetDeltaAt(b, at),
    baseTimestamp: baseTimestampAt(b, at),
    maxTimestamp: now ? 'now' : maxTimestampAt(b, at),
    producerId: producerIdAt(b, at),
    producerEpoch: producerEpochAt(b, at),
    baseSequence: baseSequenceAt(b, at),
    count: recordCountAt(b, at),
    payload: (anew ? decompress(codec, payload, MAX_BYTES) : payload).toString('hex'),
  };
}

const hex = (b: Buffer, from: number, to: number): string => b.toString('hex', from, to);

/** A decoded answer with its bytes made readable. */
export function viewOf(value: unknown, options: RecordsView, field = ''): unknown {
  if (Buffer.isBuffer(value)) return field === 'records' ? viewRecords(value, options) : value.toString('hex');
  if (Array.isArray(value)) return value.map((item) => viewOf(item, options, field));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, viewOf(inner, options, key)]));
}
