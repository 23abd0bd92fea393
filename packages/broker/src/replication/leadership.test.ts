import { MetadataCache } from '../cluster/metadata-cache';
import { silentLoggers } from '../env/logger';
import { fixture } from '../log/testing/fixture';
import type { PartitionOrder } from './partition';
import { ReplicaManager, type ReplicaManagerOptions } from './replica-manager';

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

function setUp() {
  const { clock, open } = fixture();
  const heard: string[] = [];
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
    metadata: new MetadataCache(clock),
    alterPartitions: { submit: () => {}, close: () => {} },
    topicConfigs: { get: () => ({ minInsyncReplicas: 1 }) },
    replicaLagTimeMaxMs: 30_000,
    highWatermarkCheckpointIntervalMs: 5000,
  } as unknown as ReplicaManagerOptions);
  replicas.onLeadership('t', {
    elected: (partition, leaderEpoch) => heard.push(`elected ${partition} in ${leaderEpoch}`),
    resigned: (partition, leaderEpoch) => heard.push(`resigned ${partition} for ${leaderEpoch}`),
  });
  const order = (topic: string, change: Partial<PartitionOrder>): void => {
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
    replicas.becomeLeaderOrFollower([{ topic, topicId: TOPIC_ID, partitions: [partition] }]);
  };
  const stop = (leaderEpoch: number) =>
    replicas.stopReplicas([{ topic: 't', partition: 0, leaderEpoch, deletePartition: true }]);
  return { replicas, heard, order, stop };
}

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
