import { type ErrorName, errorName } from '@odradek/protocol/errors';
import type { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { InTurns } from '../env/in-turns';
import { silentLoggers } from '../env/logger';
import { RecordsThread } from '../log/records-thread';
import { RECORDS_WORK, RecordsWork } from '../log/records-work';
import { batch, fixture, START_MS } from '../log/testing/fixture';
import { Partition } from '../replication/partition';
import type { RequestContext } from './handler';
import { listOffsets } from './list-offsets';
import type { Services } from './services';

const [LATEST, EARLIEST, MAX_TIMESTAMP] = [-1, -2, -3];
const [CONSUMER, DEBUGGING_CONSUMER, FOLLOWER] = [-1, -2, 2];

/** A leader whose epoch starts at offset 3, of which it knows only the first two to be committed. */
function setUp() {
  const { clock, open } = fixture();
  const partition = new Partition(
    {
      topic: 't',
      partition: 0,
      brokerId: 1,
      clock,
      loggers: silentLoggers,
      alterIsr: () => {},
      isrCounts: { shrinks: 0, expands: 0, failedUpdates: 0 },
      onTruncated: () => {},
      minInsyncReplicas: () => 1,
      replicaLagTimeMaxMs: 30_000,
      isBrokerAlive: () => true,
    },
    open(),
  );
  const order = { controllerEpoch: 1, leader: 1, isr: [1, 2], replicas: [1, 2], isNew: false };
  partition.makeLeader({ ...order, leaderEpoch: 0, partitionEpoch: 0 });
  for (let i = 0; i < 3; i++) partition.appendAsLeader(batch(1, { timestamp: START_MS + i }), 1, { origin: 'client' });
  partition.onFollowerFetch(FOLLOWER, 2, 0, -1);
  partition.makeLeader({ ...order, leaderEpoch: 1, partitionEpoch: 1 });
  const { handle } = listOffsets({ replicas: { get: () => partition } } as unknown as Services);
  const ask = (timestamp: number, { by = CONSUMER, version = 8 } = {}): ErrorName | number => {
    const wish = { partitionIndex: 0, currentLeaderEpoch: -1, timestamp, maxNumOffsets: 1 };
    const request = { replicaId: by, isolationLevel: 0, topics: [{ name: 't', partitions: [wish] }] };
    const context = { apiVersion: version } as RequestContext;
    const answer = handle(request as RequestOf<typeof ListOffsets>, context) as unknown as {
      topics: { partitions: { errorCode: number; offset: number }[] }[];
    };
    const { errorCode, offset } = answer.topics[0]!.partitions[0]!;
    return errorCode === 0 ? offset : errorName(errorCode);
  };
  return { partition, ask };
}

test('a new leader that does not know yet what is committed says so, and not that it is less than it was', () => {
  const { partition, ask } = setUp();
  expect(ask(LATEST)).toBe('OFFSET_NOT_AVAILABLE');
  expect(ask(LATEST, { version: 4 })).toBe('LEADER_NOT_AVAILABLE');
  expect(ask(START_MS + 2)).toBe('OFFSET_NOT_AVAILABLE');
  expect(ask(START_MS + 99)).toBe('OFFSET_NOT_AVAILABLE');
  expect(ask(MAX_TIMESTAMP)).toBe('OFFSET_NOT_AVAILABLE');
  partition.onFollowerFetch(FOLLOWER, 3, 0, -1);
  expect([LATEST, START_MS + 2, START_MS + 99, MAX_TIMESTAMP].map((it) => ask(it))).toEqual([3, 2, -1, 2]);
});

test('what it knows, it tells at once, and to brokers everything', () => {
  const { ask } = setUp();
  expect([EARLIEST, START_MS, START_MS + 1].map((it) => ask(it))).toEqual([0, 0, 1]);
  for (const by of [FOLLOWER, DEBUGGING_CONSUMER]) expect(ask(LATEST, { by })).toBe(3);
});

test('a follower is asked by nobody but those who look for faults', () => {
  const { partition, ask } = setUp();
  partition.makeFollower({
    controllerEpoch: 1,
    leader: 2,
    leaderEpoch: 2,
    isr: [1, 2],
    partitionEpoch: 2,
    replicas: [1, 2],
    isNew: false,
  });
  expect(ask(LATEST)).toBe('NOT_LEADER_OR_FOLLOWER');
  expect(ask(LATEST, { by: DEBUGGING_CONSUMER })).toBe(3);
});

test('batches that hold much are searched aside, and each is found what is found in small ones', async () => {
  const small = setUpSearch(10);
  const large = setUpSearch(2_000_000);
  for (const { log } of [small, large]) {
    log.setHighWatermark(log.logEndOffset);
    log.maybeIncrementLogStartOffset(3, 'test');
  }
  const times = [
    -3,
    0,
    START_MS,
    START_MS + 1,
    START_MS + 10,
    START_MS + 11,
    START_MS + 20,
    START_MS + 22,
    START_MS + 99,
  ];
  const expected = times.map((time) => small.ask([time]) as Answer).map(offsets);
  expect(expected).toEqual([[8], [3], [3], [3], [3], [4], [6], [8], [-1]]);
  for (const [index, time] of times.entries()) {
    const answer = large.ask([time]);
    expect(answer instanceof Promise).toBe(time !== START_MS + 99);
    await large.clock.advance(0);
    await large.clock.advance(0);
    expect(offsets(await answer)).toEqual(expected[index]);
  }
});

test('where searches end with their thread, the partition answers so', async () => {
  const { ask, thread } = setUpSearch(2_000_000);
  const answer = ask([START_MS + 11]);
  await thread.stop();
  const { topics } = await answer;
  expect(errorName(topics[0]!.partitions[0]!.errorCode)).toBe('NOT_LEADER_OR_FOLLOWER');
});

interface Answer {
  readonly topics: { partitions: { errorCode: number; offset: number }[] }[];
}

const offsets = ({ topics }: Answer): number[] => topics[0]!.partitions.map(({ offset }) => offset);

/** A leader with three batches of three records. */
function setUpSearch(bytes: number) {
  const { clock, open } = fixture();
  const log = open();
  for (let i = 0; i < 3; i++) {
    const records = batch(3, { bytes, timestamp: START_MS + 10 * i, compression: 'gzip', partitionLeaderEpoch: 0 });
    log.appendAsLeader(records, { leaderEpoch: 0, origin: 'coordinator' });
  }
  const partition = {
    log,
    leaderEpoch: 0,
    role: { type: 'leader', state: { epochStartOffset: 0 } },
    leaderState: () => {},
  };
  const background = new InTurns(clock, { [RECORDS_WORK]: (port) => new RecordsWork(port) });
  const thread = new RecordsThread(background, clock, silentLoggers.logger('test'));
  const services = { replicas: { get: () => partition }, recordsThread: thread };
  const { handle } = listOffsets(services as unknown as Services);
  const ask = (timestamps: number[]): Answer | Promise<Answer> => {
    const partitions = timestamps.map((timestamp, partitionIndex) => ({
      partitionIndex,
      currentLeaderEpoch: -1,
      timestamp,
      maxNumOffsets: 1,
    }));
    const request = { replicaId: DEBUGGING_CONSUMER, isolationLevel: 0, topics: [{ name: 't', partitions }] };
    const context = { apiVersion: 8 } as RequestContext;
    return handle(request as RequestOf<typeof ListOffsets>, context) as unknown as Answer | Promise<Answer>;
  };
  return { clock, log, thread, ask };
}
