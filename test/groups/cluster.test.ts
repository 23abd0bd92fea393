import { ElectLeaders } from '@odradek/protocol/messages/elect-leaders';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { seeded } from '@odradek/protocol/testing/seeded';
import { ClusterClient } from '../replication/load/client';
import type { Broker } from '../support/broker';
import { Cluster } from '../support/cluster';
import { until } from '../support/until';
import { ClusterCoordinator } from './coordinator';
import { connect } from './members';
import { Storm } from './storm';

const CRASHES = Number(process.env['ODRADEK_CRASHES'] ?? 2);
const SEED = Number(process.env['ODRADEK_SEED'] ?? 1);
const BROKERS = 3;
const OFFSETS = '__consumer_offsets';
const OFFSETS_PARTITIONS = 3;
/** Lines of what is wrong, as far as anybody reads them. */
const MANY = 20;
const LIMIT = { timeoutMs: 60_000 };
const NONE = 0;
const [COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR] = [15, 16];
const PREFERRED = 0;

let cluster: Cluster;
let client: ClusterClient;
let storm: Storm | null = null;

beforeAll(async () => {
  const settings = {
    'zookeeper.session.timeout.ms': 6_000,
    'group.min.session.timeout.ms': 100,
    'offsets.topic.num.partitions': OFFSETS_PARTITIONS,
    // Leaders move when these tests say so.
    'auto.leader.rebalance.enable': 'false',
  };
  cluster = await Cluster.start({ brokers: BROKERS, settings });
  client = new ClusterClient(cluster.ports);
});

afterEach(() => {
  storm?.close();
  storm = null;
});

afterAll(() => cluster?.stop());

/** Twenty members, settled. */
async function twenty(groupId: string): Promise<{ storm: Storm; coordinator: ClusterCoordinator }> {
  const coordinator = new ClusterCoordinator(cluster.brokers, groupId);
  const made = new Storm({ coordinator, groupId, topic: groupId, partitions: 20, members: 20, seed: SEED });
  storm = made;
  await made.open();
  for (let i = 0; i < 20; i++) made.join();
  await made.settle();
  return { storm: made, coordinator };
}

const replicated = (): Promise<void> => client.whole(OFFSETS, OFFSETS_PARTITIONS, BROKERS);

async function judged({ ledger, settledMs, disperse }: Storm): Promise<void> {
  await disperse.call(storm);
  const { generations, commits, refusals } = ledger;
  process.stdout.write(
    `${generations} generations, ${commits} commits, ${refusals} refused, settled after ${settledMs} ms\n`,
  );
  expect(ledger.wrong.slice(0, MANY)).toEqual([]);
}

/** Gives every partition of the offsets back to its first replica. */
async function electPreferred(): Promise<void> {
  const controllerId = await client.controllerId();
  const peer = await connect(cluster.brokers[controllerId]!);
  await peer.send(ElectLeaders, 2, { electionType: PREFERRED, topicPartitions: null, timeoutMs: 30_000 }, LIMIT);
  peer.close();
  await client.metadata(OFFSETS, ({ topics }) =>
    topics[0]!.partitions.every(({ leaderId, replicaNodes }) => leaderId === replicaNodes[0]),
  );
}

test(
  `the coordinator of twenty members is killed while they rebalance and commit, ${CRASHES} times: another one goes on, and nothing acknowledged is lost`,
  async () => {
    const random = seeded(SEED);
    const group = await twenty('killed');
    await replicated();
    for (let crash = 0; crash < CRASHES; crash++) {
      const rage = group.storm.rage(300 + group.storm.below(300));
      await new Promise((resolve) => setTimeout(resolve, 400 * random()));
      const crashed = group.storm.crash(() => group.coordinator.kill());
      await Promise.all([crashed, rage]);
      await group.storm.settle();
      await (await crashed).start();
      await replicated();
    }
    await judged(group.storm);
  },
  120_000 + CRASHES * 60_000,
);

test('a coordinator gets its groups back by an election: both ways members find it, and go on', async () => {
  await electPreferred();
  const group = await twenty('elected');
  await replicated();
  const first = await group.coordinator.find();
  await first.stop();
  await group.storm.settle();
  expect(await group.coordinator.find()).not.toBe(first);
  await first.start();
  await replicated();
  await group.storm.rage(300);
  await group.storm.settle();
  await electPreferred();
  await until(async () => (await group.coordinator.find()) === first);
  await group.storm.settle();
  await judged(group.storm);
}, 180_000);

test('a coordinator that stands still beyond its session has nothing to say any more when it wakes', async () => {
  const coordinator = new ClusterCoordinator(cluster.brokers, 'fenced');
  await coordinator.ensureTopic('fenced', 1);
  const commit = async (broker: Broker, offset: number): Promise<number> => {
    const peer = await connect(broker);
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }];
    const request = { groupId: 'fenced', memberId: '', topics: [{ name: 'fenced', partitions }] };
    const { topics } = await peer.send(OffsetCommit, 8, request, LIMIT);
    peer.close();
    return topics[0]!.partitions[0]!.errorCode;
  };
  const former = await coordinator.find();
  await until(async () => (await commit(former, 1)) === NONE);
  former.pause();
  const late = commit(former, 2);
  await cluster.zooKeeper.endSessionOf(former);
  const others = new ClusterCoordinator(
    cluster.brokers.filter((broker) => broker !== former),
    'fenced',
  );
  let next = former;
  // Until the next one is known, the others name one that is none of theirs.
  await until(async () => {
    next = await others.find().catch(() => former);
    return next !== former && (await commit(next, 3)) === NONE;
  });
  former.resume();
  // It hears of its end before or after it has tried to store the commit.
  expect([COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR]).toContain(await late);
  const peer = await connect(next);
  const topics = [{ name: 'fenced', partitionIndexes: [0] }];
  const found = await peer.send(OffsetFetch, 5, { groupId: 'fenced', topics }, LIMIT);
  peer.close();
  expect(found.topics[0]!.partitions[0]!.committedOffset).toBe(3);
}, 120_000);
