import type { FilePool, PooledFile } from './file-pool';
import { BLOCK_BYTES, type BlockOwner, type IndexBlocks } from './index-blocks';

/** Entries kept in memory before they are written: an index is rebuilt after a crash, so it may lag behind its log. */
const PENDING_ENTRIES = 64;

/**
 * A file of entries of one size in rising order (org.apache.kafka.storage.internals.log.AbstractIndex). Apache maps it
 * into memory; here the newest entries are in memory and the others are read where they lie, through the page cache.
 * The file of the active segment is preallocated to its full size and cut to its entries when the segment is done.
 */
export class IndexFile {
  readonly file: PooledFile;
  private readonly maxEntries: number;
  private stored = 0;
  private pending: Buffer | null = null;
  private pendingCount = 0;
  private readonly blocks: IndexBlocks;
  private owner: BlockOwner;

  constructor(
    pool: FilePool,
    path: string,
    private readonly entryBytes: number,
    maxBytes: number,
  ) {
    this.file = pool.file(path);
    this.maxEntries = Math.floor(maxBytes / entryBytes);
    this.blocks = pool.indexBlocks;
    this.owner = this.blocks.newOwner();
  }

  get entries(): number {
    return this.stored + this.pendingCount;
  }

  /** Of its entries; the file may be larger. */
  get bytes(): number {
    return this.entries * this.entryBytes;
  }

  get isFull(): boolean {
    return this.entries >= this.maxEntries;
  }

  get isAlmostFull(): boolean {
    return this.entries >= this.maxEntries - 1;
  }

  /** Takes the entries that the file has; returns false where its size is no multiple of an entry's. */
  load(): boolean {
    const size = this.file.size();
    this.forget();
    this.stored = Math.floor(size / this.entryBytes);
    return size % this.entryBytes === 0;
  }

  /** Where to put the next entry's bytes: call, fill, done. */
  append(): { readonly b: Buffer; readonly at: number } {
    if (this.pending === null) this.pending = Buffer.alloc(PENDING_ENTRIES * this.entryBytes);
    if (this.pendingCount === PENDING_ENTRIES) this.write();
    const at = this.pendingCount * this.entryBytes;
    this.pendingCount++;
    return { b: this.pending, at };
  }

  /** The bytes of entry `index`, valid until the next call on any index. */
  entry(index: number): { readonly b: Buffer; readonly at: number } {
    if (index >= this.stored) return { b: this.pending!, at: (index - this.stored) * this.entryBytes };
    const perBlock = Math.floor(BLOCK_BYTES / this.entryBytes);
    const first = index - (index % perBlock);
    const block = this.blocks.block(this.owner, first / perBlock);
    if (index - first >= block.entries) {
      const entries = Math.min(perBlock, this.stored - first);
      const bytes = entries * this.entryBytes;
      block.entries = 0;
      const read = this.file.read(block.bytes.subarray(0, bytes), first * this.entryBytes);
      // A file that is shorter than it was is damage; zeros make every lookup start at the beginning of the segment.
      block.bytes.fill(0, read, bytes);
      block.entries = entries;
    }
    return { b: block.bytes, at: (index - first) * this.entryBytes };
  }

  /** The last of the entries for which `fits` holds, where it holds for none after one for which it does not; or -1. */
  lastWhere(fits: (b: Buffer, at: number) => boolean): number {
    let low = -1;
    let high = this.entries - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const { b, at } = this.entry(middle);
      if (fits(b, at)) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  truncateToEntries(count: number): void {
    if (count >= this.entries) return;
    if (count < this.stored) {
      this.stored = count;
      this.pendingCount = 0;
      this.owner = this.blocks.newOwner();
    } else {
      this.pendingCount = count - this.stored;
    }
  }

  /** Makes room for as many entries as it may get, as Apache does for the active segment. */
  preallocate(): void {
    this.write();
    this.file.truncate(this.maxEntries * this.entryBytes);
  }

  /** Writes what is pending. */
  write(): void {
    if (this.pending === null || this.pendingCount === 0) return;
    const bytes = this.pending.subarray(0, this.pendingCount * this.entryBytes);
    this.file.write([bytes], this.stored * this.entryBytes);
    this.stored += this.pendingCount;
    this.pendingCount = 0;
  }

  /** Cuts the file to its entries: the segment is done. */
  trim(): void {
    this.write();
    this.file.truncate(this.stored * this.entryBytes);
    this.pending = null;
  }

  /** Drops all entries, and the file's content. */
  reset(): void {
    this.forget();
    this.file.truncate(0);
  }

  private forget(): void {
    this.stored = 0;
    this.pendingCount = 0;
    this.owner = this.blocks.newOwner();
  }
}
