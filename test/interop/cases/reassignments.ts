import { AlterPartition } from '@odradek/protocol/messages/alter-partition';
import { AlterPartitionReassignments } from '@odradek/protocol/messages/alter-partition-reassignments';
import { AlterReplicaLogDirs } from '@odradek/protocol/messages/alter-replica-log-dirs';
import { DescribeLogDirs } from '@odradek/protocol/messages/describe-log-dirs';
import { ListPartitionReassignments } from '@odradek/protocol/messages/list-partition-reassignments';
import type { Both } from '../both';
import type { Scenario } from '../main';
import type { SideName } from '../world';
import { brokerEpochs, createZNode, isZNodeThere, readVersion, readZNode, unregister, untilLed } from '../zookeeper';

const TOPIC = 'on-the-move';
const LEADER = 0;
/** Brokers that are only registered: they live, for all that a controller can tell, and answer nothing. */
const REGISTERED = [5, 6, 7, 11, 12, 33];
const DEAD = 9;
const PARTITIONS = 7;
const REQUESTS = '/admin/reassign_partitions';
const POLL_MS = 50;
const PATIENCE_MS = 10_000;

/** Asks for one move, and compares what ZooKeeper holds then. */
async function move(both: Both, note: string, partition: number, replicas: number[] | null, name = TOPIC) {
  const topics = [{ name, partitions: [{ partitionIndex: partition, replicas }] }];
  await both.send(
    AlterPartitionReassignments,
    0,
    { timeoutMs: 20_000, topics },
    { note: `${note}, ${name}-${partition}` },
  );
  if (name === TOPIC && partition >= 0 && partition < PARTITIONS) await settled(both, note, partition);
}

/** Both controllers have done what they were asked: they answer in the order of their events. */
async function settled(both: Both, note: string, partition: number): Promise<void> {
  const topics = [{ name: TOPIC, partitionIndexes: [0, 1, 2, 3, 4, 5, 6, 99] }];
  await both.send(ListPartitionReassignments, 0, { topics }, { note });
  const topic = await readZNode(both.world, `/brokers/topics/${TOPIC}`);
  const assignments = (text: string): string => JSON.stringify({ ...JSON.parse(text), topic_id: null });
  if (assignments(topic.ours) !== assignments(topic.apache)) {
    both.report(`the topic after ${note}`, [`ours ${topic.ours}, Apache ${topic.apache}`]);
  }
  const path = `/brokers/topics/${TOPIC}/partitions/${partition}/state`;
  const [state, version] = [await readZNode(both.world, path), await readVersion(both.world, path)];
  if (state.ours !== state.apache)
    both.report(`the state after ${note}`, [`ours ${state.ours}, Apache ${state.apache}`]);
  if (version.ours !== version.apache) {
    both.report(`the version of the state after ${note}`, [`ours ${version.ours}, Apache ${version.apache}`]);
  }
}

/** The leader says that these are in sync. */
async function inSync(both: Both, note: string, partition: number, newIsr: readonly number[]): Promise<void> {
  const path = `/brokers/topics/${TOPIC}/partitions/${partition}/state`;
  const [state, version] = [await readZNode(both.world, path), await readVersion(both.world, path)];
  const epochs = await brokerEpochs(both.world, LEADER);
  await both.send(
    AlterPartition,
    3,
    (side) => ({
      brokerId: LEADER,
      brokerEpoch: epochs[side],
      topics: [
        {
          topicId: both.topicId(TOPIC)(side),
          partitions: [
            {
              partitionIndex: partition,
              leaderEpoch: JSON.parse(state[side]).leader_epoch,
              newIsrWithEpochs: newIsr.map((brokerId) => ({ brokerId, brokerEpoch: -1 })),
              leaderRecoveryState: 0,
              partitionEpoch: version[side],
            },
          ],
        },
      ],
    }),
    { note },
  );
  await settled(both, note, partition);
}

