import { ClusterClient, pause } from '../../replication/load/client';
import { PartitionProducer } from '../../replication/load/producer';
import { equalReplicas } from '../../replication/load/reader';
import { committedView } from '../../support/committed';
import type { Poll } from '../../support/history';
import type { ServerProcess } from '../../support/process';
import { judgeCopy } from '../../support/transactions';
import { CommittedReader, keyOf } from '../../transactions/load/reader';
import { startJava } from './java';
import type { Stage } from './stage';

// As Apache's transactions_test does: TransactionalMessageCopier copies each partition of a topic to the same of another one, aborts
// at random, is killed and started again, while brokers come and go; in the end the output is the input.

const COPIER = 'org.apache.kafka.tools.TransactionalMessageCopier';
const PARTITIONS = 2;
const RECORDS = 3_000;
const REPLICAS = 3;
const RECORDS_PER_TRANSACTION = 40;
const TRANSACTION_TIMEOUT_MS = 10_000;
const REST_MS = 3_000;
const LIMIT_MS = 420_000;
/** How often each copier is killed. */
const KILLS = 3;
/** JSON lines, one for each transaction, so many of which are waited for between two kills. */
const LINES_PER_LIFE = 5;

/** How a copier knows what it may commit: its partition by hand, as member of a group, and so that the group's generation counts (KIP-447). */
const MODES = { assigned: [], group: ['--group-mode', '--use-group-metadata'] } as const;

type Mode = keyof typeof MODES;
type End = 'kill' | 'stop';

export function copierTrials(): { name: string; run(stage: Stage): Promise<string[]> }[] {
  return (Object.keys(MODES) as Mode[]).flatMap((mode) =>
    (['kill', 'stop'] as const).map((end) => ({
      name: `copier-${mode}-${end}`,
      run: (stage: Stage): Promise<string[]> => copyUnder(stage, mode, end),
    })),
  );
}

async function copyUnder(stage: Stage, mode: Mode, end: End): Promise<string[]> {
  const client = new ClusterClient(stage.places.map(({ port }) => port));
  const [input, output] = ['copier-input', 'copier-output'];
  for (const topic of [input, output]) {
    await client.createTopic(topic, PARTITIONS, REPLICAS, { 'min.insync.replicas': '2' });
  }
  const inputs = await Promise.all(all().map((partition) => fill(client, input, partition)));
  const readers = all().map((partition) => new CommittedReader(client, output, partition));
  const reading = Promise.all(readers.map((reader) => reader.run()));
  const bouncing = stage.bounce([end], REST_MS);
  const isOver = { value: false };
  const limit = setTimeout(() => {
    isOver.value = true;
  }, LIMIT_MS);
  const lives = await Promise.all(all().map((partition) => copy(stage, mode, { input, output, partition, isOver })));
  clearTimeout(limit);
  await bouncing.stop();
  await client.whole(output, PARTITIONS, REPLICAS);
  const problems = isOver.value ? [`not copied after ${LIMIT_MS} ms`, ...lives.flat().slice(-20)] : [];
  for (const partition of all()) {
    const { bytes, difference } = await equalReplicas(stage.places, output, partition);
    problems.push(...difference);
    const { records, open, aborted } = committedView(bytes[0]!, keyOf);
    console.log(
      `      partition ${partition}: ${records.length} records, ${aborted.length} aborted, ${open.length} open`,
    );
    problems.push(...open.map((it) => `open transaction of ${it}`));
    const final: Poll = { reader: 'final', partition: `${output}-${partition}`, records };
    problems.push(...judgeCopy(inputs[partition]!, final, (it) => it).map(({ type, what }) => `${type}: ${what}`));
    const reader = readers[partition]!;
    await reader.until((records.at(-1)?.offset ?? -1) + 1);
    reader.stop();
    if (JSON.stringify(reader.poll.records) !== JSON.stringify(records))
      problems.push(`${partition}: readers were given others`);
  }
  await reading;
  return [...problems, ...readers.flatMap(({ fatal }) => fatal)];
}

const all = (): number[] => Array.from({ length: PARTITIONS }, (_, partition) => partition);

async function fill(client: ClusterClient, topic: string, partition: number): Promise<Poll> {
  const recordsPerBatch = (): number => 50;
  const producer = new PartitionProducer(client, {
    topic,
    partition,
    isIdempotent: true,
    compression: 'none',
    recordsPerBatch,
  });
  const writing = producer.run();
  while (producer.acknowledged < RECORDS && producer.fatal.length === 0) await pause();
  producer.stop();
  await writing;
  const records = producer.sends.map(({ value, offset }) => ({ offset, value }));
  return { reader: 'producer', partition: `${topic}-${partition}`, records };
}

interface Copy {
  readonly input: string;
  readonly output: string;
  readonly partition: number;
  readonly isOver: { value: boolean };
}

/** Starts a copier again and again until nothing is left to copy; returns what its lives said that did not end well. */
async function copy(stage: Stage, mode: Mode, { input, output, partition, isOver }: Copy): Promise<string[]> {
  const args = {
    'input-topic': input,
    'input-partition': partition,
    'output-topic': output,
    'broker-list': stage.bootstrap,
    'consumer-group': mode === 'group' ? 'copiers' : `copier-${partition}`,
    'transactional-id': `copier-${partition}`,
    'transaction-size': RECORDS_PER_TRANSACTION,
    'transaction-timeout': TRANSACTION_TIMEOUT_MS,
  };
  const flags = Object.entries(args).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const said: string[] = [];
  for (let life = 0; !isOver.value; life++) {
    const copier = startJava(stage.kafka, COPIER, [...flags, '--enable-random-aborts', ...MODES[mode]]);
    if (life < KILLS) {
      await lines(copier, LINES_PER_LIFE);
      await copier.kill();
    }
    while (copier.isRunning && !isOver.value) await pause(100);
    const { code } = await copier.kill();
    if (code === 0) break;
    if (life >= KILLS) said.push(`life ${life} of copier ${partition}: ${copier.log().slice(-400)}`);
  }
  return said;
}

/** Waits until it has said so many lines, or has ended. */
async function lines(copier: ServerProcess, count: number): Promise<void> {
  const said = (): number =>
    copier
      .log()
      .split('\n')
      .filter((line) => line.startsWith('{')).length;
  while (copier.isRunning && said() < count) await pause(50);
}
