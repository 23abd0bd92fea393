import type { ErrorName } from '@odradek/protocol/errors';
import fc from 'fast-check';
import { silentLoggers } from '../env/logger';
import { batch, fixture } from '../log/testing/fixture';
import type { IsrChange } from './alter-partitions';
import {
  describeLaggard,
  type IsrAnswer,
  type IsrVerdict,
  mayJoin,
  outOfSyncReplicas,
  proposeExpand,
  proposeShrink,
  verdictOn,
} from './isr-changes';
import { type FollowerProgress, type LeaderState, maximalIsr, newLeader, UNKNOWN_PROGRESS } from './leader-state';
import { Partition } from './partition';

const MAX_LAG_MS = 30_000;
const alive = (): boolean => true;
const leader = (
  isr: readonly number[],
  followers: Readonly<Record<number, Partial<FollowerProgress>>> = {},
): LeaderState => {
  const state = newLeader({ leaderId: 1, leaderEpoch: 5, epochStartOffset: 10, replicas: [1, 2, 3], isr }, 0);
  for (const [id, progress] of Object.entries(followers)) {
    state.followers.set(Number(id), { ...UNKNOWN_PROGRESS, ...progress });
  }
  return state;
};

describe('who falls out', () => {
  const at = (state: LeaderState, nowMs: number): number[] => outOfSyncReplicas(state, 20, MAX_LAG_MS, nowMs);

  test('one that has not caught up for too long, be it stuck or slow', () => {
    const state = leader([1, 2, 3], {
      2: { logEndOffset: 19, lastCaughtUpMs: 1000 },
      3: { logEndOffset: 5, lastCaughtUpMs: 2000 },
    });
    expect(at(state, 31_000)).toEqual([]);
    expect(at(state, 31_001)).toEqual([2]);
    expect(at(state, 32_001)).toEqual([2, 3]);
  });

  test('not one that has all there is, however long ago it last asked', () => {
    expect(at(leader([1, 2], { 2: { logEndOffset: 20, lastCaughtUpMs: 0 } }), 1e9)).toEqual([]);
  });

  test('one that never came, and one that is no replica any more', () => {
    expect(at(leader([1, 2, 3, 4]), 30_001)).toEqual([2, 3, 4]);
  });

  test('not the leader, not who is out already, and nobody while a change is under way', () => {
    expect(at(leader([1]), 1e9)).toEqual([]);
    const state = leader([1, 2]);
    expect(at({ ...state, pendingIsr: proposeExpand(state, 3) }, 1e9)).toEqual([]);
  });
});

describe('who joins', () => {
  const at = (logEndOffset: number, highWatermark: number, state = leader([1, 2])): boolean => {
    state.followers.set(3, { ...UNKNOWN_PROGRESS, logEndOffset });
    return mayJoin(state, 3, highWatermark, alive);
  };

  test('one that has all that is committed and a record of this epoch', () => {
    expect(at(15, 15)).toBe(true);
    expect(at(14, 15)).toBe(false);
    // What was committed in epochs before may lie beyond a new leader's high watermark.
    expect(at(9, 5)).toBe(false);
    expect(at(10, 5)).toBe(true);
  });

  test('not one that is in sync, dead or a stranger, nor while a change is under way', () => {
    expect(at(15, 15, leader([1, 3]))).toBe(false);
    const state = leader([1, 2], { 3: { logEndOffset: 15 } });
    expect(mayJoin(state, 3, 15, (id) => id !== 3)).toBe(false);
    expect(mayJoin(state, 4, 0, alive)).toBe(false);
    expect(at(15, 15, { ...state, pendingIsr: proposeShrink(state, [2]) })).toBe(false);
  });
});

test('until the controller has spoken whoever may be in sync counts', () => {
  const state = leader([1, 2]);
  const expand = proposeExpand(state, 3);
  expect(expand.isr).toEqual([1, 2, 3]);
  expect(maximalIsr({ ...state, pendingIsr: expand })).toEqual([1, 2, 3]);
  const shrink = proposeShrink(state, [2]);
  expect(shrink.isr).toEqual([1]);
  expect(maximalIsr({ ...state, pendingIsr: shrink })).toEqual([1, 2]);
  expect(maximalIsr(state)).toEqual([1, 2]);
});

const REFUSALS: readonly (readonly [ErrorName, IsrVerdict])[] = [
  ['OPERATION_NOT_ATTEMPTED', 'roll-back'],
  ['INELIGIBLE_REPLICA', 'roll-back'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'wait'],
  ['UNKNOWN_TOPIC_ID', 'wait'],
  ['FENCED_LEADER_EPOCH', 'wait'],
  ['INVALID_UPDATE_VERSION', 'wait'],
  ['INVALID_REQUEST', 'wait'],
  ['NEW_LEADER_ELECTED', 'wait'],
  ['UNKNOWN_SERVER_ERROR', 'retry'],
  ['NOT_CONTROLLER', 'retry'],
  ['REQUEST_TIMED_OUT', 'retry'],
];

test.each(REFUSALS)('what follows from %s: %s', (error, verdict) => {
  expect(verdictOn({ type: 'refused', error }, 5, 7)).toBe(verdict);
});

test.each([
  [5, 8, 'commit'],
  [5, 7, 'commit'],
  [5, 6, 'wait'],
  [6, 8, 'wait'],
] as const)('granted in leader epoch %i and partition epoch %i: %s', (leaderEpoch, partitionEpoch, verdict) => {
  expect(verdictOn({ type: 'granted', isr: [1], leaderEpoch, partitionEpoch }, 5, 7)).toBe(verdict);
});

