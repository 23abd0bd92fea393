import { type ErrorName, errorName } from '@odradek/protocol/errors';
import { AddPartitionsToTxn } from '@odradek/protocol/messages/add-partitions-to-txn';
import { EndTxn } from '@odradek/protocol/messages/end-txn';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { kafkaException, ServerError, ToolError, timeoutError } from '../tool-error';
import type { PartitionQueue } from './accumulator';
import { type KafkaClient, sleep } from './client';
import { type AnyApi, DisconnectError, type RequestFor, RequestTimeoutError } from './connection';
import { CoordinatorLink } from './coordinator-link';
import { partitionText, type TopicPartition, toTopics } from './partitions';
import type { ProducerSettings } from './producer-config';
import type { ProducerIdentity } from './producer-identity';

/** Clients stay below version 4, in which brokers verify for each other (KIP-890). */
const ForClients = { ...AddPartitionsToTxn, range: { ...AddPartitionsToTxn.range, to: 3 } };

/** The first partition of a transaction waits only this long for the end of the one before. */
const CONCURRENT_BACKOFF_MS = 20;

const COORDINATOR_MOVED: ReadonlySet<string> = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE']);

/**
 * - `uninitialized` → `ready`
 * - `ready` → `open`
 * - `open` → `ending` | `abortable`
 * - `ending` → `ready`
 * - `abortable` (a part of the transaction is lost) → `ending`, by an abort only
 * - each → `fatal`, which stays: the producer is fenced, or its state and the coordinator's differ
 */
type State = 'uninitialized' | 'ready' | 'open' | 'ending' | 'abortable' | 'fatal';

/** Answers that no abort mends. */
const FATAL: ReadonlySet<string> = new Set([
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'UNSUPPORTED_VERSION',
]);

const illegalState = (message: string): ToolError => new ToolError('java.lang.IllegalStateException', message);

/** As Java's messages call the states. */
const NAMES: Readonly<Record<State, string>> = {
  uninitialized: 'UNINITIALIZED',
  ready: 'READY',
  open: 'IN_TRANSACTION',
  ending: 'COMMITTING_TRANSACTION',
  abortable: 'ABORTABLE_ERROR',
  fatal: 'FATAL_ERROR',
};

/** A transactional producer's side of its transactions (org.apache.kafka.clients.producer.internals.TransactionManager). */
export class TransactionManager implements ProducerIdentity {
  producerId = -1;
  producerEpoch = -1;
  private state: State = 'uninitialized';
  private lastError: ToolError | undefined;
  private readonly coordinator: CoordinatorLink;
  /** Partitions of the open transaction: those that its coordinator knows of, and those that it is still to be told of. */
  private readonly added = new Set<string>();
  private readonly wanted = new Map<string, TopicPartition>();
  private adding: Promise<void> | undefined;
  /** Whether the coordinator may have been told of any partition of the transaction. */
  private isStarted = false;
  private isNew = false;
  /** A batch was lost: what it left in sequences is undone by the next epoch (KIP-360). */
  private needsNewEpoch = false;

  constructor(
    client: KafkaClient,
    private readonly settings: ProducerSettings,
    readonly transactionalId: string,
  ) {
    this.coordinator = new CoordinatorLink(client, 'TRANSACTION', transactionalId);
  }

  /** Takes the transactional id over: earlier producers under it are fenced and their open transaction is aborted. */
  async initialize(): Promise<void> {
    this.demand('INITIALIZING', 'uninitialized');
    await this.initProducerId();
    this.state = 'ready';
  }

  begin(): void {
    this.failIfBroken();
    this.demand('IN_TRANSACTION', 'ready');
    this.state = 'open';
  }

  /** Takes a partition into the open transaction. Throws where there is none. */
  add(partition: TopicPartition): void {
    this.failIfBroken();
    const name = partitionText(partition);
    if (this.state === 'uninitialized') {
      throw illegalState(`Cannot add partition ${name} to transaction before completing a call to initTransactions`);
    }
    if (this.state !== 'open') {
      throw illegalState(`Cannot add partition ${name} to transaction while in state  ${NAMES[this.state]}`);
    }
    if (!this.added.has(name)) this.wanted.set(name, partition);
  }

