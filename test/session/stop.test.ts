import fs from 'node:fs';
import path from 'node:path';
import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import type { ZooKeeperSession } from '@odradek/broker/env/zookeeper';
import { BrokerIdZNode } from '@odradek/broker/zookeeper/znodes';
import { IdempotentLoad } from '../crash/idempotent-load';
import { Broker } from '../support/broker';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';

const SIGTERM_EXIT_CODE = 143;
const SESSION_TIMEOUT_MS = 3000;

let zooKeeper: TestZooKeeper;
let broker: Broker;
let someoneElse: ZooKeeperSession;

beforeEach(async () => {
  zooKeeper = await startZooKeeper();
  const options = { sessionTimeoutMs: 20_000, connectionTimeoutMs: 10_000 };
  someoneElse = await new NodeZooKeeper(silentLoggers).connect({ ...options, connect: zooKeeper.connect });
  const settings = { 'zookeeper.session.timeout.ms': SESSION_TIMEOUT_MS };
  broker = await Broker.prepare({ zooKeeper: zooKeeper.connect, settings });
});

afterEach(async () => {
  await broker?.remove();
  await someoneElse?.close();
  await zooKeeper?.stop();
});

const isClean = (): boolean => fs.existsSync(path.join(broker.logDir, '.kafka_cleanshutdown'));

test('in the middle of a start: cleanly, and as the signal says', async () => {
  await broker.start();
  expect(await broker.stop()).toMatchObject({ code: SIGTERM_EXIT_CODE });
  // Another broker has its id: the start waits for that one to go.
  const endpoints = [
    { listenerName: 'PLAINTEXT', host: 'elsewhere', port: 9092, securityProtocol: 'PLAINTEXT' },
  ] as const;
  const other = { id: 0, version: 5, endpoints, rack: null, jmxPort: -1, features: new Map() };
  await someoneElse.create('/brokers/ids/0', BrokerIdZNode.encode(other, 0), 'ephemeral');
  const process = broker.launch();
  await process.until(() => broker.log().includes('is still held by session'));
  expect(isClean()).toBe(false);
  expect(await broker.stop()).toMatchObject({ code: SIGTERM_EXIT_CODE });
  expect(isClean()).toBe(true);
});

test('in the middle of a recovery: what is recovered so far is not taken for all', async () => {
  fs.appendFileSync(path.join(broker.dir, 'server.properties'), 'log.segment.bytes=20000\n');
  await broker.start();
  const load = new IdempotentLoad(broker, 'recovered', () => 10);
  await load.prepare();
  await load.run(() => load.acknowledged >= 5_000);
  for (let round = 0; round < 2; round++) {
    await broker.kill();
    const process = broker.launch();
    await process.until(() => broker.log().includes('Recovering unflushed segment'));
    expect(await broker.stop()).toMatchObject({ code: SIGTERM_EXIT_CODE });
  }
  await broker.start();
  await load.untilReady();
  expect(await load.verify()).toEqual([]);
  const goal = load.acknowledged + 100;
  await load.run(() => load.acknowledged >= goal);
  expect(await load.verify()).toEqual([]);
});

test('while the controller waits for a ZooKeeper that is away', async () => {
  await broker.start();
  broker.pause();
  // What the broker hears of when it wakes, and cannot look into.
  await someoneElse.create('/admin/delete_topics/none', null, 'persistent');
  zooKeeper.pause();
  broker.resume();
  await broker.serves();
  expect(await broker.stop()).toMatchObject({ code: SIGTERM_EXIT_CODE });
  expect(isClean()).toBe(true);
  zooKeeper.resume();
});
