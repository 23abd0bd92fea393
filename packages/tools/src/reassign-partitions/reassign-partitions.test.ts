import { type Answers, fakeAdmin } from '../fake-admin';
import { exitCodeOf } from '../run-tool';
import { testIo } from '../test-io';
import { cancelPlan } from './cancel';
import { reassignmentText, reassignPartitions } from './command';
import { type Execution, executePlan } from './execute';
import { generatePlan } from './generate';
import { entry, plan } from './test-plan';
import { verifyPlan } from './verify';

describe('the command line', () => {
  const run = async (...argv: string[]) => {
    const { io, stdout, stderr } = testIo();
    const code = await exitCodeOf(reassignPartitions, argv, io);
    return { code, stdout: stdout(), firstLine: stderr().split('\n')[0] };
  };
  const server = ['--bootstrap-server', 'localhost:1'];

  it.each([
    [[...server], 'Command must include exactly one action: --generate, --execute, --verify, --cancel, --list'],
    [['--list'], 'Please specify --bootstrap-server'],
    [[...server, '--generate', '--broker-list', '1'], 'Missing required argument "[topics-to-move-json-file]"'],
    [[...server, '--list', '--timeout', '1'], `Option "[timeout]" can't be used with action "[list]"`],
    [
      [...server, '--execute', '--reassignment-json-file', 'x', '--preserve-throttles', '--broker-list', '1'],
      `Option "[preserve-throttles]" can't be used with action "[execute]"`,
    ],
    [
      [...server, '--cancel', '--reassignment-json-file', 'x', '--json'],
      `Option "[json]" can't be used with action "[cancel]"`,
    ],
  ])('%j is refused', async (argv, firstLine) => {
    expect(await run(...argv)).toEqual({ code: 1, stdout: '', firstLine });
  });

  it('tells failures on stdout', async () => {
    const { code, stdout } = await run(...server, '--verify', '--reassignment-json-file', '/no/such/file');
    expect(stdout).toBe(
      'Error: Unable to read file /no/such/file\njava.io.IOException: Unable to read file /no/such/file\n' +
        'Caused by: java.nio.file.NoSuchFileException: /no/such/file\n\n',
    );
    expect(code).toBe(1);
  });
});

const NO_THROTTLE: Execution = { additional: false, throttle: -1, logDirsThrottle: -1, timeoutMs: 0 };

async function printed(run: (io: ReturnType<typeof testIo>['io']) => Promise<unknown>): Promise<string> {
  const { io, stdout, stderr } = testIo();
  try {
    await run(io);
  } catch (thrown) {
    return `${stdout()}${stderr()}! ${(thrown as Error).message}`;
  }
  return stdout() + stderr();
}

const reassigning: Answers = {
  ListPartitionReassignments: () => ({
    errorCode: 0,
    topics: [
      { name: 't', partitions: [{ partitionIndex: 0, replicas: [2, 0], addingReplicas: [2], removingReplicas: [0] }] },
      { name: 't', partitions: [{ partitionIndex: 1, replicas: [0, 1], addingReplicas: [1], removingReplicas: [] }] },
    ],
  }),
};

