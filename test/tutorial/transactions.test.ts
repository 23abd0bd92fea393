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
