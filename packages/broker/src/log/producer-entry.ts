import { addToSequence, NO_PRODUCER_EPOCH, NO_SEQUENCE } from '@odradek/protocol/records/batch';

/** How many batches of a producer are remembered: as many as a producer may have in flight. */
const BATCHES_REMEMBERED = 5;
const MAX_SEQUENCE = 0x7fffffff;
export const NO_OFFSET = -1;

export interface BatchMetadata {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly timestamp: number;
}

/** What a log knows of a producer (org.apache.kafka.storage.internals.log.ProducerStateEntry). */
export class ProducerEntry {
  /** Oldest first. */
  batches: BatchMetadata[] = [];
  producerEpoch = NO_PRODUCER_EPOCH;
  coordinatorEpoch = -1;
  lastTimestamp = -1;
  /** First offset of the open transaction, or -1. */
  currentTxnFirstOffset = NO_OFFSET;

  constructor(readonly producerId: number) {}

  get lastSequence(): number {
    return this.batches.at(-1)?.lastSequence ?? NO_SEQUENCE;
  }

  get lastDataOffset(): number {
    return this.batches.at(-1)?.lastOffset ?? NO_OFFSET;
  }

  get lastOffsetDelta(): number {
    const last = this.batches.at(-1);
    return last === undefined ? 0 : last.lastOffset - last.firstOffset;
  }

  /** A batch with exactly these sequences in this epoch, if it is among the last five. */
  findDuplicate(epoch: number, firstSequence: number, lastSequence: number): BatchMetadata | null {
    if (epoch !== this.producerEpoch) return null;
    return (
      this.batches.find((batch) => batch.firstSequence === firstSequence && batch.lastSequence === lastSequence) ?? null
    );
  }

  /** Whether batches before those that are known may be among the last five of this epoch. */
  get mayHaveForgotten(): boolean {
    const first = this.batches[0];
    return first !== undefined && this.batches.length < BATCHES_REMEMBERED && first.firstSequence !== 0;
  }

  /** Adds a batch that lies before all that are known. */
  remember(batch: BatchMetadata): void {
    this.batches.unshift(batch);
  }

  setEpoch(epoch: number): void {
    if (epoch === this.producerEpoch) return;
    this.batches = [];
    this.producerEpoch = epoch;
  }

  add(batch: BatchMetadata): void {
    if (this.batches.length === BATCHES_REMEMBERED) this.batches.shift();
    this.batches.push(batch);
  }

  /** Takes over what an append has found out. */
  update(next: ProducerEntry): void {
    this.setEpoch(next.producerEpoch);
    for (const batch of next.batches) this.add(batch);
    this.coordinatorEpoch = next.coordinatorEpoch;
    this.currentTxnFirstOffset = next.currentTxnFirstOffset;
    this.lastTimestamp = next.lastTimestamp;
  }
}

/** The sequence `count` before `sequence` (DefaultRecordBatch.decrementSequence). */
export function subtractFromSequence(sequence: number, count: number): number {
  return sequence < count ? MAX_SEQUENCE - (count - sequence) + 1 : sequence - count;
}

export function isNextSequence(lastSequence: number, nextSequence: number): boolean {
  return nextSequence === addToSequence(lastSequence, 1);
}