  /** Commits what was sent; all of it must be answered by now. Throws what went wrong in the transaction. */
  async commit(): Promise<void> {
    this.failIfBroken();
    this.demand('COMMITTING_TRANSACTION', 'open');
    await this.end(true);
  }

  /** Aborts what was sent. Throws `ToolError` where even that cannot be done. */
  async abort(): Promise<void> {
    if (this.state === 'fatal') this.failIfBroken();
    this.demand('ABORTING_TRANSACTION', 'open', 'abortable');
    await this.end(false);
  }

  private async end(committed: boolean): Promise<void> {
    this.state = 'ending';
    this.wanted.clear();
    // What the coordinator is being told just now is part of the transaction.
    await this.adding;
    const { transactionalId } = this;
    if (this.isStarted) {
      await this.ask('EndTxn', EndTxn, () => {
        const { producerId, producerEpoch } = this;
        return { transactionalId, producerId, producerEpoch, committed };
      });
    }
    this.added.clear();
    this.isStarted = false;
    if (this.needsNewEpoch) await this.initProducerId();
    this.lastError = undefined;
    this.state = 'ready';
  }

  private async initProducerId(): Promise<void> {
    const { producerId, producerEpoch } = await this.ask('InitProducerId', InitProducerId, (version) => ({
      transactionalId: this.transactionalId,
      transactionTimeoutMs: this.settings.transactionTimeoutMs,
      ...(version >= FIRST_WITH_EPOCH && { producerId: this.producerId, producerEpoch: this.producerEpoch }),
    }));
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.needsNewEpoch = false;
    this.isNew = true;
  }

  get isSettled(): boolean {
    return this.state === 'open' && this.wanted.size === 0 && !this.isNew;
  }

  /** Tells the coordinator of new partitions: only then may batches go to them. */
  async prepare(): Promise<'none' | 'same' | 'new'> {
    this.failIfBroken();
    if (this.state !== 'open') return 'none';
    if (this.wanted.size > 0) {
      const added = this.addPartitions([...this.wanted.values()]);
      this.adding = added.catch(() => undefined);
      try {
        await added;
      } catch (thrown) {
        // Whether the coordinator was told is not known: what waits for it is lost, and the transaction with it.
        if (thrown instanceof ToolError) this.breakDown('abortable', thrown);
        throw thrown;
      }
    }
    const isNew = this.isNew;
    this.isNew = false;
    return isNew ? 'new' : 'same';
  }

  admits(queue: PartitionQueue): boolean {
    return this.added.has(queue.name);
  }

  gaveUp(error: ToolError, hadSequence: boolean): void {
    if (this.state === 'ending') return;
    this.needsNewEpoch ||= hadSequence;
    // An old epoch that a partition's leader saw may still be the coordinator's: the end of the transaction will tell (KIP-588).
    const isFatal = error instanceof ServerError && error.error !== 'INVALID_PRODUCER_EPOCH' && FATAL.has(error.error);
    this.breakDown(isFatal ? 'fatal' : 'abortable', error);
  }

