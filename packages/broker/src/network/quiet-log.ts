import type { Clock } from '../env/clock';

const PERIOD_MS = 10_000;
const MAX_ADDRESSES = 1000;

interface Seen {
  untilMs: number;
  left: number;
  suppressed: number;
}

/** Keeps one peer that sends rubbish from filling the log: so many lines per address and period, the rest counted. */
export class QuietLog {
  private readonly seen = new Map<string, Seen>();

  constructor(
    private readonly clock: Clock,
    private readonly linesPerPeriod = 5,
  ) {}

  /** Calls `write` with a note on lines left out before, or counts the line as left out. */
  line(address: string, write: (note: string) => void): void {
    const nowMs = this.clock.monotonicMs();
    let seen = this.seen.get(address);
    if (!seen || nowMs >= seen.untilMs) {
      if (!seen && this.seen.size >= MAX_ADDRESSES) this.seen.clear();
      seen = { untilMs: nowMs + PERIOD_MS, left: this.linesPerPeriod, suppressed: seen?.suppressed ?? 0 };
      this.seen.set(address, seen);
    }
    if (seen.left === 0) {
      seen.suppressed++;
      return;
    }
    seen.left--;
    const { suppressed } = seen;
    seen.suppressed = 0;
    write(suppressed > 0 ? ` (${suppressed} more from ${address} not logged)` : '');
  }
}
