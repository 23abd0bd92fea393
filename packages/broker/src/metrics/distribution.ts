/** Values below this have a bucket each. */
const LINEAR = 16;
/** Above, each power of two has so many buckets: a value is known to an eighth. */
const PER_POWER = 8;
const LINEAR_BITS = 4;
const PER_POWER_BITS = 3;
const HIGHEST = 0x7fffffff;
const BUCKETS = LINEAR + (31 - LINEAR_BITS) * PER_POWER;

/** How long values count, at least; at most twice as long, where somebody reads them as often. */
export const WINDOW_MS = 60_000;

/** What the mean, the count and the quantiles of whole numbers from 0 to 2^31 are made of: an increment for each value. */
export class Distribution {
  count = 0;
  sum = 0;
  private current = new Uint32Array(BUCKETS);
  private previous = new Uint32Array(BUCKETS);
  private currentSinceMs: number;

  constructor(nowMs: number) {
    this.currentSinceMs = nowMs;
  }

  record(value: number): void {
    this.count++;
    this.sum += value;
    this.current[bucketOf(value)]!++;
  }

  /** Lets values go that are older than the window. Called when they are read. */
  age(nowMs: number): void {
    const ageMs = nowMs - this.currentSinceMs;
    if (ageMs < WINDOW_MS) return;
    const oldest = this.previous;
    this.previous = this.current;
    this.current = oldest.fill(0);
    if (ageMs >= 2 * WINDOW_MS) this.previous.fill(0);
    this.currentSinceMs = nowMs;
  }

  /** The recent values at these shares of all (rising, 0 to 1), each to an eighth of itself; NaN where there are none. */
  quantiles(shares: readonly number[]): number[] {
    const counts = this.current.map((count, index) => count + this.previous[index]!);
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return shares.map(() => Number.NaN);
    let bucket = 0;
    let seen = counts[0]!;
    return shares.map((share) => {
      const rank = Math.max(1, Math.ceil(share * total));
      while (seen < rank) seen += counts[++bucket]!;
      return middleOf(bucket);
    });
  }
}

function bucketOf(value: number): number {
  const whole = value < 0 ? 0 : value > HIGHEST ? HIGHEST : value | 0;
  if (whole < LINEAR) return whole;
  const power = 31 - Math.clz32(whole);
  const within = (whole >>> (power - PER_POWER_BITS)) & (PER_POWER - 1);
  return LINEAR + (power - LINEAR_BITS) * PER_POWER + within;
}

function middleOf(bucket: number): number {
  if (bucket < LINEAR) return bucket;
  const power = LINEAR_BITS + Math.floor((bucket - LINEAR) / PER_POWER);
  const width = 2 ** (power - PER_POWER_BITS);
  return 2 ** power + ((bucket - LINEAR) % PER_POWER) * width + width / 2;
}
