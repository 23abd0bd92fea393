import { type ErrorName, errorName } from '@odradek/protocol/errors';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { forEachBatch, isControlAt, lastOffsetAt } from '@odradek/protocol/records/batch';
import { readRecords } from '@odradek/protocol/records/record';
import type { Poll } from '../support/history';
import { keyOf, SimulatedClient, type TopicPartition } from './client';
import type { SimulatedCluster } from './cluster';

const FETCH_VERSION = 12;
const MAX_WAIT_MS = 250;

type ReadRecord = Poll['records'][number];

/** The records of whole batches, from an offset on, and the offset after the last batch. */
export function recordsOf(bytes: Buffer, fromOffset: number): { records: ReadRecord[]; nextOffset: number } {
  const records: ReadRecord[] = [];
  let nextOffset = fromOffset;
  forEachBatch(bytes, (at) => {
    nextOffset = lastOffsetAt(bytes, at) + 1;
    if (isControlAt(bytes, at)) return;
    for (const { offset, value } of readRecords(bytes, at)) {
      if (offset >= fromOffset) records.push({ offset, value: String(value) });
    }
  });
  return { records, nextOffset };
}

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
        for (const { partitionIndex, errorCode, records, highWatermark } of partitions) {
          const position = topics.get(topic)!.find(({ partition }) => partition === partitionIndex)!;
          position.last = `${errorName(errorCode)} of broker ${leader}, high watermark ${highWatermark}`;
          isWell = this.take(position, errorName(errorCode), records) && isWell;
        }
      }
      return isWell;
    } catch {
      return false;
    }
  }

  private take(position: Position, error: ErrorName, bytes: Buffer | null): boolean {
    if (error !== 'NONE') {
      if (error === 'OFFSET_OUT_OF_RANGE') {
        const at = (this.client.process.monotonicMs() / 1_000).toFixed(4);
        this.surprises.push(`${at} s: ${this.name} reads ${keyOf(position)} at ${position.offset}: ${error}`);
      }
      return false;
    }
    if (bytes === null || bytes.length === 0) return true;
    const { records, nextOffset } = recordsOf(bytes, position.offset);
    position.records.push(...records);
    position.offset = nextOffset;
    return true;
  }
}
