import { deadline } from './clock';
import { ManualClock } from './testing/clock';

describe('a deadline', () => {
  test('passes once what had come in by then is read, and says when that was', async () => {
    const clock = new ManualClock();
    const passed: number[] = [];
    clock.spend(5);
    deadline(clock, 100, (heardUntilMs) => passed.push(heardUntilMs, clock.monotonicMs()));
    await clock.advance(99);
    // The process stands still for long, then its timers run, then it reads: that takes its time, too.
    clock.spend(1000);
    const soon = clock.soon.bind(clock);
    clock.soon = (callback) => {
      soon(() => clock.spend(30));
      soon(callback);
    };
    await clock.advance(0);
    expect(passed).toEqual([1104, 1134]);
    expect(clock.timers).toBe(0);
  });

  test('does not pass where what was read cancels it, or anybody did before', async () => {
    const clock = new ManualClock();
    let passed = 0;
    const late = deadline(clock, 100, () => passed++);
    deadline(clock, 200, () => passed++).cancel();
    const soon = clock.soon.bind(clock);
    clock.soon = (callback) => {
      soon(() => late.cancel());
      soon(callback);
    };
    await clock.advance(1000);
    expect(passed).toBe(0);
  });
});
