import { KafkaError } from '@odradek/protocol/errors';
import { MemoryWriter } from '../groups/testing/memory-writer';
import { parseTransactionKey } from './records';
import { CoordinatorWorld } from './testing/coordinator-world';
import { initError } from './transaction-types';
import { APACHE_LOG } from './vectors/apache-log';

const DAY_MS = 86_400_000;

const error = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    return (thrown as KafkaError).error;
  }
  return 'NONE';
};

/** The next coordinator of the same partition. */
async function successor(world: CoordinatorWorld, leaderEpoch = 1): Promise<CoordinatorWorld> {
  const next = new CoordinatorWorld(world.writer, {}, world.clock);
  next.nextId = 200;
  return next.lead(leaderEpoch);
}

describe('questions', () => {
  test('are refused where another broker is asked, or the partition is being read', async () => {
    const world = new CoordinatorWorld();
    const { coordinator } = world;
    const producer = { producerId: 1, producerEpoch: 0 };
    expect(error(() => coordinator.describe('a'))).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(error(() => coordinator.list({ states: [], producerIds: [], durationMs: -1 }))).toBe(
      'COORDINATOR_NOT_AVAILABLE',
    );
    coordinator.start(null);
    expect(await world.init('a')).toEqual([initError('NOT_COORDINATOR')]);
    expect(world.add('a', producer)).toEqual(['NOT_COORDINATOR']);
    expect(error(() => coordinator.describe('a'))).toBe('NOT_COORDINATOR');
    coordinator.hosted.elected(0, 0);
    expect(world.end('a', producer)).toEqual(['COORDINATOR_LOAD_IN_PROGRESS']);
    const request = { ...producer, partitions: [{ topic: 't', partition: 0 }] };
    expect(coordinator.verifyPartitions('a', request)).toEqual(['COORDINATOR_LOAD_IN_PROGRESS']);
    expect(error(() => coordinator.list({ states: [], producerIds: [], durationMs: -1 }))).toBe(
      'COORDINATOR_LOAD_IN_PROGRESS',
    );
    await world.clock.settle();
    expect(world.end('a', producer)).toEqual(['INVALID_PRODUCER_ID_MAPPING']);
    expect(coordinator.verifyPartitions('a', request)).toEqual(['INVALID_PRODUCER_ID_MAPPING']);
    expect(error(() => coordinator.describe('a'))).toBe('TRANSACTIONAL_ID_NOT_FOUND');
  });

  test.each([
    ['INVALID_REQUEST', '', 1000],
    ['INVALID_TRANSACTION_TIMEOUT', 'a', 0],
    ['INVALID_TRANSACTION_TIMEOUT', 'a', 900_001],
    ['UNKNOWN_SERVER_ERROR', 'ä'.repeat(17_000), 1000],
  ] as const)('InitProducerId that is refused with %s', async (expected, id, timeoutMs) => {
    const world = await new CoordinatorWorld().lead();
    expect(await world.init(id, { timeoutMs })).toEqual([initError(expected)]);
    expect(world.nextId).toBe(100);
  });

  test('without a producer id at hand the producer asks again', async () => {
    const world = await new CoordinatorWorld().lead();
    world.nextId = new KafkaError('COORDINATOR_LOAD_IN_PROGRESS');
    expect(await world.init('a')).toEqual([initError('COORDINATOR_LOAD_IN_PROGRESS')]);
    world.nextId = new Error('out of order');
    expect(await world.init('a')).toEqual([initError('UNKNOWN_SERVER_ERROR')]);
  });

  test('two that ask for the same new id at once are one after the other', async () => {
    const world = await new CoordinatorWorld().lead();
    const both = await Promise.all([world.init('a'), world.init('a')]);
    expect(both.flat().map(({ producerId, producerEpoch }) => [producerId, producerEpoch])).toEqual([
      [100, 0],
      [100, 1],
    ]);
  });

  test('who asked for a new id while the partition was lost looks for another coordinator', async () => {
    const world = await new CoordinatorWorld().lead();
    const asked = world.init('a');
    world.coordinator.hosted.resigned(0, 1);
    expect(await asked).toEqual([initError('NOT_COORDINATOR')]);
  });

  test('list and filter', async () => {
    const world = await new CoordinatorWorld().lead();
    const { coordinator } = world;
    await world.init('idle');
    const { producerId } = await world.open('open');
    await world.clock.advance(1000);
    await world.open('later');
    const names = (filter: { states?: string[]; producerIds?: number[]; durationMs?: number }) => {
      const { unknownStates, transactions } = coordinator.list({
        states: [],
        producerIds: [],
        durationMs: -1,
        ...filter,
      });
      return [transactions.map(({ transactionalId }) => transactionalId).join(' '), unknownStates.join(' ')];
    };
    expect(names({})).toEqual(['idle open later', '']);
    expect(names({ states: ['Ongoing'] })).toEqual(['open later', '']);
    expect(names({ states: ['ongoing', 'Dead'] })).toEqual(['', 'ongoing']);
    expect(names({ producerIds: [producerId] })).toEqual(['open', '']);
    expect(names({ states: ['Empty'], producerIds: [producerId] })).toEqual(['', '']);
    // Idle ids have been so since the beginning of time.
    expect(names({ durationMs: 999 })).toEqual(['idle open', '']);
    expect(names({ durationMs: 1000 })).toEqual(['idle', '']);
  });
});

