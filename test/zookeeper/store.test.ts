import type { Loggers } from '@odradek/broker/env/logger';
import { silentLoggers } from '@odradek/broker/env/logger';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeRandom } from '@odradek/broker/env/node/random';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import type { ZooKeeperSession } from '@odradek/broker/env/zookeeper';
import type { BrokerInfo } from '@odradek/broker/zookeeper/broker-info';
import { ChangeNotifications } from '@odradek/broker/zookeeper/change-notifications';
import { ZooKeeperClient } from '@odradek/broker/zookeeper/session';
import { ANY_VERSION, ControllerMovedError, ZooKeeperStore } from '@odradek/broker/zookeeper/store';
import { PERSISTENT_PATHS, paths, type ReplicaAssignment } from '@odradek/broker/zookeeper/znodes';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import { UnreliableZooKeeper } from './unreliable';

const TOPIC_ID = '-kQW3FJ4Qm6i0z2vC1hX9A';
const SESSION_TIMEOUT_MS = 1_000;

interface Member {
  readonly zookeeper: UnreliableZooKeeper;
  readonly client: ZooKeeperClient;
  readonly store: ZooKeeperStore;
}

let server: TestZooKeeper;
let observer: ZooKeeperSession;
let chroot = '';
let tests = 0;
let members: Member[] = [];
let logLines: string[] = [];

const loggers: Loggers = {
  logger: (name) => ({
    ...silentLoggers.logger(name),
    info: (message) => logLines.push(message),
    warn: (message) => logLines.push(message),
  }),
};

beforeAll(async () => {
  server = await startZooKeeper();
  const options = { sessionTimeoutMs: 10_000, connectionTimeoutMs: 10_000 };
  observer = await new NodeZooKeeper(silentLoggers).connect({ ...options, connect: server.connect });
});
afterAll(async () => {
  await observer.close();
  await server.stop();
});
// Every test has a cluster of its own, below a chroot that its first client makes.
beforeEach(() => {
  chroot = `/clusters/${++tests}`;
  logLines = [];
});
afterEach(async () => {
  await Promise.all(members.map(({ client }) => client.close()));
  members = [];
});

async function member(overrides: { isSecure?: boolean; sessionTimeoutMs?: number } = {}): Promise<Member> {
  const zookeeper = new UnreliableZooKeeper(new NodeZooKeeper(silentLoggers));
  const client = new ZooKeeperClient(zookeeper, nodeClock, loggers, {
    connect: server.connect + chroot,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    connectionTimeoutMs: 10_000,
    maxInFlightRequests: 10,
    isSecure: false,
    ...overrides,
  });
  await client.start();
  const store = new ZooKeeperStore(client, nodeClock, nodeRandom, loggers);
  await store.createTopLevelPaths();
  const made = { zookeeper, client, store };
  members.push(made);
  return made;
}

async function contentOf(path: string): Promise<string | null> {
  const { data } = await observer.getData(chroot + path);
  return data?.toString() ?? null;
}

function brokerInfo(id: number, port = 9092 + id): BrokerInfo {
  return {
    id,
    version: 5,
    endpoints: [{ listenerName: 'PLAINTEXT', host: 'h', port, securityProtocol: 'PLAINTEXT' }],
    rack: null,
    jmxPort: -1,
    features: new Map(),
  };
}

const on = (...replicas: number[]): ReplicaAssignment => ({ replicas, addingReplicas: [], removingReplicas: [] });
const state = { leader: 1, leaderEpoch: 0, isr: [1], leaderRecoveryState: 0, controllerEpoch: 1 };
const partition = (topic: string, number: number) => ({ topic, partition: number });

/** Ends a session behind its owner's back, as the server does when its time is up. */
async function expire(client: ZooKeeperClient): Promise<void> {
  const session = Reflect.get(client, 'session') as ZooKeeperSession;
  const options = { connect: server.connect, sessionTimeoutMs: 10_000, connectionTimeoutMs: 10_000 };
  const resume = { sessionId: session.sessionId, password: session.password };
  const double = await new NodeZooKeeper(silentLoggers).connect({ ...options, resume });
  await double.close();
}