test('a laggard in the words of the log', () => {
  const progress = { ...UNKNOWN_PROGRESS, logEndOffset: 4, lastCaughtUpMs: 1500.4 };
  expect(describeLaggard(2, progress, 1_700_000_000_000)).toBe(
    '(brokerId: 2, endOffset: 4, lastCaughtUpTimeMs: 1700000001500)',
  );
  expect(describeLaggard(2, UNKNOWN_PROGRESS, 1_700_000_000_000)).toBe(
    '(brokerId: 2, endOffset: -1, lastCaughtUpTimeMs: 0)',
  );
  expect(describeLaggard(2, undefined, 0)).toBe('(brokerId: 2, endOffset: unknown, lastCaughtUpTimeMs: unknown)');
});

/** A leader of three replicas, its followers' logs, and a controller that answers when told to, or whose answers get lost. */
class World {
  readonly partition: Partition;
  readonly ends = new Map([
    [2, 0],
    [3, 0],
  ]);
  private readonly world = fixture();
  private readonly log = this.world.open();
  private pending: { readonly change: IsrChange; readonly settled: (answer: IsrAnswer) => void } | null = null;
  private committed = { isr: [1, 2, 3] as readonly number[], partitionEpoch: 0, leaderEpoch: 0 };
  private isEligible = true;
  changes = 0;

  constructor() {
    this.partition = new Partition(
      {
        topic: 't',
        partition: 0,
        brokerId: 1,
        clock: this.world.clock,
        loggers: silentLoggers,
        alterIsr: (change, settled) => {
          this.pending = { change, settled };
        },
        isrCounts: { shrinks: 0, expands: 0, failedUpdates: 0 },
        onTruncated: () => {},
        minInsyncReplicas: () => 1,
        replicaLagTimeMaxMs: MAX_LAG_MS,
        isBrokerAlive: () => true,
      },
      this.log,
    );
    this.elect();
  }

  /** LeaderAndIsr, of the state that the controller has, in a new epoch. */
  elect(): void {
    const { committed } = this;
    this.committed = {
      ...committed,
      leaderEpoch: committed.leaderEpoch + 1,
      partitionEpoch: committed.partitionEpoch + 1,
    };
    const order = { controllerEpoch: 1, leader: 1, replicas: [1, 2, 3], isNew: false };
    this.partition.makeLeader({ ...order, ...this.committed });
  }

  append(): void {
    this.partition.appendAsLeader(batch(1), 1, { origin: 'client' });
  }

  fetch(replica: number, isLate: boolean): void {
    // What the follower was sent by its last fetch is in its log, or will be by the next.
    if (!isLate) this.ends.set(replica, this.log.logEndOffset);
    this.partition.onFollowerFetch(replica, this.ends.get(replica)!, 0, -1);
  }

  async pass(durationMs: number): Promise<void> {
    await this.world.clock.advance(durationMs);
    this.partition.maybeShrinkIsr();
  }

  toggleEligibility(): void {
    this.isEligible = !this.isEligible;
  }

  /** The controller handles what was asked; the leader hears of it, or asks again. */
  handle(isHeard: boolean): void {
    if (!this.pending) return;
    const { change, settled } = this.pending;
    const answer = this.judge(change);
    if (!isHeard) return;
    this.pending = null;
    settled(answer);
  }

  private judge({ leaderEpoch, partitionEpoch, isr }: IsrChange): IsrAnswer {
    const { committed } = this;
    if (leaderEpoch < committed.leaderEpoch) return { type: 'refused', error: 'FENCED_LEADER_EPOCH' };
    const granted = (): IsrAnswer => ({ type: 'granted', ...this.committed });
    if (isr.join() === committed.isr.join()) return granted();
    if (partitionEpoch < committed.partitionEpoch) return { type: 'refused', error: 'INVALID_UPDATE_VERSION' };
    if (!this.isEligible) return { type: 'refused', error: 'INELIGIBLE_REPLICA' };
    this.committed = { ...committed, isr, partitionEpoch: partitionEpoch + 1 };
    this.changes++;
    return granted();
  }

  /** Whoever the controller may make a leader has all that was acknowledged. */
  check(): void {
    const { highWatermark } = this.log;
    for (const id of this.committed.isr) {
      if (id !== 1) expect(this.ends.get(id)).toBeGreaterThanOrEqual(highWatermark);
    }
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant((world: World) => world.append()) },
  {
    weight: 5,
    arbitrary: fc.record({ replica: fc.constantFrom(2, 3), isLate: fc.boolean() }).map(
      ({ replica, isLate }) =>
        (world: World) =>
          world.fetch(replica, isLate),
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom(10_000, 31_000).map((ms) => (world: World) => world.pass(ms)) },
  { weight: 4, arbitrary: fc.boolean().map((isHeard) => (world: World) => world.handle(isHeard)) },
  { weight: 1, arbitrary: fc.constant((world: World) => world.toggleEligibility()) },
  { weight: 1, arbitrary: fc.constant((world: World) => world.elect()) },
);

test('what was acknowledged is on every replica that the controller may have in sync', async () => {
  let changes = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const world = new World();
      for (const run of steps) {
        await run(world);
        world.check();
      }
      changes += world.changes;
    }),
    { numRuns: 100 },
  );
  // A world in which nothing ever changes would show nothing.
  expect(changes).toBeGreaterThan(25);
});
