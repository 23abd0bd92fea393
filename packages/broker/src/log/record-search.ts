import { partitionLeaderEpochAt } from '@odradek/protocol/records/batch';
import { readRecords } from '@odradek/protocol/records/record';
import type { TimestampAndOffset } from './types';

/** The first record of a batch at `startOffset` or later whose timestamp is `timestamp` or later. */
export function findRecordByTimestamp(
  b: Buffer,
  at: number,
  size: number,
  timestamp: number,
  startOffset: number,
): TimestampAndOffset | null {
  for (const record of readRecords(b.subarray(0, at + size), at)) {
    if (record.timestamp >= timestamp && record.offset >= startOffset) {
      return { timestamp: record.timestamp, offset: record.offset, leaderEpoch: partitionLeaderEpochAt(b, at) };
    }
  }
  return null;
}
