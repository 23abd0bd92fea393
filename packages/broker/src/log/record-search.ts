import { lastOffsetAt, partitionLeaderEpochAt } from '@odradek/protocol/records/batch';
import { DecompressionLimitError } from '@odradek/protocol/records/errors';
import { readRecords } from '@odradek/protocol/records/record';
import type { TimestampAndOffset } from './types';

/** What may be decompressed for a search on the thread that serves. */
const SHORT_SEARCH_BYTES = 4 * 1024 * 1024;

/** Searching this batch would hold everybody up: it is to be done aside (`RecordsThread`). */
export class SearchTakesLongError extends Error {
  override readonly name = 'SearchTakesLongError';

  constructor(
    readonly batch: Buffer,
    readonly timestamp: number,
    readonly startOffset: number,
    /** Where nothing is found in it, the search goes on behind it. */
    readonly lastOffset: number,
  ) {
    super('Searching a batch takes long');
  }
}

/**
 * The first record of a batch at `startOffset` or later whose timestamp is `timestamp` or later. Throws
 * `SearchTakesLongError`.
 */
export function findRecordByTimestamp(
  b: Buffer,
  at: number,
  size: number,
  timestamp: number,
  startOffset: number,
): TimestampAndOffset | null {
  if (lastOffsetAt(b, at) < startOffset) return null;
  const batch = b.subarray(at, at + size);
  try {
    return searchBatch(batch, timestamp, startOffset, SHORT_SEARCH_BYTES);
  } catch (error) {
    if (!(error instanceof DecompressionLimitError)) throw error;
    throw new SearchTakesLongError(Buffer.from(batch), timestamp, startOffset, lastOffsetAt(b, at));
  }
}

/** As `findRecordByTimestamp`, however long it takes. */
export function searchBatch(
  batch: Buffer,
  timestamp: number,
  startOffset: number,
  maxBytes?: number,
): TimestampAndOffset | null {
  for (const record of readRecords(batch, 0, { maxBytes })) {
    if (record.timestamp >= timestamp && record.offset >= startOffset) {
      return { timestamp: record.timestamp, offset: record.offset, leaderEpoch: partitionLeaderEpochAt(batch, 0) };
    }
  }
  return null;
}
