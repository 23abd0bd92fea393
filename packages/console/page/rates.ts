/** Numbers that grow, looked at again and again: how fast they do, and how they went. */

interface Sample {
  readonly value: number;
  readonly atMs: number;
}

/** Averaged over so long: answers of the cluster are a second old at most, and not evenly so. */
const WINDOW_MS = 5_000;

/** The rate of counters by name, such as the end offsets of topics. */
export class Rates {
  private readonly samples = new Map<string, Sample[]>();

  /** Takes what a counter says now. One that falls was made anew: it begins again. */
  add(name: string, value: number | null, atMs: number): void {
    if (value === null) return;
    const kept = this.samples.get(name) ?? [];
    const last = kept.at(-1);
    if (last && (value < last.value || atMs - last.atMs > 2 * WINDOW_MS)) kept.length = 0;
    else if (last?.atMs === atMs) return;
    kept.push({ value, atMs });
    while (kept.length > 2 && atMs - kept[1]!.atMs >= WINDOW_MS) kept.shift();
    this.samples.set(name, kept);
  }

  /** Per second; null until it was seen twice. */
  of(name: string): number | null {
    const kept = this.samples.get(name);
    if (!kept || kept.length < 2) return null;
    const [first, last] = [kept[0]!, kept.at(-1)!];
    return ((last.value - first.value) * 1_000) / (last.atMs - first.atMs);
  }
}

/** The last values of something, for a small curve. */
export class History {
  private readonly values: number[] = [];

  constructor(private readonly limit = 120) {}

  add(value: number): void {
    this.values.push(value);
    if (this.values.length > this.limit) this.values.shift();
  }

  /** Points of a curve in a box; from 0 up to the largest value. Empty until there are two values. */
  points(width: number, height: number): string {
    if (this.values.length < 2) return '';
    const largest = Math.max(1, ...this.values);
    const step = width / (this.limit - 1);
    const from = width - step * (this.values.length - 1);
    return this.values
      .map(
        (value, i) => `${(from + i * step).toFixed(1)},${(height - 1 - (value / largest) * (height - 2)).toFixed(1)}`,
      )
      .join(' ');
  }
}
