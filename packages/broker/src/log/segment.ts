import { isCrcValidAt, lastOffsetAt, maxTimestampAt, NO_TIMESTAMP, sizeAt } from '@odradek/protocol/records/batch';
import type { Clock } from '../env/clock';
import { type BatchVisitor, scanBatches, scanHeaders } from './batch-scan';
import { findBatch, leadsTo } from './batch-search';
import type { FilePool, PooledFile } from './file-pool';
import { INDEX_SUFFIX, LOG_SUFFIX, offsetName, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX } from './names';
import { OffsetIndex } from './offset-index';
import { RecentAppends } from './recent-appends';
import { findRecordByTimestamp } from './record-search';
import {
  type BatchPlace,
  endOfWholeBatches,
  MAX_RELATIVE_OFFSET,
  type Recovered,
  type RollParams,
  type SegmentOptions,
  untilDamage,
} from './segment-file';
import { TimeIndex, type TimestampOffset } from './time-index';
import { TransactionIndex } from './transaction-index';
import type { TimestampAndOffset } from './types';

/** Sees a good batch. */
type RecoveryVisitor = (b: Buffer, at: number, size: number) => void;

/** A file of record batches and its indexes (org.apache.kafka.storage.internals.log.LogSegment). */
export class Segment {
  readonly baseOffset: number;
  readonly file: PooledFile;
  readonly offsetIndex: OffsetIndex;
  readonly timeIndex: TimeIndex;
  readonly txnIndex: TransactionIndex;
  size = 0;
  private readonly rollJitterMs: number;
  private readonly recent = new RecentAppends();
  private createdMs: number;
  private bytesSinceLastIndexEntry = 0;
  private largest: TimestampOffset;
  /** The first batch's largest timestamp: the age of the segment counts from it. Null where not read yet. */
  private rollingTimestamp: number | null = null;

  private constructor(
    private readonly pool: FilePool,
    private readonly clock: Clock,
    options: SegmentOptions,
  ) {
    const path = `${options.folder}/${offsetName(options.baseOffset)}`;
    const { baseOffset, segmentIndexBytes, suffix = '' } = options;
    this.baseOffset = baseOffset;
    this.rollJitterMs = options.rollJitterMs;
    this.file = pool.file(path + LOG_SUFFIX + suffix);
    this.offsetIndex = new OffsetIndex(pool, path + INDEX_SUFFIX + suffix, baseOffset, segmentIndexBytes);
    this.timeIndex = new TimeIndex(pool, path + TIME_INDEX_SUFFIX + suffix, baseOffset, segmentIndexBytes);
    this.txnIndex = new TransactionIndex(pool, path + TXN_INDEX_SUFFIX + suffix);
    this.createdMs = clock.nowMs();
    this.largest = this.timeIndex.lastEntry;
  }

  /** An empty segment; what its files may hold is dropped. */
  static create(pool: FilePool, clock: Clock, options: SegmentOptions): Segment {
    const segment = new Segment(pool, clock, options);
    // ext4 writes out a file when it is closed that was ever cut to nothing: half a second for 1 GB, on our one thread.
    if (segment.file.size() > 0) segment.file.truncate(0);
    segment.txnIndex.reset();
    segment.becomeActive();
    return segment;
  }

  /** The segment that its files hold; `problem` says why its indexes cannot be trusted. */
  static load(pool: FilePool, clock: Clock, options: SegmentOptions): { segment: Segment; problem: string | null } {
    const segment = new Segment(pool, clock, options);
    segment.size = segment.file.size();
    return { segment, problem: segment.loadIndexes() };
  }

  private loadIndexes(): string | null {
    for (const { file } of [this.offsetIndex.index, this.timeIndex.index]) {
      if (this.pool.disk.stat(file.path) === null) return `${file.path} does not exist`;
    }
    const offsetProblem = this.offsetIndex.load(this.size);
    if (offsetProblem !== null) return `${this.offsetIndex.index.file.path}: ${offsetProblem}`;
    const timeProblem = this.timeIndex.load();
    this.largest = this.timeIndex.lastEntry;
    return timeProblem === null ? null : `${this.timeIndex.index.file.path}: ${timeProblem}`;
  }

