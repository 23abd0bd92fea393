import type { ErrorName } from '@odradek/protocol/errors';
import { type BrokerEndpoint, type MetadataImage, NO_LEADER, type TopicPartition } from '../cluster/metadata';
import type { MetadataCache } from '../cluster/metadata-cache';
import type { ConnectPeer } from '../cluster/peers';
import { TRANSACTION_STATE_TOPIC } from '../cluster/topic-names';
import type { Logger } from '../env/logger';
import { VerificationChannel } from './verification-channel';

/** Partitions that a producer writes to as part of a transaction; does its coordinator know of them? */
export interface Verification {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: readonly TopicPartition[];
  /** Whether who asked knows of TRANSACTION_ABORTABLE (Produce 11, TxnOffsetCommit 4). */
  readonly knowsAbortable: boolean;
}

/** NONE for a partition that is part of the transaction, or why it is not known to be. */
export type Verified = (errorOf: (topic: string, partition: number) => ErrorName) => void;

export interface TransactionVerifierOptions {
  readonly metadata: MetadataCache;
  readonly connect: ConnectPeer;
  readonly logger: Logger;
  /** The listener that brokers talk to each other on. */
  readonly listenerName: string;
  readonly requestTimeoutMs: number;
  /** The partition of `__transaction_state` that a transactional id is kept in. */
  readonly partitionFor: (transactionalId: string) => number;
}

/**
 * Asks the coordinators of transactions whether they know what producers write as part of them (KIP-890, first part;
 * AddPartitionsToTxnManager): a record that comes after its transaction's end would otherwise begin one that nobody ends.
 */
export class TransactionVerifier {
  /** By broker. */
  private readonly channels = new Map<number, VerificationChannel>();
  private isStopped = false;

  constructor(private readonly options: TransactionVerifierOptions) {}

  /** `verified` is called once, maybe before `verify` returns. */
  verify(verification: Verification, verified: Verified): void {
    const channel = this.isStopped ? null : this.channelTo(this.coordinatorOf(verification.transactionalId));
    if (channel === null) verified(() => 'COORDINATOR_NOT_AVAILABLE');
    else channel.verify(verification, verified);
  }

  /** Whoever waits is told to try again. */
  stop(): void {
    this.isStopped = true;
    for (const channel of this.channels.values()) channel.close();
    this.channels.clear();
  }

  private coordinatorOf(transactionalId: string): number {
    const { metadata, partitionFor } = this.options;
    return metadata.partition(TRANSACTION_STATE_TOPIC, partitionFor(transactionalId))?.leader ?? NO_LEADER;
  }

  private channelTo(broker: number): VerificationChannel | null {
    const { metadata, connect, logger, requestTimeoutMs } = this.options;
    const endpoint = this.endpoint(metadata.image, broker);
    if (endpoint === undefined) return null;
    const known = this.channels.get(broker);
    if (known?.endpoint.host === endpoint.host && known.endpoint.port === endpoint.port) return known;
    known?.close();
    const channel = new VerificationChannel(broker, endpoint, { connect, logger, requestTimeoutMs });
    this.channels.set(broker, channel);
    return channel;
  }

  private endpoint({ brokers }: MetadataImage, broker: number): BrokerEndpoint | undefined {
    return brokers.get(broker)?.endpoints.get(this.options.listenerName);
  }
}
