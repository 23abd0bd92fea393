import type { Clock } from '../../env/clock';

/** How often the rate is looked at: short, so that what is fast in between disturbs nobody. */
const CHECK_INTERVAL_MS = 50;

/** Keeps I/O below a rate (org.apache.kafka.storage.internals.utils.Throttler). */
export class Throttler {
  private periodStartMs: number;
  private observedBytes = 0;

  constructor(private readonly clock: Clock) {
    this.periodStartMs = clock.monotonicMs();
  }

  /** How long to rest after so many bytes more; 0 for not at all. */
  restMs(bytes: number, bytesPerSecond: number): number {
    this.observedBytes += bytes;
    const nowMs = this.clock.monotonicMs();
    const elapsedMs = nowMs - this.periodStartMs;
    if (elapsedMs < CHECK_INTERVAL_MS && this.observedBytes <= (bytesPerSecond * CHECK_INTERVAL_MS) / 1000) return 0;
    const restMs = Math.max(0, Math.round((this.observedBytes / bytesPerSecond) * 1000 - elapsedMs));
    this.periodStartMs = nowMs + restMs;
    this.observedBytes = 0;
    return restMs;
  }
}
