import type { Random } from '../env/random';
import type { LogConfig } from './log-config';
import { abortedTransactions } from './log-reader';
import { LogState } from './log-state';
import { CLEANED_SUFFIX, DELETED_SUFFIX } from './names';
import { preallocateFile, trimFile } from './preallocation';
import { rebuildProducerState } from './producer-recovery';
import { rememberBatches, SHORT_LOOK } from './remembered-batches';
import { deletableSegments, retentionPasses } from './retention';
import { Segment } from './segment';
import { swapIn } from './segment-split';
import type { AbortedTxnEntry } from './types';

/** How a log's segments come and go (kafka.log.LocalLog): rolling, flushing, truncation, retention. */
export abstract class LogStorage extends LogState {
  /** Begins a new segment at the log's end. */
  roll(): void {
    this.onDisk('rolling', () => void this.rollTo(0));
  }

  protected rollTo(wantedOffset: number): Segment {
    const baseOffset = Math.max(wantedOffset, this.endOffset);
    const previous = this.segments.active;
    if (previous.baseOffset === baseOffset && previous.size === 0) {
      // Its indexes are full, or it is deleted in full: it begins anew.
      this.segments.remove([previous]);
      previous.closeFiles();
    } else {
      previous.becomeInactive();
      trimFile(previous.file, previous.size);
    }
    const segment = this.newSegment(baseOffset);
    this.producers.mapEndOffset = baseOffset;
    this.producers.takeSnapshot();
    this.options.logger.info(`Rolled new log segment at offset ${baseOffset}`, { partition: this.name });
    this.inBackground(() => this.flushTo(baseOffset));
    return segment;
  }

  protected newSegment(baseOffset: number): Segment {
    const { pool, clock, random } = this.options;
    const { segmentIndexBytes } = this.currentConfig;
    const options = {
      folder: this.folderPath,
      baseOffset,
      segmentIndexBytes,
      rollJitterMs: rollJitterMs(this.currentConfig, random),
    };
    const segment = Segment.create(pool, clock, options);
    preallocateFile(segment.file, this.currentConfig);
    this.segments.add(segment);
    return segment;
  }

  /** Makes all that has been appended so far durable. */
  async flush(): Promise<void> {
    await this.onDiskLater(() => this.flushTo(this.endOffset));
  }

  protected async flushTo(offset: number): Promise<void> {
    if (offset <= this.flushedOffset) return;
    const { cuts } = this.reader;
    const flushed = this.segments.between(this.flushedOffset, offset);
    await Promise.all(flushed.map((segment) => segment.flush()));
    await this.unlessMoved(async () => {
      const hasNewEpochs = await this.epochs.flush();
      if (hasNewEpochs || this.hasNewFile(flushed)) await this.options.pool.disk.flushFolder(this.folderPath);
    });
    // The log has been cut meanwhile: what is at these offsets now may be other records.
    if (cuts !== this.reader.cuts) return;
    this.flushedOffset = Math.max(this.flushedOffset, offset);
    this.flushedMs = this.options.clock.nowMs();
  }

  private async unlessMoved(flush: () => Promise<void>): Promise<void> {
    const folder = this.folderPath;
    try {
      await flush();
    } catch (error) {
      // Not found under its old name: the log is to be deleted meanwhile, and nobody waits for it any more.
      if (folder === this.folderPath) throw error;
    }
  }

  /** Whether one of them has not been flushed before: its name in the folder is to survive a power cut, too. */
  private hasNewFile(flushed: readonly Segment[]): boolean {
    return flushed.some(({ baseOffset }) => baseOffset >= this.flushedOffset);
  }

  /** As `flush`, before anything else happens: what `flush.messages` promises. */
  protected flushNow(): void {
    const flushed = this.segments.between(this.flushedOffset, this.endOffset);
    for (const segment of flushed) segment.file.flushNow();
    const hasNewEpochs = this.epochs.flushNow();
    if (hasNewEpochs || this.hasNewFile(flushed)) this.options.pool.disk.flushFolderNow(this.folderPath);
    this.flushedOffset = this.endOffset;
    this.flushedMs = this.options.clock.nowMs();
  }

  /** What the cleaner looks at; the last one is appended to. */
  get segmentList(): readonly Segment[] {
    return this.segments.all;
  }

  /** Transactions aborted in `[from, end)`, by the indexes. */
  abortedTransactions(from: number, end: number): AbortedTxnEntry[] {
    const first = this.segments.floor(from) ?? this.segments.first;
    return this.onDisk('reading from', () => abortedTransactions(this.segments, first, from, end));
  }

