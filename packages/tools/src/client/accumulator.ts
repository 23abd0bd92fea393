import { updateCrc } from '@odradek/protocol/records/batch';
import { type BatchInit, RecordBatchBuilder, type RecordInit } from '@odradek/protocol/records/builder';
import { writeInt16, writeInt32, writeInt64 } from '@odradek/protocol/records/bytes';
import type { ToolError } from '../tool-error';
import type { ErrorOf } from './record-errors';
import { upperBoundBytes } from './record-size';

/** Where a batch's header holds its producer (org.apache.kafka.common.record.DefaultRecordBatch). */
const PRODUCER_ID_AT = 43;
const PRODUCER_EPOCH_AT = 51;
const BASE_SEQUENCE_AT = 53;
const INT_MAX = 0x7fffffff;

export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** -1 where the broker was not asked to answer. */
  readonly offset: number;
}

/** Called once per record: with an error, or with where the record went. */
export type SendCallback = (error: ToolError | undefined, metadata: RecordMetadata) => void;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Records of one partition that travel together. */
export class ProducerBatch {
  private readonly records: RecordInit[] = [];
  private readonly callbacks: SendCallback[] = [];
  private readonly builder: RecordBatchBuilder;
  private built: Buffer | undefined;
  attempts = 0;
  /** Being sent or sent already: no record may be added. */
  isClosed = false;
  /** Part of a batch that was refused as too large. */
  isSplit = false;
  /** Not to be sent again before this. */
  notBeforeMs = 0;
  /** -1 until it is first sent by an idempotent producer. */
  baseSequence = -1;

  constructor(
    private readonly init: Mutable<BatchInit>,
    readonly createdMs: number,
    private readonly capacityBytes: number,
  ) {
    this.builder = new RecordBatchBuilder(init);
  }

  /** Whether these records were sent before, and must be answered before later ones are sent. */
  get isRetry(): boolean {
    return this.attempts > 0 || this.isSplit;
  }

  /** The upper bound of the largest record's size. */
  get maxRecordBytes(): number {
    return this.records.reduce((max, record) => Math.max(max, upperBoundBytes(record)), 0);
  }

  get recordCount(): number {
    return this.callbacks.length;
  }

  get sizeInBytes(): number {
    return this.builder.sizeInBytes;
  }

  get isFull(): boolean {
    return this.builder.sizeInBytes >= this.capacityBytes;
  }

  /** Appends unless the batch holds something and would grow beyond its size. */
  tryAppend(record: RecordInit, callback: SendCallback): boolean {
    if (this.recordCount > 0 && this.builder.sizeInBytes + this.builder.sizeOf(record) > this.capacityBytes)
      return false;
    this.append(record, callback);
    return true;
  }

  private append(record: RecordInit, callback: SendCallback): void {
    this.builder.append(record);
    this.records.push(record);
    this.callbacks.push(callback);
  }

  /** Gives the batch its place in the producer's sequence. A batch that was built already is patched. */
  setProducer(producerId: number, producerEpoch: number, baseSequence: number, isTransactional: boolean): void {
    Object.assign(this.init, { producerId, producerEpoch, baseSequence, isTransactional });
    this.baseSequence = baseSequence;
    if (!this.built) return;
    writeInt64(this.built, PRODUCER_ID_AT, producerId);
    writeInt16(this.built, PRODUCER_EPOCH_AT, producerEpoch);
    writeInt32(this.built, BASE_SEQUENCE_AT, baseSequence);
    updateCrc(this.built, 0);
  }

  /** The batch's bytes, compressed once. */
  async bytes(): Promise<Buffer> {
    this.built ??= await this.builder.buildAsync();
    return this.built;
  }

  /**
   * The records in two batches that take this one's place, its sequence numbers included. Java's producer splits by
   * `batch.size`, which comes to the same batch again where the topic allows less than that (KAFKA-8350); halves end.
   */
  split(): [ProducerBatch, ProducerBatch] {
    const middle = Math.ceil(this.recordCount / 2);
    return [this.part(0, middle), this.part(middle, this.recordCount)];
  }

  private part(from: number, to: number): ProducerBatch {
    const baseSequence = this.baseSequence < 0 ? -1 : (this.baseSequence + from) % (INT_MAX + 1);
    const part = new ProducerBatch({ ...this.init, baseSequence }, this.createdMs, this.capacityBytes);
    for (let index = from; index < to; index++) part.append(this.records[index]!, this.callbacks[index]!);
    part.baseSequence = baseSequence;
    part.isSplit = true;
    part.isClosed = true;
    return part;
  }

  complete(topic: string, partition: number, baseOffset: number): void {
    for (const [index, callback] of this.callbacks.entries()) {
      callback(undefined, { topic, partition, offset: baseOffset < 0 ? -1 : baseOffset + index });
    }
  }

  /** @param errorOf what each record is refused with, where that is not the same for all */
  fail(topic: string, partition: number, error: ToolError, errorOf?: ErrorOf): void {
    for (const [index, callback] of this.callbacks.entries())
      callback(errorOf?.(index) ?? error, { topic, partition, offset: -1 });
  }
}

/** The batches of one partition that wait to be sent, in order. */
export class PartitionQueue {
  readonly batches: ProducerBatch[] = [];
  inFlight = 0;
  nextSequence = 0;

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

  get name(): string {
    return `${this.topic}-${this.partition}`;
  }

  /** Whether batches are to be sent one by one because an earlier attempt failed: what keeps them in order. */
  get isRetrying(): boolean {
    return this.batches.length > 0 && this.batches[0]!.isRetry;
  }

  /** Puts a batch back where its sequence belongs. */
  putBack(batch: ProducerBatch): void {
    const before = this.batches.findIndex(
      (other) => other.baseSequence < 0 || (batch.baseSequence >= 0 && other.baseSequence > batch.baseSequence),
    );
    this.batches.splice(before < 0 ? this.batches.length : before, 0, batch);
  }
}

/** A batch on its way. */
export interface Sent {
  readonly queue: PartitionQueue;
  readonly batch: ProducerBatch;
}
