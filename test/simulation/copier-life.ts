import { sleep } from '@odradek/broker/env/clock';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import type { Poll } from '../support/history';
import type { Transaction } from '../support/transactions';
import { keyOf, SimulatedClient, type TopicPartition } from './client';
import type { SimulatedCluster } from './cluster';
import { CoordinatorOf, committedOffsets } from './coordinators';
import { recordsOf } from './reader';
import { TransactionalProducer, TransactionFailure } from './transactional-producer';

const FETCH_VERSION = 12;
const OFFSET_COMMIT_VERSION = 8;
const FETCH_BYTES = 50_000;
/** Of one that hurries. */
const MOST_FETCH_BYTES = 500_000;
const PATIENCE_MS = 30_000;
const ABORT_ONE_IN = 5;
/** A batch has to find room in the smallest of segments. */
const BATCH_RECORDS = 100;
/** Between two transactions of one that hurries, at most. */
const HURRY_MS = 20;

type Records = Poll['records'];

export interface CopierOptions {
  readonly input: readonly TopicPartition[];
  /** The topic that it writes to, with as many partitions as the input. */
  readonly output: string;
  readonly maxPauseMs: number;
  /** In one transaction and partition, at most. */
  readonly maxRecords: number;
  readonly transactionTimeoutMs: number;
  /** How long one life of it goes on, at most. */
  readonly maxLifeMs: number;
}

interface Attempt {
  readonly producer: string;
  outcome: Transaction['outcome'];
  readonly writes: { readonly partition: string; readonly value: string }[];
}

/** What a copy is known by: where its source is, and what that says. */
export const sourceOf = ({ offset, value }: Records[number]): string => `${offset}:${value.replace(/x*$/, '')}`;

/** Of the value of a copy. */
export const sourceOfCopy = (value: string): string => value.split('|')[1]!;

/** Where a copier writes the copies of a partition, and their echoes. */
export function placesOf(output: string, partition: number, partitions: number): readonly TopicPartition[] {
  return [
    { topic: output, partition },
    { topic: output, partition: (partition + 1) % partitions },
  ];
}

/** One process of a copier. */
export class CopierLife {
  readonly transactions: Attempt[] = [];
  readonly failures: string[] = [];
  /** Resolves when it does nothing any more. */
  readonly ended: Promise<void>;
  private readonly client: SimulatedClient;
  private readonly producer: TransactionalProducer;
  private readonly positions = new Map<string, number>();
  private isInHurry = false;
  private isStopped = false;
  private markEnded!: () => void;

  constructor(
    cluster: SimulatedCluster,
    private readonly copier: string,
    private readonly life: number,
    private readonly options: CopierOptions,
  ) {
    this.client = new SimulatedClient(cluster, `${copier}.${life}`);
    const { transactionTimeoutMs } = options;
    const identity = { transactionalId: copier, group: copier };
    this.producer = new TransactionalProducer(this.client, {
      ...identity,
      transactionTimeoutMs,
      patienceMs: PATIENCE_MS,
    });
    this.ended = new Promise((resolve) => {
      this.markEnded = resolve;
    });
  }

  get losses(): readonly string[] {
    return this.producer.losses;
  }

  hurry(): void {
    this.isInHurry = true;
  }

  stop(): void {
    this.isStopped = true;
  }

  kill(): void {
    this.client.process.kill();
    this.markEnded();
  }

  /** Copies until told to stop, or until it is over with it: somebody else has its id, or nobody answers. */
  async run(): Promise<void> {
    try {
      await this.producer.initialize();
      await this.findPositions();
      const { process, random } = this.client;
      while (!this.isStopped) {
        await sleep(process, random.between(0, this.isInHurry ? HURRY_MS : this.options.maxPauseMs));
        const sources = await this.fetchSome();
        if (sources.length > 0) await this.copy(sources).catch((error) => this.recover(error));
      }
    } catch (error) {
      if (!(error instanceof TransactionFailure)) throw error;
      this.failures.push(error.message);
    } finally {
      this.client.close();
      this.markEnded();
    }
  }

  /** Gives the transaction up and goes on with the next epoch (KIP-360), from where the group has come to. */
  private async recover(error: unknown): Promise<void> {
    if (!(error instanceof TransactionFailure) || error.isFatal) throw error;
    this.failures.push(error.message);
    if (this.transactions.at(-1)!.outcome === 'aborted') await this.producer.end(false);
    await this.producer.renew();
    await this.findPositions();
  }

