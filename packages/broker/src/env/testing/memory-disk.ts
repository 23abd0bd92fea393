import {
  type Disk,
  DiskError,
  type DiskFile,
  type DiskLock,
  type DiskSpace,
  type DiskStat,
  type OpenMode,
} from '../disk';

/** What a fault does to an operation: fails it with a code, or lets a write through in part before it fails. */
export interface Fault {
  readonly code: string;
  /** Of a write: how many bytes arrive before the failure. */
  readonly tornAfterBytes?: number;
}

export type DiskOperation =
  | 'open'
  | 'read'
  | 'write'
  | 'truncate'
  | 'flush'
  | 'rename'
  | 'remove'
  | 'list'
  | 'stat'
  | 'replace'
  | 'make';

interface Inode {
  /** May be shorter than the file: what is missing are zeros, so that preallocated files cost nothing. */
  bytes: Buffer;
  size: number;
  /** What a power cut leaves: the size at the last flush. */
  flushedSize: number;
  /** What was overwritten since the last flush. */
  overwritten: { readonly position: number; readonly before: Buffer }[];
  modifiedMs: number;
  /** It was put in another one's place and not flushed since: what a power cut may bring back, null for nothing. */
  replaced?: Inode | null;
}

/**
 * A disk in memory with faults to order: `fault` is asked before every operation. Folders are implied by the names in
 * them and by `makeFolder`. Names are durable at once; bytes are durable once flushed (`cutPower`).
 */
export class MemoryDisk implements Disk {
  private readonly files = new Map<string, Inode>();
  private readonly folders = new Set<string>(['/']);
  private readonly locks = new Set<string>();
  /** How many files are open. */
  openFiles = 0;
  totalBytes = 2 ** 40;

  constructor(
    private readonly nowMs: () => number = () => 0,
    public fault: (operation: DiskOperation, path: string) => Fault | null = () => null,
  ) {}

  open(path: string, mode: OpenMode): MemoryFile {
    this.check('open', path);
    let inode = this.files.get(path);
    if (inode === undefined) {
      if (mode !== 'write') throw missing(path);
      if (!this.folders.has(parentOf(path))) throw missing(path);
      inode = { bytes: Buffer.alloc(0), size: 0, flushedSize: 0, overwritten: [], modifiedMs: this.nowMs() };
      this.files.set(path, inode);
    }
    this.openFiles++;
    return new MemoryFile(path, inode, this);
  }

  readFile(path: string): Buffer | null {
    this.check('read', path);
    const inode = this.files.get(path);
    if (inode === undefined) return null;
    const content = Buffer.alloc(inode.size);
    content.set(inode.bytes.subarray(0, inode.size));
    return content;
  }

  replaceFile(path: string, content: Uint8Array | string, durability?: 'unflushed'): void {
    this.check('replace', path);
    if (!this.folders.has(parentOf(path))) throw missing(path);
    const bytes = Buffer.from(content as Uint8Array);
    const size = bytes.length;
    const inode: Inode = { bytes, size, flushedSize: size, overwritten: [], modifiedMs: this.nowMs() };
    if (durability === 'unflushed') {
      const before = this.files.get(path) ?? null;
      inode.replaced = before?.replaced === undefined ? before : before.replaced;
    }
    this.files.set(path, inode);
  }

  async replaceFileLater(path: string, content: Uint8Array | string): Promise<void> {
    this.replaceFile(path, content);
  }

  stat(path: string): DiskStat | null {
    this.check('stat', path);
    if (this.folders.has(path)) return { size: 0, modifiedMs: 0, isDirectory: true };
    const inode = this.files.get(path);
    return inode === undefined ? null : { size: inode.size, modifiedMs: inode.modifiedMs, isDirectory: false };
  }

  setModified(path: string, modifiedMs: number): void {
    const inode = this.files.get(path);
    if (inode === undefined) throw missing(path);
    inode.modifiedMs = modifiedMs;
  }

  list(path: string): string[] {
    this.check('list', path);
    if (!this.folders.has(path)) throw missing(path);
    const prefix = path === '/' ? '/' : `${path}/`;
    const names = new Set<string>();
    for (const name of [...this.files.keys(), ...this.folders]) {
      if (name.startsWith(prefix) && name !== path) names.add(name.slice(prefix.length).split('/')[0]!);
    }
    return [...names];
  }

  makeFolder(path: string): void {
    this.check('make', path);
    for (let folder = path; folder !== '/'; folder = parentOf(folder)) this.folders.add(folder);
  }

  rename(from: string, to: string): void {
    this.check('rename', from);
    if (this.folders.has(from)) {
      for (const folder of [...this.folders]) {
        if (folder !== from && !folder.startsWith(`${from}/`)) continue;
        this.folders.delete(folder);
        this.folders.add(to + folder.slice(from.length));
      }
      for (const [path, inode] of [...this.files]) {
        if (!path.startsWith(`${from}/`)) continue;
        this.files.delete(path);
        this.files.set(to + path.slice(from.length), inode);
      }
      return;
    }
    const inode = this.files.get(from);
    if (inode === undefined) throw missing(from);
    this.files.delete(from);
    this.files.set(to, inode);
  }

  async remove(path: string): Promise<void> {
    this.removeNow(path);
  }

  removeNow(path: string): void {
    this.check('remove', path);
    this.files.delete(path);
  }

  async removeFolder(path: string): Promise<void> {
    this.check('remove', path);
    for (const file of [...this.files.keys()]) if (file.startsWith(`${path}/`)) this.files.delete(file);
    for (const folder of [...this.folders]) {
      if (folder === path || folder.startsWith(`${path}/`)) this.folders.delete(folder);
    }
  }

