import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaError } from '@odradek/protocol/errors';
import { ManualClock } from '../env/testing/clock';
import { MutationQuota } from './mutation-quota';
import type { QuotaEntity } from './quota-table';
import { RateQuota } from './rate-quota';

/** What Apache's quota managers, fed with chance quotas and usage, made of them: absent parts of entities are `-`. */
type Step =
  | ['quota', user: string | null, clientId: string | null, limit: number | null]
  | ['pass', ms: number]
  | ['max', ms: number, user: string, clientId: string, value: number | null]
  | ['record' | 'taken back', ms: number, user: string, clientId: string, value: number, throttleMs: number]
  | ['take', ms: number, user: string, clientId: string, n: number, granted: boolean, late: number, throttleMs: number];

interface Trace {
  readonly kind: 'bytes' | 'request' | 'strict' | 'permissive';
  readonly samples: number;
  readonly windowSeconds: number;
  readonly steps: readonly Step[];
}

const TRACES = JSON.parse(readFileSync(join(__dirname, 'vectors', 'apache-3.9.1.json'), 'utf8')) as Trace[];

const METRIC_WINDOWS = { samples: 2, windowMs: 30_000 };

const entityOf = (user: string | null, clientId: string | null): QuotaEntity => ({
  ...(user === '-' ? {} : { user }),
  ...(clientId === '-' ? {} : { clientId }),
});

/** Runs a trace's steps on ours; returns them with our own outcomes in the places of Apache's. */
async function replay({ kind, samples, windowSeconds, steps }: Trace): Promise<Step[]> {
  const clock = new ManualClock();
  const windows = { samples, windowMs: windowSeconds * 1000, clock, metricWindows: METRIC_WINDOWS };
  const rate = new RateQuota({ ...windows, maxThrottleMs: kind === 'request' ? windows.windowMs : Infinity });
  const mutations = new MutationQuota(windows);
  const played: Step[] = [];
  for (const step of steps) {
    if (step[0] !== 'quota') await clock.advance(step[1]);
    switch (step[0]) {
      case 'quota': {
        const [, user, clientId, limit] = step;
        for (const quota of [rate, mutations]) quota.set(entityOf(user, clientId), limit ?? undefined);
        played.push(step);
        break;
      }
      case 'pass':
        played.push(step);
        break;
      case 'max': {
        const [name, ms, user, clientId] = step;
        played.push([name, ms, user, clientId, rate.maxInWindow({ user, clientId })]);
        break;
      }
      case 'record':
      case 'taken back': {
        const [name, ms, user, clientId, value] = step;
        const throttleMs = rate.record({ user, clientId }, value);
        if (name === 'taken back') rate.unrecord({ user, clientId }, value);
        played.push([name, ms, user, clientId, value, throttleMs]);
        break;
      }
      case 'take': {
        const [name, ms, user, clientId, n, , late] = step;
        const permits =
          kind === 'strict' ? mutations.strict({ user, clientId }) : mutations.permissive({ user, clientId });
        let granted = true;
        try {
          permits.take(n);
        } catch (error) {
          expect((error as KafkaError).error).toBe('THROTTLING_QUOTA_EXCEEDED');
          granted = false;
        }
        await clock.advance(late);
        played.push([name, ms, user, clientId, n, granted, late, permits.throttleMs()]);
        break;
      }
    }
  }
  return played;
}

/** Unlimited is null there. */
const comparable = (step: Step): Step =>
  step[0] === 'max' && step[4] === Number.POSITIVE_INFINITY ? [step[0], step[1], step[2], step[3], null] : step;

test.each(TRACES.map((trace) => [`${trace.kind}, ${trace.samples} × ${trace.windowSeconds} s`, trace] as const))(
  'as Apache: %s',
  async (_, trace) => {
    expect(trace.steps.filter(([name]) => name === 'record' || name === 'take').length).toBeGreaterThan(30);
    expect((await replay(trace)).map(comparable)).toEqual(trace.steps);
  },
);

