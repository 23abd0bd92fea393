import { ERRORS, type ErrorName } from '@odradek/protocol/errors';
import type { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import type { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { MetadataCache } from '../cluster/metadata-cache';
import type { Peer } from '../cluster/peers';
import { ManualClock } from '../env/testing/clock';
import { MemoryLoggers } from '../env/testing/logger';
import { TransactionVerifier, type Verification } from './verifier';

type Request = RequestOf<typeof AddPartitionsToTxn>;

interface Asked {
  readonly broker: number;
  readonly version: number;
  readonly request: Request;
  /** Answers every partition with NONE, or with its error by `topic-N`; `whole` is the error of the whole answer. */
  answer(errors?: Readonly<Record<string, ErrorName>>, whole?: ErrorName): void;
  breakOff(): void;
}

/** Transactional ids that begin with `a` are kept by broker 1, the others by broker 2. */
function setUp({ maxVersion = 5 } = {}) {
  const clock = new ManualClock();
  const metadata = new MetadataCache(clock);
  const loggers = new MemoryLoggers();
  const asked: Asked[] = [];
  const connections: number[] = [];
  const peers: { isGone: boolean }[] = [];
  const down = new Set<number>();
  const verifier = new TransactionVerifier({
    metadata,
    logger: loggers.logger('test'),
    listenerName: 'BROKERS',
    requestTimeoutMs: 30_000,
    partitionFor: (id) => (id.startsWith('a') ? 0 : 1),
    connect: ({ port: broker }) => {
      if (down.has(broker)) return Promise.reject(new Error('refused'));
      connections.push(broker);
      let breakOff = (_error: Error): void => {};
      const broken = new Promise<never>((_, reject) => {
        breakOff = reject;
      });
      broken.catch(() => {});
      const send = ({ name }: { name: string }, version: number, request: Request): Promise<unknown> => {
        if (name === 'ApiVersions') return Promise.resolve({ apiKeys: [{ apiKey: 24, minVersion: 0, maxVersion }] });
        const answered = new Promise((resolve) => {
          asked.push({
            broker,
            version,
            request,
            answer: (errors = {}, whole = 'NONE') => resolve(answerTo(request, errors, whole)),
            breakOff: () => breakOff(new Error('disconnected')),
          });
        });
        return Promise.race([answered, broken]);
      };
      const peer = { send, close: () => breakOff(new Error('closed')), isGone: false };
      peers.push(peer);
      return Promise.resolve(peer as unknown as Peer);
    },
  });
  const lead = (leaders: readonly number[], brokers = [1, 2], portOf = (id: number): number => id): void => {
    metadata.update({
      controllerId: 1,
      topicStates: [
        {
          topicName: '__transaction_state',
          topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
          partitionStates: leaders.map((leader, partitionIndex) => ({ partitionIndex, leader, isr: [], replicas: [] })),
        },
      ],
      ungroupedPartitionStates: [],
      liveBrokers: brokers.map((id) => ({
        id,
        rack: null,
        endpoints: [{ listener: 'BROKERS', host: 'h', port: portOf(id), securityProtocol: 0 }],
      })),
    } as unknown as RequestOf<typeof UpdateMetadata>);
  };
  /** What became of each verification, by its number. */
  const outcomes: Record<number, ErrorName[]> = {};
  let count = 0;
  const verify = (transactionalId: string, names: readonly string[], change: Partial<Verification> = {}): void => {
    const number = count++;
    const partitions = names.map((name) => ({ topic: name.split('-')[0]!, partition: Number(name.split('-')[1]) }));
    const producer = { producerId: 5, producerEpoch: 2, knowsAbortable: false };
    verifier.verify({ transactionalId, partitions, ...producer, ...change }, (errorOf) => {
      outcomes[number] = partitions.map(({ topic, partition }) => errorOf(topic, partition));
    });
  };
  const taken = (): Asked[] => asked.splice(0);
  const upgrade = (version: number): void => {
    maxVersion = version;
  };
  return { clock, lead, verify, verifier, outcomes, taken, connections, peers, down, loggers, upgrade };
}

function answerTo({ transactions }: Request, errors: Readonly<Record<string, ErrorName>>, whole: ErrorName) {
  return {
    errorCode: ERRORS[whole].code,
    resultsByTransaction: transactions.map(({ transactionalId, topics }) => ({
      transactionalId,
      topicResults: topics.map(({ name, partitions }) => ({
        name,
        resultsByPartition: partitions.map((partitionIndex) => ({
          partitionIndex,
          partitionErrorCode: ERRORS[errors[`${name}-${partitionIndex}`] ?? 'NONE'].code,
        })),
      })),
    })),
  };
}

test('each coordinator is asked once at a time, for all that has come until then', async () => {
  const { clock, lead, verify, outcomes, taken } = setUp();
  lead([1, 2]);
  verify('a1', ['t-0', 't-1', 'u-0']);
  verify('b1', ['t-0']);
  await clock.settle();
  verify('a2', ['t-0'], { producerId: 6 });
  verify('a3', ['t-0'], { producerId: 7 });
  await clock.settle();
  const [first, second, ...rest] = taken();
  expect(rest).toEqual([]);
  expect([first!.broker, first!.version, first!.request.transactions]).toEqual([
    1,
    5,
    [
      {
        transactionalId: 'a1',
        producerId: 5,
        producerEpoch: 2,
        verifyOnly: true,
        topics: [
          { name: 't', partitions: [0, 1] },
          { name: 'u', partitions: [0] },
        ],
      },
    ],
  ]);
  expect(second!.broker).toBe(2);
  first!.answer({ 't-1': 'TRANSACTION_ABORTABLE' });
  await clock.settle();
  expect(outcomes).toEqual({ 0: ['NONE', 'INVALID_TXN_STATE', 'NONE'] });
  const [next] = taken();
  expect(next!.request.transactions.map(({ transactionalId }) => transactionalId)).toEqual(['a2', 'a3']);
  next!.answer();
  await clock.settle();
  expect(outcomes).toMatchObject({ 2: ['NONE'], 3: ['NONE'] });
});

test.each<[ErrorName, boolean, ErrorName]>([
  ['PRODUCER_FENCED', true, 'INVALID_PRODUCER_EPOCH'],
  ['TRANSACTION_ABORTABLE', true, 'TRANSACTION_ABORTABLE'],
  ['TRANSACTION_ABORTABLE', false, 'INVALID_TXN_STATE'],
  ['NOT_COORDINATOR', false, 'NOT_COORDINATOR'],
  ['INVALID_PRODUCER_ID_MAPPING', false, 'INVALID_PRODUCER_ID_MAPPING'],
])('%s (knows of aborting: %s) is told as %s', async (error, knowsAbortable, told) => {
  const { clock, lead, verify, outcomes, taken } = setUp();
  lead([1, 2]);
  verify('a1', ['t-0'], { knowsAbortable });
  await clock.settle();
  taken()[0]!.answer({ 't-0': error });
  await clock.settle();
  expect(outcomes).toEqual({ 0: [told] });
});

test.each<[ErrorName, ErrorName]>([
  ['CLUSTER_AUTHORIZATION_FAILED', 'INVALID_TXN_STATE'],
  ['UNKNOWN_SERVER_ERROR', 'UNKNOWN_SERVER_ERROR'],
])('an answer that is %s as a whole is told as %s', async (whole, told) => {
  const { clock, lead, verify, outcomes, taken } = setUp();
  lead([1, 2]);
  verify('a1', ['t-0']);
  await clock.settle();
  taken()[0]!.answer({}, whole);
  await clock.settle();
  expect(outcomes).toEqual({ 0: [told] });
});

test('without a coordinator nothing is verified', async () => {
  const { lead, verify, outcomes } = setUp();
  verify('a1', ['t-0']);
  lead([-1, 3]);
  verify('a1', ['t-0']);
  verify('b1', ['t-0']);
  const none = ['COORDINATOR_NOT_AVAILABLE'];
  expect(outcomes).toEqual({ 0: none, 1: none, 2: none });
});

test('a connection that breaks tells everyone to try again, and is made anew', async () => {
  const { clock, lead, verify, outcomes, taken, connections, down } = setUp();
  lead([1, 2]);
  verify('a1', ['t-0']);
  await clock.settle();
  verify('a2', ['t-0']);
  taken()[0]!.breakOff();
  await clock.settle();
  expect(outcomes).toEqual({ 0: ['NETWORK_EXCEPTION'] });
  expect(connections).toEqual([1, 1]);
  taken()[0]!.answer();
  await clock.settle();
  expect(outcomes[1]).toEqual(['NONE']);
  down.add(2);
  verify('b1', ['t-0']);
  await clock.settle();
  expect(outcomes[2]).toEqual(['NETWORK_EXCEPTION']);
  down.clear();
  verify('b1', ['t-0']);
  await clock.settle();
  taken()[0]!.answer();
  await clock.settle();
  expect(outcomes[3]).toEqual(['NONE']);
});

test('a connection that has ended while nobody used it is made anew, and nobody is told', async () => {
  const { clock, lead, verify, outcomes, taken, connections, peers, loggers } = setUp();
  lead([1, 2]);
  verify('a1', ['t-0']);
  await clock.settle();
  taken()[0]!.answer();
  await clock.settle();
  peers[0]!.isGone = true;
  for (let i = 0; i < 2; i++) {
    verify('a1', ['t-0']);
    await clock.settle();
    taken()[0]!.answer();
    await clock.settle();
  }
  expect(connections).toEqual([1, 1]);
  expect(outcomes).toEqual({ 0: ['NONE'], 1: ['NONE'], 2: ['NONE'] });
  expect(loggers.lines).toEqual([]);
});

test('a coordinator of a release that cannot verify is not asked: batches are taken as they come', async () => {
  const { clock, lead, verify, outcomes, taken } = setUp({ maxVersion: 3 });
  lead([1, 2]);
  verify('a1', ['t-0']);
  await clock.settle();
  expect(outcomes).toEqual({ 0: ['NONE'] });
  expect(taken()).toEqual([]);
});

test('once that coordinator has been upgraded it is asked', async () => {
  const { clock, lead, verify, outcomes, taken, upgrade } = setUp({ maxVersion: 3 });
  lead([1, 2]);
  verify('a1', ['t-0']);
  await clock.settle();
  upgrade(5);
  verify('a1', ['t-0']);
  await clock.settle();
  expect(outcomes).toEqual({ 0: ['NONE'] });
  expect(taken()).toHaveLength(1);
});

test('one of the next release is asked in words that both know', async () => {
  const { clock, lead, verify, taken } = setUp({ maxVersion: 9 });
  lead([1, 2]);
  verify('a1', ['t-0']);
  await clock.settle();
  expect(taken()[0]!.version).toBe(5);
});

test('of one transactional id, the newest producer is asked for', async () => {
  const { clock, lead, verify, outcomes, taken } = setUp();
  lead([1, 2]);
  verify('a0', ['t-0']);
  await clock.settle();
  verify('a1', ['t-0']);
  verify('a1', ['t-1']);
  verify('a1', ['t-2'], { producerEpoch: 3 });
  verify('a1', ['t-3'], { producerEpoch: 2 });
  verify('a1', ['t-4'], { producerEpoch: 3, producerId: 6 });
  taken()[0]!.answer();
  await clock.settle();
  const [next] = taken();
  expect(next!.request.transactions).toMatchObject([
    { transactionalId: 'a1', producerId: 6, producerEpoch: 3, topics: [{ name: 't', partitions: [4] }] },
  ]);
  next!.answer();
  await clock.settle();
  expect(outcomes).toEqual({
    0: ['NONE'],
    1: ['INVALID_PRODUCER_EPOCH'],
    2: ['INVALID_PRODUCER_EPOCH'],
    3: ['NETWORK_EXCEPTION'],
    4: ['INVALID_PRODUCER_EPOCH'],
    5: ['NONE'],
  });
});

test('two questions of one producer are one, and each hears of its own partitions', async () => {
  const { clock, lead, verify, outcomes, taken } = setUp();
  lead([1, 2]);
  verify('a0', ['t-9']);
  await clock.settle();
  verify('a1', ['t-0', 't-1']);
  verify('a1', ['t-1', 't-2']);
  taken()[0]!.answer();
  await clock.settle();
  const [both] = taken();
  expect(both!.request.transactions.map(({ topics }) => topics)).toEqual([[{ name: 't', partitions: [0, 1, 2] }]]);
  both!.answer({ 't-2': 'INVALID_TXN_STATE' });
  await clock.settle();
  expect(outcomes).toMatchObject({ 1: ['NONE', 'NONE'], 2: ['NONE', 'INVALID_TXN_STATE'] });
});

test('what the answer does not speak of is not verified', async () => {
  const { clock, lead, verify, outcomes, taken } = setUp();
  lead([1, 2]);
  verify('a1', ['t-0']);
  await clock.settle();
  const [first] = taken();
  first!.request.transactions.pop();
  first!.answer();
  await clock.settle();
  expect(outcomes).toEqual({ 0: ['NETWORK_EXCEPTION'] });
});

test('a coordinator that has moved to another address is found there', async () => {
  const { clock, lead, verify, taken, connections, outcomes } = setUp();
  lead([1, 2]);
  verify('a1', ['t-0']);
  await clock.settle();
  taken();
  lead([1, 2], [1, 2], (id) => id + 10);
  verify('a2', ['t-0']);
  await clock.settle();
  expect(connections).toEqual([1, 11]);
  expect(outcomes[0]).toEqual(['NETWORK_EXCEPTION']);
});

test('once stopped everyone is told to look for another leader, those who wait, too', async () => {
  const { clock, lead, verify, verifier, outcomes } = setUp();
  lead([1, 2]);
  verify('a1', ['t-0']);
  await clock.settle();
  verify('a2', ['t-0']);
  verifier.stop();
  verify('a3', ['t-0']);
  await clock.settle();
  expect(outcomes).toEqual({
    0: ['NETWORK_EXCEPTION'],
    1: ['NETWORK_EXCEPTION'],
    2: ['COORDINATOR_NOT_AVAILABLE'],
  });
});