async function refusals(both: Both): Promise<void> {
  await move(both, 'nothing to cancel', 0, null);
  await move(both, 'nothing to cancel', 0, null, 'nowhere');
  await move(both, 'nothing to cancel', 99, null);
  await move(both, 'no replicas', 0, []);
  await move(both, 'a replica twice', 0, [0, 5, 0]);
  await move(both, 'a negative replica', 0, [0, -1]);
  await move(both, 'a dead broker', 0, [0, DEAD]);
  await move(both, 'dead brokers', 0, [DEAD, 5, DEAD + 1]);
  await move(both, 'unknown topic', 0, [0], 'nowhere');
  await move(both, 'unknown topic, a dead broker', 0, [DEAD], 'nowhere');
  await move(both, 'no topic name', 0, [0], '');
  await move(both, 'unknown partition', 99, [0]);
  await move(both, 'negative partition', -1, [0]);
  await both.send(AlterPartitionReassignments, 0, { topics: [] }, { note: 'no topics' });
  await both.send(
    AlterPartitionReassignments,
    0,
    { topics: [{ name: TOPIC, partitions: [] }] },
    { note: 'no partitions' },
  );
  const twice = [null, [0, 5, 5], [0, 5, -3]].map((replicas) => ({ partitionIndex: 0, replicas }));
  await both.send(AlterPartitionReassignments, 0, { topics: [{ name: TOPIC, partitions: twice }] }, { note: 'thrice' });
}

async function moves(both: Both): Promise<void> {
  await move(both, 'the same replicas', 0, [0, 5]);
  await move(both, 'another order', 0, [5, 0]);
  await move(both, 'a replica for another', 0, [0, 6]);
  await inSync(both, 'the new replica is in sync', 0, [0, 5, 6]);
  await move(both, 'other brokers', 1, [6, 7]);
  await inSync(both, 'half of the new ones are in sync', 1, [0, 5, 7]);
  await inSync(both, 'the new ones are in sync', 1, [0, 5, 7, 6]);
  await move(both, 'a third replica', 2, [0, 5, 6]);
  await move(both, 'another third replica', 2, [0, 5, 7]);
  await move(both, 'the same again', 2, [0, 5, 7]);
  await move(both, 'a cancellation', 2, null);
  await move(both, 'a cancellation of nothing', 2, null);
  await move(both, 'fewer replicas', 2, [5]);
  await move(both, 'one other broker', 3, [6]);
  await inSync(both, 'a replica that leaves is in sync no more', 3, [0]);
  await inSync(both, 'the other broker is in sync', 3, [0, 6]);
  await move(both, 'more replicas, one in sync', 4, [5, 0, 6, 7]);
  await inSync(both, 'one of them is in sync', 4, [0, 5, 6]);
  await move(both, 'back to where it was, with one more', 4, [0, 5, 6]);
}

