import { type Clock, repeat, type Timer } from '../clock';

interface Pending {
  readonly atMs: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/** A clock that stands still until told otherwise. Timers run in the order of their times, ties as they were set. */
export class ManualClock implements Clock {
  private readonly startMs: number;
  private elapsedMs = 0;
  private sequence = 0;
  private readonly pending = new Set<Pending>();
  private turn: (() => void)[] = [];

  /** @param startMs what `nowMs` says at first */
  constructor(startMs = Date.UTC(2024, 0, 1)) {
    this.startMs = startMs;
  }

  nowMs(): number {
    return this.startMs + this.elapsedMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry = { atMs: this.elapsedMs + Math.max(0, delayMs), sequence: this.sequence++, callback };
    this.pending.add(entry);
    return { cancel: () => this.pending.delete(entry) };
  }

  every(intervalMs: number, callback: () => void): Timer {
    return repeat(this, intervalMs, callback);
  }

  soon(callback: () => void): void {
    this.turn.push(callback);
  }

  /** Timers that are set. */
  get timers(): number {
    return this.pending.size;
  }

  /** Runs all that `soon` was asked for, and what that asks for in turn, with promises settled in between. */
  async settle(): Promise<void> {
    await microtasks();
    while (this.turn.length > 0) await this.turnOver();
  }

  /** Runs what `soon` has been asked for until now, as one turn of the event loop does. */
  async turnOver(): Promise<void> {
    const { turn } = this;
    this.turn = [];
    for (const callback of turn) callback();
    await microtasks();
  }

  /** Lets `durationMs` pass, running each timer at its time. */
  async advance(durationMs: number): Promise<void> {
    await this.settle();
    const endMs = this.elapsedMs + durationMs;
    for (;;) {
      const next = this.earliest();
      if (!next || next.atMs > endMs) break;
      this.elapsedMs = Math.max(this.elapsedMs, next.atMs);
      this.pending.delete(next);
      next.callback();
      await this.settle();
    }
    this.elapsedMs = Math.max(this.elapsedMs, endMs);
  }

  /** For work that takes its time: `durationMs` pass within a callback, timers that are due run after it. */
  spend(durationMs: number): void {
    this.elapsedMs += durationMs;
  }

  private earliest(): Pending | null {
    let earliest: Pending | null = null;
    for (const entry of this.pending) {
      const isEarlier =
        !earliest || entry.atMs < earliest.atMs || (entry.atMs === earliest.atMs && entry.sequence < earliest.sequence);
      if (isEarlier) earliest = entry;
    }
    return earliest;
  }
}

/** Lets every promise that can settle now do so: macrotasks of Node come after all microtasks. */
function microtasks(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
