import fs from 'node:fs';
import path from 'node:path';
import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import type { ZooKeeperSession } from '@odradek/broker/env/zookeeper';
import { Broker } from '../support/broker';
import { removeDir, tempDir } from '../support/process';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';
import { until } from './office';

const COUNT = 4;

let zooKeeper: TestZooKeeper;
let broker: Broker;
let observer: ZooKeeperSession;
let dir: string;

beforeEach(async () => {
  zooKeeper = await startZooKeeper();
  const options = { sessionTimeoutMs: 20_000, connectionTimeoutMs: 10_000 };
  observer = await new NodeZooKeeper(silentLoggers).connect({ ...options, connect: zooKeeper.connect });
  dir = tempDir('dirs');
  const settings = {
    'log.dirs': ['one', 'two'].map((name) => path.join(dir, name)).join(','),
    'replica.high.watermark.checkpoint.interval.ms': 100,
  };
  broker = await Broker.start({ zooKeeper: zooKeeper.connect, settings });
});

afterEach(async () => {
  await broker?.remove();
  await observer?.close();
  await zooKeeper?.stop();
  removeDir(dir);
});

async function leaders(): Promise<number[]> {
  const partitions = Array.from({ length: COUNT }, (_, index) => index);
  return Promise.all(
    partitions.map(async (partition) => {
      const { data } = await observer.getData(`/brokers/topics/t/partitions/${partition}/state`);
      return JSON.parse(data!.toString()).leader;
    }),
  );
}

test('a log folder that fails takes its partitions down and no others, also after a restart', async () => {
  const replicas = Object.fromEntries(Array.from({ length: COUNT }, (_, index) => [index, [0]]));
  await observer.create(
    '/brokers/topics/t',
    Buffer.from(JSON.stringify({ version: 1, partitions: replicas })),
    'persistent',
  );
  const foldersIn = (name: string) => fs.readdirSync(path.join(dir, name)).filter((entry) => /^t-\d$/.test(entry));
  await until(() => foldersIn('one').length + foldersIn('two').length === COUNT);
  const expected = Array.from({ length: COUNT }, (_, index) => (foldersIn('two').includes(`t-${index}`) ? -1 : 0));
  expect(expected.filter((leader) => leader === -1)).toHaveLength(COUNT / 2);
  // Moved at once: files come and go in there while one removes them.
  fs.renameSync(path.join(dir, 'two'), path.join(dir, 'gone'));
  fs.writeFileSync(path.join(dir, 'two'), 'not a folder');
  await until(async () => (await leaders()).join() === expected.join());
  expect(await broker.serves()).toBe(true);
  await broker.stop();
  await broker.start();
  await until(async () => (await leaders()).join() === expected.join());
  expect((await observer.getChildren('/log_dir_event_notification')).children).toEqual([]);
});
