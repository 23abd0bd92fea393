import {
  baseTimestampAt,
  compressionAt,
  hasDeleteHorizonAt,
  isControlAt,
  isCrcValidAt,
  isLogAppendTimeAt,
  lastOffsetAt,
  magicAt,
  maxTimestampAt,
  producerEpochAt,
  producerIdAt,
  sizeAt,
} from '@odradek/protocol/records/batch';
import { emptyBatch } from '@odradek/protocol/records/builder';
import { CorruptRecordError } from '@odradek/protocol/records/errors';
import { Scratch } from '@odradek/protocol/records/inflated';
import { buildLegacyRecords, type LegacyMagic, readLegacyRecords } from '@odradek/protocol/records/legacy';
import { type KafkaRecord, type RecordCursor, recordCursor } from '@odradek/protocol/records/record';
import { Output, RetainedRecords } from '@odradek/protocol/records/retained';
import type { LastRecord } from '../types';
import type { CleanedTransactions } from './cleaned-transactions';
import type { OffsetMap } from './offset-map';

/** Memory that is used again for each group: at the pace of short segments the collector would come late. */
export class CleanerBuffers {
  readonly out = new Output();
  readonly retained = new RetainedRecords();
  readonly scratch = new Scratch();
}

export interface CleanRules {
  readonly map: OffsetMap;
  readonly transactions: CleanedTransactions;
  readonly lastRecords: readonly LastRecord[];
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
}

/**
 * Decides what stays of batches and writes that (Cleaner.cleanInto, MemoryRecords.filterTo): the last record of each key,
 * tombstones until their horizon has passed, markers until their transaction is gone, and of a batch that tells a
 * producer's last sequence at least the header.
 */
export class BatchCleaner {
  /** Of the records in `out`. */
  maxOffset = -1;
  keylessRecords = 0;
  retainsLegacyDeletes = true;
  readonly out: Output;
  private readonly retained: RetainedRecords;
  private readonly scratch: Scratch;
  private readonly lastRecords: ReadonlyMap<number, LastRecord>;

  constructor(
    private readonly rules: CleanRules,
    buffers: CleanerBuffers,
  ) {
    this.out = buffers.out;
    this.retained = buffers.retained;
    this.scratch = buffers.scratch;
    this.lastRecords = new Map(rules.lastRecords.map((record) => [record.producerId, record]));
  }

  /** Cleans the batches of `b` up to `end` into an empty `out`. */
  clean(b: Buffer, end: number): void {
    this.out.length = 0;
    this.maxOffset = -1;
    for (let at = 0; at < end; at += sizeAt(b, at)) this.cleanBatch(b, at);
  }

  private cleanBatch(b: Buffer, at: number): void {
    const { transactions, nowMs } = this.rules;
    const isControl = isControlAt(b, at);
    const isOfNoUse = isControl ? transactions.endsNothing(b, at) : transactions.isAborted(b, at);
    const horizonMs = hasDeleteHorizonAt(b, at) ? baseTimestampAt(b, at) : null;
    // A marker of nothing stays until readers that began before it was one are through (KIP-534).
    const isDiscarded = isOfNoUse && (!isControl || (horizonMs !== null && horizonMs <= nowMs));
    if (!isDiscarded && magicAt(b, at) < 2) this.cleanLegacy(b, at);
    else if (isDiscarded || !this.cleanRecords(b, at, isControl, isOfNoUse, horizonMs))
      this.addHeader(b, at, isControl);
  }

  /** False where no record stays. */
  private cleanRecords(
    b: Buffer,
    at: number,
    isControl: boolean,
    isOfNoUse: boolean,
    horizonMs: number | null,
  ): boolean {
    const { retained } = this;
    const cursor = recordCursor(b, at, { scratch: this.scratch });
    retained.reset();
    let hasTombstones = false;
    while (cursor.next()) {
      if (!isControl && !this.keeps(cursor, horizonMs)) continue;
      retained.add(cursor);
      if (cursor.valueLength < 0) hasTombstones = true;
    }
    if (retained.count === 0) return false;
    const setsHorizon = horizonMs === null && (hasTombstones || (isControl && isOfNoUse));
    if (retained.count === cursor.count && !setsHorizon) {
      this.addWhole(b, at);
      return true;
    }
    // What is computed anew over damaged records would look whole for ever.
    if (!isCrcValidAt(b, at)) throw new CorruptRecordError(`The batch that ends at ${lastOffsetAt(b, at)} is corrupt`);
    const { nowMs, deleteRetentionMs } = this.rules;
    retained.write(b, at, cursor.bytes, setsHorizon ? nowMs + deleteRetentionMs : null, this.out);
    this.maxOffset = retained.lastOffset;
    return true;
  }

  private keeps(cursor: RecordCursor, horizonMs: number | null): boolean {
    const { map, nowMs } = this.rules;
    const { offset, keyStart, keyLength } = cursor;
    if (offset > map.latestOffset) return true;
    if (keyLength < 0) {
      this.keylessRecords++;
      return false;
    }
    if (offset < map.get(cursor.bytes, keyStart, keyStart + keyLength)) return false;
    return cursor.valueLength >= 0 || horizonMs === null || nowMs < horizonMs;
  }

  /** What tells a producer's last sequence, or its last epoch, outlives its records. */
  private addHeader(b: Buffer, at: number, isControl: boolean): void {
    const last = this.lastRecords.get(producerIdAt(b, at));
    if (last === undefined) return;
    const isLast =
      last.offset >= 0
        ? lastOffsetAt(b, at) === last.offset
        : isControl && producerEpochAt(b, at) === last.producerEpoch;
    if (!isLast) return;
    const header = emptyBatch(b, at);
    this.out.add(header, 0, header.length);
    this.maxOffset = lastOffsetAt(b, at);
  }

  private cleanLegacy(b: Buffer, at: number): void {
    const records = readLegacyRecords(b, at);
    const kept = records.filter((record) => this.keepsLegacy(record));
    // A cleaner of long ago has put messages of one format into wrappers of the other (KAFKA-4298): that is set right.
    const isAsItShouldBe = kept.every((record) => record.magic === magicAt(b, at));
    if (kept.length === records.length && isAsItShouldBe) {
      this.addWhole(b, at);
      return;
    }
    if (kept.length === 0) return;
    if (!isCrcValidAt(b, at)) throw new CorruptRecordError(`The message at ${lastOffsetAt(b, at)} is corrupt`);
    const rebuilt = buildLegacyRecords(kept, {
      magic: magicAt(b, at) as LegacyMagic,
      compression: compressionAt(b, at),
      timestampType: isLogAppendTimeAt(b, at) ? 'LogAppendTime' : 'CreateTime',
      logAppendTimeMs: maxTimestampAt(b, at),
    });
    this.out.add(rebuilt, 0, rebuilt.length);
    this.maxOffset = kept.at(-1)!.offset;
  }

  private keepsLegacy({ offset, key, value }: KafkaRecord): boolean {
    const { map } = this.rules;
    if (offset > map.latestOffset) return true;
    if (key === null) {
      this.keylessRecords++;
      return false;
    }
    return offset >= map.get(key, 0, key.length) && (value !== null || this.retainsLegacyDeletes);
  }

  private addWhole(b: Buffer, at: number): void {
    this.out.add(b, at, at + sizeAt(b, at));
    this.maxOffset = lastOffsetAt(b, at);
  }
}
