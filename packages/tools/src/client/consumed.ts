import {
  isControlAt,
  isCrcValidAt,
  isLogAppendTimeAt,
  isTransactionalAt,
  lastOffsetAt,
  magicAt,
  partitionLeaderEpochAt,
  producerIdAt,
  type TimestampType,
  wholeBatchSizeAt,
} from '@odradek/protocol/records/batch';
import { type KafkaRecord, readRecords } from '@odradek/protocol/records/record';
import { kafkaException } from '../tool-error';
import { partitionText, type TopicPartition } from './partitions';

export interface ConsumerRecord extends KafkaRecord, TopicPartition {
  /** Undefined where the message format has no timestamps. */
  readonly timestampType: TimestampType | undefined;
}

interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** What a fetch brought for a partition. */
export interface Fetched extends TopicPartition {
  readonly records: Buffer;
  /** Where reading goes on from; the first batch may begin before it. */
  readonly fetchOffset: number;
  /** Null where uncommitted records are to be read as well. */
  readonly aborted: readonly AbortedTransaction[] | null;
}

/** Leaves out the records of aborted transactions, as a read_committed consumer must (Fetcher.CompletedFetch). */
class AbortedFilter {
  private readonly upcoming: AbortedTransaction[];
  private readonly producers = new Set<number>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.upcoming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  skips(b: Buffer, at: number): boolean {
    while (this.upcoming.length > 0 && this.upcoming[0]!.firstOffset <= lastOffsetAt(b, at)) {
      this.producers.add(this.upcoming.shift()!.producerId);
    }
    const producerId = producerIdAt(b, at);
    if (isControlAt(b, at)) {
      // Only an abort marker can follow an aborted transaction: its records end here.
      this.producers.delete(producerId);
      return true;
    }
    return isTransactionalAt(b, at) && this.producers.has(producerId);
  }
}

/** Where reading a partition goes on. */
export interface Cursor {
  offset: number;
  /** The epoch of the leader that wrote what was read last; -1: not known. */
  leaderEpoch: number;
}

/**
 * Walks the records of a fetch, decompressing batch by batch. Control batches and aborted records are left out. The
 * cursor goes beyond each record before it is given out, and beyond each batch, which compaction may have let end later.
 */
export function* recordsOf(fetched: Fetched, cursor: Cursor): Generator<ConsumerRecord> {
  const { records: b, topic, partition, fetchOffset } = fetched;
  const filter = fetched.aborted ? new AbortedFilter(fetched.aborted) : undefined;
  for (let at = 0, size = wholeBatchSizeAt(b, at); size > 0; at += size, size = wholeBatchSizeAt(b, at)) {
    if (!isCrcValidAt(b, at)) {
      const where = `${partitionText(fetched)} at offset ${fetchOffset}`;
      throw kafkaException(`Record for partition ${where} is invalid, cause: Record batch is corrupt`);
    }
    cursor.leaderEpoch = partitionLeaderEpochAt(b, at);
    const magic = magicAt(b, at);
    const skipped = magic >= 2 && (filter ? filter.skips(b, at) : isControlAt(b, at));
    if (!skipped) {
      const timestampType =
        magic === 0 ? undefined : isLogAppendTimeAt(b, at) ? ('LogAppendTime' as const) : ('CreateTime' as const);
      for (const record of readRecords(b, at)) {
        if (record.offset < fetchOffset) continue;
        cursor.offset = record.offset + 1;
        const { offset, timestamp, key, value, headers } = record;
        // Written out: spread, the object would take four times as long to make.
        yield { topic, partition, offset, timestamp, timestampType, key, value, headers };
      }
    }
    cursor.offset = Math.max(fetchOffset, lastOffsetAt(b, at) + 1);
  }
}
