const WINDOW_MS = 30_000;
const SAMPLES = 2;

interface Sample {
  startMs: number;
  count: number;
  sum: number;
  max: number;
}

/** Values of the last two windows of 30 seconds (org.apache.kafka.common.metrics.stats.SampledStat), and their total. */
export class Sampled {
  private samples: Sample[] = [];
  private all = 0;

  constructor(private readonly now: () => number) {}

  record(value: number): void {
    const nowMs = this.now();
    this.all += value;
    let sample = this.samples.at(-1);
    if (!sample || nowMs - sample.startMs >= WINDOW_MS) {
      sample = { startMs: nowMs, count: 0, sum: 0, max: Number.NEGATIVE_INFINITY };
      this.samples = [...this.samples.slice(1 - SAMPLES), sample];
    }
    sample.count++;
    sample.sum += value;
    sample.max = Math.max(sample.max, value);
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

  get average(): number {
    return this.sumOf('sum') / this.sumOf('count');
  }

  /** NaN where nothing was recorded. */
  get max(): number {
    const samples = this.recent();
    return samples.length === 0 ? Number.NaN : Math.max(...samples.map(({ max }) => max));
  }

  /** Per second. Until a window is full it counts as if one had gone by already: a start does not look like a burst. */
  get perSecond(): number {
    const oldest = this.recent()[0];
    if (!oldest) return 0;
    let elapsedMs = this.now() - oldest.startMs;
    if (elapsedMs < WINDOW_MS) elapsedMs += WINDOW_MS;
    return this.sumOf('sum') / (elapsedMs / 1000);
  }
}
