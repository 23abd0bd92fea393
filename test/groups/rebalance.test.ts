import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import { Broker } from '../support/broker';
import { RECENT_MS } from '../support/recent';
import { until } from '../support/until';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import { connect, KafkajsMember, RawMember } from './members';

const NONE = 0;
const ILLEGAL_GENERATION = 22;
const UNKNOWN_MEMBER_ID = 25;
const REBALANCE_IN_PROGRESS = 27;
const FENCED_INSTANCE_ID = 82;

const PARTITIONS = 4;
const TERMS = { timeoutMs: 10_000 };

let zooKeeper: TestZooKeeper;
let broker: Broker;
let consumers: KafkajsMember[] = [];

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
  const settings = { 'group.min.session.timeout.ms': 500 };
  broker = await Broker.start({ zooKeeper: zooKeeper.connect, settings });
  // Makes `__consumer_offsets`.
  const peer = await connect(broker);
  await until(async () => (await peer.send(FindCoordinator, 2, { key: 'any' }, TERMS)).errorCode === NONE);
  peer.close();
});

afterEach(async () => {
  await Promise.all(consumers.map(({ process }) => process.kill()));
  consumers = [];
});

afterAll(async () => {
  await broker?.remove();
  await zooKeeper?.stop();
});

const count = (text: string): number => broker.log().split(text).length - 1;

/** kill -9, and its next start. */
async function crash(): Promise<void> {
  await broker.kill();
  await broker.start();
}

async function createTopic(name: string): Promise<void> {
  const peer = await connect(broker);
  const topic = { name, numPartitions: PARTITIONS, replicationFactor: 1, assignments: [], configs: [] };
  const { topics } = await peer.send(CreateTopics, 5, { topics: [topic], ...TERMS, validateOnly: false }, TERMS);
  expect(topics).toMatchObject([{ errorCode: NONE, numPartitions: PARTITIONS }]);
  peer.close();
}

/** Writes `prefix-0` … over all partitions; what was written. */
async function write(name: string, prefix: string, records: number): Promise<string[]> {
  const peer = await connect(broker);
  const values = Array.from({ length: records }, (_, index) => `${prefix}-${index}`);
  const partitionData = Array.from({ length: PARTITIONS }, (_, index) => ({
    index,
    records: buildBatch({
      records: values
        .filter((__, at) => at % PARTITIONS === index)
        .map((value) => ({ timestamp: RECENT_MS, value: Buffer.from(value) })),
    }),
  }));
  const request = { acks: -1, ...TERMS, topicData: [{ name, partitionData }] };
  const { responses } = await peer.send(Produce, 8, request, TERMS);
  expect(responses[0]!.partitionResponses.map(({ errorCode }) => errorCode)).toEqual(Array(PARTITIONS).fill(NONE));
  peer.close();
  return values;
}

/** What the group has committed, partition by partition. */
async function committed(groupId: string, name: string): Promise<number[]> {
  const peer = await connect(broker);
  const partitionIndexes = Array.from({ length: PARTITIONS }, (_, index) => index);
  const { topics } = await peer.send(OffsetFetch, 5, { groupId, topics: [{ name, partitionIndexes }] }, TERMS);
  peer.close();
  return topics[0]!.partitions.map(({ committedOffset }) => committedOffset);
}

function consume(groupId: string, topic: string): KafkajsMember {
  const consumer = new KafkajsMember(broker, groupId, topic);
  consumers.push(consumer);
  return consumer;
}

/** Every partition belongs to one of these, and each of these has its share. */
function share(members: readonly KafkajsMember[]): Promise<void> {
  return until(() => {
    const shares = members.map(({ assigned }) => assigned ?? []);
    const all = shares.flat().toSorted();
    return shares.every(({ length }) => length > 0) && all.join() === '0,1,2,3';
  });
}

const haveRead = (members: readonly KafkajsMember[], values: readonly string[]): Promise<void> =>
  until(() => {
    const read = new Set(members.flatMap((member) => member.values));
    return values.every((value) => read.has(value));
  });

