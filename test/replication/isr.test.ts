import type { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import { Cluster } from '../support/cluster';
import { RECENT_MS } from '../support/recent';
import { until } from '../support/until';
import { ClusterClient, LIMIT } from './load/client';

const BROKERS = 3;
const TOPIC = 'followed';
const [NONE, NOT_ENOUGH_REPLICAS] = [0, 19];
const [ALL, LEADER_ONLY] = [-1, 1];
const LATEST = -1;

let cluster: Cluster;

beforeAll(async () => {
  const settings = {
    'replica.lag.time.max.ms': 2000,
    // Who is stopped keeps its session: it is the leader that must notice.
    'zookeeper.session.timeout.ms': 60_000,
  };
  cluster = await Cluster.start({ brokers: BROKERS, settings });
});

afterAll(() => cluster?.stop());

async function produce(leader: PeerConnection, acks: number): Promise<number> {
  const records = buildBatch({ records: [{ timestamp: RECENT_MS, value: Buffer.from('v') }] });
  const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }];
  const { responses } = await leader.send(
    Produce,
    9,
    { transactionalId: null, acks, timeoutMs: 5_000, topicData },
    LIMIT,
  );
  return responses[0]!.partitionResponses[0]!.errorCode;
}

/** The high watermark: how far consumers see. */
async function committed(leader: PeerConnection): Promise<number> {
  const partitions = [{ partitionIndex: 0, timestamp: LATEST, currentLeaderEpoch: -1 }];
  const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: TOPIC, partitions }] };
  const { topics } = await leader.send(ListOffsets, 6, request, LIMIT);
  return topics[0]!.partitions[0]!.offset;
}

test('a follower that stands still falls out of the ISR, and comes back when it goes on', async () => {
  const { brokers } = cluster;
  const client = new ClusterClient(cluster.ports);
  await client.createTopic(TOPIC, 1, BROKERS, { 'min.insync.replicas': String(BROKERS) });
  const leaderPort = await client.leaderPort(TOPIC, 0);
  const controllerId = await client.controllerId();
  const leader = await client.connect(leaderPort);
  await until(async () => (await produce(leader, ALL)) === NONE);
  const before = await committed(leader);

  const follower = brokers.find(({ port }, id) => port !== leaderPort && id !== controllerId)!;
  const others = new ClusterClient(brokers.filter((broker) => broker !== follower).map(({ port }) => port));
  follower.pause();
  expect(await produce(leader, LEADER_ONLY)).toBe(NONE);
  await others.whole(TOPIC, 1, BROKERS - 1);
  await until(async () => (await produce(leader, ALL)) === NOT_ENOUGH_REPLICAS);
  expect(await produce(leader, LEADER_ONLY)).toBe(NONE);
  expect(await committed(leader)).toBe(before);

  follower.resume();
  await client.whole(TOPIC, 1, BROKERS);
  await until(async () => (await produce(leader, ALL)) === NONE);
  expect(await committed(leader)).toBeGreaterThanOrEqual(before + 3);
  leader.close();
}, 120_000);
