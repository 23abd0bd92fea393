import { errorName } from '@odradek/protocol/errors';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { forEachBatch, isControlAt, lastOffsetAt } from '@odradek/protocol/records/batch';
import { readRecords } from '@odradek/protocol/records/record';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { readCommitted } from '../support/committed';
import type { Poll } from '../support/history';
import { keyOf, SimulatedClient, type TopicPartition } from './client';
import type { SimulatedCluster } from './cluster';

const FETCH_VERSION = 12;
const MAX_WAIT_MS = 250;

const ISOLATION = { uncommitted: 0, committed: 1 } as const;

type ReadRecord = Poll['records'][number];

export const textOf = ({ value }: { readonly value: Buffer | null }): string => String(value);

/** The records of whole batches, from an offset on, and the offset after the last batch. */
export function recordsOf(bytes: Buffer, fromOffset: number): { records: ReadRecord[]; next: number } {
  const records: ReadRecord[] = [];
  let next = fromOffset;
  forEachBatch(bytes, (at) => {
    next = lastOffsetAt(bytes, at) + 1;
    if (isControlAt(bytes, at)) return;
    for (const { offset, value } of readRecords(bytes, at)) {
      if (offset >= fromOffset) records.push({ offset, value: String(value) });
    }
  });
  return { records, next };
}

type FetchedPartition = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number];

interface Position extends TopicPartition {
  offset: number;
  /** What the last answer was, for those who wonder why no more came. */
  last: string;
  readonly records: ReadRecord[];
}

/** A consumer that reads every partition from its start, from whoever leads it. */
export class Reader {
  /** Answers that a reader who never moves by himself should not get. */
  readonly surprises: string[] = [];
  private readonly client: SimulatedClient;
  private readonly positions: readonly Position[];
  private isStopped = false;

  constructor(
    cluster: SimulatedCluster,
    readonly name: string,
    partitions: readonly TopicPartition[],
    private readonly isolation: keyof typeof ISOLATION = 'uncommitted',
  ) {
    this.client = new SimulatedClient(cluster, name);
    this.positions = partitions.map((partition) => ({ ...partition, offset: 0, last: 'none', records: [] }));
  }

  get polls(): Poll[] {
    return this.positions.map((position) => ({
      reader: this.name,
      partition: keyOf(position),
      records: position.records,
    }));
  }

  /** How far a partition has been read, and what was said then. */
  where(partition: string): string {
    const position = this.positions.find((one) => keyOf(one) === partition)!;
    return `${this.name} has read ${partition} up to ${position.offset}, the last answer was ${position.last}`;
  }

  async run(): Promise<void> {
    await this.client.refresh();
    while (!this.isStopped) {
      const byLeader = new Map<number, Position[]>();
      let isWell = true;
      for (const position of this.positions) {
        const leader = this.client.leaderOf(position);
        if (leader === null) isWell = false;
        else byLeader.set(leader.id, [...(byLeader.get(leader.id) ?? []), position]);
      }
      const read = await Promise.all([...byLeader].map(([leader, positions]) => this.fetch(leader, positions)));
      if (isWell && read.every((wasRead) => wasRead)) continue;
      await this.client.backOff();
      await this.client.refresh();
    }
    this.client.close();
  }

  stop(): void {
    this.isStopped = true;
  }

  /** False where metadata may be out of date. */
  private async fetch(leader: number, positions: readonly Position[]): Promise<boolean> {
    const topics = new Map<string, Position[]>();
    for (const position of positions) topics.set(position.topic, [...(topics.get(position.topic) ?? []), position]);
    try {
      const answer = await this.client.ask(leader, Fetch, FETCH_VERSION, {
        maxWaitMs: MAX_WAIT_MS,
        minBytes: 1,
        maxBytes: 200_000,
        isolationLevel: ISOLATION[this.isolation],
        topics: [...topics].map(([topic, wanted]) => ({
          topic,
          partitions: wanted.map(({ partition, offset }) => ({
            partition,
            currentLeaderEpoch: this.client.leaderOf({ topic, partition })!.epoch,
            fetchOffset: offset,
            partitionMaxBytes: 50_000,
          })),
        })),
        forgottenTopicsData: [],
      });
      let isWell = answer.errorCode === 0;
      for (const { topic, partitions } of answer.responses) {
        for (const part of partitions) {
          const position = topics.get(topic)!.find(({ partition }) => partition === part.partitionIndex)!;
          const ends = `high watermark ${part.highWatermark}, stable up to ${part.lastStableOffset}`;
          position.last = `${errorName(part.errorCode)} of broker ${leader}, ${ends}`;
          isWell = this.take(position, part) && isWell;
        }
      }
      return isWell;
    } catch {
      return false;
    }
  }

  private take(position: Position, { errorCode, records: bytes, abortedTransactions }: FetchedPartition): boolean {
    const error = errorName(errorCode);
    if (error !== 'NONE') {
      if (error === 'OFFSET_OUT_OF_RANGE') {
        const at = (this.client.process.monotonicMs() / 1_000).toFixed(4);
        this.surprises.push(`${at} s: ${this.name} reads ${keyOf(position)} at ${position.offset}: ${error}`);
      }
      return false;
    }
    if (bytes === null || bytes.length === 0) return true;
    const found = this.recordsOf(position, bytes, abortedTransactions);
    for (const record of found.records) position.records.push(record);
    position.offset = found.next;
    return true;
  }

  private recordsOf({ offset }: Position, bytes: Buffer, aborted: FetchedPartition['abortedTransactions']) {
    return this.isolation === 'committed' ? readCommitted(bytes, offset, aborted, textOf) : recordsOf(bytes, offset);
  }
}