describe('--execute', () => {
  it('prints what was, sets throttles before it begins, and begins', async () => {
    const { admin, sent } = fakeAdmin([0, 1, 2], { t: [[0], [1]] });
    const json = plan(entry('t', 1, [2]), entry('t', 0, [1]));
    const text = await printed((io) => executePlan(admin, json, { ...NO_THROTTLE, throttle: 9 }, io.stdout));
    expect(text).toBe(
      'Current partition replica assignment\n\n' +
        '{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[0],"log_dirs":["any"]},' +
        '{"topic":"t","partition":1,"replicas":[1],"log_dirs":["any"]}]}\n\n' +
        'Save this to use as the --reassignment-json-file option during rollback\n' +
        'Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed.\n' +
        'The inter-broker throttle limit was set to 9 B/s\n' +
        'Successfully started partition reassignments for t-0,t-1\n',
    );
    const [apis, brokers] = [sent.map(([api]) => api), sent.map(([, , broker]) => broker)];
    const told = ['IncrementalAlterConfigs', 'IncrementalAlterConfigs', 'IncrementalAlterConfigs'];
    expect(apis).toEqual([
      'ListPartitionReassignments',
      'IncrementalAlterConfigs',
      ...told,
      'AlterPartitionReassignments',
    ]);
    expect(brokers).toEqual([undefined, undefined, 0, 1, 2, undefined]);
  });

  it.each<[string, string, Answers, RegExp]>([
    ['while another goes on', plan(entry('t', 0, [1])), reassigning, /^! Cannot execute because there is an existing/],
    ['to a broker that is not there', plan(entry('t', 0, [1, 9])), {}, /^! Unknown broker id 9$/],
    ['of a topic that is not there', plan(entry('x', 0, [1])), {}, /Topic x not found\.$/],
    ['of partitions that are not there', plan(entry('t', 5, [1]), entry('t', 4, [1])), {}, /partition: t-5, t-4$/],
    [
      'that the controller refuses',
      plan(entry('t', 1, [1]), entry('t', 0, [1])),
      {
        AlterPartitionReassignments: () => ({
          errorCode: 0,
          responses: [
            { name: 't', partitions: [{ partitionIndex: 1, errorCode: 39, errorMessage: 'why' }] },
            { name: 't', partitions: [{ partitionIndex: 0, errorCode: 37, errorMessage: null }] },
          ],
        }),
      },
      /! Error reassigning partition\(s\):\nt-0: Number of partitions is below 1\.\nt-1: why$/,
    ],
  ])('%s fails', async (_, json, answers, message) => {
    const { admin } = fakeAdmin([0, 1, 2], { t: [[0], [1]] }, answers);
    expect(await printed((io) => executePlan(admin, json, NO_THROTTLE, io.stdout))).toMatch(message);
  });

  it('tells a broker of a log dir until it has the replica', async () => {
    let asked = 0;
    const { admin } = fakeAdmin(
      [0, 1],
      { t: [[0]] },
      {
        AlterReplicaLogDirs: () => ({
          results: [{ topicName: 't', partitions: [{ partitionIndex: 0, errorCode: asked++ === 0 ? 9 : 0 }] }],
        }),
      },
    );
    const json = plan(entry('t', 0, [1], ['/d']));
    const text = await printed((io) => executePlan(admin, json, { ...NO_THROTTLE, timeoutMs: 60_000 }, io.stdout));
    expect(text).toContain('Successfully started moving log directory to /d for replica t-0 with broker 1 \n');
    asked = 0;
    expect(await printed((io) => executePlan(admin, json, NO_THROTTLE, io.stdout))).toMatch(
      /! Timed out before log directory move could be started for: t-0-1$/,
    );
  });

  it('fails where a log dir is not there', async () => {
    const { admin } = fakeAdmin(
      [0, 1],
      { t: [[0]] },
      {
        AlterReplicaLogDirs: () => ({
          results: [{ topicName: 't', partitions: [{ partitionIndex: 0, errorCode: 57 }] }],
        }),
      },
    );
    const run = printed((io) => executePlan(admin, plan(entry('t', 0, [0], ['/d'])), NO_THROTTLE, io.stdout));
    expect(await run).toMatch(/! Failed to alter dir for t-0-0$/);
  });
});

describe('--verify', () => {
  const verify = (json: string, answers: Answers, asJson = false) => {
    const { admin, sent } = fakeAdmin([0, 1, 2], { t: [[0], [1], [2]] }, answers);
    const text = printed((io) => verifyPlan(admin, json, { preserveThrottles: false, asJson }, io));
    return text.then((text) => ({ text, cleared: sent.filter(([api]) => api === 'IncrementalAlterConfigs').length }));
  };
  const dirs = (...partitions: [topic: string, dir: string, isFuture: boolean][]): Answers => ({
    DescribeLogDirs: (_: never, broker) => ({
      results: [
        { errorCode: 56, logDir: '/offline', topics: [] },
        ...partitions
          .filter(() => broker === 0)
          .map(([name, logDir, isFutureKey]) => ({
            errorCode: 0,
            logDir,
            topics: [{ name, partitions: [{ partitionIndex: 0, isFutureKey }] }],
          })),
      ],
    }),
  });

  it('clears the throttles once nothing is moved any more', async () => {
    expect(await verify(plan(entry('t', 2, [0]), entry('t', 0, [0]), entry('x', 0, [1])), {})).toEqual({
      text:
        'Status of partition reassignment:\nReassignment of partition t-0 is completed.\n' +
        'There is no active reassignment of partition t-2, but replica set is 2 rather than 0.\n' +
        'There is no active reassignment of partition x-0, but replica set is  rather than 1.\n\n' +
        'Clearing broker-level throttles on brokers 0,1,2\nClearing topic-level throttles on topics t,x\n',
      cleared: 4,
    });
  });

  it('leaves them while anything is moved, even elsewhere', async () => {
    expect(await verify(plan(entry('t', 1, [1]), entry('t', 2, [2])), reassigning)).toEqual({
      text:
        'Status of partition reassignment:\nReassignment of partition t-1 is still in progress.\n' +
        'Reassignment of partition t-2 is completed.\n\n',
      cleared: 0,
    });
  });

  it.each<[string, Answers, string, number]>([
    ['completed', dirs(['t', '/d', false]), 'Reassignment of replica t-0-0 completed successfully.', 4],
    [
      'inProgress',
      dirs(['t', '/c', false], ['t', '/d', true]),
      'Reassignment of replica t-0-0 is still in progress.',
      0,
    ],
    [
      'inProgress',
      dirs(['t', '/c', false], ['t', '/e', true]),
      'Partition t-0 on broker 0 is being moved to log dir /e instead of /d.',
      0,
    ],
    ['notActive', dirs(['t', '/c', false]), 'Partition t-0 on broker 0 is not being moved from log dir /c to /d.', 4],
    [
      'missing',
      dirs(['u', '/d', false]),
      'Partition t-0 is not found in any live log dir on broker 0. There is likely an offline log directory on the broker.',
      4,
    ],
  ])('knows a replica that is %s', async (state, answers, line, clearedRequests) => {
    const json = plan(entry('t', 0, [0], ['/d']));
    const { text, cleared } = await verify(json, answers);
    expect(text.split('\n')[2]).toBe(line);
    expect(cleared).toBe(clearedRequests);
    const document = (await verify(json, answers, true)).text.split('\n}\n')[0]!;
    expect(JSON.parse(`${document}}`).logDirMoves[0].state).toBe(state);
  });

  it('fails as Apache does at the first partition that is not there', async () => {
    expect((await verify(plan(entry('t', 3, [0])), {})).text).toBe('! Index 3 out of bounds for length 3');
    expect((await verify(plan(entry('t', 4, [0])), {})).text).toContain('but replica set is  rather than 0.');
  });
});

