import { exitCodeOf } from '../run-tool';
import { testIo } from '../test-io';
import { ServerError } from '../tool-error';
import { leaderElection, report } from './command';
import { parseElectionData } from './partitions-file';

const server = ['--bootstrap-server', 'localhost:1'];
const all = '--all-topic-partitions';

it.each([
  [[...server], 'Missing required option(s): election-type'],
  [['--partition', '1'], 'Missing required option(s): bootstrap-server, election-type'],
  [
    [...server, '--election-type', 'preferred'],
    'One and only one of the following options is required: topic, all-topic-partitions, path-to-json-file',
  ],
  [[...server, '--election-type', 'preferred', '--topic', 't'], 'Missing required option(s): partition'],
  [
    [...server, '--election-type', 'preferred', all, '--partition', '0'],
    'Option partition is only allowed if topic is used',
  ],
  [[...server, '--election-type', 'best', all], "Cannot parse argument 'best' of option election-type"],
  [
    [...server, '--election-type', 'UnClean', '--path-to-json-file', '/no/such/file'],
    'java.io.IOException: Unable to read file /no/such/file',
  ],
])('%j is refused', async (argv, firstLine) => {
  const { io, stdout, stderr } = testIo();
  expect(await exitCodeOf(leaderElection, argv, io)).toBe(1);
  expect(stdout()).toBe('');
  expect(stderr().split('\n')[0]).toBe(firstLine);
});

describe('the file of partitions', () => {
  it('is read in the order of a HashSet', () => {
    const json = '{"partitions":[{"topic":"b","partition":0},{"topic":"a","partition":0}]}';
    expect(parseElectionData(json)).toEqual([
      { topic: 'a', partition: 0 },
      { topic: 'b', partition: 0 },
    ]);
  });

  it.each([
    ['', 'Replica election data is empty'],
    ['nonsense', 'Replica election data is empty'],
    ['{}', 'Replica election data is missing "partitions" field'],
    ['[]', 'com.fasterxml.jackson.databind.JsonMappingException: Expected JSON object, received []'],
    [
      '{"partitions":[{"topic":"t"}]}',
      'com.fasterxml.jackson.databind.JsonMappingException: No such field exists: `partition`',
    ],
    [
      '{"partitions":[{"topic":"t","partition":1},{"topic":"t","partition":1}]}',
      'Replica election data contains duplicate partitions: [t-1]',
    ],
  ])('%j is refused', (json, message) => {
    expect(() => parseElectionData(json)).toThrow(message);
  });
});

it('tells of what was elected, of what needed no election, and of what failed', () => {
  const { io, stdout } = testIo();
  const elections = [
    { topic: 't', partition: 0, error: undefined },
    { topic: 't', partition: 1, error: new ServerError('ELECTION_NOT_NEEDED') },
    { topic: 't', partition: 2, error: new ServerError('PREFERRED_LEADER_NOT_AVAILABLE', 'It is away.') },
    { topic: 'u', partition: 0, error: undefined },
  ];
  const why = 'org.apache.kafka.common.errors.PreferredLeaderNotAvailableException: It is away.';
  let thrown: unknown;
  try {
    report('PREFERRED', elections, io.stdout);
  } catch (error) {
    thrown = error;
  }
  expect(String(thrown)).toBe(
    'org.apache.kafka.server.common.AdminCommandFailedException: 1 replica(s) could not be elected\n' +
      `\tSuppressed: ${why}`,
  );
  expect(stdout()).toBe(
    'Successfully completed leader election (PREFERRED) for partitions t-0, u-0\n' +
      'Valid replica already elected for partitions t-1\n' +
      `Error completing leader election (PREFERRED) for partition: t-2: ${why}\n`,
  );
});