describe('start', () => {
  test('chroot and top-level paths, without data, by several at a time', async () => {
    await Promise.all([member(), member()]);
    for (const path of PERSISTENT_PATHS) expect(await contentOf(path)).toBeNull();
    expect((await observer.getChildren(chroot)).children.sort()).toEqual([
      'admin',
      'brokers',
      'config',
      'consumers',
      'isr_change_notification',
      'latest_producer_id_block',
      'log_dir_event_notification',
    ]);
  });

  test('one cluster id for all, broker ids that no two get', async () => {
    const [a, b] = [await member(), await member()];
    const ids = await Promise.all([a.store.clusterId(), b.store.clusterId()]);
    expect(ids[0]).toBe(ids[1]);
    expect(await contentOf('/cluster/id')).toBe(`{"version":"1","id":"${ids[0]}"}`);
    const generated = await Promise.all([a, b, a].map(({ store }) => store.generateBrokerId(1_000)));
    expect(generated.sort()).toEqual([1_001, 1_002, 1_003]);
    expect(await contentOf('/brokers/seqid')).toBe('');
  });

  test('nodes of a secured cluster belong to their creator', async () => {
    // A session without credentials has no identity to own them: the server refuses.
    await expect(member({ isSecure: true })).rejects.toMatchObject({ code: 'INVALID_ACL' });
  });
});

describe('registration', () => {
  test('ephemeral, its czxid the epoch', async () => {
    const { client, store } = await member();
    const { brokerEpoch } = await store.registerBroker(brokerInfo(1));
    const stat = await observer.exists(`${chroot}/brokers/ids/1`);
    expect(stat).toMatchObject({ czxid: brokerEpoch, ephemeralOwner: client.sessionId, version: 1 });
    expect(await store.getBrokers()).toEqual(new Map([[1, { info: brokerInfo(1), epoch: brokerEpoch }]]));
    await store.updateBroker(brokerInfo(1, 7_000));
    expect((await store.getBroker(1))?.info.endpoints[0]?.port).toBe(7_000);
    expect(await store.getBroker(2)).toBeNull();
  });

  test('a lost reply is looked into: the node is ours', async () => {
    const { zookeeper, client, store } = await member();
    zookeeper.loseReplyOf('multi');
    const { brokerEpoch } = await store.registerBroker(brokerInfo(1));
    expect(zookeeper.lossesLeft).toBe(0);
    const stat = await observer.exists(`${chroot}/brokers/ids/1`);
    expect(stat).toMatchObject({ czxid: brokerEpoch, ephemeralOwner: client.sessionId });
  });

  test('the node of a killed predecessor is waited out, and said so', async () => {
    const { store } = await member();
    const options = { sessionTimeoutMs: SESSION_TIMEOUT_MS, connectionTimeoutMs: 10_000 };
    const dead = await new NodeZooKeeper(silentLoggers).connect({ ...options, connect: server.connect + chroot });
    await dead.create(paths.brokerId(1), null, 'ephemeral');
    await dead.setData(paths.brokerId(1), Buffer.from('{"version":5,"jmx_port":-1,"endpoints":[]}'), 0);
    (Reflect.get(dead, 'core') as { abandon(reason: string): void }).abandon('killed');
    await store.registerBroker(brokerInfo(1));
    const waits = logLines.filter((line) => line.includes(`held by session 0x${dead.sessionId}`));
    expect(waits).toHaveLength(1);
    expect(waits[0]).toContain('Waiting up to 5 s');
  });

  test('a living broker of the same id is not pushed out', async () => {
    const [first, second] = [await member(), await member()];
    await first.store.registerBroker(brokerInfo(1));
    await expect(second.store.registerBroker(brokerInfo(1))).rejects.toMatchObject({
      code: 'NODE_EXISTS',
      message: 'KeeperErrorCode = NodeExists for /brokers/ids/1',
    });
  });

  test('an address that another broker advertises is refused', async () => {
    const [first, second] = [await member(), await member()];
    await first.store.registerBroker(brokerInfo(1, 9092));
    await expect(second.store.registerBroker(brokerInfo(2, 9092))).rejects.toThrow(
      'Configured end points h:9092 in advertised listeners are already registered by broker 1',
    );
  });

  test('after an expiry: hooks in order, a new epoch', async () => {
    const { client, store } = await member();
    const { brokerEpoch } = await store.registerBroker(brokerInfo(1));
    const log: string[] = [];
    const old = client.sessionId;
    const again = new Promise<number>((resolve) => {
      client.onExpired({
        before: async () => {
          log.push('before');
          await expect(client.exists('/')).rejects.toMatchObject({ code: 'SESSION_EXPIRED' });
        },
        after: async () => {
          log.push('after');
          resolve((await store.registerBroker(brokerInfo(1))).brokerEpoch);
        },
      });
    });
    await expire(client);
    expect(await again).toBeGreaterThan(brokerEpoch);
    expect(log).toEqual(['before', 'after']);
    expect(client.sessionId).not.toBe(old);
  });
});

