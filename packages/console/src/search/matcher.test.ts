import type { ConsumerRecord } from '@odradek/tools/client/consumed';
import { matcherOf } from './matcher';
import { parseMessagesQuery } from './query';

const record = (offset: number, given: Partial<ConsumerRecord> = {}): ConsumerRecord => ({
  topic: 'orders',
  partition: 0,
  offset,
  timestamp: 1_000 + offset,
  timestampType: 'CreateTime',
  key: Buffer.from(`k${offset}`),
  value: Buffer.from(`value ${offset}`),
  headers: [],
  ...given,
});

const records = [
  record(0),
  record(1, { value: null }),
  record(2, { key: null, headers: [{ key: 'h', value: Buffer.from('v') }] }),
  record(3, { value: Buffer.from('(a+)+'), headers: [{ key: 'h', value: null }] }),
  record(4, { value: Buffer.from('größer') }),
];

const found = (query: string): number[] =>
  matcherOf(parseMessagesQuery('orders', new URLSearchParams(query)))(records).map(({ offset }) => offset);

test.each([
  ['', [0, 1, 2, 3, 4]],
  ['key=k1', [1]],
  ['key=k', []],
  ['grep=value|gr', [0, 2, 4]],
  ['grep=value&grep=2$', [2]],
  ['text=(a%2B)%2B', [3]],
  ['text=gr%C3%B6', [4]],
  ['text=GR%C3%B6', []],
  ['header=h', [2, 3]],
  ['header=h%3Dv', [2]],
  ['header=x', []],
  ['from=time:1003', [3, 4]],
  ['until=1001', [0, 1]],
  ['from=time:1001&until=1002&header=h', [2]],
])('%s', (query, offsets) => {
  expect(found(query)).toEqual(offsets);
});

test('a pattern that would take for ever is given up', () => {
  const matcher = matcherOf(parseMessagesQuery('orders', new URLSearchParams({ grep: '^(a+)+$' })));
  const slow = record(0, { value: Buffer.from(`${'a'.repeat(64)}!`) });
  expect(() => matcher([slow])).toThrow('The pattern of grep was given up');
});
