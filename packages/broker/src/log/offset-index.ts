import { readInt32, writeInt32 } from '@odradek/protocol/records/bytes';
import type { FilePool } from './file-pool';
import { IndexFile } from './index-file';

const ENTRY_BYTES = 8;

export interface OffsetPosition {
  readonly offset: number;
  readonly position: number;
}

/** Offsets and where they lie: int32 offset less the segment's base, int32 position (kafka's OffsetIndex). */
export class OffsetIndex {
  readonly index: IndexFile;
  lastOffset: number;

  constructor(
    pool: FilePool,
    path: string,
    private readonly baseOffset: number,
    maxBytes: number,
  ) {
    this.index = new IndexFile(pool, path, ENTRY_BYTES, maxBytes);
    this.lastOffset = baseOffset;
  }

  /** Takes the file's entries; returns what is wrong with them, or null. */
  load(logBytes: number): string | null {
    const isWhole = this.index.load();
    const last = this.lastEntry();
    this.lastOffset = last.offset;
    if (!isWhole) return `its size is not a multiple of ${ENTRY_BYTES}`;
    if (this.index.entries > 0 && last.offset <= this.baseOffset) return `its last offset is ${last.offset}`;
    if (this.index.entries > 0 && (last.position < 0 || last.position >= logBytes)) {
      return `its last entry points at ${last.position} in a log of ${logBytes} bytes`;
    }
    return null;
  }

  /** `offset` must be larger than the last entry's, or it is left out. */
  append(offset: number, position: number): void {
    if (this.index.entries > 0 && offset <= this.lastOffset) return;
    const { b, at } = this.index.append();
    writeInt32(b, at, offset - this.baseOffset);
    writeInt32(b, at + 4, position);
    this.lastOffset = offset;
  }

  /** The entry with the largest offset not above `offset`, or the segment's beginning. */
  lookup(offset: number): OffsetPosition {
    const relative = offset - this.baseOffset;
    return this.at(this.index.lastWhere((b, at) => readInt32(b, at) <= relative));
  }

  /**
   * The offset of the first entry at or behind `position`, or null: what bounds the transactions of a fetch. As Kafka's
   * search (AbstractIndex.binarySearch) it passes over an entry exactly there where that is the very first one.
   */
  firstOffsetFrom(position: number): number | null {
    let next = this.index.lastWhere((b, at) => readInt32(b, at + 4) < position) + 1;
    if (next === 0 && this.index.entries > 0 && this.at(0).position === position) next = 1;
    return next < this.index.entries ? this.at(next).offset : null;
  }

  lastEntry(): OffsetPosition {
    return this.at(this.index.entries - 1);
  }

  /** Drops entries with an offset at or above `offset`. */
  truncateTo(offset: number): void {
    const relative = offset - this.baseOffset;
    this.index.truncateToEntries(this.index.lastWhere((b, at) => readInt32(b, at) < relative) + 1);
    this.lastOffset = this.lastEntry().offset;
  }

  reset(): void {
    this.index.reset();
    this.lastOffset = this.baseOffset;
  }

  /** Entry number `index`; before the first one the segment's beginning. */
  at(index: number): OffsetPosition {
    if (index < 0) return { offset: this.baseOffset, position: 0 };
    const { b, at } = this.index.entry(index);
    return { offset: this.baseOffset + readInt32(b, at), position: readInt32(b, at + 4) };
  }
}
