import { type ErrorName, errorName } from '@odradek/protocol/errors';
import type { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import { baseOffsetAt, isControlAt, producerEpochAt, producerIdAt } from '@odradek/protocol/records/batch';
import { buildBatch } from '@odradek/protocol/records/builder';
import { parseEndTxnMarker } from '@odradek/protocol/records/control';
import { readRecords } from '@odradek/protocol/records/record';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { readAll } from '../log/testing/fixture';
import type { Partition } from '../replication/partition';
import type { RequestContext } from './handler';
import type { Services } from './services';
import { BROKER, FOLLOWER, TestPartitions } from './testing/replicas';
import { writeTxnMarkers } from './write-txn-markers';

type Request = RequestOf<typeof WriteTxnMarkers>;
type Marker = Request['markers'][number];

const PRODUCER = 9;

/** `t-0` on this broker, led by it together with a follower; `o-0` followed by it; `__consumer_offsets-0` its own. */
function setUp() {
  const replicas = new TestPartitions();
  const { clock, loggers } = replicas;
  const led = replicas.add('t', BROKER, [BROKER, FOLLOWER]);
  replicas.add('o', FOLLOWER, [BROKER, FOLLOWER]);
  const offsets = replicas.add('__consumer_offsets');
  const completed: unknown[] = [];
  const services = {
    brokerId: BROKER,
    clock,
    loggers,
    config: () => ({ values: { requestTimeoutMs: 30_000 } }),
    groups: { transactionCompleted: (...end: unknown[]) => completed.push(end) },
    replicas,
  } as unknown as Services;
  const { handle } = writeTxnMarkers(services);
  const answers: string[] = [];
  /** What the answer says of each partition, `null` while there is none. */
  const ask = async (...markers: Marker[]): Promise<void> => {
    answers.length = 0;
    const told = (response: unknown): void => {
      const { markers: results } = response as Request & {
        markers: {
          producerId: number;
          topics: { name: string; partitions: { partitionIndex: number; errorCode: number }[] }[];
        }[];
      };
      for (const { producerId, topics } of results) {
        for (const { name, partitions: each } of topics) {
          for (const { partitionIndex, errorCode } of each) {
            answers.push(`${producerId} ${name}-${partitionIndex} ${errorName(errorCode)}`);
          }
        }
      }
      if (results.length === 0) answers.push('nothing');
    };
    const answer = handle({ markers }, {} as RequestContext);
    if (answer instanceof Promise) void answer.then(told);
    else told(answer);
    await clock.settle();
  };
  const begin = (partition: Partition, epoch = 5, producerId = PRODUCER): void => {
    const records = [{ timestamp: clock.nowMs(), key: null, value: Buffer.from('x') }];
    const batch = buildBatch({ records, producerId, producerEpoch: epoch, baseSequence: 0, isTransactional: true });
    const verificationGuard = partition.log.startTransactionVerification(producerId, 0, epoch);
    partition.appendAsLeader(batch, 1, { origin: 'client', verificationGuard });
  };
  const follow = async (offset: number): Promise<void> => {
    led.onFollowerFetch(FOLLOWER, offset, 0, -1);
    await clock.settle();
  };
  return { clock, led, offsets, completed, ask, answers, begin, follow };
}

const marker = (topics: Readonly<Record<string, number[]>>, change: Partial<Marker> = {}): Marker => ({
  producerId: PRODUCER,
  producerEpoch: 5,
  transactionResult: true,
  coordinatorEpoch: 3,
  topics: Object.entries(topics).map(([name, partitionIndexes]) => ({ name, partitionIndexes })),
  ...change,
});

test('a marker ends the transaction, and counts once the in-sync replicas have it', async () => {
  const { led, ask, answers, begin, follow } = setUp();
  begin(led);
  await ask(marker({ t: [0] }));
  expect(answers).toEqual([]);
  expect(led.log.hasOngoingTransaction(PRODUCER)).toBe(false);
  expect(led.log.lastStableOffset).toBe(0);
  await follow(2);
  expect(answers).toEqual(['9 t-0 NONE']);
  expect(led.log.lastStableOffset).toBe(2);
});

test('it says how, whose, and by whom', async () => {
  const { offsets, ask } = setUp();
  await ask(marker({ __consumer_offsets: [0] }, { transactionResult: false }));
  const bytes = readAll(offsets.log, 0);
  const [record] = readRecords(bytes, 0);
  expect({
    ...parseEndTxnMarker(record!),
    isControl: isControlAt(bytes, 0),
    producerId: producerIdAt(bytes, 0),
    producerEpoch: producerEpochAt(bytes, 0),
    baseOffset: baseOffsetAt(bytes, 0),
  }).toEqual({ type: 'ABORT', coordinatorEpoch: 3, isControl: true, producerId: 9, producerEpoch: 5, baseOffset: 0 });
});

test('groups hear of the transactions that are over in their partition, once that counts', async () => {
  const { ask, completed, answers } = setUp();
  await ask(
    marker({ __consumer_offsets: [0, 7], o: [0] }),
    marker({ __consumer_offsets: [0] }, { producerId: 10, transactionResult: false }),
  );
  expect(completed).toEqual([
    [0, 9, true],
    [0, 10, false],
  ]);
  expect(answers.sort()).toEqual([
    '10 __consumer_offsets-0 NONE',
    '9 __consumer_offsets-0 NONE',
    '9 __consumer_offsets-7 UNKNOWN_TOPIC_OR_PARTITION',
    '9 o-0 NOT_LEADER_OR_FOLLOWER',
  ]);
});

test.each<[ErrorName, Partial<Marker>]>([
  ['INVALID_PRODUCER_EPOCH', { producerEpoch: 4 }],
  ['TRANSACTION_COORDINATOR_FENCED', { coordinatorEpoch: 2 }],
])('%s', async (error, change) => {
  const { offsets, ask, answers, completed, begin } = setUp();
  begin(offsets);
  await ask(marker({ __consumer_offsets: [0] }));
  begin(offsets, 5, 11);
  completed.length = 0;
  await ask(marker({ __consumer_offsets: [0] }, change));
  expect(answers).toEqual([`9 __consumer_offsets-0 ${error}`]);
  expect(completed).toEqual([]);
});

test('a follower that never comes', async () => {
  const { clock, ask, answers } = setUp();
  await ask(marker({ t: [0], o: [0] }));
  await clock.advance(29_999);
  expect(answers).toEqual([]);
  await clock.advance(1);
  expect(answers.sort()).toEqual(['9 o-0 NOT_LEADER_OR_FOLLOWER', '9 t-0 REQUEST_TIMED_OUT']);
});

test('nothing to write is answered', async () => {
  const { ask, answers } = setUp();
  await ask();
  expect(answers).toEqual(['nothing']);
  await ask(marker({}));
  expect(answers).toEqual(['nothing']);
});

test('a partition that is there twice has one marker', async () => {
  const { offsets, ask, answers } = setUp();
  await ask(marker({ __consumer_offsets: [0, 0] }));
  expect(answers).toEqual(['9 __consumer_offsets-0 NONE']);
  expect(offsets.log.logEndOffset).toBe(1);
});
