import { ManualClock } from '../env/testing/clock';
import { mapInTurns } from './turns';

test('order is kept, no more than so many run at once, and others have their turns', async () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  let running = 0;
  let most = 0;
  const items = Array.from({ length: 100 }, (_, index) => index);
  const mapped = mapInTurns(clock, items, 3, async (item) => {
    most = Math.max(most, ++running);
    clock.spend(1);
    if (item === 0) clock.soon(() => seen.push('other'));
    await Promise.resolve();
    running--;
    seen.push(String(item));
    return item * 2;
  });
  await clock.settle();
  expect(await mapped).toEqual(items.map((item) => item * 2));
  expect(most).toBe(3);
  expect(seen.indexOf('other')).toBeLessThan(20);
});

test('nothing to do is done at once; what fails, fails the whole', async () => {
  const clock = new ManualClock();
  expect(await mapInTurns(clock, [], 3, async () => 1)).toEqual([]);
  await expect(mapInTurns(clock, [1], 3, async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});
