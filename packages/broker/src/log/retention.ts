import type { LogConfig } from './log-config';

/** What retention needs to know of a segment. */
export interface RetentionSegment {
  readonly baseOffset: number;
  readonly size: number;
  readonly largestTimestamp: number;
}

export interface RetentionState {
  /** By rising base offset. */
  readonly segments: readonly RetentionSegment[];
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly highWatermark: number;
}

export type RetentionReason = 'log start offset' | 'retention size' | 'retention time';

/** The passes that a log's cleanup policy asks for, in Kafka's order (UnifiedLog.deleteOldSegments). */
export function retentionPasses(config: LogConfig): readonly RetentionReason[] {
  return config.cleanupDelete ? ['log start offset', 'retention size', 'retention time'] : ['log start offset'];
}

/**
 * How many segments, from the oldest on, this pass deletes. It ends at the first one that has to stay: one that reaches
 * beyond the high watermark always has, and so has an empty last one.
 */
export function deletableSegments(
  state: RetentionState,
  config: LogConfig,
  reason: RetentionReason,
  nowMs: number,
): number {
  const { segments, highWatermark } = state;
  const isBreached = breach(state, config, reason, nowMs);
  let count = 0;
  for (const segment of segments) {
    const next = segments[count + 1] ?? null;
    const end = next === null ? state.logEndOffset : next.baseOffset;
    const isEmptyLast = next === null && segment.size === 0;
    if (isEmptyLast || highWatermark < end || !isBreached(segment, next)) break;
    count++;
  }
  return count;
}

type Breach = (segment: RetentionSegment, next: RetentionSegment | null) => boolean;

function breach(state: RetentionState, config: LogConfig, reason: RetentionReason, nowMs: number): Breach {
  switch (reason) {
    case 'log start offset':
      return (_segment, next) => next !== null && next.baseOffset <= state.logStartOffset;
    case 'retention size':
      return sizeBreach(state, config.retentionBytes);
    case 'retention time':
      return (segment) => config.retentionMs >= 0 && nowMs - segment.largestTimestamp > config.retentionMs;
  }
}

function sizeBreach({ segments }: RetentionState, retentionBytes: number): Breach {
  let excess = segments.reduce((sum, { size }) => sum + size, 0) - retentionBytes;
  if (retentionBytes < 0 || excess < 0) return () => false;
  return ({ size }) => {
    if (excess - size < 0) return false;
    excess -= size;
    return true;
  };
}