describe('a transaction', () => {
  test('leaves records that wait for all in-sync replicas', async () => {
    const world = await new CoordinatorWorld().lead();
    const producer = await world.open('a');
    expect(world.end('a', producer)).toEqual(['NONE']);
    expect(world.stateOf('a')).toBe('PrepareCommit');
    world.markers.settle();
    expect(world.stateOf('a')).toBe('CompleteCommit');
    expect(world.writer.terms).toEqual(Array(4).fill({ requiredAcks: -1, timeoutMs: 30_000 }));
  });

  test('its last record is tried until it is there', async () => {
    const world = await new CoordinatorWorld().lead();
    const producer = await world.open('a');
    world.end('a', producer);
    world.writer.failure = 'NOT_ENOUGH_REPLICAS';
    world.markers.settle();
    const failed = (): number =>
      world.loggers.lines.filter(({ message }) => message.includes('transition failed due to')).length;
    await world.clock.advance(10_000);
    expect(world.stateOf('a')).toBe('PrepareCommit');
    // Said once, and again once there is another reason.
    expect(failed()).toBe(1);
    world.writer.failure = 'CORRUPT_MESSAGE';
    await world.clock.advance(10_000);
    expect(failed()).toBe(2);
    world.writer.failure = null;
    await world.clock.advance(1000);
    expect(world.stateOf('a')).toBe('CompleteCommit');
  });

  test('is aborted by its timeout', async () => {
    const world = await new CoordinatorWorld().lead();
    const producer = await world.open('a', { timeoutMs: 15_000 });
    await world.clock.advance(19_999);
    expect(world.stateOf('a')).toBe('Ongoing');
    await world.clock.advance(1);
    expect(world.markers.sent.map(({ transaction }) => transaction)).toMatchObject([
      { transactionalId: 'a', isCommit: false, producerEpoch: 1 },
    ]);
    expect(world.end('a', producer)).toEqual(['PRODUCER_FENCED']);
  });
});