  get maxTimestamp(): number {
    return this.largest.timestamp;
  }

  /** Largest timestamp of a record; the file's time where its records have none. */
  largestTimestamp(): number {
    return this.largest.timestamp >= 0 ? this.largest.timestamp : this.lastModifiedMs();
  }

  lastModifiedMs(): number {
    return this.pool.disk.stat(this.file.path)?.modifiedMs ?? 0;
  }

  shouldRoll(params: RollParams): boolean {
    return (
      this.size > params.segmentBytes - params.bytes ||
      (this.size > 0 && this.waitedMs(params) > params.segmentMs - this.rollJitterMs) ||
      this.offsetIndex.index.isFull ||
      this.timeIndex.index.isAlmostFull ||
      params.lastOffset - this.baseOffset > MAX_RELATIVE_OFFSET
    );
  }

  /** By the records' own clock where they have one, else by ours. */
  private waitedMs(params: RollParams): number {
    const since = this.firstBatchTimestamp();
    return since >= 0 ? params.maxTimestamp - since : params.nowMs - this.createdMs;
  }

  /** The largest timestamp of the first batch; -1 where that has none, or there is none. */
  firstBatchTimestamp(): number {
    if (this.rollingTimestamp === null && this.size > 0) {
      scanHeaders(this.file, 0, this.size, (b, at) => {
        this.rollingTimestamp = maxTimestampAt(b, at);
        return false;
      });
    }
    return this.rollingTimestamp ?? NO_TIMESTAMP;
  }

  /** Writes batches at the end. After a failure nothing of them counts, and the file is cut back if the disk lets it. */
  append(records: Buffer, firstOffset: number, lastOffset: number, interval: number): void {
    const position = this.size;
    if (lastOffset < this.baseOffset || lastOffset - this.baseOffset > MAX_RELATIVE_OFFSET) {
      throw new RangeError(`offset ${lastOffset} does not fit into the segment of ${this.baseOffset}`);
    }
    this.file.append(records, position);
    if (position === 0) this.rollingTimestamp = maxTimestampAt(records, 0);
    this.size = position + records.length;
    this.recent.add(firstOffset, position);
    for (let at = 0; at < records.length; at += sizeAt(records, at)) {
      const size = sizeAt(records, at);
      this.index(maxTimestampAt(records, at), lastOffsetAt(records, at), position + at, size, interval);
    }
  }

  private index(timestamp: number, lastOffset: number, position: number, size: number, interval: number): void {
    if (timestamp > this.largest.timestamp) this.largest = { timestamp, offset: lastOffset };
    if (this.bytesSinceLastIndexEntry > interval) {
      this.offsetIndex.append(lastOffset, position);
      this.timeIndex.maybeAppend(this.largest.timestamp, this.largest.offset);
      this.bytesSinceLastIndexEntry = 0;
    }
    this.bytesSinceLastIndexEntry += size;
  }

  /** Where the first batch lies whose last offset is `offset` or above, or null. */
  positionOf(offset: number): number | null {
    return this.locate(offset)?.position ?? null;
  }

  /** As `translate`, but cheaper at the log's end: the size is null where it was not looked at. */
  locate(offset: number): { readonly position: number; readonly size: number | null } | null {
    const position = this.recent.positionOf(offset);
    return position === null ? this.translate(offset) : { position, size: null };
  }

  /** The size of the batch at `position`. */
  batchSizeAt(position: number): number {
    let batchSize = 0;
    scanHeaders(this.file, position, this.size, (_b, _at, _position, size) => {
      batchSize = size;
      return false;
    });
    return batchSize;
  }

  /** The first batch whose last offset is `offset` or above, or null. */
  translate(offset: number): BatchPlace | null {
    const recent = this.recent.positionBefore(offset);
    if (recent !== null) return findBatch(this, offset, { position: recent, isCertain: true });
    const { position } = this.offsetIndex.lookup(offset);
    const isInside = position > 0 && position < this.size;
    return findBatch(this, offset, { position: isInside ? position : 0, isCertain: !isInside });
  }

