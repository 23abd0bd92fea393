import type { Logger } from '../env/logger';

type Event = { readonly name: string; readonly run: () => Promise<void>; readonly preempted?: () => void };

/**
 * The controller's single thread: events run one after another, in the order in which they came, so that an event may
 * await ZooKeeper without another one changing the state under it (ControllerEventManager).
 */
export class EventQueue {
  private readonly events: Event[] = [];
  private running: Promise<void> | null = null;

  constructor(
    private readonly logger: Logger,
    private readonly onError: (name: string, error: unknown) => Promise<void>,
  ) {}

  /** Appends an event. `preempted` runs instead of `run` if the queue is cleared first. */
  put(name: string, run: () => Promise<void>, preempted?: () => void): void {
    this.events.push({ name, run, preempted });
    this.running ??= this.drain();
  }

  /** Drops what has not started (ZooKeeper's session is over) and puts this event in its place. */
  clearAndPut(name: string, run: () => Promise<void>): Promise<void> {
    for (const event of this.events.splice(0)) event.preempted?.();
    return new Promise((resolve) => {
      this.put(name, async () => {
        try {
          await run();
        } finally {
          resolve();
        }
      });
    });
  }

  /** Resolves once everything that is queued now has run. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async drain(): Promise<void> {
    // Never within the caller's own turn: whoever puts an event is in the middle of something.
    await Promise.resolve();
    for (let event = this.events.shift(); event; event = this.events.shift()) {
      try {
        await event.run();
      } catch (error) {
        await this.failed(event.name, error);
      }
    }
    this.running = null;
  }

  private async failed(name: string, error: unknown): Promise<void> {
    this.logger.error(`Error processing event ${name}: ${(error as Error).message}`, { error });
    try {
      await this.onError(name, error);
    } catch (another) {
      // ZooKeeper's session is over, most likely: what follows it puts things right.
      this.logger.error(`Error after the failed event ${name}: ${(another as Error).message}`, { error: another });
    }
  }
}
