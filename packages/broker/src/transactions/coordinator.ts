import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import type { ProducerIds } from '../cluster/producer-ids';
import type { Timer } from '../env/clock';
import { partitionFor } from '../replication/coordinator-partition';
import { expireTransactionalIds } from './expiry';
import { type HostedPartition, HostedTransactions } from './hosted-transactions';
import { RunningTransaction } from './running-transaction';
import { Transaction } from './transaction';
import { TransactionShell, type TransactionShellOptions } from './transaction-shell';
import {
  type AnswerError,
  type AnswerInit,
  type EndRequest,
  type InitProducerIdRequest,
  initError,
  type PartitionsRequest,
  STATE_NAMES,
  type TransactionMetadata,
} from './transaction-types';

export interface TransactionCoordinatorOptions extends TransactionShellOptions {
  readonly producerIds: Pick<ProducerIds, 'next'>;
}

/** What is to be listed; all where a filter is empty, or negative. */
export interface TransactionFilters {
  readonly states: readonly string[];
  readonly producerIds: readonly number[];
  /** Those that have been open for longer. */
  readonly durationMs: number;
}

export interface TransactionOverview {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly state: string;
}

/** What a string of a record can hold. */
const MAX_STRING_BYTES = 0x7fff;

const isTooLong = (text: string): boolean =>
  text.length > MAX_STRING_BYTES / 3 && Buffer.byteLength(text) > MAX_STRING_BYTES;

/**
 * The transactional ids whose partition of `__transaction_state` this broker leads (TransactionCoordinator and
 * TransactionStateManager). No call waits: what has to be committed first is answered through the callback that came
 * with the question.
 */
export class TransactionCoordinator {
  readonly hosted: HostedTransactions;
  private readonly shell: TransactionShell;
  private readonly producerIds: Pick<ProducerIds, 'next'>;
  private partitionCount: number;
  private isActive = false;
  private timers: Timer[] = [];

  constructor({ producerIds, ...options }: TransactionCoordinatorOptions) {
    this.shell = new TransactionShell(options);
    this.hosted = new HostedTransactions(this.shell);
    this.producerIds = producerIds;
    this.partitionCount = options.values.transactionStateLogNumPartitions;
  }

  private get logger() {
    return this.shell.loggers.TransactionCoordinator;
  }

  /** @param partitionCount of `__transaction_state`, where it exists: what was once set decides where ids live */
  start(partitionCount: number | null): void {
    const { clock, values } = this.shell;
    this.logger.info('Starting up.');
    this.partitionCount = partitionCount ?? this.partitionCount;
    this.timers = [
      clock.every(values.transactionAbortTimedOutTransactionCleanupIntervalMs, () => this.abortTimedOut()),
      clock.every(values.transactionRemoveExpiredTransactionCleanupIntervalMs, () =>
        expireTransactionalIds(this.shell, this.hosted),
      ),
    ];
    this.isActive = true;
    this.logger.info('Startup complete.');
  }

  /** Everyone who waits is sent to look for another coordinator. */
  stop(): void {
    this.logger.info('Shutting down.');
    this.isActive = false;
    for (const timer of this.timers) timer.cancel();
    this.hosted.stop();
    this.shell.markers.stop();
    this.logger.info('Shutdown complete.');
  }

  /** The partition of `__transaction_state` whose leader is the coordinator of the transactional id. */
  partitionFor(transactionalId: string): number {
    return partitionFor(transactionalId, this.partitionCount);
  }

  private hostOf(transactionalId: string): HostedPartition | 'COORDINATOR_LOAD_IN_PROGRESS' | 'NOT_COORDINATOR' {
    return this.hosted.get(this.partitionFor(transactionalId));
  }

  /** Gives a producer its id and an epoch that fences those before it. */
  initProducerId(transactionalId: string, request: InitProducerIdRequest, answer: AnswerInit): void {
    const { timeoutMs } = request;
    if (transactionalId === '') answer(initError('INVALID_REQUEST'));
    else if (timeoutMs <= 0 || timeoutMs > this.shell.values.transactionMaxTimeoutMs) {
      answer(initError('INVALID_TRANSACTION_TIMEOUT'));
    } else if (isTooLong(transactionalId)) answer(initError('UNKNOWN_SERVER_ERROR'));
    else this.initWith(null, transactionalId, request, answer);
  }

