import { KafkaError } from '@odradek/protocol/errors';
import {
  baseOffsetAt,
  baseSequenceAt,
  forEachBatch,
  isControlAt,
  isTransactionalAt,
  lastSequenceAt,
  magicAt,
  NO_PRODUCER_ID,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
} from '@odradek/protocol/records/batch';
import type { Clock, Timer } from '../env/clock';
import { DiskError } from '../env/disk';
import type { Logger } from '../env/logger';
import type { Random } from '../env/random';
import { type Analysis, analyze } from './analyze';
import type { FilePool } from './file-pool';
import { LeaderEpochs } from './leader-epochs';
import type { LogConfig } from './log-config';
import { LogReader, type ReadOptions } from './log-reader';
import { legacyOffsetsBefore, maxTimestampOffset, offsetForTimestamp } from './offset-search';
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata';
import type { BatchMetadata } from './producer-entry';
import { rebuildProducerState } from './producer-recovery';
import { type PreparedAppend, ProducerState, type ProducerStateConfig } from './producer-state';
import { loadLog } from './recovery';
import { deletableSegments, retentionPasses } from './retention';
import { Segment } from './segment';
import type { Segments } from './segments';
import type { VerificationGuard } from './transaction-verification';
import {
  type ActiveProducer,
  type AppendInfo,
  type AppendOrigin,
  type EpochEnd,
  type FetchIsolation,
  type LogRead,
  type TimestampAndOffset,
  UnexpectedAppendOffsetError,
} from './types';
import { validateAndAssignOffsets } from './validator';

export interface PartitionLogOptions {
  readonly pool: FilePool;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The log dir that the partition's folder lies in. */
  readonly dir: string;
  readonly folderName: string;
  readonly topic: string;
  readonly partition: number;
  readonly config: LogConfig;
  readonly producerStateConfig: ProducerStateConfig;
  /** As checkpointed; 0 for a new log. */
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  readonly hadCleanShutdown: boolean;
  readonly isToBeDeleted: boolean;
  /** The disk has failed under this log: its dir is to be taken offline. */
  readonly onDiskError: (error: DiskError) => void;
}

export interface LeaderAppend {
  readonly leaderEpoch: number;
  readonly origin: 'client' | 'coordinator';
  /** What `startTransactionVerification` gave out, where it had to. */
  readonly verificationGuard?: VerificationGuard | null;
}

const ANY_EPOCH = 0x7fffffff;

/**
 * A replica's log: segments, producers and leader epochs, and the offsets that bound them (kafka.log.UnifiedLog). All
 * that decides is synchronous; what can take long on a disk runs behind. A failure of the disk is reported once to the
 * owner of the dir and answered with KAFKA_STORAGE_ERROR.
 */
