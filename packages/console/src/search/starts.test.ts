import { startsOf } from './starts';

const spans = [
  { partition: 0, start: 10, end: 110 },
  { partition: 1, start: 0, end: 3 },
  { partition: 2, start: 7, end: 7 },
];
const none = new Map<number, number>();
const starts = (from: Parameters<typeof startsOf>[1], atTime = none) => [...startsOf(spans, from, atTime).values()];

test('beginning and end', () => {
  expect(starts({ at: 'beginning' })).toEqual([10, 0, 7]);
  expect(starts({ at: 'end' })).toEqual([110, 3, 7]);
});

test('an offset, within what there is', () => {
  expect(starts({ at: 'offset', offset: 5 })).toEqual([10, 3, 7]);
  expect(starts({ at: 'offset', offset: 2 })).toEqual([10, 2, 7]);
});

test('a time: the end where nothing is as new', () => {
  const atTime = new Map([
    [0, 50],
    [1, -1],
  ]);
  expect(starts({ at: 'time', timeMs: 1 }, atTime)).toEqual([50, 3, 7]);
});

test('the last: so many of each that the newest of all are among them', () => {
  expect(starts({ at: 'last', count: 5 })).toEqual([105, 0, 7]);
  expect(starts({ at: 'last', count: 0 })).toEqual([110, 3, 7]);
});

test('the last of many partitions: no more than can be looked at, but as many as were asked for', () => {
  const many = Array.from({ length: 1_000 }, (_, partition) => ({ partition, start: 0, end: 100_000 }));
  const looked = [...startsOf(many, { at: 'last', count: 10_000 }, none).values()].map((start) => 100_000 - start);
  expect(new Set(looked)).toEqual(new Set([20]));
});
