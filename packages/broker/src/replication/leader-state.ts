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

export const UNKNOWN_PROGRESS: FollowerProgress = {
  logEndOffset: -1,
  logStartOffset: -1,
  lastCaughtUpMs: 0,
  lastFetchLeaderLogEndOffset: 0,
  lastFetchMs: 0,
  brokerEpoch: -1,
};

/** A leader's view of its partition. Pure data: every function below returns the next one. */
export interface LeaderState {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  /** Where this leader's epoch starts: a follower joins the ISR only beyond it. */
  readonly epochStartOffset: number;
  readonly replicas: readonly number[];
  /** The in-sync replicas as the controller last confirmed them. */
  readonly isr: readonly number[];
  /** What has been asked of the controller and not answered: the larger of both sets counts until it is. */
  readonly pendingIsr: readonly number[] | null;
  readonly followers: ReadonlyMap<number, FollowerProgress>;
}

/** The in-sync set at its largest: what an acknowledgement must have reached (KIP-497). */
export function maximalIsr(state: LeaderState): readonly number[] {
  if (state.pendingIsr === null) return state.isr;
  return [...new Set([...state.isr, ...state.pendingIsr])];
}

/** A new leader's state: followers in the ISR are taken to be caught up, others are not (Partition.makeLeader). */
export function newLeader(
  leader: Omit<LeaderState, 'followers' | 'pendingIsr'>,
  nowMs: number,
  previous?: LeaderState,
): LeaderState {
  const followers = new Map<number, FollowerProgress>();
  for (const id of leader.replicas) {
    if (id === leader.leaderId) continue;
    const known = previous?.leaderEpoch === leader.leaderEpoch ? previous.followers.get(id) : undefined;
    followers.set(id, known ?? { ...UNKNOWN_PROGRESS, lastCaughtUpMs: leader.isr.includes(id) ? nowMs : 0 });
  }
  return { ...leader, pendingIsr: null, followers };
}

/** A follower's fetch at `fetchOffset` (Replica.updateFetchStateOrThrow). */
export function afterFetch(
  state: LeaderState,
  replica: number,
  fetch: { fetchOffset: number; logStartOffset: number; brokerEpoch: number },
  leaderLogEndOffset: number,
  nowMs: number,
): LeaderState {
  const known = state.followers.get(replica);
  if (!known) return state;
  let { lastCaughtUpMs } = known;
  if (fetch.fetchOffset >= leaderLogEndOffset) lastCaughtUpMs = Math.max(lastCaughtUpMs, nowMs);
  else if (fetch.fetchOffset >= known.lastFetchLeaderLogEndOffset) {
    lastCaughtUpMs = Math.max(lastCaughtUpMs, known.lastFetchMs);
  }
  const progress: FollowerProgress = {
    logEndOffset: fetch.fetchOffset,
    logStartOffset: fetch.logStartOffset,
    lastCaughtUpMs,
    lastFetchLeaderLogEndOffset: leaderLogEndOffset,
    lastFetchMs: nowMs,
    brokerEpoch: fetch.brokerEpoch,
  };
  return { ...state, followers: new Map(state.followers).set(replica, progress) };
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
  const isr = maximalIsr(state);
  if (isShort(isr, state.replicas, limits.minInsyncReplicas)) return null;
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
