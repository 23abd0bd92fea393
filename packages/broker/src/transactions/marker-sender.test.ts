import { ERRORS, type ErrorName } from '@odradek/protocol/errors';
import type { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { MetadataCache } from '../cluster/metadata-cache';
import type { Peer } from '../cluster/peers';
import { ManualClock } from '../env/testing/clock';
import { MemoryLoggers } from '../env/testing/logger';
import { MarkerSender, verdictOnMarker } from './marker-sender';
import type { EndedTransaction } from './transaction-types';

type Request = RequestOf<typeof WriteTxnMarkers>;

/** One request on its way to a broker. */
interface Asked {
  readonly broker: number;
  readonly request: Request;
  /** Answers each partition with NONE, or with its error by `topic-N`. */
  answer(errors?: Readonly<Record<string, ErrorName>>): void;
  breakOff(): void;
}

function answerTo({ markers }: Request, errors: Readonly<Record<string, ErrorName>>) {
  return {
    markers: markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          errorCode: ERRORS[errors[`${name}-${partitionIndex}`] ?? 'NONE'].code,
        })),
      })),
    })),
  };
}

function setUp() {
  const clock = new ManualClock();
  const metadata = new MetadataCache(clock);
  const loggers = new MemoryLoggers();
  const asked: Asked[] = [];
  const down = new Set<number>();
  const attempts: number[] = [];
  const peers: { isGone: boolean }[] = [];
  /** What ZooKeeper has, by topic. */
  const existing = new Map<string, readonly number[]>();
  /** The topics of each question. */
  const lookUps: string[] = [];
  const zooKeeper = { isReady: Promise.resolve() };
  const sender = new MarkerSender({
    metadata,
    clock,
    logger: loggers.logger('test'),
    listenerName: 'BROKERS',
    requestTimeoutMs: 30_000,
    version: 1,
    existingPartitions: async (topics) => {
      lookUps.push([...topics].join());
      const answer = new Map(Array.from(existing, ([topic, partitions]) => [topic, new Set(partitions)]));
      await zooKeeper.isReady;
      return answer;
    },
    connect: ({ port: broker }) => {
      attempts.push(broker);
      if (down.has(broker)) return Promise.reject(new Error('refused'));
      const unanswered = new Set<(error: Error) => void>();
      const send = (_api: unknown, _version: number, request: Request) =>
        new Promise((resolve, reject) => {
          unanswered.add(reject);
          asked.push({
            broker,
            request,
            answer: (errors = {}) => resolve(answerTo(request, errors)),
            breakOff: () => {
              for (const fail of unanswered) fail(new Error('disconnected'));
            },
          });
        });
      const close = (): void => {
        for (const fail of unanswered) fail(new Error('closed'));
      };
      const peer = { send, close, isGone: false };
      peers.push(peer);
      return Promise.resolve(peer as unknown as Peer);
    },
  });
  /** Tells who leads which partition; -2 means that it is being deleted. */
  const lead = (leaders: Readonly<Record<string, number>>, brokers = [1, 2]): void => {
    metadata.update({
      controllerId: 1,
      topicStates: Object.entries(leaders).map(([name, leader]) => ({
        topicName: name.split('-')[0]!,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
        partitionStates: [{ partitionIndex: Number(name.split('-')[1]), leader, isr: [], replicas: [] }],
      })),
      ungroupedPartitionStates: [],
      liveBrokers: brokers.map((id) => ({
        id,
        rack: null,
        endpoints: [{ listener: 'BROKERS', host: 'h', port: id, securityProtocol: 0 }],
      })),
    } as unknown as RequestOf<typeof UpdateMetadata>);
  };
  const outcomes: string[] = [];
  const send = (id: string, names: readonly string[], more: Partial<EndedTransaction> = {}): void => {
    const partitions = names.map((name) => {
      const [topic, partition] = name.split('-');
      return { topic: topic!, partition: Number(partition) };
    });
    const transaction: EndedTransaction = {
      transactionalId: id,
      txnPartition: 7,
      coordinatorEpoch: 3,
      producerId: Number(id.replace(/\D/g, '')),
      producerEpoch: 5,
      isCommit: true,
      partitions,
      ...more,
    };
    sender.send(transaction, (outcome) => outcomes.push(`${id} ${outcome}`));
  };
  /** Takes all requests that have been sent since the last time. */
  const taken = (): Asked[] => asked.splice(0);
  return { clock, lead, send, sender, outcomes, taken, down, attempts, peers, loggers, existing, lookUps, zooKeeper };
}

