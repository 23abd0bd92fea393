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
