import type { ErrorName } from '@odradek/protocol/errors';
import { MemoryLoggers } from '../env/testing/logger';
import { batch, fixture } from '../log/testing/fixture';
import type { IsrChange } from './alter-partitions';
import type { IsrAnswer } from './isr-changes';
import { Partition, type PartitionOptions, type PartitionOrder } from './partition';
import { DelayedRequest, type WaitList } from './wait-list';

const MAX_LAG_MS = 30_000;

/** Broker 1 leads; brokers 2 and 3 follow. */
function setUp({ isr = [1, 2, 3] as readonly number[], minInsyncReplicas = 1 } = {}) {
  const { clock, open } = fixture();
  const loggers = new MemoryLoggers();
  const asked: { readonly change: IsrChange; readonly settled: (answer: IsrAnswer) => void }[] = [];
  const isrCounts = { shrinks: 0, expands: 0, failedUpdates: 0 };
  const dead = new Set<number>();
  const log = open();
  const partition = new Partition(
    {
      topic: 't',
      partition: 0,
      brokerId: 1,
      clock,
      loggers,
      alterIsr: (change, settled) => asked.push({ change, settled }),
      isrCounts,
      onTruncated: () => {},
      minInsyncReplicas: () => minInsyncReplicas,
      replicaLagTimeMaxMs: MAX_LAG_MS,
      isBrokerAlive: (id) => !dead.has(id),
    } satisfies PartitionOptions,
    log,
  );
  const order = (change: Partial<PartitionOrder> = {}): PartitionOrder => ({
    controllerEpoch: 1,
    leader: 1,
    leaderEpoch: 5,
    isr,
    partitionEpoch: 7,
    replicas: [1, 2, 3],
    isNew: false,
    ...change,
  });
  partition.makeLeader(order());
  const append = (count = 1) => partition.appendAsLeader(batch(count), 1, { origin: 'client' });
  const fetch = (replica: number, offset = log.logEndOffset) => partition.onFollowerFetch(replica, offset, 0, -1);
  const grant = (change: Partial<IsrAnswer & { type: 'granted' }> = {}) => {
    const { isr, leaderEpoch, partitionEpoch } = asked.at(-1)!.change;
    asked.at(-1)!.settled({ type: 'granted', isr, leaderEpoch, partitionEpoch: partitionEpoch + 1, ...change });
  };
  const refuse = (error: ErrorName) => asked.at(-1)!.settled({ type: 'refused', error });
  /** The offsets up to which a produce request waits, and what it hears. */
  const heard: (string | null)[] = [];
  const wait = (offset: number): void => {
    const attempt = (): boolean => {
      const outcome = partition.acknowledgement(offset);
      if (outcome !== null) heard.push(outcome);
      return outcome !== null;
    };
    if (!attempt())
      new DelayedRequest([partition.producers], attempt, () => heard.push('late'), fail).start(clock, 1e9);
  };
  const isrOf = () => partition.leaderState().isr;
  return {
    clock,
    loggers,
    asked,
    isrCounts,
    dead,
    log,
    partition,
    order,
    append,
    fetch,
    grant,
    refuse,
    heard,
    wait,
    isrOf,
  };
}

const fail = (error?: unknown): never => {
  throw error;
};

test('a follower that lags too long is taken out, and what has waited for it is acknowledged', async () => {
  const { clock, loggers, asked, isrCounts, log, partition, append, fetch, grant, heard, wait, isrOf } = setUp();
  append();
  wait(1);
  fetch(2);
  await clock.advance(MAX_LAG_MS);
  partition.maybeShrinkIsr();
  expect(asked).toEqual([]);
  await clock.advance(1);
  fetch(2);
  partition.maybeShrinkIsr();
  partition.maybeShrinkIsr();
  expect(asked.map(({ change }) => change)).toEqual([
    { topic: 't', topicId: expect.any(String), partition: 0, leaderEpoch: 5, isr: [1, 2], partitionEpoch: 7 },
  ]);
  expect([isrOf(), log.highWatermark, heard]).toEqual([[1, 2, 3], 0, []]);
  grant();
  expect([isrOf(), log.highWatermark, heard, partition.partitionEpoch]).toEqual([[1, 2], 1, ['NONE'], 8]);
  expect(isrCounts).toEqual({ shrinks: 1, expands: 0, failedUpdates: 0 });
  expect(loggers.messages('info')).toEqual([
    expect.stringMatching(
      /^\[Partition t-0 broker=1\] Shrinking ISR from 1,2,3 to 1,2\. Leader: \(highWatermark: 0, endOffset: 1\)\. Out of sync replicas: \(brokerId: 3, endOffset: -1, lastCaughtUpTimeMs: 1700000000000\)\.$/,
    ),
    '[Partition t-0 broker=1] ISR updated to 1,2  and version updated to 8',
  ]);
});