describe('coordinators come and go', () => {
  test('the next one goes on with what is open, and ends what was being ended', async () => {
    const world = await new CoordinatorWorld().lead();
    const [open, ending] = [await world.open('open'), await world.open('ending')];
    world.add('open', open, 1);
    world.end('ending', ending);
    world.coordinator.hosted.resigned(0, 1);
    expect(world.markers.sent).toEqual([]);
    expect(world.end('open', open)).toEqual(['NOT_COORDINATOR']);
    const next = await successor(world);
    expect(next.markers.sent.map(({ transaction }) => transaction)).toEqual([
      {
        transactionalId: 'ending',
        txnPartition: 0,
        coordinatorEpoch: 1,
        ...{ producerId: ending.producerId, producerEpoch: ending.producerEpoch },
        isCommit: true,
        partitions: [{ topic: 't', partition: 0 }],
      },
    ]);
    next.markers.settle();
    expect(next.stateOf('ending')).toBe('CompleteCommit');
    expect(next.coordinator.describe('open')).toMatchObject({
      state: 'Ongoing',
      partitions: new Map([['t', new Set([0, 1])]]),
    });
    expect(next.end('open', open, false)).toEqual(['NONE']);
    // The id is known: no new one is needed.
    next.markers.settle();
    expect(await next.init('open')).toEqual([{ error: 'NONE', producerId: open.producerId, producerEpoch: 1 }]);
  });

  test('the next one aborts at once what has been open for too long', async () => {
    const world = await new CoordinatorWorld().lead();
    await world.open('a', { timeoutMs: 5_000 });
    world.coordinator.hosted.resigned(0, 1);
    await world.clock.advance(5_001);
    const next = await successor(world);
    expect(next.markers.sent.map(({ transaction }) => transaction)).toMatchObject([
      { transactionalId: 'a', isCommit: false, producerEpoch: 1 },
    ]);
  });

  test('nothing is made of what may be lost with this leader', async () => {
    const world = await new CoordinatorWorld().lead();
    world.end('a', await world.open('a'));
    world.writer.isCommitted = false;
    const next = await successor(world);
    expect(await next.init('a')).toEqual([initError('COORDINATOR_LOAD_IN_PROGRESS')]);
    expect(next.markers.sent).toEqual([]);
    const [settle] = world.writer.commits;
    settle!(null);
    expect(next.markers.sent).toHaveLength(1);
    // Of another term, or never.
    next.coordinator.hosted.resigned(0, 2);
    next.coordinator.hosted.elected(0, 3);
    await next.clock.settle();
    next.coordinator.hosted.resigned(0, 4);
    for (const late of world.writer.commits.splice(0)) late(null);
    expect(next.markers.sent).toEqual([]);
    expect(await next.init('a')).toEqual([initError('NOT_COORDINATOR')]);
  });

  test('everyone who waits is told at once, and answered once', async () => {
    const world = await new CoordinatorWorld().lead();
    const producer = await world.open('a');
    await world.init('b');
    world.writer.settlesAtOnce = false;
    const waiting = [world.end('a', producer), await world.init('b'), await world.init('c')];
    world.coordinator.hosted.resigned(0, 1);
    const told = [['NOT_COORDINATOR'], [initError('NOT_COORDINATOR')], [initError('NOT_COORDINATOR')]];
    expect(waiting).toEqual(told);
    for (const { settle } of world.writer.waiting) settle(null);
    expect(waiting).toEqual(told);
    expect(world.markers.sent).toEqual([]);
  });

  test('what comes late of the term before changes nothing', async () => {
    const world = await new CoordinatorWorld().lead(4);
    const { hosted } = world.coordinator;
    hosted.resigned(0, 3);
    expect(await world.init('a')).toMatchObject([{ error: 'NONE' }]);
    hosted.resigned(0, 5);
    hosted.elected(0, 4);
    await world.clock.settle();
    expect(await world.init('a')).toEqual([initError('NOT_COORDINATOR')]);
    hosted.elected(0, 6);
    await world.clock.settle();
    expect(await world.init('a')).toMatchObject([{ error: 'NONE', producerEpoch: 1 }]);
  });

  test('an append of the term before does not end what the next term has begun', async () => {
    const world = await new CoordinatorWorld().lead();
    const producer = await world.open('a');
    world.writer.settlesAtOnce = false;
    world.end('a', producer);
    world.coordinator.hosted.resigned(0, 1);
    world.coordinator.hosted.elected(0, 2);
    await world.clock.settle();
    // The record was in the log: the new term sends the markers.
    expect(world.markers.sent.map(({ transaction }) => transaction.coordinatorEpoch)).toEqual([2]);
    world.writer.waiting[0]!.settle(null);
    expect(world.markers.sent).toHaveLength(1);
  });

  test('stops with everything given up', async () => {
    const world = await new CoordinatorWorld().lead();
    const producer = await world.open('a');
    world.writer.settlesAtOnce = false;
    const answers = world.end('a', producer);
    world.coordinator.stop();
    expect(answers).toEqual(['NOT_COORDINATOR']);
    expect(world.markers.isStopped).toBe(true);
    expect(world.clock.timers).toBe(0);
    expect(error(() => world.coordinator.describe('a'))).toBe('COORDINATOR_NOT_AVAILABLE');
  });
});

describe('logs', () => {
  test('as Apache has written it', async () => {
    const writer = new MemoryWriter();
    writer.put(0, APACHE_LOG);
    const world = await new CoordinatorWorld(writer).lead();
    const { transactions } = world.coordinator.list({ states: [], producerIds: [], durationMs: -1 });
    expect(transactions).toEqual([{ transactionalId: 'golden-ä', producerId: 2, state: 'Ongoing' }]);
    expect(world.coordinator.describe('golden-ä')).toMatchObject({ producerEpoch: 0, timeoutMs: 60_000 });
  });

  // Where Apache's log ends, and what is to be done then.
  test.each([
    [383, 'golden-a', 'PrepareCommit', [{ isCommit: true, partitions: [{ topic: 'alpha', partition: 0 }] }]],
    [500, 'golden-a', 'CompleteCommit', []],
    [
      1133,
      'golden-a',
      'PrepareAbort',
      [
        {
          isCommit: false,
          partitions: [
            { topic: 'alpha', partition: 2 },
            { topic: '__consumer_offsets', partition: 1 },
            { topic: 'beta', partition: 0 },
          ],
        },
      ],
    ],
    [1631, 'golden-b', 'PrepareAbort', [{ isCommit: false, producerEpoch: 1 }]],
  ] as const)('of Apache as far as byte %i', async (bytes, transactionalId, state, markers) => {
    const writer = new MemoryWriter();
    writer.put(0, APACHE_LOG.subarray(0, bytes));
    const world = await new CoordinatorWorld(writer).lead(9);
    expect(world.stateOf(transactionalId)).toBe(state);
    const sent = world.markers.sent.map(({ transaction }) => transaction);
    expect(sent).toMatchObject(markers.map((it) => ({ ...it, transactionalId, coordinatorEpoch: 9 })));
  });

  test('a log that cannot be read makes no coordinator', async () => {
    const writer = new MemoryWriter();
    writer.readFailure = 'NOT_LEADER_OR_FOLLOWER';
    const world = await new CoordinatorWorld(writer).lead();
    expect(await world.init('a')).toEqual([initError('COORDINATOR_LOAD_IN_PROGRESS')]);
    expect(world.loggers.messages('error')).toHaveLength(1);
  });
});

