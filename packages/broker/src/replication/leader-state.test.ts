import fc from 'fast-check';
import {
  afterFetch,
  type FollowerProgress,
  highWatermarkOf,
  isUnderMinIsr,
  type LeaderState,
  NEVER_MS,
  newLeader,
  UNKNOWN_PROGRESS,
} from './leader-state';

const LIMITS = { minInsyncReplicas: () => 1, replicaLagTimeMaxMs: 30_000, isBrokerAlive: () => true };
const leader = (isr: readonly number[], replicas = [1, 2, 3]) =>
  newLeader({ leaderId: 1, leaderEpoch: 5, epochStartOffset: 0, replicas, isr }, 0);
const fetched = (state: LeaderState, replica: number, fetchOffset: number, leaderEnd: number, nowMs: number): void => {
  state.followers.set(replica, afterFetch(state.followers.get(replica)!, fetchOffset, 0, 7, leaderEnd, nowMs));
};

test('a leader without followers commits what it has', () => {
  expect(highWatermarkOf(leader([1], [1]), 42, LIMITS, 0)).toBe(42);
});

test('the slowest in-sync replica holds the high watermark', () => {
  const state = leader([1, 2, 3]);
  fetched(state, 2, 10, 20, 1);
  fetched(state, 3, 7, 20, 1);
  expect(highWatermarkOf(state, 20, LIMITS, 2)).toBe(7);
});

test('a replica outside the ISR counts while it is caught up and alive', () => {
  const state = leader([1, 2]);
  fetched(state, 2, 20, 20, 1000);
  fetched(state, 3, 20, 20, 1000);
  expect(highWatermarkOf(state, 25, LIMITS, 1001)).toBe(20);
  fetched(state, 2, 25, 25, 40_000);
  expect(highWatermarkOf(state, 25, LIMITS, 1001 + 30_000)).toBe(25);
  expect(highWatermarkOf(state, 25, { ...LIMITS, isBrokerAlive: (id) => id !== 3 }, 1001)).toBe(25);
});

test('with fewer in-sync replicas than the topic demands the high watermark stands still', () => {
  const state = leader([1]);
  expect(highWatermarkOf(state, 9, { ...LIMITS, minInsyncReplicas: () => 2 }, 0)).toBeNull();
  expect(isUnderMinIsr(state, () => 2)).toBe(true);
  expect(isUnderMinIsr(leader([1], [1]), () => 2)).toBe(false);
});

test('an ISR change that is not confirmed yet counts at its largest', () => {
  const state = leader([1, 2, 3]);
  fetched(state, 2, 20, 20, 1);
  const pending = {
    ...state,
    isr: [1, 2],
    pendingIsr: { type: 'expand', isr: [1, 2, 3], maximalIsr: [1, 2, 3] },
  } as const;
  expect(highWatermarkOf(pending, 20, { ...LIMITS, isBrokerAlive: () => false }, 1)).toBe(-1);
});

test('a follower of a busy leader is caught up as of its fetch before', () => {
  const state = leader([1, 2]);
  fetched(state, 2, 5, 10, 100);
  fetched(state, 2, 10, 30, 200);
  const progress = state.followers.get(2) as FollowerProgress;
  expect(progress.lastCaughtUpMs).toBe(100);
});

test('the next epoch of a leader that goes on knows where logs end, and takes the in-sync ones for caught up', () => {
  const state = leader([1, 2]);
  fetched(state, 2, 5, 10, 100);
  fetched(state, 3, 4, 10, 100);
  const next = { leaderId: 1, leaderEpoch: 6, epochStartOffset: 12, replicas: [1, 2, 3, 4], isr: [1, 2] };
  const { followers } = newLeader(next, 200, state);
  const kept = { logStartOffset: 0, brokerEpoch: 7, lastFetchLeaderLogEndOffset: 12 };
  expect(followers.get(2)).toEqual({ ...kept, logEndOffset: 5, lastCaughtUpMs: 200, lastFetchMs: 200 });
  expect(followers.get(3)).toEqual({ ...kept, logEndOffset: 4, lastCaughtUpMs: NEVER_MS, lastFetchMs: NEVER_MS });
  expect(followers.get(4)).toEqual(UNKNOWN_PROGRESS);
  expect(newLeader(next, 200).followers.get(2)).toEqual({ ...UNKNOWN_PROGRESS, lastCaughtUpMs: 200 });
});

test('a follower that was never in sync holds nothing back, however young the clock', () => {
  expect(highWatermarkOf(leader([1]), 9, LIMITS, 5)).toBe(9);
});

test('the high watermark never passes an in-sync replica', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ replica: fc.integer({ min: 2, max: 3 }), offset: fc.nat(100) })),
      fc.nat(100),
      (fetches, end) => {
        const state = leader([1, 2, 3]);
        for (const { replica, offset } of fetches) fetched(state, replica, offset, end, 1);
        const candidate = highWatermarkOf(state, end, LIMITS, 2)!;
        for (const progress of state.followers.values()) expect(candidate).toBeLessThanOrEqual(progress.logEndOffset);
        expect(candidate).toBeLessThanOrEqual(end);
      },
    ),
  );
});
