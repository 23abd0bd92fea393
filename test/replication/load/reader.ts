import fs from 'node:fs';
import path from 'node:path';
import type { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { forEachBatch, isControlAt, isCrcValidAt, lastOffsetAt } from '@odradek/protocol/records/batch';
import { readRecords } from '@odradek/protocol/records/record';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { Poll } from '../../support/history';
import { type ClusterClient, LIMIT, pause } from './client';

type Records = Poll['records'][number][];
export type FetchedPartition = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number];

const FETCH_BYTES = 1_000_000;
const NONE = 0;
/** OFFSET_OUT_OF_RANGE, which a reader that was given everything in order must never see. */
const OUT_OF_RANGE = 1;

function recordsIn(bytes: Buffer, from: number): { records: Records; next: number } {
  const records: Records = [];
  let next = from;
  forEachBatch(bytes, (at) => {
    if (!isCrcValidAt(bytes, at)) throw new Error(`a bad checksum after offset ${next}`);
    next = lastOffsetAt(bytes, at) + 1;
    if (isControlAt(bytes, at)) return;
    for (const { offset, key } of readRecords(bytes, at)) {
      if (offset >= from) records.push({ offset, value: key?.toString() ?? '' });
    }
  });
  return { records, next };
}

/** Reads one partition from its beginning, from whoever leads it, on and on. */
export class PartitionReader {
  readonly records: Records = [];
  readonly fatal: string[] = [];
  protected offset = 0;
  protected readonly isolationLevel: number = 0;
  private running = true;

  constructor(
    private readonly client: ClusterClient,
    private readonly topic: string,
    protected readonly partition: number,
  ) {}

  get poll(): Poll {
    return { reader: 'reader', partition: `${this.topic}-${this.partition}`, records: this.records };
  }

  stop(): void {
    this.running = false;
  }

  async run(): Promise<void> {
    while (this.running && this.fatal.length === 0) {
      const port = await this.client.leaderPort(this.topic, this.partition);
      const peer = await this.client.connect(port).catch(() => null);
      if (peer) await this.use(peer).finally(() => peer.close());
      await pause();
    }
  }

  /** Until `offset` has been read. */
  async until(offset: number): Promise<void> {
    while (this.offset < offset && this.fatal.length === 0) await pause();
  }

  private async use(peer: PeerConnection): Promise<void> {
    while (this.running) {
      const partitions = [{ partition: this.partition, fetchOffset: this.offset, partitionMaxBytes: FETCH_BYTES }];
      const { isolationLevel, topic } = this;
      const request = { maxWaitMs: 100, minBytes: 1, isolationLevel, topics: [{ topic, partitions }] };
      const answer = await peer.send(Fetch, 11, request, LIMIT).catch(() => null);
      if (answer === null) return;
      const fetched = answer.responses[0]!.partitions[0]!;
      const { records, errorCode } = fetched;
      if (errorCode === OUT_OF_RANGE) this.fatal.push(`reader of ${this.partition}: ${this.offset} is out of range`);
      if (errorCode !== NONE) return;
      if (!records || records.length === 0) continue;
      const found = this.take(fetched, records);
      this.records.push(...found.records);
      this.offset = found.next;
    }
  }

  /** What an answer's bytes give to a consumer, and where it reads on. */
  protected take(_fetched: FetchedPartition, bytes: Buffer): { records: Records; next: number } {
    return recordsIn(bytes, this.offset);
  }
}

/** The bytes of one replica's log, segment after segment. */
export function replicaBytes(logDir: string, topic: string, partition: number): Buffer {
  const folder = path.join(logDir, `${topic}-${partition}`);
  const names = fs.readdirSync(folder).filter((name) => name.endsWith('.log'));
  return Buffer.concat(names.toSorted().map((name) => fs.readFileSync(path.join(folder, name))));
}

/** The bytes of all replicas, once they are equal: in sync is not yet, as the last records are acknowledged by two of three. */
export async function equalReplicas(
  members: readonly { readonly logDir: string }[],
  topic: string,
  partition: number,
): Promise<{ bytes: Buffer[]; difference: string[] }> {
  for (let left = 250; ; left--) {
    const bytes = members.map(({ logDir }) => replicaBytes(logDir, topic, partition));
    if (bytes.every((it) => it.equals(bytes[0]!))) return { bytes, difference: [] };
    if (left === 0) {
      return { bytes, difference: [`${topic}-${partition}: replicas have ${bytes.map(({ length }) => length)} bytes`] };
    }
    await pause();
  }
}

/** What is in these bytes. */
export function replicaRecords(reader: string, topic: string, partition: number, bytes: Buffer): Poll {
  return { reader, partition: `${topic}-${partition}`, records: recordsIn(bytes, 0).records };
}
