import type { ErrorName } from '@odradek/protocol/errors';
import type { TopicPartition } from '../cluster/metadata';
import { coordinatorError } from './append-error';
import { failureText, transitText } from './log-text';
import { hasPartition, listPartitions, NO_PARTITIONS, withPartitions } from './partition-set';
import { EpochRefusal, isExhausted, isPlausible, LAST_EPOCH, nextEpoch, rotated } from './producer-epochs';
import {
  type AnswerError,
  type AnswerInit,
  type Effect,
  type EndRequest,
  type InitProducerIdRequest,
  initError,
  type MarkersOutcome,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_TIMESTAMP,
  type PartitionsRequest,
  type ProducerIdAndEpoch,
  type TransactionMetadata,
  type TransactionPlace,
} from './transaction-types';

/** What the transactional id is on its way to. All else has to wait: nothing is decided on what may not come true. */
interface Pending {
  /** Of its append, or of its markers. */
  readonly token: number;
  /** Null: it is being forgotten. */
  readonly target: TransactionMetadata | null;
  /** Its record is committed, or is not (the coordinator's word for why). */
  readonly settled: (error: ErrorName | null, nowMs: number) => void;
}

/**
 * One transactional id (TransactionMetadata, and what TransactionCoordinator does with it): a state machine that decides
 * and leaves what is to be done to others, as effects. Every change is a record first: the state is what is committed,
 * and whoever asked for a change is answered when it has come true.
 */
export class Transaction {
  private effects: Effect[] = [];
  private pending: Pending | null = null;
  private nextToken = 0;
  /** The epoch has been raised to fence somebody, but the record of it may not be in the log: once is enough. */
  private hasFailedEpochFence = false;
  /** Why the record on its way was not stored the last time; it is said once. */
  private lastFailure: ErrorName | null = null;

  constructor(
    readonly place: TransactionPlace,
    private current: TransactionMetadata,
  ) {}

  /** A transactional id that nobody knew, with a producer id that nobody had. */
  static create(place: TransactionPlace, producerId: number, timeoutMs: number, nowMs: number): Transaction {
    return new Transaction(place, {
      producerId,
      lastProducerId: NO_PRODUCER_ID,
      producerEpoch: NO_PRODUCER_EPOCH,
      lastProducerEpoch: NO_PRODUCER_EPOCH,
      timeoutMs,
      state: 'Empty',
      partitions: NO_PARTITIONS,
      startTimestamp: NO_TIMESTAMP,
      lastUpdateTimestamp: nowMs,
    });
  }

  /** What is committed, but for the epoch of a producer that is being fenced. */
  get metadata(): TransactionMetadata {
    return this.current;
  }

  get isPending(): boolean {
    return this.pending !== null;
  }