describe('what is told of clients', () => {
  const windows = { samples: 11, windowMs: 1000, metricWindows: METRIC_WINDOWS };
  const alice = { user: 'alice', clientId: 'app' };

  test('their rates, and the mean of their throttle times of late', async () => {
    const clock = new ManualClock();
    const quota = new RateQuota({ ...windows, clock, maxThrottleMs: Infinity });
    quota.noteThrottle(alice, 1000);
    expect([...quota.usages()]).toEqual([]);
    quota.set({ user: 'alice' }, 10);
    quota.record(alice, 500);
    quota.record({ user: 'bob', clientId: '' }, 20);
    quota.noteThrottle(alice, 1000);
    quota.noteThrottle({ ...alice, clientId: 'other' }, 3000);
    expect([...quota.usages()]).toEqual([
      { user: 'alice', clientId: '', perSecond: 50, throttleTimeMs: 2000 },
      { user: 'bob', clientId: '', perSecond: 2, throttleTimeMs: null },
    ]);
    expect(quota.throttledCount).toBe(2);
    await clock.advance(1000);
    expect(quota.throttledCount).toBe(1);
    await clock.advance(2000);
    expect(quota.throttledCount).toBe(0);
    for (let times = 0; times < 1000; times++) {
      quota.noteThrottle(alice, 1);
      if (times % 10 === 0) await clock.advance(1);
    }
    expect(quota.throttledCount).toBe(9);
    await clock.advance(60_000);
    expect([...quota.usages()]).toEqual([
      { user: 'alice', clientId: '', perSecond: 0, throttleTimeMs: null },
      { user: 'bob', clientId: '', perSecond: 0, throttleTimeMs: null },
    ]);
    quota.set({ user: 'alice' }, undefined);
    expect([...quota.usages()]).toEqual([]);
  });

  test('their partitions created and deleted, and what they may at once', async () => {
    const clock = new ManualClock();
    const quota = new MutationQuota({ ...windows, clock });
    quota.set({ clientId: 'app' }, 2);
    quota.permissive(alice).take(30);
    quota.permissive({ user: 'bob', clientId: 'free' }).take(6);
    quota.noteThrottle(alice, 4000);
    expect([...quota.usages()]).toEqual([
      { user: '', clientId: 'app', perSecond: 1, tokens: -8, throttleTimeMs: 4000 },
      { user: '', clientId: 'free', perSecond: 0.2, tokens: Number.POSITIVE_INFINITY, throttleTimeMs: null },
    ]);
    await clock.advance(3000);
    expect([...quota.usages()]).toMatchObject([{ tokens: -2 }, { tokens: Number.POSITIVE_INFINITY }]);
  });
});

describe('clients', () => {
  const HOUR_MS = 3_600_000;
  const windows = { samples: 11, windowMs: 1000, metricWindows: METRIC_WINDOWS };

  test('are not counted while no quota is set, nor once none is left', () => {
    const quota = new RateQuota({ ...windows, clock: new ManualClock(), maxThrottleMs: Infinity });
    expect(quota.record({ user: 'u', clientId: 'c' }, 1e9)).toBe(0);
    expect([quota.isEnabled, quota.clientCount]).toEqual([false, 0]);
    quota.set({ clientId: 'c' }, 10);
    expect(quota.record({ user: 'u', clientId: 'c' }, 1e9)).toBeGreaterThan(0);
    quota.set({ clientId: 'c' }, undefined);
    expect(quota.record({ user: 'u', clientId: 'c' }, 1e9)).toBe(0);
    expect([quota.isEnabled, quota.clientCount]).toEqual([false, 0]);
  });

  test('a quota taken back twice does not switch the others off', () => {
    const quota = new RateQuota({ ...windows, clock: new ManualClock(), maxThrottleMs: Infinity });
    for (const limit of [1, 2, undefined, undefined]) quota.set({ user: null }, limit);
    for (const limit of [undefined, 5]) quota.set({ user: 'u', clientId: null }, limit);
    expect(quota.isEnabled).toBe(true);
    expect(quota.record({ user: 'u', clientId: 'c' }, 1000)).toBeGreaterThan(0);
  });

  test('ever new client ids are forgotten an hour after their last request', async () => {
    const clock = new ManualClock();
    const quota = new RateQuota({ ...windows, clock, maxThrottleMs: Infinity });
    quota.set({ clientId: null }, 10);
    for (let round = 0; round < 20; round++) {
      for (let client = 0; client < 1000; client++) quota.record({ user: 'u', clientId: `${round}-${client}` }, 1);
      quota.record({ user: 'u', clientId: 'steady' }, 1);
      await clock.advance(HOUR_MS / 2 + 1);
    }
    expect(quota.clientCount).toBeLessThanOrEqual(3 * 1000 + 1);
  });

  test('names that a separator could mix up are told apart', () => {
    const quota = new RateQuota({ ...windows, clock: new ManualClock(), maxThrottleMs: Infinity });
    quota.set({ user: null, clientId: null }, 10);
    for (const [user, clientId] of [
      ['a:b', 'c'],
      ['a', 'b:c'],
      ['a', 'b'],
      ['ab', ''],
    ] as const) {
      quota.record({ user, clientId }, 1);
    }
    expect(quota.clientCount).toBe(4);
  });
});
