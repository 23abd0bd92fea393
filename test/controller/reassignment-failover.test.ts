import { silentLoggers } from '@odradek/broker/env/logger';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeRandom } from '@odradek/broker/env/node/random';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import type { ZooKeeper, ZooKeeperConnectOptions, ZooKeeperSession } from '@odradek/broker/env/zookeeper';
import { ZooKeeperClient } from '@odradek/broker/zookeeper/session';
import { ZooKeeperStore } from '@odradek/broker/zookeeper/store';
import { brokerInfo, useCluster } from '../zookeeper/cluster';
import { byHand, candidate, ObedientBrokers, until } from './office';

/** A controller that comes to a stop between any two writes of a move, and the next one, which has to go on from there. */

const cluster = useCluster();
const ID = { topic: 't', partition: 0 };
const TOPIC = '/brokers/topics/t';
const STATE = `${TOPIC}/partitions/0/state`;
const SUCCESSOR = 9;
const ANY_VERSION = -1;

let held: ZooKeeperClient | null = null;
afterEach(() => held?.close());

/** Lets so many guarded writes through, and holds all that follow for ever. */
class HoldingZooKeeper implements ZooKeeper {
  writesLeft = Number.POSITIVE_INFINITY;
  isHolding = false;

  constructor(private readonly zooKeeper: ZooKeeper) {}

  async connect(options: ZooKeeperConnectOptions): Promise<ZooKeeperSession> {
    const session = await this.zooKeeper.connect(options);
    return new Proxy(session, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name !== 'multi') return member.bind(target);
        return (...parameters: unknown[]): unknown => {
          if (this.writesLeft-- > 0) return member.apply(target, parameters);
          this.isHolding = true;
          return new Promise(() => {});
        };
      },
    });
  }
}

const json = async (path: string) => JSON.parse((await cluster.contentOf(path))!);

async function join(id: number): Promise<void> {
  const { store } = await cluster.member();
  await store.registerBroker(brokerInfo(id));
}

/** As a leader of an older release does that writes its in-sync set itself. */
async function isrIs(...isr: number[]): Promise<void> {
  await byHand(cluster, STATE, { ...(await json(STATE)), isr });
  const data = Buffer.from(JSON.stringify({ version: 1, partitions: [ID] }));
  const path = `${cluster.chroot}/isr_change_notification/isr_change_`;
  await cluster.observer.create(path, data, 'persistent-sequential');
}

/** Broker 0 is the controller and can be held; 1 to 3 are there; topic t has one partition, on 1 and 2. */
async function world() {
  const brokers = new ObedientBrokers();
  // Makes the top of the tree, and takes part in the election later.
  const heir = await cluster.member();
  const zookeeper = new HoldingZooKeeper(new NodeZooKeeper(silentLoggers));
  const client = new ZooKeeperClient(zookeeper, nodeClock, silentLoggers, {
    connect: cluster.connect,
    sessionTimeoutMs: 20_000,
    connectionTimeoutMs: 10_000,
    maxInFlightRequests: 10,
    isSecure: false,
  });
  await client.start();
  held = client;
  const store = new ZooKeeperStore(client, nodeClock, nodeRandom, silentLoggers);
  const controller = candidate(0, { ...heir, client, store }, brokers);
  await store.registerBroker(brokerInfo(0));
  await controller.start();
  for (const id of [1, 2, 3]) await join(id);
  await until(() => [1, 2, 3].every((id) => brokers.sent.some(({ broker }) => broker === id)));
  await byHand(cluster, TOPIC, { version: 1, partitions: { 0: [1, 2] } });
  await until(() => [1, 2].every((id) => brokers.told('t').includes(id)));

  /** The held controller is out of office, and the next one takes it. */
  const succeed = async (): Promise<void> => {
    await until(() => zookeeper.isHolding);
    const next = candidate(SUCCESSOR, heir, brokers);
    await heir.store.registerBroker(brokerInfo(SUCCESSOR));
    await next.start();
    await cluster.observer.delete(`${cluster.chroot}/controller`, ANY_VERSION);
    await until(() => next.isActive);
  };
  return { brokers, controller, zookeeper, succeed };
}

async function expectMoved(brokers: ObedientBrokers): Promise<void> {
  await until(async () => {
    const { partitions, adding_replicas: adding, removing_replicas: removing } = await json(TOPIC);
    return partitions[0].join() === '3,2' && Object.keys({ ...adding, ...removing }).length === 0;
  });
  const state = await json(STATE);
  expect([state.leader, state.isr]).toEqual([3, [2, 3]]);
  await until(() => brokers.toldToDelete('t').includes(1));
  expect(new Set(brokers.toldToDelete('t'))).toEqual(new Set([1]));
}

// The assignment, and the leader's next epoch.
test.each([1, 2])('a move of which %i writes have been made', async (writes) => {
  const { brokers, controller, zookeeper, succeed } = await world();
  zookeeper.writesLeft = writes;
  void controller.alterReassignments([{ ...ID, replicas: [3, 2] }]).catch(() => {});
  // Where both are made there is nothing left to be held.
  if (writes === 2) await until(async () => (await json(STATE)).leader_epoch === 1);
  if (writes === 2) void controller.electLeaders([{ topic: 't', partition: 0 }], 'preferred').catch(() => {});
  if (writes === 2) void controller.alterReassignments([{ ...ID, replicas: [3, 2] }]).catch(() => {});
  await succeed();
  await until(async () => (await json(TOPIC)).partitions[0].join() === '3,2,1');
  await until(() => brokers.told('t').includes(3));
  await isrIs(1, 2, 3);
  await expectMoved(brokers);
});

// The election, the in-sync set without who leaves, the assignment, the notification that is dealt with.
test.each([0, 1, 2, 3])('a completion of which %i writes have been made', async (writes) => {
  const { brokers, controller, zookeeper, succeed } = await world();
  await controller.alterReassignments([{ ...ID, replicas: [3, 2] }]);
  zookeeper.writesLeft = writes;
  await isrIs(1, 2, 3);
  await succeed();
  await expectMoved(brokers);
});