  /** @param producerId a new one, once it has turned out that one is needed: getting it takes its time */
  private initWith(
    producerId: number | null,
    transactionalId: string,
    request: InitProducerIdRequest,
    answer: AnswerInit,
  ): void {
    const host = this.hostOf(transactionalId);
    if (typeof host === 'string') {
      answer(initError(host));
      return;
    }
    const known = host.transactions.get(transactionalId);
    const needsId = known === undefined || known.core.needsProducerId(request);
    if (needsId && producerId === null) {
      this.producerIds.next().then(
        (id) => this.initWith(id, transactionalId, request, answer),
        (error: Error) => answer(initError(error instanceof KafkaError ? error.error : 'UNKNOWN_SERVER_ERROR')),
      );
      return;
    }
    const nowMs = this.shell.clock.nowMs();
    const transaction = known ?? this.create(host, transactionalId, producerId!, request.timeoutMs, nowMs);
    const rotatedId = known !== undefined && needsId ? producerId : null;
    transaction.run(transaction.core.initProducerId(request, rotatedId, answer, nowMs));
  }

  private create(
    { partition: txnPartition, coordinatorEpoch, transactions }: HostedPartition,
    transactionalId: string,
    producerId: number,
    timeoutMs: number,
    nowMs: number,
  ): RunningTransaction {
    const place = { transactionalId, txnPartition, coordinatorEpoch };
    const core = Transaction.create(place, producerId, timeoutMs, nowMs);
    const transaction = new RunningTransaction(core, this.shell);
    transactions.set(transactionalId, transaction);
    return transaction;
  }

  /** The transactional id of a producer that has been here before, or why it is not known. */
  private find(transactionalId: string): RunningTransaction | ErrorName {
    if (transactionalId === '') return 'INVALID_REQUEST';
    const host = this.hostOf(transactionalId);
    if (typeof host === 'string') return host;
    return host.transactions.get(transactionalId) ?? 'INVALID_PRODUCER_ID_MAPPING';
  }

  /** Makes partitions part of the producer's transaction, which begins with the first. */
  addPartitions(transactionalId: string, request: PartitionsRequest, answer: AnswerError): void {
    const transaction = this.find(transactionalId);
    if (typeof transaction === 'string') answer(transaction);
    else transaction.run(transaction.core.addPartitions(request, answer, this.shell.clock.nowMs()));
  }

  /** Whether each of the partitions is in the producer's open transaction (KIP-890). */
  verifyPartitions(transactionalId: string, request: PartitionsRequest): ErrorName[] {
    const transaction = this.find(transactionalId);
    if (typeof transaction === 'string') return request.partitions.map(() => transaction);
    return transaction.core.verifyPartitions(request);
  }

  /** Commits or aborts. Answered when that is certain, before the partitions have their markers. */
  endTransaction(transactionalId: string, request: EndRequest, answer: AnswerError): void {
    const transaction = this.find(transactionalId);
    if (typeof transaction === 'string') answer(transaction);
    else transaction.run(transaction.core.endTransaction(request, answer, this.shell.clock.nowMs()));
  }

  /** Throws `KafkaError`. */
  describe(transactionalId: string): TransactionMetadata {
    if (!this.isActive) throw new KafkaError('COORDINATOR_NOT_AVAILABLE');
    const transaction = this.find(transactionalId);
    if (transaction === 'INVALID_PRODUCER_ID_MAPPING') throw new KafkaError('TRANSACTIONAL_ID_NOT_FOUND');
    if (typeof transaction === 'string') throw new KafkaError(transaction);
    return transaction.core.metadata;
  }

  /** Throws `KafkaError`: COORDINATOR_LOAD_IN_PROGRESS while there may be more. */
  list(filters: TransactionFilters): {
    readonly unknownStates: readonly string[];
    readonly transactions: TransactionOverview[];
  } {
    if (!this.isActive) throw new KafkaError('COORDINATOR_NOT_AVAILABLE');
    if (this.hosted.isLoading) throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS');
    const states = new Set(filters.states);
    const producerIds = new Set(filters.producerIds);
    const nowMs = this.shell.clock.nowMs();
    const isWanted = ({ state, producerId, startTimestamp }: TransactionMetadata): boolean =>
      (producerIds.size === 0 || producerIds.has(producerId)) &&
      (states.size === 0 || states.has(state)) &&
      (filters.durationMs < 0 || nowMs - startTimestamp > filters.durationMs);
    const transactions: TransactionOverview[] = [];
    for (const { core, transactionalId } of this.hosted.transactions()) {
      const { producerId, state } = core.metadata;
      if (isWanted(core.metadata)) transactions.push({ transactionalId, producerId, state });
    }
    return { unknownStates: [...states].filter((state) => !STATE_NAMES.has(state)), transactions };
  }

  private abortTimedOut(): void {
    const nowMs = this.shell.clock.nowMs();
    for (const transaction of this.hosted.transactions()) transaction.run(transaction.core.abortIfTimedOut(nowMs));
  }
}
