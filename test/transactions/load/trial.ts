import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { ClusterClient, LIMIT, pause } from '../../replication/load/client';
import { PartitionProducer } from '../../replication/load/producer';
import { equalReplicas } from '../../replication/load/reader';
import type { Member } from '../../replication/load/trial';
import { committedView } from '../../support/committed';
import type { Poll } from '../../support/history';
import {
  type CopyViolation,
  judgeCopy,
  judgeTransactions,
  type TransactionViolation,
} from '../../support/transactions';
import { until } from '../../support/until';
import { Copier } from './copier';
import { CommittedReader, keyOf } from './reader';

export interface TrialOptions {
  /** Of its topics, groups and transactional ids. */
  readonly name: string;
  readonly copiers: number;
  readonly partitions: number;
  /** In each partition of each input, at least. */
  readonly records: number;
  /** In one transaction, at most. */
  readonly maxRecords: number;
}

export interface Verdict {
  readonly transactions: number;
  readonly committed: number;
  /** Why copiers gave up and were started again. */
  readonly failures: readonly string[];
  /** Nothing, where all is right. */
  readonly problems: readonly string[];
}

type Coordinator = 'transactions' | 'groups';

const REPLICAS = 3;
const ABORT_ONE_IN = 5;
const LATEST = -1;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const COPY_LIMIT_MS = 240_000;
const PRODUCED_AT_ONCE = 5;

/**
 * Copiers read topics and write what they read, each record to an output and an echo of it to another partition, in transactions,
 * while faults are done to brokers and to them. Outputs and echoes are shared: transactions of several producers cross there.
 */
export class TransactionTrial {
  readonly client: ClusterClient;
  readonly copiers: readonly Copier[];
  private readonly all: readonly number[];
  private readonly readers: readonly CommittedReader[];
  private readonly problems: string[] = [];
  /** What each partition of each input holds, by the name of the copier. */
  private readonly inputs = new Map<string, Poll[]>();

  constructor(
    readonly members: readonly Member[],
    private readonly options: TrialOptions,
  ) {
    const { name, partitions, maxRecords } = options;
    this.client = new ClusterClient(members.map(({ port }) => port));
    this.all = Array.from({ length: partitions }, (_, partition) => partition);
    const brokers = members.map(({ port }) => `127.0.0.1:${port}`);
    this.copiers = Array.from({ length: options.copiers }, (_, index) => {
      const copier = { name: `${name}-copier${index}`, input: `${name}-in${index}`, maxRecords };
      return new Copier({
        brokers,
        partitions,
        output: this.output,
        echo: this.echo,
        abortOneIn: ABORT_ONE_IN,
        ...copier,
      });
    });
    const topics = [this.output, this.echo];
    this.readers = topics.flatMap((topic) => this.all.map((it) => new CommittedReader(this.client, topic, it)));
  }

  get output(): string {
    return `${this.options.name}-out`;
  }

  get echo(): string {
    return `${this.options.name}-echo`;
  }

  get committed(): number {
    return this.copiers.reduce((sum, { committed }) => sum + committed, 0);
  }

  /** Waits until every copier has committed so many transactions more, or has copied everything. */
  async more(transactions = 5): Promise<void> {
    const goals = this.copiers.map(({ committed }) => committed + transactions);
    await until(async () => {
      const isThere = (copier: Copier, index: number): boolean => copier.committed >= goals[index]!;
      if (this.copiers.every(isThere)) return true;
      const late = this.copiers.filter((copier, index) => !isThere(copier, index));
      return (await Promise.all(late.map((copier) => this.hasCopied(copier)))).every((it) => it);
    }, COPY_LIMIT_MS);
  }

  async leader(): Promise<Member> {
    const port = await this.client.leaderPort(this.output, 0);
    return this.members.find((member) => member.port === port)!;
  }

  async controller(): Promise<Member> {
    const id = await this.client.controllerId();
    return this.members.find((member) => member.id === id)!;
  }

  /** The broker that coordinates the transactions, or the group, of the first copier. */
  async coordinator(of: Coordinator): Promise<Member> {
    const key = this.copiers[0]!.options.name;
    const port = await this.coordinatorPort(of, key);
    return this.members.find((member) => member.port === port)!;
  }

  /** Runs the whole trial. `fault` is done while everybody copies. */
  async run(fault: () => Promise<void>): Promise<Verdict> {
    const { client, options, copiers, readers } = this;
    const configs = { 'min.insync.replicas': '2', 'segment.bytes': '200000' };
    for (const topic of [this.output, this.echo, ...copiers.map(({ options: { input } }) => input)]) {
      await client.createTopic(topic, options.partitions, REPLICAS, configs);
    }
    await Promise.all(copiers.map((copier) => this.fill(copier)));
    const reading = Promise.all(readers.map((reader) => reader.run()));
    for (const copier of copiers) copier.start();
    try {
      await this.more();
      await fault();
      for (const copier of copiers) await until(() => this.hasCopied(copier), COPY_LIMIT_MS);
    } finally {
      await Promise.all(copiers.map((copier) => copier.stop()));
    }
    for (const topic of [this.output, this.echo]) {
      await client.whole(topic, options.partitions, REPLICAS);
      for (const partition of this.all) await this.stable(topic, partition);
    }
    const finals = await this.finals();
    for (const [index, reader] of readers.entries()) {
      await reader.until((finals[index]!.records.at(-1)?.offset ?? -1) + 1);
      reader.stop();
    }
    await reading;
    this.judge(finals);
    const transactions = copiers.flatMap((copier) => copier.transactions);
    return {
      transactions: transactions.length,
      committed: this.committed,
      failures: copiers.flatMap(({ failures }) => failures),
      problems: [...this.problems, ...readers.flatMap(({ fatal }) => fatal)],
    };
  }

