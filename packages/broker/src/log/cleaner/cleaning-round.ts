import type { Clock } from '../../env/clock';
import { DiskError } from '../../env/disk';
import type { PartitionLog } from '../partition-log';
import type { Segment } from '../segment';
import { type Dirtiness, groupSegments } from './cleanable';
import { type CleanerConfig, cleanerLimits } from './cleaner-config';
import { CleanerEndedError, type CleanerThread } from './cleaner-thread';
import type { CleanerAnswer, CleanerTask, GroupRequest, MapRequest, SourceSegment } from './messages';

/** What a round was given up for is told by who did it. */
export class CleaningAbortedError extends Error {
  override readonly name = 'CleaningAbortedError';
}

/** A segment had to be split first: of segments that are others now the next round begins anew, as Apache's does. */
export class SegmentSplitError extends CleaningAbortedError {}

type Cleaned = Extract<CleanerAnswer, { kind: 'cleaned' }>;

export interface RoundResult {
  /** Up to here the log is clean. */
  readonly endOffset: number;
  readonly keys: number;
  readonly bytesMapped: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly keylessRecords: number;
}

/**
 * One cleaning of a log (Cleaner.doClean): its keys are mapped, then group after group of its segments is cleaned aside
 * and swapped in here, in one turn. Until then nothing of the log changes; who changes it otherwise calls `abort` first.
 */
export class CleaningRound {
  isAborted = false;

  constructor(
    readonly log: PartitionLog,
    readonly dirtiness: Dirtiness,
    private readonly thread: CleanerThread,
    private readonly config: CleanerConfig,
    private readonly clock: Clock,
  ) {}

  /** Nothing of it counts from now on but what has been swapped in. */
  abort(): void {
    this.isAborted = true;
    this.thread.abort();
  }

  /** Throws `CleaningAbortedError`; `DiskError` or `KafkaError` KAFKA_STORAGE_ERROR where the disk has failed. */
  async run(): Promise<RoundResult> {
    const { log, dirtiness } = this;
    const { config } = log;
    const nowMs = this.clock.nowMs();
    const { firstDirtyOffset, firstUncleanableOffset } = dirtiness;
    const clean = log.segmentList.filter(({ baseOffset }) => baseOffset < firstDirtyOffset);
    const lastClean = clean.at(-1);
    const legacyHorizonMs = lastClean === undefined ? 0 : lastClean.lastModifiedMs() - config.deleteRetentionMs;
    const mapped = await this.ask(this.mapRequest(), 'mapped');
    const result = { ...mapped, bytesMapped: mapped.bytes, bytesRead: 0, bytesWritten: 0, keylessRecords: 0 };
    const segments = log.segmentList
      .filter(({ baseOffset }) => baseOffset < mapped.endOffset)
      .map((segment) => ({
        segment,
        baseOffset: segment.baseOffset,
        size: segment.size,
        offsetIndexBytes: segment.offsetIndex.index.bytes,
        timeIndexBytes: segment.timeIndex.index.bytes,
      }));
    for (const group of groupSegments(segments, config, firstUncleanableOffset)) {
      const sources = group.map(({ segment }) => segment);
      const cleaned = await this.clean(sources, nowMs, legacyHorizonMs);
      log.replaceSegments(sources);
      result.bytesRead += cleaned.bytesRead;
      result.bytesWritten += cleaned.bytesWritten;
      result.keylessRecords += cleaned.keylessRecords;
      await log.flushNames();
      this.check();
    }
    return result;
  }

  private mapRequest(): MapRequest {
    const { log } = this;
    const { firstDirtyOffset: start, firstUncleanableOffset: end } = this.dirtiness;
    const dirty = segmentsBetween(log.segmentList, start, end);
    return {
      kind: 'map',
      partition: log.name,
      start,
      segments: dirty.map((segment, index) => ({
        ...source(segment),
        position: segment.offsetIndex.lookup(start).position,
        nextOffset: dirty[index + 1]?.baseOffset ?? end,
      })),
      aborted: log.abortedTransactions(start, end),
      limits: cleanerLimits(this.config, end - start, log.config.maxMessageBytes),
    };
  }

