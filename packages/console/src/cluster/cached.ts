/** However fast it was read: nothing is asked of the cluster more often. */
const LEAST_INTERVAL_MS = 1_000;
/** What takes long to read is read less often: at most this part of the time. */
const LARGEST_SHARE = 0.25;

export type Now = () => number;

/**
 * Something of the cluster as it was when it was last asked for. All who look at the same time share one question, all who
 * look again soon its answer (or its failure); while nobody looks, nothing is asked.
 */
export class Cached<T> {
  private answer: Promise<T> | undefined;
  private isReading = false;
  private startedMs = 0;
  private freshUntilMs = 0;
  /** Counts invalidations: what was asked before one is not kept. */
  private generation = 0;

  constructor(
    private readonly read: () => Promise<T>,
    private readonly now: Now,
    private readonly leastIntervalMs = LEAST_INTERVAL_MS,
  ) {}

  get(): Promise<T> {
    const { answer } = this;
    if (answer && (this.isReading || this.now() < this.freshUntilMs)) return answer;
    return this.ask();
  }

  /** Something was changed: the next to look is not told what was before. */
  invalidate(): void {
    this.generation++;
    this.answer = undefined;
    this.isReading = false;
  }

  /** Whether nobody has looked for so long. */
  isIdle(idleMs: number): boolean {
    return !this.isReading && this.now() - this.startedMs > idleMs;
  }

  private ask(): Promise<T> {
    const { generation } = this;
    this.startedMs = this.now();
    this.isReading = true;
    const over = (): void => {
      if (generation !== this.generation) return;
      this.isReading = false;
      const tookMs = this.now() - this.startedMs;
      this.freshUntilMs = this.startedMs + Math.max(this.leastIntervalMs, tookMs / LARGEST_SHARE);
    };
    const answer = this.read();
    answer.then(over, over);
    this.answer = answer;
    return answer;
  }
}

/** One `Cached` for each of many names; those that nobody looks at are forgotten. */
export class CachedByKey<K, T> {
  private readonly entries = new Map<K, Cached<T>>();

  constructor(
    private readonly read: (key: K) => Promise<T>,
    private readonly now: Now,
    private readonly leastIntervalMs = LEAST_INTERVAL_MS,
  ) {}

  get(key: K): Promise<T> {
    let entry = this.entries.get(key);
    if (!entry) {
      this.forgetIdle();
      entry = new Cached(() => this.read(key), this.now, this.leastIntervalMs);
      this.entries.set(key, entry);
    }
    return entry.get();
  }

  invalidate(): void {
    this.entries.clear();
  }

  private forgetIdle(): void {
    for (const [key, entry] of this.entries) if (entry.isIdle(KEPT_MS)) this.entries.delete(key);
  }
}

const KEPT_MS = 30_000;

/** So long one waits for a broker that has been answering; one that was late last time is not waited for. */
const PATIENCE_MS = 2_000;

/**
 * What each broker answers to the same question. One that cannot be reached, or is late, does not keep the answers of the
 * others: null stands for its own.
 */
export class PerBroker<T> {
  private readonly answers: CachedByKey<number, T>;
  private readonly late = new Set<number>();

  constructor(read: (brokerId: number) => Promise<T>, now: Now, leastIntervalMs?: number) {
    this.answers = new CachedByKey(read, now, leastIntervalMs);
  }

  async of(brokerIds: readonly number[]): Promise<Map<number, T | null>> {
    const entries = brokerIds.map(async (id) => [id, await this.inTime(id)] as const);
    return new Map(await Promise.all(entries));
  }

  invalidate(): void {
    this.answers.invalidate();
  }

  private async inTime(id: number): Promise<T | null> {
    const answer = this.answers.get(id).then(
      (value) => {
        this.late.delete(id);
        return value;
      },
      () => null,
    );
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<null>((resolve) => {
      const giveUp = (): void => {
        this.late.add(id);
        resolve(null);
      };
      timer = setTimeout(giveUp, this.late.has(id) ? 0 : PATIENCE_MS);
    });
    try {
      return await Promise.race([answer, patience]);
    } finally {
      clearTimeout(timer);
    }
  }
}
