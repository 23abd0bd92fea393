import {
  type Disk,
  DiskError,
  type DiskFile,
  type DiskLock,
  type DiskSpace,
  type DiskStat,
  type OpenMode,
} from '../disk';
import { type DiskOperation, type Fault, MemoryDisk, type MemoryFile } from '../testing/memory-disk';
import type { SimulatedProcess, SimulatedTime } from './clock';
import type { SeededRandom } from './random';

/** What calls take that find their bytes in the system's memory. */
const CALL_MS = 0.005;
const BYTES_PER_MS = 1_000_000;
/** What reaches the platters takes from here to there. */
const FASTEST_FLUSH_MS = 0.3;
const SLOWEST_FLUSH_MS = 4;

const GROWING: readonly DiskOperation[] = ['write', 'replace', 'make'];

/**
 * The disk of one simulated host, which outlives its processes: what was written survives their end, a power cut keeps
 * only what was flushed. Faults are switched on and off from outside.
 */
export class SimulatedDisk {
  readonly memory: MemoryDisk;
  /** What every call takes longer, and every flush ten times that. */
  slowMs = 0;
  /** Paths that begin so fail with EIO; null where all is well. */
  failing: string | null = null;
  /** Nothing more finds room: ENOSPC, after a part of a write. */
  isFull = false;
  /** Called as soon as so many writes have been done: in the middle of what the process is doing. */
  private crash: { writesLeft: number; readonly happen: () => void } | null = null;

  constructor(
    readonly time: SimulatedTime,
    readonly random: SeededRandom,
  ) {
    this.memory = new MemoryDisk(
      () => Math.floor(time.epochMs + time.nowMs),
      (operation, path) => this.fault(operation, path),
    );
  }

  /** The disk as a process sees it. */
  seenBy(process: SimulatedProcess): Disk {
    return new ProcessDisk(this, process);
  }

  /** `happen` is called within the `writes`-th write from now, after a part of it: it should end the process. */
  crashAfter(writes: number, happen: () => void): void {
    this.crash = { writesLeft: writes, happen };
  }

  /** Its locks end with a process; what it wrote stays. */
  killProcess(): void {
    this.crash = null;
    this.memory.killProcess();
  }

  /** What was not flushed stays in part, and some of that is damaged. */
  cutPower(): void {
    this.crash = null;
    this.memory.cutPower(
      (unflushed) => this.random.below(unflushed + 1),
      (bytes) => {
        if (bytes.length === 0 || this.random.oneIn(2)) return;
        const at = this.random.below(bytes.length);
        bytes.fill(this.random.below(256), at, Math.min(bytes.length, at + 1 + this.random.below(64)));
      },
    );
  }

  heal(): void {
    this.slowMs = 0;
    this.failing = null;
    this.isFull = false;
  }

  flushMs(): number {
    return this.random.between(FASTEST_FLUSH_MS, SLOWEST_FLUSH_MS) + this.slowMs * 10;
  }

  private fault(operation: DiskOperation, path: string): Fault | null {
    if (this.failing !== null && path.startsWith(this.failing)) return { code: 'EIO' };
    if (this.isFull && GROWING.includes(operation)) return { code: 'ENOSPC', tornAfterBytes: this.random.below(200) };
    if (operation !== 'write' || this.crash === null || --this.crash.writesLeft > 0) return null;
    const { happen } = this.crash;
    this.crash = null;
    happen();
    // Nobody is there to see it.
    return { code: 'EIO', tornAfterBytes: this.random.below(2_000) };
  }
}

/** What one process does on its host's disk. Once it has ended, nothing it still tries has any effect. */
class ProcessDisk implements Disk {
  constructor(
    readonly disk: SimulatedDisk,
    readonly process: SimulatedProcess,
  ) {}

  open(path: string, mode: OpenMode): DiskFile {
    return new ProcessFile(this, this.call(path).open(path, mode));
  }

  readFile(path: string): Buffer | null {
    return this.call(path).readFile(path);
  }

  replaceFile(path: string, content: Uint8Array | string, durability?: 'unflushed'): void {
    if (durability !== 'unflushed') this.process.spend(2 * this.disk.flushMs());
    this.call(path, content.length).replaceFile(path, content, durability);
  }

  async replaceFileLater(path: string, content: Uint8Array | string): Promise<void> {
    await this.later(2 * this.disk.flushMs());
    this.call(path).replaceFile(path, content);
  }

  stat(path: string): DiskStat | null {
    return this.call(path).stat(path);
  }

  setModified(path: string, modifiedMs: number): void {
    this.call(path).setModified(path, modifiedMs);
  }

  list(path: string): string[] {
    return this.call(path).list(path);
  }

  makeFolder(path: string): void {
    this.call(path).makeFolder(path);
  }

  rename(from: string, to: string): void {
    this.call(from).rename(from, to);
  }

  async remove(path: string): Promise<void> {
    await this.later(this.disk.slowMs + CALL_MS);
    this.call(path).removeNow(path);
  }

  removeNow(path: string): void {
    this.call(path).removeNow(path);
  }

  async removeFolder(path: string): Promise<void> {
    await this.later(this.disk.slowMs + CALL_MS);
    await this.call(path).removeFolder(path);
  }

  async flushFolder(path: string): Promise<void> {
    await this.later(this.disk.flushMs());
    this.call(path).flushFolderNow(path);
  }

  flushFolderNow(path: string): void {
    this.process.spend(this.disk.flushMs());
    this.call(path).flushFolderNow(path);
  }

  space(path: string): DiskSpace {
    return this.call(path).space();
  }

  lock(path: string): DiskLock | null {
    const lock = this.call(path).lock(path);
    return lock && { isSystemLock: lock.isSystemLock, release: () => this.process.isAlive && lock.release() };
  }

  /** Lets a call take its time. */
  call(path: string, bytes = 0): MemoryDisk {
    if (!this.process.isAlive) throw new DiskError(path, `the process has ended: ${path}`, 'EIO');
    this.process.spend(CALL_MS + bytes / BYTES_PER_MS + this.disk.slowMs);
    return this.disk.memory;
  }

  /** Resolves in a turn of the process after `delayMs`; never where it ends before. */
  later(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.process.after(delayMs, resolve);
    });
  }
}

class ProcessFile implements DiskFile {
  constructor(
    private readonly disk: ProcessDisk,
    private readonly file: MemoryFile,
  ) {}

  get path(): string {
    return this.file.path;
  }

  size(): number {
    return this.file.size();
  }

  read(target: Uint8Array, position: number): number {
    this.call(target.length);
    return this.file.read(target, position);
  }

  async readLater(target: Uint8Array, position: number): Promise<number> {
    await this.disk.later(CALL_MS + this.disk.disk.slowMs);
    return this.file.read(target, position);
  }

  write(chunks: readonly Uint8Array[], position: number): void {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
    this.call(bytes);
    const { trace } = this.disk.process.time;
    trace.note(position);
    trace.note(bytes);
    this.file.write(chunks, position);
  }

  truncate(size: number): void {
    this.call();
    this.file.truncate(size);
  }

  async flush(): Promise<void> {
    const done = this.file.beginFlush();
    await this.disk.later(this.disk.disk.flushMs());
    done();
  }

  flushNow(): void {
    this.disk.process.spend(this.disk.disk.flushMs());
    this.call();
    this.file.flushNow();
  }

  close(): void {
    if (this.disk.process.isAlive) this.file.close();
  }

  private call(bytes = 0): void {
    this.disk.call(this.path, bytes);
  }
}
