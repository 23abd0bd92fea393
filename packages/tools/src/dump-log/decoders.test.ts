import type { KafkaRecord } from '@odradek/protocol/records/record';
import { testIo } from '../test-io';
import { decoderOf, offsetsParser, transactionsParser } from './decoders';

const API = 'org.apache.kafka.tools.api.';
const UNDERFLOW = expect.objectContaining({ className: 'java.nio.BufferUnderflowException' });
const withKey = (key: Buffer): KafkaRecord => ({ key, value: null, offset: 7 }) as unknown as KafkaRecord;

// As java.nio and Kafka's readers of stored records do (kafka.tools.DumpLogSegments).
test.each(['IntegerDecoder', 'LongDecoder'])('%s refuses bytes that are too few', (name) => {
  expect(() => decoderOf(API + name, testIo().io)(Buffer.alloc(3))).toThrow(UNDERFLOW);
});

test('a key without a version is passed over among offsets, and ends the dump of transactions', () => {
  expect(offsetsParser(withKey(Buffer.alloc(1))).key).toBe(
    "Error at offset 7, skipping. Could not read version from key's buffer.",
  );
  expect(() => transactionsParser(withKey(Buffer.alloc(1)))).toThrow(UNDERFLOW);
});

const COMMIT_KEY = Buffer.from('0001000167000174'.concat('00000003'), 'hex');
const withValue = (key: Buffer, value: Buffer): KafkaRecord => ({ key, value, offset: 7 }) as unknown as KafkaRecord;

test.each([
  [Buffer.from('0001', 'hex'), Buffer.alloc(0), "Could not read record with version 1 from key's buffer due to: null."],
  [COMMIT_KEY, Buffer.from('0009', 'hex'), "Could not read record with version 9 from value's buffer due to: null."],
  [COMMIT_KEY, Buffer.alloc(1), "Could not read version from value's buffer."],
])('what cannot be read among offsets is passed over: %#', (key, value, why) => {
  expect(offsetsParser(withValue(key, value))).toEqual({
    key: `Error at offset 7, skipping. ${why}`,
    payload: undefined,
  });
});

test('a transaction of an unknown version ends the dump', () => {
  const key = Buffer.from('0000000178', 'hex');
  expect(() => transactionsParser(withValue(key, Buffer.from('0009', 'hex')))).toThrow(
    'Unknown version 9 from the transaction log message value',
  );
  expect(() => transactionsParser(withValue(key, Buffer.alloc(1)))).toThrow(UNDERFLOW);
});
