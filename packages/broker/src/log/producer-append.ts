import { KafkaError } from '@odradek/protocol/errors';
import {
  baseOffsetAt,
  baseSequenceAt,
  isControlAt,
  isTransactionalAt,
  lastOffsetAt,
  lastSequenceAt,
  maxTimestampAt,
  NO_PRODUCER_EPOCH,
  NO_SEQUENCE,
  producerEpochAt,
  recordCountAt,
} from '@odradek/protocol/records/batch';
import { type EndTxnMarker, parseEndTxnMarker } from '@odradek/protocol/records/control';
import { readRecords } from '@odradek/protocol/records/record';
import { isNextSequence, NO_OFFSET, ProducerEntry } from './producer-entry';
import type { AppendOrigin, CompletedTxn } from './types';

/**
 * What an append does to one producer's state: judged batch by batch, and taken over only once all of it is in the log
 * (org.apache.kafka.storage.internals.log.ProducerAppendInfo). Replicas and recovery take what the leader has accepted.
 */
export class ProducerAppend {
  readonly updated: ProducerEntry;
  /** First offsets of transactions that began here. */
  readonly startedTransactions: number[] = [];

  /** @param lowestSequence the smallest sequence seen while the producer's transaction was being verified, or null */
  constructor(
    private readonly partitionName: string,
    readonly producerId: number,
    private readonly current: ProducerEntry | null,
    private readonly origin: AppendOrigin,
    private readonly lowestSequence: number | null,
  ) {
    this.updated = new ProducerEntry(producerId);
    if (current === null) return;
    this.updated.producerEpoch = current.producerEpoch;
    this.updated.coordinatorEpoch = current.coordinatorEpoch;
    this.updated.lastTimestamp = current.lastTimestamp;
    this.updated.currentTxnFirstOffset = current.currentTxnFirstOffset;
  }

  /** Adds the batch at `at`; returns the transaction that it ends, if any. */
  append(b: Buffer, at: number): CompletedTxn | null {
    if (!isControlAt(b, at)) {
      this.appendData(b, at);
      return null;
    }
    // A control batch without its record is what the cleaner leaves of a transaction that is gone.
    if (recordCountAt(b, at) === 0) return null;
    const [record] = readRecords(b, at);
    const marker = record === undefined ? undefined : parseEndTxnMarker(record);
    if (record === undefined || marker === undefined) return null;
    return this.appendEndTxnMarker(marker, producerEpochAt(b, at), baseOffsetAt(b, at), record.timestamp);
  }

  private appendData(b: Buffer, at: number): void {
    const epoch = producerEpochAt(b, at);
    const firstSequence = baseSequenceAt(b, at);
    const firstOffset = baseOffsetAt(b, at);
    this.checkEpoch(epoch, firstOffset);
    if (this.origin === 'client') this.checkSequence(epoch, firstSequence, firstOffset);

    const { updated } = this;
    updated.setEpoch(epoch);
    const timestamp = maxTimestampAt(b, at);
    const lastSequence = lastSequenceAt(b, at);
    updated.add({ firstSequence, lastSequence, firstOffset, lastOffset: lastOffsetAt(b, at), timestamp });
    updated.lastTimestamp = timestamp;

    const isTransactional = isTransactionalAt(b, at);
    const isOpen = updated.currentTxnFirstOffset !== NO_OFFSET;
    if (isOpen && !isTransactional) {
      throw new KafkaError(
        'INVALID_TXN_STATE',
        `Expected transactional write from producer ${this.producerId} at offset (offset=${firstOffset}, segment=[-1:-1]) in partition ${this.partitionName}`,
      );
    }
    if (!isOpen && isTransactional) {
      updated.currentTxnFirstOffset = firstOffset;
      this.startedTransactions.push(firstOffset);
    }
  }

  private appendEndTxnMarker(
    marker: EndTxnMarker,
    epoch: number,
    offset: number,
    timestamp: number,
  ): CompletedTxn | null {
    const { updated, producerId } = this;
    this.checkEpoch(epoch, offset);
    this.checkCoordinatorEpoch(marker, offset);
    const firstOffset = updated.currentTxnFirstOffset;
    updated.setEpoch(epoch);
    updated.coordinatorEpoch = marker.coordinatorEpoch;
    updated.currentTxnFirstOffset = NO_OFFSET;
    updated.lastTimestamp = timestamp;
    // A marker without data before it changes no reader's view and needs no entry in the index.
    if (firstOffset === NO_OFFSET) return null;
    return { producerId, firstOffset, lastOffset: offset, isAborted: marker.type === 'ABORT' };
  }

  private checkEpoch(epoch: number, offset: number): void {
    if (epoch >= this.updated.producerEpoch || this.origin === 'replication') return;
    throw new KafkaError(
      'INVALID_PRODUCER_EPOCH',
      `Epoch of producer ${this.producerId} at offset ${offset} in ${this.partitionName} is ${epoch}, which is smaller than the last seen epoch ${this.updated.producerEpoch}`,
    );
  }

  private checkCoordinatorEpoch(marker: EndTxnMarker, offset: number): void {
    if (this.updated.coordinatorEpoch <= marker.coordinatorEpoch || this.origin === 'replication') return;
    throw new KafkaError(
      'TRANSACTION_COORDINATOR_FENCED',
      `Invalid coordinator epoch for producerId ${this.producerId} at offset ${offset} in partition ${this.partitionName}: ${marker.coordinatorEpoch} (zombie), ${this.updated.coordinatorEpoch} (current)`,
    );
  }

  private checkSequence(epoch: number, firstSequence: number, offset: number): void {
    const { updated, lowestSequence } = this;
    if (lowestSequence !== null && firstSequence > lowestSequence) {
      throw this.outOfOrder(
        offset,
        `${firstSequence} (incoming seq. number), ${lowestSequence} (earliest seen sequence)`,
      );
    }
    if (epoch !== updated.producerEpoch) {
      if (firstSequence === 0 || updated.producerEpoch === NO_PRODUCER_EPOCH) return;
      throw new KafkaError(
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
        `Invalid sequence number for new epoch of producer ${this.producerId}at offset ${offset} in partition ${this.partitionName}: ${epoch} (request epoch), ${firstSequence} (seq. number), ${updated.producerEpoch} (current producer epoch)`,
      );
    }
    // Nothing is known of the producer's last batch where retention has taken it: any sequence may follow.
    const currentEpoch = this.current?.producerEpoch ?? NO_PRODUCER_EPOCH;
    if (currentEpoch === NO_PRODUCER_EPOCH) return;
    const lastSequence = this.lastSequence(epoch, currentEpoch);
    if (isNextSequence(lastSequence, firstSequence)) return;
    throw this.outOfOrder(
      offset,
      `${firstSequence} (incoming seq. number), ${lastSequence} (current end sequence number)`,
    );
  }

  private lastSequence(epoch: number, currentEpoch: number): number {
    if (this.updated.batches.length > 0) return this.updated.lastSequence;
    return epoch === currentEpoch ? this.current!.lastSequence : NO_SEQUENCE;
  }

  private outOfOrder(offset: number, what: string): KafkaError {
    return new KafkaError(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `Out of order sequence number for producer ${this.producerId} at offset ${offset} in partition ${this.partitionName}: ${what}`,
    );
  }
}
