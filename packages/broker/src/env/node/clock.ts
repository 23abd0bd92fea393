import { performance } from 'node:perf_hooks';
import type { Clock, Timer } from '../clock';

/** The machine's time. */
export const nodeClock: Clock = {
  nowMs: Date.now,
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => new NodeTimer(delayMs, callback),
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

/**
 * A timer of any length. A class with fields rather than closures that hold each other: with those, as measured, what
 * requests had waited with outlived the collections of the young generation, which took ten times as long for it.
 */
class NodeTimer implements Timer {
  private handle: NodeJS.Timeout;

  constructor(
    private leftMs: number,
    private readonly callback: () => void,
  ) {
    this.handle = this.wait();
  }

  cancel(): void {
    clearTimeout(this.handle);
  }

  private wait(): NodeJS.Timeout {
    const stepMs = Math.min(this.leftMs, MAX_DELAY_MS);
    this.leftMs -= stepMs;
    return setTimeout(() => this.over(), stepMs);
  }

  private over(): void {
    if (this.leftMs > 0) this.handle = this.wait();
    else this.callback();
  }
}
