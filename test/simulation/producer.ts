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
/** Never true of a batch that follows the last acknowledged one: what came before it has been lost. */
const LOSSES: readonly ErrorName[] = ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'];

export interface ProducerOptions {
  readonly isIdempotent: boolean;
  readonly maxPauseMs: number;
  readonly maxRecords: number;
  readonly maxValueBytes: number;
  /** How long a batch is tried. */
  readonly deliveryTimeoutMs: number;
}

/** A producer with acks=all, one batch in flight for each partition, which tries again as real clients do. */
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
    const { isIdempotent, maxPauseMs, maxRecords } = this.options;
    let id: { producerId: number; producerEpoch: number } | null = isIdempotent ? null : NO_PRODUCER;
    let baseSequence = 0;
    while (!this.isStopped) {
      await sleep(process, random.between(0, maxPauseMs));
      if (id === null) {
        id = await this.newId();
        baseSequence = 0;
        continue;
      }
      const values = Array.from({ length: 1 + random.below(maxRecords) }, () => this.newValue());
      const sequence = isIdempotent ? baseSequence : -1;
      const outcome = await this.deliver(partition, values, { ...id, baseSequence: sequence });
      if (outcome === 'acknowledged') baseSequence += values.length;
      // Whether the numbers of these records are taken nobody knows: Java's client too asks for a new id.
      else if (outcome === 'unknown' && isIdempotent) id = null;
    }
  }

  private newValue(): string {
    const { random } = this.client;
    return `${this.name}.${this.values++}.`.padEnd(random.below(this.options.maxValueBytes), 'x');
  }

  private async newId(): Promise<{ producerId: number; producerEpoch: number } | null> {
    const [brokerId] = [...(await this.knownBrokers())];
    if (brokerId === undefined) return null;
    const request = { transactionalId: null, transactionTimeoutMs: 60_000 };
    const answer = await this.client.ask(brokerId, InitProducerId, INIT_PRODUCER_ID_VERSION, request).catch(() => null);
    if (answer === null || answer.errorCode !== 0) {
      await this.client.backOff();
      return null;
    }
    return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  }

  private async knownBrokers(): Promise<readonly number[]> {
    if (!(await this.client.refresh())) {
      await this.client.backOff();
      return [];
    }
    return [this.client.random.pick(this.client.brokerIds)];
  }

  private async deliver(
    partition: TopicPartition,
    values: readonly string[],
    header: { producerId: number; producerEpoch: number; baseSequence: number },
  ): Promise<Send['outcome']> {
    const { process } = this.client;
    const timestamp = process.nowMs();
    const records = buildBatch({
      ...header,
      records: values.map((value) => ({ timestamp, value: Buffer.from(value) })),
    });
    const deadlineMs = process.monotonicMs() + this.options.deliveryTimeoutMs;
    const notes = this.begin(partition, values);
    let mayBeWritten = false;
    for (let attempt = 0; process.monotonicMs() < deadlineMs; attempt++) {
      if (attempt > 0) {
        await this.client.backOff();
        await this.client.refresh();
      }
      const answer = await this.send(partition, records);
      if (answer === 'not sent') continue;
      if (answer === 'no answer') {
        mayBeWritten = true;
        continue;
      }
      const { error, baseOffset } = answer;
      if (error === 'NONE' || error === 'DUPLICATE_SEQUENCE_NUMBER') {
        // Of a batch that was written more than once only the last is acknowledged here.
        const mayRepeat = mayBeWritten && !this.options.isIdempotent;
        return this.end(notes, 'acknowledged', baseOffset, mayRepeat);
      }
      if (LOSSES.includes(error)) {
        this.losses.push(`${keyOf(partition)}: ${values[0]} with sequence ${header.baseSequence}: ${error}`);
        return this.end(notes, 'unknown');
      }
      if (!REFUSALS.includes(error)) mayBeWritten = true;
    }
    return this.end(notes, mayBeWritten ? 'unknown' : 'refused', -1, !this.options.isIdempotent);
  }

  private async send(partition: TopicPartition, records: Buffer) {
    const leader = this.client.leaderOf(partition);
    if (leader === null) return 'not sent';
    const request = {
      transactionalId: null,
      acks: -1,
      timeoutMs: ACKS_TIMEOUT_MS,
      topicData: [{ name: partition.topic, partitionData: [{ index: partition.partition, records }] }],
    };
    try {
      const answer = await this.client.ask(leader, Produce, PRODUCE_VERSION, request);
      const { errorCode, baseOffset } = answer.responses[0]!.partitionResponses[0]!;
      return { error: errorName(errorCode), baseOffset };
    } catch {
      return 'no answer';
    }
  }

  private begin(partition: TopicPartition, values: readonly string[]): number[] {
    return values.map((value) => {
      const send = { producer: this.name, partition: keyOf(partition), value, offset: -1 };
      return this.sends.push({ ...send, outcome: 'unknown', mayRepeat: !this.options.isIdempotent }) - 1;
    });
  }

  private end(notes: readonly number[], outcome: Send['outcome'], baseOffset = -1, mayRepeat = false): Send['outcome'] {
    for (const [index, note] of notes.entries()) {
      const offset = baseOffset < 0 ? -1 : baseOffset + index;
      this.sends[note] = { ...this.sends[note]!, outcome, offset, mayRepeat };
    }
    return outcome;
  }
}