const LEADERS = { 'a-0': 1, 'a-1': 1, 'b-0': 2 };

test('each leader gets the markers of a turn in one request, and the last answer settles a transaction', async () => {
  const { clock, lead, send, outcomes, taken } = setUp();
  lead(LEADERS);
  send('t1', ['a-0', 'a-1', 'b-0']);
  send('t2', ['a-0'], { isCommit: false, coordinatorEpoch: 4, producerEpoch: 0 });
  await clock.settle();
  const [first, second, ...rest] = taken();
  expect(rest).toEqual([]);
  expect([first!.broker, first!.request]).toEqual([
    1,
    {
      markers: [
        {
          producerId: 1,
          producerEpoch: 5,
          transactionResult: true,
          topics: [{ name: 'a', partitionIndexes: [0, 1] }],
          coordinatorEpoch: 3,
        },
        {
          producerId: 2,
          producerEpoch: 0,
          transactionResult: false,
          topics: [{ name: 'a', partitionIndexes: [0] }],
          coordinatorEpoch: 4,
        },
      ],
    },
  ]);
  expect([second!.broker, second!.request.markers.map(({ topics }) => topics)]).toEqual([
    2,
    [[{ name: 'b', partitionIndexes: [0] }]],
  ]);
  first!.answer();
  await clock.settle();
  expect(outcomes).toEqual(['t2 complete']);
  second!.answer();
  await clock.settle();
  expect(outcomes).toEqual(['t2 complete', 't1 complete']);
  expect(clock.timers).toBe(0);
});

test('one without partitions is settled, but not before send returns', async () => {
  const { clock, lead, send, outcomes } = setUp();
  lead(LEADERS);
  send('t1', []);
  expect(outcomes).toEqual([]);
  await clock.settle();
  expect(outcomes).toEqual(['t1 complete']);
});

test('one request is on its way to a broker at most; what waits goes together', async () => {
  const { clock, lead, send, outcomes, taken } = setUp();
  lead(LEADERS);
  for (const id of ['t1', 't2', 't3', 't4']) {
    send(id, ['a-0']);
    await clock.settle();
  }
  const [first, second] = taken();
  expect(second).toBeUndefined();
  first!.answer();
  await clock.settle();
  const [next, ...rest] = taken();
  expect(rest).toEqual([]);
  expect(next!.request.markers.map(({ producerId }) => producerId)).toEqual([2, 3, 4]);
  next!.answer();
  await clock.settle();
  expect(outcomes).toEqual(['t1 complete', 't2 complete', 't3 complete', 't4 complete']);
});

test.each<[ErrorName, 'done' | 'retry' | 'abandon']>([
  ['NONE', 'done'],
  ['UNSUPPORTED_FOR_MESSAGE_FORMAT', 'done'],
  ['UNSUPPORTED_VERSION', 'done'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'retry'],
  ['NOT_LEADER_OR_FOLLOWER', 'retry'],
  ['NOT_ENOUGH_REPLICAS', 'retry'],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'retry'],
  ['REQUEST_TIMED_OUT', 'retry'],
  ['KAFKA_STORAGE_ERROR', 'retry'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'retry'],
  ['UNKNOWN_SERVER_ERROR', 'retry'],
  ['INVALID_PRODUCER_EPOCH', 'abandon'],
  ['TRANSACTION_COORDINATOR_FENCED', 'abandon'],
])('%s: %s', (error, verdict) => {
  expect(verdictOnMarker(error)).toBe(verdict);
});

