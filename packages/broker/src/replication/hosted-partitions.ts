import { PartitionLoading, type PartitionLoadingOptions, type PartitionReplay } from './partition-loading';
import type { LeadershipListener } from './partition-writer';

/** A partition of a coordinator's topic that this broker leads, with whatever the coordinator keeps of it. */
export interface Hosted {
  readonly partition: number;
  /** Whether its records have been read to their end. */
  isLoaded: boolean;
}

/** What a coordinator does with its partitions. */
export interface Host<Held extends Hosted, Replay> {
  /** Leads one from now on: what it holds begins empty. */
  hold(partition: number, leaderEpoch: number): Held;
  /** Its records have been read, and it is still held: makes of them what they say, and sets `isLoaded`. */
  loaded(held: Held, replay: Replay, startMs: number): void;
  /** Does not lead it any more: `leaderEpoch` is the latest that is known, if any. */
  gaveUp(held: Held, leaderEpoch: number | undefined): void;
  /** An election that others came before. */
  tooLate?(partition: number, leaderEpoch: number, currentEpoch: number): void;
}

/**
 * The partitions of a coordinator's topic that this broker leads: each is read back when it comes to lead it, and given up
 * when it ceases to (the part that GroupMetadataManager and TransactionStateManager have in common). Elections and
 * resignations may come late and in any order: the leader epochs say which count.
 */
export class HostedPartitions<Held extends Hosted, Replay extends PartitionReplay> implements LeadershipListener {
  private readonly held = new Map<number, Held>();
  /** The latest leader epoch that was heard of: what comes late changes nothing. */
  private readonly epochs = new Map<number, number>();
  private readonly loading: PartitionLoading<Replay>;
  private isStopped = false;

  constructor(
    private readonly options: PartitionLoadingOptions<Replay>,
    private readonly host: Host<Held, Replay>,
  ) {
    this.loading = new PartitionLoading(options);
  }

  get(partition: number): Held | undefined {
    return this.held.get(partition);
  }

  /** All that are led, loaded or not. */
  all(): IterableIterator<Held> {
    return this.held.values();
  }

  /** Whether any is still being read. */
  get isLoading(): boolean {
    for (const { isLoaded } of this.held.values()) if (!isLoaded) return true;
    return false;
  }

  /** Whether the partition is still led in the same term. */
  isCurrent(held: Held): boolean {
    return this.held.get(held.partition) === held;
  }

  elected(partition: number, leaderEpoch: number): void {
    const currentEpoch = this.epochs.get(partition);
    if (currentEpoch !== undefined && leaderEpoch < currentEpoch) {
      this.host.tooLate?.(partition, leaderEpoch, currentEpoch);
      return;
    }
    this.epochs.set(partition, leaderEpoch);
    if (this.isStopped || this.held.has(partition)) return;
    const held = this.host.hold(partition, leaderEpoch);
    this.held.set(partition, held);
    const startMs = this.options.clock.monotonicMs();
    this.loading.start(partition, (replay) => this.host.loaded(held, replay, startMs));
  }

  resigned(partition: number, leaderEpoch: number | null): void {
    const currentEpoch = this.epochs.get(partition);
    if (leaderEpoch !== null && currentEpoch !== undefined && leaderEpoch < currentEpoch) return;
    // A topic that is deleted and made again begins with epoch 0.
    if (leaderEpoch === null) this.epochs.delete(partition);
    else this.epochs.set(partition, leaderEpoch);
    const held = this.held.get(partition);
    if (held === undefined) return;
    this.held.delete(partition);
    this.loading.cancel(partition);
    this.host.gaveUp(held, leaderEpoch ?? currentEpoch);
  }

  /** The latest leader epoch that was heard of. */
  epochOf(partition: number): number | undefined {
    return this.epochs.get(partition);
  }

  /** Gives all up, and takes none any more. */
  stop(): void {
    this.isStopped = true;
    for (const partition of [...this.held.keys()]) this.resigned(partition, null);
  }
}
