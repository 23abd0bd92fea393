import type { ErrorName } from '@odradek/protocol/errors';
import { type FollowerProgress, type LeaderState, type PendingIsr, UNKNOWN_PROGRESS } from './leader-state';

/**
 * The in-sync replicas that have neither all that the leader has, nor had it at any moment of the last `maxLagMs`: stuck
 * and slow ones alike (Partition.getOutOfSyncReplicas). None while a change is under way.
 */
export function outOfSyncReplicas(
  state: LeaderState,
  leaderLogEndOffset: number,
  maxLagMs: number,
  nowMs: number,
): number[] {
  if (state.pendingIsr !== null) return [];
  return state.isr.filter((id) => {
    if (id === state.leaderId) return false;
    const progress = state.followers.get(id) ?? UNKNOWN_PROGRESS;
    return progress.logEndOffset !== leaderLogEndOffset && nowMs - progress.lastCaughtUpMs > maxLagMs;
  });
}

/** Without these replicas. Until the controller says so they count: it may have other plans (KIP-497). */
export function proposeShrink({ isr }: LeaderState, outOfSync: readonly number[]): PendingIsr {
  return { type: 'shrink', isr: isr.filter((id) => !outOfSync.includes(id)), maximalIsr: isr };
}

/**
 * Whether a follower is to join the in-sync replicas: it has all that is committed, and has reached the records of this
 * leader's epoch. One that has not could lead before it has fetched what was committed in epochs before
 * (Partition.maybeExpandIsr).
 */
export function mayJoin(
  state: LeaderState,
  replica: number,
  highWatermark: number,
  isBrokerAlive: (replica: number) => boolean,
): boolean {
  if (state.pendingIsr !== null || state.isr.includes(replica)) return false;
  const { logEndOffset } = state.followers.get(replica) ?? UNKNOWN_PROGRESS;
  return logEndOffset >= highWatermark && logEndOffset >= state.epochStartOffset && isBrokerAlive(replica);
}

/** With this replica. It counts from now on: the controller may grant it before this leader hears of it. */
export function proposeExpand({ isr }: LeaderState, replica: number): PendingIsr {
  const expanded = [...isr, replica];
  return { type: 'expand', isr: expanded, maximalIsr: expanded };
}

/** What the controller has said of a proposal. */
export type IsrAnswer =
  | {
      readonly type: 'granted';
      readonly leaderEpoch: number;
      readonly isr: readonly number[];
      readonly partitionEpoch: number;
    }
  | { readonly type: 'refused'; readonly error: ErrorName };

/**
 * What follows from an answer (Partition.handleAlterPartitionError, handleAlterPartitionUpdate). `commit`: the answer's
 * in-sync replicas are now the partition's. `roll-back`: the controller has said that the proposal was not carried out
 * and never will be. `wait`: nobody knows, and the next LeaderAndIsr will tell; both sets count until then. `retry`: ask
 * again.
 */
export type IsrVerdict = 'commit' | 'roll-back' | 'wait' | 'retry';

/** Judges an answer to the latest proposal of a leader in `leaderEpoch` that knows `partitionEpoch`. */
export function verdictOn(answer: IsrAnswer, leaderEpoch: number, partitionEpoch: number): IsrVerdict {
  if (answer.type === 'refused') return verdictOnRefusal(answer.error);
  return answer.leaderEpoch === leaderEpoch && answer.partitionEpoch >= partitionEpoch ? 'commit' : 'wait';
}

export function verdictOnRefusal(error: ErrorName): Exclude<IsrVerdict, 'commit'> {
  switch (error) {
    case 'OPERATION_NOT_ATTEMPTED':
    case 'INELIGIBLE_REPLICA':
      return 'roll-back';
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'UNKNOWN_TOPIC_ID':
    case 'FENCED_LEADER_EPOCH':
    case 'INVALID_UPDATE_VERSION':
    case 'INVALID_REQUEST':
    case 'NEW_LEADER_ELECTED':
      return 'wait';
    default:
      return 'retry';
  }
}

/** One out-of-sync replica as Kafka's log line shows it; `startedAtMs` turns monotonic times into those of the day. */
export function describeLaggard(replica: number, progress: FollowerProgress | undefined, startedAtMs: number): string {
  const endOffset = progress?.logEndOffset ?? 'unknown';
  const caughtUpMs = progress?.lastCaughtUpMs;
  const day =
    caughtUpMs === undefined ? 'unknown' : Number.isFinite(caughtUpMs) ? Math.round(startedAtMs + caughtUpMs) : 0;
  return `(brokerId: ${replica}, endOffset: ${endOffset}, lastCaughtUpTimeMs: ${day})`;
}
