import { NO_TIMESTAMP } from '@odradek/protocol/records/batch';
import { readInt32, readInt64, writeInt32, writeInt64 } from '@odradek/protocol/records/bytes';
import type { FilePool } from './file-pool';
import { IndexFile } from './index-file';

const ENTRY_BYTES = 12;

export interface TimestampOffset {
  readonly timestamp: number;
  readonly offset: number;
}

/** The largest timestamp so far and its offset: int64 timestamp, int32 offset less the base (kafka's TimeIndex). */
export class TimeIndex {
  readonly index: IndexFile;
  lastEntry: TimestampOffset;

  constructor(
    pool: FilePool,
    path: string,
    private readonly baseOffset: number,
    maxBytes: number,
  ) {
    this.index = new IndexFile(pool, path, ENTRY_BYTES, maxBytes);
    this.lastEntry = this.at(-1);
  }

  /** Takes the file's entries; returns what is wrong with them, or null. */
  load(): string | null {
    const isWhole = this.index.load();
    this.lastEntry = this.at(this.index.entries - 1);
    if (!isWhole) return `its size is not a multiple of ${ENTRY_BYTES}`;
    if (this.index.entries > 0 && this.lastEntry.timestamp < this.at(0).timestamp) {
      return `its last timestamp is ${this.lastEntry.timestamp}`;
    }
    if (this.lastEntry.offset < this.baseOffset) return `its last offset is ${this.lastEntry.offset}`;
    return null;
  }

  /** Adds an entry if its timestamp is above the last one's. */
  maybeAppend(timestamp: number, offset: number): void {
    if (timestamp <= this.lastEntry.timestamp) return;
    const { b, at } = this.index.append();
    writeInt64(b, at, timestamp);
    writeInt32(b, at + 8, offset - this.baseOffset);
    this.lastEntry = { timestamp, offset };
  }

  /** The entry with the largest timestamp not above `timestamp`, or the segment's beginning. */
  lookup(timestamp: number): TimestampOffset {
    return this.at(this.index.lastWhere((b, at) => readInt64(b, at) <= timestamp));
  }

  /** Drops entries with an offset at or above `offset`. */
  truncateTo(offset: number): void {
    const relative = offset - this.baseOffset;
    this.index.truncateToEntries(this.index.lastWhere((b, at) => readInt32(b, at + 8) < relative) + 1);
    this.lastEntry = this.at(this.index.entries - 1);
  }

  reset(): void {
    this.index.reset();
    this.lastEntry = this.at(-1);
  }

  private at(index: number): TimestampOffset {
    if (index < 0) return { timestamp: NO_TIMESTAMP, offset: this.baseOffset };
    const { b, at } = this.index.entry(index);
    return { timestamp: readInt64(b, at), offset: this.baseOffset + readInt32(b, at + 8) };
  }
}
