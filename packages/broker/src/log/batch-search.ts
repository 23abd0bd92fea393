import { baseOffsetAt, lastOffsetAt } from '@odradek/protocol/records/batch';
import { CorruptRecordError } from '@odradek/protocol/records/errors';
import { scanHeaders } from './batch-scan';
import type { PooledFile } from './file-pool';
import type { BatchPlace } from './segment-file';

/** What is searched: a segment's batches. */
interface Batches {
  readonly file: PooledFile;
  readonly size: number;
  readonly baseOffset: number;
}

/** Where to begin. What an index says is looked at first: a damaged one may lead astray. */
export interface SearchStart {
  readonly position: number;
  readonly isCertain: boolean;
}

/** The first batch whose last offset is `offset` or above, or null. A start that leads astray is left for the beginning. */
export function findBatch(
  batches: Batches,
  offset: number,
  { position: from, isCertain }: SearchStart,
): BatchPlace | null {
  let found: BatchPlace | null = null;
  let isRight = isCertain;
  try {
    scanHeaders(batches.file, from, batches.size, (b, at, position, size) => {
      isRight ||= leadsTo(offset, batches.baseOffset, b, at);
      if (!isRight) return false;
      if (lastOffsetAt(b, at) < offset) return true;
      found = { baseOffset: baseOffsetAt(b, at), position, size };
      return false;
    });
  } catch (error) {
    if (isRight || !(error instanceof CorruptRecordError)) throw error;
  }
  return isRight ? found : findBatch(batches, offset, { position: 0, isCertain: true });
}

/** Whether a batch lies here that `offset` is in or behind. */
export const leadsTo = (offset: number, segmentBaseOffset: number, b: Buffer, at: number): boolean =>
  baseOffsetAt(b, at) >= segmentBaseOffset && baseOffsetAt(b, at) <= offset;