  private async addPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    const topics = toTopics(partitions).map(({ topic, partitions: indexes }) => ({ name: topic, partitions: indexes }));
    const request = {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: topics,
    };
    this.isStarted = true;
    await this.ask('AddPartitionsToTxn', ForClients, () => request);
    for (const name of partitions.map(partitionText)) {
      this.wanted.delete(name);
      this.added.add(name);
    }
  }

  /**
   * Asks the coordinator, again while it moves, loads or is still busy with the transaction before. Throws once
   * `max.block.ms` is over, or what its refusal means for the producer, which is then broken.
   */
  private async ask<A extends AnyApi>(what: string, api: A, request: RequestFor<A>) {
    const { maxBlockMs, retryBackoffMs, requestTimeoutMs } = this.settings;
    const deadlineMs = Date.now() + maxBlockMs;
    for (;;) {
      let backoffMs = retryBackoffMs;
      try {
        const response = await this.coordinator.send(api, request, requestTimeoutMs);
        const error = refusalOf(response as unknown as Answer);
        if (error === undefined) return response as ResponseOf<A>;
        if (COORDINATOR_MOVED.has(error)) this.coordinator.forget();
        else if (error === 'CONCURRENT_TRANSACTIONS' && this.added.size === 0) backoffMs = CONCURRENT_BACKOFF_MS;
        else if (!new ServerError(error).retriable) throw this.broken(what, error);
      } catch (thrown) {
        const isLost = thrown instanceof DisconnectError || thrown instanceof RequestTimeoutError;
        const isRetriable = thrown instanceof ServerError && thrown.retriable;
        if (!isLost && !isRetriable) throw thrown;
      }
      if (Date.now() + backoffMs >= deadlineMs) {
        throw timeoutError(`Timeout expired after ${maxBlockMs}ms while awaiting ${what}`);
      }
      await sleep(backoffMs);
    }
  }

  private broken(what: string, error: ErrorName): ToolError {
    const isFenced = error === 'INVALID_PRODUCER_EPOCH' || error === 'PRODUCER_FENCED';
    const own = new ServerError(isFenced ? 'PRODUCER_FENCED' : error, isFenced ? FENCED : undefined);
    const named: ReadonlySet<string> = new Set([
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'CLUSTER_AUTHORIZATION_FAILED',
    ]);
    const thrown = isFenced || named.has(error) ? own : kafkaException(`${UNEXPECTED[what] ?? ''}${own.message}`);
    this.breakDown(what === 'AddPartitionsToTxn' && !FATAL.has(error) ? 'abortable' : 'fatal', thrown);
    return thrown;
  }

  private breakDown(state: 'abortable' | 'fatal', error: ToolError): void {
    // What broke first is what is told, unless it gets worse.
    if (this.state === 'fatal' || this.state === state) return;
    this.state = state;
    this.lastError = error;
  }

  /** Nothing but an abort is possible after an error, and after a fatal one not even that. */
  private failIfBroken(): void {
    if (!this.lastError) return;
    const { lastError } = this;
    const { error = undefined } = lastError instanceof ServerError ? lastError : {};
    const who = `Producer with transactionalId '${this.transactionalId}' and (producerId=${this.producerId}, epoch=${this.producerEpoch})`;
    if (error === 'PRODUCER_FENCED') {
      throw new ServerError(error, `${who} has been fenced by another producer with the same transactionalId`);
    }
    if (error === 'INVALID_PRODUCER_EPOCH')
      throw new ServerError(error, `${who} attempted to produce with an old epoch`);
    throw kafkaException('Cannot execute transactional method because we are in an error state', lastError);
  }

  private demand(target: string, ...sources: State[]): void {
    if (sources.includes(this.state)) return;
    const transition = `from state ${NAMES[this.state]} to state ${target}`;
    throw illegalState(`TransactionalId ${this.transactionalId}: Invalid transition attempted ${transition}`);
  }
}

const FENCED = 'There is a newer producer with the same transactionalId which fences the current one.';
const FIRST_WITH_EPOCH = 3;

const UNEXPECTED: Readonly<Record<string, string>> = {
  InitProducerId: 'Unexpected error in InitProducerIdResponse; ',
  EndTxn: 'Unhandled error in EndTxnResponse: ',
  AddPartitionsToTxn: 'Could not add partitions to transaction due to errors: ',
};

/** An answer of any of the APIs that a coordinator is asked by. */
interface Answer {
  readonly errorCode: number;
  readonly resultsByTopicV3AndBelow?: ResponseOf<typeof AddPartitionsToTxn>['resultsByTopicV3AndBelow'];
}

/** Why a coordinator refused; of several partitions what cannot pass by itself comes first. */
function refusalOf({ errorCode, resultsByTopicV3AndBelow = [] }: Answer): ErrorName | undefined {
  if (errorCode !== 0) return errorName(errorCode);
  const errors = resultsByTopicV3AndBelow
    .flatMap(({ resultsByPartition }) => resultsByPartition)
    .filter(({ partitionErrorCode }) => partitionErrorCode !== 0)
    .map(({ partitionErrorCode }) => errorName(partitionErrorCode))
    .filter((error) => error !== 'OPERATION_NOT_ATTEMPTED');
  return errors.find((error) => !new ServerError(error).retriable) ?? errors[0];
}
