import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Broker } from '../support/broker';
import { until } from '../support/until';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import { CommitLoad } from './commit-load';
import { RawMember } from './members';

const CRASHES = Number(process.env['ODRADEK_CRASHES'] ?? 3);
const GROUPS = 40;
const PARTITIONS = 3;
const COMMITS_PER_ROUND = 2000;
const NONE = 0;
const NOT_COORDINATOR = 16;

let zooKeeper: TestZooKeeper;
let broker: Broker;
let load: CommitLoad;

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
  broker = await Broker.start({
    zooKeeper: zooKeeper.connect,
    settings: { 'offsets.topic.segment.bytes': 100_000 },
  });
  load = new CommitLoad(broker, 'committed', PARTITIONS, GROUPS);
  await load.open();
  await load.createTopic();
});

const count = (text: string): number => broker.log().split(text).length - 1;

afterAll(async () => {
  load?.close();
  await broker?.remove();
  await zooKeeper?.stop();
});

test(
  `kill -9 in the middle of commits, ${CRASHES} times, and a clean stop: nothing acknowledged is lost, no commit is torn`,
  async () => {
    for (let crash = 0; crash < CRASHES; crash++) {
      const enough = load.acknowledged + COMMITS_PER_ROUND;
      let killed: Promise<unknown> | null = null;
      await load.run(() => {
        if (killed === null && load.acknowledged >= enough) killed = broker.kill();
        return false;
      });
      await killed;
      await broker.start();
      await load.open();
      expect(await load.verify()).toEqual([]);
    }
    const goal = load.acknowledged + COMMITS_PER_ROUND;
    await load.run(() => load.acknowledged >= goal);
    await broker.stop();
    await broker.start();
    await load.open();
    expect(await load.verify()).toEqual([]);
    expect(load.acknowledged).toBeGreaterThanOrEqual(goal);
  },
  60_000 + CRASHES * 10_000,
);

test('a ZooKeeper session that is lost: the groups are read back, their members stay in them', async () => {
  const member = await RawMember.connect(broker, 'survivors');
  const { memberId } = await member.join({ sessionTimeoutMs: 60_000, protocolType: 'test' });
  expect(await member.sync([memberId])).toMatchObject({ errorCode: NONE });
  // The session ends while the broker stands still: it hears of that when it wakes.
  const registrations = count('Registered broker 0');
  broker.pause();
  await zooKeeper.endSessionOf(broker);
  broker.resume();
  await until(() => count('Registered broker 0') > registrations);
  const answers = new Set<number>();
  await until(async () => {
    const errorCode = await member.heartbeat();
    answers.add(errorCode);
    return errorCode === NONE && count('Finished loading offsets and group metadata') > 0;
  });
  expect([...answers].filter((errorCode) => errorCode !== NONE && errorCode !== NOT_COORDINATOR)).toEqual([]);
  expect(await member.sync()).toMatchObject({ errorCode: NONE, task: `of ${memberId}` });
  member.peer.close();
  await load.open();
  expect(await load.verify()).toEqual([]);
});

const { KAFKA_HOME } = process.env;
(KAFKA_HOME ? test : test.skip)(
  "Apache's kafka-consumer-groups sees the offsets",
  () => {
    const command = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
    const args = ['--bootstrap-server', broker.bootstrap, '--describe', '--all-groups', '--offsets'];
    const text = execFileSync('java', ['-Xmx128m', '-cp', path.join(KAFKA_HOME!, 'libs', '*'), command, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const rows = text.split('\n').filter((line) => /^group-\d+ +committed +\d +\d+ /.test(line));
    expect(rows).toHaveLength(GROUPS * PARTITIONS);
  },
  60_000,
);
