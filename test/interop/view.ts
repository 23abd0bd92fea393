import {
  attributesAt,
  baseOffsetAt,
  baseSequenceAt,
  baseTimestampAt,
  compressionAt,
  crcAt,
  isCompressedAt,
  isControlAt,
  isCrcValidAt,
  isLogAppendTimeAt,
  LOG_OVERHEAD,
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
import { readRecords } from '@odradek/protocol/records/record';
import type { Message } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import { GroupMetadataKey, GroupMetadataValue } from '@odradek/protocol/stored/group-metadata';
import { OffsetCommitKey, OffsetCommitValue } from '@odradek/protocol/stored/offset-commit';
import { TransactionLogKey, TransactionLogValue } from '@odradek/protocol/stored/transaction-log';
import { Reader } from '@odradek/protocol/wire/reader';

/** As far as an entry's attributes. */
const HEADER_BYTES = 23;
const MAX_BYTES = 1 << 26;
/** What Kafka fills an answer up with where it has promised more than it can convert. */
const OVERFLOW = -1;

export interface RecordsView {
  /** Records of `__consumer_offsets`: what is taken from the clock, and random ids, are left out. */
  readonly storedRecords?: boolean;
  /** Records of `__transaction_state` whose transactional ids begin so: without what is taken from the clock, and ids. */
  readonly storedTransactions?: string;
  /** The broker has compressed these itself: no two libraries make the same bytes, what they hold is compared. */
  readonly recompressed?: boolean;
}

/** Records as plain values, header field by header field, so that a difference says where it is. */
export function viewRecords(b: Buffer, options: RecordsView): unknown {
  const { recompressed = false, storedRecords = false, storedTransactions } = options;
  if (storedTransactions !== undefined) return viewTransactions(b, storedTransactions);
  if (storedRecords) return viewStored(b);
  const batches: unknown[] = [];
  let at = 0;
  let isStamped = false;
  for (let size = wholeBatchSizeAt(b, 0); size > 0; size = wholeBatchSizeAt(b, at)) {
    isStamped = isLogAppendTimeAt(b, at);
    if (magicAt(b, at) < 2 && recompressed && isCompressedAt(b, at)) return viewWrapped(b, at);
    batches.push(magicAt(b, at) === 2 ? viewBatch(b, at, size, recompressed) : viewEntry(b, at, size));
    at += size;
  }
  return at === b.length ? batches : [...batches, { cut: viewCut(b, at, recompressed, isStamped) }];
}

/** An entry of an old format. What a broker has stamped it has stamped at a time of its own. */
function viewEntry(b: Buffer, at: number, size: number): unknown {
  if (!isLogAppendTimeAt(b, at)) return { entry: hex(b, at, at + size) };
  const [crcFrom, crcTo, timeFrom, timeTo] = [at + 12, at + 16, at + 18, at + 26];
  const bytes = `${hex(b, at, crcFrom)} … ${hex(b, crcTo, timeFrom)} now ${hex(b, timeTo, at + size)}`;
  return { stamped: bytes, crc: isCrcValidAt(b, at) };
}

/**
 * How much there is room for depends on how well other batches were compressed, and what is stamped on the clock: as
 * what comes before a cut is, so is what is cut before one could tell.
 */
function viewCut(b: Buffer, at: number, recompressed: boolean, isStamped: boolean): unknown {
  if (recompressed && b.length - at >= LOG_OVERHEAD && baseOffsetAt(b, at) === OVERFLOW) return 'a message without end';
  const isWhole = b.length - at >= HEADER_BYTES;
  if (isWhole && magicAt(b, at) === 2 && isControlAt(b, at))
    return { marker: baseOffsetAt(b, at), bytes: b.length - at };
  const anew = recompressed && isWhole && (isLogAppendTimeAt(b, at) || (magicAt(b, at) < 2 && isCompressedAt(b, at)));
  if (anew) return baseOffsetAt(b, at);
  const [crcFrom, crcTo] = [at + 12, at + 16];
  return isStamped && !isWhole ? `${hex(b, at, crcFrom)} … ${hex(b, crcTo, b.length)}` : hex(b, at, b.length);
}

/**
 * The first wrapper of an old format, compressed by the broker: where the answer is cut behind it depends on how well
 * that went.
 */
function viewWrapped(b: Buffer, at: number): unknown {
  const isNow = isLogAppendTimeAt(b, at);
  const records = readLegacyRecords(b, at).map(({ offset, timestamp, key, value }) => ({
    offset,
    timestamp: isNow ? 'now' : timestamp,
    key: key?.toString(),
    value: value?.toString(),
  }));
  const timestamp = isNow ? 'now' : maxTimestampAt(b, at);
  return { wrapper: compressionAt(b, at), timestamp, offset: baseOffsetAt(b, at), records };
}

const randomEnd = /-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Timestamps become 'now', random ids lose what is random, bytes become readable. */
const steady = (value: unknown, field = ''): unknown => {
  if (field.endsWith('Timestamp')) return (value as number) > 0 ? 'now' : value;
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (typeof value === 'string') return value.replace(randomEnd, '-random');
  if (Array.isArray(value)) {
    const items = value.map((item) => steady(item));
    // Members come in the order of a hash map by ids that are in part random.
    return field === 'members' ? sortedByText(items) : items;
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, steady(inner, key)]));
};

