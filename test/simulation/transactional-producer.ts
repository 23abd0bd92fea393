import { type ErrorName, errorName } from '@odradek/protocol/errors';
import { AddOffsetsToTxn } from '@odradek/protocol/messages/add-offsets-to-txn';
import { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import { EndTxn } from '@odradek/protocol/messages/end-txn';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { Produce } from '@odradek/protocol/messages/produce';
import { TxnOffsetCommit } from '@odradek/protocol/messages/txn-offset-commit';
import { buildBatch } from '@odradek/protocol/records/builder';
import { keyOf, type SimulatedClient, type TopicPartition } from './client';
import { CoordinatorOf } from './coordinators';

// Those of Java's client of 3.9.
const ADD_PARTITIONS_VERSION = 3;
const ADD_OFFSETS_VERSION = 3;
const END_VERSION = 3;
const OFFSET_COMMIT_VERSION = 3;
const INIT_PRODUCER_ID_VERSION = 4;
const PRODUCE_VERSION = 11;
const ACKS_TIMEOUT_MS = 5_000;

/** What Java's client asks again for. */
const NOT_YET: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'CONCURRENT_TRANSACTIONS',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'NETWORK_EXCEPTION',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'KAFKA_STORAGE_ERROR',
]);
/** Of them, those that say that somebody else has to be asked. */
const ELSEWHERE: ReadonlySet<ErrorName> = new Set<ErrorName>(['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR']);

/** Somebody else has the id: the producer is over. */
const FENCED: ReadonlySet<ErrorName> = new Set<ErrorName>(['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH']);

/** A transaction cannot go on: it was refused (`error`), or nobody has answered for too long (null). */
export class TransactionFailure extends Error {
  constructor(
    readonly error: ErrorName | null,
    readonly request: string,
  ) {
    super(`${request}: ${error ?? 'nobody answers'}`);
  }

  get isFatal(): boolean {
    return this.error !== null && FENCED.has(this.error);
  }
}

export interface TransactionalOptions {
  readonly transactionalId: string;
  readonly group: string;
  readonly transactionTimeoutMs: number;
  /** How long one step is tried. */
  readonly patienceMs: number;
}

/** A transactional producer, request by request, as Java's client is one: TransactionManager and Sender. */
export class TransactionalProducer {
  /** Refusals that say that something acknowledged is gone. */
  readonly losses: string[] = [];
  private readonly coordinator: CoordinatorOf;
  private readonly groupCoordinator: CoordinatorOf;
  private id = { producerId: -1, producerEpoch: -1 };
  private readonly sequences = new Map<string, number>();
  private readonly added = new Set<string>();
  private hasOffsets = false;
  /**
   * A request of this transaction has had no answer: it may still come to a broker that has not seen it, and would do so in the
   * name of the next transaction if that had the same epoch (what KIP-890's second part ends).
   */
  private isDirty = false;

  constructor(
    private readonly client: SimulatedClient,
    private readonly options: TransactionalOptions,
  ) {
    this.coordinator = new CoordinatorOf(client, 'transaction', options.transactionalId);
    this.groupCoordinator = new CoordinatorOf(client, 'group', options.group);
  }

  /** Fences everybody with this id, and ends what they have left open. */
  async initialize(): Promise<void> {
    this.id = { producerId: -1, producerEpoch: -1 };
    await this.initProducerId();
  }

  /** Another epoch of the same producer: ends what it has left open (KIP-360). */
  renew(): Promise<void> {
    return this.initProducerId();
  }

  /** Where the last transaction may still have requests under way, the next one has another epoch (KIP-360). */
  async begin(): Promise<void> {
    if (this.isDirty) await this.initProducerId();
    this.added.clear();
    this.hasOffsets = false;
  }

  async write(partition: TopicPartition, values: readonly string[]): Promise<void> {
    await this.addPartition(partition);
    const key = keyOf(partition);
    const baseSequence = this.sequences.get(key) ?? 0;
    const timestamp = this.client.process.nowMs();
    const records = values.map((value) => ({ timestamp, value: Buffer.from(value) }));
    const bytes = buildBatch({ ...this.id, baseSequence, isTransactional: true, records });
    await this.deliver(partition, bytes);
    this.sequences.set(key, baseSequence + values.length);
  }

