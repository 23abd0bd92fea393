import { type Clock, deadline, type Timer } from '../env/clock';

/**
 * Requests that wait for a partition to move (Kafka's purgatory, without its threads): what changes the partition
 * wakes its list, each waiting request then looks whether it is done.
 */
export class WaitList {
  private readonly waiting = new Set<DelayedRequest>();
  private wakeScheduled = false;

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.waiting.size;
  }

  /**
   * Lets every waiting request look, in the next turn of the event loop: a burst of appends wakes a long-polling
   * consumer once, not once per append.
   */
  wakeSoon(): void {
    if (this.waiting.size === 0 || this.wakeScheduled) return;
    this.wakeScheduled = true;
    this.clock.soon(() => {
      this.wakeScheduled = false;
      this.wake();
    });
  }

  /** Lets every waiting request look, now. */
  wake(): void {
    for (const request of [...this.waiting]) request.attempt();
  }

  /** @internal */ add(request: DelayedRequest): void {
    this.waiting.add(request);
  }

  /** @internal */ remove(request: DelayedRequest): void {
    this.waiting.delete(request);
  }
}

/**
 * One request that waits on some lists until `tryComplete` says that it has been answered, or its time is over. The
 * caller has tried once before; nothing here runs twice after completion. What either of them throws ends this request,
 * through `onError`, and none of those that wait beside it.
 */
export class DelayedRequest {
  private timer: Timer | null = null;
  private done = false;
  /** What completes it may move the partition, and so wake it. */
  private isLooking = false;

  constructor(
    private readonly lists: readonly WaitList[],
    private readonly tryComplete: () => boolean,
    private readonly onTimeout: () => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Starts to wait for at most `timeoutMs`. */
  start(clock: Clock, timeoutMs: number): void {
    for (const list of this.lists) list.add(this);
    this.timer = deadline(clock, timeoutMs, () => {
      if (!this.finish()) return;
      try {
        this.onTimeout();
      } catch (error) {
        this.onError(error);
      }
    });
  }

  attempt(): void {
    if (this.done || this.isLooking) return;
    this.isLooking = true;
    try {
      if (this.tryComplete()) this.finish();
    } catch (error) {
      if (this.finish()) this.onError(error);
    }
    this.isLooking = false;
  }

  private finish(): boolean {
    if (this.done) return false;
    this.done = true;
    this.timer?.cancel();
    for (const list of this.lists) list.remove(this);
    return true;
  }
}
