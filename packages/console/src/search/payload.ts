import { isUtf8 } from 'node:buffer';
import type { ConsumerRecord } from '@odradek/tools/client/consumed';
import type { MessageRecord, Payload } from '../api';

/** So much of a key, value or header is shown. */
export const SHOWN_BYTES = 64 * 1024;

const CONTINUATION_MASK = 0xc0;
const CONTINUATION = 0x80;

/** Text where the whole is UTF-8, else base64; cut where it is long, but never within a character. */
export function payloadOf(bytes: Buffer): Payload {
  const isText = isUtf8(bytes);
  let end = Math.min(bytes.length, SHOWN_BYTES);
  if (isText && end < bytes.length) while ((bytes[end]! & CONTINUATION_MASK) === CONTINUATION) end--;
  const encoding = isText ? 'utf8' : 'base64';
  return { data: bytes.toString(encoding, 0, end), encoding, bytes: bytes.length, isCut: end < bytes.length };
}

const orNull = (bytes: Buffer | null): Payload | null => (bytes === null ? null : payloadOf(bytes));

export function messageOf(record: ConsumerRecord): MessageRecord {
  const { partition, offset, timestamp, timestampType, key, value, headers } = record;
  return {
    partition,
    offset,
    timestamp,
    timestampType: timestampType ?? 'NoTimestampType',
    key: orNull(key),
    value: orNull(value),
    headers: headers.map((header) => ({ key: header.key, value: orNull(header.value) })),
  };
}
