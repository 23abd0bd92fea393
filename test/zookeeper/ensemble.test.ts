import { silentLoggers } from '@odradek/broker/env/logger';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import { ZooKeeperClient } from '@odradek/broker/zookeeper/session';
import { startEnsemble, type TestZooKeeper } from '../support/zookeeper';

const SESSION_TIMEOUT_MS = 30_000;

let servers: TestZooKeeper[];
let client: ZooKeeperClient;

beforeAll(async () => {
  servers = await startEnsemble(3);
  client = new ZooKeeperClient(new NodeZooKeeper(silentLoggers), nodeClock, silentLoggers, {
    connect: servers.map(({ connect }) => connect).join(','),
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    connectionTimeoutMs: SESSION_TIMEOUT_MS,
    maxInFlightRequests: 10,
    isSecure: false,
  });
  await client.start();
});
afterAll(async () => {
  await client.close();
  await Promise.all(servers.map((server) => server.stop()));
});

test('a session outlives each of its servers, with its ephemeral nodes and its watches', async () => {
  const { sessionId } = client;
  await client.create('/alive', null, 'ephemeral');
  await client.create('/count', Buffer.from('0'));
  for (const [index, server] of servers.entries()) {
    const changed = new Promise<void>((resolve) => client.registerChangeHandler('/count', { dataChanged: resolve }));
    const { stat } = await client.getData('/count');
    await server.kill();
    await client.setData('/count', Buffer.from(String(index + 1)), stat.version);
    await changed;
    // Two of three still agree, so nothing that was answered is lost.
    await client.sync('/count');
    expect((await client.getData('/count')).data?.toString()).toBe(String(index + 1));
    await server.restart();
  }
  expect(client.sessionId).toBe(sessionId);
  expect((await client.exists('/alive'))?.ephemeralOwner).toBe(sessionId);
});
