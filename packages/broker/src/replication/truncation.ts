import type { EpochEnd } from '../log/types';

/** What the rules of truncation look at in the follower's own log. */
export interface FollowerLog {
  readonly logEndOffset: number;
  readonly highWatermark: number;
  readonly latestEpoch: number | null;
  endOffsetForEpoch(epoch: number): EpochEnd;
}

export interface Truncation {
  /** The log is to end here. */
  readonly offset: number;
  /** Whether the log is then a part of the leader's; else the leader is to be asked again. */
  readonly isComplete: boolean;
}

/** What a follower does whose end the leader's log does not hold. */
export type Reset =
  | { readonly type: 'truncate'; readonly offset: number }
  | { readonly type: 'restart'; readonly offset: number }
  | { readonly type: 'stay' };

const UNDEFINED = -1;

/**
 * Where a new follower's log has to be cut before its first fetch, or null: a log that knows of epochs hears from the
 * leader where it parts from his (KIP-595), one without can trust no more than its high watermark (AbstractFetcherThread.partitionFetchState).
 */
export function truncationBeforeFetch({ latestEpoch, highWatermark }: FollowerLog): number | null {
  return latestEpoch === null ? highWatermark : null;
}

/**
 * Where to cut the log, given where the leader's log ends for the follower's last epoch, or for the largest that the
 * leader knows below it (KIP-101, KIP-279; AbstractFetcherThread.getOffsetTruncationState).
 * @param initialOffset where the follower began, for a leader that cannot tell
 */
export function truncationFor(leaderEnd: EpochEnd, own: FollowerLog, initialOffset: number): Truncation {
  if (leaderEnd.endOffset === UNDEFINED) return { offset: initialOffset, isComplete: true };
  const offset = Math.min(leaderEnd.endOffset, own.logEndOffset);
  // A leader that speaks the first version of OffsetForLeaderEpoch.
  if (leaderEnd.leaderEpoch === UNDEFINED) return { offset, isComplete: true };
  const ownEnd = own.endOffsetForEpoch(leaderEnd.leaderEpoch);
  if (ownEnd.endOffset === UNDEFINED) return { offset, isComplete: true };
  // The leader's epoch is unknown here: all above the largest one below it goes, and the leader is asked about that.
  if (ownEnd.leaderEpoch !== leaderEnd.leaderEpoch) {
    return { offset: Math.min(ownEnd.endOffset, own.logEndOffset), isComplete: false };
  }
  return { offset: Math.min(ownEnd.endOffset, offset), isComplete: true };
}

/**
 * After OFFSET_OUT_OF_RANGE: a leader that has less (elected uncleanly, or restarted with less) is followed back, one
 * whose log begins after this one's end is followed from its start (AbstractFetcherThread.fetchOffsetAndTruncate).
 */
export function resetFor(leader: { logStartOffset: number; logEndOffset: number }, logEndOffset: number): Reset {
  if (leader.logEndOffset < logEndOffset) return { type: 'truncate', offset: leader.logEndOffset };
  if (leader.logStartOffset > logEndOffset) return { type: 'restart', offset: leader.logStartOffset };
  return { type: 'stay' };
}
