import type { LogConfig } from '../log-config';

/** What the choice of a log to clean needs to know of a segment. */
export interface CleanableSegment {
  readonly baseOffset: number;
  readonly size: number;
  largestTimestamp(): number;
  /** The largest of its first batch; -1 where that has none, or there is none. */
  firstBatchTimestamp(): number;
}

export interface CleanableLog {
  /** By rising base offset; the last is the active one. */
  readonly segments: readonly CleanableSegment[];
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly lastStableOffset: number;
  readonly config: Pick<
    LogConfig,
    'cleanupDelete' | 'minCompactionLagMs' | 'maxCompactionLagMs' | 'minCleanableDirtyRatio'
  >;
}

/** Where a log is dirty, and how much. */
export interface Dirtiness {
  readonly firstDirtyOffset: number;
  /** Where a segment begins: nothing from here on is cleaned. */
  readonly firstUncleanableOffset: number;
  readonly cleanableBytes: number;
  /** Of clean and cleanable bytes together. */
  readonly cleanableRatio: number;
  /** What is worth a cleaning: enough of it is dirty, or some of it for too long. */
  readonly isDue: boolean;
  /** What the checkpoint said cannot be: another offset is to be written there. Null where all is well. */
  readonly checkpointProblem: string | null;
}

/**
 * Judges a log (LogCleanerManager.cleanableOffsets, LogToClean). `checkpoint` is the offset up to which it has been
 * cleaned, null where it never was.
 */
export function dirtinessOf(log: CleanableLog, checkpoint: number | null, nowMs: number): Dirtiness {
  const { segments, config } = log;
  const { firstDirtyOffset, problem } = firstDirty(log, checkpoint);
  const uncleanable = Math.max(firstDirtyOffset, firstUncleanable(log, firstDirtyOffset, nowMs));
  const bound = segments[Math.max(0, indexOf(segments, uncleanable))]!;
  const firstUncleanableOffset = bound.baseOffset;
  let cleanBytes = 0;
  let cleanableBytes = 0;
  const firstCleanable = indexOf(segments, Math.min(firstDirtyOffset, firstUncleanableOffset));
  for (const [index, { baseOffset, size }] of segments.entries()) {
    if (baseOffset < firstDirtyOffset) cleanBytes += size;
    if (index >= firstCleanable && baseOffset < firstUncleanableOffset) cleanableBytes += size;
  }
  const totalBytes = cleanBytes + cleanableBytes;
  const cleanableRatio = totalBytes === 0 ? 0 : cleanableBytes / totalBytes;
  const isOverdue = cleanableBytes > 0 && isTooLongDirty(log, firstDirtyOffset, nowMs);
  return {
    firstDirtyOffset,
    firstUncleanableOffset,
    cleanableBytes,
    cleanableRatio,
    isDue: isOverdue || cleanableRatio > config.minCleanableDirtyRatio,
    checkpointProblem: problem,
  };
}

function firstDirty(
  log: CleanableLog,
  checkpoint: number | null,
): { firstDirtyOffset: number; problem: string | null } {
  const { logStartOffset, logEndOffset } = log;
  const offset = checkpoint ?? logStartOffset;
  if (offset < logStartOffset) {
    const problem = `the checkpointed offset ${offset} lies before the log start offset ${logStartOffset}`;
    return { firstDirtyOffset: logStartOffset, problem };
  }
  if (offset > logEndOffset) {
    const problem = `the checkpointed offset ${offset} lies beyond the log end offset ${logEndOffset}`;
    return { firstDirtyOffset: logStartOffset, problem };
  }
  return { firstDirtyOffset: offset, problem: null };
}

/** The last stable offset, the active segment, and what is younger than `min.compaction.lag.ms` bound what is cleaned. */
function firstUncleanable(log: CleanableLog, firstDirtyOffset: number, nowMs: number): number {
  const { segments, lastStableOffset, config } = log;
  const bound = Math.min(lastStableOffset, segments.at(-1)!.baseOffset);
  if (config.minCompactionLagMs <= 0) return bound;
  const young = dirtyNonActive(segments, firstDirtyOffset).find(
    (segment) => segment.largestTimestamp() > nowMs - config.minCompactionLagMs,
  );
  return young === undefined ? bound : Math.min(bound, young.baseOffset);
}

/** KIP-354: a record waits for `max.compaction.lag.ms` at most. */
function isTooLongDirty({ segments, config }: CleanableLog, firstDirtyOffset: number, nowMs: number): boolean {
  const dirtyBefore = nowMs - Math.max(config.maxCompactionLagMs, 0);
  return dirtyNonActive(segments, firstDirtyOffset).some((segment) => {
    const timestamp = segment.firstBatchTimestamp();
    return timestamp > 0 && timestamp < dirtyBefore;
  });
}

function dirtyNonActive(segments: readonly CleanableSegment[], firstDirtyOffset: number): readonly CleanableSegment[] {
  return segments.slice(Math.max(0, indexOf(segments, firstDirtyOffset)), -1);
}

/** Of the last segment whose base is not above `offset`, or -1. */
function indexOf(segments: readonly CleanableSegment[], offset: number): number {
  let found = segments.length - 1;
  while (found >= 0 && segments[found]!.baseOffset > offset) found--;
  return found;
}

/** The dirtiest log of those that are due, or null. */
export function filthiest<Log extends { readonly dirtiness: Dirtiness }>(logs: readonly Log[]): Log | null {
  let worst: Log | null = null;
  for (const log of logs) {
    if (!log.dirtiness.isDue) continue;
    if (worst === null || log.dirtiness.cleanableRatio > worst.dirtiness.cleanableRatio) worst = log;
  }
  return worst;
}

/** What grouping needs to know of a segment. */
export interface GroupedSegment {
  readonly baseOffset: number;
  readonly size: number;
  readonly offsetIndexBytes: number;
  readonly timeIndexBytes: number;
}

const MAX_RELATIVE_OFFSET = 0x7fffffff;

/**
 * Neighbours that make one segment, by what they are before they are cleaned: bounded by `segment.bytes`, the sizes of
 * the indexes and the range of offsets that those can express (Cleaner.groupSegmentsBySize).
 */
export function groupSegments<Segment extends GroupedSegment>(
  segments: readonly Segment[],
  { segmentBytes, segmentIndexBytes }: Pick<LogConfig, 'segmentBytes' | 'segmentIndexBytes'>,
  firstUncleanableOffset: number,
): Segment[][] {
  const groups: Segment[][] = [];
  let [bytes, offsetIndexBytes, timeIndexBytes] = [0, 0, 0];
  for (const [index, segment] of segments.entries()) {
    const group = groups.at(-1);
    const lastOffset = (segments[index + 1]?.baseOffset ?? firstUncleanableOffset) - 1;
    const fits =
      group !== undefined &&
      bytes + segment.size <= segmentBytes &&
      offsetIndexBytes + segment.offsetIndexBytes <= segmentIndexBytes &&
      timeIndexBytes + segment.timeIndexBytes <= segmentIndexBytes &&
      (segment.size === 0 || lastOffset - group[0]!.baseOffset <= MAX_RELATIVE_OFFSET);
    if (fits) group.push(segment);
    else {
      groups.push([segment]);
      [bytes, offsetIndexBytes, timeIndexBytes] = [0, 0, 0];
    }
    bytes += segment.size;
    offsetIndexBytes += segment.offsetIndexBytes;
    timeIndexBytes += segment.timeIndexBytes;
  }
  return groups;
}
