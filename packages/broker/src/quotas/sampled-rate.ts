/** Over what a rate is measured: `quota.window.num` samples of `quota.window.size.seconds`. */
export interface RateWindows {
  readonly samples: number;
  readonly windowMs: number;
}

interface Sample {
  value: number;
  startMs: number;
  lastEventMs: number;
}

/**
 * A sum per second over the last windows, sample by sample as Kafka's metrics keep it (Rate over WindowedSum): throttle
 * times follow from its very arithmetic, so it is that and not a smoother one. Times are whole milliseconds.
 */
export class SampledRate {
  private readonly samples: Sample[] = [];
  private current = 0;

  constructor(protected readonly windows: RateWindows) {}

  record(value: number, nowMs: number): void {
    let sample = this.samples[this.current] ?? this.add(nowMs);
    if (nowMs - sample.startMs >= this.windows.windowMs) sample = this.advance(nowMs);
    sample.value += value;
    sample.lastEventMs = nowMs;
  }

  perSecond(nowMs: number): number {
    return this.total(nowMs) / (this.windowSizeMs(nowMs) / 1000);
  }

  /** What was recorded in the windows. */
  total(nowMs: number): number {
    this.purge(nowMs);
    let total = 0;
    for (const { value } of this.samples) total += value;
    return total;
  }

  /**
   * The time that the rate is taken over: since the start of the oldest sample, and never less than all windows but the
   * current one, lest a first burst looks endless.
   */
  windowSizeMs(nowMs: number): number {
    this.purge(nowMs);
    const { samples, windowMs } = this.windows;
    const elapsedMs = this.sinceOldestMs(nowMs);
    const missing = Math.max(0, samples - 1 - Math.floor(elapsedMs / windowMs));
    return Math.max(1, elapsedMs + missing * windowMs);
  }

  protected sinceOldestMs(nowMs: number): number {
    if (this.samples.length === 0) this.add(nowMs);
    return nowMs - this.samples.reduce((oldest, { startMs }) => Math.min(oldest, startMs), Number.POSITIVE_INFINITY);
  }

  private add(nowMs: number): Sample {
    const sample = { value: 0, startMs: nowMs, lastEventMs: nowMs };
    this.samples.push(sample);
    return sample;
  }

  /** One sample more than there are windows: the oldest may reach into them (KAFKA-16054). */
  private advance(nowMs: number): Sample {
    this.current = (this.current + 1) % (this.windows.samples + 1);
    const sample = this.samples[this.current];
    return sample ? reset(sample, nowMs) : this.add(nowMs);
  }

  /** Forgets samples without an event in the windows. */
  protected purge(nowMs: number): void {
    const expireMs = this.windows.samples * this.windows.windowMs;
    for (const sample of this.samples) if (nowMs - sample.lastEventMs >= expireMs) reset(sample, nowMs);
  }
}

/** As `SampledRate`, but over the time that has really passed, and at least one window (SimpleRate). */
export class SimpleRate extends SampledRate {
  override windowSizeMs(nowMs: number): number {
    this.purge(nowMs);
    return Math.max(this.sinceOldestMs(nowMs), this.windows.windowMs);
  }
}

/** The mean of what was recorded in the last windows (Avg). */
export class SampledAverage {
  private readonly sum: SampledRate;
  private readonly count: SampledRate;

  constructor(windows: RateWindows) {
    this.sum = new SampledRate(windows);
    this.count = new SampledRate(windows);
  }

  record(value: number, nowMs: number): void {
    this.sum.record(value, nowMs);
    this.count.record(1, nowMs);
  }

  /** Null where nothing was recorded. */
  mean(nowMs: number): number | null {
    const count = this.count.total(nowMs);
    return count === 0 ? null : this.sum.total(nowMs) / count;
  }
}

function reset(sample: Sample, nowMs: number): Sample {
  sample.value = 0;
  sample.startMs = nowMs;
  sample.lastEventMs = nowMs;
  return sample;
}