/** The first begins a rebalance, the second, a member already, takes part in it; what the second is answered. */
async function joinAfter(first: RawMember, second: RawMember) {
  const joining = first.join();
  await until(async () => (await second.heartbeat()) === REBALANCE_IN_PROGRESS);
  const joined = await second.join();
  await joining;
  return joined;
}

/** A stable group of two: the first leads. */
async function pair(groupId: string, instances: readonly (string | null)[] = [null, null]) {
  const [leader, follower] = await Promise.all(instances.map((it) => RawMember.connect(broker, groupId, it)));
  await leader!.join();
  await leader!.sync();
  await joinAfter(follower!, leader!);
  const ids = [leader!.memberId, follower!.memberId];
  const tasks = await Promise.all([follower!.sync(), leader!.sync(ids)]);
  expect(tasks.map(({ task }) => task)).toEqual([`of ${ids[1]}`, `of ${ids[0]}`]);
  return { leader: leader!, follower: follower! };
}

test('members are killed and paused: the others take their partitions over, and nothing is left unread', async () => {
  await createTopic('kills');
  const [stays, dies, pauses] = [consume('kills', 'kills'), consume('kills', 'kills'), consume('kills', 'kills')];
  await share([stays, dies, pauses]);
  await haveRead([stays, dies, pauses], await write('kills', 'three', 100));

  await dies.process.kill();
  await share([stays, pauses]);
  await haveRead([stays, pauses], await write('kills', 'two', 100));

  pauses.process.pause();
  await until(() => stays.assigned?.length === PARTITIONS);
  await haveRead([stays], await write('kills', 'one', 100));
  for (const { memberId } of [dies, pauses]) {
    expect(count(`Member ${memberId} in group kills has failed, removing it from the group`)).toBe(1);
  }

  pauses.process.resume();
  await share([stays, pauses]);
  await haveRead([stays, pauses], await write('kills', 'again', 100));
  await until(async () => (await committed('kills', 'kills')).join() === Array(PARTITIONS).fill(100).join());
});

test('a static member restarts: no rebalance, the same task, and its former self is fenced', async () => {
  const { leader, follower } = await pair('static', ['a', 'b']);
  const rebalances = count('Preparing to rebalance group static');
  for (const former of [follower, leader]) {
    const restarted = await RawMember.connect(broker, 'static', former.groupInstanceId);
    const joined = await restarted.join();
    const leads = former === leader;
    expect(joined).toMatchObject({ errorCode: NONE, generationId: leader.generation, skipAssignment: leads });
    expect(joined.members).toHaveLength(leads ? 2 : 0);
    expect(await restarted.sync()).toEqual({ errorCode: NONE, task: `of ${former.memberId}` });
    expect(await former.heartbeat()).toBe(FENCED_INSTANCE_ID);
    expect(await former.commit('kills', 1)).toBe(FENCED_INSTANCE_ID);
    expect(await restarted.commit('kills', 1)).toBe(NONE);
  }
  expect(count('Preparing to rebalance group static')).toBe(rebalances);
});

test('the broker stands still beyond a session: who spoke meanwhile is heard before anybody counts as failed', async () => {
  const sessionTimeoutMs = 2000;
  const [heard, silent] = await Promise.all(['heard', 'silent'].map((group) => RawMember.connect(broker, group)));
  for (const member of [heard!, silent!]) {
    await member.join({ sessionTimeoutMs });
    expect(await member.sync([member.memberId])).toMatchObject({ errorCode: NONE });
  }
  broker.pause();
  const beating = heard!.heartbeat();
  await sleep(1.5 * sessionTimeoutMs);
  broker.resume();
  expect(await beating).toBe(NONE);
  const failures = ({ memberId, groupId }: RawMember) => count(`Member ${memberId} in group ${groupId} has failed`);
  await until(() => failures(silent!) === 1);
  expect(await heard!.heartbeat()).toBe(NONE);
  expect(failures(heard!)).toBe(0);
});

