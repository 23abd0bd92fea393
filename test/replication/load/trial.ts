import type { CompressionType } from '@odradek/protocol/records/batch';
import { seeded } from '@odradek/protocol/testing/seeded';
import { type History, judge, type Send } from '../../support/history';
import { ClusterClient, pause } from './client';
import { PartitionProducer } from './producer';
import { equalReplicas, PartitionReader, replicaRecords } from './reader';

/** A broker of a trial: ours or Apache's. */
export interface Member {
  readonly id: number;
  readonly port: number;
  readonly logDir: string;
  /** Starts it (again) and waits until it serves. */
  start(): Promise<unknown>;
  /** SIGTERM. */
  stop(): Promise<unknown>;
  /** kill -9. */
  kill(): Promise<unknown>;
}

export interface TrialOptions {
  readonly topic: string;
  readonly partitions: number;
  readonly isIdempotent: boolean;
  readonly compression: CompressionType;
  readonly seed: number;
  /** Of each partition, more than half of which must be in sync; three where left out. */
  readonly replicas?: number;
}

export interface Verdict {
  readonly acknowledged: number;
  readonly longestGapMs: number;
  /** Nothing, where all is right. */
  readonly problems: readonly string[];
}

const REPLICAS = 3;
/** Records acknowledged before a fault, and after the last one. */
const STEP = 300;

/** A topic of three replicas, two of which must be in sync, or as many as a test wants, written and read while a fault is done to its brokers. */
export class Trial {
  readonly client: ClusterClient;
  /** What others than its own producers have sent. */
  readonly alsoSent: Send[] = [];
  private readonly producers: PartitionProducer[];
  private readonly readers: PartitionReader[];

  constructor(
    readonly members: readonly Member[],
    readonly options: TrialOptions,
  ) {
    this.client = new ClusterClient(members.map(({ port }) => port));
    const random = seeded(options.seed);
    const { topic, isIdempotent, compression } = options;
    const all = Array.from({ length: options.partitions }, (_, partition) => partition);
    const recordsPerBatch = (): number => 1 + Math.floor(random() * 20);
    const { client } = this;
    this.producers = all.map((partition) => {
      return new PartitionProducer(client, { topic, partition, isIdempotent, compression, recordsPerBatch });
    });
    this.readers = all.map((partition) => new PartitionReader(client, topic, partition));
  }

  private get replicas(): number {
    return this.options.replicas ?? REPLICAS;
  }

  get acknowledged(): number {
    return this.producers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  member(id: number): Member {
    return this.members.find((member) => member.id === id)!;
  }

  /** The broker that leads partition 0. */
  async leader(): Promise<Member> {
    const port = await this.client.leaderPort(this.options.topic, 0);
    return this.members.find((member) => member.port === port)!;
  }

  async controller(): Promise<Member> {
    return this.member(await this.client.controllerId());
  }

  /** Waits until every partition has taken so many records more. */
  async more(records = STEP): Promise<void> {
    const goals = this.producers.map(({ acknowledged }) => acknowledged + records);
    const isThere = (): boolean => this.producers.every(({ acknowledged }, index) => acknowledged >= goals[index]!);
    const hasFailed = (): boolean => [...this.producers, ...this.readers].some(({ fatal }) => fatal.length > 0);
    while (!isThere() && !hasFailed()) await pause();
  }

  /** Waits until all replicas are in sync. */
  whole(): Promise<void> {
    return this.client.whole(this.options.topic, this.options.partitions, this.replicas);
  }

  /** Runs the whole trial. `fault` is done while everybody writes and reads. */
  async run(fault: () => Promise<void>): Promise<Verdict> {
    const { client, options, producers, readers } = this;
    const configs = { 'min.insync.replicas': `${Math.floor(this.replicas / 2) + 1}`, 'segment.bytes': '200000' };
    await client.createTopic(options.topic, options.partitions, this.replicas, configs);
    const reading = Promise.all(readers.map((reader) => reader.run()));
    const writing = Promise.all(producers.map((producer) => producer.run()));
    await this.more();
    await fault();
    await this.more();
    for (const producer of producers) producer.stop();
    await writing;
    await this.whole();
    const finals = await this.finals();
    for (const [index, { records }] of finals.slice(0, readers.length).entries()) {
      await readers[index]!.until((records.at(-1)?.offset ?? -1) + 1);
    }
    for (const reader of readers) reader.stop();
    await reading;
    const history: History = {
      sends: [...producers.flatMap(({ sends }) => sends), ...this.alsoSent],
      polls: readers.map(({ poll }) => poll),
      finals,
    };
    const fatal = [...producers, ...readers].flatMap((it) => it.fatal);
    const wrong = judge(history).map(({ type, partition, what }) => `${type} in ${partition}: ${what}`);
    return {
      acknowledged: this.acknowledged,
      longestGapMs: Math.round(Math.max(...producers.map(({ longestGapMs }) => longestGapMs))),
      problems: [...fatal, ...wrong, ...this.differences],
    };
  }

  private readonly differences: string[] = [];

  /** What the replicas hold, the first broker's first. All of them, byte for byte, once all have all of it. */
  private async finals() {
    const { topic, partitions } = this.options;
    const finals = this.members.map(() => [] as ReturnType<typeof replicaRecords>[]);
    for (let partition = 0; partition < partitions; partition++) {
      const { bytes, difference } = await equalReplicas(this.members, topic, partition);
      this.differences.push(...difference);
      for (const [index, { id }] of this.members.entries()) {
        finals[index]!.push(replicaRecords(`broker ${id}`, topic, partition, bytes[index]!));
      }
    }
    return finals.flat();
  }
}

/** What Apache's own replication tests do to a broker. */
export const FAULTS = {
  'clean stop': async (trial: Trial, victim: () => Promise<Member>): Promise<void> => {
    const member = await victim();
    await member.stop();
    await trial.more();
    await member.start();
  },
  'kill -9': async (trial: Trial, victim: () => Promise<Member>): Promise<void> => {
    const member = await victim();
    await member.kill();
    await trial.more();
    await member.start();
  },
  'clean bounces': (trial: Trial, victim: () => Promise<Member>) => bounces(trial, victim, (it) => it.stop()),
  'hard bounces': (trial: Trial, victim: () => Promise<Member>) => bounces(trial, victim, (it) => it.kill()),
} as const;

const BOUNCES = Number(process.env['ODRADEK_BOUNCES'] ?? 5);

async function bounces(trial: Trial, victim: () => Promise<Member>, end: (member: Member) => Promise<unknown>) {
  for (let bounce = 0; bounce < BOUNCES; bounce++) {
    const member = await victim();
    await end(member);
    await member.start();
    // As Apache's test waits for the ISR to be full again between two bounces.
    await trial.whole();
  }
}
