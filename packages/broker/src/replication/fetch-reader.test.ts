import type { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { MetadataCache } from '../cluster/metadata-cache';
import { silentLoggers } from '../env/logger';
import { batch, fixture } from '../log/testing/fixture';
import { type FetchLimits, FetchReader, hasHint } from './fetch-reader';
import type { FetchWish } from './fetch-sessions';
import { Partition } from './partition';
import type { ReplicaManager } from './replica-manager';
import { rackAware } from './replica-selector';

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const [LEADER, FOLLOWER, STRANGER, CONSUMER] = [1, 2, 9, -1];

/** Broker 1, in rack a, leads in epoch 5 with four records; broker 2, in rack b, has three of them. Broker 3 has no listener `L`. */
function setUp() {
  const { clock, open } = fixture();
  const metadata = new MetadataCache(clock);
  const partition = new Partition(
    {
      topic: 't',
      partition: 0,
      brokerId: LEADER,
      clock,
      loggers: silentLoggers,
      alterIsr: () => {},
      isrCounts: { shrinks: 0, expands: 0, failedUpdates: 0 },
      onTruncated: () => {},
      minInsyncReplicas: () => 1,
      replicaLagTimeMaxMs: 30_000,
      isBrokerAlive: () => true,
    },
    open(),
  );
  const order = { controllerEpoch: 1, leader: LEADER, isr: [1, 2, 3], replicas: [1, 2, 3, 4], isNew: false };
  partition.makeLeader({ ...order, leaderEpoch: 5, partitionEpoch: 0 });
  partition.log.assignTopicId(TOPIC_ID);
  for (let i = 0; i < 4; i++) partition.appendAsLeader(batch(1), 1, { origin: 'client' });
  for (const replica of [FOLLOWER, 3, 4]) partition.onFollowerFetch(replica, 3, 0, -1);
  const replicas = {
    get: () => partition,
    find: (topic: string, index: number) => (topic === 't' && index === 0 ? partition : undefined),
  } as unknown as ReplicaManager;
  const reader = new FetchReader({
    replicas,
    metadata,
    clock,
    selectReplica: rackAware,
    throttle: { holdsBack: () => false },
  });
  const learn = (): void => {
    const endpoint = (listener: string) => [{ listener, host: 'h', port: 1, securityProtocol: 0 }];
    const racks: [number, string, string][] = [
      [1, 'a', 'L'],
      [2, 'b', 'L'],
      [3, 'c', 'OTHER'],
      [4, 'd', 'L'],
    ];
    const state = {
      partitionIndex: 0,
      leader: 1,
      leaderEpoch: 5,
      isr: [1, 2, 3],
      replicas: [1, 2, 3, 4],
      zkVersion: 0,
    };
    metadata.update({
      controllerId: 1,
      topicStates: [
        { topicName: 't', topicId: TOPIC_ID, partitionStates: [{ ...state, controllerEpoch: 1, offlineReplicas: [] }] },
      ],
      ungroupedPartitionStates: [],
      liveBrokers: racks.map(([id, rack, listener]) => ({ id, rack, endpoints: endpoint(listener) })),
    } as unknown as RequestOf<typeof UpdateMetadata>);
  };
  learn();
  const wishOf = (wish: Partial<FetchWish>): FetchWish => ({
    topic: 't',
    topicId: TOPIC_ID,
    partition: 0,
    fetchOffset: 0,
    maxBytes: 1 << 20,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    logStartOffset: 0,
    ...wish,
  });
  const limitsOf = (by: number): FetchLimits => ({
    maxBytes: 1 << 20,
    hardLimit: false,
    isolation: by >= 0 ? 'log-end' : 'high-watermark',
    replicaId: by,
    leaderOnly: by >= 0,
    consumer: null,
  });
  const fetchBoth = (by: number, wish: Partial<FetchWish>) =>
    reader.read([wishOf(wish), wishOf({ partition: 7 })], limitsOf(by));
  const fetch = (by: number, wish: Partial<FetchWish> = {}, limits: Partial<FetchLimits> = {}) => {
    const { partitions, urgent } = reader.read([wishOf(wish)], { ...limitsOf(by), ...limits });
    const [fetched] = partitions;
    return { ...fetched!, code: fetched!.error?.error ?? 'NONE', urgent };
  };
  const near = (rack: string, fetchOffset: number, wish: Partial<FetchWish> = {}) =>
    fetch(CONSUMER, { fetchOffset, ...wish }, { consumer: { rack, listenerName: 'L' } });
  return { metadata, partition, order, fetch, fetchBoth, near };
}

test.each<[string, number, Partial<FetchWish>, string]>([
  ['a follower', FOLLOWER, { currentLeaderEpoch: 5 }, 'NONE'],
  ['a follower of old, that knows no epochs', FOLLOWER, {}, 'NONE'],
  ['a follower of the epoch before', FOLLOWER, { currentLeaderEpoch: 4 }, 'FENCED_LEADER_EPOCH'],
  ['a follower of the epoch to come', FOLLOWER, { currentLeaderEpoch: 6 }, 'UNKNOWN_LEADER_EPOCH'],
  ['a broker that is no follower', STRANGER, { currentLeaderEpoch: 5 }, 'UNKNOWN_LEADER_EPOCH'],
  ['a broker of old that is no follower', STRANGER, {}, 'NOT_LEADER_OR_FOLLOWER'],
  ['the leader itself', LEADER, { currentLeaderEpoch: 5 }, 'UNKNOWN_LEADER_EPOCH'],
  ['one with another topic in mind', FOLLOWER, { topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }, 'INCONSISTENT_TOPIC_ID'],
  ['one beyond the end', FOLLOWER, { fetchOffset: 5 }, 'OFFSET_OUT_OF_RANGE'],
  ['one with records of an epoch to come', FOLLOWER, { lastFetchedEpoch: 6 }, 'OFFSET_OUT_OF_RANGE'],
  ['one with an id that nobody knows', FOLLOWER, { topic: null }, 'UNKNOWN_TOPIC_ID'],
])('%s', (_, by, wish, code) => {
  expect(setUp().fetch(by, wish).code).toBe(code);
});

test('followers read to the end, consumers to what is committed', () => {
  const { fetch } = setUp();
  const bytes = (by: number, fetchOffset: number): number => fetch(by, { fetchOffset }).slice.bytes;
  expect(bytes(FOLLOWER, 3)).toBeGreaterThan(0);
  expect(bytes(CONSUMER, 3)).toBe(0);
  expect(fetch(FOLLOWER, { fetchOffset: 4 })).toMatchObject({
    code: 'NONE',
    highWatermark: 3,
    logStartOffset: 0,
    urgent: false,
  });
});

test('a follower whose log parts from the leader’s is told where, at once, and has not been seen', () => {
  const { partition, order, fetch } = setUp();
  partition.makeLeader({ ...order, leaderEpoch: 7, partitionEpoch: 1 });
  const fetched = fetch(FOLLOWER, { fetchOffset: 9, lastFetchedEpoch: 6 });
  expect(fetched).toMatchObject({ code: 'NONE', divergingEpoch: { epoch: 5, endOffset: 4 }, urgent: true });
  expect([fetched.slice.bytes, hasHint(fetched)]).toEqual([0, true]);
});

test('a leader serves its followers before the metadata has come, and consumers after it', () => {
  const { fetch, metadata, partition } = setUp();
  const forgotten = metadata.image;
  Object.assign(metadata, { current: { ...forgotten, topics: new Map(), topicNames: new Map() } });
  expect(partition.isLeader).toBe(true);
  expect(fetch(FOLLOWER).code).toBe('NONE');
  expect(fetch(CONSUMER).code).toBe('UNKNOWN_TOPIC_OR_PARTITION');
});

test('an unknown partition among others keeps a consumer waiting, not a follower', () => {
  const { fetchBoth } = setUp();
  expect(fetchBoth(CONSUMER, { fetchOffset: 3 }).urgent).toBe(false);
  expect(fetchBoth(FOLLOWER, { fetchOffset: 4 }).urgent).toBe(true);
});

describe('consumers are sent to a replica nearby', () => {
  test('that is in sync and has what they want', () => {
    const { near } = setUp();
    const sent = near('b', 3);
    expect(sent).toMatchObject({ code: 'NONE', preferredReadReplica: 2, highWatermark: 3, urgent: true });
    expect([sent.slice.bytes, hasHint(sent)]).toEqual([0, true]);
    expect(near('b', 4).preferredReadReplica).toBe(-1);
    expect(near('d', 0).preferredReadReplica).toBe(-1);
  });

  test('that they can reach', () => {
    expect(setUp().near('c', 0)).toMatchObject({ preferredReadReplica: -1, code: 'NONE' });
  });

  test('but for those near the leader, near nobody, or without a rack', () => {
    const { near } = setUp();
    for (const rack of ['a', 'x', '']) expect(near(rack, 0)).toMatchObject({ preferredReadReplica: -1, code: 'NONE' });
    expect(near('a', 0).slice.bytes).toBeGreaterThan(0);
  });

  test('unless their epoch is not the leader’s', () => {
    expect(setUp().near('b', 0, { currentLeaderEpoch: 4 }).code).toBe('FENCED_LEADER_EPOCH');
  });

  test('which sends nobody on', () => {
    const { near, partition, order } = setUp();
    partition.makeFollower({ ...order, leader: 2, leaderEpoch: 6, partitionEpoch: 1 });
    expect(near('b', 0)).toMatchObject({ preferredReadReplica: -1, code: 'NONE', highWatermark: 3 });
  });
});
