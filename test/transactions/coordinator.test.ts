import { DescribeTransactions } from '@odradek/protocol/messages/describe-transactions';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { ClusterClient, LIMIT } from '../replication/load/client';
import type { Broker } from '../support/broker';
import { Cluster } from '../support/cluster';
import { readCommitted } from '../support/committed';
import { until } from '../support/until';

const BROKERS = 3;
const TOPIC = 'payments';
const TRANSACTION = 1;
const READ_COMMITTED = 1;
const MANY_BYTES = 1_000_000;

let cluster: Cluster;
let client: ClusterClient;
const producers: Producer[] = [];

beforeAll(async () => {
  const settings = {
    'zookeeper.session.timeout.ms': 6_000,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': BROKERS,
    'transaction.state.log.min.isr': 2,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 200,
    'auto.leader.rebalance.enable': 'false',
  };
  cluster = await Cluster.start({ brokers: BROKERS, settings });
  client = new ClusterClient(cluster.ports);
  await client.createTopic(TOPIC, 2, BROKERS, { 'min.insync.replicas': '2' });
}, 120_000);

afterEach(() => Promise.all(producers.splice(0).map((producer) => producer.disconnect())));

afterAll(() => cluster?.stop());

/** Connected: its transactional id is its own from now on. */
async function producer(transactionalId: string, transactionTimeout = 60_000): Promise<Producer> {
  const kafka = new Kafka({
    clientId: transactionalId,
    brokers: cluster.brokers.map(({ bootstrap }) => bootstrap),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 100 },
  });
  const made = kafka.producer({ transactionalId, transactionTimeout, maxInFlightRequests: 1, idempotent: true });
  producers.push(made);
  await made.connect();
  return made;
}

/** One record in each partition, in a transaction that is still open. */
async function open(by: Producer, value: string) {
  const transaction = await by.transaction();
  // One after the other: where one partition of a send has to wait, kafkajs sends again to both.
  for (const partition of [0, 1]) await transaction.send({ topic: TOPIC, messages: [{ partition, value }] });
  return transaction;
}

/** What a reader of what is committed finds in one partition of the topic, once no transaction is open there. */
function read(partition: number): Promise<string[]> {
  return client.ofAny(async () => {
    const peer = await client.connect(await client.leaderPort(TOPIC, partition));
    try {
      const partitions = [{ partition, fetchOffset: 0, partitionMaxBytes: MANY_BYTES }];
      const topics = [{ topic: TOPIC, partitions }];
      const request = { maxWaitMs: 0, minBytes: 0, isolationLevel: READ_COMMITTED, topics };
      const { responses } = await peer.send(Fetch, 11, request, LIMIT);
      const { errorCode, highWatermark, lastStableOffset, records, abortedTransactions } = responses[0]!.partitions[0]!;
      if (errorCode !== 0 || lastStableOffset < highWatermark) return null;
      return readCommitted(records!, 0, abortedTransactions, ({ value }) => String(value)).records.map(
        (it) => it.value,
      );
    } finally {
      peer.close();
    }
  });
}

/** What is committed, in both partitions alike, since the last call. */
let known = 0;
async function news(): Promise<string[]> {
  const [first, second] = [await read(0), await read(1)];
  expect(second).toEqual(first);
  const found = first.slice(known);
  known = first.length;
  return found;
}

/** The broker that coordinates the id, which knows it. */
function coordinatorOf(transactionalId: string): Promise<{ broker: Broker; state: string; producerEpoch: number }> {
  return client.ofAny(async (peer) => {
    const { port } = await peer.send(FindCoordinator, 2, { key: transactionalId, keyType: TRANSACTION }, LIMIT);
    const broker = cluster.brokers.find((it) => it.port === port);
    if (broker === undefined) return null;
    const coordinator = await client.connect(port);
    try {
      const request = { transactionalIds: [transactionalId] };
      const { transactionStates } = await coordinator.send(DescribeTransactions, 0, request, LIMIT);
      const { errorCode, transactionState: state, producerEpoch } = transactionStates[0]!;
      return errorCode === 0 ? { broker, state, producerEpoch } : null;
    } finally {
      coordinator.close();
    }
  });
}

