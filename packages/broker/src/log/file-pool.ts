import { type Disk, DiskError, type DiskFile } from '../env/disk';
import { GatheredWrites, type GatheringFile } from './gathered-writes';
import { IndexBlocks } from './index-blocks';

/** What fits under the file limit of an ordinary process, with room for as many connections. */
const DEFAULT_MAX_OPEN_FILES = 2048;
/** Files closed at once when there are too many: finding the oldest costs a walk over all. */
const CLOSED_AT_ONCE = 64;

/**
 * The files of all logs, of which only so many are open at a time: a broker has as many segments as disk space allows,
 * a process far fewer file descriptors. A file opens when it is used and may be closed behind its owner's back.
 */
export class FilePool {
  readonly gathered = new GatheredWrites();
  readonly indexBlocks = new IndexBlocks();
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

  /** Closes what lies below a folder: its disk has failed, and some of it nobody else may know of any more. */
  closeBelow(folder: string): void {
    for (const file of [...this.open]) if (file.path.startsWith(`${folder}/`)) closeQuietly(file);
  }

  private closeOldest(): void {
    // A write put off would be made now, and its failure be told to a log that has nothing to do with it.
    const idle = [...this.open].filter((file) => !file.isBusy && !file.hasGathered);
    idle.sort((a, b) => a.lastUse - b.lastUse);
    // The newest stays: it is the one that has just been asked for.
    for (const file of idle.slice(0, Math.min(CLOSED_AT_ONCE, idle.length - 1))) closeQuietly(file);
  }
}

/** Whoever uses the file next meets its disk's failure, if that lasts. */
function closeQuietly(file: PooledFile): void {
  try {
    file.close();
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
  }
}

export class PooledFile implements GatheringFile {
  private handle: DiskFile | null = null;
  private underWay = 0;
  private isToBeClosed = false;
  /** It is there: were it made anew, records would be appended behind a hole of zeros. */
  private wasOpen = false;
  /** Its deletion has begun: a flush that was under way before must not bring it back. */
  isRemoved = false;
  lastUse = 0;
  /** What is yet to be written: in `gathered` from here to there, for this position of the file. */
  private gatheredFrom = 0;
  private gatheredTo = 0;
  private gatheredPosition = 0;

  constructor(
    private readonly pool: FilePool,
    private filePath: string,
  ) {}

  get path(): string {
    return this.filePath;
  }

  /** While an fsync or a read runs, the descriptor must stay what it is. */
  get isBusy(): boolean {
    return this.underWay > 0;
  }

  get hasGathered(): boolean {
    return this.gatheredFrom < this.gatheredTo;
  }

  size(): number {
    return this.use().size();
  }

  read(target: Uint8Array, position: number): number {
    return this.use().read(target, position);
  }

  readLater(target: Uint8Array, position: number): Promise<number> {
    return this.whileOpen((handle) => handle.readLater(target, position));
  }

  write(chunks: readonly Uint8Array[], position: number): void {
    this.use().write(chunks, position);
  }

  /** Writes at the file's end, in time for whoever looks (`GatheredWrites`). After a failure nothing of it is there. */
  append(bytes: Uint8Array, position: number): void {
    const { gathered } = this.pool;
    // Opened first, so that what fails to open fails here.
    if (this.gatheredFrom === this.gatheredTo) this.use();
    const at = gathered.take(bytes);
    if (at >= 0 && at === this.gatheredTo && this.gatheredFrom < at) {
      this.gatheredTo += bytes.length;
      return;
    }
    this.writeGathered();
    if (at < 0) {
      this.writeOrCut(bytes, position);
      return;
    }
    this.gatheredFrom = at;
    this.gatheredTo = at + bytes.length;
    this.gatheredPosition = position;
    gathered.add(this);
  }

  writeGathered(): void {
    if (this.gatheredFrom === this.gatheredTo) return;
    const bytes = this.pool.gathered.bytes(this.gatheredFrom, this.gatheredTo);
    this.gatheredFrom = this.gatheredTo = 0;
    try {
      this.writeOrCut(bytes, this.gatheredPosition);
    } catch (error) {
      this.pool.gathered.fail();
      throw error;
    }
  }

  private writeOrCut(bytes: Uint8Array, position: number): void {
    const handle = this.use();
    try {
      handle.write([bytes], position);
    } catch (error) {
      try {
        handle.truncate(position);
      } catch {
        // The first failure is the one to tell; recovery cuts the file when the log is opened again.
      }
      throw error;
    }
  }

  truncate(size: number): void {
    this.use().truncate(size);
  }

  async flush(): Promise<void> {
    if (!this.isRemoved) await this.whileOpen((handle) => handle.flush());
  }

  /** Keeps the file open until what is done with it on the disk's own time is over. */
  private async whileOpen<T>(action: (handle: DiskFile) => Promise<T>): Promise<T> {
    const handle = this.use();
    this.underWay++;
    try {
      return await action(handle);
    } finally {
      this.underWay--;
      if (this.underWay === 0 && this.isToBeClosed) this.close();
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

  /** Closes it until its next use; once what runs on it is over. */
  close(): void {
    if (this.handle === null) return;
    try {
      this.writeGathered();
    } finally {
      this.isToBeClosed = this.isBusy;
      if (!this.isToBeClosed) this.closeNow(this.handle);
    }
  }

  private closeNow(handle: DiskFile): void {
    this.handle = null;
    this.pool.closed(this);
    handle.close();
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
    if (this.gatheredFrom < this.gatheredTo) this.writeGathered();
    if (this.handle === null) {
      this.handle = this.pool.disk.open(this.filePath, this.wasOpen ? 'update' : 'write');
      this.wasOpen = true;
      this.pool.opened(this);
    }
    return this.handle;
  }
}
