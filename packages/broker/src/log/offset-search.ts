import type { Segment } from './segment';
import type { TimestampAndOffset } from './types';

const LATEST_TIMESTAMP = -1;
const EARLIEST_TIMESTAMP = -2;

/** The first record at or after `timestamp` from `startOffset` on (UnifiedLog.fetchOffsetByTimestamp). */
export function offsetForTimestamp(
  segments: readonly Segment[],
  timestamp: number,
  startOffset: number,
): TimestampAndOffset | null {
  const segment = segments.find((candidate) => candidate.largestTimestamp() >= timestamp);
  return segment?.findOffsetByTimestamp(timestamp, startOffset) ?? null;
}

/** The first record with the largest timestamp of all. */
export function maxTimestampOffset(segments: readonly Segment[]): TimestampAndOffset | null {
  let latest: Segment | null = null;
  for (const segment of segments) if (latest === null || segment.maxTimestamp > latest.maxTimestamp) latest = segment;
  return latest === null || latest.maxTimestamp < 0 ? null : latest.findMaxTimestamp();
}

export interface LegacyOffsetsQuery {
  readonly timestamp: number;
  readonly maxOffsets: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly nowMs: number;
}

/** Offsets where segments begin, by their files' times, and the log's end; newest first (legacyFetchOffsetsBefore). */
export function legacyOffsetsBefore(segments: readonly Segment[], query: LegacyOffsetsQuery): number[] {
  const { timestamp, maxOffsets, logStartOffset, logEndOffset, nowMs } = query;
  const points = segments.map((segment) => ({
    offset: Math.max(segment.baseOffset, logStartOffset),
    timeMs: segment.lastModifiedMs(),
  }));
  if ((segments.at(-1)?.size ?? 0) > 0) points.push({ offset: logEndOffset, timeMs: nowMs });
  const newest = newestPoint(points, timestamp);
  const offsets = points.slice(Math.max(0, newest + 1 - maxOffsets), newest + 1).map(({ offset }) => offset);
  return offsets.sort((a, b) => b - a);
}

function newestPoint(points: readonly { timeMs: number }[], timestamp: number): number {
  if (timestamp === LATEST_TIMESTAMP) return points.length - 1;
  if (timestamp === EARLIEST_TIMESTAMP) return 0;
  return points.findLastIndex(({ timeMs }) => timeMs <= timestamp);
}
