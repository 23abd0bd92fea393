import type { ErrorName } from '@odradek/protocol/errors';
import { buildBatch } from '@odradek/protocol/records/builder';
import { MetadataCache } from '../cluster/metadata-cache';
import { silentLoggers } from '../env/logger';
import { fixture } from '../log/testing/fixture';
import type { IsrChange } from './alter-partitions';
import type { IsrAnswer } from './isr-changes';
import type { PartitionOrder } from './partition';
import { ReplicaManager, type ReplicaManagerOptions } from './replica-manager';

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

function setUp() {
  const { clock, open } = fixture();
  const heard: string[] = [];
  const metadata = new MetadataCache(clock);
  const settled: ((answer: IsrAnswer) => void)[] = [];
  const replicas = new ReplicaManager({
    brokerId: 0,
    clock,
    loggers: silentLoggers,
    logs: {
      readHighWatermarks: () => new Map(),
      getOrCreate: () => open(),
      asyncDelete: () => {},
      writeHighWatermarks: () => {},
    },
    metadata,
    alterPartitions: {
      submit: (_: IsrChange, answer: (answer: IsrAnswer) => void) => settled.push(answer),
      close: () => {},
    },
    topicConfigs: { get: () => ({ minInsyncReplicas: 1 }) },
    replicaLagTimeMaxMs: 30_000,
    highWatermarkCheckpointIntervalMs: 5000,
  } as unknown as ReplicaManagerOptions);
  replicas.onLeadership('t', {
    elected: (partition, leaderEpoch) => heard.push(`elected ${partition} in ${leaderEpoch}`),
    resigned: (partition, leaderEpoch) => heard.push(`resigned ${partition} for ${leaderEpoch}`),
  });
  const order = (topic: string, change: Partial<PartitionOrder>, topicId = TOPIC_ID): ErrorName => {
    const partition = {
      partition: 0,
      controllerEpoch: 1,
      leader: 0,
      leaderEpoch: 0,
      isr: [0, 1],
      partitionEpoch: 0,
      replicas: [0, 1],
      isNew: true,
      ...change,
    };
    return replicas.becomeLeaderOrFollower([{ topic, topicId, partitions: [partition] }])[0]!.error;
  };
  const stop = (leaderEpoch: number) =>
    replicas.stopReplicas([{ topic: 't', partition: 0, leaderEpoch, deletePartition: true }]);
  /** Brokers are alive on the same host; what the metadata says of topics does not count here. */
  const alive = (...ids: readonly number[]): void => {
    const endpoints = [{ port: 1, host: 'h', listener: 'PLAINTEXT', securityProtocol: 0 }];
    const liveBrokers = ids.map((id) => ({ id, rack: null, endpoints }));
    metadata.update({
      controllerId: 0,
      controllerEpoch: 1,
      topicStates: [],
      ungroupedPartitionStates: [],
      liveBrokers,
    } as never);
  };
  return { replicas, heard, order, stop, alive, settled };
}

test('an id that a topic comes to have is learnt in the epoch that there is', () => {
  const { order, replicas } = setUp();
  const NONE_YET = 'AAAAAAAAAAAAAAAAAAAAAA';
  expect(order('t', { leaderEpoch: 3 }, NONE_YET)).toBe('NONE');
  expect(order('t', { leaderEpoch: 2 })).toBe('STALE_CONTROLLER_EPOCH');
  expect(replicas.find('t', 0)!.log.topicId).toBeNull();
  expect(order('t', { leaderEpoch: 3 })).toBe('NONE');
  expect([replicas.find('t', 0)!.log.topicId, replicas.topicName(TOPIC_ID)]).toEqual([TOPIC_ID, 't']);
  expect(order('t', { leaderEpoch: 3 })).toBe('STALE_CONTROLLER_EPOCH');
  expect(order('t', { leaderEpoch: 4 }, 'AAAAAAAAAAAAAAAAAAAAAg')).toBe('INCONSISTENT_TOPIC_ID');
});

