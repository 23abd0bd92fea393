import { append as appendTo, batch } from '../log/testing/fixture';
import { bytesOf, type TestReplica, TestReplicas } from './testing/replicas';

const BACKOFF_MS = 1000;

/** Appends as the leader that the replica is. */
function produce({ partition }: TestReplica, count = 1, bytes = 10): void {
  partition.appendAsLeader(batch(count, { bytes }), 1, { origin: 'client' });
}

function expectEqual(world: TestReplicas): void {
  const [first, ...others] = world.all;
  for (const other of others) {
    expect(other.log.logEndOffset).toBe(first!.log.logEndOffset);
    expect(bytesOf(other).equals(bytesOf(first!))).toBe(true);
  }
}

describe('following', () => {
  test('copies bytes, epochs, the high watermark and the log start', async () => {
    const world = new TestReplicas({ config: { segmentBytes: 1000 } });
    const [leader, follower] = [world.replica(0), world.replica(1)];
    world.elect(0);
    for (let i = 0; i < 20; i++) produce(leader, 3, 50);
    await world.converge();
    expectEqual(world);
    expect(follower.log.highWatermark).toBe(60);
    expect(follower.log.epochs.all).toEqual(leader.log.epochs.all);
    leader.partition.deleteRecordsUpTo(7);
    await world.converge();
    expect(follower.log.logStartOffset).toBe(7);
    expect(leader.partition.lowWatermark()).toBe(7);
  });

  test('its high watermark is never above its end', async () => {
    const world = new TestReplicas({ replicas: 3, partitionMaxBytes: 200 });
    world.elect(0, [0, 1]);
    for (let i = 0; i < 10; i++) produce(world.replica(0), 1, 100);
    for (let i = 0; i < 30; i++) await world.replica(1).fetch();
    expect(world.replica(0).log.highWatermark).toBe(10);
    await world.replica(2).fetch();
    expect(world.replica(2).log.logEndOffset).toBe(1);
    expect(world.replica(2).log.highWatermark).toBe(1);
  });

  test('an answer that comes after the role has changed is thrown away', () => {
    const world = new TestReplicas({});
    const [leader, follower] = [world.replica(0), world.replica(1)];
    world.elect(0);
    produce(leader);
    const answer = leader.answer(1, follower.states.next()!);
    world.elect(0);
    follower.states.take(answer);
    expect(follower.log.logEndOffset).toBe(0);
  });

  test('an answer for another end of the log is thrown away', () => {
    const world = new TestReplicas({});
    const [leader, follower] = [world.replica(0), world.replica(1)];
    world.elect(0);
    produce(leader, 2);
    const answer = leader.answer(1, follower.states.next()!);
    follower.states.take(structuredClone(answer));
    follower.states.take({ ...answer, sessionId: 0 });
    expect(follower.log.logEndOffset).toBe(2);
    expect(follower.failed).toHaveLength(0);
  });

  test('batches of a later leader than the one that was asked are left out (KAFKA-18723)', async () => {
    const world = new TestReplicas({});
    const [leader, follower] = [world.replica(0), world.replica(1)];
    world.elect(0);
    produce(leader, 2);
    appendTo(leader.log, batch(1), 9);
    await follower.fetch();
    expect(follower.log.logEndOffset).toBe(2);
  });

  test('records that are damaged are asked for again after a while', async () => {
    const world = new TestReplicas({});
    const [leader, follower] = [world.replica(0), world.replica(1)];
    world.elect(0);
    produce(leader, 2);
    const answer = leader.answer(1, follower.states.next()!);
    const records = answer.responses[0]!.partitions[0]!.records!;
    records[records.length - 1]! ^= 1;
    follower.states.take(answer);
    expect(follower.log.logEndOffset).toBe(0);
    expect(follower.loggers.messages('error')).toEqual([
      expect.stringContaining('Found invalid messages during fetch for partition t-0 at offset 0'),
    ]);
    await follower.fetch();
    expect(follower.log.logEndOffset).toBe(0);
    await world.clock.advance(BACKOFF_MS);
    await follower.fetch();
    expect(follower.log.logEndOffset).toBe(2);
  });

  test('a log that begins within a batch of the leader begins with all of it', async () => {
    const world = new TestReplicas({});
    const [leader, follower] = [world.replica(0), world.replica(1)];
    world.elect(0, [0], []);
    produce(leader, 10);
    produce(leader, 10);
    leader.partition.deleteRecordsUpTo(5);
    world.elect(0, [0]);
    await world.converge();
    expect(follower.log.logStartOffset).toBe(5);
    expect(follower.log.firstSegmentBaseOffset).toBe(0);
    expect(follower.log.logEndOffset).toBe(20);
    expectEqual(world);
  });

  test('waits for the next order after FENCED_LEADER_EPOCH', async () => {
    const world = new TestReplicas({});
    const [leader, follower] = [world.replica(0), world.replica(1)];
    world.elect(0);
    world.elect(0, [0], []);
    produce(leader);
    await follower.fetch();
    expect(follower.failed).toHaveLength(1);
    await world.clock.advance(10 * BACKOFF_MS);
    await world.converge();
    expect(follower.log.logEndOffset).toBe(0);
    world.elect(0);
    await world.converge();
    expectEqual(world);
  });

  test('asks again after a while where the leader has not heard of its epoch', async () => {
    const world = new TestReplicas({});
    const [leader, follower] = [world.replica(0), world.replica(1)];
    world.elect(0);
    produce(leader);
    const { partition } = follower;
    follower.states.remove(partition);
    partition.makeFollower({ ...order, leaderEpoch: 5 });
    follower.states.add(partition);
    await world.converge();
    expect(follower.log.logEndOffset).toBe(0);
    expect(follower.failed).toHaveLength(0);
    while (world.leaderEpoch < 5) world.elect(0, [0, 1], []);
    await world.clock.advance(BACKOFF_MS);
    await world.converge();
    expectEqual(world);
  });
});