test('a marker that is refused for now is sent again after a while, alone', async () => {
  const { clock, lead, send, outcomes, taken } = setUp();
  lead(LEADERS);
  send('t1', ['a-0', 'a-1']);
  await clock.settle();
  taken()[0]!.answer({ 'a-1': 'NOT_ENOUGH_REPLICAS' });
  await clock.settle();
  // Others that are sent meanwhile do not take it along.
  send('t2', ['a-0']);
  await clock.settle();
  const [other] = taken();
  expect(other!.request.markers.map(({ producerId }) => producerId)).toEqual([2]);
  other!.answer();
  await clock.advance(100);
  const [again] = taken();
  expect(again!.request.markers.map(({ topics }) => topics)).toEqual([[{ name: 'a', partitionIndexes: [1] }]]);
  again!.answer();
  await clock.settle();
  expect(outcomes).toEqual(['t2 complete', 't1 complete']);
});

test('a refusal that goes on is told once', async () => {
  const { clock, lead, send, taken, loggers } = setUp();
  lead(LEADERS);
  send('t1', ['a-0']);
  for (let attempt = 0; attempt < 5; attempt++) {
    await clock.advance(100);
    for (const { answer } of taken()) answer({ 'a-0': 'NOT_ENOUGH_REPLICAS' });
    await clock.settle();
  }
  expect(loggers.messages('info', 'warn', 'error')).toHaveLength(1);
});

test('a leader that has moved is followed as soon as the metadata says where', async () => {
  const { clock, lead, send, taken } = setUp();
  lead(LEADERS);
  send('t1', ['a-0']);
  await clock.settle();
  taken()[0]!.answer({ 'a-0': 'NOT_LEADER_OR_FOLLOWER' });
  await clock.settle();
  lead({ 'a-0': 2 });
  await clock.settle();
  expect(taken().map(({ broker }) => broker)).toEqual([2]);
});

test('without a leader it waits for one; with its topic it is gone', async () => {
  const { clock, lead, send, outcomes, taken } = setUp();
  lead({ 'a-0': -1, 'a-1': 3 });
  send('t1', ['a-0', 'a-1', 'c-0']);
  await clock.advance(10_000);
  expect(taken()).toEqual([]);
  lead({ 'a-0': 2, 'a-1': -2 });
  await clock.settle();
  const [only] = taken();
  expect(only!.request.markers.map(({ topics }) => topics)).toEqual([[{ name: 'a', partitionIndexes: [0] }]]);
  only!.answer();
  await clock.settle();
  expect(outcomes).toEqual(['t1 complete']);
});

test('what the broker has not heard of yet, but ZooKeeper has, waits for its leader', async () => {
  const { clock, lead, send, outcomes, taken, existing, lookUps } = setUp();
  existing.set('a', [0]).set('b', [0]).set('c', [1]);
  send('t1', ['a-0']);
  send('t2', ['a-0', 'b-0']);
  send('t3', ['c-0']);
  await clock.settle();
  expect(outcomes).toEqual(['t3 complete']);
  // One question for all who ask at once.
  expect(lookUps).toEqual(['a,b,c']);
  await clock.advance(10_000);
  expect([taken(), outcomes]).toEqual([[], ['t3 complete']]);
  lead({ 'a-0': 1, 'b-0': 2 });
  await clock.advance(100);
  for (const { answer } of taken()) answer();
  await clock.settle();
  expect(outcomes).toEqual(['t3 complete', 't1 complete', 't2 complete']);
});

test('where ZooKeeper cannot be asked nothing is taken for gone', async () => {
  const { clock, send, outcomes, zooKeeper, lookUps } = setUp();
  zooKeeper.isReady = Promise.reject(new Error('no connection'));
  send('t1', ['a-0']);
  await clock.advance(10_000);
  expect(outcomes).toEqual([]);
  expect(lookUps.length).toBeGreaterThan(1);
  zooKeeper.isReady = Promise.resolve();
  await clock.advance(1000);
  expect(outcomes).toEqual(['t1 complete']);
});

