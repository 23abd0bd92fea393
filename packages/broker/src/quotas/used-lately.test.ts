import { UsedLately } from './used-lately';

const HOUR_MS = 3_600_000;
const MAX_KEYS = 100_000;

test('what has not been used for an hour is forgotten when something new comes', () => {
  const used = new UsedLately<number>();
  let made = 0;
  const use = (key: string, nowMs: number) => used.use(key, nowMs, () => made++);
  expect([use('a', 0), use('b', 0), use('a', HOUR_MS)]).toEqual([0, 1, 0]);
  use('c', HOUR_MS + 1);
  expect(used.size).toBe(2);
  expect([use('a', HOUR_MS + 2), use('b', HOUR_MS + 2)]).toEqual([0, 3]);
});

test('new names without end take bounded memory: what is quiet goes first', () => {
  const used = new UsedLately<string>();
  used.use('steady', 0, () => 'first');
  for (let count = 1; count < MAX_KEYS; count++) used.use(`old-${count}`, 0, () => '');
  expect(used.size).toBe(MAX_KEYS);
  used.use('steady', 90_000, () => 'again');
  used.use('new', 90_000, () => '');
  expect(used.size).toBe(2);
  expect(used.use('steady', 90_000, () => 'again')).toBe('first');
});

test('where none is quiet, the oldest go', () => {
  const used = new UsedLately<number>();
  let most = 0;
  for (let count = 0; count <= 1.5 * MAX_KEYS; count++) {
    used.use(String(count), 0, () => count);
    most = Math.max(most, used.size);
  }
  expect(most).toBe(MAX_KEYS);
  expect(used.size).toBeGreaterThanOrEqual(0.9 * MAX_KEYS);
  expect(used.use(String(1.5 * MAX_KEYS), 0, () => -1)).toBe(1.5 * MAX_KEYS);
  expect(used.use('0', 0, () => -1)).toBe(-1);
});