test('kafkajs commits and aborts, records and offsets', async () => {
  const made = await producer('plain');
  await (await open(made, 'committed')).commit();
  await (await open(made, 'aborted')).abort();
  const last = await open(made, 'with offsets');
  await last.sendOffsets({
    consumerGroupId: 'g',
    topics: [{ topic: TOPIC, partitions: [{ partition: 0, offset: '7' }] }],
  });
  await last.commit();
  expect(await news()).toEqual(['committed', 'with offsets']);
  const committed = await client.ofAny(async (peer) => {
    const { port } = await peer.send(FindCoordinator, 2, { key: 'g' }, LIMIT);
    const coordinator = await client.connect(port);
    const topics = [{ name: TOPIC, partitionIndexes: [0] }];
    const groups = [{ groupId: 'g', memberId: null, memberEpoch: -1, topics }];
    const answer = await coordinator.send(OffsetFetch, 8, { groups, requireStable: true }, LIMIT);
    coordinator.close();
    const { errorCode, committedOffset } = answer.groups[0]!.topics[0]!.partitions[0]!;
    return errorCode === 0 ? committedOffset : null;
  });
  expect(committed).toBe(7);
});

test('a second producer of the same id fences the first, whose open transaction is aborted', async () => {
  const [first, zombie] = [await producer('fenced'), 'of a zombie'];
  const abandoned = await open(first, zombie);
  const second = await producer('fenced');
  await (await open(second, 'of its successor')).commit();
  await expect(abandoned.commit()).rejects.toThrow(/newer producer|old epoch/);
  expect(await news()).toEqual(['of its successor']);
});

test('a transaction that is open for too long is aborted, and its producer fenced', async () => {
  const slow = await producer('slow', 1_000);
  const late = await open(slow, 'too late');
  const { producerEpoch } = await coordinatorOf('slow');
  await until(async () => (await coordinatorOf('slow')).state === 'CompleteAbort');
  expect((await coordinatorOf('slow')).producerEpoch).toBe(producerEpoch + 1);
  await expect(late.commit()).rejects.toThrow(/newer producer|old epoch/);
  expect(await news()).toEqual([]);
});

test.each(['kill', 'stop'] as const)(
  'the coordinator is gone by %s: the next one goes on with what is open',
  async (end) => {
    const made = await producer(`survivor-${end}`);
    await (await open(made, `before ${end}`)).commit();
    const [transaction, undone] = [
      await open(made, `across ${end}`),
      await open(await producer(`undone-${end}`), 'undone'),
    ];
    const { broker } = await coordinatorOf(`survivor-${end}`);
    await broker[end]();
    await until(async () => {
      const next = await coordinatorOf(`survivor-${end}`);
      return next.broker !== broker && next.state === 'Ongoing';
    });
    await transaction.commit();
    await undone.abort();
    expect(await news()).toEqual([`before ${end}`, `across ${end}`]);
    await broker.start();
    await client.whole(TOPIC, 2, BROKERS);
    await client.whole('__transaction_state', 1, BROKERS);
    // Whoever has missed the move would send to the old leader, and then, as kafkajs does, everything again.
    await (await open(await producer(`after-${end}`), `after ${end}`)).commit();
    expect(await news()).toEqual([`after ${end}`]);
  },
  120_000,
);

test('transactions are still there when all brokers were killed at once', async () => {
  const [made, other] = [await producer('restart'), await producer('restart-too')];
  const [transaction, ended] = [await open(made, 'over a restart'), await open(other, 'ended in time')];
  await ended.commit();
  await Promise.all(cluster.brokers.map((broker) => broker.kill()));
  await Promise.all(cluster.brokers.map((broker) => broker.start()));
  await until(async () => (await coordinatorOf('restart-too')).state === 'CompleteCommit');
  expect((await coordinatorOf('restart')).state).toBe('Ongoing');
  await transaction.commit();
  expect((await news()).sort()).toEqual(['ended in time', 'over a restart']);
}, 120_000);