describe('expiry', () => {
  const settings = { 'transactional.id.expiration.ms': String(DAY_MS) };
  const tombstones = (writer: MemoryWriter): unknown[] =>
    writer
      .records(0)
      .filter(({ value }) => value === null)
      .map(({ key }) => parseTransactionKey(key!));

  test('ids that nobody uses are gone once their tombstones are committed', async () => {
    const world = await new CoordinatorWorld(new MemoryWriter(), settings).lead();
    await world.init('idle');
    await world.clock.advance(DAY_MS - 1);
    await world.open('open', { timeoutMs: 900_000 });
    expect(world.stateOf('idle')).toBe('Empty');
    world.writer.settlesAtOnce = false;
    await world.clock.advance(3_600_000);
    expect(world.stateOf('idle')).toBe('Empty');
    expect(await world.init('idle')).toEqual([initError('CONCURRENT_TRANSACTIONS')]);
    const { waiting } = world.writer;
    waiting
      .splice(
        waiting.findIndex(() => tombstones(world.writer).length === 1),
        1,
      )[0]!
      .settle(null);
    world.writer.settlesAtOnce = true;
    for (const { settle } of waiting.splice(0)) settle(null);
    expect(tombstones(world.writer)).toEqual([{ transactionalId: 'idle' }]);
    expect(error(() => world.stateOf('idle'))).toBe('TRANSACTIONAL_ID_NOT_FOUND');
    // It begins anew, with an id that nobody had.
    expect(await world.init('idle')).toMatchObject([{ error: 'NONE', producerEpoch: 0, producerId: 102 }]);
  });

  test('where no tombstone can be written they stay', async () => {
    const world = await new CoordinatorWorld(new MemoryWriter(), settings).lead();
    await world.init('idle');
    world.writer.failure = 'NOT_ENOUGH_REPLICAS';
    await world.clock.advance(DAY_MS + 3_600_000);
    expect(world.loggers.messages('warn').at(-1)).toBe(
      '[Transaction State Manager 0]: Failed to remove expired transactionalId: idle from cache. Tombstone append error code: NOT_ENOUGH_REPLICAS, pendingState: Some(Dead)',
    );
    expect(world.stateOf('idle')).toBe('Empty');
    world.writer.failure = null;
    await world.clock.advance(3_600_000);
    expect(error(() => world.stateOf('idle'))).toBe('TRANSACTIONAL_ID_NOT_FOUND');
  });

  test('thousands are written in batches that the partition takes', async () => {
    const writer = new MemoryWriter();
    const world = await new CoordinatorWorld(writer, settings).lead();
    for (let index = 0; index < 600; index++) await world.init(`id-${index}`);
    const before = writer.batchCount(0);
    writer.batchBytes = 4000;
    await world.clock.advance(DAY_MS + 3_600_000);
    expect(tombstones(writer)).toHaveLength(600);
    expect(writer.batchCount(0) - before).toBeGreaterThan(10);
    expect(world.coordinator.list({ states: [], producerIds: [], durationMs: -1 }).transactions).toEqual([]);
  });

  test('and are still gone for the next coordinator', async () => {
    const world = await new CoordinatorWorld(new MemoryWriter(), settings).lead();
    await world.init('idle');
    await world.clock.advance(DAY_MS + 3_600_000);
    const next = await successor(world);
    expect(error(() => next.stateOf('idle'))).toBe('TRANSACTIONAL_ID_NOT_FOUND');
  });
});

test('ids live where Kafka puts them', () => {
  const { coordinator } = new CoordinatorWorld(new MemoryWriter(), { 'transaction.state.log.num.partitions': '50' });
  // What Java says: Utils.abs(id.hashCode()) % 50; the last is a text whose hash is the smallest integer.
  const partitions = ['golden-a', 'golden-ä', '', 'polygenelubricants'].map((id) => coordinator.partitionFor(id));
  expect(partitions).toEqual([7, 38, 0, 0]);
});
