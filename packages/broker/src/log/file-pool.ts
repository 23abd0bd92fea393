import type { Disk, DiskFile } from '../env/disk';

/** What fits under the file limit of an ordinary process, with room for as many connections. */
const DEFAULT_MAX_OPEN_FILES = 2048;
/** Files closed at once when there are too many: finding the oldest costs a walk over all. */
const CLOSED_AT_ONCE = 64;

/**
 * The files of all logs, of which only so many are open at a time: a broker has as many segments as disk space allows,
 * a process far fewer file descriptors. A file opens when it is used and may be closed behind its owner's back.
 */
export class FilePool {
  private readonly open = new Set<PooledFile>();
  private uses = 0;

  constructor(
    readonly disk: Disk,
    private readonly maxOpenFiles = DEFAULT_MAX_OPEN_FILES,
  ) {}

  /** How many are open now. */
  get openFiles(): number {
    return this.open.size;
  }

  /** A file at a path, not opened yet. The first use creates it where it is missing. */
  file(path: string): PooledFile {
    return new PooledFile(this, path);
  }

  /** The pool's clock: larger is later. */
  nextUse(): number {
    return ++this.uses;
  }

  opened(file: PooledFile): void {
    this.open.add(file);
    if (this.open.size > this.maxOpenFiles) this.closeOldest();
  }

  closed(file: PooledFile): void {
    this.open.delete(file);
  }

  private closeOldest(): void {
    const idle = [...this.open].filter((file) => !file.isBusy).sort((a, b) => a.lastUse - b.lastUse);
    // The newest stays: it is the one that has just been asked for.
    for (const file of idle.slice(0, Math.min(CLOSED_AT_ONCE, idle.length - 1))) file.close();
  }
}

export class PooledFile {
  private handle: DiskFile | null = null;
  private flushes = 0;
  private isToBeClosed = false;
  /** Its deletion has begun: a flush that was under way before must not bring it back. */
  isRemoved = false;
  lastUse = 0;

  constructor(
    private readonly pool: FilePool,
    private filePath: string,
  ) {}

  get path(): string {
    return this.filePath;
  }

  /** While an fsync runs, the descriptor must stay what it is. */
  get isBusy(): boolean {
    return this.flushes > 0;
  }

  size(): number {
    return this.use().size();
  }

  read(target: Uint8Array, position: number): number {
    return this.use().read(target, position);
  }

  write(chunks: readonly Uint8Array[], position: number): void {
    this.use().write(chunks, position);
  }

  truncate(size: number): void {
    this.use().truncate(size);
  }

  async flush(): Promise<void> {
    if (this.isRemoved) return;
    const handle = this.use();
    this.flushes++;
    try {
      await handle.flush();
    } finally {
      this.flushes--;
      if (this.flushes === 0 && this.isToBeClosed) this.close();
    }
  }

  flushNow(): void {
    this.use().flushNow();
  }

  rename(path: string): void {
    this.pool.disk.rename(this.filePath, path);
    this.filePath = path;
  }

  /** The folder that it lies in has been given another name. */
  movedTo(path: string): void {
    this.filePath = path;
  }

  /** Closes it until its next use; once the fsync that runs is over. */
  close(): void {
    if (this.handle === null) return;
    this.isToBeClosed = this.isBusy;
    if (this.isToBeClosed) return;
    this.handle.close();
    this.handle = null;
    this.pool.closed(this);
  }

  /** Closes and deletes it, on the disk's own time. */
  async remove(): Promise<void> {
    this.isRemoved = true;
    this.close();
    await this.pool.disk.remove(this.filePath);
  }

  private use(): DiskFile {
    this.lastUse = this.pool.nextUse();
    this.isToBeClosed = false;
    if (this.handle === null) {
      this.handle = this.pool.disk.open(this.filePath, 'write');
      this.pool.opened(this);
    }
    return this.handle;
  }
}
