/**
 * Files, as a port. Calls without a promise are synchronous on purpose: a 16 KB write costs 6 µs, a round trip through
 * the thread pool 40 µs (docs/storage.md). What can take milliseconds (fsync, deletion, truncation of large files)
 * returns a promise. Every failure is a `DiskError`.
 */
export interface DiskFile {
  readonly path: string;
  /** The file's size in bytes. */
  size(): number;
  /** Reads into `target` from `position`; returns the bytes read, fewer than `target.length` only at the end. */
  read(target: Uint8Array, position: number): number;
  /** As `read`, on the disk's own time. The file must stay open meanwhile. */
  readLater(target: Uint8Array, position: number): Promise<number>;
  /** Writes all chunks at `position`, one after another. After a failure the file may hold a part of them. */
  write(chunks: readonly Uint8Array[], position: number): void;
  truncate(size: number): void;
  /** fsync. */
  flush(): Promise<void>;
  /** fsync that blocks: at start and clean shutdown only. */
  flushNow(): void;
  close(): void;
}

export type OpenMode = 'read' | 'update' | 'write';

export interface DiskStat {
  readonly size: number;
  readonly modifiedMs: number;
  readonly isDirectory: boolean;
}

export interface DiskSpace {
  readonly totalBytes: number;
  /** What a process without privileges may still write. */
  readonly usableBytes: number;
}

export interface Disk {
  /** `read` and `update` need the file to be there; `write` creates it where it is not. All can read. */
  open(path: string, mode: OpenMode): DiskFile;
  /** The whole content, or null where there is no such file. */
  readFile(path: string): Buffer | null;
  /**
   * Replaces the content for good or not at all: `<path>.tmp`, fsync, rename, fsync of the folder. `unflushed` leaves the
   * fsyncs out (milliseconds each): a power cut may then undo it or leave the file empty, a crash of the process cannot.
   * `private` keeps it from everybody but this process's user.
   */
  replaceFile(path: string, content: Uint8Array | string, durability?: 'unflushed', access?: 'private'): void;
  /** As `replaceFile`, on the disk's own time. Nobody may replace the file otherwise meanwhile. */
  replaceFileLater(path: string, content: Uint8Array | string): Promise<void>;
  /** Null where there is nothing. */
  stat(path: string): DiskStat | null;
  setModified(path: string, modifiedMs: number): void;
  /** Names in a folder, unsorted. */
  list(path: string): string[];
  /** Also the folders above it that are missing; one that is there is no error. */
  makeFolder(path: string): void;
  rename(from: string, to: string): void;
  /** Deletes a file; one that is not there is no error. */
  remove(path: string): Promise<void>;
  removeNow(path: string): void;
  /** Deletes a folder and all below it. */
  removeFolder(path: string): Promise<void>;
  /** fsync of a folder, so that names in it survive a power cut. */
  flushFolder(path: string): Promise<void>;
  flushFolderNow(path: string): void;
  /** Size of the file system that holds `path`. */
  space(path: string): DiskSpace;
  /** Takes an exclusive lock that ends with the process; null where another process has it. */
  lock(path: string): DiskLock | null;
}

export interface DiskLock {
  /** Whether the system keeps it, so that nobody else can have the lock, wherever they run; else it is a convention. */
  readonly isSystemLock: boolean;
  release(): void;
}

/** A failure of the disk: the log folder that it belongs to goes offline. */
export class DiskError extends Error {
  override readonly name = 'DiskError';

  constructor(
    readonly path: string,
    message: string,
    /** The system's own code, such as `ENOSPC`. */
    readonly code?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
