import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from '@odradek/protocol/records/bytes';
import { crc32c } from '@odradek/protocol/records/crc32c';
import { ProducerEntry, subtractFromSequence } from './producer-entry';

const VERSION = 1;
const CRC_AT = 2;
const COUNT_AT = 6;
const HEADER_BYTES = 10;
const ENTRY_BYTES = 46;

/** A snapshot that cannot be used; an older one, or the log itself, takes its place. */
export class CorruptSnapshotError extends Error {
  override readonly name = 'CorruptSnapshotError';
}

/** Bytes of a `.snapshot` file: of each producer's batches only the last is kept (ProducerStateManager.writeSnapshot). */
export function encodeSnapshot(entries: readonly ProducerEntry[]): Buffer {
  const b = Buffer.alloc(HEADER_BYTES + entries.length * ENTRY_BYTES);
  writeInt16(b, 0, VERSION);
  writeInt32(b, COUNT_AT, entries.length);
  entries.forEach((entry, index) => {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    writeInt64(b, at, entry.producerId);
    writeInt16(b, at + 8, entry.producerEpoch);
    writeInt32(b, at + 10, entry.lastSequence);
    writeInt64(b, at + 14, entry.lastDataOffset);
    writeInt32(b, at + 22, entry.lastOffsetDelta);
    writeInt64(b, at + 26, entry.lastTimestamp);
    writeInt32(b, at + 34, entry.coordinatorEpoch);
    writeInt64(b, at + 38, entry.currentTxnFirstOffset);
  });
  writeInt32(b, CRC_AT, crc32c(b, COUNT_AT));
  return b;
}

/** Throws `CorruptSnapshotError`. */
export function decodeSnapshot(b: Buffer): ProducerEntry[] {
  if (b.length < HEADER_BYTES) throw new CorruptSnapshotError(`Snapshot failed schema validation: ${b.length} bytes`);
  const version = readInt16(b, 0);
  if (version !== VERSION) throw new CorruptSnapshotError(`Snapshot contained an unknown file version ${version}`);
  const stored = readInt32(b, CRC_AT) >>> 0;
  const computed = crc32c(b, COUNT_AT);
  if (stored !== computed) {
    throw new CorruptSnapshotError(
      `Snapshot is corrupt (CRC is no longer valid). Stored crc: ${stored}. Computed crc: ${computed}`,
    );
  }
  const count = readInt32(b, COUNT_AT);
  if (count < 0 || HEADER_BYTES + count * ENTRY_BYTES > b.length) {
    throw new CorruptSnapshotError(`Snapshot failed schema validation: ${count} entries in ${b.length} bytes`);
  }
  return Array.from({ length: count }, (_, index) => decodeEntry(b, HEADER_BYTES + index * ENTRY_BYTES));
}

/**
 * Entries in the order in which Java's `HashMap<Long, …>` with a table of `tableSize` has them, for a list in the order in
 * which they were put: of the same history Apache's broker and ours write the same bytes.
 */
export function inHashOrder(entries: Iterable<ProducerEntry>, tableSize: number): ProducerEntry[] {
  const table: ProducerEntry[][] = Array.from({ length: tableSize }, () => []);
  for (const entry of entries) table[bucketOf(entry.producerId, tableSize)]!.push(entry);
  return table.flat();
}

/** Long.hashCode, spread as HashMap does. */
function bucketOf(producerId: number, tableSize: number): number {
  const hash = (producerId ^ Math.floor(producerId / 2 ** 32)) | 0;
  return (hash ^ (hash >>> 16)) & (tableSize - 1);
}

function decodeEntry(b: Buffer, at: number): ProducerEntry {
  const entry = new ProducerEntry(readInt64(b, at));
  entry.producerEpoch = readInt16(b, at + 8);
  const lastSequence = readInt32(b, at + 10);
  const lastOffset = readInt64(b, at + 14);
  const offsetDelta = readInt32(b, at + 22);
  const timestamp = readInt64(b, at + 26);
  entry.lastTimestamp = timestamp;
  entry.coordinatorEpoch = readInt32(b, at + 34);
  entry.currentTxnFirstOffset = readInt64(b, at + 38);
  if (lastOffset >= 0) {
    const firstSequence = subtractFromSequence(lastSequence, offsetDelta);
    entry.add({ firstSequence, lastSequence, firstOffset: lastOffset - offsetDelta, lastOffset, timestamp });
  }
  return entry;
}
