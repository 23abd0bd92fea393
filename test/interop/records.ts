import { type BatchInit, buildBatch, type RecordInit } from '@odradek/protocol/records/builder';
import { buildLegacyRecords, type LegacyFormat } from '@odradek/protocol/records/legacy';

/** A time that lies well in the past: what brokers set themselves is never mistaken for it. */
export const BASE_TIME_MS = 1_700_000_000_000;

/** `count` records, a second apart, with keys `k0` and values `v0` and so on. */
export function someRecords(count: number, init: Partial<RecordInit> = {}): RecordInit[] {
  return Array.from({ length: count }, (_, index) => ({
    timestamp: BASE_TIME_MS + index * 1000,
    key: Buffer.from(`k${index}`),
    value: Buffer.from(`v${index}`),
    ...init,
  }));
}

/** One batch of `count` records in today's format. */
export function batch(count = 1, init: BatchInit = {}, record: Partial<RecordInit> = {}): Buffer {
  return buildBatch({ ...init, records: someRecords(count, record) });
}

/** The same records in message format 0 or 1. */
export function legacyBatch(count: number, format: LegacyFormat): Buffer {
  const records = someRecords(count).map(({ timestamp, key, value }, offset) => ({
    offset,
    timestamp: format.magic === 0 ? -1 : timestamp,
    key: Buffer.from(key!),
    value: Buffer.from(value!),
    headers: [],
  }));
  return buildLegacyRecords(records, format);
}

/** A copy with some bytes changed. */
export function patched(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}
