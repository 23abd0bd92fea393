import type { ErrorName } from '@odradek/protocol/errors';
import { listPartitions } from './partition-set';
import type { TransactionMetadata } from './transaction-types';

/** As Kafka prints what a transaction is to become (TxnTransitMetadata). */
export function transitText(metadata: TransactionMetadata): string {
  const partitions = listPartitions(metadata.partitions).map(({ topic, partition }) => `${topic}-${partition}`);
  const fields = {
    producerId: metadata.producerId,
    lastProducerId: metadata.lastProducerId,
    producerEpoch: metadata.producerEpoch,
    lastProducerEpoch: metadata.lastProducerEpoch,
    txnTimeoutMs: metadata.timeoutMs,
    txnState: metadata.state,
    topicPartitions: `Set(${partitions.join(', ')})`,
    txnStartTimestamp: metadata.startTimestamp,
    txnLastUpdateTimestamp: metadata.lastUpdateTimestamp,
  };
  const text = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  return `TxnTransitMetadata(${text.join(', ')})`;
}

/** As Kafka says that a record was not stored (TransactionStateManager.appendTransactionToLog). */
export function failureText(transactionalId: string, target: TransactionMetadata, error: ErrorName): string {
  const isComplete = target.state === 'CompleteCommit' || target.state === 'CompleteAbort';
  const start = `TransactionalId ${transactionalId} append transaction log for ${transitText(target)} transition failed due to ${error}, `;
  const rest = isComplete
    ? `not resetting pending state Some(${target.state}) but just returning the error in the callback to let the caller retry`
    : `resetting pending state from Some(${target.state}), aborting state transition and returning ${error} in the callback`;
  return start + rest;
}
