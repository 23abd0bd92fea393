import { KafkaError } from '@odradek/protocol/errors';

/** Who wrote the records (org.apache.kafka.storage.internals.log.AppendOrigin). */
export type AppendOrigin = 'client' | 'coordinator' | 'replication';

/** One rejected record of a produced batch: ProduceResponse.RecordError. */
export interface RecordError {
  readonly batchIndex: number;
  readonly message: string | null;
}

/** A batch was refused because of some of its records (KIP-467). */
export class RecordValidationError extends KafkaError {
  constructor(
    error: 'INVALID_TIMESTAMP' | 'INVALID_RECORD',
    message: string,
    readonly recordErrors: readonly RecordError[],
  ) {
    super(error, message);
  }
}

/** Fetched records begin before the end of the log (UnexpectedAppendOffsetException): the fetcher decides what to do. */
export class UnexpectedAppendOffsetError extends Error {
  override readonly name = 'UnexpectedAppendOffsetError';

  constructor(
    message: string,
    readonly firstOffset: number,
    readonly lastOffset: number,
  ) {
    super(message);
  }
}

export interface AppendInfo {
  /** -1 where nothing was appended. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly maxTimestamp: number;
  /** -1 unless the topic stamps records itself; for a duplicate, the time of the batch that was there before. */
  readonly logAppendTimeMs: number;
  readonly logStartOffset: number;
  /** The batch had been appended before: the offsets are those it has. Nothing was written. */
  readonly duplicate: boolean;
  readonly validBytes: number;
  readonly recordCount: number;
  /** Epoch of the last batch, -1 where it has none. */
  readonly lastLeaderEpoch: number;
}

/**
 * Bytes of a log that are still in their file. Valid for the turn of the event loop that it was read in, also if its
 * segment is rolled or deleted meanwhile.
 */
export interface LogSlice {
  readonly bytes: number;
  /** Puts the bytes into `target` at `at`; returns how many there were, fewer only if the file was cut or its disk fails. */
  readInto(target: Buffer, at: number): number;
  /**
   * As `readInto`, begun in this turn and done on the disk's own time: worth it for a lot, or where the disk is slow.
   * Nothing where the log was truncated meanwhile.
   */
  readLater(target: Buffer, at: number): Promise<number>;
}

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export type FetchIsolation = 'log-end' | 'high-watermark' | 'committed';

export interface LogRead {
  readonly slice: LogSlice;
  /** The offset asked for, and where it lies: what a delayed fetch compares (LogOffsetMetadata). */
  readonly fetchOffset: number;
  readonly segmentBaseOffset: number;
  readonly position: number;
  /** The isolation's bound at the time: nothing at or above it is in the slice. */
  readonly upTo: number;
  /** The first batch was larger than `maxBytes` and has been cut. */
  readonly firstEntryIncomplete: boolean;
  /** For `committed` only, else null. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
}

export interface TimestampAndOffset {
  readonly timestamp: number;
  readonly offset: number;
  /** -1 where not known. */
  readonly leaderEpoch: number;
}

export interface EpochEnd {
  /** -1 where not known, as is `endOffset`. */
  readonly leaderEpoch: number;
  readonly endOffset: number;
}

/** What DescribeProducers tells of a producer. */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  /** -1 where no transaction is open. */
  readonly currentTxnStartOffset: number;
}

/** An aborted transaction as stored (org.apache.kafka.storage.internals.log.AbortedTxn). */
export interface AbortedTxnEntry {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly lastStableOffset: number;
}

/** What a log must keep of a producer that may write again (org.apache.kafka.storage.internals.log.LastRecord). */
export interface LastRecord {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Where its last data batch ends; -1 where the log has none: then its last marker tells the epoch. */
  readonly offset: number;
}

export interface CompletedTxn {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly isAborted: boolean;
}

export const EMPTY_SLICE: LogSlice = { bytes: 0, readInto: () => 0, readLater: async () => 0 };