test('one that is about to join and does not holds nobody up for longer than it may lag', async () => {
  const { clock, log, dead, append, fetch, partition, heard, wait } = setUp({ isr: [1, 2], minInsyncReplicas: 2 });
  append(2);
  dead.add(3);
  fetch(3, 2);
  dead.clear();
  append();
  wait(3);
  fetch(2);
  expect(log.highWatermark).toBe(2);
  await clock.advance(MAX_LAG_MS + 1);
  partition.maybeShrinkIsr();
  expect([log.highWatermark, heard]).toEqual([3, ['NONE']]);
});

test('a follower that has caught up is taken in, and counts from the moment at which that is asked for', () => {
  const { asked, isrCounts, log, append, fetch, grant, isrOf } = setUp({ isr: [1, 2] });
  append(4);
  fetch(2);
  expect(log.highWatermark).toBe(4);
  fetch(3, 3);
  expect(asked).toEqual([]);
  fetch(3, 4);
  expect(asked.map(({ change }) => change.isr)).toEqual([[1, 2, 3]]);
  append();
  fetch(2);
  expect(log.highWatermark).toBe(4);
  grant();
  expect(isrOf()).toEqual([1, 2, 3]);
  expect(log.highWatermark).toBe(4);
  fetch(3);
  expect(log.highWatermark).toBe(5);
  expect(isrCounts).toEqual({ shrinks: 0, expands: 1, failedUpdates: 0 });
});

test('with too few in sync nothing is acknowledged before another one is, by the controller’s word', () => {
  const { log, loggers, append, fetch, grant, heard, wait } = setUp({ isr: [1], minInsyncReplicas: 2 });
  append();
  wait(1);
  fetch(2);
  expect([log.highWatermark, heard]).toEqual([0, []]);
  grant({ isr: [1] });
  expect([log.highWatermark, heard]).toEqual([0, []]);
  expect(loggers.messages('info')).toEqual([
    '[Partition t-0 broker=1] ISR updated to 1 (under-min-isr) and version updated to 8',
  ]);
  fetch(2);
  grant();
  expect([log.highWatermark, heard]).toEqual([1, ['NONE']]);
});

test('a dead follower does not join, nor does one with records of epochs before only', () => {
  const { asked, dead, partition, order, append, fetch } = setUp({ isr: [1] });
  append(2);
  dead.add(2);
  fetch(2);
  expect(asked).toEqual([]);
  dead.clear();
  partition.makeFollower(order({ leader: 2, leaderEpoch: 6, partitionEpoch: 8 }));
  partition.makeLeader(order({ isr: [1], leaderEpoch: 7, partitionEpoch: 9 }));
  fetch(2, 1);
  expect(asked).toEqual([]);
  fetch(2, 2);
  expect(asked).toHaveLength(1);
});

test('what the controller rules out is taken back, and asked for again when there is reason to', () => {
  const { asked, dead, isrCounts, log, append, fetch, refuse, isrOf } = setUp({ isr: [1, 2] });
  append();
  fetch(3);
  append();
  fetch(2);
  expect(log.highWatermark).toBe(1);
  dead.add(3);
  refuse('INELIGIBLE_REPLICA');
  expect([isrOf(), isrCounts.failedUpdates, log.highWatermark]).toEqual([[1, 2], 1, 2]);
  dead.clear();
  fetch(3);
  expect(asked).toHaveLength(2);
});

