import fs from 'node:fs';
import path from 'node:path';
import { Cluster } from '../support/cluster';
import { removeDir, tempDir } from '../support/process';
import { runTool } from '../support/tool';
import { until } from '../support/until';
import { started } from './typed';

// Section 5 of the tutorials, what an operator types at a cluster of three: replicas are moved, leaders brought back, copies compared.

let cluster: Cluster;
const folder = tempDir('plans');

beforeAll(async () => {
  cluster = await Cluster.start({ brokers: 3, settings: { 'auto.leader.rebalance.enable': 'false' } });
});
afterAll(async () => {
  await cluster?.stop();
  removeDir(folder);
});

const server = (): string[] => ['--bootstrap-server', `localhost:${cluster.ports[0]}`];

async function tool(name: string, args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await runTool(name, [...server(), ...args], { input, limitMs: 60_000 });
  if (code !== 0) throw new Error(`${name} ${args.join(' ')}\nexit code ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** A file of this JSON, and its path. */
function file(name: string, json: object): string {
  const at = path.join(folder, name);
  fs.writeFileSync(at, JSON.stringify(json));
  return at;
}

const describeTopic = (topic: string) => tool('kafka-topics', ['--describe', '--topic', topic]);
const createTopic = (topic: string, replicas: string) =>
  tool('kafka-topics', ['--create', '--topic', topic, '--replica-assignment', replicas]);

/** Moves the one partition of a topic, and waits until `--verify` says that it is there. */
async function move(topic: string, replicas: readonly number[], ...flags: string[]): Promise<string> {
  const plan = ['--reassignment-json-file', file(topic, { partitions: [{ topic, partition: 0, replicas }] })];
  const begun = await tool('kafka-reassign-partitions', ['--execute', ...plan, ...flags]);
  await until(async () => {
    const said = await tool('kafka-reassign-partitions', ['--verify', ...plan]);
    return said.includes(`Reassignment of partition ${topic}-0 is completed.`);
  });
  return begun;
}

test('kafka-reassign-partitions moves replicas with what they hold', async () => {
  await createTopic('moved', '0:1');
  await tool('kafka-console-producer', ['--topic', 'moved'], 'one\ntwo\nthree\n');
  await expect(move('moved', [2, 1], '--throttle', '10000000')).resolves.toContain(
    '{"version":1,"partitions":[{"topic":"moved","partition":0,"replicas":[0,1],"log_dirs":["any","any"]}]}',
  );
  await expect(tool('kafka-reassign-partitions', ['--list'])).resolves.toBe('No partition reassignments found.\n');
  await expect(describeTopic('moved')).resolves.toMatch(/Leader: 2\tReplicas: 2,1\tIsr: [12],[12]/);
  // --verify took the throttle away.
  await expect(tool('kafka-configs', ['--describe', '--entity-type', 'brokers'])).resolves.not.toContain('throttled');
  const read = ['--topic', 'moved', '--from-beginning', '--max-messages', '3'];
  await expect(tool('kafka-console-consumer', read)).resolves.toBe('one\ntwo\nthree\n');
}, 180_000);

test('kafka-leader-election brings a leader back to the preferred replica', async () => {
  await createTopic('led', '0:1');
  // Only the order is another: the leader stays, and is no longer the preferred one.
  await move('led', [1, 0]);
  await expect(describeTopic('led')).resolves.toContain('Leader: 0\tReplicas: 1,0');
  const preferred = ['--election-type', 'preferred', '--topic', 'led', '--partition', '0'];
  await expect(tool('kafka-leader-election', preferred)).resolves.toBe(
    'Successfully completed leader election (PREFERRED) for partitions led-0\n',
  );
  await expect(tool('kafka-leader-election', preferred)).resolves.toBe(
    'Valid replica already elected for partitions led-0\n',
  );
  await until(async () => (await describeTopic('led')).includes('Leader: 1\tReplicas: 1,0'));
}, 180_000);

test('kafka-replica-verification finds all replicas the same, until it is interrupted', async () => {
  await createTopic('copied', '0:1:2');
  await tool('kafka-console-producer', ['--topic', 'copied'], 'a\nb\n');
  const at = `--broker-list localhost:${cluster.ports[0]} --topics-include copied`;
  const ports = { broker: cluster.ports[0]!, zooKeeper: cluster.zooKeeper.port };
  const command = `bin/kafka-replica-verification.sh ${at} --time -2 --report-interval-ms 1 --max-wait-ms 10`;
  const verification = started(ports, command);
  const same = 'max lag is 0 for partition copied-0 at offset 2 among 1 partitions';
  await verification.until(() => verification.log().includes(same));
  await expect(verification.stop('SIGINT')).resolves.toEqual({ code: 130, signal: null });
  expect(verification.log()).not.toMatch(/unmatched|doesn't match/);
}, 180_000);
