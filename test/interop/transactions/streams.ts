import path from 'node:path';
import { ClusterClient } from '../../replication/load/client';
import { removeDir, type ServerProcess, tempDir, writeProperties } from '../../support/process';
import { startJava } from './java';
import type { Stage } from './stage';

// Kafka Streams' own system tests, in the order of Apache's streams_smoke_test and streams_eos_test: processors come and go, by SIGTERM
// or SIGKILL, while a driver produces; then their own verification judges what was read, computed and written.

const SMOKE = 'org.apache.kafka.streams.tests.StreamsSmokeTest';
const EOS = 'org.apache.kafka.streams.tests.StreamsEosTest';
const SMOKE_TOPICS = [
  'echo',
  'data',
  'min',
  'min-suppressed',
  'min-raw',
  'max',
  'sum',
  'sws-raw',
  'sws-suppressed',
  'dif',
  'cnt',
  'avg',
  'wcnt',
  'tagg',
];
const EOS_TOPICS = ['data', 'echo', 'min', 'sum', 'repartition', 'max', 'cnt'];
const PARTITIONS = 5;
const REPLICAS = 3;
const LIMIT_MS = 480_000;
const REST_MS = 10_000;

type End = 'kill' | 'stop';

export function streamsTrials(): { name: string; run(stage: Stage): Promise<string[]> }[] {
  const ends: readonly End[] = ['kill', 'stop'];
  return [
    ...ends.map((end) => ({ name: `streams-smoke-${end}`, run: (stage: Stage) => smoke(stage, end) })),
    ...ends.flatMap((end) =>
      ['process', 'process-complex'].map((command) => ({
        name: `streams-eos-${command}-${end}`,
        run: (stage: Stage) => eos(stage, command, end),
      })),
    ),
  ];
}

/** One processor's folder, and its lives. */
class Processor {
  private readonly dir = tempDir('streams');
  private process: ServerProcess | null = null;

  constructor(
    private readonly stage: Stage,
    private readonly mainClass: string,
    private readonly command: string,
  ) {
    writeProperties(this.file, {
      'bootstrap.servers': stage.bootstrap,
      'processing.guarantee': 'exactly_once_v2',
      'state.dir': path.join(this.dir, 'state'),
      'session.timeout.ms': 10_000,
      'transaction.timeout.ms': 20_000,
    });
  }

  get file(): string {
    return path.join(this.dir, 'streams.properties');
  }

  /** Starts it and waits until it has processed something; then so has everybody else in turn. */
  async start(others: readonly Processor[] = []): Promise<void> {
    const before = others.map((other) => other.said);
    this.process = startJava(this.stage.kafka, this.mainClass, [this.file, this.command]);
    await this.working(0);
    for (const [index, other] of others.entries()) await other.working(before[index]!);
  }

  /** Ends it and waits until the others go on. */
  async end(how: End, others: readonly Processor[] = []): Promise<void> {
    const before = others.map((other) => other.said);
    if (how === 'kill') await this.process!.kill();
    else await this.process!.stop();
    for (const [index, other] of others.entries()) await other.working(before[index]!);
  }

  /** How much it has written so far. */
  get said(): number {
    return this.process?.log().length ?? 0;
  }

  log(): string {
    return this.process?.log() ?? '';
  }

  async remove(): Promise<void> {
    await this.process?.kill();
    removeDir(this.dir);
  }

  /** Since it had written so much: it has come back from a rebalance and processed records. */
  private async working(said: number): Promise<void> {
    await this.process!.until(() => {
      const news = this.log().slice(said);
      const at = news.indexOf('REBALANCING -> RUNNING');
      return at >= 0 && /processed [0-9]+ records/.test(news.slice(at));
    }, LIMIT_MS);
  }
}

async function prepare(stage: Stage, topics: readonly string[]): Promise<void> {
  const client = new ClusterClient(stage.places.map(({ port }) => port));
  for (const topic of topics) await client.createTopic(topic, PARTITIONS, REPLICAS, { 'min.insync.replicas': '2' });
}

/** Each processor goes before the next one comes; brokers end all the while. */
async function smoke(stage: Stage, end: End): Promise<string[]> {
  await prepare(stage, SMOKE_TOPICS);
  const processors = Array.from({ length: 3 }, () => new Processor(stage, SMOKE, 'process'));
  let bouncing: ReturnType<Stage['bounce']> | null = null;
  let driver: ServerProcess | null = null;
  try {
    // Nothing is there to be processed before the driver runs.
    driver = startJava(stage.kafka, SMOKE, [processors[0]!.file, 'run']);
    for (const [index, processor] of processors.entries()) {
      await processor.start();
      // The first one makes topics of its own, for which all brokers must be there: Streams gives up where one is not.
      bouncing ??= stage.bounce([end], REST_MS);
      if (index < processors.length - 1) await processor.end(end);
    }
    await driver.ended;
    return verdict(driver.log(), 'SUCCESS');
  } finally {
    await bouncing?.stop();
    await driver?.kill();
    await Promise.all(processors.map((processor) => processor.remove()));
  }
}

/** Three processors, of which one after another goes and comes back, as in test_rebalance and test_failure_and_recovery. */
async function eos(stage: Stage, command: string, end: End): Promise<string[]> {
  await prepare(stage, EOS_TOPICS);
  const [one, two, three] = [0, 1, 2].map(() => new Processor(stage, EOS, command)) as [
    Processor,
    Processor,
    Processor,
  ];
  let bouncing: ReturnType<Stage['bounce']> | null = null;
  const driver = startJava(stage.kafka, EOS, [one.file, 'run']);
  try {
    await one.start();
    bouncing = stage.bounce([end], REST_MS);
    await two.start([one]);
    await three.start([one, two]);
    await one.end(end, [two, three]);
    await one.start([two, three]);
    await two.end(end, [one, three]);
    await two.start([one, three]);
    await three.end(end, [one, two]);
    await two.end('stop', [one]);
    await bouncing.stop();
    await one.end('stop');
    await driver.stop();
    const verifier = startJava(stage.kafka, EOS, [one.file, command.replace('process', 'verify')]);
    await verifier.ended;
    return verdict(verifier.log(), 'ALL-RECORDS-DELIVERED');
  } finally {
    await bouncing?.stop();
    await driver.kill();
    await Promise.all([one, two, three].map((processor) => processor.remove()));
  }
}

function verdict(log: string, word: string): string[] {
  return log.includes(word) ? [] : [`${word} is not said`, ...log.trim().split('\n').slice(-20)];
}
