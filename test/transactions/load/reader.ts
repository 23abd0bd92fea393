import type { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { type ClusterClient, LIMIT, pause } from '../../replication/load/client';
import { readCommitted } from '../../support/committed';
import type { Poll } from '../../support/history';

const FETCH_BYTES = 200_000;
const NONE = 0;
/** OFFSET_OUT_OF_RANGE, which a reader that was given everything in order must never see. */
const OUT_OF_RANGE = 1;
const READ_COMMITTED = 1;

export const keyOf = ({ key }: { readonly key: Buffer | null }): string => key?.toString() ?? '';

/** Reads one partition with read_committed from its beginning, from whoever leads it, on and on. */
export class CommittedReader {
  readonly fatal: string[] = [];
  private readonly records: Poll['records'][number][] = [];
  private offset = 0;
  private isStopped = false;

  constructor(
    private readonly client: ClusterClient,
    private readonly topic: string,
    private readonly partition: number,
  ) {}

  get poll(): Poll {
    return { reader: 'reader', partition: `${this.topic}-${this.partition}`, records: this.records };
  }

  stop(): void {
    this.isStopped = true;
  }

  async run(): Promise<void> {
    while (!this.isStopped && this.fatal.length === 0) {
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
    while (!this.isStopped) {
      const partitions = [{ partition: this.partition, fetchOffset: this.offset, partitionMaxBytes: FETCH_BYTES }];
      const request = {
        maxWaitMs: 100,
        minBytes: 1,
        isolationLevel: READ_COMMITTED,
        topics: [{ topic: this.topic, partitions }],
      };
      const answer = await peer.send(Fetch, 11, request, LIMIT).catch(() => null);
      if (answer === null) return;
      const { records, errorCode, abortedTransactions, lastStableOffset } = answer.responses[0]!.partitions[0]!;
      if (errorCode === OUT_OF_RANGE) this.fatal.push(`reader of ${this.partition}: ${this.offset} is out of range`);
      if (errorCode !== NONE) return;
      if (!records || records.length === 0) continue;
      const found = readCommitted(records, this.offset, abortedTransactions, keyOf);
      if (found.next > lastStableOffset) {
        this.fatal.push(`reader of ${this.partition}: read up to ${found.next}, stable up to ${lastStableOffset}`);
      }
      this.records.push(...found.records);
      this.offset = found.next;
    }
  }
}
