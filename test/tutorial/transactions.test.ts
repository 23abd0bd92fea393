import { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeNetwork } from '@odradek/broker/env/node/network';
import { BufferPool } from '@odradek/broker/network/buffer-pool';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import { TutorialCluster } from './cluster';
import { typed } from './typed';

// What an operator types to see transactions, and to find records among those that are committed.

const AT = '--bootstrap-server localhost:9092';

let cluster: TutorialCluster;
beforeAll(async () => {
  cluster = await TutorialCluster.start({
    'transaction.state.log.num.partitions': 3,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    // Else the broker would not let a transaction hang.
    'transaction.partition.verification.enable': 'false',
  });
  await cluster.type(`bin/kafka-topics.sh --create --topic paid --partitions 1 ${AT}`);
  await cluster.type(
    'bin/kafka-producer-perf-test.sh --topic paid --num-records 20 --payload-monotonic --throughput -1 ' +
      '--transactional-id shop --transaction-duration-ms 1 --producer-props bootstrap.servers=localhost:9092',
  );
});
afterAll(() => cluster?.stop());

const transactions = async (command: string): Promise<object[]> =>
  JSON.parse(await cluster.type(`bin/kafka-transactions.sh ${AT} ${command} --json`)).transactions;

test('kafka-transactions knows the producer, its transactions, and that none hangs', async () => {
  expect(await transactions('list')).toEqual([
    { transactionalId: 'shop', coordinator: 0, producerId: expect.any(Number), state: expect.any(String) },
  ]);
  expect(await transactions('describe --transactional-id shop')).toEqual([
    expect.objectContaining({ transactionalId: 'shop', coordinator: 0, producerEpoch: 0, timeoutMs: 60_000 }),
  ]);
  expect(await transactions('find-hanging --topic paid --max-transaction-timeout 0')).toEqual([]);
  const table = await cluster.type(`bin/kafka-transactions.sh ${AT} describe-producers --topic paid --partition 0`);
  // The marker of the last transaction may be on its way yet.
  expect(table).toMatch(/^ProducerId\t.*\t\n\d+ +\t0 +\t(0|-1) +\t19 +\t\d+\t/);
});

test('what does not hang cannot be aborted, and who is unknown cannot be described', async () => {
  const abort = await typed(
    cluster,
    `bin/kafka-transactions.sh ${AT} abort --topic paid --partition 0 --start-offset 0`,
  );
  expect(abort).toMatchObject({
    code: 1,
    stderr: 'Could not find any open transactions starting at offset 0 on partition paid-0\n',
  });
  const unknown = await typed(cluster, `bin/kafka-transactions.sh ${AT} describe --transactional-id nobody`);
  expect(unknown.stderr).toContain('failed because the ID could not be found');
});

/** Begins a transaction of which no coordinator knows, as clients did that came too late: ten minutes ago, they say. */
async function begin(topic: string, producerId: number): Promise<void> {
  const memory = { staging: Buffer.allocUnsafeSlow(64 * 1024), pool: new BufferPool() };
  const peer = await PeerConnection.connect(
    { network: nodeNetwork, clock: nodeClock, memory },
    { host: '127.0.0.1', port: cluster.broker, clientId: 'late', connectTimeoutMs: 30_000 },
  );
  const producer = { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true };
  const records = buildBatch({
    ...producer,
    records: [{ timestamp: Date.now() - 600_000, value: Buffer.from('late') }],
  });
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
  const request = { transactionalId: 'late', acks: -1, timeoutMs: 30_000, topicData };
  const { responses } = await peer.send(Produce, 9, request, { timeoutMs: 30_000 });
  peer.close();
  expect(responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 });
}

test('a transaction that hangs is found and aborted, and readers go on', async () => {
  await cluster.type(`bin/kafka-topics.sh --create --topic stuck --partitions 1 ${AT}`);
  await begin('stuck', 4711);
  await cluster.type(`bin/kafka-console-producer.sh --topic stuck ${AT}`, 'after\n');
  expect(await transactions('find-hanging --broker-id 0 --max-transaction-timeout 1')).toEqual([
    expect.objectContaining({ topic: 'stuck', partition: 0, producerId: 4711, producerEpoch: 0, startOffset: 0 }),
  ]);
  await cluster.type(`bin/kafka-transactions.sh ${AT} abort --topic stuck --partition 0 --start-offset 0`);
  expect(await transactions('find-hanging --broker-id 0 --max-transaction-timeout 1')).toEqual([]);
  const committed = `--from-beginning --isolation-level read_committed --max-messages 1 ${AT}`;
  await expect(cluster.type(`bin/kafka-console-consumer.sh --topic stuck ${committed}`)).resolves.toBe('after\n');
});

test('records are found by their values, whatever markers lie between', async () => {
  const found = await cluster.type(
    `bin/kafka-console-consumer.sh --topic paid ${AT} --isolation-level read_committed --since 1h --grep '^1.$' --json --max-messages 10`,
  );
  const values = found
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).value);
  expect(values).toEqual(Array.from({ length: 10 }, (_, at) => String(10 + at)));
});

test('the log of transactions can be read', async () => {
  const formatter = "'kafka.coordinator.transaction.TransactionLog$TransactionLogMessageFormatter'";
  const line = await cluster.type(
    `bin/kafka-console-consumer.sh --topic __transaction_state --from-beginning --max-messages 1 ${AT} --formatter ${formatter}`,
  );
  expect(line).toMatch(
    /^shop::TransactionMetadata\(transactionalId=shop, producerId=\d+, producerEpoch=0, .*state=Empty/,
  );
});
