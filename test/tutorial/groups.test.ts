import type { ServerProcess } from '../support/process';
import { TutorialCluster } from './cluster';
import { started, typed } from './typed';

// Section 4 of the tutorials, and the group of section 3.

const AT = '--bootstrap-server localhost:9092';
const members: ServerProcess[] = [];

let cluster: TutorialCluster;
beforeAll(async () => {
  cluster = await TutorialCluster.start({
    'offsets.topic.num.partitions': 3,
    'offsets.topic.replication.factor': 1,
    'group.initial.rebalance.delay.ms': 0,
  });
});
afterEach(async () => {
  await Promise.all(members.splice(0).map((member) => member.stop()));
});
afterAll(() => cluster?.stop());

const create = (topic: string, partitions: number) =>
  cluster.type(`bin/kafka-topics.sh --create --topic ${topic} --partitions ${partitions} ${AT}`);
const produce = (topic: string, input: string, options = '') =>
  cluster.type(`bin/kafka-console-producer.sh --topic ${topic} ${AT} ${options}`, input);

function join(group: string, topic: string, options = ''): ServerProcess {
  // Members hear of a rebalance with their next heartbeat: the default of 3 s would be most of what the tests take.
  const soon = '--consumer-property heartbeat.interval.ms=100';
  const line = `bin/kafka-console-consumer.sh --topic ${topic} --from-beginning --group ${group} ${AT} ${soon} ${options}`;
  const member = started(cluster, line);
  members.push(member);
  return member;
}

interface Offset {
  readonly partition: number;
  readonly currentOffset: number | null;
  readonly lag: number | null;
  readonly consumerId: string | null;
}

async function offsetsOf(group: string): Promise<Offset[]> {
  const { stdout } = await typed(cluster, `bin/kafka-consumer-groups.sh ${AT} --describe --group ${group} --json`);
  return stdout === '' ? [] : JSON.parse(stdout).groups[0].offsets;
}

const ownersOf = async (group: string): Promise<(string | null)[]> =>
  (await offsetsOf(group)).map(({ consumerId }) => consumerId);
const hasRead = (member: ServerProcess, ...lines: string[]) =>
  member.until(() => lines.every((line) => member.log().split('\n').includes(line)));
const records = (member: ServerProcess): string[] =>
  member
    .log()
    .split('\n')
    .filter((line) => /^\w\d$/.test(line))
    .sort();

describe('3.4 two members of one group', () => {
  test('share the partitions, get each record once, and go on where they were', async () => {
    await create('shared', 2);
    const [one, two] = [join('group1', 'shared'), join('group1', 'shared')];
    await one.until(async () => new Set(await ownersOf('group1')).size === 2);
    const keys = ['k1:a1', 'k2:a2', 'k3:a3', 'k4:a4', 'k5:a5', 'k6:a6'];
    await produce('shared', `${keys.join('\n')}\n`, '--property parse.key=true --property key.separator=:');
    await one.until(() => records(one).length + records(two).length === keys.length);
    expect([...records(one), ...records(two)].sort()).toEqual(['a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
    expect(records(one).length * records(two).length).toBeGreaterThan(0);
    for (const member of [one, two]) {
      expect(await member.stop('SIGINT')).toEqual({ code: 130, signal: null });
      expect(member.log()).toMatch(/Processed a total of [1-5] messages/);
    }
    await produce('shared', 'b1\n');
    const again = join('group1', 'shared');
    await hasRead(again, 'b1');
    expect(records(again)).toEqual(['b1']);
  });
});

describe('4.1, 4.2 kafka-consumer-groups', () => {
  test('lists and describes', async () => {
    await create('described', 2);
    await produce('described', 'c1\nc2\n');
    await cluster.type(
      `bin/kafka-console-consumer.sh --topic described --from-beginning --group team-a --max-messages 2 ${AT}`,
    );
    expect((await cluster.type(`bin/kafka-consumer-groups.sh ${AT} --list`)).split('\n')).toContain('team-a');
    const described = await typed(cluster, `bin/kafka-consumer-groups.sh ${AT} --group team-a --describe`);
    expect(described.stderr).toBe("\nConsumer group 'team-a' has no active members.\n");
    const [blank, header, ...rows] = described.stdout.split('\n');
    expect(blank).toBe('');
    expect(header).toBe(
      'GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID',
    );
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      expect(row).toMatch(/^team-a {10}described {7}[01] {10}(\d) {15}\1 {15}0 {15}- {15}- {15}-$/);
    }
  });

  test('a stray --topic is explained', async () => {
    const line = `bin/kafka-consumer-groups.sh --topic topic-example1 ${AT} --group team-a --describe`;
    const { code, stderr } = await typed(cluster, line);
    expect(code).toBe(1);
    expect(stderr.split('\n')[0]).toBe('Option "[topic]" can\'t be used with option "[describe]"');
    expect(stderr).not.toContain('\tat ');
  });

  test('watches until it is interrupted', async () => {
    const watcher = started(
      cluster,
      `bin/kafka-consumer-groups.sh ${AT} --describe --all-groups --watch --interval-ms 50`,
    );
    members.push(watcher);
    await watcher.until(() => watcher.log().split('CURRENT-OFFSET').length > 3);
    expect(await watcher.stop('SIGINT')).toEqual({ code: 0, signal: null });
  });
});

describe('4.3 a consumer dies and comes back', () => {
  test('it resumes at its committed offset', async () => {
    await create('resumed', 1);
    await produce('resumed', 'd1\nd2\n');
    // A static member is known when it comes back, so nobody waits for the session of the dead one.
    const options = '--consumer-property auto.commit.interval.ms=20 --consumer-property group.instance.id=i1';
    const first = join('resuming', 'resumed', options);
    await hasRead(first, 'd1', 'd2');
    await first.until(async () => (await offsetsOf('resuming'))[0]?.currentOffset === 2);
    await first.kill();
    await produce('resumed', 'e1\n');
    const second = join('resuming', 'resumed', options);
    await hasRead(second, 'e1');
    expect(records(second)).toEqual(['e1']);
  });
});

describe('4.4, 4.5 what a group rests on', () => {
  test('no partition has two members at a time', async () => {
    await create('exclusive', 4);
    const [one] = [join('strict', 'exclusive'), join('strict', 'exclusive'), join('strict', 'exclusive')];
    await one!.until(async () => new Set(await ownersOf('strict')).size === 3);
    const offsets = await offsetsOf('strict');
    expect(offsets.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    expect(offsets.every(({ consumerId }) => consumerId !== null)).toBe(true);
  });

  test('__consumer_offsets came by itself', async () => {
    const described = await cluster.type(`bin/kafka-topics.sh --describe --topic __consumer_offsets ${AT}`);
    expect(described).toContain('PartitionCount: 3');
    expect(described).toContain('cleanup.policy=compact');
  });
});