  private async copy(sources: readonly (readonly [TopicPartition, Records])[]): Promise<void> {
    const { producer, transactions } = this;
    await producer.begin();
    const attempt: Attempt = { producer: `${this.copier}.${this.life}`, outcome: 'aborted', writes: [] };
    const number = transactions.push(attempt);
    for (const [{ partition }, records] of sources) {
      const places = placesOf(this.options.output, partition, this.options.input.length);
      for (const [index, place] of places.entries()) {
        const kind = index === 0 ? this.copier : `echo of ${this.copier}`;
        const values = records.map((record) => `${kind}|${sourceOf(record)}|${this.life}.${number}`);
        attempt.writes.push(...values.map((value) => ({ partition: keyOf(place), value })));
        for (let at = 0; at < values.length; at += BATCH_RECORDS) {
          await producer.write(place, values.slice(at, at + BATCH_RECORDS));
        }
      }
    }
    if (this.client.random.oneIn(ABORT_ONE_IN)) return producer.end(false);
    const offsets = sources.map(([partition, records]) => ({ ...partition, offset: records.at(-1)!.offset + 1 }));
    await producer.commitOffsets(offsets);
    attempt.outcome = 'unknown';
    await producer.end(true);
    attempt.outcome = 'committed';
    for (const { offset, ...partition } of offsets) this.positions.set(keyOf(partition), offset);
  }

  /** Records of some partitions, where there are any. */
  private async fetchSome(): Promise<(readonly [TopicPartition, Records])[]> {
    const { random } = this.client;
    const chosen = this.options.input.filter(() => random.oneIn(2));
    const limit = this.isInHurry ? Number.POSITIVE_INFINITY : 1 + random.below(this.options.maxRecords);
    const found: (readonly [TopicPartition, Records])[] = [];
    for (const partition of chosen) {
      const records = await this.fetch(partition);
      if (records === null) await this.client.refresh();
      else if (records.length > 0) found.push([partition, records.slice(0, limit)]);
    }
    return found;
  }

  /** Null where its leader is not where it was. */
  private async fetch(partition: TopicPartition): Promise<Records | null> {
    const leader = this.client.leaderOf(partition);
    if (leader === null) return null;
    const fetchOffset = this.positions.get(keyOf(partition))!;
    const wanted = { partition: partition.partition, currentLeaderEpoch: leader.epoch, fetchOffset };
    const maxBytes = this.isInHurry ? MOST_FETCH_BYTES : FETCH_BYTES;
    const topics = [{ topic: partition.topic, partitions: [{ ...wanted, partitionMaxBytes: maxBytes }] }];
    const limits = { maxWaitMs: 0, minBytes: 0, maxBytes };
    const answer = await this.client
      .ask(leader.id, Fetch, FETCH_VERSION, { ...limits, topics, forgottenTopicsData: [] })
      .catch(() => null);
    const found = answer?.responses[0]?.partitions[0];
    if (found?.errorCode !== 0) return null;
    return recordsOf(found.records ?? Buffer.alloc(0), fetchOffset).records;
  }

  /**
   * Asks the coordinator that has just stored something, as only the right one can: one that was deposed and has not heard of
   * it, as Apache's, answers from what it remembers.
   */
  private async findPositions(): Promise<void> {
    const coordinator = new CoordinatorOf(this.client, 'group', this.copier);
    while (!this.isStopped) {
      const broker = await coordinator.find();
      if (broker === null) continue;
      const found = (await this.hasCommitted(broker))
        ? await committedOffsets(this.client, broker, this.copier, this.options.input)
        : null;
      if (found !== null) {
        for (const [partition, offset] of found) this.positions.set(partition, offset);
        return;
      }
      coordinator.forget();
      await this.client.backOff();
    }
  }

  /** An offset of the output, which nobody reads. */
  private async hasCommitted(coordinator: number): Promise<boolean> {
    const partitions = [{ partitionIndex: 0, committedOffset: this.life, committedMetadata: '' }];
    const request = { groupId: this.copier, memberId: '', topics: [{ name: this.options.output, partitions }] };
    const answer = await this.client.ask(coordinator, OffsetCommit, OFFSET_COMMIT_VERSION, request).catch(() => null);
    return answer?.topics[0]?.partitions[0]?.errorCode === 0;
  }
}
