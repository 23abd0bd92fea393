/** What a task sleeps by: it ends at once when the task is to stop or to look at its target state anew. */
export class Pace {
  private readonly sleepers = new Set<() => void>();
  private ended = false;

  get isStopping(): boolean {
    return this.ended;
  }

  /** Resolves after so many milliseconds, or when it is woken. False: the task is to stop. */
  async sleep(ms: number): Promise<boolean> {
    if (this.ended) return false;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(ms, 0x7fffffff));
      this.sleepers.add(wake);
    });
    return !this.ended;
  }

  wake(): void {
    for (const wake of [...this.sleepers]) wake();
  }

  /** Ends all sleep, from now on. */
  end(): void {
    this.ended = true;
    this.wake();
  }
}

/** Runs what is given to it one after another. */
export class Serial {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(step: () => T | Promise<T>): Promise<T> {
    const next = this.last.then(step);
    this.last = next.catch(() => undefined);
    return next;
  }
}