describe('election', () => {
  test('the first has epoch 1; the second learns who won', async () => {
    const [a, b] = [await member(), await member()];
    expect(await a.store.getControllerId()).toBeNull();
    expect(await a.store.tryElect(1, 1_234)).toEqual({ type: 'elected', controllerEpoch: 1, epochZkVersion: 1 });
    expect(await contentOf('/controller')).toBe(
      '{"version":2,"brokerid":1,"timestamp":"1234","kraftControllerEpoch":-1}',
    );
    expect(await contentOf('/controller_epoch')).toBe('1');
    expect(await b.store.tryElect(2, 1_234)).toEqual({ type: 'other', controllerId: 1 });
    await a.store.resignController(1);
    expect(await b.store.tryElect(2, 1_234)).toEqual({ type: 'elected', controllerEpoch: 2, epochZkVersion: 2 });
    await expect(a.store.resignController(1)).rejects.toBeInstanceOf(ControllerMovedError);
    expect(await a.store.getControllerId()).toBe(2);
  });

  test('of many at once exactly one wins', async () => {
    const all = await Promise.all([member(), member(), member(), member()]);
    const outcomes = await Promise.all(all.map(({ store }, index) => store.tryElect(index, 0)));
    const winners = outcomes.filter(({ type }) => type === 'elected');
    expect(winners).toEqual([{ type: 'elected', controllerEpoch: 1, epochZkVersion: 1 }]);
    const winner = outcomes.findIndex(({ type }) => type === 'elected');
    expect(await all[0]!.store.getControllerId()).toBe(winner);
  });

  test('a lost reply is no lost election', async () => {
    const { zookeeper, store } = await member();
    zookeeper.loseReplyOf('multi');
    expect(await store.tryElect(1, 0)).toEqual({ type: 'elected', controllerEpoch: 1, epochZkVersion: 1 });
    expect(zookeeper.lossesLeft).toBe(0);
  });

  test('the node that a former session of this broker left is nobody’s victory', async () => {
    const [former, now] = [await member(), await member()];
    await former.store.tryElect(1, 0);
    expect(await now.store.tryElect(1, 0)).toEqual({ type: 'other', controllerId: 1 });
  });

  test('the watch on /controller tells of its end', async () => {
    const [a, b] = [await member(), await member()];
    await a.store.tryElect(1, 0);
    const deleted = new Promise<void>((resolve) =>
      b.client.registerChangeHandler(paths.controller, { deleted: resolve }),
    );
    expect(await b.store.getControllerId()).toBe(1);
    await a.client.close();
    await deleted;
    expect(await b.store.getControllerId()).toBeNull();
  });
});

