import { silentLoggers } from '@odradek/broker/env/logger';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import { ZooKeeperClient } from '@odradek/broker/zookeeper/session';
import { TestProxy } from '../support/proxy';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';

/** Two thirds of it may pass before silence is noticed; the rest is for moving on, also on a busy machine. */
const SESSION_TIMEOUT_MS = 9_000;

let server: TestZooKeeper;
let proxies: TestProxy[];
let client: ZooKeeperClient;

beforeAll(async () => {
  server = await startZooKeeper();
  proxies = [await TestProxy.start(server.port), await TestProxy.start(server.port)];
  client = new ZooKeeperClient(new NodeZooKeeper(silentLoggers), nodeClock, silentLoggers, {
    connect: proxies.map(({ port }) => `127.0.0.1:${port}`).join(','),
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    connectionTimeoutMs: 30_000,
    maxInFlightRequests: 10,
    isSecure: false,
  });
  await client.start();
});
afterAll(async () => {
  await client.close();
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await server.stop();
});

test('a connection over which nothing comes, and that nobody ends, is left for another; the session goes along', async () => {
  const { sessionId } = client;
  const states: string[] = [];
  client.onState((state) => states.push(state));
  await client.create('/alive', null, 'ephemeral');
  const changed = new Promise<void>((resolve) => client.registerChangeHandler('/alive', { dataChanged: resolve }));
  await client.exists('/alive');
  proxies.find(({ connections }) => connections > 0)!.swallow();
  // Sent into the void, and repeated where it is heard.
  await client.setData('/alive', Buffer.from('yes'), 0);
  await changed;
  expect(states).toEqual(['disconnected', 'connected']);
  expect(client.sessionId).toBe(sessionId);
  expect((await client.exists('/alive'))?.ephemeralOwner).toBe(sessionId);
});