  /**
   * Takes what the cleaner has made of these segments, durable files named `.cleaned`, in their place
   * (LocalLog.replaceSegments). Recovery undoes what ends before all its files are named `.swap`, and finishes the rest.
   *
   * @param baseOffsets of what has been made: of one cleaned segment the first source's, of a split one each piece's
   */
  replaceSegments(sources: readonly Segment[], baseOffsets: readonly number[] = [sources[0]!.baseOffset]): void {
    this.onDisk('swapping cleaned segments into', () => {
      const made = baseOffsets.map((baseOffset) => this.cleanedSegment(baseOffset));
      const isOfNone = ({ baseOffset }: Segment): boolean => !baseOffsets.includes(baseOffset);
      swapIn(made, () => {
        this.segments.replace(sources, made);
        this.retire(sources, sources.filter(isOfNone));
      });
    });
  }

  private cleanedSegment(baseOffset: number): Segment {
    const { pool, clock } = this.options;
    const { segmentIndexBytes } = this.currentConfig;
    const folder = this.folderPath;
    const options = { folder, baseOffset, segmentIndexBytes, rollJitterMs: 0, suffix: CLEANED_SUFFIX };
    const { segment, problem } = Segment.load(pool, clock, options);
    if (problem !== null) throw new RangeError(`The cleaned segment is not as it was made: ${problem}`);
    return segment;
  }

  /** Deletes what the cleaner has made and nobody wants any more. */
  async dropCleaned(): Promise<void> {
    const { disk } = this.options.pool;
    await this.onDiskLater(async () => {
      for (const name of disk.list(this.folderPath)) {
        if (name.endsWith(CLEANED_SUFFIX)) await disk.remove(`${this.folderPath}/${name}`);
      }
    });
  }

  /** Makes the names of its files durable. */
  async flushNames(): Promise<void> {
    await this.onDiskLater(() => this.unlessMoved(() => this.options.pool.disk.flushFolder(this.folderPath)));
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
      this.reader.onCut();
      this.epochs.truncateFromEnd(offset);
      this.startOffset = Math.min(this.startOffset, offset);
      this.rebuildProducers();
      this.setHighWatermark(this.watermark);
      this.options.onCut?.();
      return true;
    });
  }

  /** Drops everything; the log begins anew, empty. */
  truncateFullyAndStartAt(offset: number, logStartOffset = offset): void {
    this.onDisk('truncating', () => this.restartAt(offset, logStartOffset));
  }

  protected restartAt(offset: number, logStartOffset: number): void {
    this.deleteSegments([...this.segments.all]);
    this.newSegment(offset);
    this.endOffset = offset;
    this.startOffset = logStartOffset;
    this.flushedOffset = Math.min(this.flushedOffset, offset);
    this.reader.onCut();
    this.epochs.clear();
    this.producers.truncateFullyAndStartAt(offset);
    this.rebuildProducers();
    this.setHighWatermark(offset);
    this.options.onCut?.();
  }

  protected rebuildProducers(): void {
    rebuildProducerState(this.producers, {
      segments: this.segments,
      logStartOffset: this.startOffset,
      lastOffset: this.endOffset,
      nowMs: this.options.clock.nowMs(),
      afterCleanShutdown: false,
    });
    rememberBatches(this.producers, { segments: this.segments, logStartOffset: this.startOffset, bounds: SHORT_LOOK });
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

  protected deleteOldest(count: number, reason: string): number {
    const doomed = this.segments.all.slice(0, count);
    if (count === this.segments.all.length) this.rollTo(0);
    const next = this.segments.after(doomed.at(-1)!)!;
    this.maybeIncrementLogStartOffset(next.baseOffset, `segment deletion (${reason})`);
    this.deleteSegments(doomed);
    return doomed.length;
  }

  /** Takes segments and their snapshots out of use now; their files go after `file.delete.delay.ms`. */
  protected deleteSegments(doomed: readonly Segment[]): void {
    if (doomed.length === 0) return;
    this.segments.remove(doomed);
    this.retire(doomed, doomed);
  }

  /** `withSnapshots`: those of them whose base offset no segment has any more. */
  private retire(doomed: readonly Segment[], withSnapshots: readonly Segment[]): void {
    const snapshots: string[] = [];
    for (const segment of doomed) segment.changeSuffix('', DELETED_SUFFIX);
    for (const { baseOffset } of withSnapshots) {
      const snapshot = this.producers.markSnapshotDeleted(baseOffset);
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
    this.deletions.set(timer, doomed);
  }
}

/** How much earlier than `segment.ms` a segment rolls, so that not all do at once. */
export function rollJitterMs({ segmentJitterMs, segmentMs }: LogConfig, random: Random): number {
  return segmentJitterMs === 0 ? 0 : random.below(Math.min(segmentJitterMs, segmentMs));
}
