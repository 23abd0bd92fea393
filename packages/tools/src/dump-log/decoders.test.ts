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
