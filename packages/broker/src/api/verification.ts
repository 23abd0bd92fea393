import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import {
  baseSequenceAt,
  isTransactionalAt,
  NO_PRODUCER_ID,
  producerEpochAt,
  producerIdAt,
} from '@odradek/protocol/records/batch';
import type { TopicPartition } from '../cluster/metadata';
import type { Services } from './services';

/** From this version of Produce on clients know that a transaction can only be aborted any more (KIP-890). */
const FIRST_ABORTABLE_VERSION = 11;

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

/** Why records were not appended that could not be verified, in words for the client. */
export class UnverifiedError extends KafkaError {}

/** What a producer is told where its coordinator answers `error`; older clients know few of them (KIP-890). */
function unverified(error: ErrorName): KafkaError {
  switch (error) {
    case 'INVALID_TXN_STATE':
      return new UnverifiedError(error, 'Partition was not added to the transaction');
    case 'CONCURRENT_TRANSACTIONS':
    case 'NETWORK_EXCEPTION':
    case 'COORDINATOR_LOAD_IN_PROGRESS':
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
      // It makes all clients try again, and none of them ask for metadata.
      return new UnverifiedError(
        'NOT_ENOUGH_REPLICAS',
        `Unable to verify the partition has been added to the transaction. Underlying error: ${error}`,
      );
    default:
      return new KafkaError(error);
  }
}

interface TransactionalBatch extends TopicPartition {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly sequence: number;
}

/** The transactional batches of one Produce request, and whether their coordinator knows of them (ReplicaManager.handleProduceAppend). */
export class VerifiedAppends {
  /** By `topic-N`. */
  private readonly batches = new Map<string, TransactionalBatch>();
  /** By `topic-N`, where the transaction is not open there: the guard to append with, or why not to. */
  private readonly outcomes = new Map<string, object | ErrorName>();
  private readonly asked: TransactionalBatch[] = [];

  constructor(
    private readonly services: Services,
    private readonly transactionalId: string,
    private readonly apiVersion: number,
  ) {}

  /** Takes in what the request has for a partition: whole batches, of which the first one counts. */
  add(topic: string, partition: number, records: Buffer): void {
    const producerId = producerIdAt(records, 0);
    if (producerId === NO_PRODUCER_ID || !isTransactionalAt(records, 0)) return;
    const [producerEpoch, sequence] = [producerEpochAt(records, 0), baseSequenceAt(records, 0)];
    this.batches.set(`${topic}-${partition}`, { topic, partition, producerId, producerEpoch, sequence });
  }

  /** Begins to append: true where the coordinator has to be asked. Throws INVALID_PRODUCER_ID_MAPPING. */
  begin(): boolean {
    let first: TransactionalBatch | null = null;
    for (const batch of this.batches.values()) {
      first ??= batch;
      if (batch.producerId === first.producerId && batch.producerEpoch === first.producerEpoch) continue;
      throw new KafkaError('INVALID_PRODUCER_ID_MAPPING', 'Transactional records contained more than one producer ID');
    }
    for (const [name, batch] of this.batches) {
      const { topic, partition, producerId, producerEpoch, sequence } = batch;
      const outcome = guardOf(this.services, topic, partition, producerId, producerEpoch, sequence);
      if (outcome === null) continue;
      this.outcomes.set(name, outcome);
      if (typeof outcome === 'object') this.asked.push(batch);
    }
    return this.asked.length > 0;
  }

  /** Asks the coordinator. */
  verify(): Promise<void> {
    const { transactionalId, apiVersion, asked } = this;
    const { producerId, producerEpoch } = asked[0]!;
    const knowsAbortable = apiVersion >= FIRST_ABORTABLE_VERSION;
    const verification = { transactionalId, producerId, producerEpoch, partitions: asked, knowsAbortable };
    return new Promise((resolve) => {
      this.services.transactionVerifier.verify(verification, (errorOf) => {
        for (const { topic, partition } of asked) {
          const error = errorOf(topic, partition);
          if (error !== 'NONE') this.outcomes.set(`${topic}-${partition}`, error);
        }
        resolve();
      });
    });
  }

  /** What the append to the partition has to show; null for nothing. Throws `KafkaError` where it is not to be made. */
  guardOf(topic: string, partition: number): object | null {
    if (this.outcomes.size === 0) return null;
    const outcome = this.outcomes.get(`${topic}-${partition}`) ?? null;
    if (typeof outcome === 'string') throw unverified(outcome);
    return outcome;
  }
}
