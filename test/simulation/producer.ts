import { sleep } from '@odradek/broker/env/clock';
import { type ErrorName, errorName } from '@odradek/protocol/errors';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import type { Send } from '../support/history';
import { keyOf, SimulatedClient, type TopicPartition } from './client';
import type { SimulatedCluster } from './cluster';

const PRODUCE_VERSION = 11;
const INIT_PRODUCER_ID_VERSION = 4;
/** What the leader waits for its followers. */
const ACKS_TIMEOUT_MS = 5_000;
const NO_PRODUCER = { producerId: -1, producerEpoch: -1 };

/** The batch was looked at and not written: it can be sent again as if it had never been. */
const REFUSALS: readonly ErrorName[] = [
  'NOT_ENOUGH_REPLICAS',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'CLUSTER_AUTHORIZATION_FAILED',
];
/** Of the batch that follows the last acknowledged one they can only mean that this one has been lost. */
const LOSSES: readonly ErrorName[] = ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'];

export interface ProducerOptions {
  readonly isIdempotent: boolean;
  /** Batches of one partition under way at the same time: more than one needs sequence numbers to keep their order. */
  readonly maxInFlight: number;
  readonly maxPauseMs: number;
  readonly maxRecords: number;
  readonly maxValueBytes: number;
  /** How long a batch is tried. */
  readonly deliveryTimeoutMs: number;
}

interface ProducerId {
  readonly producerId: number;
  readonly producerEpoch: number;
}

interface Batch {
  readonly records: Buffer;
  readonly baseSequence: number;
  readonly recordCount: number;
  /** Where its values stand among the sends. */
  readonly firstSend: number;
  readonly deadlineMs: number;
  /** Whether an attempt may have written it. */
  mayBeWritten: boolean;
}

/** How far one producer id has come in one partition: the sequence number after the last one acknowledged. */
interface Progress {
  acknowledgedEnd: number;
}

type Answer = 'not sent' | 'no answer' | { readonly error: ErrorName; readonly baseOffset: number };

/** A producer with acks=all, which tries again as real clients do. */
export class Producer {
  readonly sends: Send[] = [];
  /** Refusals that say that something acknowledged is gone. */
  readonly losses: string[] = [];
  private readonly client: SimulatedClient;
  private isStopped = false;
  private values = 0;

  constructor(
    cluster: SimulatedCluster,
    readonly name: string,
    private readonly options: ProducerOptions,
  ) {
    this.client = new SimulatedClient(cluster, name);
  }

  /** Produces to each partition until told to stop; resolves when nothing is on its way any more. */
  async run(partitions: readonly TopicPartition[]): Promise<void> {
    await Promise.all(partitions.map((partition) => this.produce(partition)));
    this.client.close();
  }

  stop(): void {
    this.isStopped = true;
  }

  private async produce(partition: TopicPartition): Promise<void> {
    const { random, process } = this.client;
    while (!this.isStopped) {
      const id = this.options.isIdempotent ? await this.newId() : NO_PRODUCER;
      const progress = { acknowledgedEnd: 0 };
      let nextSequence = 0;
      let hasSent = false;
      let open: Batch[] = [];
      while (id !== null) {
        await sleep(process, random.between(0, this.options.maxPauseMs));
        // A partition that knows nothing of a producer takes any number for its first: that batch goes alone.
        const maxInFlight = hasSent ? this.options.maxInFlight : 1;
        const room = this.isStopped ? 0 : maxInFlight - open.length;
        for (let more = Math.min(room, 1 + random.below(maxInFlight)); more > 0; more--) {
          const batch = this.newBatch(partition, id, nextSequence);
          nextSequence += batch.recordCount;
          open.push(batch);
        }
        if (open.length === 0) return;
        const left = await this.attempt(partition, open, progress);
        // Which numbers are taken nobody knows any more: Java's client too asks for a new id.
        if (left === null) break;
        open = left;
        if (open.length > 0) await this.client.refresh();
        else hasSent = true;
      }
    }
  }

  private newBatch({ topic, partition }: TopicPartition, id: ProducerId, sequence: number): Batch {
    const { random, process } = this.client;
    const { isIdempotent, maxRecords, maxValueBytes, deliveryTimeoutMs } = this.options;
    const firstSend = this.sends.length;
    const recordCount = 1 + random.below(maxRecords);
    const values = Array.from({ length: recordCount }, () =>
      `${this.name}.${this.values++}.`.padEnd(random.below(maxValueBytes), 'x'),
    );
    for (const value of values) {
      const send = { producer: this.name, partition: keyOf({ topic, partition }), value, offset: -1 };
      this.sends.push({ ...send, outcome: 'unknown', mayRepeat: !isIdempotent });
    }
    const baseSequence = isIdempotent ? sequence : -1;
    const timestamp = process.nowMs();
    const records = values.map((value) => ({ timestamp, value: Buffer.from(value) }));
    return {
      ...{ baseSequence, recordCount, firstSend, mayBeWritten: false },
      records: buildBatch({ ...id, baseSequence, records }),
      deadlineMs: process.monotonicMs() + deliveryTimeoutMs,
    };
  }

