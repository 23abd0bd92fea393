import fc from 'fast-check';
import { SampledRate } from './sampled-rate';
import { bucketThrottleMs, rateThrottleMs, toJavaInt } from './throttle-time';
import { TokenBucket } from './token-bucket';

test.each([
  [0.5, 1],
  [-0.5, -0],
  [2147483647.4, 2147483647],
  [2147483648, -2147483648],
  [4294967297, 1],
  [Number.POSITIVE_INFINITY, -1],
  [Number.NEGATIVE_INFINITY, 0],
  [Number.NaN, 0],
])('(int) Math.round(%d) is %d in Java', (value, int) => {
  expect(toJavaInt(value)).toBe(int);
});

const windowsOf = fc.record({
  samples: fc.integer({ min: 1, max: 12 }),
  windowMs: fc.constantFrom(1000, 2000, 10_000),
});
const usage = fc.array(fc.record({ afterMs: fc.nat(5000), value: fc.nat(1_000_000) }), { minLength: 1, maxLength: 40 });

test('what exceeds its bound is throttled, and the more it does the longer', () => {
  fc.assert(
    fc.property(windowsOf, usage, fc.integer({ min: 1, max: 10_000 }), (windows, events, bound) => {
      const [rate, busier] = [new SampledRate(windows), new SampledRate(windows)];
      let nowMs = 0;
      for (const { afterMs, value } of events) {
        nowMs += afterMs;
        rate.record(value, nowMs);
        busier.record(2 * value + bound, nowMs);
      }
      const throttleMs = (it: SampledRate): number =>
        rateThrottleMs(it.perSecond(nowMs), bound, it.windowSizeMs(nowMs), 0x7fffffff);
      expect(throttleMs(rate) > 0).toBe(((rate.perSecond(nowMs) - bound) / bound) * rate.windowSizeMs(nowMs) >= 0.5);
      expect(throttleMs(busier)).toBeGreaterThanOrEqual(throttleMs(rate));
    }),
  );
});

test('a rate never counts more than was recorded, nor usage older than its windows', () => {
  fc.assert(
    fc.property(windowsOf, usage, (windows, events) => {
      const rate = new SampledRate(windows);
      let nowMs = 0;
      let total = 0;
      for (const { afterMs, value } of events) {
        nowMs += afterMs;
        total += value;
        rate.record(value, nowMs);
        const counted = rate.perSecond(nowMs) * (rate.windowSizeMs(nowMs) / 1000);
        expect(counted).toBeLessThanOrEqual(total * 1.000001);
        expect(counted).toBeGreaterThanOrEqual(value * 0.999999);
      }
      expect(rate.perSecond(nowMs + windows.samples * windows.windowMs)).toBe(0);
    }),
  );
});

test('a bucket that waits out its throttle time is at zero', () => {
  fc.assert(
    fc.property(
      windowsOf,
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 1000 }),
      (windows, permits, rate) => {
        const bucket = new TokenBucket(windows);
        bucket.take(permits, rate, 0);
        const left = bucket.left(rate, 0);
        if (left >= 0) return;
        const waitMs = bucketThrottleMs(left, rate);
        expect(Math.abs(bucket.left(rate, waitMs))).toBeLessThan(1e-6 * permits + 1e-6);
      },
    ),
  );
});
