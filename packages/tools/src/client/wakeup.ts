const MAX_TIMER_MS = 0x7fffffff;

/** Lets waiters wait for a while, or until they are woken. */
export class Wakeup {
  private readonly waiters: (() => void)[] = [];

  /** Resolves at the next `wake`, at the latest after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(timeoutMs, MAX_TIMER_MS));
      this.waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Wakes all who wait. */
  wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}
