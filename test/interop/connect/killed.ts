import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeDir, tempDir } from '../../support/process';
import { until } from '../../support/until';
import type { Kafka } from '../mixed/member';
import { readTopic } from './account';
import { Cluster } from './cluster';
import { ConnectWorker } from './worker';

const LINES = 4_000;
const BURST = 40;
const BURST_MS = 250;
const SILENCE_MS = 20_000;

/**
 * An exactly-once source and a sink of a worker of Apache's on three brokers of ours, which are killed one after the other, and
 * the worker once. Every line is in the topic once and in its order, and in the sink's file at least once.
 */
export async function killed(kafka: Kafka): Promise<string[]> {
  const folder = tempDir('connect');
  const cluster = await Cluster.start(kafka, 'ours', 3);
  const worker = await ConnectWorker.make(kafka, folder, cluster.bootstrap, 3, {
    'exactly.once.source.support': 'enabled',
    'consumer.isolation.level': 'read_committed',
  });
  const [input, out] = [path.join(folder, 'in.txt'), path.join(folder, 'out.txt')];
  const written = Array.from({ length: LINES }, (_, line) => `line ${line}`);
  try {
    await worker.start();
    fs.writeFileSync(input, '');
    const converter = { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' };
    const source = {
      'connector.class': 'FileStreamSource',
      file: input,
      topic: 'lines',
      'exactly.once.support': 'required',
    };
    const created = { 'topic.creation.default.partitions': '1', 'topic.creation.default.replication.factor': '3' };
    const sink = { 'connector.class': 'FileStreamSink', file: out, topics: 'lines' };
    await worker.insist('PUT', '/connectors/source/config', { ...source, ...created, ...converter });
    await worker.untilRunning('source', 1);
    await worker.insist('PUT', '/connectors/sink/config', { ...sink, ...converter });
    let isOver = false;
    const killing = (async () => {
      for (let turn = 0; !isOver; turn++) {
        const place = cluster.places[turn % cluster.places.length]!;
        await place.kill();
        await sleep(1_000);
        await place.start();
        await sleep(3_000);
        if (turn !== 1) continue;
        await worker.end('SIGKILL');
        await worker.start();
      }
    })();
    for (let at = 0; at < LINES; at += BURST) {
      fs.appendFileSync(input, `${written.slice(at, at + BURST).join('\n')}\n`);
      await sleep(BURST_MS);
    }
    isOver = true;
    await killing;
    const copied = (): Set<string> =>
      new Set(fs.existsSync(out) ? fs.readFileSync(out, 'utf8').split('\n').slice(0, -1) : []);
    await until(() => copied().size >= LINES, 120_000).catch(() => undefined);
    const missing = written.filter((line) => !copied().has(line));
    const records = await readTopic(kafka, cluster.bootstrap, 'lines', { silenceMs: SILENCE_MS });
    const values = records.map((record) => record.split('\t').at(-1));
    const isSame = values.length === LINES && values.every((value, index) => value === written[index]);
    const status = missing.length === 0 ? [] : [(await worker.ask('GET', '/connectors?expand=status')).text];
    return [
      ...(missing.length === 0 ? [] : [`${missing.length} lines never came out, the first is ${missing[0]}`]),
      ...(isSame ? [] : [`the topic has ${values.length} records, ${new Set(values).size} of them different`]),
      ...status,
    ];
  } catch (error) {
    throw new Error(`${error}\n${worker.log().slice(-3_000)}`);
  } finally {
    await worker.end('SIGKILL');
    await cluster.stop();
    removeDir(folder);
  }
}
