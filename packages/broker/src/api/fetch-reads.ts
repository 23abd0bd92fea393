import type { Clock } from '../env/clock';
import type { LogSlice } from '../log/types';

const EMPTY = Buffer.alloc(0);
const MB = 1024 * 1024;
/** Below, handing an answer over costs more than reading it from a disk. */
const WATCHED_BYTES = 512 * 1024;
/** Above, even the page cache holds the loop up for too long: 1 MB takes 50 to 150 µs from there. */
const MOST_NOW_BYTES = 4 * MB;
/** How much is read between two looks at the clock. */
const LOOK_BYTES = 256 * 1024;
/** Slower than this it did not come from the page cache. */
const SLOW_MS_PER_MB = 1;
/** So many slow reads in a row are no accident (this thread may just have lost its processor). */
const SLOW_IN_ROW = 3;
const ASIDE_MS = 1000;

/**
 * Reads what answers hold. What lies in the page cache is read in the same turn: bytes that another thread has read lie in another
 * core's cache, and sending them costs more. What must come from a disk may take milliseconds: once that is seen, answers are
 * read by other threads for a second, and then it is looked at again.
 */
export class SliceReader {
  private slowInRow = 0;
  private asideUntilMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /** The bytes of each slice, one after another in `target`: at once, or begun in this turn. */
  read(slices: readonly LogSlice[], target: Buffer): Buffer[] | Promise<Buffer[]> {
    const bytes = slices.reduce((sum, slice) => sum + slice.bytes, 0);
    if (bytes < WATCHED_BYTES) return readNow(slices, target);
    if (bytes > MOST_NOW_BYTES || this.clock.monotonicMs() < this.asideUntilMs) return readLater(slices, target);
    return this.watched(slices, target);
  }

  /** Slice by slice; the rest by other threads as soon as the disk is found to be slow. */
  private watched(slices: readonly LogSlice[], target: Buffer): Buffer[] | Promise<Buffer[]> {
    const read: Buffer[] = [];
    let at = 0;
    let [lookedAt, lookedMs] = [0, this.clock.monotonicMs()];
    for (const [index, slice] of slices.entries()) {
      read.push(readOne(slice, target, at));
      at += slice.bytes;
      if (at - lookedAt < LOOK_BYTES) continue;
      const nowMs = this.clock.monotonicMs();
      const isSlow = nowMs - lookedMs > ((at - lookedAt) / MB) * SLOW_MS_PER_MB;
      this.slowInRow = isSlow ? this.slowInRow + 1 : 0;
      if (this.slowInRow >= SLOW_IN_ROW) {
        this.asideUntilMs = nowMs + ASIDE_MS;
        return readLater(slices.slice(index + 1), target.subarray(at)).then((rest) => [...read, ...rest]);
      }
      [lookedAt, lookedMs] = [at, nowMs];
    }
    return read;
  }
}

const readOne = (slice: LogSlice, target: Buffer, at: number): Buffer =>
  slice.bytes === 0 ? EMPTY : target.subarray(at, at + slice.readInto(target, at));

function readNow(slices: readonly LogSlice[], target: Buffer): Buffer[] {
  let at = 0;
  return slices.map((slice) => {
    const from = at;
    at += slice.bytes;
    return readOne(slice, target, from);
  });
}

/** As `readNow`, all at once and not on this thread. */
export function readLater(slices: readonly LogSlice[], target: Buffer): Promise<Buffer[]> {
  let at = 0;
  const reads = slices.map(async (slice) => {
    const from = at;
    at += slice.bytes;
    return slice.bytes === 0 ? EMPTY : target.subarray(from, from + (await slice.readLater(target, from)));
  });
  return Promise.all(reads);
}
