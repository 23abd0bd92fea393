/** What has not been used for an hour is forgotten (ClientQuotaManager's inactive sensors). */
const INACTIVE_EXPIRATION_MS = 3_600_000;
/** How often new keys make us look for what is to be forgotten: as often as Kafka's metrics look. */
const SWEEP_INTERVAL_MS = 30_000;
/** Some 30 MB: whoever invents names gets no more. */
const MAX_KEYS = 100_000;
/** Where room must be made, what has been quiet for so long goes first; its rate is zero again as a rule. */
const QUIET_MS = 60_000;
/** How many go at once where none is quiet. */
const BATCH = MAX_KEYS / 10;

interface Entry<Value> {
  readonly value: Value;
  usedMs: number;
}

/**
 * Usage by names that come from outside, which come and go under ever new ones: what has gone quiet makes room when new
 * ones appear, so that no timer is needed.
 */
export class UsedLately<Value> {
  private readonly entries = new Map<string, Entry<Value>>();
  private sweptMs = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.entries.size;
  }

  /** The value of a key, made where it is new. */
  use(key: string, nowMs: number, create: () => Value): Value {
    let entry = this.entries.get(key);
    if (!entry) {
      this.sweep(nowMs);
      if (this.entries.size >= MAX_KEYS) this.makeRoom(nowMs);
      entry = { value: create(), usedMs: nowMs };
      this.entries.set(key, entry);
    }
    entry.usedMs = nowMs;
    return entry.value;
  }

  *values(): Generator<Value> {
    for (const { value } of this.entries.values()) yield value;
  }

  clear(): void {
    this.entries.clear();
  }

  private sweep(nowMs: number): void {
    if (nowMs - this.sweptMs < SWEEP_INTERVAL_MS) return;
    this.sweptMs = nowMs;
    this.forget(nowMs - INACTIVE_EXPIRATION_MS);
  }

  private makeRoom(nowMs: number): void {
    this.forget(nowMs - QUIET_MS);
    if (this.entries.size < MAX_KEYS) return;
    for (const key of this.entries.keys()) {
      if (this.entries.size <= MAX_KEYS - BATCH) return;
      this.entries.delete(key);
    }
  }

  /** Forgets what was last used before a time. */
  private forget(beforeMs: number): void {
    for (const [key, { usedMs }] of this.entries) if (usedMs < beforeMs) this.entries.delete(key);
  }
}