describe('topics', () => {
  test('their life in znodes', async () => {
    const { store } = await member();
    await store.tryElect(1, 0);
    await store.createTopicConfig('t', {});
    await store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map([[0, on(1)]]) });
    expect(await contentOf('/config/topics/t')).toBe('{"version":1,"config":{}}');
    expect(await store.getTopics()).toEqual(['t']);
    await expect(store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map() })).rejects.toMatchObject({
      code: 'NODE_EXISTS',
    });
    const grown = {
      topicId: TOPIC_ID,
      partitions: new Map([
        [0, on(1)],
        [1, on(1)],
      ]),
    };
    await store.setTopicAssignment('t', grown, ANY_VERSION);
    expect(await store.getTopicAssignments(['t', 'none'])).toEqual(new Map([['t', grown]]));
    const created = await store.createPartitionStates(
      [0, 1].map((number) => ({ ...partition('t', number), state })),
      1,
    );
    expect(created).toEqual([
      { type: 'ok', version: 0 },
      { type: 'ok', version: 0 },
    ]);
    expect(await contentOf('/brokers/topics/t/partitions')).toBeNull();
    expect(await contentOf('/brokers/topics/t/partitions/1/state')).toBe(
      '{"controller_epoch":1,"leader":1,"version":1,"leader_epoch":0,"isr":[1]}',
    );
    await store.createDeleteTopic('t');
    await store.createDeleteTopic('t');
    expect(await store.getTopicDeletions()).toEqual(['t']);
    expect(await store.isTopicMarkedForDeletion('t')).toBe(true);
    await store.deleteTopicZNodes('t', 1);
    expect(await store.getTopics()).toEqual([]);
    expect(await store.topicExists('t')).toBe(false);
    expect(await store.configs.getAll('topics')).toEqual(new Map());
    expect(await store.getTopicDeletions()).toEqual([]);
    await store.deleteTopicDeletions(['t'], 1);
  });

  test('a topic whose reply was lost is created once, and not refused', async () => {
    const { zookeeper, store } = await member();
    zookeeper.loseReplyOf('create');
    await store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map([[0, on(1)]]) });
    expect(zookeeper.lossesLeft).toBe(0);
  });
});

describe('partition states', () => {
  const updated = { ...state, leaderEpoch: 1 };

  async function withState(): Promise<Member> {
    const made = await member();
    await made.store.tryElect(1, 0);
    await made.store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map([[0, on(1)]]) });
    await made.store.createPartitionStates([{ ...partition('t', 0), state }], 1);
    return made;
  }

  test('each update stands for itself', async () => {
    const { store } = await withState();
    const results = await store.updatePartitionStates(
      [
        { ...partition('t', 0), state: updated, expectedVersion: 0 },
        { ...partition('t', 1), state: updated, expectedVersion: 0 },
      ],
      1,
    );
    expect(results).toMatchObject([
      { type: 'ok', version: 1 },
      { type: 'error', error: { code: 'NO_NODE', path: '/brokers/topics/t/partitions/1/state' } },
    ]);
    const stale = await store.updatePartitionStates([{ ...partition('t', 0), state, expectedVersion: 0 }], 1);
    expect(stale).toEqual([{ type: 'conflict' }]);
    const twice = await store.createPartitionStates([{ ...partition('t', 0), state }], 1);
    expect(twice).toEqual([{ type: 'conflict' }]);
    const read = await store.getPartitionStates([partition('t', 0), partition('t', 9)]);
    expect(read).toEqual(new Map([['t-0', { ...updated, partitionEpoch: 1 }]]));
  });

  test('lost replies of update and creation are looked into', async () => {
    const { zookeeper, store } = await withState();
    zookeeper.loseReplyOf('multi');
    const update = { ...partition('t', 0), state: updated, expectedVersion: 0 };
    expect(await store.updatePartitionStates([update], 1)).toEqual([{ type: 'ok', version: 1 }]);
    for (let count = 0; count < 3; count++) zookeeper.loseReplyOf('multi');
    await store.createTopic('u', { topicId: null, partitions: new Map() });
    expect(await store.createPartitionStates([{ ...partition('u', 0), state }], 1)).toEqual([
      { type: 'ok', version: 0 },
    ]);
    expect(zookeeper.lossesLeft).toBe(0);
  });

  test('another’s write of the same version is not taken for ours', async () => {
    const { store } = await withState();
    const other = { ...partition('t', 0), state: { ...updated, isr: [1, 2] }, expectedVersion: 0 };
    await store.updatePartitionStates([other], 1);
    const ours = { ...partition('t', 0), state: updated, expectedVersion: 0 };
    expect(await store.updatePartitionStates([ours], 1)).toEqual([{ type: 'conflict' }]);
  });

  test('a former controller writes nothing', async () => {
    const { store } = await withState();
    await store.resignController(1);
    await (await member()).store.tryElect(2, 0);
    const update = { ...partition('t', 0), state: updated, expectedVersion: 0 };
    await expect(store.updatePartitionStates([update, update], 1)).rejects.toBeInstanceOf(ControllerMovedError);
    await expect(store.createPartitionStates([update], 1)).rejects.toBeInstanceOf(ControllerMovedError);
    await expect(store.deleteTopicZNodes('t', 1)).rejects.toBeInstanceOf(ControllerMovedError);
    await expect(store.setTopicAssignment('t', { topicId: null, partitions: new Map() }, 1)).rejects.toBeInstanceOf(
      ControllerMovedError,
    );
    expect((await store.getPartitionStates([partition('t', 0)])).get('t-0')).toEqual({ ...state, partitionEpoch: 0 });
  });
});

