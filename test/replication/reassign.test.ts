import fs from 'node:fs';
import path from 'node:path';
import type { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { AlterPartitionReassignments } from '@odradek/protocol/messages/alter-partition-reassignments';
import { AlterReplicaLogDirs } from '@odradek/protocol/messages/alter-replica-log-dirs';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DescribeLogDirs } from '@odradek/protocol/messages/describe-log-dirs';
import { IncrementalAlterConfigs } from '@odradek/protocol/messages/incremental-alter-configs';
import { ListPartitionReassignments } from '@odradek/protocol/messages/list-partition-reassignments';
import { Broker } from '../support/broker';
import { judge } from '../support/history';
import { removeDir, tempDir } from '../support/process';
import { until } from '../support/until';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import { ClusterClient, LIMIT, pause } from './load/client';
import { PartitionProducer } from './load/producer';
import { PartitionReader, replicaBytes, replicaRecords } from './load/reader';

/** Partitions that move to other brokers (KIP-455) and to other dirs (KIP-113), while they are written and read. */

const BROKERS = 4;
const NONE = 0;
const INVALID_REPLICA_ASSIGNMENT = 39;
const [TOPIC, BROKER] = [2, 4];
const SET = 0;
/** Records acknowledged before what is done, and after it. */
const STEP = 300;

let zooKeeper: TestZooKeeper;
let brokers: Broker[] = [];
let client: ClusterClient;
const second = tempDir('second');

const dirsOf = (id: number): [string, string] => [brokers[id]!.logDir, path.join(second, `${id}`)];

beforeAll(async () => {
  zooKeeper = await startZooKeeper();
  const settings = (id: number) => ({
    'broker.id': id,
    'zookeeper.session.timeout.ms': 60_000,
    // Moves take many fetches, so that something can happen in the middle of them.
    'replica.fetch.max.bytes': 20_000,
    'replica.fetch.response.max.bytes': 50_000,
  });
  const ids = Array.from({ length: BROKERS }, (_, id) => id);
  brokers = await Promise.all(
    ids.map(async (id) => {
      const { connect } = zooKeeper;
      const made = await Broker.prepare({ zooKeeper: connect, settings: settings(id) });
      fs.appendFileSync(
        path.join(made.dir, 'server.properties'),
        `log.dirs=${made.logDir},${path.join(second, `${id}`)}\n`,
      );
      return made;
    }),
  );
  await Promise.all(brokers.map((broker) => broker.start()));
  client = new ClusterClient(brokers.map(({ port }) => port));
});

afterAll(async () => {
  await Promise.all(brokers.map((broker) => broker.remove()));
  await zooKeeper?.stop();
  removeDir(second);
});

/** A topic of one partition on these brokers, of which the first leads. */
async function createTopic(name: string, brokerIds: number[]): Promise<void> {
  const assignments = [{ partitionIndex: 0, brokerIds }];
  const topic = { name, numPartitions: -1, replicationFactor: -1, assignments, configs: [] };
  await client.ofAny(async (peer) => {
    const { topics } = await peer.send(CreateTopics, 5, { topics: [topic], timeoutMs: LIMIT.timeoutMs }, LIMIT);
    return topics[0]!.errorCode === NONE ? true : null;
  });
  await client.whole(name, 1, brokerIds.length);
}

async function controller(): Promise<Broker> {
  return brokers[await client.controllerId()]!;
}

/** Asks whoever is the controller, until it is asked. */
const ofController = <T>(ask: (peer: PeerConnection) => Promise<T | null>): Promise<T> =>
  client.ofAny(async () => {
    const peer = await client.connect((await controller()).port);
    return ask(peer).finally(() => peer.close());
  });

function reassign(topic: string, replicas: number[] | null): Promise<number> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, replicas }] }];
  return ofController(async (peer) => {
    const answer = await peer.send(AlterPartitionReassignments, 0, { topics }, LIMIT);
    return answer.errorCode === NONE ? answer.responses[0]!.partitions[0]!.errorCode : null;
  });
}

