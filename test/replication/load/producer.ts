import type { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { Produce } from '@odradek/protocol/messages/produce';
import type { CompressionType } from '@odradek/protocol/records/batch';
import { buildBatch } from '@odradek/protocol/records/builder';
import type { Send } from '../../support/history';
import { type ClusterClient, LIMIT, pause } from './client';

export interface ProducerOptions {
  readonly topic: string;
  readonly partition: number;
  readonly isIdempotent: boolean;
  readonly compression: CompressionType;
  /** How many records the next batch has. */
  readonly recordsPerBatch: () => number;
}

interface Batch {
  readonly baseSequence: number;
  readonly values: readonly string[];
  readonly bytes: Buffer;
  attempts: number;
}

const IN_FLIGHT = 5;
const NONE = 0;
const DISCONNECTED = -2;
const DUPLICATE_SEQUENCE_NUMBER = 46;
const OUT_OF_ORDER_SEQUENCE = 45;
/** What a client takes as "not now": UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, NOT_LEADER, REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS, … AFTER_APPEND, KAFKA_STORAGE_ERROR. */
const RETRIABLE = new Set([DISCONNECTED, 3, 5, 6, 7, 19, 20, 56]);
const PADDING = 'x'.repeat(100);

/**
 * A producer with acks=all as clients are: what was not acknowledged goes out again, in order. An idempotent one keeps five
 * batches in flight; one without sequence numbers a single one, so that its order is certain too.
 */
export class PartitionProducer {
  /** By the number of the value, which is the order in which they were sent first. */
  private readonly noted = new Map<number, Send>();
  acknowledged = 0;
  /** What no client could live with. */
  readonly fatal: string[] = [];
  /** The longest time without an acknowledgement. */
  longestGapMs = 0;
  private lastMs = 0;
  private readonly waiting: Batch[] = [];
  private next = 0;
  private running = true;
  private producerId = -1;

  constructor(
    private readonly client: ClusterClient,
    private readonly options: ProducerOptions,
  ) {}

  /** What became of each value, in the order in which they were sent. */
  get sends(): Send[] {
    return [...this.noted].toSorted(([one], [other]) => one - other).map(([, send]) => send);
  }

  private get name(): string {
    return `producer of ${this.options.partition}`;
  }

  /** Writes until `stop`; then until everything is acknowledged. */
  async run(): Promise<void> {
    const { client, options } = this;
    if (options.isIdempotent) this.producerId = await client.newProducerId();
    this.lastMs = performance.now();
    while ((this.running || this.waiting.length > 0) && this.fatal.length === 0) {
      const port = await client.leaderPort(options.topic, options.partition);
      const peer = await client.connect(port).catch(() => null);
      if (peer) await this.use(peer).finally(() => peer.close());
      await pause();
    }
    for (const batch of this.waiting) this.note(batch, 'unknown', -1, true);
  }

  stop(): void {
    this.running = false;
  }

  private async use(peer: PeerConnection): Promise<void> {
    while (this.running || this.waiting.length > 0) {
      const count = this.options.isIdempotent ? IN_FLIGHT : 1;
      while (this.running && this.waiting.length < count) this.waiting.push(this.newBatch());
      const burst = this.waiting.slice(0, count);
      const errors = await Promise.all(burst.map((batch) => this.send(peer, batch)));
      if (errors.some((error) => error !== NONE)) return this.judge(errors);
    }
  }

  /** A batch that follows one that failed is out of order, and goes out again after it. */
  private judge(errors: readonly number[]): void {
    for (const [index, error] of errors.entries()) {
      if (error === NONE || RETRIABLE.has(error)) continue;
      const follows = errors.slice(0, index).some((before) => before !== NONE);
      if (error === OUT_OF_ORDER_SEQUENCE && follows) continue;
      this.fatal.push(`${this.name}: error ${error} (answers ${errors})`);
    }
  }

  private newBatch(): Batch {
    const values = Array.from({ length: this.options.recordsPerBatch() }, () => {
      return `${this.options.partition}:${this.next++}`;
    });
    const baseSequence = this.next - values.length;
    const { compression, isIdempotent } = this.options;
    const bytes = buildBatch({
      compression,
      ...(isIdempotent ? { producerId: this.producerId, producerEpoch: 0, baseSequence } : {}),
      records: values.map((value) => ({
        timestamp: Date.now(),
        key: Buffer.from(value),
        value: Buffer.from(PADDING),
      })),
    });
    return { baseSequence, values, bytes, attempts: 0 };
  }

  private async send(peer: PeerConnection, batch: Batch): Promise<number> {
    batch.attempts++;
    const { topic, partition } = this.options;
    const topicData = [{ name: topic, partitionData: [{ index: partition, records: Buffer.from(batch.bytes) }] }];
    try {
      const { responses } = await peer.send(
        Produce,
        9,
        { transactionalId: null, acks: -1, timeoutMs: LIMIT.timeoutMs, topicData },
        { timeoutMs: 2 * LIMIT.timeoutMs },
      );
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!;
      if (errorCode === NONE) this.done(batch, baseOffset);
      if (errorCode !== DUPLICATE_SEQUENCE_NUMBER) return errorCode;
      this.done(batch, -1);
      return NONE;
    } catch {
      return DISCONNECTED;
    }
  }

  private done(batch: Batch, baseOffset: number): void {
    this.waiting.splice(this.waiting.indexOf(batch), 1);
    this.acknowledged += batch.values.length;
    const nowMs = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.lastMs);
    this.lastMs = nowMs;
    this.note(batch, 'acknowledged', baseOffset, !this.options.isIdempotent && batch.attempts > 1);
  }

  private note(
    { baseSequence, values }: Batch,
    outcome: Send['outcome'],
    baseOffset: number,
    mayRepeat: boolean,
  ): void {
    const { topic, partition } = this.options;
    for (const [index, value] of values.entries()) {
      const offset = baseOffset < 0 ? -1 : baseOffset + index;
      const send = { producer: this.name, partition: `${topic}-${partition}`, value, outcome, offset, mayRepeat };
      this.noted.set(baseSequence + index, send);
    }
  }
}