test('the broker is killed while members join: those of the last generation go on in it, their commits are there', async () => {
  const { leader, follower } = await pair('joining');
  expect(await leader.commit('kills', 7)).toBe(NONE);
  const third = await RawMember.connect(broker, 'joining');
  const joining = third.join();
  // The third has its id and is waiting by then.
  await until(async () => (await follower.heartbeat()) === REBALANCE_IN_PROGRESS);
  const lost = Promise.allSettled([joining, leader.join()]);
  await crash();
  await lost;

  const [first, second] = await Promise.all([leader, follower].map((member) => member.again(broker)));
  await until(async () => (await first!.sync()).errorCode === NONE);
  expect(await second!.sync()).toEqual({ errorCode: NONE, task: `of ${follower.memberId}` });
  expect([await first!.heartbeat(), await second!.heartbeat()]).toEqual([NONE, NONE]);
  expect((await committed('joining', 'kills'))[0]).toBe(7);
  expect(await second!.commit('kills', 8)).toBe(NONE);
  const stranger = await third.again(broker);
  expect((await stranger.join()).errorCode).toBe(UNKNOWN_MEMBER_ID);
  expect(await joinAfter(first!, second!)).toMatchObject({
    errorCode: NONE,
    generationId: leader.generation + 1,
    leader: leader.memberId,
  });
});

test('the broker is killed before an assignment is there: its generation never was', async () => {
  const { leader, follower } = await pair('syncing');
  const stored = leader.generation;
  await joinAfter(leader, follower);
  expect(leader.generation).toBe(stored + 1);
  const lost = Promise.allSettled([follower.sync()]);
  await crash();
  await lost;

  const [first, second] = await Promise.all([leader, follower].map((member) => member.again(broker)));
  await until(async () => (await first!.heartbeat()) === ILLEGAL_GENERATION);
  expect(await second!.commit('kills', 9)).toBe(ILLEGAL_GENERATION);
  expect((await second!.sync()).errorCode).toBe(ILLEGAL_GENERATION);
  // Neither knows of the generation that the group is in, hence no heartbeat tells them.
  const rejoining = first!.join();
  await until(() => count('Preparing to rebalance group syncing') > 0);
  await second!.join();
  await rejoining;
  expect(first!.generation).toBe(stored + 1);
  const ids = [leader.memberId, follower.memberId];
  const [task] = await Promise.all([second!.sync(), first!.sync(ids)]);
  expect(task).toEqual({ errorCode: NONE, task: `of ${follower.memberId}` });
});

test('the broker is killed while consumers rebalance: they settle, and read on', async () => {
  await createTopic('crash');
  const members = [consume('crash', 'crash'), consume('crash', 'crash')];
  await share(members);
  await haveRead(members, await write('crash', 'before', 200));
  await until(async () => (await committed('crash', 'crash')).join() === Array(PARTITIONS).fill(50).join());
  const rebalances = count('Preparing to rebalance group crash');
  members.push(consume('crash', 'crash'));
  await until(() => count('Preparing to rebalance group crash') > rebalances);
  await crash();

  await share(members);
  await haveRead(members, await write('crash', 'after', 200));
  await until(async () => (await committed('crash', 'crash')).join() === Array(PARTITIONS).fill(100).join());
  const peer = await connect(broker);
  // Whoever was lost with the crash has to be missed once more.
  await until(async () => {
    const { groups } = await peer.send(DescribeGroups, 5, { groups: ['crash'] }, TERMS);
    const { groupState, protocolData, members: known } = groups[0]!;
    const atWork = known.filter(({ memberAssignment }) => memberAssignment.length > 0);
    return groupState === 'Stable' && protocolData === 'RoundRobinAssigner' && atWork.length === 3;
  });
  // What was committed is not read again.
  expect(members[2]!.values.filter((value) => value.startsWith('before'))).toEqual([]);
  peer.close();
});
