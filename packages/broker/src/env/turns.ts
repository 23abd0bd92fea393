import type { Clock } from './clock';

/** How long one piece of work keeps the event loop before others have their turn. */
const TURN_MS = 10;

/** Work in many small parts that would hold everybody up as a whole: requests, and the pings of the ZooKeeper session. */
export class Turns {
  private endsMs: number;

  constructor(private readonly clock: Clock) {
    this.endsMs = clock.monotonicMs() + TURN_MS;
  }

  /** To be awaited between two parts. Resolves at once while the turn lasts, else when it is the next one's time. */
  async next(): Promise<void> {
    if (this.clock.monotonicMs() < this.endsMs) return;
    await new Promise<void>((resolve) => this.clock.soon(resolve));
    this.endsMs = this.clock.monotonicMs() + TURN_MS;
  }
}