  async commitOffsets(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    const { transactionalId, group: groupId } = this.options;
    if (!this.hasOffsets) {
      await this.insist('AddOffsetsToTxn', this.coordinator, async (broker) => {
        const request = { transactionalId, ...this.id, groupId };
        return (await this.client.ask(broker, AddOffsetsToTxn, ADD_OFFSETS_VERSION, request)).errorCode;
      });
      this.hasOffsets = true;
    }
    const topics = offsets.map(({ topic: name, partition: partitionIndex, offset: committedOffset }) => ({
      name,
      partitions: [{ partitionIndex, committedOffset, committedMetadata: '' }],
    }));
    await this.insist('TxnOffsetCommit', this.groupCoordinator, async (broker) => {
      const request = { transactionalId, groupId, ...this.id, topics };
      const answer = await this.client.ask(broker, TxnOffsetCommit, OFFSET_COMMIT_VERSION, request);
      const errors = answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
      return errors.find((error) => error !== 0) ?? 0;
    });
  }

  /** Commits, or aborts, what was begun. */
  async end(committed: boolean): Promise<void> {
    if (this.added.size === 0 && !this.hasOffsets) return;
    const { transactionalId } = this.options;
    await this.insist(committed ? 'EndTxn (commit)' : 'EndTxn (abort)', this.coordinator, async (broker) => {
      const request = { transactionalId, ...this.id, committed };
      return (await this.client.ask(broker, EndTxn, END_VERSION, request)).errorCode;
    });
  }

  private async initProducerId(): Promise<void> {
    const { transactionalId, transactionTimeoutMs } = this.options;
    let next = this.id;
    await this.insist('InitProducerId', this.coordinator, async (broker) => {
      const request = { transactionalId, transactionTimeoutMs, ...this.id };
      const answer = await this.client.ask(broker, InitProducerId, INIT_PRODUCER_ID_VERSION, request);
      next = { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
      return answer.errorCode;
    });
    this.id = next;
    this.sequences.clear();
    this.isDirty = false;
  }

  private async addPartition(partition: TopicPartition): Promise<void> {
    if (this.added.has(keyOf(partition))) return;
    const topics = [{ name: partition.topic, partitions: [partition.partition] }];
    await this.insist('AddPartitionsToTxn', this.coordinator, async (broker) => {
      const answer = await this.client.ask(broker, AddPartitionsToTxn, ADD_PARTITIONS_VERSION, {
        v3AndBelowTransactionalId: this.options.transactionalId,
        v3AndBelowProducerId: this.id.producerId,
        v3AndBelowProducerEpoch: this.id.producerEpoch,
        v3AndBelowTopics: topics,
        transactions: [],
      });
      return answer.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode;
    });
    this.added.add(keyOf(partition));
  }

  /** Until a leader has taken the batch. */
  private async deliver({ topic, partition }: TopicPartition, records: Buffer): Promise<void> {
    const { client, options } = this;
    const deadlineMs = client.process.monotonicMs() + options.patienceMs;
    let mayBeWritten = false;
    for (;;) {
      const leader = client.leaderOf({ topic, partition });
      const error = leader === null ? null : await this.produce(leader.id, { topic, partition }, records);
      if (error === 'NONE' || error === 'DUPLICATE_SEQUENCE_NUMBER') return;
      if (error !== null && !NOT_YET.has(error)) {
        if (error === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && !mayBeWritten) {
          this.losses.push(`${options.transactionalId} in ${keyOf({ topic, partition })}: ${error}`);
        }
        throw new TransactionFailure(error, 'Produce');
      }
      if (leader !== null) mayBeWritten = true;
      if (client.process.monotonicMs() > deadlineMs) throw new TransactionFailure(null, 'Produce');
      await client.backOff();
      await client.refresh();
    }
  }

  private async produce(leader: number, { topic, partition }: TopicPartition, records: Buffer) {
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }];
    const { transactionalId } = this.options;
    const request = { transactionalId, acks: -1, timeoutMs: ACKS_TIMEOUT_MS, topicData };
    try {
      const answer = await this.client.ask(leader, Produce, PRODUCE_VERSION, request);
      return errorName(answer.responses[0]!.partitionResponses[0]!.errorCode);
    } catch {
      this.isDirty = true;
      return null;
    }
  }

  /** Asks a coordinator until it has done it; fails where it refuses, or time is over. */
  private async insist(request: string, of: CoordinatorOf, ask: (broker: number) => Promise<number>): Promise<void> {
    const { process } = this.client;
    const deadlineMs = process.monotonicMs() + this.options.patienceMs;
    for (;;) {
      const broker = await of.find();
      if (broker !== null) {
        const error = await ask(broker).then(errorName, () => null);
        if (error === 'NONE') return;
        if (error !== null && !NOT_YET.has(error)) throw new TransactionFailure(error, request);
        if (error === null) this.isDirty = true;
        if (error === null || ELSEWHERE.has(error)) of.forget();
        await this.client.backOff();
      }
      if (process.monotonicMs() > deadlineMs) throw new TransactionFailure(null, request);
    }
  }
}
