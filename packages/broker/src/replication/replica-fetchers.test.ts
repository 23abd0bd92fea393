import type { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { MetadataCache } from '../cluster/metadata-cache';
import type { LeaderPeer } from '../cluster/peers';
import { silentLoggers } from '../env/logger';
import { fetcherNumber, ReplicaFetchers } from './replica-fetchers';
import { TestReplicas } from './testing/replicas';

const LISTENER = 'PLAINTEXT';

/** What the metadata says of broker 0, which leads. */
function leaderAt(port: number): RequestOf<typeof UpdateMetadata> {
  const endpoints = [{ listener: LISTENER, host: 'h', port, securityProtocol: 0 }];
  return {
    controllerId: 0,
    topicStates: [],
    ungroupedPartitionStates: [],
    liveBrokers: [{ id: 0, rack: null, endpoints }],
  } as unknown as RequestOf<typeof UpdateMetadata>;
}

function setUp() {
  const world = new TestReplicas({});
  const { clock } = world;
  const metadata = new MetadataCache(clock);
  const connected: string[] = [];
  const settings = { perLeader: 1 };
  const fetchers = new ReplicaFetchers({
    brokerId: 1,
    brokerEpoch: () => 7,
    metadata,
    connect: async ({ port }, clientId) => {
      connected.push(`${clientId} ${port}`);
      let end: (error: Error) => void = () => {};
      const answer = new Promise<never>((_, reject) => {
        end = reject;
      });
      return { sendPooled: () => answer, close: () => end(new Error('closed')) } as unknown as LeaderPeer;
    },
    clock,
    loggers: silentLoggers,
    interBrokerListenerName: LISTENER,
    versions: { fetch: 17, listOffsets: 9, offsetForLeaderEpoch: 4, truncatesOnFetch: true },
    settings: {
      responseMaxBytes: 1000,
      partitionMaxBytes: 500,
      minBytes: 1,
      maxWaitMs: 500,
      backoffMs: 1000,
      socketTimeoutMs: 30_000,
    },
    throttle: { holdsBack: () => false, record: () => {} },
    fetchersPerLeader: () => settings.perLeader,
  });
  world.elect(0);
  return { world, clock, metadata, connected, settings, fetchers, partition: world.replica(1).partition };
}

// From AbstractFetcherManager.getFetcherId, with seven fetchers.
test.each([
  ['t', 0, 5],
  ['t', 1, 6],
  ['__consumer_offsets', 0, 6],
  ['__consumer_offsets', 49, 6],
  ['orders-created.v1', 1, 6],
  ['été', 49, 5],
  ['polygenelubricants', 0, 0],
  ['polygenelubricants', 49, 2],
])('partition %s-%i is fetched by number %i', (topic, partition, expected) => {
  expect(fetcherNumber(topic, partition, 7)).toBe(expected);
});

test('a leader that is not known as alive is fetched from as soon as the metadata has it, wherever it is then', async () => {
  const { clock, metadata, connected, fetchers, partition } = setUp();
  fetchers.follow(partition, 0);
  await clock.settle();
  expect(connected).toEqual([]);
  metadata.update(leaderAt(9092));
  await clock.settle();
  expect(connected).toEqual(['broker-1-fetcher-0 9092']);
  await fetchers.stop();
  expect(clock.timers).toBe(0);
});

test('with another number of fetchers replicas go on with the one that is theirs', async () => {
  const { clock, metadata, connected, settings, fetchers, partition } = setUp();
  metadata.update(leaderAt(9092));
  fetchers.follow(partition, 0);
  await clock.settle();
  fetchers.resize();
  settings.perLeader = 7;
  fetchers.resize();
  await clock.settle();
  expect(connected).toEqual(['broker-1-fetcher-0 9092', 'broker-1-fetcher-5 9092']);
  await fetchers.stop();
  fetchers.follow(partition, 0);
  await clock.settle();
  expect(connected).toHaveLength(2);
  expect(clock.timers).toBe(0);
});
