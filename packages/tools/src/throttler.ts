import { sleep } from './client/client';

/** Holds a producer to so many records a second (org.apache.kafka.server.util.ThroughputThrottler). */
export class Throttler {
  /** @param target records a second; negative: as many as possible; 0: none at all */
  constructor(
    private readonly target: number,
    private readonly startMs: number,
  ) {}

  /** How long to wait after so many records, now. */
  delayMs(sent: number, nowMs: number): number {
    if (this.target < 0) return 0;
    if (this.target === 0) return Number.POSITIVE_INFINITY;
    return Math.max(0, (sent / this.target) * 1000 - (nowMs - this.startMs));
  }

  /** Waits where the records sent so far are ahead of the target. */
  async throttle(sent: number): Promise<void> {
    const delayMs = this.delayMs(sent, Date.now());
    if (delayMs >= 1) await sleep(Math.min(delayMs, 0x7fffffff));
  }
}
