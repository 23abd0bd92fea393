import { PartitionLoading } from '../replication/partition-loading';
import type { LeadershipListener } from '../replication/partition-writer';
import { TRANSACTION_STATE_TOPIC } from './records';
import { TransactionReplay } from './replay';
import { RunningTransaction } from './running-transaction';
import { Transaction } from './transaction';
import type { TransactionShell } from './transaction-shell';

/** A partition of `__transaction_state` that this broker leads. */
export interface HostedPartition {
  readonly partition: number;
  /** The leader epoch that it was elected in: later ones in which it goes on leading change nothing for the markers. */
  readonly coordinatorEpoch: number;
  isLoaded: boolean;
  readonly transactions: Map<string, RunningTransaction>;
}

const nameOf = (partition: number): string => `${TRANSACTION_STATE_TOPIC}-${partition}`;

/**
 * The transactions in the partitions of `__transaction_state` that this broker leads: read back when it comes to lead one,
 * given up when it ceases to (the partitions' half of TransactionStateManager).
 */
export class HostedTransactions implements LeadershipListener {
  private readonly hosted = new Map<number, HostedPartition>();
  /** The latest leader epoch that was heard of: what comes late changes nothing. */
  private readonly epochs = new Map<number, number>();
  private readonly loading: PartitionLoading<TransactionReplay>;
  private isStopped = false;

  constructor(private readonly shell: TransactionShell) {
    const { writer, clock, values, loggers } = shell;
    this.loading = new PartitionLoading({
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
    });
  }

  /** Whether any partition's transactions are still being read. */
  get isLoading(): boolean {
    for (const { isLoaded } of this.hosted.values()) if (!isLoaded) return true;
    return false;
  }

  /** The partition's transactions; why they are not known where they are being read, or are another broker's. */
  get(partition: number): HostedPartition | 'COORDINATOR_LOAD_IN_PROGRESS' | 'NOT_COORDINATOR' {
    const hosted = this.hosted.get(partition);
    if (hosted === undefined) return 'NOT_COORDINATOR';
    return hosted.isLoaded ? hosted : 'COORDINATOR_LOAD_IN_PROGRESS';
  }

  /** Those that are loaded. */
  partitions(): HostedPartition[] {
    return [...this.hosted.values()].filter(({ isLoaded }) => isLoaded);
  }

  *transactions(): Generator<RunningTransaction> {
    for (const { transactions } of this.hosted.values()) yield* transactions.values();
  }

  /** Whether the partition is still led in the same term. */
  isCurrent(hosted: HostedPartition): boolean {
    return this.hosted.get(hosted.partition) === hosted;
  }

  elected(partition: number, leaderEpoch: number): void {
    if (leaderEpoch < (this.epochs.get(partition) ?? leaderEpoch)) return;
    this.epochs.set(partition, leaderEpoch);
    if (this.isStopped || this.hosted.has(partition)) return;
    const { loggers, clock } = this.shell;
    loggers.TransactionCoordinator.debug(
      `Elected as the txn coordinator for partition ${partition} at epoch ${leaderEpoch}`,
    );
    loggers.TransactionStateManager.debug(
      `Loading transaction metadata from ${nameOf(partition)} at epoch ${leaderEpoch}`,
    );
    const hosted = { partition, coordinatorEpoch: leaderEpoch, isLoaded: false, transactions: new Map() };
    this.hosted.set(partition, hosted);
    const startMs = clock.monotonicMs();
    this.loading.start(partition, (replay) => this.whenCommitted(hosted, () => this.loaded(hosted, replay, startMs)));
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
    this.tellOfLosses(partition, replay);
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

  private tellOfLosses(partition: number, { unknownKeys, damaged }: TransactionReplay): void {
    const logger = this.shell.loggers.TransactionStateManager;
    for (const [version, count] of unknownKeys) {
      logger.warn(
        `Unknown message key with version ${version} while loading transaction state from ${nameOf(partition)}. Ignoring ${count} of them. It could be a left over from an aborted upgrade.`,
      );
    }
    for (const { offset, reason } of damaged) {
      logger.error(`The record at offset ${offset} of ${nameOf(partition)} cannot be read and is left out: ${reason}`);
    }
  }

  resigned(partition: number, leaderEpoch: number | null): void {
    const current = this.epochs.get(partition);
    if (leaderEpoch !== null && current !== undefined && leaderEpoch < current) return;
    // A topic that is deleted and made again begins with epoch 0.
    if (leaderEpoch === null) this.epochs.delete(partition);
    else this.epochs.set(partition, leaderEpoch);
    const hosted = this.hosted.get(partition);
    if (hosted === undefined) return;
    this.hosted.delete(partition);
    this.loading.cancel(partition);
    this.shell.markers.partitionResigned(partition);
    for (const transaction of hosted.transactions.values()) transaction.unload();
    const { loggers } = this.shell;
    loggers.TransactionCoordinator.debug(
      `Resigned as the txn coordinator for partition ${partition} at epoch ${leaderEpoch ?? current}`,
    );
    loggers.TransactionStateManager[hosted.transactions.size > 0 ? 'info' : 'debug'](
      `Unloaded transaction metadata TxnMetadataCacheEntry(coordinatorEpoch=${hosted.coordinatorEpoch}, numTransactionalEntries=${hosted.transactions.size}) for ${nameOf(partition)} on become-follower transition`,
      { partition, transactions: hosted.transactions.size },
    );
  }

  /** Gives all transactions up, and takes none any more. */
  stop(): void {
    this.isStopped = true;
    for (const partition of [...this.hosted.keys()]) this.resigned(partition, null);
  }
}