test('what nobody knows the fate of stays open until the next LeaderAndIsr', async () => {
  const { clock, asked, log, partition, order, append, fetch, refuse } = setUp({ isr: [1, 2] });
  append();
  fetch(3);
  refuse('FENCED_LEADER_EPOCH');
  append();
  fetch(2);
  await clock.advance(10 * MAX_LAG_MS);
  partition.maybeShrinkIsr();
  fetch(2);
  expect([asked.length, log.highWatermark]).toEqual([1, 1]);
  partition.makeLeader(order({ isr: [1, 2], leaderEpoch: 6, partitionEpoch: 8 }));
  await clock.advance(MAX_LAG_MS + 1);
  fetch(2);
  expect(log.highWatermark).toBe(2);
});

test('what went wrong is asked for again', () => {
  const { asked, fetch, refuse, loggers } = setUp({ isr: [1, 2] });
  fetch(3);
  refuse('UNKNOWN_SERVER_ERROR');
  expect(asked).toHaveLength(2);
  expect(asked[1]!.change).toEqual(asked[0]!.change);
  expect(loggers.messages('warn')).toEqual([
    '[Partition t-0 broker=1] Failed to update ISR to PendingExpandIsr(isr=1,2,3) due to unexpected UNKNOWN_SERVER_ERROR. Retrying.',
  ]);
});

test.each([
  [
    'another epoch of the leader',
    (world: ReturnType<typeof setUp>) => world.partition.makeLeader(world.order({ leaderEpoch: 6, isr: [1] })),
  ],
  [
    'a follower',
    (world: ReturnType<typeof setUp>) => world.partition.makeFollower(world.order({ leader: 2, leaderEpoch: 6 })),
  ],
  ['nothing', (world: ReturnType<typeof setUp>) => world.partition.resign()],
])('an answer that comes when the replica is %s is not heard', (_, change) => {
  const world = setUp({ isr: [1] });
  const { asked, fetch, grant, isrCounts, partition } = world;
  fetch(2);
  change(world);
  expect(asked).toHaveLength(1);
  grant();
  expect(isrCounts).toEqual({ shrinks: 0, expands: 0, failedUpdates: 0 });
  if (partition.role.type === 'leader') expect(partition.leaderState()).toMatchObject({ isr: [1], pendingIsr: null });
});

test('a leader that goes on in the next epoch waits for nobody’s next fetch', () => {
  const { log, partition, order, append, fetch } = setUp();
  append(3);
  fetch(2);
  fetch(3, 2);
  partition.makeLeader(order({ leaderEpoch: 6, partitionEpoch: 8 }));
  fetch(3);
  expect(log.highWatermark).toBe(3);
});

test('DeleteRecords is looked at when a follower has moved its log’s start', async () => {
  const { clock, partition, append, fetch } = setUp();
  append(3);
  fetch(2);
  fetch(3);
  await clock.settle();
  let looked = 0;
  new DelayedRequest([partition.fetchers], () => looked++ > 99, fail, fail).start(clock, 1e9);
  partition.onFollowerFetch(2, 3, 0, -1);
  await clock.settle();
  expect(looked).toBe(0);
  partition.onFollowerFetch(2, 3, 2, -1);
  await clock.settle();
  expect(looked).toBe(1);
});

test('followers are woken by what is appended, consumers by what is committed', async () => {
  const { clock, partition, append, fetch } = setUp();
  const woken: string[] = [];
  const wait = (who: string, list: WaitList): void =>
    new DelayedRequest([list], () => woken.push(who) < 0, fail, fail).start(clock, 1e9);
  wait('follower', partition.followers);
  wait('consumer', partition.fetchers);
  append();
  await clock.settle();
  expect(woken.splice(0)).toEqual(['follower']);
  fetch(2);
  fetch(3);
  await clock.settle();
  expect(woken.splice(0)).toEqual(['consumer']);
  partition.resign();
  await clock.settle();
  expect(woken.sort()).toEqual(['consumer', 'follower']);
});
