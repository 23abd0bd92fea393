import type { Clock } from '../env/clock';
import { DelayedRequest, WaitList } from './wait-list';

/** A clock whose callbacks run when the test says so. */
function heldClock() {
  const timers = new Set<() => void>();
  const soon: (() => void)[] = [];
  const clock: Clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    after: (_delayMs, callback) => {
      timers.add(callback);
      return { cancel: () => timers.delete(callback) };
    },
    every: () => ({ cancel: () => {} }),
    soon: (callback) => soon.push(callback),
  };
  return {
    clock,
    timers,
    turn: () => {
      for (const callback of soon.splice(0)) callback();
    },
  };
}

const unexpected = (error: unknown): never => {
  throw error;
};

test('a burst of wakes lets a request look once', () => {
  const { clock, turn } = heldClock();
  const list = new WaitList(clock);
  let looked = 0;
  new DelayedRequest(
    [list],
    () => ++looked > 5,
    () => {},
    unexpected,
  ).start(clock, 10);
  for (let count = 0; count < 4; count++) list.wakeSoon();
  expect(looked).toBe(0);
  turn();
  expect(looked).toBe(1);
});

test('once done it leaves every list and its timer', () => {
  const { clock, timers } = heldClock();
  const lists = [new WaitList(clock), new WaitList(clock)];
  let done = false;
  let expired = 0;
  new DelayedRequest(
    lists,
    () => done,
    () => expired++,
    unexpected,
  ).start(clock, 10);
  lists[0]!.wake();
  expect(lists.map(({ size }) => size)).toEqual([1, 1]);
  done = true;
  lists[1]!.wake();
  expect(lists.map(({ size }) => size)).toEqual([0, 0]);
  expect(timers.size).toBe(0);
  expect(expired).toBe(0);
});

test('when its time is over it is answered once and never looks again', () => {
  const { clock, timers, turn } = heldClock();
  const list = new WaitList(clock);
  let looked = 0;
  let expired = 0;
  const request = new DelayedRequest(
    [list],
    () => ++looked < 0,
    () => expired++,
    unexpected,
  );
  request.start(clock, 10);
  for (const timer of timers) timer();
  turn();
  list.wake();
  request.attempt();
  expect([looked, expired, list.size]).toEqual([0, 1, 0]);
});

test('what completes it at the last moment lies unread while its time ends: it is not answered as late', () => {
  const { clock, timers, turn } = heldClock();
  const list = new WaitList(clock);
  let done = false;
  let expired = 0;
  new DelayedRequest(
    [list],
    () => done,
    () => expired++,
    unexpected,
  ).start(clock, 10);
  for (const timer of timers) timer();
  done = true;
  list.wake();
  turn();
  expect([expired, list.size]).toEqual([0, 0]);
});

test('one that fails while it looks ends alone: the others are woken', () => {
  const { clock, timers } = heldClock();
  const list = new WaitList(clock);
  const failures: unknown[] = [];
  let looked = 0;
  const broken = new DelayedRequest(
    [list],
    () => {
      throw new RangeError('broken batch');
    },
    () => {},
    (error) => failures.push(error),
  );
  broken.start(clock, 10);
  new DelayedRequest(
    [list],
    () => ++looked > 0,
    () => {},
    unexpected,
  ).start(clock, 10);
  list.wake();
  expect(failures).toEqual([new RangeError('broken batch')]);
  expect([looked, list.size, timers.size]).toEqual([1, 0, 0]);
});

test('one that fails when its time is over is told, not the clock', () => {
  const { clock, timers, turn } = heldClock();
  const failures: unknown[] = [];
  new DelayedRequest(
    [new WaitList(clock)],
    () => false,
    () => {
      throw new Error('no');
    },
    (error) => failures.push(error),
  ).start(clock, 10);
  for (const timer of timers) timer();
  turn();
  expect(failures).toEqual([new Error('no')]);
});
