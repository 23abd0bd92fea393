import { scalaBuffer, scalaSet } from './scala-text';

// As Apache's controller 3.9.1 prints the brokers that live.
test.each([
  [[0, 5, 6, 7], 'Set(0, 5, 6, 7)'],
  [[0, 5, 6, 7, 11, 12, 33], 'HashSet(0, 5, 6, 33, 12, 7, 11)'],
  [[], 'Set()'],
])('%j is printed as %s', (ids, text) => {
  expect(scalaSet(ids)).toBe(text);
});

test('every element is there once, whatever the hashes', () => {
  const ids = Array.from({ length: 2000 }, (_, id) => id);
  const printed = scalaSet(ids).slice('HashSet('.length, -1).split(', ').map(Number);
  expect(printed.toSorted((one, other) => one - other)).toEqual(ids);
  expect(scalaBuffer([3, 1])).toBe('ArrayBuffer(3, 1)');
});
