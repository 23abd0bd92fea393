import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import {
  forEachBatch,
  isControlAt,
  recordCountAt,
  setBaseOffset,
  setPartitionLeaderEpoch,
} from '@odradek/protocol/records/batch';
import { type KafkaRecord, readRecords } from '@odradek/protocol/records/record';
import type { Appended, AppendTerms, LogChunk, PartitionWriter } from '../../replication/partition-writer';

type Settled = (error: ErrorName | null, appended: Appended) => void;

/** Partitions in memory: appends are settled at once, or when a test says so, or fail. */
export class MemoryWriter implements PartitionWriter {
  /** The log of each partition, batch by batch. */
  private readonly logs = new Map<number, { readonly batches: Buffer[]; end: number }>();
  /** Appends that wait for the in-sync replicas. */
  readonly waiting: { readonly partition: number; settle(error: ErrorName | null): void }[] = [];
  readonly terms: AppendTerms[] = [];
  settlesAtOnce = true;
  /** What the next appends throw. */
  failure: ErrorName | null = null;
  /** Reads give one batch at a time, so that a load takes as many turns. */
  reads = 0;
  readFailure: ErrorName | null = null;
  batchBytes = 1_048_588;
  /** Whether the in-sync replicas have all that a new leader finds; who waits for that. */
  isCommitted = true;
  readonly commits: ((error: ErrorName | null) => void)[] = [];

  private log(partition: number) {
    let log = this.logs.get(partition);
    if (log === undefined) {
      log = { batches: [], end: 0 };
      this.logs.set(partition, log);
    }
    return log;
  }

  /** Puts batches into a partition's log as they are. */
  put(partition: number, bytes: Buffer): void {
    forEachBatch(bytes, (at, size) => {
      const batch = Buffer.from(bytes.subarray(at, at + size));
      const log = this.log(partition);
      setBaseOffset(batch, 0, log.end);
      setPartitionLeaderEpoch(batch, 0, 0);
      log.batches.push(batch);
      log.end += recordCountAt(batch, 0);
    });
  }

  append(_topic: string, partition: number, batch: Buffer, terms: AppendTerms, settled: Settled): void {
    if (this.failure !== null) throw new KafkaError(this.failure);
    if (batch.length > this.batchBytes) throw new KafkaError('MESSAGE_TOO_LARGE');
    const appended = { baseOffset: this.log(partition).end, leaderEpoch: 0 };
    this.put(partition, batch);
    this.terms.push(terms);
    if (this.settlesAtOnce || terms.requiredAcks !== -1) settled(null, appended);
    else this.waiting.push({ partition, settle: (error) => settled(error, appended) });
  }

  whenCommitted(_topic: string, _partition: number, settled: (error: ErrorName | null) => void): void {
    if (this.isCommitted) settled(null);
    else this.commits.push(settled);
  }

  maxBatchBytes(): number {
    return this.batchBytes;
  }

  read(_topic: string, partition: number, offset: number | null): LogChunk | null {
    this.reads++;
    if (this.readFailure !== null) throw new KafkaError(this.readFailure);
    let nextOffset = 0;
    for (const batches of this.log(partition).batches) {
      const from = nextOffset;
      nextOffset += recordCountAt(batches, 0);
      if (from >= (offset ?? 0)) return { batches, nextOffset };
    }
    return null;
  }

  /** Without markers. */
  records(partition: number): KafkaRecord[] {
    const { batches } = this.log(partition);
    return batches.flatMap((batch) => (isControlAt(batch, 0) ? [] : [...readRecords(batch, 0)]));
  }

  batchCount(partition: number): number {
    return this.log(partition).batches.length;
  }
}