describe('configs', () => {
  test('are written only while there is a controller', async () => {
    const { store } = await member();
    await expect(store.configs.set('brokers', '1', {})).rejects.toThrow('when there is no controller');
    await store.tryElect(1, 0);
    await store.configs.change('brokers', '<default>', { 'log.cleaner.threads': '2' });
    await store.configs.change('brokers', '<default>', { 'log.cleaner.threads': '3' });
    expect(await contentOf('/config/brokers/<default>')).toBe('{"version":1,"config":{"log.cleaner.threads":"3"}}');
    expect(await contentOf('/config/changes/config_change_0000000001')).toBe(
      '{"version":2,"entity_path":"brokers/<default>"}',
    );
    expect(await store.configs.get('brokers', '7')).toEqual({});
  });

  test('quota entities without any config lose their nodes, parents too', async () => {
    const { store } = await member();
    await store.tryElect(1, 0);
    await store.configs.change('users', 'a/clients/x', { producer_byte_rate: '1' });
    await store.configs.change('users', 'a/clients/y', { producer_byte_rate: '2' });
    expect(await store.configs.getAllUserClients()).toEqual(
      new Map([
        ['a/clients/x', { producer_byte_rate: '1' }],
        ['a/clients/y', { producer_byte_rate: '2' }],
      ]),
    );
    await store.configs.change('users', 'a/clients/x', {});
    expect((await observer.getChildren(`${chroot}/config/users/a/clients`)).children).toEqual(['y']);
    await store.configs.change('users', 'a/clients/y', {});
    expect(await store.configs.getAll('users')).toEqual(new Map());
    await store.configs.change('topics', 't', {});
    expect(await store.configs.getAll('topics')).toEqual(new Map([['t', {}]]));
  });

  test('changes reach every listener, in order, whatever one of them throws; old ones go', async () => {
    const [writer, reader] = [await member(), await member()];
    await writer.store.tryElect(1, 0);
    await writer.store.configs.notify('topics/before');
    await observer.create(`${chroot}${paths.configChange}`, Buffer.from('no JSON'), 'persistent-sequential');
    const seen: string[] = [];
    let resolve: () => void = () => {};
    const last = new Promise<void>((done) => {
      resolve = done;
    });
    const changes = new ChangeNotifications(reader.client, nodeClock, loggers, (entityPath) => {
      seen.push(entityPath);
      if (entityPath === 'topics/bad') throw new Error('bad');
      if (entityPath === 'topics/last') resolve();
    });
    await changes.start();
    expect(seen).toEqual(['topics/before']);
    for (const topic of ['a', 'bad', 'b', 'last']) await writer.store.configs.notify(`topics/${topic}`);
    await last;
    await changes.stop();
    expect(seen).toEqual(['topics/before', 'topics/a', 'topics/bad', 'topics/b', 'topics/last']);
    // A quarter of an hour later, on a clock that says so.
    const later = { ...nodeClock, nowMs: () => nodeClock.nowMs() + 15 * 60_000 + 1_000 };
    const purging = new ChangeNotifications(reader.client, later, loggers, () => {});
    await purging.start();
    await purging.stop();
    expect((await observer.getChildren(chroot + paths.configChanges)).children).toEqual([]);
  });
});

