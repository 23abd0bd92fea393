import type { GroupDescription } from '../client/groups-admin';
import type { TerminalSize } from '../print';
import { exitCodeOf } from '../run-tool';
import { testIo } from '../test-io';
import { ToolError } from '../tool-error';
import { parseGroupsArguments } from './arguments';
import { consumerGroups } from './command';
import { membersJson, printMembers } from './members';
import { offsetsJson, printOffsets } from './offsets';
import { planCsv, readPlan } from './plan-csv';
import { printState, stateJson } from './states';
import { dateTimeMs, durationMs } from './times';
import { namedPartitions } from './topic-arguments';
import { watch } from './watch';

const group = (more: Partial<GroupDescription> = {}): GroupDescription => ({
  groupId: 'team-a',
  state: 'Stable',
  assignor: 'range',
  coordinator: { id: 0, host: 'localhost', port: 9092, rack: null },
  members: [
    {
      memberId: 'console-consumer-1',
      groupInstanceId: null,
      clientId: 'console-consumer',
      host: '/127.0.0.1',
      assignment: [
        { topic: 'a', partition: 10 },
        { topic: 'a', partition: 9 },
        { topic: 'b', partition: 0 },
      ],
    },
  ],
  lastRebalance: null,
  ...more,
});

// Expected texts are Apache's, of 3.9.1.
describe('what --describe prints', () => {
  const rows = [
    {
      topic: 'a',
      partition: 9,
      currentOffset: 3,
      logEndOffset: 5,
      lag: 2,
      consumerId: 'console-consumer-1',
      host: '/127.0.0.1',
      clientId: 'console-consumer',
    },
    {
      topic: 'b',
      partition: 0,
      currentOffset: null,
      logEndOffset: 5,
      lag: null,
      consumerId: null,
      host: null,
      clientId: null,
    },
  ];

  it('offsets: each row begins with its line break', () => {
    const { io, stdout, stderr } = testIo();
    printOffsets({ group: group(), rows }, io);
    expect(stdout()).toBe(
      [
        '',
        'GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID        HOST            CLIENT-ID',
        'team-a          a               9          3               5               2               console-consumer-1 /127.0.0.1      console-consumer',
        'team-a          b               0          -               5               -               -                  -               -',
      ].join('\n'),
    );
    expect(stderr()).toBe('');
  });

  it('members, with their assignment', () => {
    const { io, stdout } = testIo();
    printMembers(group(), true, io);
    expect(stdout()).toBe(
      [
        '',
        'GROUP           CONSUMER-ID        HOST            CLIENT-ID        #PARTITIONS     ASSIGNMENT',
        'team-a          console-consumer-1 /127.0.0.1      console-consumer 3               (0), (10,9)',
        '',
      ].join('\n'),
    );
  });

  it('members, once one is static', () => {
    const { io, stdout } = testIo();
    const [member] = group().members;
    printMembers(group({ members: [{ ...member!, groupInstanceId: 'i1', assignment: [] }] }), true, io);
    expect(stdout().split('\n')[1]).toContain(' GROUP-INSTANCE-ID HOST ');
    expect(stdout().split('\n')[2]).toMatch(/ i1 {16}\/127\.0\.0\.1 .* 0 {15}-$/);
  });

  it('the state', () => {
    const { io, stdout } = testIo();
    printState(group(), io);
    expect(stdout()).toBe(
      [
        '',
        'GROUP                     COORDINATOR (ID)          ASSIGNMENT-STRATEGY  STATE           #MEMBERS',
        'team-a                    localhost:9092  (0)       range                Stable          1',
        '',
      ].join('\n'),
    );
  });

  it.each([
    ['Dead', "\nError: Consumer group 'team-a' does not exist.\n", ''],
    ['Empty', '', "\nConsumer group 'team-a' has no active members.\n"],
    ['PreparingRebalance', '', "\nWarning: Consumer group 'team-a' is rebalancing.\n"],
    ['CompletingRebalance', '', "\nWarning: Consumer group 'team-a' is rebalancing.\n"],
  ])('a word on the state %s', (state, out, err) => {
    const { io, stdout, stderr } = testIo();
    printOffsets({ group: group({ state, members: [] }), rows: [] }, io);
    expect([stdout(), stderr()]).toEqual([out, err]);
  });

  it('JSON: null for what is not known, an error for what does not exist', () => {
    expect(offsetsJson({ group: group(), rows })).toMatchObject({
      group: 'team-a',
      state: 'Stable',
      offsets: [
        { topic: 'a', lag: 2 },
        { topic: 'b', currentOffset: null, lag: null, consumerId: null },
      ],
    });
    expect(membersJson(group())).toMatchObject({ members: [{ consumerId: 'console-consumer-1', partitionCount: 3 }] });
    expect(stateJson(group({ assignor: '' }))).toMatchObject({
      coordinator: { id: 0, host: 'localhost', port: 9092 },
      assignmentStrategy: null,
      memberCount: 1,
    });
    const lastRebalance = { reason: 'Adding new member', memberId: 'm', atMs: 1_700_000_000_000, durationMs: -1 };
    expect(stateJson(group({ lastRebalance }))).toMatchObject({
      lastRebalance: { reason: 'Adding new member', memberId: 'm', at: '2023-11-14T22:13:20.000Z', durationMs: null },
    });
    expect(stateJson(group())).not.toHaveProperty('lastRebalance');
    expect(stateJson(group({ state: 'Dead', members: [] }))).toMatchObject({ error: 'GROUP_ID_NOT_FOUND' });
  });
});

