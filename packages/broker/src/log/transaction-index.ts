import { readInt16, readInt64, writeInt16, writeInt64 } from '@odradek/protocol/records/bytes';
import type { FilePool, PooledFile } from './file-pool';
import type { AbortedTxnEntry } from './types';

const ENTRY_BYTES = 34;
const VERSION = 0;

/**
 * The aborted transactions whose marker is in the segment (org.apache.kafka.storage.internals.log.TransactionIndex):
 * int16 version, int64 producer id, first offset, last offset, last stable offset. The file is made for the first one.
 */
export class TransactionIndex {
  readonly file: PooledFile;
  private entries: AbortedTxnEntry[] | null = null;

  constructor(
    private readonly pool: FilePool,
    path: string,
  ) {
    this.file = pool.file(path);
  }

  /** All entries, by their last offset. A damaged file counts up to its damage. */
  all(): readonly AbortedTxnEntry[] {
    if (this.entries === null) this.entries = decode(this.pool.disk.readFile(this.file.path));
    return this.entries;
  }

  append(entry: AbortedTxnEntry): void {
    const position = this.all().length * ENTRY_BYTES;
    this.file.write([encode(entry)], position);
    this.entries!.push(entry);
  }

  /** Keeps the transactions whose marker lies below `offset`. */
  truncateTo(offset: number): void {
    const kept = this.all().filter((entry) => entry.lastOffset < offset);
    if (kept.length === this.all().length) return;
    this.entries = kept;
    this.file.truncate(kept.length * ENTRY_BYTES);
  }

  reset(): void {
    this.entries = [];
    if (this.pool.disk.stat(this.file.path) !== null) this.file.truncate(0);
  }

  exists(): boolean {
    return this.entries === null ? this.pool.disk.stat(this.file.path) !== null : this.entries.length > 0;
  }
}

function encode(entry: AbortedTxnEntry): Buffer {
  const b = Buffer.alloc(ENTRY_BYTES);
  writeInt16(b, 0, VERSION);
  writeInt64(b, 2, entry.producerId);
  writeInt64(b, 10, entry.firstOffset);
  writeInt64(b, 18, entry.lastOffset);
  writeInt64(b, 26, entry.lastStableOffset);
  return b;
}

function decode(b: Buffer | null): AbortedTxnEntry[] {
  const entries: AbortedTxnEntry[] = [];
  if (b === null) return entries;
  for (let at = 0; at + ENTRY_BYTES <= b.length; at += ENTRY_BYTES) {
    if (readInt16(b, at) !== VERSION) break;
    entries.push({
      producerId: readInt64(b, at + 2),
      firstOffset: readInt64(b, at + 10),
      lastOffset: readInt64(b, at + 18),
      lastStableOffset: readInt64(b, at + 26),
    });
  }
  return entries;
}
