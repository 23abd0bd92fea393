import { type Hosted, HostedPartitions } from '../replication/hosted-partitions';
import type { LeadershipListener } from '../replication/partition-writer';
import { tellOfLosses } from '../replication/replay-losses';
import { TRANSACTION_STATE_TOPIC } from './records';
import { TransactionReplay } from './replay';
import { RunningTransaction } from './running-transaction';
import { Transaction } from './transaction';
import type { TransactionShell } from './transaction-shell';

/** A partition of `__transaction_state` that this broker leads. */
export interface HostedPartition extends Hosted {
  /** The leader epoch that it was elected in: later ones in which it goes on leading change nothing for the markers. */
  readonly coordinatorEpoch: number;
  readonly transactions: Map<string, RunningTransaction>;
}

const nameOf = (partition: number): string => `${TRANSACTION_STATE_TOPIC}-${partition}`;

/**
 * The transactions in the partitions of `__transaction_state` that this broker leads: read back when it comes to lead one,
 * given up when it ceases to (the partitions' half of TransactionStateManager).
 */
export class HostedTransactions implements LeadershipListener {
  private readonly hosted: HostedPartitions<HostedPartition, TransactionReplay>;

  constructor(private readonly shell: TransactionShell) {
    const { writer, clock, values, loggers } = shell;
    this.hosted = new HostedPartitions(
      {
        topic: TRANSACTION_STATE_TOPIC,
        writer,
        clock,
        bufferBytes: values.transactionStateLogLoadBufferSize,
        newReplay: () => new TransactionReplay(),
        failed: (partition, error) =>
          loggers.TransactionStateManager.error(
            `Error loading transactions from transaction log ${nameOf(partition)}: ${error.message}`,
            { error },
          ),
      },
      {
        hold: (partition, leaderEpoch) => this.hold(partition, leaderEpoch),
        loaded: (hosted, replay, startMs) => this.whenCommitted(hosted, () => this.loaded(hosted, replay, startMs)),
        gaveUp: (hosted, leaderEpoch) => this.gaveUp(hosted, leaderEpoch),
      },
    );
  }

  /** Whether any partition's transactions are still being read. */
  get isLoading(): boolean {
    return this.hosted.isLoading;
  }

  /** The partition's transactions; why they are not known where they are being read, or are another broker's. */
  get(partition: number): HostedPartition | 'COORDINATOR_LOAD_IN_PROGRESS' | 'NOT_COORDINATOR' {
    const hosted = this.hosted.get(partition);
    if (hosted === undefined) return 'NOT_COORDINATOR';
    return hosted.isLoaded ? hosted : 'COORDINATOR_LOAD_IN_PROGRESS';
  }

  /** Those that are loaded. */
  partitions(): HostedPartition[] {
    return [...this.hosted.all()].filter(({ isLoaded }) => isLoaded);
  }

  *transactions(): Generator<RunningTransaction> {
    for (const { transactions } of this.hosted.all()) yield* transactions.values();
  }

  /** Whether the partition is still led in the same term. */
  isCurrent(hosted: HostedPartition): boolean {
    return this.hosted.isCurrent(hosted);
  }

  elected(partition: number, leaderEpoch: number): void {
    this.hosted.elected(partition, leaderEpoch);
  }

  resigned(partition: number, leaderEpoch: number | null): void {
    this.hosted.resigned(partition, leaderEpoch);
  }

  /** Gives all transactions up, and takes none any more. */
  stop(): void {
    this.hosted.stop();
  }

  private hold(partition: number, coordinatorEpoch: number): HostedPartition {
    const { loggers } = this.shell;
    loggers.TransactionCoordinator.debug(
      `Elected as the txn coordinator for partition ${partition} at epoch ${coordinatorEpoch}`,
    );
    loggers.TransactionStateManager.debug(
      `Loading transaction metadata from ${nameOf(partition)} at epoch ${coordinatorEpoch}`,
    );
    return { partition, coordinatorEpoch, isLoaded: false, transactions: new Map() };
  }

  /**
   * Nobody is told of what may be lost with this leader, and no markers are sent for it: the leader after it would decide
   * anew. (Apache's coordinator goes by its log's end.)
   */
  private whenCommitted(hosted: HostedPartition, proceed: () => void): void {
    this.shell.whenCommitted(hosted.partition, () => {
      if (this.isCurrent(hosted)) proceed();
    });
  }

  private loaded(hosted: HostedPartition, replay: TransactionReplay, startMs: number): void {
    const { partition, coordinatorEpoch, transactions } = hosted;
    const { clock, loggers } = this.shell;
    tellOfLosses(loggers.TransactionStateManager, nameOf(partition), 'transaction state', replay);
    for (const [transactionalId, metadata] of replay.transactions) {
      const place = { transactionalId, txnPartition: partition, coordinatorEpoch };
      transactions.set(transactionalId, new RunningTransaction(new Transaction(place, metadata), this.shell));
    }
    hosted.isLoaded = true;
    const durationMs = Math.round(clock.monotonicMs() - startMs);
    loggers.TransactionStateManager[transactions.size > 0 ? 'info' : 'debug'](
      `Finished loading ${transactions.size} transaction metadata from ${nameOf(partition)} in ${durationMs} milliseconds, of which 0 milliseconds was spent in the scheduler.`,
      { partition, transactions: transactions.size, durationMs, coordinatorEpoch },
    );
    const nowMs = clock.nowMs();
    for (const transaction of transactions.values()) transaction.run(transaction.core.loaded(nowMs));
  }

  private gaveUp(
    { partition, coordinatorEpoch, transactions }: HostedPartition,
    leaderEpoch: number | undefined,
  ): void {
    this.shell.markers.partitionResigned(partition);
    for (const transaction of transactions.values()) transaction.unload();
    const { loggers } = this.shell;
    loggers.TransactionCoordinator.debug(
      `Resigned as the txn coordinator for partition ${partition} at epoch ${leaderEpoch}`,
    );
    loggers.TransactionStateManager[transactions.size > 0 ? 'info' : 'debug'](
      `Unloaded transaction metadata TxnMetadataCacheEntry(coordinatorEpoch=${coordinatorEpoch}, numTransactionalEntries=${transactions.size}) for ${nameOf(partition)} on become-follower transition`,
      { partition, transactions: transactions.size },
    );
  }
}
