import fs from 'node:fs';
import type { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import type { ZooKeeperSession } from '@odradek/broker/env/zookeeper';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { buildBatch } from '@odradek/protocol/records/builder';
import { connect, createTopic, produce } from '../hostile/victim';
import { Broker } from '../support/broker';
import { RECENT_MS } from '../support/recent';
import { until } from '../support/until';
import { startZooKeeper, type TestZooKeeper } from '../support/zookeeper';

const MESSAGE_TOO_LARGE = 10;
const REQUEST_TIMED_OUT = 7;

let zooKeeper: TestZooKeeper;
let broker: Broker;
let observer: ZooKeeperSession;
let peer: PeerConnection;

beforeEach(async () => {
  zooKeeper = await startZooKeeper();
  const options = { sessionTimeoutMs: 20_000, connectionTimeoutMs: 10_000 };
  observer = await new NodeZooKeeper(silentLoggers).connect({ ...options, connect: zooKeeper.connect });
  broker = await Broker.start({ zooKeeper: zooKeeper.connect });
  peer = await connect(broker);
});

afterEach(async () => {
  peer.close();
  await broker.remove();
  await observer.close();
  await zooKeeper.stop();
});

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const batch = buildBatch({ records: [{ timestamp: RECENT_MS, value: Buffer.alloc(1000) }] });

test('settings changed and told of by hand, in both formats, take effect', async () => {
  await createTopic(peer, 't');
  expect(await produce(peer, 't', batch)).toBe(0);
  const set = (maxMessageBytes: string) =>
    observer.setData('/config/topics/t', json({ version: 1, config: { 'max.message.bytes': maxMessageBytes } }), -1);
  const tell = (notification: unknown) =>
    observer.create('/config/changes/config_change_', json(notification), 'persistent-sequential');
  const refuses = async (): Promise<boolean> => (await produce(peer, 't', batch)) === -MESSAGE_TOO_LARGE;
  await set('500');
  expect(await refuses()).toBe(false);
  await tell({ version: 2, entity_path: 'topics/t' });
  await until(refuses);
  await set('5000');
  expect(await refuses()).toBe(true);
  await tell({ version: 1, entity_type: 'topics', entity_name: 't' });
  await until(async () => !(await refuses()));
});

test('a broker killed in the middle of a deletion goes on with it when it is back', async () => {
  const partitions = 40;
  await createTopic(peer, 'doomed', [], partitions);
  const request = { topics: [{ name: 'doomed' }], timeoutMs: 0 };
  const { responses } = await peer.send(DeleteTopics, 6, request, { timeoutMs: 20_000 });
  expect(responses[0]!.errorCode).toBe(REQUEST_TIMED_OUT);
  await broker.kill();
  peer.close();
  // Nobody need wait until its session is over.
  for (const path of ['/brokers/ids/0', '/controller']) await observer.delete(path, -1);
  await broker.start();
  await until(async () => (await observer.getChildren('/admin/delete_topics')).children.length === 0);
  expect(await observer.exists('/brokers/topics/doomed')).toBeNull();
  await until(() => fs.readdirSync(broker.logDir).every((name) => !/^doomed-\d+$/.test(name)));
  peer = await connect(broker);
  await createTopic(peer, 'doomed', [], partitions);
  expect(await produce(peer, 'doomed', batch)).toBe(0);
});
