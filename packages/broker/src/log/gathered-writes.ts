import { DiskError } from '../env/disk';

/** Appends up to this size are worth a copy: the system call costs more (16 KB batches: a third more throughput). */
const GATHERED_BYTES = 32 * 1024;
const ARENA_BYTES = 256 * 1024;

/** A file with bytes in the arena. */
export interface GatheringFile {
  /** Writes them. Throws `DiskError`. */
  writeGathered(): void;
}

/**
 * While requests of one read of a connection are handled, small appends to a file become one write: a producer with five
 * requests in flight costs one system call, not five. Nobody can tell, for whoever uses such a file has it written first,
 * and answers leave only once `settle` has said that all is written. Outside of `begin` and `end` nothing is put off.
 */
export class GatheredWrites {
  private arena: Buffer | null = null;
  private used = 0;
  private depth = 0;
  private failed = false;
  private files: GatheringFile[] = [];
  /** A write has failed of which nobody else will hear. */
  onFailure: (error: DiskError) => void = () => {};

  begin(): void {
    this.depth++;
  }

  /** Writes everything; false where anything has failed since the first `begin`: answers given since are not true. */
  settle(): boolean {
    if (this.files.length > 0) {
      const { files } = this;
      this.files = [];
      for (const file of files) this.write(file);
      this.used = 0;
    }
    return !this.failed;
  }

  end(): boolean {
    const isDone = this.settle();
    if (--this.depth === 0) this.failed = false;
    return isDone;
  }

  private write(file: GatheringFile): void {
    try {
      file.writeGathered();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.onFailure(error);
    }
  }

  /** Notes that bytes which had been taken as written are not. */
  fail(): void {
    this.failed = true;
  }

  /** Copies bytes into the arena and returns where to; -1 where they are to be written at once. */
  take(bytes: Uint8Array): number {
    if (this.depth === 0 || bytes.length > GATHERED_BYTES || this.used + bytes.length > ARENA_BYTES) return -1;
    this.arena ??= Buffer.allocUnsafeSlow(ARENA_BYTES);
    const at = this.used;
    this.arena.set(bytes, at);
    this.used += bytes.length;
    return at;
  }

  /** A file has bytes in the arena from now on. */
  add(file: GatheringFile): void {
    this.files.push(file);
  }

  bytes(from: number, to: number): Buffer {
    return this.arena!.subarray(from, to);
  }
}
