import { isTransactionalAt, lastOffsetAt, producerIdAt, recordCountAt } from '@odradek/protocol/records/batch';
import { controlRecordType } from '@odradek/protocol/records/control';
import { recordCursor } from '@odradek/protocol/records/record';
import type { AbortedTxnEntry } from '../types';

interface OngoingAborted {
  readonly entry: AbortedTxnEntry;
  /** A batch of it has been seen: its marker has to stay. */
  hasBatches: boolean;
}

/**
 * Follows the transactions of a log while it is read from its beginning on (kafka.log.CleanedTransactionMetadata): which
 * batches were aborted, and which markers end nothing any more.
 */
export class CleanedTransactions {
  private readonly committed = new Set<number>();
  private readonly aborted = new Map<number, OngoingAborted>();
  /** By falling first offset: the next to begin is the last. */
  private waiting: AbortedTxnEntry[] = [];
  /** Told of every aborted transaction whose marker stays: what the new transaction index lists. */
  onRetained: (entry: AbortedTxnEntry) => void = () => {};

  /** To be called with what the index says of a segment before its batches are read. */
  add(entries: readonly AbortedTxnEntry[]): void {
    this.waiting = [...this.waiting, ...entries].sort((a, b) => b.firstOffset - a.firstOffset);
  }

  /** Whether the data batch was aborted. */
  isAborted(b: Buffer, at: number): boolean {
    this.beginUpTo(lastOffsetAt(b, at));
    if (!isTransactionalAt(b, at)) return false;
    const producerId = producerIdAt(b, at);
    const transaction = this.aborted.get(producerId);
    if (transaction === undefined) {
      this.committed.add(producerId);
      return false;
    }
    transaction.hasBatches = true;
    return true;
  }

  /** Whether the control batch ends a transaction of which nothing is left. */
  endsNothing(b: Buffer, at: number): boolean {
    this.beginUpTo(lastOffsetAt(b, at));
    // It has been emptied before, and kept for its producer's sake.
    if (recordCountAt(b, at) === 0) return true;
    const cursor = recordCursor(b, at);
    cursor.next();
    const producerId = producerIdAt(b, at);
    const type = controlRecordType(cursor.key);
    switch (type) {
      case 'ABORT': {
        const transaction = this.aborted.get(producerId);
        this.aborted.delete(producerId);
        if (!transaction?.hasBatches) return true;
        this.onRetained(transaction.entry);
        return false;
      }
      case 'COMMIT':
        return !this.committed.delete(producerId);
      case 'UNKNOWN':
        return false;
    }
  }

  private beginUpTo(offset: number): void {
    for (let next = this.waiting.at(-1); next !== undefined && next.firstOffset <= offset; next = this.waiting.at(-1)) {
      this.waiting.pop();
      if (!this.aborted.has(next.producerId)) this.aborted.set(next.producerId, { entry: next, hasBatches: false });
    }
  }
}
