import type { ErrorName } from '@odradek/protocol/errors';
import { baseOffsetAt, forEachBatch } from '@odradek/protocol/records/batch';
import { silentLoggers } from '../env/logger';
import { MemoryLoggers } from '../env/testing/logger';
import { batch, fixture } from '../log/testing/fixture';
import { Partition, type PartitionOrder } from './partition';
import { ReplicaWriter } from './replica-writer';

const TIMEOUT_MS = 5000;
const ALL = { requiredAcks: -1, timeoutMs: TIMEOUT_MS };

function setUp({ replicas = [0], minInsyncReplicas = 1 } = {}) {
  const { clock, open } = fixture();
  const partition = new Partition(
    {
      topic: 't',
      partition: 0,
      brokerId: 0,
      clock,
      loggers: silentLoggers,
      alterIsr: () => {},
      isrCounts: { shrinks: 0, expands: 0, failedUpdates: 0 },
      minInsyncReplicas: () => minInsyncReplicas,
      replicaLagTimeMaxMs: 30_000,
      isBrokerAlive: () => true,
      onTruncated: () => {},
    },
    open({ maxMessageBytes: 2000 }),
  );
  const order = (change: Partial<PartitionOrder> = {}): PartitionOrder => ({
    controllerEpoch: 1,
    leader: 0,
    leaderEpoch: 3,
    isr: replicas,
    partitionEpoch: 0,
    replicas,
    isNew: true,
    ...change,
  });
  partition.makeLeader(order());
  const loggers = new MemoryLoggers();
  const writer = new ReplicaWriter({ get: () => partition }, clock, loggers.logger('writer'));
  const outcomes: (ErrorName | null)[] = [];
  const append = (terms = ALL, records = batch(2)) =>
    writer.append('t', 0, records, terms, (error) => outcomes.push(error));
  const follow = (offset: number) => partition.onFollowerFetch(1, offset, 0, -1);
  return { clock, partition, writer, order, loggers, outcomes, append, follow };
}

const codeOf = (call: () => void): ErrorName | undefined => {
  try {
    call();
    return undefined;
  } catch (error) {
    return (error as { error: ErrorName }).error;
  }
};

describe('append', () => {
  test('on a single replica it is settled before it returns', () => {
    const { writer, clock } = setUp();
    const places: unknown[] = [];
    for (let i = 0; i < 2; i++) writer.append('t', 0, batch(2), ALL, (error, appended) => places.push(error, appended));
    expect(places).toEqual([null, { baseOffset: 0, leaderEpoch: 3 }, null, { baseOffset: 2, leaderEpoch: 3 }]);
    expect(clock.timers).toBe(0);
  });

  test('with followers it waits for them', () => {
    const { outcomes, append, follow, clock } = setUp({ replicas: [0, 1] });
    append();
    expect(outcomes).toEqual([]);
    follow(1);
    expect(outcomes).toEqual([]);
    follow(2);
    expect(outcomes).toEqual([null]);
    expect(clock.timers).toBe(0);
  });

  test('but no longer than it may, and not at all where this log is enough', async () => {
    const { outcomes, append, clock, follow } = setUp({ replicas: [0, 1] });
    append({ requiredAcks: 1, timeoutMs: 0 });
    expect(outcomes).toEqual([null]);
    append();
    await clock.advance(TIMEOUT_MS);
    expect(outcomes).toEqual([null, 'REQUEST_TIMED_OUT']);
    follow(4);
    expect(outcomes).toHaveLength(2);
  });

  test('is settled once, also where whoever hears of it appends the next one, which counts at once', () => {
    const { partition, writer, order, outcomes, append } = setUp({ replicas: [0, 1] });
    writer.append('t', 0, batch(2), ALL, (error) => {
      outcomes.push(error);
      append();
    });
    partition.makeLeader(order({ leaderEpoch: 4, isr: [0] }));
    expect(outcomes).toEqual([null, null]);
    expect(partition.log.logEndOffset).toBe(4);
  });

  test('a change of leaders ends the wait', () => {
    const { outcomes, append, partition, order } = setUp({ replicas: [0, 1] });
    append();
    partition.makeFollower(order({ leader: 1, leaderEpoch: 4 }));
    expect(outcomes).toEqual(['NOT_LEADER_OR_FOLLOWER']);
    expect(codeOf(append)).toBe('NOT_LEADER_OR_FOLLOWER');
  });

  test('what is refused is told of, but for what it is too large', () => {
    const { append, loggers, partition, order } = setUp({ replicas: [0, 1], minInsyncReplicas: 2 });
    partition.makeLeader(order({ leaderEpoch: 4, isr: [0] }));
    expect(codeOf(append)).toBe('NOT_ENOUGH_REPLICAS');
    expect(codeOf(() => append({ requiredAcks: 1, timeoutMs: 0 }, batch(100)))).toBe('MESSAGE_TOO_LARGE');
    expect(loggers.messages('error')).toEqual([
      expect.stringMatching(/^Error processing append operation on partition t-0: NOT_ENOUGH_REPLICAS: The size of/),
    ]);
  });

  test('a log folder that fails ends the wait', () => {
    const { outcomes, append, partition } = setUp({ replicas: [0, 1] });
    append();
    partition.resign('lost');
    expect(outcomes).toEqual(['KAFKA_STORAGE_ERROR']);
  });

  test('what is refused is not in the log', () => {
    const { outcomes, append, partition } = setUp({ replicas: [0, 1, 2], minInsyncReplicas: 2 });
    partition.makeLeader({
      controllerEpoch: 1,
      leader: 0,
      leaderEpoch: 4,
      isr: [0],
      partitionEpoch: 1,
      replicas: [0, 1, 2],
      isNew: false,
    });
    expect(codeOf(append)).toBe('NOT_ENOUGH_REPLICAS');
    expect(codeOf(() => append({ requiredAcks: 2, timeoutMs: 0 }))).toBe('INVALID_REQUIRED_ACKS');
    expect(codeOf(() => append({ requiredAcks: 1, timeoutMs: 0 }, batch(1, { bytes: 3000 })))).toBe(
      'MESSAGE_TOO_LARGE',
    );
    expect(outcomes).toEqual([]);
    expect(partition.log.logEndOffset).toBe(0);
  });

  test('one who fails over the outcome keeps nobody else from theirs', () => {
    const { writer, outcomes, append, follow, loggers } = setUp({ replicas: [0, 1] });
    writer.append('t', 0, batch(1), ALL, () => {
      throw new Error('broken');
    });
    append();
    follow(3);
    expect(outcomes).toEqual([null]);
    expect(loggers.messages('error')).toEqual([expect.stringContaining('broken')]);
  });
});

