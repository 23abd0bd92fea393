import { baseOffsetAt, partitionLeaderEpochAt } from '@odradek/protocol/records/batch';
import type { Clock } from '../env/clock';
import { DiskError } from '../env/disk';
import type { Logger } from '../env/logger';
import type { FilePool } from './file-pool';
import { LEADER_EPOCH_CHECKPOINT, type LeaderEpochs } from './leader-epochs';
import type { LogConfig } from './log-config';
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  INDEX_SUFFIX,
  LOG_SUFFIX,
  offsetOfFile,
  SEGMENT_SUFFIXES,
  SWAP_SUFFIX,
  TIME_INDEX_SUFFIX,
  TXN_INDEX_SUFFIX,
} from './names';
import { preallocateFile } from './preallocation';
import { rebuildProducerState } from './producer-recovery';
import type { ProducerState } from './producer-state';
import { LONG_LOOK, rememberBatches, SHORT_LOOK } from './remembered-batches';
import { Segment } from './segment';
import { nextOffsetOf } from './segment-file';
import { firstOffsetOf, splitSegment, swapIn } from './segment-split';
import { Segments } from './segments';

export interface LoadInput {
  readonly pool: FilePool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly folder: string;
  readonly config: LogConfig;
  /** The folder awaits deletion: it is loaded as it is. */
  readonly isToBeDeleted: boolean;
  readonly hadCleanShutdown: boolean;
  /** As checkpointed. */
  readonly logStartOffset: number;
  readonly recoveryPoint: number;
  readonly epochs: LeaderEpochs;
  readonly producers: ProducerState;
  readonly newProducerState: () => ProducerState;
  readonly rollJitterMs: () => number;
}

export interface LoadedLog {
  readonly segments: Segments;
  readonly logStartOffset: number;
  readonly recoveryPoint: number;
  readonly logEndOffset: number;
}

/**
 * Makes a log of what is in its folder (kafka.log.LogLoader): interrupted compactions are finished or undone, and what
 * was not flushed before an unclean shutdown is read, checked and cut at the first bad batch. Yields between segments,
 * so that whoever drives it can let others have their turn.
 */
export function* loadLog(input: LoadInput): Generator<void, LoadedLog, void> {
  const { pool, config, folder, log, epochs, producers } = input;
  finishInterruptedSwaps(input);
  const isEpochFileBad = !loadEpochs(input);
  producers.loadSnapshotFiles();
  const segments = new Segments();
  yield* loadSegments(input, segments);
  if (!input.isToBeDeleted && !input.hadCleanShutdown) yield* recoverUnflushed(input, segments);
  let logEndOffset = segments.isEmpty ? null : segments.active.readNextOffset();
  const isIntact = input.hadCleanShutdown && logEndOffset !== null && logEndOffset >= input.logStartOffset;
  if (logEndOffset !== null && logEndOffset < input.logStartOffset) {
    log.warn(
      `Deleting all segments because logEndOffset (${logEndOffset}) is smaller than logStartOffset ${input.logStartOffset}. This could happen if segment files were deleted from the file system.`,
    );
    removeSegments(segments, segments.all);
    epochs.clear();
    producers.truncateFullyAndStartAt(input.logStartOffset);
  }
  if (segments.isEmpty) {
    const { segmentIndexBytes } = config;
    const options = { folder, baseOffset: input.logStartOffset, segmentIndexBytes, rollJitterMs: input.rollJitterMs() };
    const segment = Segment.create(pool, input.clock, options);
    preallocateFile(segment.file, config);
    segments.add(segment);
    logEndOffset = input.logStartOffset;
  } else if (!input.isToBeDeleted) segments.active.becomeActive();
  const nextOffset = logEndOffset!;
  if (isEpochFileBad) rebuildEpochs(epochs, segments);
  epochs.truncateFromEnd(nextOffset);
  const logStartOffset = Math.max(input.logStartOffset, segments.first.baseOffset);
  epochs.truncateFromStart(logStartOffset);
  producers.removeStraySnapshots(segments.all.map((segment) => segment.baseOffset));
  rebuildProducerState(producers, {
    segments,
    logStartOffset,
    lastOffset: nextOffset,
    nowMs: input.clock.nowMs(),
    afterCleanShutdown: input.hadCleanShutdown,
  });
  const bounds = input.hadCleanShutdown ? SHORT_LOOK : LONG_LOOK;
  if (!input.isToBeDeleted) rememberBatches(producers, { segments, logStartOffset, bounds });
  const recoveryPoint = isIntact ? nextOffset : Math.min(input.recoveryPoint, nextOffset);
  return { segments, logStartOffset, recoveryPoint, logEndOffset: nextOffset };
}

