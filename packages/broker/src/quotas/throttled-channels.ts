/** So many are kept before those are looked for that are over. */
const FEW = 64;

/** How many channels are muted for exceeding a quota at the moment (ClientQuotaManager's delay queue). */
export class ThrottledChannels {
  /** When each of them is heard again. */
  private untilMs: number[] = [];
  private sweepAt = FEW;

  add(throttleTimeMs: number, nowMs: number): void {
    this.untilMs.push(nowMs + throttleTimeMs);
    if (this.untilMs.length < this.sweepAt) return;
    this.sweepAt = FEW + 2 * this.count(nowMs);
  }

  count(nowMs: number): number {
    this.untilMs = this.untilMs.filter((untilMs) => untilMs > nowMs);
    return this.untilMs.length;
  }
}