describe('read', () => {
  test('goes on to the end of the log, beyond the high watermark', () => {
    const { writer, append, partition } = setUp({ replicas: [0, 1] });
    expect(writer.read('t', 0, null, 1000)).toBeNull();
    for (let i = 0; i < 5; i++) append();
    expect(partition.log.highWatermark).toBe(0);
    const found: number[] = [];
    let chunks = 0;
    let offset: number | null = null;
    for (let chunk = writer.read('t', 0, offset, 250); chunk !== null; chunk = writer.read('t', 0, offset, 250)) {
      const { batches, nextOffset } = chunk;
      forEachBatch(batches, (at) => found.push(baseOffsetAt(batches, at)));
      offset = nextOffset;
      chunks++;
    }
    expect(found).toEqual([0, 2, 4, 6, 8]);
    expect(chunks).toBeGreaterThan(1);
  });

  test('gives a batch that is larger than asked for', () => {
    const { writer, append } = setUp();
    append();
    expect(writer.read('t', 0, null, 1)?.nextOffset).toBe(2);
  });

  test('is for leaders', () => {
    const { writer, partition, order } = setUp();
    partition.makeFollower(order({ leader: 1, leaderEpoch: 4 }));
    expect(codeOf(() => writer.read('t', 0, null, 1000))).toBe('NOT_LEADER_OR_FOLLOWER');
  });
});

describe('whenCommitted', () => {
  const ask = ({ writer, outcomes }: ReturnType<typeof setUp>): void =>
    writer.whenCommitted('t', 0, (error) => outcomes.push(error));

  test('on a single replica everything is', () => {
    const world = setUp();
    world.append({ ...ALL, requiredAcks: 1 });
    world.outcomes.pop();
    ask(world);
    expect(world.outcomes).toEqual([null]);
  });

  test('waits for what the log has now, however long, and for nothing that comes later', async () => {
    const world = setUp({ replicas: [0, 1] });
    world.append({ ...ALL, requiredAcks: 1 });
    world.outcomes.pop();
    ask(world);
    world.append({ ...ALL, requiredAcks: 1 });
    world.outcomes.pop();
    await world.clock.advance(100_000);
    world.follow(1);
    expect(world.outcomes).toEqual([]);
    world.follow(2);
    expect(world.outcomes).toEqual([null]);
    expect(world.clock.timers).toBe(0);
  });

  test('too few replicas now are no reason to doubt', () => {
    const world = setUp({ minInsyncReplicas: 2 });
    ask(world);
    expect(world.outcomes).toEqual([null]);
  });

  test('ends with the leadership', () => {
    const world = setUp({ replicas: [0, 1] });
    world.append({ ...ALL, requiredAcks: 1 });
    world.outcomes.pop();
    ask(world);
    world.partition.makeFollower(world.order({ leader: 1, leaderEpoch: 4 }));
    expect(world.outcomes).toEqual(['NOT_LEADER_OR_FOLLOWER']);
    expect(codeOf(() => ask(world))).toBe('NOT_LEADER_OR_FOLLOWER');
  });
});