function decodeStored(message: Message<Fields>, bytes: Buffer | null): unknown {
  if (bytes === null) return null;
  const version = bytes.readInt16BE(0);
  return { version, ...(steady(message.codec(version).decode(new Reader(bytes, 2, bytes.length))) as object) };
}

/**
 * What a batch holds is in the order of a hash map, and batches that timers write in that of the clock. Producers are called
 * by the order in which they come: how many ids were given out before depends on how often somebody had to ask again.
 */
function viewStored(b: Buffer): unknown {
  const batches: unknown[] = [];
  const ids = new Map<number, number>();
  const nameOf = (producerId: number): number | string => {
    if (producerId < 0) return producerId;
    if (!ids.has(producerId)) ids.set(producerId, ids.size);
    return `producer ${ids.get(producerId)}`;
  };
  for (let at = 0; wholeBatchSizeAt(b, at) > 0; at += wholeBatchSizeAt(b, at)) {
    if (isControlAt(b, at)) {
      const marker = viewBatch(b, at, wholeBatchSizeAt(b, at), false);
      batches.push({ ...marker, producerId: nameOf(producerIdAt(b, at)) });
      continue;
    }
    const records = [...readRecords(b, at)].map(({ key, value }) => {
      const isOffset = key!.readInt16BE(0) < 2;
      return {
        key: decodeStored(isOffset ? OffsetCommitKey : GroupMetadataKey, key),
        value: decodeStored(isOffset ? OffsetCommitValue : GroupMetadataValue, value),
      };
    });
    const producerId = nameOf(producerIdAt(b, at));
    batches.push({ attributes: attributesAt(b, at), producerId, records: sortedByText(records) });
  }
  return sortedByText(batches);
}

/** A transaction's partitions are in the order of a hash map. */
function viewTransactions(b: Buffer, prefix: string): unknown {
  const found: unknown[] = [];
  for (let at = 0; wholeBatchSizeAt(b, at) > 0; at += wholeBatchSizeAt(b, at)) {
    for (const { key, value } of readRecords(b, at)) {
      const { transactionalId } = TransactionLogKey.codec(key!.readInt16BE(0)).decode(new Reader(key!, 2, key!.length));
      if (!transactionalId.startsWith(prefix)) continue;
      const header = [attributesAt(b, at), producerIdAt(b, at), baseSequenceAt(b, at), recordCountAt(b, at)];
      found.push({ transactionalId, header, value: value && viewTransaction(value) });
    }
  }
  return found;
}

function viewTransaction(bytes: Buffer): unknown {
  const version = bytes.readInt16BE(0);
  const value = TransactionLogValue.codec(version).decode(new Reader(bytes, 2, bytes.length));
  const time = (timestamp: number): number | string => (timestamp > 0 ? 'now' : timestamp);
  const topics = value.transactionPartitions?.map((it) => ({ ...it, partitionIds: [...it.partitionIds].sort() }));
  return {
    version,
    size: bytes.length,
    ...value,
    producerId: value.producerId < 0 ? value.producerId : 'an id',
    transactionPartitions: topics ? sortedByText(topics) : null,
    transactionLastUpdateTimestampMs: time(value.transactionLastUpdateTimestampMs),
    transactionStartTimestampMs: time(value.transactionStartTimestampMs),
  };
}

const sortedByText = (items: readonly unknown[]): unknown[] => {
  const texts = new Map(items.map((item) => [item, JSON.stringify(item)]));
  return [...items].sort((a, b) => (texts.get(a)! < texts.get(b)! ? -1 : 1));
};

function viewBatch(b: Buffer, at: number, size: number, recompressed: boolean): object {
  // Markers bear the time at which the broker wrote them.
  const isMarker = isControlAt(b, at);
  const now = isMarker || isLogAppendTimeAt(b, at);
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
    baseTimestamp: isMarker ? 'now' : baseTimestampAt(b, at),
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
