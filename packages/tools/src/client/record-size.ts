import type { RecordInit } from '@odradek/protocol/records/builder';

const RECORD_BATCH_OVERHEAD = 61;
const MAX_RECORD_OVERHEAD = 21;

const varintBytes = (value: number): number => {
  let bytes = 1;
  for (let rest = value * 2; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
};

const fieldBytes = (field: Uint8Array | null | undefined): number =>
  field ? varintBytes(field.length) + field.length : 1;

/** The most that a record may take alone in a batch (AbstractRecords.estimateSizeInBytesUpperBound). */
export function upperBoundBytes({ key, value, headers = [] }: RecordInit): number {
  let bytes = RECORD_BATCH_OVERHEAD + MAX_RECORD_OVERHEAD + fieldBytes(key) + fieldBytes(value);
  bytes += varintBytes(headers.length);
  for (const header of headers) bytes += fieldBytes(Buffer.from(header.key)) + fieldBytes(header.value);
  return bytes;
}
