/** What a leader knows of one follower, from its fetches. */
export interface FollowerProgress {
  readonly logEndOffset: number;
  readonly logStartOffset: number;
  /** When the follower last had all that the leader had, on the monotonic clock. */
  readonly lastCaughtUpMs: number;
  /** The leader's end and the time at the follower's latest fetch: catches up followers of a busy leader. */
  readonly lastFetchLeaderLogEndOffset: number;
  readonly lastFetchMs: number;
  readonly brokerEpoch: number;
}

/** Longer ago than any lag that is allowed, whenever the monotonic clock may have started. */
export const NEVER_MS = Number.NEGATIVE_INFINITY;

export const UNKNOWN_PROGRESS: FollowerProgress = {
  logEndOffset: -1,
  logStartOffset: -1,
  lastCaughtUpMs: NEVER_MS,
  lastFetchLeaderLogEndOffset: -1,
  lastFetchMs: NEVER_MS,
  brokerEpoch: -1,
};

/** A change of the in-sync replicas that the controller has been asked for. Ends in its answer or the next LeaderAndIsr. */
export interface PendingIsr {
  readonly type: 'expand' | 'shrink';
  readonly isr: readonly number[];
  /** Whoever is in sync if it is granted, and whoever is if not. */
  readonly maximalIsr: readonly number[];
}

/**
 * A leader's view of its partition: data for the pure functions below. `followers` alone is changed in place, by the
 * fetches of followers, thousands of times a second; each progress is replaced as a whole.
 */
export interface LeaderState {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  /** Where this leader's epoch starts: a follower joins the ISR only beyond it. */
  readonly epochStartOffset: number;
  readonly replicas: readonly number[];
  /** The in-sync replicas as the controller last confirmed them. */
  readonly isr: readonly number[];
  readonly pendingIsr: PendingIsr | null;
  readonly followers: Map<number, FollowerProgress>;
}

/** The in-sync set at its largest: what an acknowledgement must have reached (KIP-497). */
export function maximalIsr({ isr, pendingIsr }: LeaderState): readonly number[] {
  return pendingIsr === null ? isr : pendingIsr.maximalIsr;
}

/**
 * A new leader's state: followers in the ISR are taken to be caught up, others are not (Partition.makeLeader). One that
 * has led in the epoch before goes on knowing where its followers' logs end (Replica.resetReplicaState).
 */
export function newLeader(
  leader: Omit<LeaderState, 'followers' | 'pendingIsr'>,
  nowMs: number,
  previous?: LeaderState,
): LeaderState {
  const followers = new Map<number, FollowerProgress>();
  for (const id of leader.replicas) {
    if (id === leader.leaderId) continue;
    const sinceMs = leader.isr.includes(id) ? nowMs : NEVER_MS;
    const known = previous?.followers.get(id);
    followers.set(
      id,
      known
        ? {
            ...known,
            lastCaughtUpMs: sinceMs,
            lastFetchMs: sinceMs,
            lastFetchLeaderLogEndOffset: leader.epochStartOffset,
          }
        : { ...UNKNOWN_PROGRESS, lastCaughtUpMs: sinceMs },
    );
  }
  return { ...leader, pendingIsr: null, followers };
}

/** What is known of a follower after its fetch at `fetchOffset` (Replica.updateFetchStateOrThrow). */
export function afterFetch(
  known: FollowerProgress,
  fetchOffset: number,
  logStartOffset: number,
  brokerEpoch: number,
  leaderLogEndOffset: number,
  nowMs: number,
): FollowerProgress {
  let { lastCaughtUpMs } = known;
  if (fetchOffset >= leaderLogEndOffset) lastCaughtUpMs = Math.max(lastCaughtUpMs, nowMs);
  else if (fetchOffset >= known.lastFetchLeaderLogEndOffset) {
    lastCaughtUpMs = Math.max(lastCaughtUpMs, known.lastFetchMs);
  }
  return {
    logEndOffset: fetchOffset,
    logStartOffset,
    lastCaughtUpMs,
    lastFetchLeaderLogEndOffset: Math.max(leaderLogEndOffset, known.lastFetchLeaderLogEndOffset),
    lastFetchMs: nowMs,
    brokerEpoch,
  };
}

export interface HighWatermarkLimits {
  readonly minInsyncReplicas: () => number;
  readonly replicaLagTimeMaxMs: number;
  readonly isBrokerAlive: (replica: number) => boolean;
}

/**
 * The highest offset that every replica that counts has reached: those in the maximal ISR, and those that are caught
 * up and alive and so about to join it. Null while there are fewer in-sync replicas than the topic demands: the high
 * watermark then stands still (Partition.maybeIncrementLeaderHW, KAFKA-17236).
 */
export function highWatermarkOf(
  state: LeaderState,
  leaderLogEndOffset: number,
  limits: HighWatermarkLimits,
  nowMs: number,
): number | null {
  if (isUnderMinIsr(state, limits.minInsyncReplicas)) return null;
  const isr = maximalIsr(state);
  let lowest = leaderLogEndOffset;
  for (const [id, progress] of state.followers) {
    if (progress.logEndOffset >= lowest) continue;
    const caughtUp = nowMs - progress.lastCaughtUpMs <= limits.replicaLagTimeMaxMs && limits.isBrokerAlive(id);
    if (isr.includes(id) || caughtUp) lowest = progress.logEndOffset;
  }
  return lowest;
}

/** Whether the partition is short of the in-sync replicas that acks=all demands. */
export function isUnderMinIsr(state: LeaderState, minInsyncReplicas: () => number): boolean {
  return isShort(state.isr, state.replicas, minInsyncReplicas);
}

/** Whether there are fewer in sync than demanded; no more than all can be. */
export function isShort(isr: readonly number[], replicas: readonly number[], minInsyncReplicas: () => number): boolean {
  return isr.length < replicas.length && isr.length < minInsyncReplicas();
}
