import { filtered, SMALL, scrollToRow, sorted, sortedBy, visibleRows } from './rows';

describe('order', () => {
  const keys = (rows: readonly (string | number | null)[], isDescending = false) =>
    sorted(rows, (row) => row, isDescending);

  test('names are sorted as people count', () => {
    expect(keys(['t-10', 't-2', 'T-1', 'a'])).toEqual(['a', 'T-1', 't-2', 't-10']);
  });

  test('what nobody knows comes last in either direction', () => {
    expect(keys([2, null, 10, 1])).toEqual([1, 2, 10, null]);
    expect(keys([2, null, 10, 1], true)).toEqual([10, 2, 1, null]);
  });

  test('equals stay as they came', () => {
    const rows = [
      { n: 1, at: 0 },
      { n: 0, at: 1 },
      { n: 1, at: 2 },
      { n: 1, at: 3 },
    ];
    expect(sorted(rows, ({ n }) => n, true).map(({ at }) => at)).toEqual([0, 2, 3, 1]);
  });

  test('a click on a head sorts by it, numbers from the largest; the second one turns it round', () => {
    const byName = { by: 'name', isDescending: false };
    expect(sortedBy(byName, 'size', true)).toEqual({ by: 'size', isDescending: true });
    expect(sortedBy(byName, 'state', false)).toEqual({ by: 'state', isDescending: false });
    expect(sortedBy(byName, 'name', false)).toEqual({ by: 'name', isDescending: true });
  });
});

test('a filter wants every word, in any case', () => {
  const rows = ['orders.EU', 'orders.us', 'payments.eu'];
  const find = (filter: string): readonly string[] => filtered(rows, (row) => row, filter);
  expect(find('eu ORD')).toEqual(['orders.EU']);
  expect(find('  ')).toBe(rows);
  expect(find('eu us')).toEqual([]);
});

describe('rows in sight', () => {
  const ROW_PX = 30;
  const HEIGHT_PX = 600;
  const at = (topPx: number) => visibleRows(1_000, ROW_PX, topPx, HEIGHT_PX);

  test('few are simply all made', () => {
    expect(visibleRows(SMALL, ROW_PX, -10_000, HEIGHT_PX)).toEqual({ first: 0, end: SMALL });
  });

  test('of many, those in sight and some beyond', () => {
    expect(at(0)).toEqual({ first: 0, end: 32 });
    expect(at(-15_000)).toEqual({ first: 488, end: 532 });
    expect(at(-29_400)).toEqual({ first: 968, end: 1_000 });
  });

  test('never none, however far away', () => {
    for (const topPx of [-1_000_000, 1_000_000]) {
      const { first, end } = at(topPx);
      expect(end - first).toBeGreaterThan(0);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(1_000);
    }
  });

  test('every row in sight is made, wherever one is', () => {
    for (let topPx = 0; topPx > -29_400; topPx -= 97) {
      const { first, end } = at(topPx);
      expect(first * ROW_PX + topPx).toBeLessThanOrEqual(0);
      expect(end * ROW_PX + topPx).toBeGreaterThanOrEqual(HEIGHT_PX);
    }
  });

  test('scrolling goes no further than it must', () => {
    expect(scrollToRow(3, ROW_PX, 0, HEIGHT_PX)).toBe(0);
    expect(scrollToRow(20, ROW_PX, 0, HEIGHT_PX)).toBe(30);
    expect(scrollToRow(3, ROW_PX, -300, HEIGHT_PX)).toBe(-210);
  });
});
