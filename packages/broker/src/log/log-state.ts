import { KafkaError } from '@odradek/protocol/errors';
import type { Clock, Timer } from '../env/clock';
import { DiskError } from '../env/disk';
import type { Logger } from '../env/logger';
import type { Random } from '../env/random';
import type { FilePool } from './file-pool';
import type { LeaderEpochs } from './leader-epochs';
import type { LogConfig } from './log-config';
import { LogReader } from './log-reader';
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata';
import { trimFile } from './preallocation';
import type { ProducerState, ProducerStateConfig } from './producer-state';
import type { LoadedLog } from './recovery';
import type { Segment } from './segment';
import type { Segments } from './segments';

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
  /** Records have been cut from the end: what the cleaner knows of them is no longer so. */
  readonly onCut?: () => void;
}

/** What a log is and where it stands: its offsets, its topic's id, its life. What goes wrong on its disk ends here. */
export abstract class LogState {
  readonly topic: string;
  readonly partition: number;
  /** `topic-N`. */
  readonly name: string;
  readonly dir: string;
  readonly epochs: LeaderEpochs;
  readonly producers: ProducerState;
  protected readonly segments: Segments;
  protected readonly reader: LogReader;
  protected currentConfig: LogConfig;
  protected folderPath: string;
  protected id: string | null;
  protected isIdWritten = true;
  protected startOffset: number;
  protected endOffset: number;
  protected watermark: number;
  protected firstUnstable: number | null = null;
  protected flushedOffset: number;
  protected flushedMs: number;
  protected isOffline = false;
  protected isClosed = false;
  /** Segments out of use, whose files go when it is time. */
  protected readonly deletions = new Map<Timer, readonly Segment[]>();

  constructor(
    protected readonly options: PartitionLogOptions,
    folder: string,
    epochs: LeaderEpochs,
    producers: ProducerState,
    loaded: LoadedLog,
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
    this.reader = new LogReader(loaded.segments, options.onDiskError);
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
  /** When its last file was written, as the disk has it. */
  get lastWrittenMs(): number {
    return this.segments.active.lastModifiedMs();
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

  protected writeTopicId(): void {
    if (this.isIdWritten || this.id === null) return;
    writePartitionMetadata(this.options.pool.disk, this.folderPath, this.id);
    this.isIdWritten = true;
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

  protected updateFirstUnstable(): void {
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
        if (segment !== this.segments.active) {
          segment.closeFiles();
          continue;
        }
        trimFile(segment.file, segment.size);
        segment.closeCleanly();
      }
      this.isClosed = true;
    });
  }

  /** Lets go of the files as they are: the log is deleted, or its disk has failed. */
  abandon(): void {
    this.stopBackground();
    this.isClosed = true;
    closeQuietly(this.segments.all);
  }

  /** The dir has failed: from now on everything is answered with KAFKA_STORAGE_ERROR. */
  markOffline(): void {
    this.isOffline = true;
    this.abandon();
  }

  protected stopBackground(): void {
    for (const [timer, segments] of this.deletions) {
      timer.cancel();
      closeQuietly(segments);
    }
    this.deletions.clear();
  }

  protected onDisk<T>(what: string, action: () => T): T {
    this.checkOnline();
    try {
      return action();
    } catch (error) {
      throw this.toldOf(error, what);
    }
  }

  protected checkOnline(): void {
    if (!this.isOffline) return;
    throw new KafkaError(
      'KAFKA_STORAGE_ERROR',
      `The log dir ${this.dir} is already offline due to a previous IO exception.`,
    );
  }

  /** What to throw for `error`: of a failure of the disk the dir's owner is told, and the peer that there was one. */
  protected toldOf(error: unknown, what: string): unknown {
    if (!(error instanceof DiskError)) return error;
    this.options.onDiskError(error);
    return new KafkaError('KAFKA_STORAGE_ERROR', `Error while ${what} ${this.name} in dir ${this.dir}`);
  }

  protected async onDiskLater(action: () => Promise<void>): Promise<void> {
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

  protected inBackground(action: () => Promise<void>): void {
    void this.onDiskLater(action);
  }
}

/** Nobody uses them any more: that the disk fails now is of no matter. */
function closeQuietly(segments: readonly Segment[]): void {
  for (const segment of segments) {
    try {
      segment.closeFiles();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
    }
  }
}