test('who was refused does not wait with those in doubt', async () => {
  const { clock, lead, send, taken, existing } = setUp();
  lead({ 'a-0': 1 });
  existing.set('b', [0]);
  send('t1', ['b-0']);
  send('t2', ['a-0']);
  await clock.settle();
  taken()[0]!.answer({ 'a-0': 'NOT_ENOUGH_REPLICAS' });
  await clock.advance(60);
  expect(taken()).toHaveLength(1);
});

test('an answer that may be older than a transaction says nothing of its partitions', async () => {
  const { clock, lead, send, outcomes, taken, existing, zooKeeper } = setUp();
  let answer = (): void => {};
  zooKeeper.isReady = new Promise((resolve) => {
    answer = resolve;
  });
  send('t1', ['a-0']);
  await clock.settle();
  // The topic is made again meanwhile, and another transaction has written to it.
  existing.set('a', [0]);
  send('t2', ['a-0']);
  await clock.settle();
  answer();
  await clock.settle();
  expect(outcomes).toEqual(['t1 complete']);
  lead({ 'a-0': 1 });
  await clock.settle();
  taken()[0]!.answer();
  await clock.settle();
  expect(outcomes).toEqual(['t1 complete', 't2 complete']);
});

test('what the metadata tells while ZooKeeper cannot be asked is enough', async () => {
  const { clock, lead, send, outcomes, taken, zooKeeper } = setUp();
  let answer = (): void => {};
  zooKeeper.isReady = new Promise((resolve) => {
    answer = resolve;
  });
  send('t1', ['a-0', 'b-0']);
  await clock.settle();
  lead({ 'a-0': 1 });
  await clock.settle();
  const [only, ...more] = taken();
  expect(only!.request.markers.map(({ topics }) => topics)).toEqual([[{ name: 'a', partitionIndexes: [0] }]]);
  // ZooKeeper's word for a partition that has been heard of since comes too late; of the other it is news.
  answer();
  await clock.advance(1000);
  expect([more, taken(), outcomes]).toEqual([[], [], []]);
  only!.answer();
  await clock.settle();
  expect(outcomes).toEqual(['t1 complete']);
});

test('what is found out of a transaction that has been resigned meanwhile changes nothing', async () => {
  const { clock, send, sender, outcomes, zooKeeper } = setUp();
  let answer = (): void => {};
  zooKeeper.isReady = new Promise((resolve) => {
    answer = resolve;
  });
  send('t1', ['a-0']);
  await clock.settle();
  sender.partitionResigned(7);
  send('t1', ['b-0']);
  answer();
  await clock.settle();
  expect(outcomes).toEqual(['t1 complete']);
});

test('another producer epoch or coordinator has taken over: nothing is sent any more', async () => {
  const { clock, lead, send, outcomes, taken } = setUp();
  lead(LEADERS);
  send('t1', ['a-0', 'a-1', 'b-0']);
  send('t2', ['a-0']);
  await clock.settle();
  const [first, second] = taken();
  second!.answer({ 'b-0': 'NOT_ENOUGH_REPLICAS' });
  await clock.settle();
  first!.answer({ 'a-1': 'TRANSACTION_COORDINATOR_FENCED' });
  await clock.advance(1000);
  expect(outcomes).toEqual(['t1 abandoned', 't2 complete']);
  expect(taken()).toEqual([]);
});

test('a broken connection: all that was on it goes again, over a new one', async () => {
  const { clock, lead, send, outcomes, taken, attempts } = setUp();
  lead(LEADERS);
  send('t1', ['a-0']);
  await clock.settle();
  send('t2', ['a-1']);
  await clock.settle();
  taken()[0]!.breakOff();
  await clock.settle();
  expect(taken()).toEqual([]);
  await clock.advance(100);
  expect(attempts).toEqual([1, 1]);
  const sent: number[] = [];
  for (let again = taken(); again.length > 0; again = taken()) {
    for (const { request, answer } of again) {
      sent.push(...request.markers.map(({ producerId }) => producerId));
      answer();
    }
    await clock.advance(100);
  }
  expect(sent.sort()).toEqual([1, 2]);
  expect(outcomes.sort()).toEqual(['t1 complete', 't2 complete']);
});

