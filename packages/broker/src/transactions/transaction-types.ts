import type { ErrorName } from '@odradek/protocol/errors';
import type { TopicPartition } from '../cluster/metadata';
import type { PartitionSet } from './partition-set';

/** A transaction whose outcome is written down: what its markers say, and where they have to go. */
export interface EndedTransaction {
  readonly transactionalId: string;
  /** The partition of `__transaction_state` that it is kept in. */
  readonly txnPartition: number;
  /** The leader epoch of that partition: markers of an older coordinator are refused. */
  readonly coordinatorEpoch: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly isCommit: boolean;
  readonly partitions: readonly TopicPartition[];
}

/**
 * What became of a transaction's markers. `complete`: each partition has its marker, or needs none. `abandoned`: another
 * producer epoch or coordinator has taken over; the transaction stays as it is.
 */
export type MarkersOutcome = 'complete' | 'abandoned';

/** Sends the markers of ended transactions. */
export interface TransactionMarkers {
  /**
   * Sends the transaction's markers, for as long as it takes. `settled` is called once, and never before `send` returns;
   * never for a partition of `__transaction_state` that has been resigned meanwhile, nor after `stop`.
   */
  send(transaction: EndedTransaction, settled: (outcome: MarkersOutcome) => void): void;
  /** This broker coordinates the transactions of that partition of `__transaction_state` no more. */
  partitionResigned(txnPartition: number): void;
  stop(): void;
}

/**
 * - `Empty`: no transaction has been begun since the producer got its epoch. → Empty, Ongoing, forgotten
 * - `Ongoing`: has partitions, and time until its timeout. → Ongoing, PrepareCommit, PrepareAbort
 * - `PrepareCommit`, `PrepareAbort`: the outcome is certain, its markers are being written. → CompleteCommit, CompleteAbort
 * - `CompleteCommit`, `CompleteAbort`: every partition has its marker. → Empty, Ongoing, forgotten
 */
export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort';

/** All that may be asked for: Kafka has names for what is never seen, too. */
export const STATE_NAMES: ReadonlySet<string> = new Set<TransactionState | 'Dead' | 'PrepareEpochFence'>([
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
]);

export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_TIMESTAMP = -1;

/** All that is known of a transactional id (TransactionMetadata). Never changed; a new one takes its place. */
export interface TransactionMetadata {
  readonly producerId: number;
  /** Before the last InitProducerId; not kept in records. */
  readonly lastProducerId: number;
  /** -1 until the first InitProducerId is answered. */
  readonly producerEpoch: number;
  /** What a producer that has lost the answer to its InitProducerId may still name (KIP-360); not kept in records. */
  readonly lastProducerEpoch: number;
  readonly timeoutMs: number;
  readonly state: TransactionState;
  readonly partitions: PartitionSet;
  /** When the first partition was added; -1 where there was no transaction yet. */
  readonly startTimestamp: number;
  readonly lastUpdateTimestamp: number;
}

/** Where a transactional id is kept, and in which term of its coordinator. */
export interface TransactionPlace {
  readonly transactionalId: string;
  /** The partition of `__transaction_state`. */
  readonly txnPartition: number;
  /** The leader epoch of that partition. */
  readonly coordinatorEpoch: number;
}

export interface ProducerIdAndEpoch {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** A transactional InitProducerId. */
export interface InitProducerIdRequest {
  readonly timeoutMs: number;
  /** What the producer has been until now, where it says so (version 3 and later, KIP-360). */
  readonly expected: ProducerIdAndEpoch | null;
}

/** Of a failure: -1 and -1. */
export interface InitProducerIdAnswer extends ProducerIdAndEpoch {
  readonly error: ErrorName;
}

/** Partitions that a producer adds to its transaction, or asks about. */
export interface PartitionsRequest extends ProducerIdAndEpoch {
  readonly partitions: readonly TopicPartition[];
}

export interface EndRequest extends ProducerIdAndEpoch {
  readonly isCommit: boolean;
}

/** Called once, when what it tells of is committed. */
export type AnswerInit = (answer: InitProducerIdAnswer) => void;
/** Called once, when what it tells of is committed. */
export type AnswerError = (error: ErrorName) => void;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What one transactional id wants done, in this order. */
export type Effect =
  | { readonly type: 'answer-init'; readonly ticket: AnswerInit; readonly answer: InitProducerIdAnswer }
  | { readonly type: 'answer'; readonly ticket: AnswerError; readonly error: ErrorName }
  /** Append the record and call `persisted` with the token once it is committed, or has failed. */
  | { readonly type: 'append'; readonly token: number; readonly metadata: TransactionMetadata }
  /** As `append`, but after a while. */
  | { readonly type: 'append-again'; readonly token: number; readonly metadata: TransactionMetadata }
  /** Send the markers and call `markersSettled` with the token. */
  | { readonly type: 'send-markers'; readonly token: number; readonly transaction: EndedTransaction }
  /** `by`: which of Kafka's two loggers has the line. */
  | {
      readonly type: 'log';
      readonly by: 'TransactionCoordinator' | 'TransactionStateManager';
      readonly level: LogLevel;
      readonly message: string;
    };

export function initError(error: ErrorName): InitProducerIdAnswer {
  return { error, producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH };
}
