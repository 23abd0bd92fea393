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
 * A timer of any length. A class with fields and no closures that hold each other: V8 takes objects of those for alive
 * long after they are, so that each collection of the young generation copied all that requests had waited with.
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
