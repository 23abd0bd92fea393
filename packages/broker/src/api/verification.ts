import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import type { Services } from './services';

/**
 * What a transactional append to the partition has to show (KIP-890): null where its transaction is open there already,
 * or nobody asks, a guard where it has to be verified first, or why it cannot be made (ReplicaManager.
 * maybeStartTransactionVerificationForPartition).
 */
export function guardOf(
  { replicas, config }: Services,
  topic: string,
  partition: number,
  producerId: number,
  producerEpoch: number,
  sequence: number,
): object | ErrorName | null {
  if (!config().values.transactionPartitionVerificationEnable) return null;
  try {
    const replica = replicas.get(topic, partition);
    replica.leaderState();
    return replica.log.startTransactionVerification(producerId, sequence, producerEpoch);
  } catch (error) {
    if (error instanceof KafkaError) return error.error;
    throw error;
  }
}
