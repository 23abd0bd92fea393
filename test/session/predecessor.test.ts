import fs from 'node:fs';
import path from 'node:path';
import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import type { ZooKeeperSession } from '@odradek/broker/env/zookeeper';
import { Broker } from '../support/broker';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';

/** Nobody here waits until a session of this length expires. */
const SESSION_TIMEOUT_MS = 60_000;

let zooKeeper: TestZooKeeper;
let broker: Broker;
let observer: ZooKeeperSession;

beforeEach(async () => {
  zooKeeper = await startZooKeeper();
  const options = { sessionTimeoutMs: SESSION_TIMEOUT_MS, connectionTimeoutMs: 10_000 };
  observer = await new NodeZooKeeper(silentLoggers).connect({ ...options, connect: zooKeeper.connect });
  broker = await Broker.prepare({ zooKeeper: zooKeeper.connect });
  const dirs = ['one', 'two'].map((name) => path.join(broker.dir, name)).join();
  fs.appendFileSync(
    path.join(broker.dir, 'server.properties'),
    `log.dirs=${dirs}\nzookeeper.session.timeout.ms=${SESSION_TIMEOUT_MS}\n`,
  );
  await broker.start();
});

afterEach(async () => {
  await broker?.remove();
  await observer?.close();
  await zooKeeper?.stop();
});

const owners = async (): Promise<(string | undefined)[]> =>
  Promise.all(['/brokers/ids/0', '/controller'].map(async (node) => (await observer.exists(node))?.ephemeralOwner));
const keptIn = (dir: string): string => path.join(broker.dir, dir, '.odradek_session');

test('kill -9: the next one ends the session, registers at once, and is elected', async () => {
  const before = await owners();
  for (const dir of ['one', 'two']) expect(fs.statSync(keptIn(dir)).mode & 0o777).toBe(0o600);
  await broker.kill();
  await broker.start();
  const after = await owners();
  expect(after[0]).toBe(after[1]);
  expect(after[0]).not.toBe(before[0]);
  expect(broker.log()).toContain(`Ended session 0x${before[0]} of this broker's predecessor`);
  expect(broker.log()).not.toContain('is still held by session');
});

test('an orderly stop leaves nothing to be ended', async () => {
  await broker.stop();
  expect(['one', 'two'].map((dir) => fs.existsSync(keptIn(dir)))).toEqual([false, false]);
  expect(await owners()).toEqual([undefined, undefined]);
});

test('a session that was kept in a folder which is not here is not ended', async () => {
  await broker.kill();
  fs.rmSync(keptIn('two'));
  const process = broker.launch();
  await process.until(() => broker.log().includes('is still held by session'));
  expect(broker.log()).toContain('it was kept in 2 log folders, of which 1 are here');
});
