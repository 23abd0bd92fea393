import { isCrcValidAt, lastOffsetAt } from '@odradek/protocol/records/batch';
import { CorruptRecordError } from '@odradek/protocol/records/errors';
import { DiskError } from '../env/disk';
import { scanBatches, scanHeaders } from './batch-scan';
import type { FilePool, PooledFile } from './file-pool';
import type { LogSlice } from './types';

/** Offsets in an index are 32 bits wide. */
export const MAX_RELATIVE_OFFSET = 0x7fffffff;

export interface SegmentOptions {
  readonly folder: string;
  readonly baseOffset: number;
  readonly segmentIndexBytes: number;
  readonly rollJitterMs: number;
  /** What follows the usual names of its files while it is not in use; nothing where absent. */
  readonly suffix?: string;
}

/** A batch in the file of a segment. */
export interface BatchPlace {
  readonly baseOffset: number;
  readonly position: number;
  readonly size: number;
}

export interface RollParams {
  readonly segmentMs: number;
  readonly segmentBytes: number;
  readonly maxTimestamp: number;
  readonly lastOffset: number;
  readonly bytes: number;
  readonly nowMs: number;
}

/** What came of a segment's recovery. */
export interface Recovered {
  /** Cut from its end. */
  readonly cutBytes: number;
  /** It holds offsets that its indexes cannot express (KAFKA-6264): it is to be split. */
  readonly isOverflowed: boolean;
}

/** Runs a scan that may end at bytes that are no batch. */
export function untilDamage(scan: () => void): void {
  try {
    scan();
  } catch (error) {
    if (!(error instanceof CorruptRecordError)) throw error;
  }
}

/** Up to where batches from position `from` on are whole and their checksums right. */
export function endOfWholeBatches(file: PooledFile, from: number, size: number): number {
  let end = from;
  untilDamage(() =>
    scanBatches(file, from, size, (b, at, position, batchSize) => {
      if (isCrcValidAt(b, at)) end = position + batchSize;
      return end === position + batchSize;
    }),
  );
  return end;
}

/** One above the last offset in a log file that has no indexes yet. */
export function nextOffsetOf(pool: FilePool, path: string, baseOffset: number): number {
  const file = pool.file(path);
  let next = baseOffset;
  untilDamage(() =>
    scanHeaders(file, 0, file.size(), (b, at) => {
      next = lastOffsetAt(b, at) + 1;
      return true;
    }),
  );
  file.close();
  return next;
}

/** The log that a slice is of. */
export interface SlicedLog {
  readonly cuts: number;
  readonly onDiskError: (error: DiskError) => void;
}

/** A part of a segment's file. */
export class FileSlice implements LogSlice {
  private readonly cuts: number;

  constructor(
    private readonly file: PooledFile,
    private readonly position: number,
    readonly bytes: number,
    private readonly log: SlicedLog,
  ) {
    this.cuts = log.cuts;
  }

  readInto(target: Buffer, at: number): number {
    try {
      return this.file.read(target.subarray(at, at + this.bytes), this.position);
    } catch (error) {
      return this.nothing(error);
    }
  }

  async readLater(target: Buffer, at: number): Promise<number> {
    try {
      const bytes = await this.file.readLater(target.subarray(at, at + this.bytes), this.position);
      // The log has been cut under the read, and written to again perhaps: these may be halves of two histories.
      return this.cuts === this.log.cuts ? bytes : 0;
    } catch (error) {
      return this.nothing(error);
    }
  }

  /** The answer is half made: the reader gets nothing now, and hears of the dir when it asks again. */
  private nothing(error: unknown): number {
    if (!(error instanceof DiskError)) throw error;
    this.log.onDiskError(error);
    return 0;
  }
}