  /** Where to look for `offset` from: what the index says, or the beginning where a damaged one leads astray. */
  private indexed(offset: number): number {
    const { position } = this.offsetIndex.lookup(offset);
    if (position <= 0 || position >= this.size) return 0;
    let isRight = false;
    untilDamage(() =>
      scanHeaders(this.file, position, this.size, (b, at) => {
        isRight = leadsTo(offset, this.baseOffset, b, at);
        return false;
      }),
    );
    return isRight ? position : 0;
  }

  /** One above the last record's offset. */
  readNextOffset(): number {
    let next = this.baseOffset;
    untilDamage(() =>
      scanHeaders(this.file, this.indexed(Number.MAX_SAFE_INTEGER), this.size, (b, at) => {
        next = lastOffsetAt(b, at) + 1;
        return true;
      }),
    );
    return next;
  }

  /** Whether everything from the last index entry on is whole: a cheap look at what a crash or a full disk damages. */
  isTailWhole(): boolean {
    return endOfWholeBatches(this.file, this.offsetIndex.lastEntry().position, this.size) === this.size;
  }

  /** Visits every batch from `position` to `end`, whole; ends at damage. */
  scan(position: number, end: number, visit: BatchVisitor): void {
    untilDamage(() => scanBatches(this.file, position, end, visit));
  }

  /** Visits the header of every batch; ends at damage. */
  scanHeaders(visit: BatchVisitor): void {
    untilDamage(() => scanHeaders(this.file, 0, this.size, visit));
  }

  /**
   * Reads the whole file, cuts it at the first bad batch and builds the indexes anew. `visit` sees each good batch, up to
   * where their offsets leave what indexes can express.
   */
  recover(interval: number, visit: RecoveryVisitor): Recovered {
    this.offsetIndex.reset();
    this.timeIndex.reset();
    this.txnIndex.reset();
    this.recent.clear();
    this.largest = this.timeIndex.lastEntry;
    this.size = this.file.size();
    this.bytesSinceLastIndexEntry = 0;
    const { validBytes, isOverflowed } = this.recoverBatches(interval, visit);
    this.bytesSinceLastIndexEntry = 0;
    const cutBytes = this.size - validBytes;
    // A file that stays as it is keeps its time, by which records without timestamps are retained.
    if (cutBytes > 0) this.file.truncate(validBytes);
    this.size = validBytes;
    this.rollingTimestamp = null;
    this.trimIndexes();
    return { cutBytes, isOverflowed };
  }

  private recoverBatches(interval: number, visit: RecoveryVisitor) {
    let validBytes = 0;
    let isOverflowed = false;
    let nextOffset = this.baseOffset;
    untilDamage(() =>
      scanBatches(this.file, 0, this.size, (b, at, position, size) => {
        const lastOffset = lastOffsetAt(b, at);
        if (lastOffset < nextOffset || !isCrcValidAt(b, at)) return false;
        nextOffset = lastOffset + 1;
        validBytes = position + size;
        isOverflowed ||= lastOffset - this.baseOffset > MAX_RELATIVE_OFFSET;
        if (isOverflowed) return true;
        this.index(maxTimestampAt(b, at), lastOffset, position, size, interval);
        visit(b, at, size);
        return true;
      }),
    );
    return { validBytes, isOverflowed };
  }

  /** Drops all batches that hold `offset` or more; returns the bytes cut. */
  truncateTo(offset: number): number {
    const place = this.translate(offset);
    this.offsetIndex.truncateTo(offset);
    this.timeIndex.truncateTo(offset);
    this.txnIndex.truncateTo(offset);
    const cut = place === null ? 0 : this.size - place.position;
    if (place !== null) this.file.truncate(place.position);
    this.size -= cut;
    if (this.size === 0) {
      this.createdMs = this.clock.nowMs();
      this.rollingTimestamp = null;
    }
    this.recent.clear();
    this.bytesSinceLastIndexEntry = 0;
    this.largest = this.readLargestTimestamp();
    this.becomeActive();
    return cut;
  }

