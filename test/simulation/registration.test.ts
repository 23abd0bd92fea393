import type { SimulatedLine } from '@odradek/broker/env/simulation/logger';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { SimulatedClient } from './client';
import { SimulatedCluster } from './cluster';

const LIMIT_MS = 60_000;
const LATEST = -1;
const NONE = 0;

/** Brokers that serve, and topic `t` with a partition on each of them, in one copy. */
class World {
  readonly lines: SimulatedLine[] = [];
  readonly cluster = new SimulatedCluster({
    seed: 1,
    brokers: 3,
    zooKeepers: 1,
    settings: { 'default.replication.factor': 1, 'min.insync.replicas': 1 },
    log: (line) => this.lines.push(line),
  });
  readonly client = new SimulatedClient(this.cluster, 'client');

  async start(): Promise<void> {
    for (const node of this.cluster.nodes) node.start();
    await this.until(() => this.cluster.nodes.every(({ state }) => state === 'serving'));
    await this.finish(this.client.createTopic('t', 3, {}));
    await this.finish(this.whole());
  }

  /** Time passes until this holds. */
  async until(holds: () => boolean): Promise<void> {
    const { time } = this.cluster;
    await time.runWhile(() => !holds(), time.nowMs + LIMIT_MS);
    if (!holds()) throw new Error(`not so after ${LIMIT_MS} ms: ${holds}`);
  }

  async finish<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    promise.then(over, over);
    await this.until(() => isOver);
    return promise;
  }

  owner(path: string): string | undefined {
    return this.cluster.ensemble.service.tree.stat(path)?.ephemeralOwner;
  }

  said(process: string, text: string): number {
    return this.lines.filter((line) => line.process === process && line.text.includes(text)).length;
  }

  /** What the leader of a partition says to whoever asks it: only a leader answers. */
  async asLeader(id: number, partition: number): Promise<{ errorCode: number; leaderEpoch: number }> {
    const partitions = [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp: LATEST }];
    const answer = await this.client.ask(id, ListOffsets, 7, { replicaId: -1, topics: [{ name: 't', partitions }] });
    return answer.topics[0]!.partitions[0]!;
  }

  private async whole(): Promise<void> {
    const isLed = (partition: number): boolean => this.client.leaderOf({ topic: 't', partition }) !== null;
    while (!(await this.client.refresh()) || ![0, 1, 2].every(isLed)) await this.client.backOff();
  }
}

test('a controller tells a broker what to lead before that broker hears that it is registered', async () => {
  const world = new World();
  const { cluster, client } = world;
  await world.start();
  const id = cluster.nodes.find((node) => node.id !== client.controllerId)!.id;
  const partition = [0, 1, 2].find((it) => client.leaderOf({ topic: 't', partition: it })?.id === id)!;
  const before = await world.finish(world.asLeader(id, partition));
  const path = `/brokers/ids/${id}`;
  const session = world.owner(path)!;
  cluster.ensemble.service.expireSession(session);
  await world.until(() => (world.owner(path) ?? session) !== session);
  // The registration is made. Its reply is on its way, and does not arrive.
  cluster.fabric.cut('zk-0', `broker-${id}`);
  const leads = async (): Promise<number> => {
    for (;;) {
      const { errorCode, leaderEpoch } = await world.asLeader(id, partition);
      if (errorCode === NONE) return leaderEpoch;
      await client.backOff();
    }
  };
  const leaderEpoch = await world.finish(leads());
  expect(leaderEpoch).toBeGreaterThan(before.leaderEpoch);
  expect(world.said(`broker-${id}`, `Registered broker ${id}`)).toBe(1);
  cluster.fabric.heal('zk-0', `broker-${id}`);
  await world.until(() => world.said(`broker-${id}`, `Registered broker ${id}`) === 2);
  const resigned = world.said(`broker-${id}`, 'Resigned');
  await cluster.time.runUntil(cluster.time.nowMs + 10_000);
  // Nobody has to tell it again.
  expect(await world.finish(world.asLeader(id, partition))).toMatchObject({ errorCode: NONE, leaderEpoch });
  expect(world.said(`broker-${id}`, 'Resigned')).toBe(resigned);
  expect(cluster.broken).toEqual([]);
});