  private drain(): Effect[] {
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  // Producer ids and epochs

  /** Whether an InitProducerId would use up a new producer id. */
  needsProducerId({ expected }: InitProducerIdRequest): boolean {
    const { state, producerEpoch } = this.current;
    if (this.pending !== null || !isPlausible(this.current, expected)) return false;
    const isIdle = state === 'Empty' || state === 'CompleteCommit' || state === 'CompleteAbort';
    return isIdle && isExhausted(producerEpoch) && (expected === null || expected.producerEpoch === producerEpoch);
  }

  /**
   * Gives the producer an epoch that fences all before it, once none of its transactions is open; one that is open is
   * aborted, and the producer asked to come again (prepareInitProducerIdTransit).
   *
   * @param newProducerId where `needsProducerId`
   */
  initProducerId(
    request: InitProducerIdRequest,
    newProducerId: number | null,
    ticket: AnswerInit,
    nowMs: number,
  ): Effect[] {
    const { state } = this.current;
    if (this.pending !== null || state === 'PrepareCommit' || state === 'PrepareAbort') {
      return this.refuseInit(ticket, 'CONCURRENT_TRANSACTIONS');
    }
    if (!isPlausible(this.current, request.expected)) return this.refuseInit(ticket, 'PRODUCER_FENCED');
    if (state === 'Ongoing') {
      return this.fence((error) => {
        const answer = initError(error === 'NONE' ? 'CONCURRENT_TRANSACTIONS' : error);
        this.effects.push({ type: 'answer-init', ticket, answer });
      }, nowMs);
    }
    const next =
      newProducerId === null
        ? nextEpoch(this.current, request.expected)
        : rotated(this.current, request.expected, newProducerId);
    if (next instanceof EpochRefusal) {
      if (next.why !== null) this.log('info', next.why);
      return this.refuseInit(ticket, next.error);
    }
    const target: TransactionMetadata = {
      ...this.current,
      ...next,
      lastProducerId: this.current.producerId,
      timeoutMs: request.timeoutMs,
      state: 'Empty',
      partitions: NO_PARTITIONS,
      lastUpdateTimestamp: nowMs,
    };
    this.append(target, (error) => this.answerInit(ticket, target, error));
    return this.drain();
  }

  private refuseInit(ticket: AnswerInit, error: ErrorName): Effect[] {
    this.effects.push({ type: 'answer-init', ticket, answer: initError(error) });
    return this.drain();
  }

  private answerInit(ticket: AnswerInit, { producerId, producerEpoch }: TransactionMetadata, error: ErrorName | null) {
    const { transactionalId, txnPartition } = this.place;
    this.log(
      'info',
      error === null
        ? `Initialized transactionalId ${transactionalId} with producerId ${producerId} and producer epoch ${producerEpoch} on partition __transaction_state-${txnPartition}`
        : `Returning ${error} error code to client for ${transactionalId}'s InitProducerId request`,
    );
    const answer = error === null ? { error: 'NONE' as const, producerId, producerEpoch } : initError(error);
    this.effects.push({ type: 'answer-init', ticket, answer });
  }

  // Partitions

  addPartitions(request: PartitionsRequest, ticket: AnswerError, nowMs: number): Effect[] {
    const { current } = this;
    const { state, partitions } = current;
    const refusal = this.refusalOf(request) ?? this.busyError();
    if (refusal !== null) return this.answer(ticket, refusal);
    // It has not got its first epoch, and nobody speaks for it: Kafka's coordinator fails here, too.
    if (current.producerEpoch === NO_PRODUCER_EPOCH) return this.answer(ticket, 'UNKNOWN_SERVER_ERROR');
    const isKnown = (partition: TopicPartition): boolean => hasPartition(partitions, partition);
    if (state === 'Ongoing' && request.partitions.every(isKnown)) return this.answer(ticket, 'NONE');
    const target: TransactionMetadata = {
      ...current,
      state: 'Ongoing',
      partitions: withPartitions(partitions, request.partitions),
      startTimestamp: state === 'Ongoing' ? current.startTimestamp : nowMs,
      lastUpdateTimestamp: nowMs,
    };
    this.append(target, (error) => this.effects.push({ type: 'answer', ticket, error: error ?? 'NONE' }));
    return this.drain();
  }

  /**
   * Whether each partition is in the producer's open transaction: before a leader takes records of it (KIP-890). What is
   * pending does not count: a partition is in from when that is committed until its marker is written.
   */
  verifyPartitions(request: PartitionsRequest): ErrorName[] {
    const { state, partitions } = this.current;
    const isEnding = state === 'PrepareCommit' || state === 'PrepareAbort';
    const refusal = this.refusalOf(request) ?? (isEnding ? 'CONCURRENT_TRANSACTIONS' : null);
    return request.partitions.map(
      (partition) => refusal ?? (hasPartition(partitions, partition) ? 'NONE' : 'TRANSACTION_ABORTABLE'),
    );
  }

  private refusalOf({ producerId, producerEpoch }: ProducerIdAndEpoch): ErrorName | null {
    if (producerId !== this.current.producerId) return 'INVALID_PRODUCER_ID_MAPPING';
    return producerEpoch === this.current.producerEpoch ? null : 'PRODUCER_FENCED';
  }

  private busyError(): ErrorName | null {
    const { state } = this.current;
    const isBusy = this.pending !== null || state === 'PrepareCommit' || state === 'PrepareAbort';
    return isBusy ? 'CONCURRENT_TRANSACTIONS' : null;
  }

  private answer(ticket: AnswerError, error: ErrorName): Effect[] {
    this.effects.push({ type: 'answer', ticket, error });
    return this.drain();
  }

  // The end of a transaction

  /** The producer is answered once the outcome is certain; its markers are written after that. */
  endTransaction(request: EndRequest, ticket: AnswerError, nowMs: number): Effect[] {
    const refusal = this.refusalOf(request) ?? this.endRefusal(request.isCommit);
    if (refusal !== null) return this.answer(ticket, refusal);
    this.prepareEnd(request.isCommit, (error) => this.effects.push({ type: 'answer', ticket, error }), nowMs);
    return this.drain();
  }

  /** Null where there is something to end; NONE where it has ended so already. */
  private endRefusal(isCommit: boolean): ErrorName | null {
    if (this.pending !== null) return 'CONCURRENT_TRANSACTIONS';
    const { state } = this.current;
    switch (state) {
      case 'Ongoing':
        return null;
      case 'CompleteCommit':
        return isCommit ? 'NONE' : 'INVALID_TXN_STATE';
      case 'CompleteAbort':
        return isCommit ? 'INVALID_TXN_STATE' : 'NONE';
      case 'PrepareCommit':
        return isCommit ? 'CONCURRENT_TRANSACTIONS' : 'INVALID_TXN_STATE';
      case 'PrepareAbort':
        return isCommit ? 'INVALID_TXN_STATE' : 'CONCURRENT_TRANSACTIONS';
      case 'Empty':
        return 'INVALID_TXN_STATE';
      default:
        return state satisfies never;
    }
  }

  /** Aborts a transaction that has been open for longer than its producer allowed. */
  abortIfTimedOut(nowMs: number): Effect[] {
    const { state, startTimestamp, timeoutMs } = this.current;
    if (this.pending !== null || state !== 'Ongoing' || startTimestamp + timeoutMs >= nowMs) return [];
    const rollback = `ollback of ongoing transaction for transactionalId ${this.place.transactionalId}`;
    return this.fence((error) => {
      if (error === 'NONE') this.log('info', `Completed r${rollback} due to timeout`);
      else this.log('warn', `R${rollback} failed due to error ${error}`);
    }, nowMs);
  }

  /** Aborts the open transaction with an epoch that its producer has not (PrepareEpochFence). */
  private fence(ended: (error: ErrorName) => void, nowMs: number): Effect[] {
    const { producerEpoch } = this.current;
    // Nobody has been told of an epoch that was raised in vain. Above the last one there is none: nobody was ever given that
    // either, and whoever goes on with it all the same must not keep what is open open (Kafka's coordinator throws here).
    const fencing = this.hasFailedEpochFence ? producerEpoch : Math.min(producerEpoch + 1, LAST_EPOCH);
    this.current = { ...this.current, producerEpoch: fencing, lastProducerEpoch: NO_PRODUCER_EPOCH };
    const fenced = (error: ErrorName): void => {
      if (error !== 'NONE') {
        this.hasFailedEpochFence = true;
        this.log(
          'warn',
          `The coordinator failed to write an epoch fence transition for producer ${this.place.transactionalId} to the transaction log with error ${error}. The epoch was increased to ${fencing} but not returned to the client`,
        );
      }
      ended(error);
    };
    this.prepareEnd(false, fenced, nowMs);
    return this.drain();
  }

  private prepareEnd(isCommit: boolean, ended: (error: ErrorName) => void, nowMs: number): void {
    const state = isCommit ? 'PrepareCommit' : 'PrepareAbort';
    const target: TransactionMetadata = { ...this.current, state, lastUpdateTimestamp: nowMs };
    this.append(target, (error, settledMs) => {
      if (error === null) {
        ended('NONE');
        this.sendMarkers(settledMs);
        return;
      }
      const { transactionalId, coordinatorEpoch } = this.place;
      this.log(
        'info',
        `Aborting sending of transaction markers and returning ${error} error to client for ${transactionalId}'s EndTransaction request of ${isCommit ? 'COMMIT' : 'ABORT'}, since appending ${transitText(target)} to transaction log with coordinator epoch ${coordinatorEpoch} failed`,
      );
      ended(error);
    });
  }

  /** The partition has been loaded: what the coordinator before this one had begun to end, or should have, this one ends. */
  loaded(nowMs: number): Effect[] {
    const { state } = this.current;
    // Where brokers die often, no coordinator may live until its next look for those whose time is over.
    if (state === 'Ongoing') return this.abortIfTimedOut(nowMs);
    if (state === 'PrepareCommit' || state === 'PrepareAbort') {
      this.sendMarkers(nowMs);
      const { txnPartition } = this.place;
      this.log(
        'info',
        `Sending txn markers for ${transitText(this.pending!.target!)} after loading partition ${txnPartition}`,
        'TransactionStateManager',
      );
    }
    return this.drain();
  }

  private sendMarkers(nowMs: number): void {
    const { producerId, producerEpoch, state, partitions } = this.current;
    const isCommit = state === 'PrepareCommit';
    this.hasFailedEpochFence = false;
    const target: TransactionMetadata = {
      ...this.current,
      state: isCommit ? 'CompleteCommit' : 'CompleteAbort',
      partitions: NO_PARTITIONS,
      lastUpdateTimestamp: nowMs,
    };
    const token = this.nextToken++;
    this.pending = { token, target, settled: () => {} };
    const ended = { producerId, producerEpoch, isCommit, partitions: listPartitions(partitions) };
    this.effects.push({ type: 'send-markers', token, transaction: { ...this.place, ...ended } });
  }

  /**
   * Every partition has its marker: that is written down. Where somebody newer has taken over, nothing more is to be done
   * here: either the partition has a new leader, or nothing but a reload would help (Kafka's coordinator waits, too).
   */
  markersSettled(token: number, outcome: MarkersOutcome): Effect[] {
    const { pending } = this;
    if (pending?.token !== token || pending.target === null || outcome === 'abandoned') return [];
    this.complete(pending.target, 'append');
    return this.drain();
  }

  private complete(target: TransactionMetadata, type: 'append' | 'append-again'): void {
    const token = this.nextToken++;
    const settled = (error: ErrorName | null): void => {
      // Where this is no coordinator any more, the next one sends the markers again, and writes this.
      if (error !== null && error !== 'NOT_COORDINATOR') this.complete(target, 'append-again');
    };
    this.pending = { token, target, settled };
    this.effects.push({ type, token, metadata: target });
  }

  // Expiry

  /** Whether it has not been used for so long that nobody will miss it. From now on it is being forgotten. */
  expire(nowMs: number, expirationMs: number): boolean {
    const { state, lastUpdateTimestamp } = this.current;
    const isIdle = state === 'Empty' || state === 'CompleteCommit' || state === 'CompleteAbort';
    if (this.pending !== null || !isIdle || lastUpdateTimestamp > nowMs - expirationMs) return false;
    this.pending = { token: this.nextToken++, target: null, settled: () => {} };
    return true;
  }

  /** Its tombstone was not stored. */
  expiryFailed(): void {
    this.pending = null;
  }

  // Records

  private append(target: TransactionMetadata, settled: Pending['settled']): void {
    this.lastFailure = null;
    const token = this.nextToken++;
    this.pending = { token, target, settled };
    this.effects.push({ type: 'append', token, metadata: target });
  }

  /** The record is committed (null), or was not stored. */
  persisted(token: number, appendError: ErrorName | null, nowMs: number): Effect[] {
    const { pending } = this;
    if (pending?.token !== token || pending.target === null) return [];
    const error = appendError === null ? null : coordinatorError(appendError);
    if (error === null) this.current = pending.target;
    else if (error !== this.lastFailure) {
      this.log('info', failureText(this.place.transactionalId, pending.target, error), 'TransactionStateManager');
    }
    this.lastFailure = error;
    this.pending = null;
    pending.settled(error, nowMs);
    return this.drain();
  }

  /** This broker coordinates it no more: whoever waits is told to look for another one. */
  unload(nowMs: number): Effect[] {
    const { pending } = this;
    this.pending = null;
    pending?.settled('NOT_COORDINATOR', nowMs);
    return this.drain();
  }

  private log(
    level: 'info' | 'warn',
    message: string,
    by: 'TransactionCoordinator' | 'TransactionStateManager' = 'TransactionCoordinator',
  ): void {
    this.effects.push({ type: 'log', by, level, message });
  }
}
