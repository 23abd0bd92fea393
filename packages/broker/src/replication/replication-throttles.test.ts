import type { TopicConfigs } from '../cluster/topic-configs';
import { batch } from '../log/testing/fixture';
import { ReplicationThrottle } from './replication-throttles';
import { type TestReplica, TestReplicas } from './testing/replicas';
import { ThrottledReplicas } from './throttled-replicas';

function listing(leaderReplicationThrottledReplicas: string[]) {
  const values = { leaderReplicationThrottledReplicas, followerReplicationThrottledReplicas: [] as string[] };
  const topicConfigs = { get: () => ({ values }) } as unknown as TopicConfigs;
  return { values, replicas: new ThrottledReplicas(1, topicConfigs, 'leader') };
}

describe('which replicas are throttled', () => {
  test.each<[string[], number[]]>([
    [[], []],
    [['*'], [0, 1, 2]],
    [
      ['0:1', '1:2', '2:1'],
      [0, 2],
    ],
    [['0:11', '1:0'], []],
  ])('%j on broker 1: %j', (setting, expected) => {
    const { replicas } = listing(setting);
    expect([0, 1, 2].filter((partition) => replicas.has('t', partition))).toEqual(expected);
  });

  test('as the setting is now', () => {
    const { replicas, values } = listing(['0:1']);
    expect([replicas.has('t', 0), replicas.has('t', 1)]).toEqual([true, false]);
    values.leaderReplicationThrottledReplicas = ['1:1'];
    expect([replicas.has('t', 0), replicas.has('t', 1)]).toEqual([false, true]);
  });

  test('others are neither held back nor counted', () => {
    const recorded: number[] = [];
    const quota = { bytesPerSecond: 7, isExceeded: () => true, record: (bytes: number) => void recorded.push(bytes) };
    const throttle = new ReplicationThrottle(quota, listing(['0:1']).replicas);
    expect([throttle.holdsBack('t', 0), throttle.holdsBack('t', 1)]).toEqual([true, false]);
    throttle.record('t', 0, 10);
    throttle.record('t', 1, 20);
    expect([recorded, throttle.bytesPerSecond]).toEqual([[10], 7]);
  });
});

const produce = ({ partition }: TestReplica): void =>
  void partition.appendAsLeader(batch(1, { bytes: 100 }), 1, { origin: 'client' });

function behind() {
  const world = new TestReplicas({ partitionMaxBytes: 200 });
  const [leader, follower] = [world.replica(0), world.replica(1)];
  world.elect(0, [0]);
  for (let i = 0; i < 5; i++) produce(leader);
  return { world, leader, follower };
}

describe('a leader whose quota is exceeded', () => {
  test('sends nothing to a follower that is behind, until it is not exceeded any more', async () => {
    const { leader, follower } = behind();
    await follower.fetch();
    expect(follower.log.logEndOffset).toBe(1);
    leader.sending.isExceeded = true;
    await follower.fetch();
    await follower.fetch();
    expect(follower.log.logEndOffset).toBe(1);
    leader.sending.isExceeded = false;
    await follower.fetch();
    expect(follower.log.logEndOffset).toBe(2);
  });

  test('sends to one that is in sync all the same', async () => {
    const { world, leader, follower } = behind();
    world.elect(0, [0, 1]);
    leader.sending.isExceeded = true;
    await world.converge();
    expect(follower.log.logEndOffset).toBe(5);
  });
});

describe('a follower whose quota is exceeded', () => {
  test('does not ask for a replica that is behind, until it is not exceeded any more', async () => {
    const { world, follower } = behind();
    await follower.fetch();
    const { bytes } = follower.fetching;
    expect(bytes).toBeGreaterThan(100);
    follower.fetching.isExceeded = true;
    // What has been asked for already is taken in.
    await follower.fetch();
    expect(follower.log.logEndOffset).toBe(2);
    await follower.fetch();
    for (let i = 0; i < 20; i++) {
      await world.clock.advance(50);
      await follower.fetch();
    }
    expect([follower.log.logEndOffset, follower.fetching.bytes]).toEqual([2, 2 * bytes]);
    follower.fetching.isExceeded = false;
    await world.clock.advance(100);
    await world.converge();
    expect(follower.log.logEndOffset).toBe(5);
  });

  test('does not begin with a new replica', async () => {
    const { world, follower } = behind();
    follower.fetching.isExceeded = true;
    world.elect(0, [0]);
    expect(await follower.fetch()).toBe(false);
    follower.fetching.isExceeded = false;
    await world.clock.advance(100);
    expect(await follower.fetch()).toBe(true);
  });

  test('asks for one that is in sync all the same', async () => {
    const { world, leader, follower } = behind();
    world.elect(0, [0, 1]);
    await world.converge();
    follower.fetching.isExceeded = true;
    await follower.fetch();
    produce(leader);
    await follower.fetch();
    expect(follower.log.logEndOffset).toBe(6);
  });
});