  private groupRequest(sources: readonly Segment[], nowMs: number, legacyHorizonMs: number): GroupRequest {
    const { log } = this;
    const { deleteRetentionMs, segmentIndexBytes, indexIntervalBytes } = log.config;
    return {
      kind: 'group',
      folder: log.folder,
      segments: sources.map((segment) => {
        const read = source(segment);
        const end = log.segmentList[log.segmentList.indexOf(segment) + 1]!.baseOffset;
        const aborted = log.abortedTransactions(segment.baseOffset, end);
        return { ...read, aborted, retainsLegacyDeletes: read.modifiedMs > legacyHorizonMs };
      }),
      lastRecords: log.producers.lastRecords(),
      nowMs,
      deleteRetentionMs,
      segmentIndexBytes,
      indexIntervalBytes,
    };
  }

  private async clean(sources: readonly Segment[], nowMs: number, legacyHorizonMs: number): Promise<Cleaned> {
    const request = this.groupRequest(sources, nowMs, legacyHorizonMs);
    const answer = await this.ask(request, 'cleaned', 'overflowed');
    if (answer.kind === 'cleaned') return answer;
    const pieces = await this.split(sources.find(({ baseOffset }) => baseOffset === answer.baseOffset)!);
    throw new SegmentSplitError(
      `Offsets of segment ${answer.baseOffset} were too far apart for its indexes: it has been split into ${pieces.join(', ')}`,
    );
  }

  private async split(segment: Segment): Promise<readonly number[]> {
    const { log } = this;
    const { segmentIndexBytes, indexIntervalBytes } = log.config;
    const aborted = segment.txnIndex.all();
    const request = {
      folder: log.folder,
      segment: { ...source(segment), aborted },
      segmentIndexBytes,
      indexIntervalBytes,
    };
    const { baseOffsets } = await this.ask({ kind: 'split', ...request }, 'split');
    log.replaceSegments([segment], baseOffsets);
    await log.flushNames();
    return baseOffsets;
  }

  private async ask<Kind extends CleanerAnswer['kind']>(
    request: CleanerTask,
    ...kinds: readonly Kind[]
  ): Promise<Extract<CleanerAnswer, { kind: Kind }>> {
    const answer = await this.thread.ask(request).catch(async (error: unknown) => {
      // It may have left what it was at.
      if (error instanceof CleanerEndedError && request.kind !== 'map') await this.log.dropCleaned();
      throw error;
    });
    if (this.isAborted && request.kind !== 'map') await this.log.dropCleaned();
    this.check();
    if ((kinds as readonly string[]).includes(answer.kind)) return answer as Extract<CleanerAnswer, { kind: Kind }>;
    if (answer.kind !== 'failed')
      throw new RangeError(`The cleaner was asked to ${request.kind}, and has ${answer.kind}`);
    const { message, disk } = answer;
    throw disk === null ? new Error(message) : new DiskError(disk.path, message, disk.code);
  }

  private check(): void {
    if (this.isAborted) throw new CleaningAbortedError(`Cleaning of ${this.log.name} was given up`);
  }
}

/** The segments that hold offsets of `[from, to)`. */
function segmentsBetween(segments: readonly Segment[], from: number, to: number): Segment[] {
  return segments.filter(({ baseOffset }, index) => {
    const next = segments[index + 1]?.baseOffset ?? Number.POSITIVE_INFINITY;
    return baseOffset < to && next > from;
  });
}

function source(segment: Segment): SourceSegment {
  // Small appends may not have been written yet.
  segment.file.writeGathered();
  const { size, baseOffset } = segment;
  return { path: segment.file.path, size, baseOffset, modifiedMs: segment.lastModifiedMs() };
}