describe('the rest', () => {
  test('producer id blocks never overlap', async () => {
    const [a, b] = [await member(), await member()];
    const blocks = await Promise.all([a, b, a, b].map(({ store }, index) => store.allocateProducerIdBlock(index)));
    expect(blocks.map(({ firstProducerId }) => firstProducerId).sort((x, y) => x - y)).toEqual([
      0, 1_000, 2_000, 3_000,
    ]);
    expect(await contentOf('/latest_producer_id_block')).toMatch(
      /^\{"version":1,"broker":\d,"block_start":"3000","block_end":"3999"\}$/,
    );
  });

  test('/feature is made, enabled, and kept', async () => {
    const { client, store } = await member();
    expect(await store.setupFeature()).toBe(0);
    expect(await contentOf('/feature')).toBe('{"features":{},"version":2,"status":1}');
    expect(await store.setupFeature()).toBe(0);
    await client.setData(paths.feature, Buffer.from('{"features":{},"version":1,"status":0}'), ANY_VERSION);
    expect(await store.setupFeature()).toBe(2);
    expect(await store.readFeature()).toMatchObject({ zkVersion: 2, content: { status: 'enabled', version: 2 } });
  });

  test('notifications to the controller and what old tools ask', async () => {
    const { client, store } = await member();
    await store.tryElect(1, 0);
    await store.propagateIsrChanges([partition('t', 0)]);
    await store.propagateLogDirEvent(2);
    expect(await store.getIsrChangeNotifications()).toEqual(['isr_change_0000000000']);
    expect(await store.getPartitionsFromIsrChangeNotifications(['isr_change_0000000000', 'gone'])).toEqual([
      partition('t', 0),
    ]);
    expect(await store.getBrokerIdsFromLogDirEvents(await store.getLogDirEventNotifications())).toEqual([2]);
    await store.deleteIsrChangeNotifications(1);
    await store.deleteLogDirEventNotifications(1, ['log_dir_event_0000000000', 'gone']);
    expect(await store.getIsrChangeNotifications()).toEqual([]);
    expect(await store.getLogDirEventNotifications()).toEqual([]);
    expect(await store.getPartitionReassignment()).toBeNull();
    await store.setPartitionReassignment([{ ...partition('t', 0), replicas: [2] }], 1);
    expect(await store.getPartitionReassignment()).toEqual([{ ...partition('t', 0), replicas: [2] }]);
    await store.deletePartitionReassignment(1);
    await client.create(paths.preferredReplicaElection, Buffer.from('{"version":1,"partitions":[]}'));
    expect(await store.getPreferredReplicaElection()).toEqual([]);
    await store.deletePreferredReplicaElection(1);
    expect(await store.getPreferredReplicaElection()).toBeNull();
  });
});

describe('a server that stands still, or dies', () => {
  test('calls wait and then happen; the session lives on', async () => {
    const { client, store } = await member({ sessionTimeoutMs: 3_000 });
    const before = client.sessionId;
    const lost = new Promise<void>((resolve) => client.onState((now) => now === 'disconnected' && resolve()));
    server.pause();
    const created = store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map([[0, on(1)]]) });
    await lost;
    expect(client.isConnected).toBe(false);
    server.resume();
    await created;
    expect(await store.getTopics()).toEqual(['t']);
    // It was back before the session's time was over.
    expect(client.sessionId).toBe(before);
  });

  test('kill -9 and restart: ephemeral nodes and watches are still there', async () => {
    const { client, store } = await member({ sessionTimeoutMs: 20_000 });
    await store.registerBroker(brokerInfo(1));
    const changed = new Promise<void>((resolve) => client.registerChildHandler(paths.topics, resolve));
    await store.getTopics();
    await server.restart();
    await store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map() });
    await changed;
    expect((await store.getBroker(1))?.info).toEqual(brokerInfo(1));
  });
});
