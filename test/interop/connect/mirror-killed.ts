import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka as Client, logLevel, Partitioners, type Producer } from 'kafkajs';
import { freePort } from '../../support/ports';
import { removeDir, type ServerProcess, tempDir, writeProperties } from '../../support/process';
import { until } from '../../support/until';
import type { Kafka } from '../mixed/member';
import { startJava } from '../transactions/java';
import { Cluster } from './cluster';
import { MAKER, makerSettings } from './mirror';

const BROKERS = 3;
const PARTITIONS = 3;
const BURSTS = 120;
const BURST = 10;
const BURST_MS = 250;
const PATIENCE_MS = 300_000;
/** What is written last, to every partition. */
const END = 'the end';

const clientOf = ({ bootstrap }: Cluster): Client =>
  new Client({
    brokers: bootstrap.split(','),
    logLevel: logLevel.NOTHING,
    retry: { retries: 60, initialRetryTime: 100, maxRetryTime: 1_000 },
  });

/**
 * MirrorMaker 2, with exactly-once on, between two clusters of ours whose brokers are killed one after the other, of both by turns:
 * in the end the copy has what the original has, once, in its order.
 */
export async function mirrorKilled(kafka: Kafka): Promise<string[]> {
  const folder = tempDir('mirror');
  const clusters: Cluster[] = [];
  let maker: ServerProcess | undefined;
  try {
    for (let started = 0; started < 2; started++) clusters.push(await Cluster.start(kafka, 'ours', BROKERS));
    const [source, target] = clusters as [Cluster, Cluster];
    const admin = clientOf(source).admin();
    await admin.connect();
    await admin.createTopics({
      topics: [{ topic: 'mirrored', numPartitions: PARTITIONS, replicationFactor: BROKERS }],
    });
    await admin.disconnect();
    const file = path.join(folder, 'mm2.properties');
    writeProperties(file, {
      ...makerSettings(source.bootstrap, target.bootstrap, BROKERS),
      'tasks.max': PARTITIONS,
      'dst.exactly.once.source.support': 'enabled',
      'dedicated.mode.enable.internal.rest': 'true',
      listeners: `http://127.0.0.1:${await freePort()}`,
    });
    maker = startJava(kafka, MAKER, [file]);
    // Nothing is killed before the mirror works: what is tried is how it goes on.
    const copying = new Reading(clientOf(target), 'src.mirrored');
    await write(source, async (producer) => {
      await burst(producer, -1);
      await maker!.until(() => targetHasTopic(target), PATIENCE_MS);
      await copying.start();
      await maker!.until(() => copying.count() >= PARTITIONS * BURST, PATIENCE_MS);
      await killingMeanwhile(clusters, async () => {
        for (let at = 0; at < BURSTS; at++) {
          await burst(producer, at);
          await sleep(BURST_MS);
        }
      });
      await toAll(producer, [END]);
    });
    const original = new Reading(clientOf(source), 'mirrored');
    await original.start();
    const reads = [original, copying];
    await until(() => reads.every((reading) => reading.isOver()), PATIENCE_MS).catch(() => undefined);
    await Promise.all(reads.map((reading) => reading.stop()));
    return differences(original, copying);
  } catch (error) {
    throw new Error(`${error}\n${maker?.log().slice(-3_000)}`);
  } finally {
    await maker?.stop('SIGKILL');
    await Promise.all(clusters.map((cluster) => cluster.stop()));
    removeDir(folder);
  }
}

async function targetHasTopic(target: Cluster): Promise<boolean> {
  const admin = clientOf(target).admin();
  await admin.connect();
  const topics = await admin.listTopics();
  await admin.disconnect();
  return topics.includes('src.mirrored');
}

/** What its producer sends again may be there twice: it is the copy that is judged, by the original. */
async function write(source: Cluster, work: (producer: Producer) => Promise<void>): Promise<void> {
  const producer = clientOf(source).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  await work(producer);
  await producer.disconnect();
}

const burst = (producer: Producer, at: number): Promise<void> =>
  toAll(
    producer,
    Array.from({ length: BURST }, (_, index) => `${at}/${index}`),
  );

async function toAll(producer: Producer, values: readonly string[]): Promise<void> {
  const messages = Array.from({ length: PARTITIONS }, (_, partition) => values.map((value) => ({ partition, value })));
  await producer.send({ topic: 'mirrored', acks: -1, messages: messages.flat() });
}

/** Kills a broker of one cluster, then of the other, for as long as some work takes; all are there in the end. */
async function killingMeanwhile(clusters: readonly Cluster[], work: () => Promise<void>): Promise<void> {
  let isOver = false;
  const killing = (async () => {
    for (let turn = 0; !isOver; turn++) {
      const { places } = clusters[turn % clusters.length]!;
      const place = places[Math.floor(turn / clusters.length) % places.length]!;
      await place.kill();
      await sleep(1_000);
      await place.start();
      await sleep(2_000);
    }
  })();
  await Promise.all([work().finally(() => (isOver = true)), killing]);
}

/** What a read_committed consumer gets of a topic, by partition. */
class Reading {
  readonly values: readonly string[][] = Array.from({ length: PARTITIONS }, () => []);
  private readonly consumer;

  constructor(
    client: Client,
    private readonly topic: string,
  ) {
    this.consumer = client.consumer({ groupId: `reader-of-${topic}` });
  }

  async start(): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topic: this.topic, fromBeginning: true });
    const seen = new Set<string>();
    await this.consumer.run({
      eachMessage: async ({ partition, message: { offset, value } }) => {
        // This consumer may be given a record again, after a rebalance.
        const place = `${partition}@${offset}`;
        if (!seen.has(place)) this.values[partition]!.push(String(value));
        seen.add(place);
      },
    });
  }

  count(): number {
    return this.values.reduce((sum, { length }) => sum + length, 0);
  }

  isOver(): boolean {
    return this.values.every((values) => values.includes(END));
  }

  async stop(): Promise<void> {
    await this.consumer.disconnect();
  }
}

function differences(original: Reading, copy: Reading): string[] {
  return original.values.flatMap((written, partition) => {
    const copied = copy.values[partition]!;
    const at = written.findIndex((value, index) => value !== copied[index]);
    if (at < 0 && copied.length === written.length) return [];
    const first = at < 0 ? written.length : at;
    return [
      `partition ${partition}: ${copied.length} of ${written.length} records, from ${first} on ${copied.slice(first, first + 3)} for ${written.slice(first, first + 3)}`,
    ];
  });
}
