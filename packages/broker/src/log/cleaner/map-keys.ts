import { baseOffsetAt, isControlAt, lastOffsetAt, magicAt, sizeAt } from '@odradek/protocol/records/batch';
import type { Scratch } from '@odradek/protocol/records/inflated';
import { readLegacyRecords } from '@odradek/protocol/records/legacy';
import { recordCursor } from '@odradek/protocol/records/record';
import type { Disk } from '../../env/disk';
import type { BatchReader } from './batch-reader';
import { CleanedTransactions } from './cleaned-transactions';
import type { MapRequest } from './messages';
import type { OffsetMap } from './offset-map';

/** Bytes of I/O that a step has done. */
export type Steps<Result> = Generator<number, Result, void>;

/**
 * Fills the map with the last offset of each key of the dirty segments, those of aborted transactions left out
 * (Cleaner.buildOffsetMap). Ends early where the map is full: it says how far it came. Returns the bytes read.
 */
export function* mapKeys(
  disk: Disk,
  request: MapRequest,
  map: OffsetMap,
  reader: BatchReader,
  scratch: Scratch,
): Steps<number> {
  const mapping = new KeyMapping(map, request, scratch);
  let bytes = 0;
  for (const segment of request.segments) {
    const file = disk.open(segment.path, 'read');
    try {
      for (let position = segment.position; position < segment.size; position += reader.end) {
        reader.read(file, position, segment.size);
        bytes += reader.end;
        if (mapping.takeBatches(reader.bytes, reader.end)) return bytes;
        yield reader.end;
      }
    } finally {
      file.close();
    }
    // Offsets may end before the segment does.
    map.updateLatestOffset(segment.nextOffset - 1);
    reader.restore();
  }
  return bytes;
}

class KeyMapping {
  private readonly transactions = new CleanedTransactions();
  private readonly start: number;
  private readonly maxKeys: number;

  constructor(
    private readonly map: OffsetMap,
    { start, aborted, limits }: MapRequest,
    private readonly scratch: Scratch,
  ) {
    this.start = start;
    this.maxKeys = limits.maxKeys;
    this.transactions.add(aborted);
  }

  /** Whether the map is full. */
  takeBatches(b: Buffer, end: number): boolean {
    for (let at = 0; at < end; at += sizeAt(b, at)) {
      if (isControlAt(b, at)) this.transactions.endsNothing(b, at);
      else if (!this.transactions.isAborted(b, at) && this.takeRecords(b, at)) return true;
      const lastOffset = lastOffsetAt(b, at);
      if (lastOffset >= this.start) this.map.updateLatestOffset(lastOffset);
    }
    return false;
  }

  private takeRecords(b: Buffer, at: number): boolean {
    const { map, start, maxKeys } = this;
    if (magicAt(b, at) < 2) return this.takeLegacyRecords(b, at);
    const baseOffset = baseOffsetAt(b, at);
    const cursor = recordCursor(b, at, { scratch: this.scratch });
    while (cursor.next()) {
      const { keyStart, keyLength } = cursor;
      const offset = baseOffset + cursor.offsetDelta;
      if (keyLength < 0 || offset < start) continue;
      if (map.size >= maxKeys) return true;
      map.put(cursor.bytes, keyStart, keyStart + keyLength, offset);
    }
    return false;
  }

  private takeLegacyRecords(b: Buffer, at: number): boolean {
    for (const { key, offset } of readLegacyRecords(b, at)) {
      if (key === null || offset < this.start) continue;
      if (this.map.size >= this.maxKeys) return true;
      this.map.put(key, 0, key.length, offset);
    }
    return false;
  }
}
