import { forEachBatch, isTransactionalAt, NO_PRODUCER_ID, producerIdAt } from '@odradek/protocol/records/batch';
import type { Disk } from '../env/disk';
import type { Logger } from '../env/logger';
import { DELETED_SUFFIX, offsetName, offsetOfFile, SNAPSHOT_SUFFIX } from './names';
import { ProducerAppend } from './producer-append';
import { NO_OFFSET, type ProducerEntry } from './producer-entry';
import { CorruptSnapshotError, decodeSnapshot, encodeSnapshot, inHashOrder } from './producer-snapshot';
import { TransactionVerification } from './transaction-verification';
import type { AbortedTxnEntry, ActiveProducer, AppendOrigin, CompletedTxn, LastRecord } from './types';

export interface ProducerStateConfig {
  /** A producer that has written nothing for so long is forgotten. */
  readonly producerIdExpirationMs: number;
  readonly transactionVerificationEnable: boolean;
}

export const DEFAULT_PRODUCER_STATE_CONFIG: ProducerStateConfig = {
  producerIdExpirationMs: 24 * 60 * 60 * 1000,
  transactionVerificationEnable: true,
};

const TABLE_LOAD = 0.75;

/** A transaction that is over, but whose marker is not below the high watermark yet. */
interface UnreplicatedTxn {
  readonly firstOffset: number;
  readonly lastOffset: number;
}

/** The changes of one append, judged but not made. */
export interface PreparedAppend {
  readonly producers: Map<number, ProducerAppend>;
  readonly completed: CompletedTxn[];
}

/**
 * The producers of a partition, their open transactions, and the snapshots of both
 * (org.apache.kafka.storage.internals.log.ProducerStateManager).
 */
export class ProducerState {
  readonly verification = new TransactionVerification();
  private readonly producers = new Map<number, ProducerEntry>();
  /** Of the table that a HashMap in Java would have: it never shrinks (`inHashOrder`). */
  private tableSize = 16;
  /** Open transactions: first offset to producer id, in the order of the offsets. */
  private readonly ongoing = new Map<number, number>();
  /** By their first offset, in the order of their markers. */
  private readonly unreplicated = new Map<number, UnreplicatedTxn>();
  /** The lowest first offset among them. */
  private firstUnreplicated = Number.POSITIVE_INFINITY;
  /** Offsets of the snapshot files, rising. */
  private snapshots: number[] = [];
  private lastSnapshotOffset = 0;
  /** The state is that of the log up to here. */
  mapEndOffset = 0;

  constructor(
    private readonly disk: Disk,
    private folder: string,
    private readonly partitionName: string,
    readonly config: ProducerStateConfig,
    private readonly log: Logger,
  ) {}

  loadSnapshotFiles(): void {
    const names = this.disk.list(this.folder).filter((name) => name.endsWith(SNAPSHOT_SUFFIX));
    this.snapshots = names.map((name) => offsetOfFile(name)).filter((offset) => offset !== null);
    this.snapshots.sort((a, b) => a - b);
  }

  movedTo(folder: string): void {
    this.folder = folder;
  }

  get isEmpty(): boolean {
    return this.producers.size === 0 && this.unreplicated.size === 0;
  }

  get latestSnapshotOffset(): number | null {
    return this.snapshots.at(-1) ?? null;
  }

  entry(producerId: number): ProducerEntry | null {
    return this.producers.get(producerId) ?? null;
  }

  /** Those of which a snapshot has told less than the last five batches. */
  forgetful(): ProducerEntry[] {
    return [...this.producers.values()].filter((entry) => entry.mayHaveForgotten);
  }

  hasOngoingTransaction(producerId: number): boolean {
    return (this.producers.get(producerId)?.currentTxnFirstOffset ?? NO_OFFSET) !== NO_OFFSET;
  }