describe('the command line', () => {
  const at = ['--bootstrap-server', 'localhost:1'];
  const firstLine = async (...argv: string[]): Promise<string> => {
    const { io, stderr } = testIo();
    expect(await exitCodeOf(consumerGroups, argv, io)).toBe(1);
    return stderr().split('\n')[0]!;
  };

  it.each([
    [['--list'], 'Missing required argument "[bootstrap-server]"'],
    [
      [...at, '--list', '--describe', '--all-groups'],
      'Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets',
    ],
    [
      [...at, '--describe'],
      'Option [describe] takes one of these options: [reset-offsets], [describe], [delete], [list]',
    ],
    [[...at, '--delete'], 'Option [delete] takes one of these options: [all-groups], [group]'],
    [[...at, '--describe', '--group', 'g', '--topic', 't'], 'Option "[topic]" can\'t be used with option "[describe]"'],
    [
      [...at, '--list', '--members', '--offsets'],
      'Exception in thread "main" joptsimple.UnavailableOptionException: Option(s) [members, offsets] are unavailable given other options on the command line',
    ],
    [[...at, '--delete', '--group', 'g', '--json'], 'Option [json] is applicable to --list and --describe only.'],
    [[...at, '--list', '--watch'], 'Option [watch] is applicable to --describe only.'],
  ])('%j', async (argv, message) => {
    expect(await firstLine(...argv)).toBe(message);
  });

  it('tells a person at a terminal what to do about --topic', () => {
    const { io, stderr } = testIo();
    const argv = ['--topic', 't', ...at, '--group', 'team-a', '--describe'];
    expect(() => parseGroupsArguments(argv, { ...io, isTerminal: true })).toThrow();
    expect(stderr()).toMatch(/\n\n--describe shows every topic of a group\. Leave --topic out\.\n$/);
  });
});

describe('plans of resets', () => {
  const plan = [{ topic: 'a', partition: 0, offset: 3 }];

  it('are written with the group where there are several, and quoted as Jackson quotes', () => {
    expect(planCsv([{ groupId: 'g', plan }], true)).toBe('a,0,3\n');
    expect(planCsv([{ groupId: 'g,1', plan }], false)).toBe('"g,1",a,0,3\n');
    const topic = 'a'.repeat(25);
    expect(planCsv([{ groupId: 'g', plan: [{ topic, partition: 0, offset: 1 }] }], true)).toBe(`"${topic}",0,1\n`);
  });

  it('are read back', () => {
    const { io, stderr } = testIo();
    expect(readPlan('a,0,3\n"b","1","4"\n', 'g', io)).toEqual(
      new Map([
        [
          'g',
          [
            { topic: 'a', partition: 0, offset: 3 },
            { topic: 'b', partition: 1, offset: 4 },
          ],
        ],
      ]),
    );
    expect(stderr()).toBe('');
    expect(readPlan('g,a,0,3\n', null, io).get('g')).toEqual(plan);
    expect(stderr()).toContain('not a valid `int` value\n at [Source: (StringReader); line: 1, column: 3]');
  });

  it.each([
    ['', 'No content to map due to end-of-input'],
    ['a,0,x', 'Cannot deserialize value of type `int` from String "x"'],
    ['a,0,-3', 'Invalid negative offset'],
  ])('%j is none', (text, message) => {
    expect(() => readPlan(text, 'g', testIo().io)).toThrow(message);
  });
});

