import { describeProducers } from '../client/producers-admin';
import { type Answers, fakeAdmin } from '../fake-admin';
import { exitCodeOf } from '../run-tool';
import { testIo } from '../test-io';
import { transactions } from './command';
import { findHanging } from './find-hanging';
import { printTable } from './table';

const SERVER = ['--bootstrap-server', 'localhost:1'];
const noLog = (): void => undefined;

async function run(...argv: string[]) {
  const { io, stdout, stderr } = testIo();
  const code = await exitCodeOf(transactions, argv, io);
  return { code, stdout: stdout(), stderr: stderr() };
}

describe('the command line', () => {
  /** What follows the usage, as Apache Kafka 3.9.1's tool prints it. */
  const errorOf = (stderr: string): string => stderr.slice(stderr.search(/^kafka-transactions\.sh: /m));

  it.each<[string[], string]>([
    [[], 'kafka-transactions.sh: error: too few arguments\n'],
    [['list'], 'kafka-transactions.sh: error: argument --bootstrap-server is required\n'],
    [
      [...SERVER, 'foo'],
      "kafka-transactions.sh: error: invalid  choice:  'foo'  (choose from 'list',\n" +
        "'describe', 'describe-producers', 'abort', 'find-hanging')\n\nDid you mean:\n\tabort\n",
    ],
    [
      [...SERVER, 'desc'],
      'kafka-transactions.sh:  error:   ambiguous   command:   desc   could  match\ndescribe, describe-producers\n',
    ],
    [[...SERVER, 'abort'], 'kafka-transactions.sh: error: argument --partition is required\n'],
    [[...SERVER, 'abort', '--partition', '1'], 'kafka-transactions.sh: error: argument --topic is required\n'],
    [
      [...SERVER, 'abort', '--producer-epoch', '99999'],
      'kafka-transactions.sh: error: argument  --producer-epoch:  could not convert\n' +
        '\'99999\' to Short (Value out of range. Value:"99999" Radix:10)\n',
    ],
  ])('refuses %j', async (argv, text) => {
    const { code, stdout, stderr } = await run(...argv);
    expect(errorOf(stderr).replace(/ +/g, ' ')).toBe(text.replace(/ +/g, ' '));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  it.each<[string[], string]>([
    [
      ['find-hanging'],
      'The `find-hanging` command requires either --topic or --broker-id to limit the scope of the search\n',
    ],
    [
      ['find-hanging', '--broker-id', '0', '--partition', '0'],
      'The --partition argument requires --topic to be provided\n',
    ],
    [
      ['abort', '--topic', 'a', '--partition', '0', '--producer-id', '1', '--producer-epoch', '0'],
      'Missing required argument --coordinator-epoch\n',
    ],
  ])('refuses %j without a broker', async (argv, text) => {
    expect(await run(...SERVER, ...argv)).toEqual({ code: 1, stdout: '', stderr: text });
  });

  it('has a version, whatever else is given', async () => {
    const { code, stdout } = await run('-v', 'no', 'command');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^3\.9\.1 \(Commit:[0-9a-f]+\)\n$/) });
  });
});

it('a table pads each cell to its column and ends it with a tab', () => {
  const { io, stdout } = testIo();
  printTable(['Id', 'State'], [['longer', 'A']], io);
  expect(stdout()).toBe('Id    \tState\t\nlonger\tA    \t\n');
});

describe('hanging transactions', () => {
  const nowMs = Date.now();
  const producer = (producerId: number, ageMinutes: number, currentTxnStartOffset = 5) => ({
    producerId,
    producerEpoch: 1,
    lastSequence: 3,
    lastTimestamp: nowMs - ageMinutes * 60_000,
    coordinatorEpoch: -1,
    currentTxnStartOffset,
  });
  const state = (transactionalId: string, partitions: number[], errorCode = 0) => ({
    errorCode,
    transactionalId,
    transactionState: 'Ongoing',
    transactionTimeoutMs: 60_000,
    transactionStartTimeMs: nowMs,
    producerId: 1,
    producerEpoch: 1,
    topics: [{ topic: 't', partitions }],
  });
  const answers: Answers = {
    DescribeProducers: ({ topics }: { topics: { name: string; partitionIndexes: number[] }[] }) => ({
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          errorCode: 0,
          errorMessage: null,
          activeProducers: [
            producer(1, 20), // its coordinator has partition 0 in a transaction, and not 1
            producer(2, 20), // no coordinator knows it
            producer(3, 20, -1), // has no transaction open
            producer(4, 10), // is not open for long yet
            producer(5, 20), // its transactional id is gone by now
          ],
        })),
      })),
    }),
    ListTransactions: () => ({
      errorCode: 0,
      transactionStates: [
        { transactionalId: 'one', producerId: 1, transactionState: 'Ongoing' },
        { transactionalId: 'five', producerId: 5, transactionState: 'Ongoing' },
      ],
    }),
    FindCoordinator: () => ({
      coordinators: ['one', 'five'].map((key) => ({ key, errorCode: 0, nodeId: 0, host: 'h', port: 1 })),
    }),
    DescribeTransactions: () => ({ transactionStates: [state('one', [0]), state('five', [], 105)] }),
  };
  const scope = { brokerId: undefined, topic: 't', partition: undefined, maxTransactionTimeoutMinutes: 15 };

  it('are those that no coordinator will end', async () => {
    const { admin, sent } = fakeAdmin([0], { t: [[0], [0]] }, answers);
    const found = await findHanging(admin, scope, noLog);
    expect(found.map(({ partition, producer }) => `${producer.producerId} on ${partition}`)).toEqual([
      // Partitions as Java's HashMap has them: 1 before 0.
      '1 on 1',
      '2 on 1',
      '2 on 0',
      '5 on 1',
      '5 on 0',
    ]);
    expect(sent.find(([api]) => api === 'ListTransactions')![1]).toBeInstanceOf(Function);
  });

  it('are looked for only where one broker has replicas, on that broker', async () => {
    const { admin, sent } = fakeAdmin([0, 1], { t: [[0], [0, 1]] }, answers);
    await findHanging(admin, { ...scope, brokerId: 1 }, noLog);
    expect(sent.filter(([api]) => api === 'DescribeProducers')).toEqual([
      ['DescribeProducers', { topics: [{ name: 't', partitionIndexes: [1] }] }, 1],
    ]);
  });

  it('a topic that is not there is not waited for', async () => {
    const { admin } = fakeAdmin([0], {}, answers);
    await expect(findHanging(admin, scope, noLog)).rejects.toThrow(
      'Failed to describe 1 topics: This server does not host this topic-partition.. Enable debug logging for additional detail.',
    );
  });
});

it('producers of a replica that does not lead are refused where that replica was asked for', async () => {
  const { admin } = fakeAdmin(
    [0],
    { t: [[0]] },
    {
      DescribeProducers: () => ({
        topics: [
          { name: 't', partitions: [{ partitionIndex: 0, errorCode: 6, errorMessage: null, activeProducers: [] }] },
        ],
      }),
    },
  );
  const logged: string[] = [];
  const log = (_: string, message: string): void => void logged.push(message);
  await expect(describeProducers(admin, log, [{ topic: 't', partition: 0 }], 0)).rejects.toThrow(
    'Failed to describe active producers for partition t-0 on brokerId 0',
  );
  expect(logged).toEqual([
    'Not leader error in `DescribeProducers` response for partition t-0 for brokerId 0 set in options',
  ]);
});