  /** The index's last entry, and what follows it in the file (LogSegment.readLargestTimestamp). */
  private readLargestTimestamp(): TimestampOffset {
    let largest = this.timeIndex.lastEntry;
    scanHeaders(this.file, this.indexed(largest.offset), this.size, (b, at) => {
      const timestamp = maxTimestampAt(b, at);
      if (timestamp > largest.timestamp) largest = { timestamp, offset: lastOffsetAt(b, at) };
      return true;
    });
    return largest;
  }

  /** The first record from `startOffset` on whose timestamp is `timestamp` or later. */
  findOffsetByTimestamp(timestamp: number, startOffset: number): TimestampAndOffset | null {
    const from = Math.max(this.timeIndex.lookup(timestamp).offset, startOffset);
    let found: TimestampAndOffset | null = null;
    scanBatches(this.file, this.indexed(from), this.size, (b, at, _position, size) => {
      if (maxTimestampAt(b, at) < timestamp) return true;
      found = findRecordByTimestamp(b, at, size, timestamp, startOffset);
      return found === null;
    });
    return found;
  }

  /** The record with the largest timestamp. */
  findMaxTimestamp(): TimestampAndOffset | null {
    let found: TimestampAndOffset | null = null;
    scanBatches(this.file, this.indexed(this.largest.offset), this.size, (b, at, _position, size) => {
      if (maxTimestampAt(b, at) !== this.largest.timestamp) return true;
      found = findRecordByTimestamp(b, at, size, this.largest.timestamp, 0);
      return found === null;
    });
    return found;
  }

  /** Makes room for index entries of records to come. */
  becomeActive(): void {
    this.offsetIndex.index.preallocate();
    this.timeIndex.index.preallocate();
  }

  /** No more records: the last entry of the time index is added and the indexes are cut to size. */
  becomeInactive(): void {
    this.trimIndexes();
    this.recent.clear();
  }

  private trimIndexes(): void {
    this.timeIndex.maybeAppend(this.largest.timestamp, this.largest.offset);
    this.offsetIndex.index.trim();
    this.timeIndex.index.trim();
  }

  async flush(): Promise<void> {
    if (this.file.isRemoved) return;
    this.offsetIndex.index.write();
    this.timeIndex.index.write();
    await Promise.all(this.files().map((file) => file.flush()));
  }

  /** As `flush`, before anything else happens. */
  flushNow(): void {
    for (const file of this.files()) file.flushNow();
  }

  /** Closes, as at a clean shutdown: what has been flushed before stays so, and indexes are checked when loaded. */
  closeCleanly(): void {
    this.trimIndexes();
    this.closeFiles();
  }

  /** Closes the files as they are; they open again when used. */
  closeFiles(): void {
    for (const file of this.possibleFiles()) file.close();
  }

  /** Its folder has been renamed. */
  movedTo(folder: string): void {
    for (const file of this.possibleFiles()) file.movedTo(folder + file.path.slice(file.path.lastIndexOf('/')));
  }

  /** Gives the files other names, the log's first: what a crash leaves in between, `recovery` understands. */
  changeSuffix(from: string, to: string): void {
    const there = this.files();
    for (const file of this.possibleFiles()) {
      const path = file.path.slice(0, file.path.length - from.length) + to;
      // A transaction index that is made later is to have the right name, too.
      if (there.includes(file)) file.rename(path);
      else file.movedTo(path);
    }
  }

  async removeFiles(): Promise<void> {
    await Promise.all(this.files().map((file) => file.remove()));
  }

  /** At start-up, when nobody reads yet. */
  removeFilesNow(): void {
    for (const file of this.files()) {
      file.close();
      this.pool.disk.removeNow(file.path);
    }
  }

  /** Those that there are. */
  private files(): PooledFile[] {
    return this.possibleFiles().filter((file) => file !== this.txnIndex.file || this.txnIndex.exists());
  }

  private possibleFiles(): PooledFile[] {
    return [this.file, this.offsetIndex.index.file, this.timeIndex.index.file, this.txnIndex.file];
  }
}