describe('times', () => {
  it.each([
    ['2023-11-14T22:13:20.000', 1_700_000_000_000],
    ['2023-11-14T22:13:20.000Z', 1_700_000_000_000],
    ['2023-11-15T07:13:20.000+09:00', 1_700_000_000_000],
    ['2023-11-15T07:13:20.000+09', 1_700_000_000_000],
    ['2023-11-14T17:13:20.123-0500', 1_700_000_000_123],
  ])('%s', (text, ms) => {
    expect(dateTimeMs(text)).toBe(ms);
  });

  it.each(['2023-11-14', '2023-11-14T22:13:20', '2023-02-30T00:00:00.000', 'T', ''])('%j is no time', (text) => {
    expect(() => dateTimeMs(text)).toThrow(ToolError);
  });

  it.each([
    ['P1D', 86_400_000],
    ['pt1h2m3.5s', 3_723_500],
    ['-PT1M', -60_000],
    ['P1DT-1S', 86_399_000],
  ])('%s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['1D', 'P', 'PT', 'P1DT', 'P1Y', ''])('%j is no duration', (text) => {
    expect(() => durationMs(text)).toThrow('Text cannot be parsed to a Duration');
  });
});

it('partitions of a topic argument', () => {
  expect(namedPartitions('t:0,2')).toEqual([
    { topic: 't', partition: 0 },
    { topic: 't', partition: 2 },
  ]);
  expect(() => namedPartitions('t:x')).toThrow("Invalid partition 'x' specified in topic arg 't:x''");
  expect(() => namedPartitions('t:0:1')).toThrow("Invalid topic arg 't:0:1', expected topic name and partitions");
});

describe('--watch', () => {
  const shownOf = (stdout: string): string[] =>
    stdout
      .split('\n')
      .slice(1, -1)
      .map((line) => line.replace('\u001b[K', ''));

  async function watched(
    isTable: boolean,
    isTerminal: boolean,
    looks: (() => Promise<string>)[],
    size: TerminalSize = { columns: 80, rows: 24 },
  ) {
    const { io, stdout, stderr } = testIo();
    let interrupt = (): void => undefined;
    const rest = [...looks];
    const look = (): Promise<string> => {
      const next = rest.shift();
      if (next) return next();
      interrupt();
      return Promise.resolve('late');
    };
    const surroundings = {
      ...io,
      isTerminal,
      terminalSize: () => size,
      onInterrupt: (listener: (signal: NodeJS.Signals) => void) => {
        interrupt = () => listener('SIGINT');
      },
    };
    const show = (text: string, { stdout: out }: { stdout: { write(data: string): void } }): void => out.write(text);
    const code = await watch(look, show, { intervalMs: 1, isTable }, surroundings);
    return { code, stdout: stdout(), stderr: stderr() };
  }
  const says = (text: string) => () => Promise.resolve(text);
  const fails = () => Promise.reject(new ToolError('x.Y', 'away'));

  it('one block a look in a pipe, and 0 when interrupted', async () => {
    const seen = await watched(true, false, [says('\nH\nr1'), says('\nH\nr2')]);
    expect(seen).toEqual({ code: 0, stdout: 'H\nr1\n\nH\nr2\n\n', stderr: '' });
  });

  it('documents are passed on as they are', async () => {
    expect((await watched(false, false, [says('{}\n')])).stdout).toBe('{}\n');
  });

  it('a terminal is redrawn in place', async () => {
    const { stdout } = await watched(true, true, [says('\nH\nr1')]);
    expect(stdout).toMatch(/^\u001b\[H\u001b\[K.*Ctrl-C.*\n\u001b\[KH\n\u001b\[Kr1\n\u001b\[J$/);
  });

  it('a terminal that is too narrow and too low shows lines broken and says how many are missing', async () => {
    const names = ['0123456789'.repeat(3), 'b   ', 'c', 'd'].join('\n');
    const { stdout } = await watched(true, true, [says(names)], { columns: 30, rows: 5 });
    expect(shownOf(stdout)).toEqual(['0123456789'.repeat(3), 'b', '2 more lines do not fit in here'.slice(0, 30)]);
    const narrow = await watched(true, true, [says(names)], { columns: 25, rows: 24 });
    expect(shownOf(narrow.stdout)).toEqual(['0123456789012345678901234', '56789', 'b', 'c', 'd']);
  });

  it('goes on after a failure, but for the first look', async () => {
    expect((await watched(true, false, [says('a'), fails, says('b')])).stdout).toBe('a\n\nb\n\n');
    await expect(watched(true, false, [fails])).rejects.toThrow('away');
  });
});