test('what is older than the controller’s answer to a leader changes nothing', () => {
  const { order, replicas } = setUp();
  order('t', { leaderEpoch: 3, partitionEpoch: 8 });
  expect(order('t', { leaderEpoch: 4, partitionEpoch: 7, isr: [1] })).toBe('NONE');
  expect(replicas.find('t', 0)).toMatchObject({ leaderEpoch: 3, partitionEpoch: 8, isLeader: true });
});

describe('who lives on a partition hears', () => {
  test('of the first leadership and of its end, not of every epoch', () => {
    const { heard, order } = setUp();
    order('t', { leaderEpoch: 3 });
    order('t', { leaderEpoch: 4 });
    order('t', { leaderEpoch: 5, leader: 1 });
    order('t', { leaderEpoch: 6, leader: 1 });
    order('t', { leaderEpoch: 7 });
    expect(heard).toEqual(['elected 0 in 3', 'resigned 0 for 5', 'elected 0 in 7']);
  });

  test('nothing of orders that come late, and of other topics', () => {
    const { heard, order } = setUp();
    order('u', { leaderEpoch: 3 });
    order('t', { leaderEpoch: 3 });
    order('t', { leaderEpoch: 2, leader: 1 });
    order('t', { leaderEpoch: 3 });
    expect(heard).toEqual(['elected 0 in 3']);
  });

  test('of a lost session, and of the same epoch after it', () => {
    const { heard, order, replicas } = setUp();
    order('t', { leaderEpoch: 3 });
    replicas.resignAll();
    replicas.resignAll();
    order('t', { leaderEpoch: 3 });
    expect(heard).toEqual(['elected 0 in 3', 'resigned 0 for null', 'elected 0 in 3']);
  });

  test('of a deletion, of a failed disk and of the end', async () => {
    const { heard, order, replicas, stop } = setUp();
    order('t', { leaderEpoch: 3 });
    stop(4);
    order('t', { leaderEpoch: 5 });
    replicas.onLogDirFailure('/data');
    expect(heard.splice(0)).toEqual(['elected 0 in 3', 'resigned 0 for null', 'elected 0 in 5', 'resigned 0 for null']);
    const other = setUp();
    other.order('t', { leaderEpoch: 3 });
    await other.replicas.shutdown();
    expect(other.heard).toEqual(['elected 0 in 3', 'resigned 0 for null']);
  });
});

describe('the high watermark waits for a replica that is about to join', () => {
  const RECORDS = buildBatch({ records: [{ timestamp: 1_000, value: Buffer.from('a') }] });

  /** 0 leads, 1 is in sync and has everything, 2 was there a moment ago and has not got the last record. */
  function waiting() {
    const world = setUp();
    world.alive(0, 1, 2);
    world.order('t', { leaderEpoch: 3, replicas: [0, 1, 2] });
    const partition = world.replicas.get('t', 0);
    partition.onFollowerFetch(2, 0, 0, -1);
    partition.appendAsLeader(Buffer.from(RECORDS), -1, { origin: 'client' });
    partition.onFollowerFetch(1, 1, 0, -1);
    expect(partition.log.highWatermark).toBe(0);
    return { ...world, partition };
  }

  test('not longer than its broker lives', () => {
    const { alive, settled, partition } = waiting();
    settled[0]!({ type: 'refused', error: 'INELIGIBLE_REPLICA' });
    expect(partition.log.highWatermark).toBe(0);
    alive(0, 1);
    expect(partition.log.highWatermark).toBe(1);
  });

  test('not longer than until the controller has refused it, where it is gone already', () => {
    const { alive, settled, partition } = waiting();
    alive(0, 1);
    expect(partition.log.highWatermark).toBe(0);
    settled[0]!({ type: 'refused', error: 'INELIGIBLE_REPLICA' });
    expect(partition.log.highWatermark).toBe(1);
  });
});
