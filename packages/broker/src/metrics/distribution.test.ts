import { Distribution, WINDOW_MS } from './distribution';

const recorded = (values: Iterable<number>): Distribution => {
  const distribution = new Distribution(0);
  for (const value of values) distribution.record(value);
  return distribution;
};

test('count and sum are exact', () => {
  const distribution = recorded([1, 2, 3000, 1e9]);
  expect([distribution.count, distribution.sum]).toEqual([4, 1_000_003_003]);
});

test.each([10, 1_000, 123_456, 50_000_000])('quantiles of 1 to %d are right to an eighth', (highest) => {
  const step = highest / 1000;
  const distribution = recorded(Array.from({ length: 1000 }, (_, index) => Math.round((index + 1) * step)));
  const shares = [0.01, 0.5, 0.9, 0.99, 1];
  for (const [index, found] of distribution.quantiles(shares).entries()) {
    const expected = Math.max(1, Math.round(shares[index]! * highest));
    expect(Math.abs(found - expected)).toBeLessThanOrEqual(Math.max(1, expected / 8));
  }
});

test('small values are exact, impossible ones are taken for the nearest', () => {
  expect(recorded([0, 1, 2, 3, 15]).quantiles([0, 0.2, 0.4, 0.8, 1])).toEqual([0, 0, 1, 3, 15]);
  expect(recorded([-5]).quantiles([1])).toEqual([0]);
  expect(recorded([2 ** 40]).quantiles([1])[0]).toBeGreaterThan(2 ** 30);
});

test('values are forgotten after one to two windows; what was counted is not', () => {
  const distribution = recorded([7]);
  distribution.age(WINDOW_MS);
  expect(distribution.quantiles([0.5])).toEqual([7]);
  distribution.record(9);
  distribution.age(2 * WINDOW_MS);
  expect(distribution.quantiles([0.5])).toEqual([9]);
  distribution.age(4 * WINDOW_MS);
  expect(distribution.quantiles([0.5])).toEqual([Number.NaN]);
  expect(distribution.count).toBe(2);
});
