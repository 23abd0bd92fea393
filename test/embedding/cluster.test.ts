import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { Cluster, StartCluster } from '../../packages/odradek/src/api';
import { home } from '../support/process';
import { runTool } from '../support/tool';
import { until } from '../support/until';

// As a user of the package has it: what the build has made.
const PACKAGE = path.join(home, 'packages', 'odradek', 'dist', 'index.js');
const { startCluster }: { startCluster: StartCluster } = require(PACKAGE);

const TOPIC = 'embedded';
const running: Cluster[] = [];

async function start(...options: Parameters<StartCluster>): Promise<Cluster> {
  const cluster = await startCluster(...options);
  running.push(cluster);
  return cluster;
}

afterEach(async () => {
  for (const cluster of running.splice(0)) await cluster.stop();
});

const kafkaOf = ({ addresses: brokers }: Cluster): Kafka =>
  new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 20 } });

async function createTopic(kafka: Kafka, replicationFactor: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 3, replicationFactor }] });
  await admin.disconnect();
}

/** Sends values with acks=all, one after the other. */
async function send(kafka: Kafka, values: readonly string[]): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  for (const value of values) await producer.send({ topic: TOPIC, acks: -1, messages: [{ key: value, value }] });
  await producer.disconnect();
}

/** Reads so many values from the beginning, in a group of its own. */
async function read(kafka: Kafka, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `group-${count}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        values.push(String(message.value));
        if (values.length === count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return values.sort();
}

test('the web console shows it, at the first broker, and is at the same place after a restart', async () => {
  const cluster = await start({ brokers: 2, console: true });
  const brokersShown = async (): Promise<unknown> => {
    const answer = await fetch(`${cluster.console}/api/cluster`);
    return ((await answer.json()) as { brokers: { id: number; alive: boolean }[] }).brokers.map(({ id, alive }) => [
      id,
      alive,
    ]);
  };
  const all = [
    [0, true],
    [1, true],
  ];
  expect(await brokersShown()).toEqual(all);
  expect(await (await fetch(`${cluster.console}/`)).text()).toContain('app.js');
  const { console: address } = cluster;
  await cluster.kill(0);
  await expect(fetch(address!)).rejects.toThrow();
  await cluster.restart(0);
  expect(cluster.console).toBe(address);
  expect(await brokersShown()).toEqual(all);
});

test('one broker takes records and gives them to a group; nothing is left behind', async () => {
  const cluster = await start();
  expect(cluster.bootstrapServers).toBe(`127.0.0.1:${cluster.brokers[0]!.port}`);
  const kafka = kafkaOf(cluster);
  await createTopic(kafka, 1);
  await send(kafka, ['a', 'b', 'c']);
  expect(await read(kafka, 3)).toEqual(['a', 'b', 'c']);
  running.pop();
  await cluster.stop();
  expect(fs.existsSync(cluster.dir)).toBe(false);
  await expect(connects(cluster.brokers[0]!.port)).resolves.toBe(false);
});

test.each([1, 3])('%i broker(s): groups have a coordinator at the first attempt', async (brokers) => {
  const { addresses } = await start({ brokers });
  const admin = new Kafka({ brokers: addresses, logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
  await admin.connect();
  await admin.listTopics(); // makes kafkajs connect
  const { groups } = await admin.describeGroups(['nobody']);
  expect(groups).toMatchObject([{ groupId: 'nobody', errorCode: 0 }]);
  await admin.disconnect();
});

test.each([false, true])('three brokers lose one and get it back; processes: %s', async (processes) => {
  const cluster = await start({ brokers: 3, processes });
  const kafka = kafkaOf(cluster);
  await createTopic(kafka, 3);
  await send(kafka, ['1', '2', '3']);
  await cluster.kill(1);
  expect(cluster.brokers.map(({ isRunning }) => isRunning)).toEqual([true, false, true]);
  await send(kafka, ['4', '5', '6']);
  const { port } = cluster.brokers[1]!;
  await cluster.restart(1);
  expect(cluster.brokers[1]).toMatchObject({ id: 1, port, isRunning: true });
  await cluster.stop(2);
  expect(await read(kafka, 6)).toEqual(['1', '2', '3', '4', '5', '6']);
});

test.each([false, true])(
  'a killed process leaves no broker behind, and its folder to the next; processes: %s',
  async (processes) => {
    const script = `require(${JSON.stringify(PACKAGE)}).startCluster({ processes: ${processes} })
    .then(({ dir, brokers: [{ port }] }) => console.log(JSON.stringify({ dir, port })));`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { dir, port }: { dir: string; port: number } = JSON.parse(String(line));
    expect(await connects(port)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(async () => !(await connects(port)));
    expect(fs.existsSync(dir)).toBe(true);
    await start();
    expect(fs.existsSync(dir)).toBe(false);
  },
);

test('a process that ends in the middle says nothing of it, and leaves no broker behind', async () => {
  const script = `require(${JSON.stringify(PACKAGE)}).startCluster({ brokers: 2, processes: true })
    .then(({ brokers }) => { console.log(JSON.stringify(brokers.map(({ port }) => port))); process.exit(3); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  expect([code, stderr]).toEqual([3, '']);
  for (const port of JSON.parse(stdout)) await until(async () => !(await connects(port)));
});

test('npx odradek ends in order on Ctrl-C, also if that comes from the terminal and from npx', async () => {
  const cli = path.join(path.dirname(PACKAGE), 'cli.js');
  const child = spawn(process.execPath, [cli, '--port', '0', '--zookeeper-port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (data) => {
    said += data;
  });
  await until(() => said.includes('Ctrl-C ends it.'));
  child.kill('SIGINT');
  await setImmediate();
  child.kill('SIGINT');
  const [stderr, ended] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect([stderr, ...ended]).toEqual(['', 0, null]);
  expect(fs.existsSync(path.dirname(/Logs: (.*)/.exec(said)![1]!))).toBe(false);
});

test('a cluster that was stopped stays so', async () => {
  const cluster = await start();
  await Promise.all([cluster.stop(), cluster.stop()]);
  await cluster.kill(0);
  await expect(cluster.restart(0)).rejects.toThrow('The cluster was stopped');
});

test("ZooKeeper's shell and Kafka's tools look at it; its settings and its folder are those that were asked for", async () => {
  const dir = fs.mkdtempSync(path.join(home, 'node_modules', '.cache-embedded-'));
  const cluster = await start({ dir, config: { 'num.partitions': 7, 'broker.rack': 'r\\1' } });
  const listed = await runTool('zookeeper-shell', [cluster.zookeeper, 'get', '/brokers/ids/0']);
  expect(listed.stdout).toContain('"rack":"r\\\\1"');
  const created = await runTool('kafka-topics', [
    '--bootstrap-server',
    cluster.bootstrapServers,
    '--create',
    '--topic',
    'seven',
  ]);
  expect(created.stdout).toContain('Created topic seven.');
  const described = await runTool('kafka-topics', ['--bootstrap-server', cluster.bootstrapServers, '--describe']);
  expect(described.stdout).toContain('PartitionCount: 7');
  running.pop();
  await cluster.stop();
  expect(fs.readdirSync(dir).sort()).toEqual(['broker-0', 'broker-0.log']);
  fs.rmSync(dir, { recursive: true });
});

test('a start that cannot succeed says why and leaves nothing behind', async () => {
  const taken = net.createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as net.AddressInfo;
  await expect(startCluster({ port })).rejects.toThrow(new RegExp(`Broker 0 could not start: .*${port}`));
  taken.close();
  await expect(startCluster({ config: { 'num.partitions': 'many' } })).rejects.toThrow(/num\.partitions/);
  await expect(startCluster({ brokers: 0 })).rejects.toThrow('brokers is 0, but a cluster has at least 1');
});

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' }, () => resolve(true));
    socket.on('connect', () => socket.destroy());
    socket.on('error', () => resolve(false));
  });
}
