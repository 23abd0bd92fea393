import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import { ControllerMovedError } from '@odradek/broker/zookeeper/store';
import { PERSISTENT_PATHS, paths } from '@odradek/broker/zookeeper/znodes';
import { brokerInfo, expire, SHORT_SESSION_MS, useCluster } from './cluster';

const cluster = useCluster();

describe('start', () => {
  test('chroot and top-level paths, without data, by several at a time', async () => {
    await Promise.all([cluster.member(), cluster.member()]);
    for (const path of PERSISTENT_PATHS) expect(await cluster.contentOf(path)).toBeNull();
    expect(await cluster.childrenOf('')).toEqual([
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
    const [a, b] = [await cluster.member(), await cluster.member()];
    const ids = await Promise.all([a.store.clusterId(), b.store.clusterId()]);
    expect(ids[0]).toBe(ids[1]);
    expect(await cluster.contentOf('/cluster/id')).toBe(`{"version":"1","id":"${ids[0]}"}`);
    const generated = await Promise.all([a, b, a].map(({ store }) => store.generateBrokerId(1_000)));
    expect(generated.sort()).toEqual([1_001, 1_002, 1_003]);
    expect(await cluster.contentOf('/brokers/seqid')).toBe('');
  });

  test('nodes of a secured cluster belong to their creator', async () => {
    // A session without credentials has no identity to own them: the server refuses.
    await expect(cluster.member({ isSecure: true })).rejects.toMatchObject({ code: 'INVALID_ACL' });
  });
});

describe('registration', () => {
  test('ephemeral, its czxid the epoch', async () => {
    const { client, store } = await cluster.member();
    const { brokerEpoch } = await store.registerBroker(brokerInfo(1));
    const stat = await cluster.observer.exists(`${cluster.chroot}/brokers/ids/1`);
    expect(stat).toMatchObject({ czxid: brokerEpoch, ephemeralOwner: client.sessionId, version: 1 });
    expect(await store.getBrokers()).toEqual(new Map([[1, { info: brokerInfo(1), epoch: brokerEpoch }]]));
    // The second time there is nothing to write.
    for (let i = 0; i < 2; i++) await store.updateBroker(brokerInfo(1, 7_000));
    expect((await store.getBroker(1))?.info.endpoints[0]?.port).toBe(7_000);
    expect((await cluster.observer.exists(`${cluster.chroot}/brokers/ids/1`))?.version).toBe(2);
    expect(await store.getBroker(2)).toBeNull();
  });

  test('a lost reply is looked into: the node is ours', async () => {
    const { zookeeper, client, store } = await cluster.member();
    zookeeper.loseReplyOf('multi');
    const { brokerEpoch } = await store.registerBroker(brokerInfo(1));
    expect(zookeeper.lossesLeft).toBe(0);
    const stat = await cluster.observer.exists(`${cluster.chroot}/brokers/ids/1`);
    expect(stat).toMatchObject({ czxid: brokerEpoch, ephemeralOwner: client.sessionId });
  });

  test('the node of a killed predecessor is waited out, and said so', async () => {
    const { store } = await cluster.member({ sessionTimeoutMs: SHORT_SESSION_MS });
    // It is still there when the other comes, and over before that gives up.
    const options = { sessionTimeoutMs: 2.5 * SHORT_SESSION_MS, connectionTimeoutMs: 10_000 };
    const dead = await new NodeZooKeeper(silentLoggers).connect({ ...options, connect: cluster.connect });
    await dead.create(paths.brokerId(1), null, 'ephemeral');
    await dead.setData(paths.brokerId(1), Buffer.from('{"version":5,"jmx_port":-1,"endpoints":[]}'), 0);
    (Reflect.get(dead, 'core') as { abandon(reason: string): void }).abandon('killed');
    await store.registerBroker(brokerInfo(1));
    const waits = cluster.logLines.filter((line) => line.includes(`held by session 0x${dead.sessionId}`));
    expect(waits).toHaveLength(1);
    expect(waits[0]).toContain('Waiting up to 5 s');
  });

  test('a living broker of the same id is not pushed out', async () => {
    const first = await cluster.member();
    const second = await cluster.member({ sessionTimeoutMs: SHORT_SESSION_MS });
    await first.store.registerBroker(brokerInfo(1));
    await expect(second.store.registerBroker(brokerInfo(1))).rejects.toMatchObject({
      code: 'NODE_EXISTS',
      message: 'KeeperErrorCode = NodeExists for /brokers/ids/1',
    });
  });

  test('an address that another broker advertises is refused', async () => {
    const [first, second] = [await cluster.member(), await cluster.member()];
    await first.store.registerBroker(brokerInfo(1, 9092));
    await expect(second.store.registerBroker(brokerInfo(2, 9092))).rejects.toThrow(
      'Configured end points h:9092 in advertised listeners are already registered by broker 1',
    );
  });

  test('after an expiry: hooks in order, a new epoch', async () => {
    const { client, store } = await cluster.member();
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
    await expire(client, cluster.server.connect);
    expect(await again).toBeGreaterThan(brokerEpoch);
    expect(log).toEqual(['before', 'after']);
    expect(client.sessionId).not.toBe(old);
  });
});

describe('election', () => {
  test('the first has epoch 1; the second learns who won', async () => {
    const [a, b] = [await cluster.member(), await cluster.member()];
    expect(await a.store.getControllerId()).toBeNull();
    expect(await a.store.tryElect(1, 1_234)).toEqual({ type: 'elected', controllerEpoch: 1, epochZkVersion: 1 });
    expect(await cluster.contentOf('/controller')).toBe(
      '{"version":2,"brokerid":1,"timestamp":"1234","kraftControllerEpoch":-1}',
    );
    expect(await cluster.contentOf('/controller_epoch')).toBe('1');
    expect(await b.store.tryElect(2, 1_234)).toEqual({ type: 'other', controllerId: 1 });
    await a.store.resignController(1);
    expect(await b.store.tryElect(2, 1_234)).toEqual({ type: 'elected', controllerEpoch: 2, epochZkVersion: 2 });
    await expect(a.store.resignController(1)).rejects.toBeInstanceOf(ControllerMovedError);
    expect(await a.store.getControllerId()).toBe(2);
  });

  test('of many at once exactly one wins', async () => {
    const all = await Promise.all([cluster.member(), cluster.member(), cluster.member(), cluster.member()]);
    const outcomes = await Promise.all(all.map(({ store }, index) => store.tryElect(index, 0)));
    const winners = outcomes.filter(({ type }) => type === 'elected');
    expect(winners).toEqual([{ type: 'elected', controllerEpoch: 1, epochZkVersion: 1 }]);
    const winner = outcomes.findIndex(({ type }) => type === 'elected');
    expect(await all[0]!.store.getControllerId()).toBe(winner);
  });

  test('a lost reply is no lost election', async () => {
    const { zookeeper, store } = await cluster.member();
    zookeeper.loseReplyOf('multi');
    expect(await store.tryElect(1, 0)).toEqual({ type: 'elected', controllerEpoch: 1, epochZkVersion: 1 });
    expect(zookeeper.lossesLeft).toBe(0);
  });

  test('the node that a former session of this broker left is nobody’s victory', async () => {
    const [former, now] = [await cluster.member(), await cluster.member()];
    await former.store.tryElect(1, 0);
    expect(await now.store.tryElect(1, 0)).toEqual({ type: 'other', controllerId: 1 });
  });

  test('the watch on /controller tells of its end', async () => {
    const [a, b] = [await cluster.member(), await cluster.member()];
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
