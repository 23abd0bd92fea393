import { KafkaError } from '@odradek/protocol/errors';
import { baseOffsetAt, lastOffsetAt, magicAt, sizeAt } from '@odradek/protocol/records/batch';
import { legacyBaseOffset } from '@odradek/protocol/records/legacy';
import type { Clock } from '../env/clock';
import { scanBatches } from './batch-scan';
import { BatchReader } from './cleaner/batch-reader';
import type { FilePool } from './file-pool';
import { CLEANED_SUFFIX, SWAP_SUFFIX } from './names';
import { Segment } from './segment';
import { MAX_RELATIVE_OFFSET } from './segment-file';
import type { AbortedTxnEntry } from './types';

/** Read, and written, at a time. */
const CHUNK_BYTES = 1024 * 1024;

/** A segment's file whose offsets lie too far apart for indexes. */
export interface OverflowedSegment {
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
  /** What its transaction index says. */
  readonly aborted: readonly AbortedTxnEntry[];
}

export interface SplitInto {
  readonly pool: FilePool;
  readonly clock: Clock;
  readonly folder: string;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
}

/**
 * Copies a segment into several whose indexes can express their offsets, each named by its first record's
 * (LocalLog.splitOverflowedSegment, KAFKA-6264): segments such as brokers before 1.1 left. The pieces are files named
 * `.cleaned`, durable when it is done and gone where that fails. Yields the bytes of I/O of each step.
 */
export function* splitSegment(source: OverflowedSegment, into: SplitInto): Generator<number, Segment[], void> {
  const { disk } = into.pool;
  const file = disk.open(source.path, 'read');
  const pieces: Segment[] = [];
  let isDone = false;
  try {
    const reader = new BatchReader(Math.min(CHUNK_BYTES, source.size), source.size);
    for (let position = 0; position < source.size; position += reader.end) {
      reader.read(file, position, source.size);
      appendTo(pieces, reader, into);
      yield 2 * reader.end;
    }
    for (const [index, piece] of pieces.entries()) {
      const nextOffset = pieces[index + 1]?.baseOffset ?? Number.POSITIVE_INFINITY;
      // Apache's pieces lose the transaction index, and with it what readers have to leave out.
      for (const entry of source.aborted) {
        if (entry.lastOffset >= piece.baseOffset && entry.lastOffset < nextOffset) piece.txnIndex.append(entry);
      }
      finish(piece, source.modifiedMs, into.pool);
    }
    disk.flushFolderNow(into.folder);
    isDone = true;
    return pieces;
  } finally {
    file.close();
    if (!isDone) for (const piece of pieces) piece.removeFilesNow();
  }
}

function appendTo(pieces: Segment[], { bytes: b, end }: BatchReader, into: SplitInto): void {
  for (let at = 0; at < end; ) {
    let piece = pieces.at(-1);
    if (piece === undefined || !fits(piece, lastOffsetAt(b, at))) {
      piece = newPiece(firstOffsetAt(b, at), into);
      pieces.push(piece);
    }
    const from = at;
    let lastOffset = lastOffsetAt(b, at);
    for (at += sizeAt(b, at); at < end && fits(piece, lastOffsetAt(b, at)); at += sizeAt(b, at)) {
      lastOffset = lastOffsetAt(b, at);
    }
    piece.append(b.subarray(from, at), piece.baseOffset, lastOffset, into.indexIntervalBytes);
  }
}

const fits = ({ baseOffset }: Segment, offset: number): boolean => offset - baseOffset <= MAX_RELATIVE_OFFSET;

/** The offset of the first record of the batch at `at`: it names the segment that begins with it. */
function firstOffsetAt(b: Buffer, at: number): number {
  return magicAt(b, at) < 2 ? legacyBaseOffset(b, at) : baseOffsetAt(b, at);
}

/** The offset of the first record in a log file, or null where it holds none that can be read. */
export function firstOffsetOf(pool: FilePool, path: string): number | null {
  const file = pool.file(path);
  let first: number | null = null;
  try {
    scanBatches(file, 0, file.size(), (b, at) => {
      first = firstOffsetAt(b, at);
      return false;
    });
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
  } finally {
    file.close();
  }
  return first;
}

function newPiece(baseOffset: number, { pool, clock, folder, segmentIndexBytes }: SplitInto): Segment {
  return Segment.create(pool, clock, {
    folder,
    baseOffset,
    segmentIndexBytes,
    rollJitterMs: 0,
    suffix: CLEANED_SUFFIX,
  });
}

function finish(piece: Segment, modifiedMs: number, pool: FilePool): void {
  piece.becomeInactive();
  piece.flushNow();
  // By the file's time records without timestamps are retained.
  pool.disk.setModified(piece.file.path, modifiedMs);
  piece.closeFiles();
}

/**
 * Gives `.cleaned` segments their names, in an order that recovery understands: it drops every `.swap` from the first
 * `.cleaned` on, and once there is none the `.swap` ones count.
 *
 * @param takeAway what they were made of
 */
export function swapIn(made: readonly Segment[], takeAway: () => void): void {
  for (const segment of [...made].reverse()) segment.changeSuffix(CLEANED_SUFFIX, SWAP_SUFFIX);
  takeAway();
  for (const segment of made) segment.changeSuffix(SWAP_SUFFIX, '');
}