describe('--cancel', () => {
  it('leaves alone what only adds replicas', async () => {
    const { admin, sent } = fakeAdmin([0], { t: [[0], [1]] }, reassigning);
    const json = plan(entry('t', 0, [2]), entry('t', 1, [0, 1]));
    const text = await printed((io) => cancelPlan(admin, json, { preserveThrottles: false, timeoutMs: 0 }, io.stdout));
    expect(text).toBe(
      'Successfully cancelled partition reassignment for: t-0\n' +
        'None of the specified partition moves are active.Clearing broker-level throttles on brokers 0,1,2\n' +
        'Clearing topic-level throttles on topic t\n',
    );
    expect(sent.find(([api]) => api === 'AlterPartitionReassignments')![1]).toMatchObject({
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, replicas: null }] }],
    });
  });

  it('says why it failed', async () => {
    const { admin } = fakeAdmin(
      [0],
      { t: [[0]] },
      {
        ...reassigning,
        AlterPartitionReassignments: () => ({ errorCode: 31, errorMessage: 'no', responses: [] }),
      },
    );
    const run = printed((io) =>
      cancelPlan(admin, plan(entry('t', 0, [2])), { preserveThrottles: true, timeoutMs: 0 }, io.stdout),
    );
    expect(await run).toBe('! Error cancelling partition reassignment for:\nt-0: no');
  });
});

describe('--generate', () => {
  it('keeps the number of replicas', async () => {
    const { admin } = fakeAdmin([0, 1, 2], { t: [[0, 1]] });
    const options = { rackAware: true, asJson: false };
    const text = await printed((io) => generatePlan(admin, '{"topics":[{"topic":"t"}]}', '2,1,7', options, io));
    expect(text).toMatch(
      /^Current partition replica assignment\n.*"replicas":\[0,1\].*\n\nProposed partition reassignment configuration\n.*"replicas":\[(1,2|2,1)\].*\n$/,
    );
  });

  it.each([
    ['1,x', 'For input string: "x"'],
    ['', 'For input string: ""'],
    ['1,18,1,18', 'Broker list contains duplicate entries: [1, 18]'],
    ['7', 'Replication factor: 2 larger than available brokers: 0.'],
  ])('refuses brokers %j', async (brokers, message) => {
    const { admin } = fakeAdmin([0, 1, 2], { t: [[0, 1]] });
    const options = { rackAware: false, asJson: false };
    const run = printed((io) => generatePlan(admin, '{"topics":[{"topic":"t"}]}', brokers, options, io));
    expect(await run).toBe(`! ${message}`);
  });
});

it('--list names what is added and removed', () => {
  const going = { topic: 't', partition: 3, replicas: [4, 5, 1], addingReplicas: [4, 5], removingReplicas: [1] };
  expect(reassignmentText(going)).toBe('t-3: replicas: 4,5,1. adding: 4,5. removing: 1.');
  expect(reassignmentText({ ...going, addingReplicas: [], removingReplicas: [] })).toBe('t-3: replicas: 4,5,1.');
});
