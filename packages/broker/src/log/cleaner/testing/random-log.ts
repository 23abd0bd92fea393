import {
  baseOffsetAt,
  type CompressionType,
  forEachBatch,
  isControlAt,
  isTransactionalAt,
  lastOffsetAt,
  producerIdAt,
} from '@odradek/protocol/records/batch';
import { buildBatch, type RecordInit } from '@odradek/protocol/records/builder';
import { buildEndTxnBatch, controlRecordType } from '@odradek/protocol/records/control';
import { readRecords } from '@odradek/protocol/records/record';
import type { ManualClock } from '../../../env/testing/clock';
import type { LogConfig } from '../../log-config';
import type { PartitionLog } from '../../partition-log';
import { DEFAULT_PRODUCER_STATE_CONFIG } from '../../producer-state';

export interface Written {
  readonly offset: number;
  readonly key: string;
  /** Null for a tombstone. */
  readonly value: string | null;
  readonly producerId: number;
  /** `open` until the transaction's marker is written. */
  fate: 'committed' | 'aborted' | 'open';
}

export const RANDOM_LOG_CONFIG: Partial<LogConfig> = {
  cleanupCompact: true,
  cleanupDelete: false,
  segmentBytes: 1500,
  segmentIndexBytes: 1200,
  indexIntervalBytes: 150,
  deleteRetentionMs: 5_000,
  fileDeleteDelayMs: 1_000,
};

/** Transactions go without a coordinator here. */
export const UNVERIFIED = { ...DEFAULT_PRODUCER_STATE_CONFIG, transactionVerificationEnable: false };

const CODECS: readonly CompressionType[] = ['none', 'none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'];
const KEYS = 12;
const PLAIN = -1;

/** Appends at random to a log, and knows what it has written. */
export class RandomWriter {
  readonly written: Written[] = [];
  private readonly sequences = new Map<number, number>();
  private readonly open = new Set<number>();
  private values = 0;

  constructor(
    private readonly random: (limit: number) => number,
    private readonly clock: ManualClock,
  ) {}

  append(log: PartitionLog, batches: number): void {
    for (let i = 0; i < batches; i++) {
      if (this.open.size > 0 && this.random(4) === 0) this.endOne(log);
      else this.appendBatch(log);
      if (this.random(12) === 0) log.roll();
    }
    log.setHighWatermark(log.logEndOffset);
  }

  private appendBatch(log: PartitionLog): void {
    // One that is idempotent only, three that write in transactions, and those without an id.
    const producerId = this.random(3) === 0 ? PLAIN : 7 + this.random(4);
    const isTransactional = producerId > 7;
    const words = Array.from({ length: 1 + this.random(5) }, () => ({
      key: `k${this.random(KEYS)}`,
      value: this.random(4) === 0 ? null : `v${this.values++}-${'x'.repeat(this.random(40))}`,
    }));
    const records: RecordInit[] = words.map(({ key, value }) => ({
      timestamp: this.clock.nowMs() - this.random(100),
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    }));
    const compression = CODECS[this.random(CODECS.length)]!;
    const baseSequence = this.sequences.get(producerId) ?? 0;
    const producer = producerId === PLAIN ? {} : { producerId, producerEpoch: 0, baseSequence, isTransactional };
    const batch = buildBatch({ ...producer, compression, records });
    const { firstOffset } = log.appendAsLeader(batch, { leaderEpoch: 0, origin: 'client' });
    if (producerId !== PLAIN) this.sequences.set(producerId, baseSequence + words.length);
    if (isTransactional) this.open.add(producerId);
    const fate = isTransactional ? 'open' : 'committed';
    this.written.push(...words.map((word, i) => ({ ...word, offset: firstOffset + i, producerId, fate }) as Written));
  }

  private endOne(log: PartitionLog): void {
    const producerId = [...this.open][this.random(this.open.size)]!;
    this.open.delete(producerId);
    const type = this.random(2) === 0 ? 'ABORT' : 'COMMIT';
    const marker = buildEndTxnBatch({
      type,
      coordinatorEpoch: 1,
      producerId,
      producerEpoch: 0,
      timestamp: this.clock.nowMs(),
    });
    log.appendAsLeader(marker, { leaderEpoch: 0, origin: 'coordinator' });
    for (const record of this.written) {
      if (record.producerId === producerId && record.fate === 'open')
        record.fate = type === 'ABORT' ? 'aborted' : 'committed';
    }
  }

  /** The last committed value of each key below `upTo`. */
  table(upTo: number): Map<string, string> {
    const table = new Map<string, string>();
    for (const { offset, key, value, fate } of this.written) {
      if (offset >= upTo || fate !== 'committed') continue;
      if (value === null) table.delete(key);
      else table.set(key, value);
    }
    return table;
  }
}

/** What a consumer with read_committed makes of a log: the records that it delivers. */
export function readCommitted(log: PartitionLog): { offset: number; key: string; value: string | null }[] {
  const delivered: { offset: number; key: string; value: string | null }[] = [];
  const options = { maxBytes: 1 << 20, minOneMessage: true, isolation: 'committed' } as const;
  for (let offset = log.logStartOffset; offset < log.lastStableOffset; ) {
    const { slice, abortedTransactions } = log.read(offset, options);
    if (slice.bytes === 0) break;
    const b = Buffer.alloc(slice.bytes);
    slice.readInto(b, 0);
    const waiting = [...abortedTransactions!].sort((a, c) => a.firstOffset - c.firstOffset);
    const aborting = new Set<number>();
    const from = offset;
    forEachBatch(b, (at) => {
      while (waiting[0] !== undefined && waiting[0].firstOffset <= lastOffsetAt(b, at))
        aborting.add(waiting.shift()!.producerId);
      const isAborted = isTransactionalAt(b, at) && aborting.has(producerIdAt(b, at));
      for (const record of readRecords(b, at)) {
        if (record.offset < from) continue;
        if (isControlAt(b, at)) {
          if (controlRecordType(record.key) === 'ABORT') aborting.delete(producerIdAt(b, at));
        } else if (!isAborted) {
          delivered.push({
            offset: record.offset,
            key: record.key!.toString(),
            value: record.value?.toString() ?? null,
          });
        }
      }
      offset = Math.max(offset, lastOffsetAt(b, at) + 1, baseOffsetAt(b, at));
    });
  }
  return delivered;
}

/** Checks that a log tells what was written to it, no more and no less, whatever the cleaner has made of it. */
export function expectRight(log: PartitionLog, writer: RandomWriter): void {
  const committed = readCommitted(log);
  const byOffset = new Map(writer.written.map((record) => [record.offset, record]));
  const table = new Map<string, string>();
  for (const { key, value } of committed) {
    if (value === null) table.delete(key);
    else table.set(key, value);
  }
  const written = committed.map(({ offset }) => byOffset.get(offset));
  const told = written.map((record) => record && [record.offset, record.key, record.value, record.fate]);
  expect(committed.map(({ offset, key, value }) => [offset, key, value, 'committed'])).toEqual(told);
  expect(committed.every(({ offset }, index) => index === 0 || offset > committed[index - 1]!.offset)).toBe(true);
  expect([...table].sort()).toEqual([...writer.table(log.lastStableOffset)].sort());
}
