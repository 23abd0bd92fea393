import type { RateWindows } from './sampled-rate';

/**
 * Tokens that refill at a rate, up to what all windows allow (KIP-599). It may be overdrawn once, by any amount: who
 * comes next waits until it is back at zero.
 */
export class TokenBucket {
  private tokens = 0;
  /** Never filled: it starts full, as Kafka's does, whose last refill was in 1970. */
  private refilledMs: number | null = null;

  constructor(private readonly windows: RateWindows) {}

  /** Takes `permits`, or puts them back where negative. */
  take(permits: number, perSecond: number, nowMs: number): void {
    this.refill(perSecond, nowMs);
    this.tokens = Math.min(this.burst(perSecond), this.tokens - permits);
  }

  /** Tokens left; negative where overdrawn. */
  left(perSecond: number, nowMs: number): number {
    this.refill(perSecond, nowMs);
    return this.tokens;
  }

  private refill(perSecond: number, nowMs: number): void {
    const burst = this.burst(perSecond);
    if (this.refilledMs === null || burst === Number.POSITIVE_INFINITY) this.tokens = burst;
    else this.tokens = Math.min(burst, this.tokens + perSecond * ((nowMs - this.refilledMs) / 1000));
    this.refilledMs = nowMs;
  }

  private burst(perSecond: number): number {
    return this.windows.samples * (this.windows.windowMs / 1000) * perSecond;
  }
}
