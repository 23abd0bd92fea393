import { performance } from 'node:perf_hooks';
import type { Clock } from '../clock';

/** The machine's time. */
export const nodeClock: Clock = {
  nowMs: Date.now,
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = longTimer(delayMs, callback);
    return { cancel: () => timer.cancel() };
  },
  every: (intervalMs, callback) => {
    const timer = setInterval(callback, Math.min(intervalMs, MAX_DELAY_MS));
    return { cancel: () => clearInterval(timer) };
  },
  soon: (callback) => {
    setImmediate(callback);
  },
};

/** What setTimeout can wait; a longer delay it would take for none at all. */
const MAX_DELAY_MS = 0x7fffffff;

function longTimer(delayMs: number, callback: () => void): { cancel(): void } {
  const timer = { cancel: (): void => {} };
  const wait = (leftMs: number): void => {
    const stepMs = Math.min(leftMs, MAX_DELAY_MS);
    const handle = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : callback()), stepMs);
    timer.cancel = () => clearTimeout(handle);
  };
  wait(delayMs);
  return timer;
}