export class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  /** `topic-N`. */
  readonly name: string;
  readonly dir: string;
  readonly epochs: LeaderEpochs;
  readonly producers: ProducerState;
  private readonly segments: Segments;
  private readonly reader: LogReader;
  private currentConfig: LogConfig;
  private folderPath: string;
  private id: string | null;
  private isIdWritten = true;
  private startOffset: number;
  private endOffset: number;
  private watermark: number;
  private firstUnstable: number | null = null;
  private flushedOffset: number;
  private flushedMs: number;
  private isOffline = false;
  private isClosed = false;
  private readonly deletions = new Map<Timer, () => Promise<void>>();

  /** Reads the log from its folder, which it makes if need be. Yields between segments that it has to check. */
  static *open(options: PartitionLogOptions): Generator<void, PartitionLog, void> {
    const { pool, clock, topic, partition, producerStateConfig, logger } = options;
    const folder = `${options.dir}/${options.folderName}`;
    pool.disk.makeFolder(folder);
    const newProducerState = (): ProducerState =>
      new ProducerState(pool.disk, folder, `${topic}-${partition}`, producerStateConfig, logger);
    const epochs = new LeaderEpochs(pool.disk, folder);
    const producers = newProducerState();
    const loaded = yield* loadLog({
      ...options,
      folder,
      epochs,
      producers,
      newProducerState,
      log: logger,
      rollJitterMs: () => rollJitterMs(options.config, options.random),
    });
    return new PartitionLog(options, folder, epochs, producers, loaded, clock.nowMs());
  }

  private constructor(
    private readonly options: PartitionLogOptions,
    folder: string,
    epochs: LeaderEpochs,
    producers: ProducerState,
    loaded: { segments: Segments; logStartOffset: number; recoveryPoint: number; logEndOffset: number },
    nowMs: number,
  ) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.name = `${options.topic}-${options.partition}`;
    this.dir = options.dir;
    this.folderPath = folder;
    this.currentConfig = options.config;
    this.epochs = epochs;
    this.producers = producers;
    this.segments = loaded.segments;
    this.reader = new LogReader(loaded.segments);
    this.startOffset = loaded.logStartOffset;
    this.endOffset = loaded.logEndOffset;
    this.watermark = loaded.logStartOffset;
    this.flushedOffset = loaded.recoveryPoint;
    this.flushedMs = nowMs;
    this.id = readPartitionMetadata(options.pool.disk, folder);
    this.updateFirstUnstable();
  }

  get config(): LogConfig {
    return this.currentConfig;
  }
  /** The partition's own folder. */
  get folder(): string {
    return this.folderPath;
  }
  get topicId(): string | null {
    return this.id;
  }
  get logStartOffset(): number {
    return this.startOffset;
  }
  get logEndOffset(): number {
    return this.endOffset;
  }
  get highWatermark(): number {
    return this.watermark;
  }
  /** Below it every transaction is decided. */
  get lastStableOffset(): number {
    return this.firstUnstable !== null && this.firstUnstable < this.watermark ? this.firstUnstable : this.watermark;
  }
  get latestEpoch(): number | null {
    return this.epochs.latestEpoch;
  }
  get size(): number {
    return this.segments.bytes;
  }
  get segmentCount(): number {
    return this.segments.all.length;
  }
  /** What lies below is on the disk for good. */
  get recoveryPoint(): number {
    return this.flushedOffset;
  }
  get lastFlushMs(): number {
    return this.flushedMs;
  }
  get firstSegmentBaseOffset(): number {
    return this.segments.first.baseOffset;
  }

  updateConfig(config: LogConfig): void {
    this.currentConfig = config;
  }

  /** Takes the topic's id; INCONSISTENT_TOPIC_ID where the log has another. Written before the first record is. */
  assignTopicId(topicId: string): void {
    if (this.id === topicId) return;
    if (this.id !== null) {
      throw new KafkaError(
        'INCONSISTENT_TOPIC_ID',
        `Tried to assign topic ID ${topicId} to log for topic partition ${this.name},but log already contained topic ID ${this.id}`,
      );
    }
    this.id = topicId;
    this.isIdWritten = false;
    this.options.clock.soon(() => {
      if (!this.isOffline && !this.isClosed) this.inBackground(async () => this.writeTopicId());
    });
  }

  private writeTopicId(): void {
    if (this.isIdWritten || this.id === null) return;
    writePartitionMetadata(this.options.pool.disk, this.folderPath, this.id);
    this.isIdWritten = true;
  }

  /** Judges records, gives them offsets, in place, and appends them. Throws `KafkaError`; nothing is appended then. */
  appendAsLeader(records: Buffer, append: LeaderAppend): AppendInfo {
    return this.onDisk('appending records to', () => {
      const { origin, leaderEpoch } = append;
      const { maxMessageBytes } = this.currentConfig;
      const partitionName = this.name;
      const found = analyze(records, { partitionName, origin, leaderEpoch, maxMessageBytes });
      if (found.validBytes === 0) return this.nothingAppended(found);
      const nowMs = this.options.clock.nowMs();
      const valid = validateAndAssignOffsets(wholeBatches(records, found), {
        partitionName,
        origin,
        config: this.currentConfig,
        leaderEpoch,
        nextOffset: this.endOffset,
        nowMs,
        sourceCompression: found.sourceCompression,
      });
      if (valid.sizeMaybeChanged) this.checkBatchSize(valid.records);
      const { lastOffset, maxTimestamp, offsetOfMaxTimestamp, recordCount } = valid;
      const assigned = {
        ...found,
        firstOffset: this.endOffset,
        lastOffset,
        maxTimestamp,
        offsetOfMaxTimestamp,
        recordCount,
      };
      const logAppendTimeMs = this.currentConfig.messageTimestampType === 'LogAppendTime' ? nowMs : -1;
      return this.append(valid.records, assigned, origin, logAppendTimeMs, append.verificationGuard ?? null);
    });
  }

  /**
   * Appends what a leader has accepted, offsets as they are; batches of epochs above `leaderEpoch` are left out. Throws
   * `UnexpectedAppendOffsetError` where they begin before the log's end.
   */
  appendAsFollower(records: Buffer, leaderEpoch = ANY_EPOCH): AppendInfo {
    return this.onDisk('appending records to', () => {
      const origin = 'replication';
      const maxMessageBytes = Number.POSITIVE_INFINITY;
      const found = analyze(records, { partitionName: this.name, origin, leaderEpoch, maxMessageBytes });
      if (found.validBytes === 0) return this.nothingAppended(found);
      const first = found.firstOffset === -1 ? found.lastOffsetOfFirstBatch : found.firstOffset;
      if (!found.isMonotonic) {
        throw new KafkaError('UNKNOWN_SERVER_ERROR', `Out of order offsets found in append to ${this.name}`);
      }
      if (first < this.endOffset) throw this.unexpectedOffset(records, found, first);
      return this.append(wholeBatches(records, found), found, origin, -1, null);
    });
  }

  private append(
    records: Buffer,
    found: Analysis,
    origin: AppendOrigin,
    logAppendTimeMs: number,
    guard: VerificationGuard | null,
  ): AppendInfo {
    this.writeTopicId();
    this.takeEpochs(records);
    if (records.length > this.currentConfig.segmentBytes) {
      throw new KafkaError(
        'RECORD_LIST_TOO_LARGE',
        `Message batch size is ${records.length} bytes in append to partition ${this.name}, which exceeds the maximum configured segment size of ${this.currentConfig.segmentBytes}.`,
      );
    }
    const segment = this.maybeRoll(records.length, found);
    const prepared = this.prepareProducers(records, origin, guard);
    if (prepared !== null && 'lastSequence' in prepared) return this.duplicateOf(prepared, found);

    const { lastOffset, maxTimestamp, offsetOfMaxTimestamp } = found;
    const firstOffset = found.firstOffset === -1 ? found.lastOffsetOfFirstBatch : found.firstOffset;
    const largest = { timestamp: maxTimestamp, offset: offsetOfMaxTimestamp };
    segment.append(records, firstOffset, lastOffset, largest, this.currentConfig.indexIntervalBytes);
    this.endOffset = lastOffset + 1;
    if (prepared !== null) this.commitProducers(prepared, segment);
    this.producers.mapEndOffset = this.endOffset;
    if (prepared !== null) this.updateFirstUnstable();
    if (this.endOffset - this.flushedOffset >= this.currentConfig.flushMessages) this.flushNow();
    return this.appendInfo(found, found.firstOffset, lastOffset, logAppendTimeMs, false);
  }

  private takeEpochs(records: Buffer): void {
    forEachBatch(records, (at) => {
      const epoch = partitionLeaderEpochAt(records, at);
      if (magicAt(records, at) >= 2 && epoch >= 0) this.epochs.assign(epoch, baseOffsetAt(records, at));
    });
  }

  /** What the append does to its producers; the batch that it repeats; or null where no producer has an id. */
  private prepareProducers(
    records: Buffer,
    origin: AppendOrigin,
    guard: VerificationGuard | null,
  ): PreparedAppend | BatchMetadata | null {
    let prepared: PreparedAppend | null = null;
    let duplicate: BatchMetadata | null = null;
    forEachBatch(records, (at) => {
      const producerId = producerIdAt(records, at);
      if (producerId <= NO_PRODUCER_ID || duplicate !== null) return;
      if (origin === 'client') {
        const [epoch, first, last] = [
          producerEpochAt(records, at),
          baseSequenceAt(records, at),
          lastSequenceAt(records, at),
        ];
        duplicate = this.producers.entry(producerId)?.findDuplicate(epoch, first, last) ?? null;
        if (duplicate !== null) return;
      }
      if (origin !== 'replication' && isTransactionalAt(records, at))
        this.checkVerified(records, at, producerId, guard);
      prepared ??= { producers: new Map(), completed: [] };
      this.producers.prepare(records, at, origin, prepared);
    });
    return duplicate ?? prepared;
  }

  /** A transactional batch needs an open transaction, or proof that the coordinator knows of one (KIP-890). */
  private checkVerified(b: Buffer, at: number, producerId: number, guard: VerificationGuard | null): void {
    if (this.producers.hasOngoingTransaction(producerId) || isControlAt(b, at)) return;
    if (!this.producers.config.transactionVerificationEnable) return;
    if (this.producers.verification.isValid(producerId, guard)) return;
    throw new KafkaError('INVALID_TXN_STATE', 'Record was not part of an ongoing transaction');
  }

  private commitProducers(prepared: PreparedAppend, segment: Segment): void {
    for (const append of prepared.producers.values()) this.producers.update(append);
    for (const completed of prepared.completed) {
      const lastStableOffset = this.producers.lastStableOffset(completed);
      if (completed.isAborted) segment.txnIndex.append({ ...completed, lastStableOffset });
      this.producers.completeTxn(completed);
    }
  }

  private appendInfo(
    found: Analysis,
    firstOffset: number,
    lastOffset: number,
    logAppendTimeMs: number,
    duplicate: boolean,
  ): AppendInfo {
    const { maxTimestamp, validBytes, recordCount, lastLeaderEpoch } = found;
    const { logStartOffset } = this;
    return {
      firstOffset,
      lastOffset,
      maxTimestamp,
      logAppendTimeMs,
      logStartOffset,
      duplicate,
      validBytes,
      recordCount,
      lastLeaderEpoch,
    };
  }

  private duplicateOf(batch: BatchMetadata, found: Analysis): AppendInfo {
    return this.appendInfo(found, batch.firstOffset, batch.lastOffset, batch.timestamp, true);
  }

  private nothingAppended(found: Analysis): AppendInfo {
    return this.appendInfo(found, -1, -1, -1, false);
  }

  private checkBatchSize(records: Buffer): void {
    const { maxMessageBytes } = this.currentConfig;
    forEachBatch(records, (_at, size) => {
      if (size <= maxMessageBytes) return;
      throw new KafkaError(
        'MESSAGE_TOO_LARGE',
        `Message batch size is ${size} bytes in append topartition ${this.name} which exceeds the maximum configured size of ${maxMessageBytes}.`,
      );
    });
  }

  private unexpectedOffset(records: Buffer, found: Analysis, first: number): UnexpectedAppendOffsetError {
    const what = found.firstOffset === -1 ? 'Last offset of the first batch' : 'First offset';
    return new UnexpectedAppendOffsetError(
      `Unexpected offset in append to ${this.name}. ${what} ${first} is less than the next offset ${this.endOffset}. Last offset in append: ${found.lastOffset}. Log start offset = ${this.startOffset}`,
      baseOffsetAt(records, 0),
      found.lastOffset,
    );
  }

  /** Throws OFFSET_OUT_OF_RANGE. */
  read(offset: number, options: ReadOptions): LogRead {
    return this.onDisk('reading from', () => {
      const { name, logStartOffset, logEndOffset } = this;
      const bounds = { partitionName: name, logStartOffset, logEndOffset, upTo: this.boundOf(options.isolation) };
      return this.reader.read(offset, bounds, options);
    });
  }

  /** The offset that readers with this isolation do not see past. */
  boundOf(isolation: FetchIsolation): number {
    switch (isolation) {
      case 'log-end':
        return this.endOffset;
      case 'high-watermark':
        return this.watermark;
      case 'committed':
        return this.lastStableOffset;
    }
  }

  /** The first record at or after `timestamp` whose offset is below `upTo`, or null. */
  offsetForTimestamp(timestamp: number, upTo: number): TimestampAndOffset | null {
    return this.onDisk('reading from', () => {
      const found = offsetForTimestamp(this.segments.all, timestamp, this.startOffset);
      return found !== null && found.offset < upTo ? found : null;
    });
  }

  /** The record with the largest timestamp, or null where no record has one. */
  maxTimestampOffset(): TimestampAndOffset | null {
    return this.onDisk('reading from', () => maxTimestampOffset(this.segments.all));
  }

  /** What ListOffsets 0 answers: offsets where segments begin, newest first. `timestamp` -1 and -2 are special. */
  legacyOffsetsBefore(timestamp: number, maxOffsets: number): number[] {
    return this.onDisk('reading from', () => {
      const { logStartOffset, logEndOffset } = this;
      const nowMs = this.options.clock.nowMs();
      return legacyOffsetsBefore(this.segments.all, { timestamp, maxOffsets, logStartOffset, logEndOffset, nowMs });
    });
  }

  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.epochs.endOffsetFor(epoch, this.endOffset);
  }

  /** A leader of `epoch` writes from `offset` on. */
  assignEpochStartOffset(epoch: number, offset: number): void {
    this.onDisk('assigning an epoch to', () => this.epochs.assign(epoch, offset));
  }

  /** Sets the high watermark, held within the log; returns what it is now. It may go back. */
  setHighWatermark(offset: number): number {
    this.watermark = Math.min(Math.max(offset, this.startOffset), this.endOffset);
    this.producers.onHighWatermark(this.watermark);
    this.updateFirstUnstable();
    return this.watermark;
  }

  /** Raises the high watermark; false where it is there already. `offset` must not be above the log's end. */
  maybeIncrementHighWatermark(offset: number): boolean {
    if (offset > this.endOffset) {
      throw new RangeError(`High watermark ${offset} update exceeds current log end offset ${this.endOffset}`);
    }
    if (offset <= this.watermark) return false;
    this.setHighWatermark(offset);
    return true;
  }

  private updateFirstUnstable(): void {
    const first = this.producers.firstUnstableOffset;
    this.firstUnstable = first === null ? null : Math.max(first, this.startOffset);
  }

  /** Records below `offset` no longer count; OFFSET_OUT_OF_RANGE above the high watermark. False if nothing changed. */
  maybeIncrementLogStartOffset(offset: number, reason: string): boolean {
    return this.onDisk('raising the log start offset of', () => {
      if (offset > this.watermark) {
        throw new KafkaError(
          'OFFSET_OUT_OF_RANGE',
          `Cannot increment the log start offset to ${offset} of partition ${this.name} since it is larger than the high watermark ${this.watermark}`,
        );
      }
      if (offset <= this.startOffset) return false;
      this.startOffset = offset;
      this.flushedOffset = Math.max(this.flushedOffset, offset);
      this.options.logger.info(`Incremented log start offset to ${offset} due to ${reason}`, { partition: this.name });
      this.epochs.truncateFromStart(offset);
      this.producers.onLogStartOffset(offset);
      this.updateFirstUnstable();
      return true;
    });
  }

  private maybeRoll(bytes: number, found: Analysis): Segment {
    const { active } = this.segments;
    const { segmentMs, segmentBytes } = this.currentConfig;
    const { maxTimestamp, lastOffset } = found;
    const nowMs = this.options.clock.nowMs();
    if (!active.shouldRoll({ segmentMs, segmentBytes, maxTimestamp, lastOffset, bytes, nowMs })) return active;
    // An old format does not tell its first offset: this one is low enough, and the indexes can still express it.
    return this.rollTo(found.firstOffset === -1 ? lastOffset - ANY_EPOCH : found.firstOffset);
  }

  /** Begins a new segment at the log's end. */
  roll(): void {
    this.onDisk('rolling', () => void this.rollTo(0));
  }

  private rollTo(wantedOffset: number): Segment {
    const baseOffset = Math.max(wantedOffset, this.endOffset);
    const previous = this.segments.active;
    if (previous.baseOffset === baseOffset && previous.size === 0) {
      // Its indexes are full, or it is deleted in full: it begins anew.
      this.segments.remove([previous]);
      previous.closeFiles();
    } else {
      previous.becomeInactive();
    }
    const segment = this.newSegment(baseOffset);
    this.producers.mapEndOffset = baseOffset;
    this.producers.takeSnapshot();
    this.options.logger.info(`Rolled new log segment at offset ${baseOffset}`, { partition: this.name });
    this.inBackground(() => this.flushTo(baseOffset));
    return segment;
  }

  private newSegment(baseOffset: number): Segment {
    const { pool, clock, random } = this.options;
    const { segmentIndexBytes } = this.currentConfig;
    const options = {
      folder: this.folderPath,
      baseOffset,
      segmentIndexBytes,
      rollJitterMs: rollJitterMs(this.currentConfig, random),
    };
    const segment = Segment.create(pool, clock, options);
    this.segments.add(segment);
    return segment;
  }

  /** Makes all that has been appended so far durable. */
  async flush(): Promise<void> {
    await this.onDiskLater(() => this.flushTo(this.endOffset));
  }

  private async flushTo(offset: number): Promise<void> {
    if (offset <= this.flushedOffset) return;
    const flushed = this.segments.between(this.flushedOffset, offset);
    await Promise.all(flushed.map((segment) => segment.flush()));
    if (flushed.length > 1) this.options.pool.disk.flushFolder(this.folderPath);
    // The log may have been cut meanwhile.
    this.flushedOffset = Math.max(this.flushedOffset, Math.min(offset, this.endOffset));
    this.flushedMs = this.options.clock.nowMs();
  }

  /** As `flush`, before anything else happens: what `flush.messages` promises. */
  private flushNow(): void {
    for (const segment of this.segments.between(this.flushedOffset, this.endOffset)) segment.file.flushNow();
    this.flushedOffset = this.endOffset;
    this.flushedMs = this.options.clock.nowMs();
  }

  /** Cuts the log so that it ends at `offset`. False where it ends there or before already. */
  truncateTo(offset: number): boolean {
    if (offset < 0) throw new RangeError(`Cannot truncate partition ${this.name} to a negative offset (${offset}).`);
    return this.onDisk('truncating', () => {
      if (offset >= this.endOffset) {
        this.epochs.truncateFromEnd(this.endOffset);
        return false;
      }
      if (this.segments.first.baseOffset > offset) {
        this.restartAt(offset, offset);
        return true;
      }
      this.deleteSegments(this.segments.all.filter((segment) => segment.baseOffset > offset));
      this.segments.active.truncateTo(offset);
      this.endOffset = offset;
      this.flushedOffset = Math.min(this.flushedOffset, offset);
      this.reader.forget();
      this.epochs.truncateFromEnd(offset);
      this.startOffset = Math.min(this.startOffset, offset);
      this.rebuildProducers();
      this.setHighWatermark(this.watermark);
      return true;
    });
  }

  /** Drops everything; the log begins anew, empty. */
  truncateFullyAndStartAt(offset: number, logStartOffset = offset): void {
    this.onDisk('truncating', () => this.restartAt(offset, logStartOffset));
  }

  private restartAt(offset: number, logStartOffset: number): void {
    this.deleteSegments([...this.segments.all]);
    this.newSegment(offset);
    this.endOffset = offset;
    this.startOffset = logStartOffset;
    this.flushedOffset = Math.min(this.flushedOffset, offset);
    this.reader.forget();
    this.epochs.clear();
    this.producers.truncateFullyAndStartAt(offset);
    this.rebuildProducers();
    this.setHighWatermark(offset);
  }

  private rebuildProducers(): void {
    rebuildProducerState(this.producers, {
      segments: this.segments,
      logStartOffset: this.startOffset,
      lastOffset: this.endOffset,
      nowMs: this.options.clock.nowMs(),
      afterCleanShutdown: false,
    });
    this.updateFirstUnstable();
  }

  /** Deletes what retention no longer keeps; returns how many segments. */
  deleteOldSegments(nowMs: number): number {
    return this.onDisk('deleting segments of', () => {
      let deleted = 0;
      for (const reason of retentionPasses(this.currentConfig)) {
        const { logStartOffset, logEndOffset, highWatermark } = this;
        const segments = this.segments.all.map((segment) => ({
          baseOffset: segment.baseOffset,
          size: segment.size,
          // Asking for it may cost a look at the file's time.
          get largestTimestamp() {
            return segment.largestTimestamp();
          },
        }));
        const state = { segments, logStartOffset, logEndOffset, highWatermark };
        const count = deletableSegments(state, this.currentConfig, reason, nowMs);
        if (count > 0) deleted += this.deleteOldest(count, reason);
      }
      return deleted;
    });
  }

  private deleteOldest(count: number, reason: string): number {
    const doomed = this.segments.all.slice(0, count);
    if (count === this.segments.all.length) this.rollTo(0);
    const next = this.segments.after(doomed.at(-1)!)!;
    this.maybeIncrementLogStartOffset(next.baseOffset, `segment deletion (${reason})`);
    this.deleteSegments(doomed);
    return doomed.length;
  }

  /** Takes segments and their snapshots out of use now; their files go after `file.delete.delay.ms`. */
  private deleteSegments(doomed: readonly Segment[]): void {
    if (doomed.length === 0) return;
    this.segments.remove(doomed);
    const snapshots: string[] = [];
    for (const segment of doomed) {
      segment.markDeleted();
      const snapshot = this.producers.markSnapshotDeleted(segment.baseOffset);
      if (snapshot !== null) snapshots.push(snapshot);
    }
    const { pool, clock } = this.options;
    const remove = async (): Promise<void> => {
      await Promise.all(doomed.map((segment) => segment.removeFiles()));
      await Promise.all(snapshots.map((path) => pool.disk.remove(path)));
    };
    const timer = clock.after(this.currentConfig.fileDeleteDelayMs, () => {
      this.deletions.delete(timer);
      this.inBackground(remove);
    });
    this.deletions.set(timer, remove);
  }

  /** Producers that may still write, for DescribeProducers. */
  activeProducers(): ActiveProducer[] {
    return this.producers.active();
  }

  removeExpiredProducers(): void {
    this.producers.removeExpired(this.options.clock.nowMs());
  }

  hasOngoingTransaction(producerId: number): boolean {
    return this.producers.hasOngoingTransaction(producerId);
  }

  /** The guard that a transactional append needs, or null where it needs none: its transaction is open already. */
  startTransactionVerification(producerId: number, sequence: number, epoch: number): VerificationGuard | null {
    if (this.producers.hasOngoingTransaction(producerId)) return null;
    return this.producers.verification.start(producerId, sequence, epoch, this.options.clock.nowMs());
  }

  /** Gives the folder another name: the log is to be deleted. */
  renameFolder(folderName: string): void {
    this.onDisk('renaming', () => {
      const folder = `${this.dir}/${folderName}`;
      this.options.pool.disk.rename(this.folderPath, folder);
      this.folderPath = folder;
      for (const segment of this.segments.all) segment.movedTo(folder);
      this.epochs.movedTo(folder);
      this.producers.movedTo(folder);
    });
  }

  /** Closes the log cleanly. What is to be durable has been flushed before. */
  close(): void {
    this.onDisk('closing', () => {
      this.stopBackground();
      this.writeTopicId();
      this.producers.takeSnapshot(true);
      for (const segment of this.segments.all) {
        if (segment === this.segments.active) segment.closeCleanly();
        else segment.closeFiles();
      }
      this.isClosed = true;
    });
  }

  /** Lets go of the files as they are: the log is deleted, or its disk has failed. */
  abandon(): void {
    this.stopBackground();
    this.isClosed = true;
    for (const segment of this.segments.all) {
      try {
        segment.closeFiles();
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
      }
    }
  }

  /** The dir has failed: from now on everything is answered with KAFKA_STORAGE_ERROR. */
  markOffline(): void {
    this.isOffline = true;
    this.abandon();
  }

  private stopBackground(): void {
    for (const timer of this.deletions.keys()) timer.cancel();
    this.deletions.clear();
  }

  private onDisk<T>(what: string, action: () => T): T {
    if (this.isOffline) {
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `The log dir ${this.dir} is already offline due to a previous IO exception.`,
      );
    }
    try {
      return action();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.options.onDiskError(error);
      throw new KafkaError('KAFKA_STORAGE_ERROR', `Error while ${what} ${this.name} in dir ${this.dir}`);
    }
  }

  private async onDiskLater(action: () => Promise<void>): Promise<void> {
    if (this.isOffline || this.isClosed) return;
    try {
      await action();
    } catch (error) {
      // Files may be closed and renamed under a flush when the log goes; that is no failure of the disk.
      if (this.isOffline || this.isClosed) return;
      if (!(error instanceof DiskError)) throw error;
      this.options.onDiskError(error);
    }
  }

  private inBackground(action: () => Promise<void>): void {
    void this.onDiskLater(action);
  }
}

function wholeBatches(records: Buffer, { validBytes }: Analysis): Buffer {
  return validBytes === records.length ? records : records.subarray(0, validBytes);
}

function rollJitterMs({ segmentJitterMs, segmentMs }: LogConfig, random: Random): number {
  return segmentJitterMs === 0 ? 0 : random.below(Math.min(segmentJitterMs, segmentMs));
}
