import type { Poll } from './history';
import { judgeCopy, judgeTransactions, type Transaction, type TransactionHistory } from './transactions';

// Every way in which transactions can break their word is found, and histories that are right are not blamed.

const transaction = (outcome: Transaction['outcome'], ...values: readonly string[]): Transaction => ({
  producer: 'copier',
  outcome,
  writes: values.map((value) => ({ partition: value.startsWith('x') ? 't-0' : 't-1', value })),
});

const read = (reader: string, partition: string, ...records: readonly (readonly [number, string])[]): Poll => ({
  reader,
  partition,
  records: records.map(([offset, value]) => ({ offset, value })),
});

const ONE = transaction('committed', 'x1', 'y1');
const TWO = transaction('aborted', 'x2', 'y2');
const THREE = transaction('committed', 'x3', 'x4', 'y3');
const X = read('broker 0', 't-0', [0, 'x1'], [4, 'x3'], [5, 'x4']);
const Y = read('broker 0', 't-1', [0, 'y1'], [4, 'y3']);
const RIGHT: TransactionHistory = { transactions: [ONE, TWO, THREE], polls: [], finals: [X, Y] };

const types = (change: Partial<TransactionHistory>): string[] => [
  ...new Set(judgeTransactions({ ...RIGHT, ...change }).map(({ type }) => type)),
];

test('a right history is left alone', () => {
  const polls = [read('r', 't-0', [0, 'x1'], [4, 'x3'], [5, 'x4']), read('late', 't-1', [4, 'y3'])];
  expect(types({ polls, finals: [X, Y, { ...X, reader: 'broker 1' }, { ...Y, reader: 'broker 1' }] })).toEqual([]);
});

test('of what nobody knows the fate of, everything or nothing is there', () => {
  const unknown = transaction('unknown', 'x5', 'y5');
  const transactions = [ONE, TWO, THREE, unknown];
  expect(types({ transactions })).toEqual([]);
  const [x, y] = [read('broker 0', 't-0', [7, 'x5']), read('broker 0', 't-1', [7, 'y5'])];
  const with5 = (final: Poll, more: Poll): Poll => ({ ...final, records: [...final.records, ...more.records] });
  expect(types({ transactions, finals: [with5(X, x), with5(Y, y)] })).toEqual([]);
  expect(types({ transactions, finals: [with5(X, x), Y] })).toEqual(['torn transaction']);
});

test.each<[string, Partial<TransactionHistory>]>([
  ['lost write', { finals: [read('broker 0', 't-0', [0, 'x1'], [4, 'x3']), Y] }],
  ['torn transaction', { finals: [read('broker 0', 't-0', [0, 'x1'], [4, 'x3']), Y] }],
  ['torn transaction', { finals: [X, read('broker 0', 't-1', [0, 'y1'])] }],
  ['aborted read', { polls: [read('r', 't-0', [0, 'x1'], [2, 'x2'])] }],
  ['aborted read', { finals: [X, read('broker 0', 't-1', [0, 'y1'], [2, 'y2'], [4, 'y3'])] }],
  ['duplicate', { finals: [X, read('broker 0', 't-1', [0, 'y1'], [4, 'y3'], [6, 'y1'])] }],
  ['non-monotonic send', { finals: [read('broker 0', 't-0', [0, 'x1'], [4, 'x4'], [5, 'x3']), Y] }],
  ['skipped poll', { polls: [read('r', 't-0', [0, 'x1'], [5, 'x4'])] }],
  ['replicas differ', { finals: [X, Y, read('broker 1', 't-1', [0, 'y1'])] }],
  ['invented read', { polls: [read('r', 't-0', [6, 'never'])] }],
])('finds a %s', (type, history) => {
  expect(types(history)).toContain(type);
});

describe('copies', () => {
  type Records = readonly (readonly [number, string])[];
  const input = read('broker 0', 'in-0', [0, 'a'], [1, 'b'], [2, 'c']);
  const sourceOf = (value: string): string => value.split('@')[0]!;
  const copy = (records: Records): string[] =>
    judgeCopy(input, read('broker 0', 'out-0', ...records), sourceOf).map(({ type }) => type);
  const RIGHT_COPY: Records = [
    [0, 'a@1'],
    [3, 'b@2'],
    [4, 'c@2'],
  ];

  test('that are right are left alone', () => {
    expect(copy(RIGHT_COPY)).toEqual([]);
  });

  test.each<[string, Records]>([
    ['not copied', RIGHT_COPY.filter(([offset]) => offset !== 3)],
    ['copied twice', [...RIGHT_COPY, [6, 'b@3']]],
    [
      'copied out of order',
      RIGHT_COPY.map(([offset, value]) => [offset, value === 'a@1' ? value : value === 'b@2' ? 'c@2' : 'b@2']),
    ],
    ['invented copy', [...RIGHT_COPY, [6, 'd@3']]],
  ])('finds what was %s', (type, records) => {
    expect(copy(records)).toEqual([type]);
  });
});
