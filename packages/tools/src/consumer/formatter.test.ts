import type { ConsumerRecord } from '../client/consumed';
import { ToolError } from '../tool-error';
import { deserializerOf } from './deserializers';
import { DefaultMessageFormatter } from './formatter';
import { internalFormatterOf } from './internal-formatters';

const PACKAGE = 'org.apache.kafka.common.serialization.';
const read = (name: string, text: string | Buffer, config: [string, string][] = [], isKey = false): string =>
  deserializerOf(PACKAGE + name, new Map(config), isKey, () => undefined)(Buffer.from(text as string));

function written(record: Partial<ConsumerRecord>, properties: [string, string][]) {
  const logged: string[] = [];
  const log = (level: string, message: string, _logger: string, error?: Error): void => {
    logged.push(`${level} ${message} ${error instanceof ToolError ? error.line : ''}`);
  };
  const formatter = new DefaultMessageFormatter(new Map(properties), log);
  let text = '';
  const write = (data: string | Uint8Array): void => {
    text += Buffer.from(data as string);
  };
  const whole = { key: null, value: null, headers: [], ...record } as unknown as ConsumerRecord;
  let failure: unknown;
  try {
    formatter.write(whole, { broken: false, write });
  } catch (thrown) {
    failure = thrown;
  }
  return { text, logged, failure };
}

test('UUIDs may be short of digits', () => {
  expect(read('UUIDDeserializer', '1-2-3-4-5')).toBe('00000001-0002-0003-0004-000000000005');
  expect(read('UUIDDeserializer', '123456789-2-3-4-5')).toBe('23456789-0002-0003-0004-000000000005');
  expect(() => read('UUIDDeserializer', '12345678')).toThrow('Error parsing data into UUID');
});

test('strings come in the encoding that is named for their place', () => {
  const bytes = Buffer.from('é\\');
  expect(read('StringDeserializer', bytes, [['deserializer.encoding', 'ISO-8859-1']])).toBe('Ã©\\');
  expect(read('StringDeserializer', bytes, [['value.deserializer.encoding', 'UTF-16']])).toBe('쎩\ufffd');
  expect(read('StringDeserializer', bytes, [['key.deserializer.encoding', 'US-ASCII']], true)).toBe('\ufffd\ufffd\\');
  expect(read('StringDeserializer', bytes, [['key.deserializer.encoding', 'US-ASCII']])).toBe('é\\');
  expect(read('StringDeserializer', Buffer.from([0xc7, 0xd1]), [['deserializer.encoding', 'MS949']])).toBe('한');
  expect(() => read('StringDeserializer', bytes, [['deserializer.encoding', 'nope']])).toThrow(
    'Unsupported encoding nope',
  );
});

test('what is there or not, Java says in its own way', () => {
  expect(() => read('VoidDeserializer', 'x')).toThrow('Data should be null for a VoidDeserializer.');
  expect(() => read('StringSerializer', 'x')).toThrow(
    `class ${PACKAGE}StringSerializer cannot be cast to class ${PACKAGE}Deserializer`,
  );
  const { text, logged } = written({ value: Buffer.from('v') }, [['value.deserializer', 'nope']]);
  expect(text).toBe('v\n');
  expect(logged).toEqual([
    'ERROR Unable to instantiate a deserializer from nope java.lang.ClassNotFoundException: nope',
  ]);
});

test('fields before one that fails are written', () => {
  const headers = [
    { key: 'h', value: Buffer.from('12345678') },
    { key: 'i', value: Buffer.alloc(0) },
  ];
  const properties: [string, string][] = [
    ['print.headers', 'true'],
    ['headers.deserializer', `${PACKAGE}LongDeserializer`],
  ];
  const { text, failure } = written({ headers }, properties);
  expect(text).toBe('h:3544952156018063160,i:');
  expect(failure).toBeInstanceOf(ToolError);
});

test.each([
  'org.apache.kafka.tools.consumer.GroupMetadataMessageFormatter',
  'kafka.coordinator.group.GroupMetadataManager$OffsetsMessageFormatter',
  'kafka.coordinator.transaction.TransactionLog$TransactionLogMessageFormatter',
])('%s refuses a key that is too short for a version', (name) => {
  const record = { key: Buffer.from('k'), value: null } as unknown as ConsumerRecord;
  const out = { broken: false, write: () => undefined };
  expect(() => internalFormatterOf(name)!.write(record, out)).toThrow(
    expect.objectContaining({ className: 'java.nio.BufferUnderflowException' }),
  );
});