/** As tools before 3.0 ask. */
async function requestsInZooKeeper(both: Both): Promise<void> {
  const target = (partition: number, replicas: number[], topic = TOPIC) => ({ topic, partition, replicas });
  const ask = async (...partitions: ReturnType<typeof target>[]) =>
    createZNode(both.world, REQUESTS, JSON.stringify({ version: 1, partitions }));
  const until = async (what: string, holds: () => Promise<boolean>) => {
    for (const deadlineMs = performance.now() + PATIENCE_MS; !(await holds()); ) {
      if (performance.now() > deadlineMs) throw new Error(`in vain: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  const assigned = (partition: number, replicas: number[]) => async () => {
    const nodes = await readZNode(both.world, `/brokers/topics/${TOPIC}`);
    const isThere = (text: string) => JSON.parse(text).partitions[partition].join() === replicas.join();
    return isThere(nodes.ours) && isThere(nodes.apache);
  };
  const gone = async () => {
    const there = await isZNodeThere(both.world, REQUESTS);
    return !there.ours && !there.apache;
  };
  const compare = async (note: string) => {
    const { ours, apache } = await readZNode(both.world, REQUESTS);
    if (ours !== apache) both.report(note, [`ours ${ours}, Apache ${apache}`]);
  };
  await ask(target(5, [0, 6]), target(0, [0], 'nowhere'), target(6, [5, DEAD]));
  await until('a move that ZooKeeper asks for', assigned(6, [5, DEAD, 0]));
  await settled(both, 'a request in ZooKeeper', 5);
  await settled(both, 'a request in ZooKeeper that leads to a dead broker', 6);
  await compare('what is left of it');
  await inSync(both, 'the replica of the request in ZooKeeper is in sync', 5, [0, 5, 6]);
  await compare('what is left of it then');
  await move(both, 'a request by API in its place', 6, null);
  await until('the request in ZooKeeper is gone', gone);
  await ask(target(5, [6, 0]), target(6, [0, 5]));
  await until('the request in ZooKeeper is gone', gone);
  await settled(both, 'a request that is done at once', 5);
  await settled(both, 'another that is done at once', 6);
}

async function reassignments(both: Both): Promise<void> {
  const { world } = both;
  const registration = {
    version: 5,
    host: '127.0.0.1',
    port: 1,
    jmx_port: -1,
    endpoints: ['PLAINTEXT://127.0.0.1:1'],
    listener_security_protocol_map: { PLAINTEXT: 'PLAINTEXT' },
    features: {},
    timestamp: '1700000000000',
  };
  const registrationOf = (id: number) =>
    JSON.stringify({ ...registration, port: id, endpoints: [`PLAINTEXT://127.0.0.1:${id}`] });
  for (const id of REGISTERED) await createZNode(world, `/brokers/ids/${id}`, registrationOf(id));
  try {
    await both.createTopic(TOPIC, { partitions: PARTITIONS, replicas: [LEADER, 5] });
    await untilLed(world, TOPIC);
    await refusals(both);
    await moves(both);
    await requestsInZooKeeper(both);
  } finally {
    await unregister(world, REGISTERED);
  }
}

/** Both have one dir: what moves, moves to where it is. */
async function dirs(both: Both): Promise<void> {
  const logDir = (side: SideName): string => both.world.sides[side].logDir;
  await both.createTopic('shelved', { partitions: 2 });
  const move = (note: string, path: (side: SideName) => string, name: string, partitions: number[] = [0]) =>
    both.sendEvery(
      AlterReplicaLogDirs,
      () => (side) => ({ dirs: [{ path: path(side), topics: [{ name, partitions }] }] }),
      {
        note,
      },
    );
  await move('to where it is', logDir, 'shelved', [0, 1]);
  await move('the same twice', logDir, 'shelved', [0, 0]);
  await move('to no dir of the broker', () => '/nowhere', 'shelved');
  await move('to a dir by another name', (side) => `${logDir(side)}/`, 'shelved');
  await move('to the empty name', () => '', 'shelved');
  await move('unknown partition', logDir, 'shelved', [0, 7, -1]);
  await move('unknown topic', logDir, 'nowhere');
  await move('empty topic', logDir, '');
  await move('a topic that is too long', logDir, 't'.repeat(249));
  await move('a topic that is too long, to no dir of the broker', () => '/nowhere', 't'.repeat(230));
  await both.sendEvery(AlterReplicaLogDirs, () => ({ dirs: [] }), { note: 'nothing' });
  await both.sendEvery(
    AlterReplicaLogDirs,
    () => (side) => ({
      dirs: [logDir(side), '/nowhere'].map((path) => ({ path, topics: [{ name: 'shelved', partitions: [0] }] })),
    }),
    { note: 'to two dirs' },
  );
  const topics = [{ topic: 'shelved', partitions: [0, 1] }];
  await both.sendEvery(DescribeLogDirs, () => ({ topics }), { note: 'after moves to where it is' });
}

export const reassign: readonly Scenario[] = [
  { name: 'reassign: partitions that move', run: reassignments },
  { name: 'reassign: logs that move to other dirs', run: dirs },
];