/** The replicas of the partition that come and that go; null where it does not move. */
function movement(topic: string): Promise<{ adding: number[]; removing: number[] } | null> {
  const topics = [{ name: topic, partitionIndexes: [0] }];
  return ofController(async (peer) => {
    const answer = await peer.send(ListPartitionReassignments, 0, { topics }, LIMIT);
    if (answer.errorCode !== NONE) return null;
    const moving = answer.topics[0]?.partitions[0];
    return [moving ? { adding: moving.addingReplicas, removing: moving.removingReplicas } : null];
  }).then(([moving]) => moving!);
}

/** Waits until every broker knows that these, and no others, are the partition's replicas, and in sync. */
async function untilOn(topic: string, ...replicas: number[]): Promise<void> {
  for (const port of client.ports) {
    await new ClusterClient([port]).metadata(topic, ({ topics }) => {
      const partition = topics[0]?.partitions[0];
      const isSame = (ids: readonly number[] = []): boolean => [...ids].sort().join() === [...replicas].sort().join();
      return isSame(partition?.replicaNodes) && isSame(partition?.isrNodes);
    });
  }
  await until(async () => (await movement(topic)) === null);
}

/** What broker `id` has of the partition, in whichever of its dirs; null where it has nothing, or gives it up just now. */
function bytesOn(id: number, topic: string): Buffer | null {
  for (const dir of dirsOf(id)) {
    try {
      return replicaBytes(dir, topic, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return null;
}

/** Waits until these brokers have the same of the partition. */
async function untilEqual(topic: string, ...ids: number[]): Promise<Buffer> {
  let found: (Buffer | null)[] = [];
  await until(() => {
    found = ids.map((id) => bytesOn(id, topic));
    return found.every((bytes) => bytes?.equals(found[0]!) === true);
  });
  return found[0]!;
}

/** Waits until these brokers have nothing of the partition any more. */
const untilGone = (topic: string, ...ids: number[]): Promise<void> =>
  until(() => ids.every((id) => bytesOn(id, topic) === null));

async function set(peer: PeerConnection, resourceType: number, resourceName: string, settings: Record<string, string>) {
  const configs = Object.entries(settings).map(([name, value]) => ({ name, value, configOperation: SET }));
  const { responses } = await peer.send(
    IncrementalAlterConfigs,
    1,
    { resources: [{ resourceType, resourceName, configs }], validateOnly: false },
    LIMIT,
  );
  expect(responses[0]!.errorCode).toBe(NONE);
}

/** Writes to the partition and reads it while `act` is done; `check` says what a replica lacks. */
async function underLoad(topic: string, act: () => Promise<void>): Promise<{ check: (bytes: Buffer) => string[] }> {
  const producer = new PartitionProducer(client, {
    topic,
    partition: 0,
    isIdempotent: true,
    compression: 'none',
    recordsPerBatch: () => 20,
  });
  const reader = new PartitionReader(client, topic, 0);
  const [writing, reading] = [producer.run(), reader.run()];
  const more = async (): Promise<void> => {
    const goal = producer.acknowledged + STEP;
    while (producer.acknowledged < goal && producer.fatal.length + reader.fatal.length === 0) await pause();
  };
  await more();
  await act();
  await more();
  producer.stop();
  await writing;
  await reader.until(Math.max(...producer.sends.map(({ offset }) => offset)) + 1);
  reader.stop();
  await reading;
  const check = (bytes: Buffer): string[] => {
    const finals = [replicaRecords('replica', topic, 0, bytes)];
    const wrong = judge({ sends: producer.sends, polls: [reader.poll], finals });
    return [...producer.fatal, ...reader.fatal, ...wrong.map(({ type, what }) => `${type}: ${what}`)];
  };
  return { check };
}

test('a partition that is written and read moves to other brokers, though the controller is killed meanwhile', async () => {
  await createTopic('moved', [0, 1]);
  const victim = await client.controllerId();
  const { check } = await underLoad('moved', async () => {
    expect(await reassign('moved', [2, 3])).toBe(NONE);
    await brokers[victim]!.kill();
    await brokers[victim]!.start();
    await untilOn('moved', 2, 3);
  });
  // A broker that is down when the move is over keeps what it has, as with Apache.
  await untilGone('moved', ...[0, 1].filter((id) => id !== victim));
  expect(check(await untilEqual('moved', 2, 3))).toEqual([]);
  expect([2, 3].map((id) => brokers[id]!.port)).toContain(await client.leaderPort('moved', 0));
});

test('a move that is held back by a quota is cancelled; without the quota it comes to its end', async () => {
  await createTopic('held', [0, 1]);
  const { check } = await underLoad('held', async () => {});
  const slow = async (rate: string): Promise<void> => {
    const peer = await client.connect(brokers[2]!.port);
    await set(peer, TOPIC, 'held', { 'follower.replication.throttled.replicas': '0:2' });
    await set(peer, BROKER, '2', { 'follower.replication.throttled.rate': rate });
    peer.close();
  };
  await slow('1');
  expect(await reassign('held', [2, 1])).toBe(NONE);
  await until(() => (bytesOn(2, 'held')?.length ?? 0) > 0);
  expect(await movement('held')).toEqual({ adding: [2], removing: [0] });
  expect(await reassign('held', null)).toBe(NONE);
  await untilOn('held', 0, 1);
  await untilGone('held', 2);
  await slow('100000000');
  expect(await reassign('held', [2, 1])).toBe(NONE);
  await untilOn('held', 2, 1);
  await untilGone('held', 0);
  expect(check(await untilEqual('held', 2, 1))).toEqual([]);
});

test('a move is not cancelled when the only replica that has everything is one that came by it', async () => {
  await createTopic('onward', [0]);
  const slow = async (rate: string): Promise<void> => {
    const peer = await client.connect(brokers[2]!.port);
    await set(peer, TOPIC, 'onward', { 'follower.replication.throttled.replicas': '0:2' });
    await set(peer, BROKER, '2', { 'follower.replication.throttled.rate': rate });
    peer.close();
  };
  const untilInSync = (ids: number[]) =>
    client.metadata('onward', ({ topics }) => topics[0]?.partitions[0]?.isrNodes.toSorted().join() === ids.join());
  await slow('1');
  const { check } = await underLoad('onward', async () => {
    expect(await reassign('onward', [1, 2])).toBe(NONE);
    await untilInSync([0, 1]);
    await brokers[0]!.kill();
    await untilInSync([1]);
    expect(await reassign('onward', null)).toBe(INVALID_REPLICA_ASSIGNMENT);
    // Another target that it is part of is as good as any.
    expect(await reassign('onward', [1])).toBe(NONE);
    await brokers[0]!.start();
    await untilOn('onward', 1);
  });
  await slow('100000000');
  expect(check(await untilEqual('onward', 1))).toEqual([]);
});

test('a replica that is written moves to another dir of its broker', async () => {
  await createTopic('shelved', [0, 1]);
  const wanted = dirsOf(0).find((dir) => !fs.existsSync(path.join(dir, 'shelved-0')))!;
  const { check } = await underLoad('shelved', async () => {
    const peer = await client.connect(brokers[0]!.port);
    const dirs = [{ path: wanted, topics: [{ name: 'shelved', partitions: [0] }] }];
    const { results } = await peer.send(AlterReplicaLogDirs, 2, { dirs }, LIMIT);
    expect(results[0]!.partitions).toEqual([{ partitionIndex: 0, errorCode: NONE }]);
    await until(async () => {
      const described = await peer.send(DescribeLogDirs, 4, { topics: [{ topic: 'shelved', partitions: [0] }] }, LIMIT);
      const holding = described.results.filter(({ topics }) => topics.length > 0);
      return holding.length === 1 && holding[0]!.logDir === wanted;
    });
    peer.close();
  });
  expect(fs.existsSync(path.join(wanted, 'shelved-0'))).toBe(true);
  expect(check(await untilEqual('shelved', 0, 1))).toEqual([]);
});