/** Deletes what awaits deletion and half-made segments, and puts made ones in the place of those they were made of. */
function finishInterruptedSwaps({ pool, folder, log }: LoadInput): void {
  const { disk } = pool;
  const names = disk.list(folder);
  const drop = (name: string): void => disk.removeNow(`${folder}/${name}`);
  const offsets = (suffix: string) =>
    names.filter((name) => name.endsWith(suffix)).map((name) => offsetOfFile(name) ?? 0);
  // A `.cleaned` file says that the renaming to `.swap` had not come that far: the originals still count.
  const firstUnfinished = Math.min(Number.POSITIVE_INFINITY, ...offsets(CLEANED_SUFFIX));
  const swaps: string[] = [];
  for (const name of names) {
    const isUnfinishedSwap = name.endsWith(SWAP_SUFFIX) && (offsetOfFile(name) ?? 0) >= firstUnfinished;
    if (name.endsWith(DELETED_SUFFIX) || name.endsWith(CLEANED_SUFFIX) || isUnfinishedSwap) drop(name);
    else if (name.endsWith(SWAP_SUFFIX)) swaps.push(name);
  }
  for (const swap of swaps.filter((name) => name.endsWith(LOG_SUFFIX + SWAP_SUFFIX))) {
    const { from, to } = swapRange(pool, `${folder}/${swap}`, offsetOfFile(swap) ?? 0);
    log.info(`Found log file ${swap} from interrupted swap operation: it replaces offsets ${from} to ${to}`);
    const split = splitSourceOf(pool, folder, names, from);
    for (const name of names) {
      const base = offsetOfFile(name);
      const isSegmentFile = SEGMENT_SUFFIXES.some((suffix) => name.endsWith(suffix));
      if (isSegmentFile && base !== null && ((base >= from && base < to) || base === split)) drop(name);
    }
  }
  for (const name of swaps) disk.rename(`${folder}/${name}`, `${folder}/${name.slice(0, -SWAP_SUFFIX.length)}`);
}

/**
 * The offsets that a `.swap` log covers. One that is empty still takes the place of all files of its base offset: of an
 * aborted transaction whose marker is gone the index must not tell.
 */
function swapRange(pool: FilePool, path: string, from: number): { from: number; to: number } {
  const to = Math.max(nextOffsetOf(pool, path, from), from + 1);
  return { from, to };
}

/**
 * The base of the segment that a `.swap` log from `from` on is the first piece of, where that begins later than the
 * segment's own name says, or null: its files are still there, and lie below what the pieces cover.
 */
function splitSourceOf(pool: FilePool, folder: string, names: readonly string[], from: number): number | null {
  const below = names.filter((name) => name.endsWith(LOG_SUFFIX) && (offsetOfFile(name) ?? from) < from).sort();
  const last = below.at(-1);
  // A swap that was finished before in this loop may have taken it away.
  if (last === undefined || pool.disk.stat(`${folder}/${last}`) === null) return null;
  return firstOffsetOf(pool, `${folder}/${last}`) === from ? offsetOfFile(last) : null;
}

/** False where the file is damaged or was lost: it can be made anew from the batches, for no more than a look at them. */
function loadEpochs({ epochs, folder, log, hadCleanShutdown }: LoadInput): boolean {
  try {
    epochs.load();
    return hadCleanShutdown || epochs.latestEpoch !== null;
  } catch (error) {
    if (!(error instanceof DiskError) || error.code !== undefined) throw error;
    log.warn(`${folder}/${LEADER_EPOCH_CHECKPOINT} is damaged and is made anew: ${error.message}`);
    return false;
  }
}

function rebuildEpochs(epochs: LeaderEpochs, segments: Segments): void {
  epochs.clear();
  for (const segment of segments.all) {
    segment.scanHeaders((b, at) => {
      assignIfNewer(epochs, partitionLeaderEpochAt(b, at), baseOffsetAt(b, at));
      return true;
    });
  }
}

function assignIfNewer(epochs: LeaderEpochs, epoch: number, baseOffset: number): void {
  if (epoch >= 0 && (epochs.latestEpoch === null || epoch > epochs.latestEpoch)) epochs.assign(epoch, baseOffset);
}