test('a connection that has ended while nobody used it is made anew, at once', async () => {
  const { clock, lead, send, outcomes, taken, peers, loggers } = setUp();
  lead(LEADERS);
  for (const id of ['t1', 't2', 't3']) {
    send(id, ['a-0']);
    await clock.settle();
    taken()[0]!.answer();
    await clock.settle();
    if (id === 't1') peers[0]!.isGone = true;
  }
  expect(outcomes).toEqual(['t1 complete', 't2 complete', 't3 complete']);
  expect(peers).toHaveLength(2);
  expect(loggers.lines).toEqual([]);
});

test('a broker that cannot be reached is not run into: one attempt each back-off, whatever is sent', async () => {
  const { clock, lead, send, attempts, down, taken, outcomes } = setUp();
  lead(LEADERS);
  down.add(1);
  for (let id = 1; id <= 20; id++) {
    send(`t${id}`, ['a-0']);
    await clock.advance(10);
  }
  expect(attempts.length).toBeLessThanOrEqual(5);
  down.clear();
  await clock.advance(200);
  for (const { answer } of taken()) answer();
  await clock.settle();
  expect(outcomes).toHaveLength(20);
});

test('a broker that is gone from the metadata: its markers go to the next leader', async () => {
  const { clock, lead, send, outcomes, taken } = setUp();
  lead(LEADERS);
  send('t1', ['a-0']);
  await clock.settle();
  const [lost] = taken();
  lead({ 'a-0': 2 }, [2]);
  await clock.advance(100);
  const [again] = taken();
  expect(again!.broker).toBe(2);
  lost!.answer();
  await clock.settle();
  expect(outcomes).toEqual([]);
  again!.answer();
  await clock.settle();
  expect(outcomes).toEqual(['t1 complete']);
});

test('what is resigned is neither sent nor settled, and a successor of the same name is not taken for it', async () => {
  const { clock, lead, send, sender, outcomes, taken } = setUp();
  lead(LEADERS);
  send('t1', ['a-0']);
  send('t2', ['a-0'], { txnPartition: 8 });
  await clock.settle();
  const [both] = taken();
  send('t3', ['a-0']);
  sender.partitionResigned(7);
  await clock.settle();
  expect(taken()).toEqual([]);
  send('t1', ['a-1'], { coordinatorEpoch: 9 });
  await clock.settle();
  both!.answer();
  await clock.settle();
  const [successor] = taken();
  expect(outcomes).toEqual(['t2 complete']);
  expect(sender.size).toBe(1);
  successor!.answer();
  await clock.settle();
  expect(outcomes).toEqual(['t2 complete', 't1 complete']);
});

test('an answer that says nothing of a partition is no answer', async () => {
  const { clock, lead, send, outcomes, taken } = setUp();
  lead(LEADERS);
  send('t1', ['a-0', 'a-1']);
  await clock.settle();
  const [first] = taken();
  first!.request.markers[0]!.topics[0]!.partitionIndexes.pop();
  first!.answer();
  await clock.advance(100);
  expect(outcomes).toEqual([]);
  expect(taken()[0]!.request.markers[0]!.topics).toEqual([{ name: 'a', partitionIndexes: [1] }]);
});

test('once stopped it sends and settles nothing', async () => {
  const { clock, lead, send, sender, outcomes, taken } = setUp();
  lead(LEADERS);
  send('t1', ['a-0']);
  await clock.settle();
  const [first] = taken();
  sender.stop();
  send('t2', ['a-0']);
  first!.answer();
  lead({ 'a-0': 2 });
  await clock.advance(1000);
  expect(outcomes).toEqual([]);
  expect(taken()).toEqual([]);
  expect(clock.timers).toBe(0);
});