  async flushFolder(path: string): Promise<void> {
    this.flushFolderNow(path);
  }

  flushFolderNow(path: string): void {
    this.check('flush', path);
  }

  space(): DiskSpace {
    let used = 0;
    for (const inode of this.files.values()) used += inode.size;
    return { totalBytes: this.totalBytes, usableBytes: this.totalBytes - used };
  }

  lock(path: string): DiskLock | null {
    if (this.locks.has(path)) return null;
    this.locks.add(path);
    return { isSystemLock: true, release: () => void this.locks.delete(path) };
  }

  /** A process that dies loses its locks and open files; what it wrote stays. */
  killProcess(): void {
    this.locks.clear();
    this.openFiles = 0;
  }

  /**
   * A power cut: of each file only what was flushed is sure to stay. `keep` decides how much of what was appended since
   * then does, and of overwritten places (0 or 1) which are as they were; `damage` may change the appended bytes that stay.
   * A file that was replaced without a flush is empty (0), whole (1) or, where there was one, what it was before (2).
   */
  cutPower(keep: (unflushed: number) => number, damage: (unflushed: Buffer) => void = () => {}): void {
    this.killProcess();
    for (const [path, inode] of this.files) {
      const { replaced } = inode;
      if (replaced !== undefined) {
        const outcome = keep(replaced === null ? 1 : 2);
        if (outcome === 0) Object.assign(inode, { bytes: Buffer.alloc(0), size: 0, flushedSize: 0 });
        if (outcome === 2) this.files.set(path, replaced!);
        inode.replaced = undefined;
        continue;
      }
      if (inode.size > inode.flushedSize) inode.size = inode.flushedSize + keep(inode.size - inode.flushedSize);
      damage(inode.bytes.subarray(inode.flushedSize, inode.size));
      for (const { position, before } of inode.overwritten.splice(0))
        if (keep(1) === 0) inode.bytes.set(before, position);
      inode.flushedSize = inode.size;
    }
  }

  /** Paths of all files. */
  paths(): string[] {
    return [...this.files.keys()];
  }

  check(operation: DiskOperation, path: string): void {
    const fault = this.fault(operation, path);
    if (fault !== null) throw failure(path, fault.code);
  }

  touch(inode: Inode): void {
    inode.modifiedMs = this.nowMs();
  }
}

export class MemoryFile implements DiskFile {
  constructor(
    readonly path: string,
    private readonly inode: Inode,
    private readonly disk: MemoryDisk,
  ) {}

  size(): number {
    return this.inode.size;
  }

  read(target: Uint8Array, position: number): number {
    this.disk.check('read', this.path);
    const bytes = Math.max(0, Math.min(target.length, this.inode.size - position));
    const held = this.inode.bytes.subarray(position, position + bytes);
    target.set(held);
    target.fill(0, held.length, bytes);
    return bytes;
  }

  async readLater(target: Uint8Array, position: number): Promise<number> {
    return this.read(target, position);
  }

  write(chunks: readonly Uint8Array[], position: number): void {
    const fault = this.disk.fault('write', this.path);
    let budget = fault === null ? Number.POSITIVE_INFINITY : (fault.tornAfterBytes ?? 0);
    for (const chunk of chunks) {
      const taken = chunk.subarray(0, Math.min(chunk.length, budget));
      this.put(taken, position);
      position += taken.length;
      budget -= taken.length;
    }
    if (fault !== null) throw failure(this.path, fault.code);
  }

  truncate(size: number): void {
    this.disk.check('truncate', this.path);
    if (size < this.inode.bytes.length) this.inode.bytes = this.inode.bytes.subarray(0, size);
    this.inode.size = size;
    this.inode.flushedSize = Math.min(this.inode.flushedSize, size);
    this.inode.overwritten = this.inode.overwritten.filter(({ position, before }) => position + before.length <= size);
    this.disk.touch(this.inode);
  }

  async flush(): Promise<void> {
    this.flushNow();
  }

  flushNow(): void {
    this.beginFlush()();
  }

  /** A flush that takes time: what it returns makes durable what was written when it began, and not what came since. */
  beginFlush(): () => void {
    const { size, overwritten } = this.inode;
    const places = new Set(overwritten);
    return () => {
      this.disk.check('flush', this.path);
      this.inode.replaced = undefined;
      this.inode.flushedSize = Math.max(this.inode.flushedSize, Math.min(size, this.inode.size));
      this.inode.overwritten = this.inode.overwritten.filter((place) => !places.has(place));
    };
  }

  close(): void {
    this.disk.openFiles--;
  }

  private put(bytes: Uint8Array, position: number): void {
    const { inode } = this;
    const end = position + bytes.length;
    if (end > inode.bytes.length) {
      const grown = Buffer.alloc(Math.max(end, inode.bytes.length * 2));
      grown.set(inode.bytes.subarray(0, inode.size));
      inode.bytes = grown;
    }
    const flushedBytes = Math.min(end, inode.flushedSize) - position;
    if (flushedBytes > 0) {
      const before = Buffer.alloc(flushedBytes);
      before.set(inode.bytes.subarray(position, position + flushedBytes));
      inode.overwritten.push({ position, before });
    }
    inode.bytes.set(bytes, position);
    inode.size = Math.max(inode.size, end);
    this.disk.touch(inode);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

function missing(path: string): DiskError {
  return failure(path, 'ENOENT');
}

function failure(path: string, code: string): DiskError {
  return new DiskError(path, `${code}: ${path}`, code);
}