  /** Sends batches once, in their order. Returns those that have to be sent again; null where that makes no sense. */
  private async attempt(
    partition: TopicPartition,
    open: readonly Batch[],
    progress: Progress,
  ): Promise<Batch[] | null> {
    const answers = await Promise.all(open.map((batch) => this.send(partition, batch.records)));
    const left: Batch[] = [];
    let isLost = false;
    for (const [index, answer] of answers.entries()) {
      const batch = open[index]!;
      const outcome = this.outcomeOf(batch, answer, progress);
      if (outcome === 'again') left.push(batch);
      else if (outcome === 'lost') isLost = true;
    }
    if (isLost) for (const batch of left) this.end(batch, 'unknown');
    return isLost ? null : left;
  }

  /** `lost`: nobody will ever know, or something was acknowledged that is gone. */
  private outcomeOf(batch: Batch, answer: Answer, progress: Progress): 'done' | 'again' | 'lost' {
    const { isIdempotent } = this.options;
    const error = typeof answer === 'string' ? null : answer.error;
    if (error === 'NONE' || error === 'DUPLICATE_SEQUENCE_NUMBER') {
      // Of a batch that was written more than once only the last is acknowledged here.
      const baseOffset = typeof answer === 'string' ? -1 : answer.baseOffset;
      this.end(batch, 'acknowledged', baseOffset, batch.mayBeWritten && !isIdempotent);
      progress.acknowledgedEnd = Math.max(progress.acknowledgedEnd, batch.baseSequence + batch.recordCount);
      return 'done';
    }
    // Of a batch that follows on others which are not acknowledged yet, a gap is no news.
    const isGap = error === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && batch.baseSequence > progress.acknowledgedEnd;
    if (error !== null && LOSSES.includes(error) && !isGap) {
      // After a restart a broker knows the last batch only: it cannot tell that one before that is there already.
      const mayBeThere = batch.mayBeWritten || batch.baseSequence < progress.acknowledgedEnd;
      const { partition, value } = this.sends[batch.firstSend]!;
      const at = `${(this.client.process.monotonicMs() / 1_000).toFixed(4)} s`;
      if (!mayBeThere) this.losses.push(`${at}: ${partition}: ${value} with sequence ${batch.baseSequence}: ${error}`);
      this.end(batch, 'unknown');
      return 'lost';
    }
    if (answer !== 'not sent' && !isGap && (error === null || !REFUSALS.includes(error))) batch.mayBeWritten = true;
    if (this.client.process.monotonicMs() < batch.deadlineMs) return 'again';
    this.end(batch, batch.mayBeWritten ? 'unknown' : 'refused', -1, !isIdempotent);
    return isIdempotent ? 'lost' : 'done';
  }

  private async send({ topic, partition }: TopicPartition, records: Buffer): Promise<Answer> {
    const leader = this.client.leaderOf({ topic, partition });
    if (leader === null) return 'not sent';
    const request = {
      transactionalId: null,
      acks: -1,
      timeoutMs: ACKS_TIMEOUT_MS,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    };
    try {
      const answer = await this.client.ask(leader.id, Produce, PRODUCE_VERSION, request);
      const { errorCode, baseOffset } = answer.responses[0]!.partitionResponses[0]!;
      return { error: errorName(errorCode), baseOffset };
    } catch {
      return 'no answer';
    }
  }

  private end(batch: Batch, outcome: Send['outcome'], baseOffset = -1, mayRepeat = false): void {
    for (let index = 0; index < batch.recordCount; index++) {
      const at = batch.firstSend + index;
      const offset = baseOffset < 0 ? -1 : baseOffset + index;
      this.sends[at] = { ...this.sends[at]!, outcome, offset, mayRepeat };
    }
  }

  /** Null where no broker gives one. */
  private async newId(): Promise<ProducerId | null> {
    const { client } = this;
    await client.refresh();
    const request = { transactionalId: null, transactionTimeoutMs: 60_000 };
    const answer = await client
      .ask(client.random.pick(client.brokerIds) ?? -1, InitProducerId, INIT_PRODUCER_ID_VERSION, request)
      .catch(() => null);
    if (answer?.errorCode === 0) return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    await client.backOff();
    return null;
  }
}
