import type { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import { Cluster } from '../support/cluster';
import { until } from '../support/until';
import { ClusterClient, LIMIT } from './load/client';
import { replicaBytes } from './load/reader';

const BROKERS = 3;
const PARTITIONS = 2;
const [NONE, LATEST] = [0, -1];
const [ALL, LEADER_ONLY] = [-1, 1];
const BATCHES = 60;

let cluster: Cluster;
let client: ClusterClient;

beforeAll(async () => {
  cluster = await Cluster.start({
    brokers: BROKERS,
    settings: {
      // Segments roll at the same batches everywhere, and answers are small: followers are often between two of them.
      'log.segment.bytes': 100_000,
      'replica.fetch.max.bytes': 20_000,
      'replica.fetch.response.max.bytes': 50_000,
      'min.insync.replicas': 1,
      // Brokers that stand still keep their sessions.
      'zookeeper.session.timeout.ms': 60_000,
    },
  });
  client = new ClusterClient(cluster.ports);
});

afterAll(() => cluster?.stop());

async function produce(leader: PeerConnection, topic: string, acks: number, value: string, index = 0): Promise<number> {
  const records = buildBatch({ records: [{ timestamp: Date.now(), value: Buffer.from(value) }] });
  const topicData = [{ name: topic, partitionData: [{ index, records }] }];
  const request = { transactionalId: null, acks, timeoutMs: LIMIT.timeoutMs, topicData };
  const { responses } = await leader.send(Produce, 9, request, LIMIT);
  return responses[0]!.partitionResponses[0]!.errorCode;
}

async function fill(topic: string): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const leader = await client.connect(await client.leaderPort(topic, partition));
    for (let i = 0; i < BATCHES; i++) {
      expect(await produce(leader, topic, ALL, `${i} `.repeat(1 + ((i * 97) % 2000)), partition)).toBe(NONE);
    }
    leader.close();
  }
}

/** Waits until the replica's files hold the same bytes on all brokers. */
async function untilEqual(topic: string): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await until(() => {
      const [first, ...others] = cluster.brokers.map(({ logDir }) => replicaBytes(logDir, topic, partition));
      return first!.length > 0 && others.every((bytes) => bytes.equals(first!));
    });
  }
}

test('followers hold what their leaders hold, byte for byte, also one that was killed meanwhile', async () => {
  await client.createTopic('copied', PARTITIONS, BROKERS, {});
  await fill('copied');
  await untilEqual('copied');

  const leaderPort = await client.leaderPort('copied', 0);
  const follower = cluster.brokers.find(({ port }) => port !== leaderPort)!;
  await follower.kill();
  const others = new ClusterClient(cluster.ports.filter((port) => port !== follower.port));
  await others.metadata('copied', ({ topics }) => topics[0]!.partitions.every(({ isrNodes }) => isrNodes.length === 2));
  await fill('copied');
  await follower.start();
  await client.whole('copied', PARTITIONS, BROKERS);
  await untilEqual('copied');
  for (const broker of cluster.brokers) expect(broker.log()).not.toMatch(/ERROR \[ReplicaFetcher/);
});

test('what a leader never replicated is cut away when another one has led', async () => {
  const topic = 'cut';
  await client.createTopic(topic, 1, BROKERS, {});
  const leaderPort = await client.leaderPort(topic, 0);
  const leader = cluster.brokers.find(({ port }) => port === leaderPort)!;
  const followers = cluster.brokers.filter((broker) => broker !== leader);
  const connection = await client.connect(leaderPort);
  expect(await produce(connection, topic, ALL, 'kept')).toBe(NONE);

  for (const follower of followers) follower.pause();
  // Fetches that wait at the leader are answered with the first of these; nobody asks for the others.
  for (let i = 0; i < 5; i++) expect(await produce(connection, topic, LEADER_ONLY, `lost ${i}`)).toBe(NONE);
  connection.close();
  await leader.kill();
  const ofLeader = replicaBytes(leader.logDir, topic, 0);
  for (const follower of followers) follower.resume();

  const others = new ClusterClient(followers.map(({ port }) => port));
  const leaderId = cluster.brokers.indexOf(leader);
  await others.metadata(topic, ({ topics }) => {
    const now = topics[0]?.partitions[0]?.leaderId ?? -1;
    return now >= 0 && now !== leaderId;
  });
  const next = await others.connect(await others.leaderPort(topic, 0));
  for (let i = 0; i < 3; i++) expect(await produce(next, topic, LEADER_ONLY, `instead ${i}`)).toBe(NONE);
  await leader.start();
  await client.whole(topic, 1, BROKERS);
  expect(await produce(next, topic, ALL, 'last')).toBe(NONE);
  await until(() => {
    const [first, ...rest] = cluster.brokers.map(({ logDir }) => replicaBytes(logDir, topic, 0));
    return rest.every((bytes) => bytes.equals(first!));
  });
  const bytes = replicaBytes(leader.logDir, topic, 0);
  expect(bytes.includes('kept')).toBe(true);
  expect(bytes.includes('instead 2')).toBe(true);
  expect(bytes.includes('lost 4')).toBe(false);
  expect(ofLeader.includes('lost 4')).toBe(true);
  expect(await endOffset(next, topic)).toBeGreaterThanOrEqual(5);
  next.close();
});

async function endOffset(leader: PeerConnection, topic: string): Promise<number> {
  const partitions = [{ partitionIndex: 0, timestamp: LATEST, currentLeaderEpoch: -1 }];
  const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions }] };
  const { topics } = await leader.send(ListOffsets, 6, request, LIMIT);
  return topics[0]!.partitions[0]!.offset;
}
