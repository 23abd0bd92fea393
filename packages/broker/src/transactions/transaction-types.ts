import type { TopicPartition } from '../cluster/metadata';

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