function* loadSegments(input: LoadInput, segments: Segments): Generator<void, void, void> {
  const { pool, clock, folder, log, config } = input;
  const names = pool.disk.list(folder).sort();
  const bases = new Set<number>();
  for (const name of names) if (name.endsWith(LOG_SUFFIX)) bases.add(offsetOfFile(name) ?? Number.NaN);
  for (const name of names) {
    const isIndex = [INDEX_SUFFIX, TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX].some((suffix) => name.endsWith(suffix));
    if (!isIndex || bases.has(offsetOfFile(name) ?? Number.NaN)) continue;
    log.warn(`Found an orphaned index file ${folder}/${name}, with no corresponding log file.`);
    pool.disk.removeNow(`${folder}/${name}`);
  }
  for (const baseOffset of [...bases].filter(Number.isSafeInteger).sort((a, b) => a - b)) {
    const { segmentIndexBytes } = config;
    const options = { folder, baseOffset, segmentIndexBytes, rollJitterMs: input.rollJitterMs() };
    const { segment, problem } = Segment.load(pool, clock, options);
    segments.add(segment);
    if (problem !== null && (input.hadCleanShutdown || segmentIsFlushed(segment, input, bases))) {
      log.warn(`Recovering segment ${baseOffset} and rebuilding its index files: ${problem}`);
      yield* recoverSegment(segment, input, segments);
    }
  }
  if (!input.hadCleanShutdown || segments.isEmpty || segments.active.isTailWhole()) return;
  log.warn(
    `The end of segment ${segments.active.baseOffset} is damaged although the shutdown was clean: recovering it`,
  );
  yield* recoverSegment(segments.active, input, segments);
}

/** Whether `recoverUnflushed` will leave the segment alone. */
function segmentIsFlushed(segment: Segment, { recoveryPoint }: LoadInput, bases: ReadonlySet<number>): boolean {
  return [...bases].some((base) => base > segment.baseOffset && base <= recoveryPoint);
}

function* recoverUnflushed(input: LoadInput, segments: Segments): Generator<void, void, void> {
  const { log } = input;
  const unflushed = segments.between(input.recoveryPoint, Number.POSITIVE_INFINITY);
  for (const [index, segment] of unflushed.entries()) {
    log.info(`Recovering unflushed segment ${segment.baseOffset}. ${index}/${unflushed.length} recovered.`);
    const { cutBytes, nextOffset } = yield* recoverSegment(segment, input, segments);
    if (cutBytes === 0) continue;
    log.warn(`Corruption found in segment ${segment.baseOffset}, truncating to offset ${nextOffset}`);
    removeSegments(segments, unflushed.slice(index + 1));
    return;
  }
}

/** What a segment's recovery has cut from its end, and where that is now. */
interface RecoveredSegment {
  readonly cutBytes: number;
  readonly nextOffset: number;
}

function* recoverSegment(
  segment: Segment,
  input: LoadInput,
  segments: Segments,
): Generator<void, RecoveredSegment, void> {
  const { epochs, config } = input;
  const producers = input.newProducerState();
  producers.loadSnapshotFiles();
  rebuildProducerState(producers, {
    segments,
    logStartOffset: input.logStartOffset,
    lastOffset: segment.baseOffset,
    nowMs: input.clock.nowMs(),
    afterCleanShutdown: false,
  });
  const { cutBytes, isOverflowed } = segment.recover(config.indexIntervalBytes, (b, at, size) => {
    assignIfNewer(epochs, partitionLeaderEpochAt(b, at), baseOffsetAt(b, at));
    producers.replay(b, at, at + size, (aborted) => segment.txnIndex.append(aborted));
  });
  yield;
  if (isOverflowed) return { cutBytes, nextOffset: yield* recoverSplit(segment, input, segments) };
  const nextOffset = segment.readNextOffset();
  producers.mapEndOffset = nextOffset;
  producers.takeSnapshot();
  input.producers.loadSnapshotFiles();
  return { cutBytes, nextOffset };
}

/** Splits a segment and recovers what it has become (LogLoader.retryOnOffsetOverflow); returns where that ends. */
function* recoverSplit(segment: Segment, input: LoadInput, segments: Segments): Generator<void, number, void> {
  const { pool, log, config } = input;
  log.info(`Offsets of segment ${segment.baseOffset} are too far apart for its indexes: splitting it`);
  const { segmentIndexBytes, indexIntervalBytes } = config;
  const { file, size } = segment;
  const source = { path: file.path, size, modifiedMs: segment.lastModifiedMs(), aborted: [] };
  const steps = splitSegment(source, { ...input, segmentIndexBytes, indexIntervalBytes });
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) yield;
  const pieces = step.value;
  swapIn(pieces, () => {
    segment.removeFilesNow();
    segments.replace([segment], pieces);
  });
  pool.disk.flushFolderNow(input.folder);
  let nextOffset = segment.baseOffset;
  for (const piece of pieces) ({ nextOffset } = yield* recoverSegment(piece, input, segments));
  return nextOffset;
}

function removeSegments(segments: Segments, removed: readonly Segment[]): void {
  const gone = [...removed];
  segments.remove(gone);
  for (const segment of gone) segment.removeFilesNow();
}