  active(): ActiveProducer[] {
    return [...this.producers.values()].map((entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: entry.lastSequence,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnStartOffset: entry.currentTxnFirstOffset,
    }));
  }

  /** What of each producer the cleaner must not lose. */
  lastRecords(): LastRecord[] {
    return [...this.producers.values()].map(({ producerId, producerEpoch, lastDataOffset }) => ({
      producerId,
      producerEpoch,
      offset: lastDataOffset,
    }));
  }

  /** Judges the batch at `at` after those already in `prepared`. */
  prepare(b: Buffer, at: number, origin: AppendOrigin, prepared: PreparedAppend): void {
    const producerId = producerIdAt(b, at);
    let append = prepared.producers.get(producerId);
    if (append === undefined) {
      const lowestSequence = this.verification.lowestSequence(producerId);
      append = new ProducerAppend(this.partitionName, producerId, this.entry(producerId), origin, lowestSequence);
      prepared.producers.set(producerId, append);
    }
    const completed = append.append(b, at);
    if (completed !== null) prepared.completed.push(completed);
    if (isTransactionalAt(b, at)) this.verification.clear(producerId);
  }

  /** Makes the changes of an append that lies in the log. */
  update({ producers }: PreparedAppend): void {
    const started: [firstOffset: number, producerId: number][] = [];
    for (const { producerId, updated, startedTransactions } of producers.values()) {
      const entry = this.producers.get(producerId);
      if (entry === undefined) this.put(updated);
      else entry.update(updated);
      for (const firstOffset of startedTransactions) started.push([firstOffset, producerId]);
    }
    if (started.length > 1) started.sort(([one], [other]) => one - other);
    for (const [firstOffset, producerId] of started) this.ongoing.set(firstOffset, producerId);
  }

  private put(entry: ProducerEntry): void {
    this.producers.set(entry.producerId, entry);
    if (this.producers.size > this.tableSize * TABLE_LOAD) this.tableSize *= 2;
  }

  completeTxn({ firstOffset, lastOffset }: CompletedTxn): void {
    this.ongoing.delete(firstOffset);
    this.unreplicated.set(firstOffset, { firstOffset, lastOffset });
    this.firstUnreplicated = Math.min(this.firstUnreplicated, firstOffset);
  }

  /** What the last stable offset will be once this transaction is complete. */
  lastStableOffset(completed: CompletedTxn): number {
    for (const [firstOffset, producerId] of this.ongoing) {
      if (firstOffset > completed.lastOffset) break;
      if (producerId !== completed.producerId) return firstOffset;
    }
    return completed.lastOffset + 1;
  }

  /** The first offset that is not decided, or null: the last stable offset cannot pass it. */
  get firstUnstableOffset(): number | null {
    const firstOngoing = this.ongoing.keys().next().value ?? Number.POSITIVE_INFINITY;
    const first = Math.min(firstOngoing, this.firstUnreplicated);
    return first === Number.POSITIVE_INFINITY ? null : first;
  }

  onHighWatermark(highWatermark: number): void {
    let isFirstGone = false;
    for (const { firstOffset, lastOffset } of this.unreplicated.values()) {
      if (lastOffset >= highWatermark) break;
      this.unreplicated.delete(firstOffset);
      isFirstGone ||= firstOffset === this.firstUnreplicated;
    }
    if (!isFirstGone) return;
    this.firstUnreplicated = Number.POSITIVE_INFINITY;
    for (const firstOffset of this.unreplicated.keys()) {
      this.firstUnreplicated = Math.min(this.firstUnreplicated, firstOffset);
    }
  }

  onLogStartOffset(logStartOffset: number): void {
    this.onHighWatermark(logStartOffset);
    if (this.mapEndOffset < logStartOffset) this.mapEndOffset = logStartOffset;
    this.lastSnapshotOffset = this.latestSnapshotOffset ?? logStartOffset;
  }

  /** Replays batches that are in the log already: in recovery, which also wants the aborted ones, and after truncation. */
  replay(b: Buffer, at: number, end: number, onAborted: (entry: AbortedTxnEntry) => void = () => {}): void {
    const prepared: PreparedAppend = { producers: new Map(), completed: [] };
    forEachBatch(
      b,
      (batchAt) => {
        if (producerIdAt(b, batchAt) !== NO_PRODUCER_ID) this.prepare(b, batchAt, 'replication', prepared);
      },
      at,
      end,
    );
    this.update(prepared);
    for (const completed of prepared.completed) {
      if (completed.isAborted) onAborted({ ...completed, lastStableOffset: this.lastStableOffset(completed) });
      this.completeTxn(completed);
    }
  }

  removeExpired(nowMs: number): void {
    for (const [producerId, entry] of this.producers) {
      if (this.isExpired(entry, nowMs)) this.producers.delete(producerId);
    }
    this.verification.removeExpired(nowMs - this.config.producerIdExpirationMs);
  }

  private isExpired(entry: ProducerEntry, nowMs: number): boolean {
    return (
      entry.currentTxnFirstOffset === NO_OFFSET && nowMs - entry.lastTimestamp >= this.config.producerIdExpirationMs
    );
  }

  /** Goes back to what the newest usable snapshot within the log says. */
  truncateAndReload(logStartOffset: number, logEndOffset: number, nowMs: number): void {
    for (const offset of [...this.snapshots]) {
      if (offset > logEndOffset || offset <= logStartOffset) this.deleteSnapshot(offset);
    }
    if (logEndOffset === this.mapEndOffset) {
      this.onLogStartOffset(logStartOffset);
      return;
    }
    this.clear();
    this.loadFromSnapshot(logStartOffset, nowMs);
  }

  truncateFullyAndStartAt(offset: number): void {
    this.clear();
    for (const snapshot of [...this.snapshots]) this.deleteSnapshot(snapshot);
    this.lastSnapshotOffset = 0;
    this.mapEndOffset = offset;
  }

  private clear(): void {
    this.producers.clear();
    this.ongoing.clear();
    this.unreplicated.clear();
    this.firstUnreplicated = Number.POSITIVE_INFINITY;
  }

  private loadFromSnapshot(logStartOffset: number, nowMs: number): void {
    for (let offset = this.latestSnapshotOffset; offset !== null; offset = this.latestSnapshotOffset) {
      try {
        const entries = decodeSnapshot(this.disk.readFile(this.snapshotPath(offset)) ?? Buffer.alloc(0));
        this.loadEntries(entries.filter((entry) => !this.isExpired(entry, nowMs)));
        this.lastSnapshotOffset = offset;
        this.mapEndOffset = offset;
        return;
      } catch (error) {
        if (!(error instanceof CorruptSnapshotError)) throw error;
        this.log.warn(`Failed to load producer snapshot from '${this.snapshotPath(offset)}': ${error.message}`);
        this.deleteSnapshot(offset);
      }
    }
    this.lastSnapshotOffset = logStartOffset;
    this.mapEndOffset = logStartOffset;
  }

  private loadEntries(entries: readonly ProducerEntry[]): void {
    for (const entry of entries) this.put(entry);
    const open = entries.filter(({ currentTxnFirstOffset }) => currentTxnFirstOffset !== NO_OFFSET);
    open.sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset);
    for (const { currentTxnFirstOffset, producerId } of open) this.ongoing.set(currentTxnFirstOffset, producerId);
  }

  /** Writes a snapshot of the state at `mapEndOffset`, unless there is one. Not flushed: a lost one is made anew. */
  takeSnapshot(flush = false): void {
    const offset = this.mapEndOffset;
    if (offset <= this.lastSnapshotOffset) return;
    const file = this.disk.open(this.snapshotPath(offset), 'write');
    try {
      const bytes = encodeSnapshot(inHashOrder(this.producers.values(), this.tableSize));
      file.truncate(bytes.length);
      file.write([bytes], 0);
      if (flush) file.flushNow();
    } finally {
      file.close();
    }
    if (!this.snapshots.includes(offset)) this.snapshots.push(offset);
    this.snapshots.sort((a, b) => a - b);
    this.lastSnapshotOffset = offset;
  }

  /**
   * Deletes snapshots that belong to no segment. The newest of those stays if it lies above the last segment's base: a
   * clean shutdown has left it at the log's end.
   */
  removeStraySnapshots(baseOffsets: readonly number[]): void {
    const lastBase = baseOffsets.at(-1) ?? null;
    const strays = this.snapshots.filter((offset) => !baseOffsets.includes(offset));
    const newest = strays.at(-1);
    for (const offset of strays) {
      if (offset !== newest || (lastBase !== null && offset < lastBase)) this.deleteSnapshot(offset);
    }
  }

  deleteSnapshot(offset: number): void {
    this.snapshots = this.snapshots.filter((other) => other !== offset);
    this.disk.removeNow(this.snapshotPath(offset));
  }

  /** Takes the snapshot of a segment that awaits deletion out of use; returns its last path, or null. */
  markSnapshotDeleted(offset: number): string | null {
    if (!this.snapshots.includes(offset)) return null;
    this.snapshots = this.snapshots.filter((other) => other !== offset);
    const path = this.snapshotPath(offset);
    this.disk.rename(path, path + DELETED_SUFFIX);
    return path + DELETED_SUFFIX;
  }

  private snapshotPath(offset: number): string {
    return `${this.folder}/${offsetName(offset)}${SNAPSHOT_SUFFIX}`;
  }
}
