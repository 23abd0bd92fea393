import { paths } from '@odradek/broker/zookeeper/znodes';
import { brokerInfo, on, SHORT_SESSION_MS, TOPIC_ID, useCluster } from './cluster';

const cluster = useCluster();

describe('a server that stands still, or dies', () => {
  test('calls wait and then happen; the session lives on', async () => {
    const { client, store } = await cluster.member({ sessionTimeoutMs: 6_000 });
    const before = client.sessionId;
    const lost = new Promise<void>((resolve) => client.onState((now) => now === 'disconnected' && resolve()));
    cluster.server.pause();
    const created = store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map([[0, on(1)]]) });
    await lost;
    expect(client.isConnected).toBe(false);
    cluster.server.resume();
    await created;
    expect(await store.getTopics()).toEqual(['t']);
    // It was back before the session's time was over.
    expect(client.sessionId).toBe(before);
  });

  test('kill -9 and restart: ephemeral nodes and watches are still there', async () => {
    const { client, store } = await cluster.member({ sessionTimeoutMs: 20_000 });
    await store.registerBroker(brokerInfo(1));
    const changed = new Promise<void>((resolve) => client.registerChildHandler(paths.topics, resolve));
    await store.getTopics();
    await cluster.server.restart();
    await store.createTopic('t', { topicId: TOPIC_ID, partitions: new Map() });
    await changed;
    expect((await store.getBroker(1))?.info).toEqual(brokerInfo(1));
  });

  test('a broker that stood still beyond its session gets a new one', async () => {
    const { client, store } = await cluster.member({ sessionTimeoutMs: SHORT_SESSION_MS });
    const { brokerEpoch } = await store.registerBroker(brokerInfo(1));
    const states: string[] = [];
    client.onState((now) => states.push(now));
    const again = new Promise<number>((resolve) => {
      client.onExpired({ after: async () => resolve((await store.registerBroker(brokerInfo(1))).brokerEpoch) });
    });
    // Nothing in this process runs, not even a ping.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SHORT_SESSION_MS * 3);
    expect(await again).toBeGreaterThan(brokerEpoch);
    expect(states).toEqual(['disconnected', 'expired', 'connected']);
  });

  test('a broker that is about to stop waits for nobody: what waits for a connection fails, and so does what comes', async () => {
    const { client, store } = await cluster.member({ sessionTimeoutMs: 3_000 });
    const lost = new Promise<void>((resolve) => client.onState((now) => now === 'disconnected' && resolve()));
    cluster.server.pause();
    const waiting = store.getTopics();
    await lost;
    client.stopWaiting();
    await expect(waiting).rejects.toMatchObject({ code: 'CONNECTION_LOSS' });
    await expect(store.getTopics()).rejects.toMatchObject({ code: 'CONNECTION_LOSS' });
    cluster.server.resume();
  });
});
