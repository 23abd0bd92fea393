import { murmur2, partitionForKey, StickyPartitioner } from './client/partitioner';
import { parseAddConfig } from './configs/changes';
import { saltPassword, storedCredential } from './configs/scram';
import { DefaultMessageFormatter } from './consumer/formatter';
import { hashMapOrder, scalaHashOrder, stringHash } from './java-order';
import { doubleText, floatText } from './java-text';
import { LineMessageReader } from './producer/line-reader';
import { testIo } from './test-io';
import { assignReplicas } from './topics/assignment';

describe('murmur2', () => {
  // Values of org.apache.kafka.common.utils.UtilsTest.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
    expect(partitionForKey(Buffer.from(text), 7)).toBe((hash & 0x7fffffff) % 7);
  });
});

it('stays with a partition until a batch is full and enough bytes went there', () => {
  const picks = [0, 0.9, 0.4];
  const partitioner = new StickyPartitioner(100, () => picks.shift()!);
  const available = [0, 1, 2];
  expect(partitioner.choose(available)).toBe(0);
  partitioner.produced(120, false, available);
  expect(partitioner.choose(available)).toBe(0);
  partitioner.produced(10, true, available);
  expect(partitioner.choose(available)).toBe(2);
  expect(partitioner.choose([0, 1])).toBe(0);
});

it('iterates as a Java HashMap does', () => {
  const names = ['a.b', 'alpha', 'beta', 'foo', 'quickstart-events', 't1', 'zeta'];
  expect(stringHash('hello')).toBe(99162322);
  expect(stringHash('polygenelubricants')).toBe(-2147483648);
  expect(hashMapOrder(names, stringHash, names.length)).toEqual([
    'zeta',
    'quickstart-events',
    'a.b',
    'alpha',
    'foo',
    't1',
    'beta',
  ]);
});

it('iterates as a mutable Scala HashMap does', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `consumer-${index * 7919}`);
  expect(scalaHashOrder(names(11), stringHash).join(' ')).toBe(
    'consumer-71271 consumer-31676 consumer-23757 consumer-55433 consumer-47514 consumer-7919 consumer-79190 consumer-15838 consumer-39595 consumer-63352 consumer-0',
  );
  // The twelfth entry doubles the table.
  expect(scalaHashOrder(names(12), stringHash).join(' ')).toBe(
    'consumer-71271 consumer-31676 consumer-47514 consumer-7919 consumer-79190 consumer-15838 consumer-63352 consumer-0 consumer-87109 consumer-23757 consumer-55433 consumer-39595',
  );
});

it('prints doubles and floats as Java does', () => {
  expect([1024, 2048.5, 1e10, 1e7, 9999999, 0.001, 0.0001, -0.5, 1 / 3].map(doubleText)).toEqual([
    '1024.0',
    '2048.5',
    '1.0E10',
    '1.0E7',
    '9999999.0',
    '0.001',
    '1.0E-4',
    '-0.5',
    '0.3333333333333333',
  ]);
  expect([Math.fround(0.1), Math.fround(3.4e38)].map(floatText)).toEqual(['0.1', '3.4E38']);
  expect([5e-324, 2e-323, 1e23].map(doubleText)).toEqual(['4.9E-324', '2.0E-323', '1.0E23']);
  const tiny = [1, 5, 7].map((multiple) => floatText(multiple * 2 ** -149));
  expect(tiny).toEqual(['1.4E-45', '7.0E-45', '9.8E-45']);
});

it('keeps commas within brackets', () => {
  expect([...parseAddConfig(',')]).toEqual([]);
  expect([...parseAddConfig('cleanup.policy=[compact,delete],retention.ms=7,a=')]).toEqual([
    ['cleanup.policy', 'compact,delete'],
    ['retention.ms', '7'],
    ['a', ''],
  ]);
});

it('stores SCRAM credentials as RFC 7677 computes them', () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  const salted = saltPassword('SCRAM-SHA-256', 'iterations=4096,password=pencil', { salt });
  expect(storedCredential('SCRAM-SHA-256', salted)).toBe(
    'salt=W22ZaJ0SNY7soEsUEjb6gQ==,stored_key=WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,' +
      'server_key=wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=,iterations=4096',
  );
});

it('spreads replicas: leaders round robin, followers shifted', () => {
  const start = { firstBroker: 0, firstShift: 0 };
  expect(assignReplicas([0, 1, 2, 3, 4], 7, 3, start)).toEqual([
    [0, 1, 2],
    [1, 2, 3],
    [2, 3, 4],
    [3, 4, 0],
    [4, 0, 1],
    [0, 2, 3],
    [1, 3, 4],
  ]);
  expect(() => assignReplicas([0], 1, 2)).toThrow('Replication factor: 2 larger than available brokers: 1.');
});

describe('the console producer reads lines', () => {
  const reader = (...pairs: [string, string][]): LineMessageReader => new LineMessageReader(new Map(pairs));
  const text = (bytes: Buffer | null): string | null => bytes?.toString() ?? null;

  it('with headers, key and null marker', () => {
    const record = reader(['parse.key', 'true'], ['parse.headers', 'true'], ['null.marker', 'NULL']).parse(
      'a:1,b:NULL\tk\tNULL',
    );
    expect([text(record.key), text(record.value)]).toEqual(['k', null]);
    expect(record.headers.map(({ key, value }) => [key, text(value)])).toEqual([
      ['a', '1'],
      ['b', null],
    ]);
  });

  it('without headers where there are only separators', () => {
    expect(reader(['parse.headers', 'true'], ['ignore.error', 'true']).parse(',\tv').headers).toEqual([]);
  });

  it('and names the line that lacks a separator', () => {
    const lines = reader(['parse.key', 'true'], ['key.separator', ':']);
    lines.parse('k:v');
    expect(() => lines.parse('plain')).toThrow("No key separator found on line number 2: 'plain'");
    expect(text(reader(['parse.key', 'true'], ['ignore.error', 'true']).parse('plain').value)).toBe('plain');
  });
});

it('formats the enabled fields in their fixed order', () => {
  const enabled = ['print.key', 'print.offset', 'print.partition', 'print.headers', 'print.timestamp'];
  const formatter = new DefaultMessageFormatter(
    new Map([
      ...enabled.map((name): [string, string] => [name, 'true']),
      ['key.separator', '|'],
      ['null.literal', 'NIL'],
    ]),
    () => undefined,
  );
  const { io, stdout } = testIo();
  const record = { topic: 't', partition: 3, offset: 7, timestamp: 12, timestampType: 'CreateTime' as const };
  formatter.write({ ...record, key: null, value: Buffer.from('v'), headers: [{ key: 'h', value: null }] }, io.stdout);
  formatter.write({ ...record, timestampType: undefined, key: null, value: null, headers: [] }, io.stdout);
  expect(stdout()).toBe(
    'CreateTime:12|Partition:3|Offset:7|h:NIL|NIL|v\nNO_TIMESTAMP|Partition:3|Offset:7|NO_HEADERS|NIL|NIL\n',
  );
});
