import fs from 'node:fs';
import path from 'node:path';
import { removeDir, tempDir } from '../../support/process';
import { until } from '../../support/until';
import type { Kafka, Side } from '../mixed/member';
import { type Account, noteTopics, readTopic } from './account';
import { Cluster } from './cluster';
import { ConnectWorker } from './worker';

const LINES = 500;
const PATIENCE_MS = 300_000;

/** Which partition a record goes to is a matter of chance, or of the folder's name. */
const unplaced = (record: string): string => record.replace(/^Partition:\d+/, '');

/** Two workers of Apache's, a source and a sink, on one broker: what they say and leave in their topics. */
export async function distributed(kafka: Kafka, side: Side): Promise<Account> {
  const account: Account = new Map();
  const folder = tempDir('connect');
  const cluster = await Cluster.start(kafka, side, 1);
  const workers = [await ConnectWorker.make(kafka, folder, cluster.bootstrap, 1)];
  const [first] = workers as [ConnectWorker];
  const masked = (text: string): string =>
    text
      .replaceAll(folder, 'FOLDER')
      .replaceAll(/127\.0\.0\.1:\d+/g, 'WORKER')
      .replaceAll(
        /"(generation|creation-timestamp|ts|timestamp|key|kafka_cluster_id|discoverTimestamp)":("[^"]*"|\d+)/g,
        '"$1":X',
      );
  const call = async (method: string, at: string, body?: unknown): Promise<void> => {
    const { status, text } = await first.insist(method, at, body);
    account.set(`${account.size} ${method} ${at}`, masked(`${status} ${text}`));
  };
  try {
    await first.start();
    const [input, out] = [path.join(folder, 'in.txt'), path.join(folder, 'out.txt')];
    fs.writeFileSync(input, Array.from({ length: LINES }, (_, line) => `line ${line}\n`).join(''));
    const source = { 'connector.class': 'FileStreamSource', file: input, topic: 'lines', 'tasks.max': '1' };
    const created = { 'topic.creation.default.partitions': '1', 'topic.creation.default.replication.factor': '1' };
    const kept = { 'topic.creation.default.retention.ms': '123456789' };
    await call('POST', '/connectors', { name: 'source', config: { ...source, ...created, ...kept } });
    await first.untilRunning('source', 1);
    // The sink's consumer would make the topic where it is not there yet, without the source's settings.
    await first.untilText('/connectors/source/topics', '"lines"');
    const sink = { 'connector.class': 'FileStreamSink', file: out, topics: 'lines', 'tasks.max': '2' };
    await call('PUT', '/connectors/sink/config', sink);
    await first.untilRunning('sink', 2);
    const lines = (): string[] => (fs.existsSync(out) ? fs.readFileSync(out, 'utf8').split('\n').slice(0, -1) : []);
    await until(() => lines().length >= LINES, PATIENCE_MS);
    account.set('out.txt', lines().sort().join(','));
    for (const at of ['', '/config', '/status', '/tasks', '/topics', '/offsets']) {
      for (const name of ['source', 'sink']) if (at !== '/offsets') await call('GET', `/connectors/${name}${at}`);
    }
    const second = await ConnectWorker.make(kafka, folder, cluster.bootstrap, 1);
    workers.push(second);
    await second.start();
    await first.untilRunning('source', 1);
    await first.untilRunning('sink', 2);
    await second.end('SIGTERM');
    await first.untilRunning('sink', 2);
    await call('PUT', '/connectors/sink/pause');
    await call('PUT', '/connectors/sink/resume');
    for (const name of ['source', 'sink']) await call('PUT', `/connectors/${name}/stop`);
    await until(
      async () => (await first.ask('GET', '/connectors/sink/status')).text.includes('"tasks":[]'),
      PATIENCE_MS,
    );
    for (const name of ['source', 'sink']) await call('GET', `/connectors/${name}/offsets`);
    for (const name of ['source', 'sink']) await call('DELETE', `/connectors/${name}/offsets`);
    for (const name of ['source', 'sink']) await call('GET', `/connectors/${name}/offsets`);
    await call('DELETE', '/connectors/sink');
    await call('GET', '/connectors');
    await first.end('SIGTERM');
    await noteTopics(kafka, cluster.bootstrap, account);
    for (const topic of ['connect-configs', 'connect-offsets', 'connect-status', 'lines']) {
      // What is compacted counts by the last record of a key; how often a task wrote down its state is a matter of time.
      const records = (await readTopic(kafka, cluster.bootstrap, topic)).map(masked);
      const byKey = new Map(records.map((record) => [record.split('\t').slice(0, 3).join('\t'), unplaced(record)]));
      account.set(
        `records of ${topic}`,
        (topic === 'lines' ? records.map(unplaced) : [...byKey.values()]).sort().join('\n          '),
      );
    }
    return account;
  } catch (error) {
    throw new Error(`${side}: ${error}\n${first.log().slice(-3_000)}`);
  } finally {
    await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
    await cluster.stop();
    removeDir(folder);
  }
}