  private judge(finals: readonly Poll[]): void {
    const transactions = this.copiers.flatMap((copier) => copier.transactions);
    const polls = this.readers.map(({ poll }) => poll);
    const found: (TransactionViolation | CopyViolation)[] = judgeTransactions({ transactions, polls, finals });
    for (const { options } of this.copiers) {
      for (const input of this.inputs.get(options.name)!) {
        const partition = Number(input.partition.split('-').at(-1));
        const of = (topic: string, at: number): Poll => ofCopier(finals, `${topic}-${at}`, options.name);
        const sourceOf = (value: string): string => value.slice(options.name.length + 1, value.lastIndexOf('@'));
        found.push(...judgeCopy(input, of(options.output, partition), sourceOf));
        const echoed = of(options.echo, (partition + 1) % options.partitions);
        found.push(...judgeCopy(input, echoed, sourceOf));
      }
    }
    this.problems.push(...found.map(({ type, partition, what }) => `${type} in ${partition}: ${what}`));
  }

  /** Writes a copier's input. */
  private async fill({ options: { name, input } }: Copier): Promise<void> {
    const { client, options } = this;
    const producers = this.all.map((partition) => {
      const recordsPerBatch = (): number => PRODUCED_AT_ONCE;
      return new PartitionProducer(client, {
        topic: input,
        partition,
        isIdempotent: true,
        compression: 'none',
        recordsPerBatch,
      });
    });
    const writing = Promise.all(producers.map((producer) => producer.run()));
    for (const producer of producers) {
      while (producer.acknowledged < options.records && producer.fatal.length === 0) await pause();
      producer.stop();
    }
    await writing;
    this.problems.push(...producers.flatMap(({ fatal }) => fatal));
    const polls = producers.map(({ sends }, partition) => {
      const records = sends.map(({ value, offset }) => ({ offset, value }));
      return { reader: 'producer', partition: `${input}-${partition}`, records };
    });
    this.inputs.set(name, polls);
  }

  /** Whether the group's offsets are at the end of the input. */
  private async hasCopied({ options: { name, input } }: Copier): Promise<boolean> {
    const port = await this.coordinatorPort('groups', name);
    const peer = await this.client.connect(port).catch(() => null);
    if (peer === null) return false;
    const topics = [{ name: input, partitionIndexes: [...this.all] }];
    const request = { groupId: name, topics, requireStable: true };
    const answer = await peer
      .send(OffsetFetch, 7, request, LIMIT)
      .catch(() => null)
      .finally(() => peer.close());
    if (answer === null || answer.errorCode !== 0) return false;
    const ends = this.inputs.get(name)!.map(({ records }) => records.at(-1)!.offset + 1);
    const partitions = answer.topics[0]?.partitions ?? [];
    for (const { partitionIndex, committedOffset } of partitions) {
      if (committedOffset > ends[partitionIndex]!) throw new Error(`${name} has committed ${committedOffset}`);
    }
    return ends.every((end, index) =>
      partitions.some(
        ({ partitionIndex, committedOffset, errorCode }) =>
          errorCode === 0 && partitionIndex === index && committedOffset === end,
      ),
    );
  }

  private coordinatorPort(of: Coordinator, key: string): Promise<number> {
    return this.client.ofAny(async (peer) => {
      const request = { key, keyType: of === 'transactions' ? 1 : 0 };
      const { errorCode, port } = await peer.send(FindCoordinator, 3, request, LIMIT);
      return errorCode === 0 ? port : null;
    });
  }

  /** Waits until no transaction is open: the last stable offset is the high watermark. */
  private async stable(topic: string, partition: number): Promise<void> {
    let last = '';
    await until(async () => {
      const offsets = await Promise.all([READ_COMMITTED, READ_UNCOMMITTED].map((it) => this.end(topic, partition, it)));
      last = offsets.join();
      return offsets[0] !== null && offsets[0] === offsets[1];
    }, COPY_LIMIT_MS).catch(() => this.problems.push(`${topic}-${partition}: a transaction hangs (${last})`));
  }

  private async end(topic: string, partition: number, isolationLevel: number): Promise<number | null> {
    const peer = await this.client.connect(await this.client.leaderPort(topic, partition)).catch(() => null);
    const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: LATEST }] }];
    const answer = await peer
      ?.send(ListOffsets, 5, { replicaId: -1, isolationLevel, topics }, LIMIT)
      .catch(() => null)
      .finally(() => peer.close());
    const found = answer?.topics[0]?.partitions[0];
    return found?.errorCode === 0 ? found.offset : null;
  }

  /** What the replicas hold of committed records, those of the first broker first. */
  private async finals(): Promise<Poll[]> {
    const finals = this.members.map(() => [] as Poll[]);
    for (const topic of [this.output, this.echo]) {
      for (const partition of this.all) {
        const { bytes, difference } = await equalReplicas(this.members, topic, partition);
        this.problems.push(...difference);
        for (const [index, { id }] of this.members.entries()) {
          const { records, open } = committedView(bytes[index]!, keyOf);
          this.problems.push(...open.map((it) => `${topic}-${partition} of broker ${id}: open transaction of ${it}`));
          finals[index]!.push({ reader: `broker ${id}`, partition: `${topic}-${partition}`, records });
        }
      }
    }
    return finals.flat();
  }
}

/** What one copier has written to a partition. */
function ofCopier(finals: readonly Poll[], partition: string, copier: string): Poll {
  const final = finals.find((it) => it.partition === partition)!;
  return { ...final, records: final.records.filter(({ value }) => value.startsWith(`${copier}/`)) };
}