test('a replica whose disk fails is given up; what the fetcher has of others is not touched', async () => {
  const world = new TestReplicas({});
  const [leader, follower] = [world.replica(0), world.replica(1)];
  world.elect(0);
  produce(leader, 2);
  follower.disk.fault = (operation) => (operation === 'write' ? { code: 'EIO' } : null);
  await follower.fetch();
  expect(follower.failed).toHaveLength(1);
  expect(follower.diskErrors.map(({ code }) => code)).toEqual(['EIO']);
  expect(follower.loggers.messages('error')).toEqual([
    expect.stringContaining('Error while processing data for partition t-0 at offset 0'),
  ]);
  expect(follower.states.size).toBe(0);
});

const order = {
  controllerEpoch: 1,
  leader: 0,
  isr: [0, 1],
  partitionEpoch: 0,
  replicas: [0, 1],
  isNew: false,
};

// With answers that tell where logs part (KIP-595), and by asking for it before the first fetch (KIP-101).
describe.each([true, false])('truncation, told in answers: %s', (truncatesOnFetch) => {
  const start = (replicas = 2): TestReplicas => new TestReplicas({ replicas, truncatesOnFetch });

  test('what a follower knows to be safe is not cut away when it restarts (KIP-101, scenario 1)', async () => {
    const world = start();
    const [a, b] = [world.replica(0), world.replica(1)];
    world.elect(1);
    produce(b);
    await a.fetch();
    produce(b);
    await a.fetch();
    await a.fetch();
    expect(b.log.highWatermark).toBe(2);
    // Its own high watermark is behind, and it restarts before it hears of the next.
    a.restart(1);
    world.elect(0, [0, 1], [1]);
    await world.converge();
    expect(a.log.logEndOffset).toBe(2);
    expectEqual(world);
  });

  test('logs that parted while both were away become one (KIP-101, scenario 2)', async () => {
    const world = start();
    const [a, b] = [world.replica(0), world.replica(1)];
    world.elect(0);
    produce(a);
    await world.converge();
    produce(a);
    b.restart(1);
    world.elect(1, [1], []);
    produce(b, 1, 99);
    a.restart(1);
    world.elect(1);
    await world.converge();
    expectEqual(world);
    expect(a.log.logEndOffset).toBe(2);
    expect(a.log.epochs.all).toEqual([
      { epoch: 0, startOffset: 0 },
      { epoch: 1, startOffset: 1 },
    ]);
  });

  test('leaders that changed fast leave no difference behind (KIP-279)', async () => {
    const world = start();
    const [a, b] = [world.replica(0), world.replica(1)];
    world.elect(0);
    produce(a, 2);
    await world.converge();
    // Each leads on its own for a while, by unclean elections; neither hears of the other's epochs.
    for (let i = 0; i < 3; i++) {
      world.elect(1, [1], []);
      produce(b, 1 + i, 20 + i);
      world.elect(0, [0], []);
      produce(a, 2, 40 + i);
    }
    world.elect(1);
    await world.converge();
    expectEqual(world);
    produce(b);
    await world.converge();
    expect(b.log.logEndOffset).toBe(2 + 1 + 2 + 3 + 1);
    expect(a.log.epochs.all).toEqual(b.log.epochs.all);
  });

  test('epochs in which nothing was written are forgotten by who does not lead', async () => {
    const world = start();
    const [a, b] = [world.replica(0), world.replica(1)];
    world.elect(0);
    produce(a, 2);
    await world.converge();
    world.elect(1, [1], []);
    world.elect(0, [0], []);
    produce(a);
    await a.fetch();
    world.elect(0);
    produce(a);
    await world.converge();
    expect(b.log.epochs.all).toEqual(a.log.epochs.all);
    expectEqual(world);
  });

  test('recovery points are written down after a cut', async () => {
    const world = start();
    const [a, b] = [world.replica(0), world.replica(1)];
    world.elect(0);
    produce(a, 2);
    await world.converge();
    produce(a, 3);
    world.elect(1, [1], []);
    produce(b);
    world.elect(1);
    await world.converge();
    expect(a.truncated).toEqual([2]);
    expectEqual(world);
  });

  test('a leader that has lost records is followed back', async () => {
    const world = start();
    const [a, b] = [world.replica(0), world.replica(1)];
    world.elect(0);
    for (let i = 0; i < 5; i++) produce(a);
    await world.converge();
    a.restart(0);
    a.log.truncateTo(2);
    world.elect(0);
    await world.converge();
    expect(b.log.logEndOffset).toBe(2);
    expectEqual(world);
  });

  test('a leader that has lost everything is followed to its beginning', async () => {
    const world = start();
    const [a, b] = [world.replica(0), world.replica(1)];
    world.elect(0);
    for (let i = 0; i < 5; i++) produce(a);
    await world.converge();
    a.log.truncateFullyAndStartAt(0);
    world.elect(0);
    produce(a, 1, 77);
    await world.converge();
    expectEqual(world);
    expect(b.log.logEndOffset).toBe(1);
  });

  test('a follower that was away for too long begins where the leader does', async () => {
    const world = start();
    const [a, b] = [world.replica(0), world.replica(1)];
    world.elect(0);
    produce(a, 2);
    await world.converge();
    world.elect(0, [0], []);
    for (let i = 0; i < 5; i++) produce(a);
    a.partition.deleteRecordsUpTo(5);
    world.elect(0, [0]);
    await world.converge();
    expect(b.log.logStartOffset).toBe(5);
    expect(b.log.logEndOffset).toBe(7);
    expectEqual(world);
  });
});
