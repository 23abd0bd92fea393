const WINDOW_MS = 30_000;
const SAMPLES = 2;

interface Sample {
  startMs: number;
  count: number;
  sum: number;
  max: number;
  min: number;
}

/** Values of the last two windows of 30 seconds (org.apache.kafka.common.metrics.stats.SampledStat), and their total. */
export class Sampled {
  private samples: Sample[] = [];
  private all = 0;
  private recorded = 0;

  constructor(private readonly now: () => number) {}

  record(value: number): void {
    const nowMs = this.now();
    this.all += value;
    this.recorded++;
    let sample = this.samples.at(-1);
    if (!sample || nowMs - sample.startMs >= WINDOW_MS) {
      sample = { startMs: nowMs, count: 0, sum: 0, max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY };
      this.samples = [...this.samples.slice(1 - SAMPLES), sample];
    }
    sample.count++;
    sample.sum += value;
    sample.max = Math.max(sample.max, value);
    sample.min = Math.min(sample.min, value);
  }

  private recent(): Sample[] {
    const nowMs = this.now();
    return this.samples.filter(({ startMs }) => nowMs - startMs < SAMPLES * WINDOW_MS);
  }

  private sumOf(part: 'count' | 'sum'): number {
    return this.recent().reduce((sum, sample) => sum + sample[part], 0);
  }

  /** Everything ever recorded. */
  get total(): number {
    return this.all;
  }

  /** How often something was recorded. */
  get count(): number {
    return this.recorded;
  }

  get average(): number {
    return this.sumOf('sum') / this.sumOf('count');
  }

  /** NaN where nothing was recorded. */
  get max(): number {
    const samples = this.recent();
    return samples.length === 0 ? Number.NaN : Math.max(...samples.map(({ max }) => max));
  }

  /** NaN where nothing was recorded. */
  get min(): number {
    const samples = this.recent();
    return samples.length === 0 ? Number.NaN : Math.min(...samples.map(({ min }) => min));
  }

  /** Per second. Until a window is full it counts as if one had gone by already: a start does not look like a burst. */
  get perSecond(): number {
    return this.rateOf('sum');
  }

  /** How often per second something was recorded. */
  get countPerSecond(): number {
    return this.rateOf('count');
  }

  private rateOf(part: 'count' | 'sum'): number {
    const oldest = this.recent()[0];
    if (!oldest) return 0;
    let elapsedMs = this.now() - oldest.startMs;
    if (elapsedMs < WINDOW_MS) elapsedMs += WINDOW_MS;
    return this.sumOf(part) / (elapsedMs / 1000);
  }
}
