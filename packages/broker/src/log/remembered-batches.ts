import {
  baseOffsetAt,
  baseSequenceAt,
  isControlAt,
  lastOffsetAt,
  lastSequenceAt,
  maxTimestampAt,
  NO_PRODUCER_ID,
  producerEpochAt,
  producerIdAt,
} from '@odradek/protocol/records/batch';
import { scanHeaders } from './batch-scan';
import type { BatchMetadata, ProducerEntry } from './producer-entry';
import type { ProducerState } from './producer-state';
import type { Segment } from './segment';
import { untilDamage } from './segment-file';
import type { Segments } from './segments';

/** How much of a log's end is read at most. */
export interface MemoryBounds {
  readonly maxBatches: number;
  readonly maxBytes: number;
}

/** After an unclean shutdown: what was under way then may be sent again, and the log has just been read anyway. */
export const LONG_LOOK: MemoryBounds = { maxBatches: 10_000, maxBytes: 64 * 1024 * 1024 };
/** After a clean one, when all logs are to be there at once, and after a truncation, while others wait. */
export const SHORT_LOOK: MemoryBounds = { maxBatches: 500, maxBytes: 8 * 1024 * 1024 };

/** Whose last batch lies further back has nothing under way. */
const AT_LEAST_BATCHES = 200;

export interface RememberInput {
  readonly segments: Segments;
  readonly logStartOffset: number;
  readonly bounds: MemoryBounds;
}

interface ProducedBatch extends BatchMetadata {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Neighbouring batches. */
interface Stretch {
  /** Of data, with a producer; the newest first. */
  readonly produced: readonly ProducedBatch[];
  readonly batches: number;
  readonly bytes: number;
}

/**
 * Gives producers back the batches that snapshots do not tell of: they keep the last one of each, while up to five may be
 * sent again. The log is read backwards from its end, headers only, from one index entry to the one before, for as long as
 * somebody who has written there is short of five (docs/decisions/0011). What is remembered lies in the log as it is now.
 */
export function rememberBatches(producers: ProducerState, { segments, logStartOffset, bounds }: RememberInput): void {
  const waiting = new Map(producers.forgetful().map((entry) => [entry.producerId, entry]));
  const seen = new Set<number>();
  let [batches, bytes] = [0, 0];
  for (const segment of [...segments.all].reverse()) {
    for (const stretch of stretchesOf(segment)) {
      const isWorthIt = batches < AT_LEAST_BATCHES || seen.size > 0;
      if (waiting.size === 0 || !isWorthIt || batches >= bounds.maxBatches || bytes >= bounds.maxBytes) return;
      for (const batch of stretch.produced) {
        if (batch.firstOffset < logStartOffset) return;
        const entry = waiting.get(batch.producerId);
        if (entry === undefined) continue;
        seen.add(batch.producerId);
        if (goesOn(entry, batch)) continue;
        waiting.delete(batch.producerId);
        seen.delete(batch.producerId);
      }
      batches += stretch.batches;
      bytes += stretch.bytes;
    }
  }
}

/** Takes a batch in; whether one before it may have been forgotten, too. */
function goesOn(entry: ProducerEntry, batch: ProducedBatch): boolean {
  if (batch.producerEpoch !== entry.producerEpoch) return false;
  if (batch.lastOffset < entry.batches[0]!.firstOffset) entry.remember(batch);
  return entry.mayHaveForgotten;
}

/** A segment's stretches from its end on; ends where its index, or what it points at, is not as it should be. */
function* stretchesOf(segment: Segment): Generator<Stretch, void, void> {
  const { offsetIndex, size } = segment;
  for (let [end, index] = [size, offsetIndex.index.entries - 1]; end > 0; index--) {
    const { offset, position } = offsetIndex.at(index);
    if (position >= end) return;
    const stretch = readStretch(segment, position, end, index < 0 ? null : offset);
    if (stretch === null) return;
    yield stretch;
    end = position;
  }
}

/** @param lastOffset what the index says of the first batch */
function readStretch(segment: Segment, from: number, end: number, lastOffset: number | null): Stretch | null {
  const produced: ProducedBatch[] = [];
  let [batches, reached] = [0, from];
  untilDamage(() => {
    scanHeaders(segment.file, from, end, (b, at, position, size) => {
      if (position === from && lastOffset !== null && lastOffsetAt(b, at) !== lastOffset) return false;
      batches++;
      reached = position + size;
      if (producerIdAt(b, at) > NO_PRODUCER_ID && !isControlAt(b, at)) produced.push(producedBatchAt(b, at));
      return true;
    });
  });
  return reached === end ? { produced: produced.reverse(), batches, bytes: end - from } : null;
}

const producedBatchAt = (b: Buffer, at: number): ProducedBatch => ({
  producerId: producerIdAt(b, at),
  producerEpoch: producerEpochAt(b, at),
  firstSequence: baseSequenceAt(b, at),
  lastSequence: lastSequenceAt(b, at),
  firstOffset: baseOffsetAt(b, at),
  lastOffset: lastOffsetAt(b, at),
  timestamp: maxTimestampAt(b, at),
});
