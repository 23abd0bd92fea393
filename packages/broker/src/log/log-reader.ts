import { KafkaError } from '@odradek/protocol/errors';
import type { DiskError } from '../env/disk';
import type { Segment } from './segment';
import { FileSlice } from './segment-file';
import type { Segments } from './segments';
import { type AbortedTransaction, type AbortedTxnEntry, EMPTY_SLICE, type FetchIsolation, type LogRead } from './types';

/** The ends of a log as a reader sees them. */
export interface LogBounds {
  readonly partitionName: string;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  /** What the reader's isolation lets it see: nothing at or above. */
  readonly upTo: number;
}

export interface ReadOptions {
  readonly maxBytes: number;
  /** The first batch is returned whole even if it is larger than `maxBytes`. */
  readonly minOneMessage: boolean;
  readonly isolation: FetchIsolation;
}

/** Finds in segments what a fetch asks for (LocalLog.read, LogSegment.read), reading no more of them than it must. */
export class LogReader {
  /** Where the last bound lay: it moves more slowly than readers ask. */
  private boundOffset = -1;
  private boundSegment: Segment | null = null;
  private boundPosition = 0;
  /** How often the log has been cut: what was at an offset before may be something else now. */
  cuts = 0;

  constructor(
    private readonly segments: Segments,
    readonly onDiskError: (error: DiskError) => void,
  ) {}

  /** The log has been cut. */
  onCut(): void {
    this.boundSegment = null;
    this.cuts++;
  }

  /** Throws OFFSET_OUT_OF_RANGE. */
  read(offset: number, bounds: LogBounds, options: ReadOptions): LogRead {
    checkRange(offset, bounds);
    const first = this.segments.floor(offset);
    if (first === null) throw outOfRange(offset, bounds);
    if (offset >= bounds.upTo) return this.empty(offset, bounds, options);
    for (let segment: Segment | null = first; segment !== null; segment = this.segments.after(segment)) {
      const place = segment.locate(offset);
      if (place !== null) return this.readSegment(segment, place, offset, bounds, options);
    }
    return this.empty(offset, bounds, options);
  }

  private readSegment(
    segment: Segment,
    { position, size }: { readonly position: number; readonly size: number | null },
    offset: number,
    bounds: LogBounds,
    { maxBytes, minOneMessage, isolation }: ReadOptions,
  ): LogRead {
    const available = Math.max(0, this.limitIn(segment, bounds) - position);
    let bytes = Math.min(available, maxBytes);
    let firstEntryIncomplete = false;
    if (bytes < available) {
      const firstBytes = size ?? segment.batchSizeAt(position);
      if (minOneMessage) bytes = Math.min(available, Math.max(maxBytes, firstBytes));
      firstEntryIncomplete = bytes < firstBytes;
    }
    return {
      slice: bytes > 0 ? new FileSlice(segment.file, position, bytes, this) : EMPTY_SLICE,
      fetchOffset: offset,
      segmentBaseOffset: segment.baseOffset,
      position,
      upTo: bounds.upTo,
      firstEntryIncomplete,
      abortedTransactions:
        isolation === 'committed' ? this.aborted(offset, segment, position, bytes, bounds.logEndOffset) : null,
    };
  }

  /** How much of a segment lies below the bound. */
  private limitIn(segment: Segment, { upTo, logEndOffset }: LogBounds): number {
    if (upTo >= logEndOffset) return segment.size;
    if (upTo <= segment.baseOffset) return 0;
    if (this.boundSegment === segment && this.boundOffset === upTo) return this.boundPosition;
    const position = segment.positionOf(upTo);
    if (position === null) return segment.size;
    this.boundSegment = segment;
    this.boundOffset = upTo;
    this.boundPosition = position;
    return position;
  }

  private empty(offset: number, { upTo, logEndOffset }: LogBounds, { isolation }: ReadOptions): LogRead {
    const { active } = this.segments;
    const segment = offset === logEndOffset ? active : (this.segments.floor(offset) ?? active);
    const position = offset === logEndOffset ? active.size : (segment.positionOf(offset) ?? segment.size);
    return {
      slice: EMPTY_SLICE,
      fetchOffset: offset,
      segmentBaseOffset: segment.baseOffset,
      position,
      upTo,
      firstEntryIncomplete: false,
      abortedTransactions: isolation === 'committed' ? [] : null,
    };
  }

  /** Transactions aborted among what is returned, as exactly as the index tells its end. */
  private aborted(
    offset: number,
    segment: Segment,
    position: number,
    bytes: number,
    logEndOffset: number,
  ): AbortedTransaction[] {
    const end =
      segment.offsetIndex.firstOffsetFrom(position + bytes) ?? this.segments.after(segment)?.baseOffset ?? logEndOffset;
    const aborted = abortedTransactions(this.segments, segment, offset, end);
    return aborted.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }));
  }
}

/** What the indexes from `first` on say of transactions aborted in `[from, end)` (UnifiedLog.collectAbortedTransactions). */
export function abortedTransactions(segments: Segments, first: Segment, from: number, end: number): AbortedTxnEntry[] {
  const aborted: AbortedTxnEntry[] = [];
  for (let segment: Segment | null = first; segment !== null; segment = segments.after(segment)) {
    const entries = segment.txnIndex.all();
    for (let index = firstEndingFrom(entries, from); index < entries.length; index++) {
      const entry = entries[index]!;
      if (entry.firstOffset < end) aborted.push(entry);
      if (entry.lastStableOffset >= end) return aborted;
    }
  }
  return aborted;
}

/** The index of the first transaction whose marker lies at or behind `offset`: a segment may hold very many before it. */
function firstEndingFrom(entries: readonly AbortedTxnEntry[], offset: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.lastOffset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function checkRange(offset: number, bounds: LogBounds): void {
  if (offset < bounds.logStartOffset) {
    throw new KafkaError(
      'OFFSET_OUT_OF_RANGE',
      `Received request for offset ${offset} for partition ${bounds.partitionName}, but we only have log segments starting from offset: ${bounds.logStartOffset}.`,
    );
  }
  if (offset > bounds.logEndOffset) throw outOfRange(offset, bounds);
}

function outOfRange(offset: number, { partitionName, logEndOffset }: LogBounds): KafkaError {
  return new KafkaError(
    'OFFSET_OUT_OF_RANGE',
    `Received request for offset ${offset} for partition ${partitionName}, but we only have log segments upto ${logEndOffset}.`,
  );
}
