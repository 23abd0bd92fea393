import { KafkaError } from '@odradek/protocol/errors';
import { forEachBatch, RECORD_BATCH_OVERHEAD } from '@odradek/protocol/records/batch';
import { downConvert } from '@odradek/protocol/records/conversion';
import type { LegacyMagic } from '@odradek/protocol/records/legacy';

const EMPTY = Buffer.alloc(0);
/** How much Kafka converts at a time (LazyDownConversionRecordsSend.MAX_READ_SIZE). */
const CHUNK_BYTES = 128 * 1024;
/** An entry's offset and length. */
const OVERFLOW_HEADER_BYTES = 12;

/**
 * What Kafka makes of records for old clients (LazyDownConversionRecords, KIP-283). It promises the size that the
 * records have on disk, or that of the first converted batch, before it converts the rest: so the answer is cut to that
 * size, and filled up to it with the beginning of a message that no client can take for whole. Throws `KafkaError`
 * where the first batch cannot be converted; a later one ends the answer, and is the first of the next fetch.
 */
export function downConverted(records: Buffer, magic: LegacyMagic, fetchOffset: number): Buffer {
  const ends: number[] = [];
  forEachBatch(records, (at, size) => ends.push(at + size));
  if (ends.length === 0) return EMPTY;
  const parts: Buffer[] = [];
  let taken = 0;
  let done = 0;
  const take = (count: number): void => {
    const from = taken === 0 ? 0 : ends[taken - 1]!;
    taken += count;
    const converted = downConvert(records.subarray(from, ends[taken - 1]!), magic, fetchOffset);
    for (const part of converted) {
      parts.push(part);
      done += part.length;
    }
  };
  while (done === 0 && taken < ends.length) take(1);
  const size = done === 0 ? OVERFLOW_HEADER_BYTES : Math.max(records.length, done);
  try {
    while (done < size && taken < ends.length) take(batchesOfChunk(ends, taken));
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
  }
  if (done < size) parts.push(overflow(size - done));
  return Buffer.concat(parts).subarray(0, size);
}

/** How many batches from number `first` on make a chunk: at least one. */
function batchesOfChunk(ends: readonly number[], first: number): number {
  const limit = ends[first - 1]! + CHUNK_BYTES;
  let count = 1;
  while (first + count < ends.length && ends[first + count]! <= limit) count++;
  return count;
}

/** A message that claims to be longer than what is left. */
function overflow(left: number): Buffer {
  const bytes = Buffer.alloc(Math.max(OVERFLOW_HEADER_BYTES, left));
  bytes.writeBigInt64BE(-1n, 0);
  bytes.writeInt32BE(Math.max(left + 1, RECORD_BATCH_OVERHEAD), 8);
  return bytes;
}
