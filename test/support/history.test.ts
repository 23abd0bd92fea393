import { type History, judge, type Poll, type Send, type ViolationType } from './history';

// Every kind of wrong history is found, and a right one is not blamed.

const sent = (value: string, offset: number, change: Partial<Send> = {}): Send => ({
  producer: 'p',
  partition: 't-0',
  value,
  outcome: 'acknowledged',
  offset,
  mayRepeat: false,
  ...change,
});

const read = (reader: string, ...records: readonly (readonly [number, string])[]): Poll => ({
  reader,
  partition: 't-0',
  records: records.map(([offset, value]) => ({ offset, value })),
});

const A = sent('a', 0);
const B = sent('b', 1);
const C = sent('c', 2);
const ALL = read('broker 0', [0, 'a'], [1, 'b'], [2, 'c']);

const types = (history: Partial<History>): ViolationType[] => [
  ...new Set(judge({ sends: [A, B, C], polls: [], finals: [ALL], ...history }).map(({ type }) => type)),
];

test('a right history is left alone', () => {
  const polls = [read('r', [0, 'a'], [1, 'b'], [2, 'c']), read('late', [2, 'c'])];
  expect(types({ polls, finals: [ALL, { ...ALL, reader: 'broker 1' }] })).toEqual([]);
  expect(types({ sends: [A, sent('b', -1, { outcome: 'unknown' }), C] })).toEqual([]);
  expect(types({ sends: [A, B, C, sent('gone', -1, { outcome: 'unknown' })] })).toEqual([]);
  expect(types({ sends: [A, B, C, sent('no', -1, { outcome: 'refused' })] })).toEqual([]);
  // Compaction and control records leave gaps between offsets.
  const gaps = [read('broker 0', [0, 'a'], [5, 'b'], [9, 'c'])];
  expect(types({ sends: [A, sent('b', 5), sent('c', 9)], polls: gaps, finals: gaps })).toEqual([]);
});

test('a producer without sequence numbers may write twice what it sent twice', () => {
  const finals = [read('broker 0', [0, 'a'], [1, 'b'], [2, 'a'], [3, 'c'])];
  expect(types({ sends: [sent('a', 2, { mayRepeat: true }), B, sent('c', 3)], finals })).toEqual([]);
  expect(types({ sends: [A, B, sent('c', 3)], finals })).toContain('duplicate');
});

test.each<[ViolationType, Partial<History>]>([
  ['lost write', { finals: [read('broker 0', [0, 'a'], [1, 'b'])] }],
  ['lost write', { finals: [read('broker 0')] }],
  ['duplicate', { finals: [read('broker 0', [0, 'a'], [1, 'b'], [2, 'c'], [3, 'a'])] }],
  ['inconsistent offset', { polls: [read('r', [0, 'a'], [1, 'x'])], sends: [A, B, C, sent('x', -1)] }],
  ['inconsistent offset', { sends: [A, B, C, sent('x', 1)] }],
  ['invented read', { polls: [read('r', [3, 'never'])] }],
  ['refused but written', { sends: [A, B, sent('c', -1, { outcome: 'refused' })] }],
  ['acknowledged elsewhere', { sends: [A, sent('b', 7), C] }],
  ['non-monotonic poll', { polls: [read('r', [1, 'b'], [0, 'a'])] }],
  ['non-monotonic poll', { polls: [read('r', [1, 'b'], [1, 'b'])] }],
  ['skipped poll', { polls: [read('r', [0, 'a'], [2, 'c'])] }],
  ['non-monotonic send', { sends: [A, C, B] }],
  ['replicas differ', { finals: [ALL, read('broker 1', [0, 'a'], [1, 'b'])] }],
  [
    'replicas differ',
    { finals: [read('broker 0', [0, 'a'], [1, 'b'], [2, 'c']), read('broker 1', [0, 'a'], [1, 'x'])] },
  ],
])('finds a %s', (type, history) => {
  expect(types(history)).toContain(type);
});

test('partitions are judged apart', () => {
  const other = { partition: 't-1' };
  const history = {
    sends: [A, sent('z', 0, other)],
    polls: [],
    finals: [read('broker 0', [0, 'a']), { ...read('broker 0', [0, 'z']), ...other }],
  };
  expect(judge(history)).toEqual([]);
  expect(judge({ ...history, finals: history.finals.slice(0, 1) })).toEqual([]);
});
