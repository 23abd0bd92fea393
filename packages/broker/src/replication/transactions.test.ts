import { buildEndTxnBatch } from '@odradek/protocol/records/control';
import { seededBelow } from '@odradek/protocol/testing/seeded';
import { batch } from '../log/testing/fixture';
import { type TestReplica, TestReplicas } from './testing/replicas';
import { DelayedRequest } from './wait-list';

const PRODUCERS = [1, 2, 3, 4];
const SEEDS = 8;
const STEPS = 100;
const START_MS = 1000;

function write({ partition }: TestReplica, producerId: number, count = 1): void {
  const verificationGuard = partition.log.startTransactionVerification(producerId, 0, 0);
  const init = { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true };
  partition.appendAsLeader(batch(count, init), 1, { origin: 'coordinator', verificationGuard });
}

function end({ partition }: TestReplica, producerId: number, type: 'COMMIT' | 'ABORT', coordinatorEpoch = 0): void {
  const marker = { type, producerId, producerEpoch: 0, coordinatorEpoch, timestamp: START_MS } as const;
  partition.appendAsLeader(buildEndTxnBatch(marker), 1, { origin: 'coordinator' });
}

/** What readers of what is committed are told of a replica from an offset on. */
function committed({ log }: TestReplica, from: number) {
  const { slice, abortedTransactions } = log.read(from, {
    maxBytes: 1 << 20,
    minOneMessage: true,
    isolation: 'committed',
  });
  return { bytes: slice.bytes, abortedTransactions, lastStableOffset: log.lastStableOffset };
}

/** The indexes of aborted transactions, file by file. */
function indexesOf({ disk }: TestReplica): string[] {
  const files = disk.list('/data/t-0').filter((name) => name.endsWith('.txnindex'));
  const bytes = files.map((name) => `${name} ${disk.readFile(`/data/t-0/${name}`)!.toString('hex')}`);
  return bytes.filter((text) => !text.endsWith(' ')).sort();
}

const openOf = ({ log }: TestReplica): string[] =>
  log
    .activeProducers()
    .filter(({ currentTxnStartOffset }) => currentTxnStartOffset >= 0)
    .map(({ producerId, currentTxnStartOffset }) => `${producerId} from ${currentTxnStartOffset}`)
    .sort();

test('a follower tells of a transaction what its leader tells, as soon as it knows that its end counts', async () => {
  const world = new TestReplicas({});
  world.elect(0);
  const [leader, follower] = [world.replica(0), world.replica(1)];
  write(leader, 1, 2);
  await world.converge();
  expect(committed(follower, 0)).toEqual({ bytes: 0, abortedTransactions: [], lastStableOffset: 0 });
  let isWoken = false;
  const waiting = (): boolean => {
    isWoken ||= follower.log.lastStableOffset > 0;
    return isWoken;
  };
  new DelayedRequest(
    [follower.partition.fetchers],
    waiting,
    () => {},
    () => {},
  ).start(world.clock, 60_000);
  end(leader, 1, 'ABORT');
  await follower.fetch();
  // It has the marker, but not the word that all have it.
  expect([follower.log.logEndOffset, follower.log.lastStableOffset]).toEqual([3, 0]);
  await world.converge();
  await world.clock.settle();
  expect(isWoken).toBe(true);
  expect(committed(follower, 0)).toEqual(committed(leader, 0));
  expect(committed(follower, 0)).toMatchObject({
    abortedTransactions: [{ producerId: 1, firstOffset: 0 }],
    lastStableOffset: 3,
  });
  expect(indexesOf(follower)).toEqual(indexesOf(leader));
});

test('the next leader knows which transactions are open, and of which coordinator to take their ends', async () => {
  const world = new TestReplicas({});
  world.elect(0);
  write(world.replica(0), 1);
  end(world.replica(0), 1, 'COMMIT', 7);
  write(world.replica(0), 1);
  write(world.replica(0), 2);
  await world.converge();
  world.elect(1);
  const leader = world.replica(1);
  expect(openOf(leader)).toEqual(['1 from 2', '2 from 3']);
  expect(leader.log.startTransactionVerification(1, 0, 0)).toBeNull();
  expect(() => end(leader, 1, 'ABORT', 6)).toThrow('zombie');
  end(leader, 1, 'ABORT', 7);
  end(leader, 2, 'COMMIT', 1);
  await world.converge();
  expect(world.replica(0).log.lastStableOffset).toBe(6);
  expect(indexesOf(world.replica(0))).toEqual(indexesOf(leader));
});

test('a marker that only an old leader had is taken back with its end of the transaction', async () => {
  const world = new TestReplicas({});
  world.elect(0);
  write(world.replica(0), 1, 3);
  await world.converge();
  end(world.replica(0), 1, 'ABORT');
  expect(openOf(world.replica(0))).toEqual([]);
  world.elect(1, [1]);
  end(world.replica(1), 1, 'COMMIT', 1);
  write(world.replica(1), 1);
  await world.converge();
  const [old, leader] = [world.replica(0), world.replica(1)];
  expect(openOf(old)).toEqual(['1 from 4']);
  expect(indexesOf(old)).toEqual([]);
  expect(committed(old, 0)).toEqual(committed(leader, 0));
});

describe.each(['cleanly', 'uncleanly'])('leaders change %s', (how) => {
  test.each(Array.from({ length: SEEDS }, (_, seed) => seed))('by seed %i', async (seed) => {
    const below = seededBelow(seed);
    const world = new TestReplicas({
      replicas: 3,
      partitionMaxBytes: 400,
      config: { segmentBytes: 1200, indexIntervalBytes: 200 },
    });
    let leader = 0;
    world.elect(0);
    const elect = (): void => {
      leader = below(3);
      world.elect(leader, how === 'cleanly' ? undefined : [leader]);
    };
    for (let step = 0; step < STEPS; step++) {
      const chance = below(100);
      const producerId = PRODUCERS[below(PRODUCERS.length)]!;
      if (chance < 35) write(world.replica(leader), producerId, 1 + below(3));
      else if (chance < 55) end(world.replica(leader), producerId, below(2) === 0 ? 'ABORT' : 'COMMIT');
      else if (chance < 90) await world.replica(below(3)).fetch();
      else if (chance < 97) elect();
      else {
        const replica = world.replica(below(3));
        replica.restart(below(replica.log.highWatermark + 1));
        elect();
      }
    }
    for (const producerId of PRODUCERS.slice(1)) end(world.replica(leader), producerId, 'ABORT');
    write(world.replica(leader), PRODUCERS[0]!);
    await world.converge();
    const [first, ...others] = world.all;
    expect(first!.log.highWatermark).toBe(first!.log.logEndOffset);
    for (const other of others) {
      expect(openOf(other)).toEqual(openOf(first!));
      expect(indexesOf(other)).toEqual(indexesOf(first!));
      expect(other.log.lastStableOffset).toBe(first!.log.lastStableOffset);
    }
  });
});
