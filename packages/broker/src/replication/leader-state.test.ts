import fc from 'fast-check';
import {
  afterFetch,
  type FollowerProgress,
  highWatermarkOf,
  isUnderMinIsr,
  newLeader,
  UNKNOWN_PROGRESS,
} from './leader-state';

const LIMITS = { minInsyncReplicas: () => 1, replicaLagTimeMaxMs: 30_000, isBrokerAlive: () => true };
const leader = (isr: readonly number[], replicas = [1, 2, 3]) =>
  newLeader({ leaderId: 1, leaderEpoch: 5, epochStartOffset: 0, replicas, isr }, 0);
const fetchAt = (fetchOffset: number) => ({ fetchOffset, logStartOffset: 0, brokerEpoch: 7 });

test('a leader without followers commits what it has', () => {
  expect(highWatermarkOf(leader([1], [1]), 42, LIMITS, 0)).toBe(42);
});

test('the slowest in-sync replica holds the high watermark', () => {
  let state = leader([1, 2, 3]);
  state = afterFetch(state, 2, fetchAt(10), 20, 1);
  state = afterFetch(state, 3, fetchAt(7), 20, 1);
  expect(highWatermarkOf(state, 20, LIMITS, 2)).toBe(7);
});

test('a replica outside the ISR counts while it is caught up and alive', () => {
  let state = leader([1, 2]);
  state = afterFetch(state, 2, fetchAt(20), 20, 1000);
  state = afterFetch(state, 3, fetchAt(20), 20, 1000);
  expect(highWatermarkOf(state, 25, LIMITS, 1001)).toBe(20);
  state = afterFetch(state, 2, fetchAt(25), 25, 40_000);
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
  let state = leader([1, 2, 3]);
  state = afterFetch(state, 2, fetchAt(20), 20, 1);
  state = { ...state, isr: [1, 2], pendingIsr: [1, 2, 3] };
  expect(highWatermarkOf(state, 20, { ...LIMITS, isBrokerAlive: () => false }, 1)).toBe(-1);
});

test('a follower of a busy leader is caught up as of its fetch before', () => {
  let state = leader([1, 2]);
  state = afterFetch(state, 2, fetchAt(5), 10, 100);
  state = afterFetch(state, 2, fetchAt(10), 30, 200);
  const progress = state.followers.get(2) as FollowerProgress;
  expect(progress.lastCaughtUpMs).toBe(100);
});

test('the same epoch again keeps what is known of followers, a new one forgets it', () => {
  const state = afterFetch(leader([1, 2]), 2, fetchAt(5), 10, 100);
  const again = { leaderId: 1, leaderEpoch: 5, epochStartOffset: 0, replicas: [1, 2], isr: [1, 2] };
  expect(newLeader(again, 200, state).followers.get(2)?.logEndOffset).toBe(5);
  expect(newLeader({ ...again, leaderEpoch: 6 }, 200, state).followers.get(2)).toEqual({
    ...UNKNOWN_PROGRESS,
    lastCaughtUpMs: 200,
  });
});

test('the high watermark never passes an in-sync replica', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ replica: fc.integer({ min: 2, max: 3 }), offset: fc.nat(100) })),
      fc.nat(100),
      (fetches, end) => {
        let state = leader([1, 2, 3]);
        for (const { replica, offset } of fetches) state = afterFetch(state, replica, fetchAt(offset), end, 1);
        const candidate = highWatermarkOf(state, end, LIMITS, 2)!;
        for (const progress of state.followers.values()) expect(candidate).toBeLessThanOrEqual(progress.logEndOffset);
        expect(candidate).toBeLessThanOrEqual(end);
      },
    ),
  );
});
