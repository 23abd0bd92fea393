import { ManualClock } from '../env/testing/clock';
import { ReplicationQuota } from './replication-quota';

function world(limit: number) {
  const clock = new ManualClock(1_000_000);
  const set = { limit };
  const quota = new ReplicationQuota({ clock, samples: 11, windowMs: 1000, limit: () => set.limit });
  return { clock, quota, set };
}

// Figures of Apache's ReplicationQuotaManager on a clock of its own, with the windows that it has by default.
test('the rate is over the time that has passed, and at least one window', async () => {
  const { clock, quota } = world(100);
  expect(quota.isExceeded()).toBe(false);
  quota.record(100);
  expect([quota.bytesPerSecond, quota.isExceeded()]).toEqual([100, false]);
  quota.record(1);
  expect([quota.bytesPerSecond, quota.isExceeded()]).toEqual([101, true]);
  await clock.advance(1000);
  expect([quota.bytesPerSecond, quota.isExceeded()]).toEqual([101, true]);
  await clock.advance(500);
  expect(quota.isExceeded()).toBe(false);
  expect(quota.bytesPerSecond).toBeCloseTo(101 / 1.5);
  quota.record(99);
  expect(quota.bytesPerSecond).toBeCloseTo(200 / 1.5);
  await clock.advance(500);
  expect([quota.bytesPerSecond, quota.isExceeded()]).toEqual([100, false]);
});

test('what lies behind all windows is forgotten', async () => {
  const { clock, quota } = world(100);
  quota.record(1_000_000);
  await clock.advance(10_999);
  expect(quota.isExceeded()).toBe(true);
  await clock.advance(1);
  expect([quota.bytesPerSecond, quota.isExceeded()]).toEqual([0, false]);
});

test('a limit counts from when it is set, for what went before too', () => {
  const { quota, set } = world(Number.POSITIVE_INFINITY);
  quota.record(1000);
  expect(quota.isExceeded()).toBe(false);
  set.limit = 0;
  expect(quota.isExceeded()).toBe(true);
  set.limit = 1000;
  expect(quota.isExceeded()).toBe(false);
});
