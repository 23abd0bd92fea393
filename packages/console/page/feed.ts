import type { ErrorAnswer } from '../src/api';
import { get, Refusal } from './http';

/**
 * Whether the console answers. `starting`: nobody was asked yet. `live` and `lost` follow each other as often as the broker
 * goes and comes; while `lost` the page keeps what it knew.
 */
export class Connection {
  state: 'starting' | 'live' | 'lost' = 'starting';
  sinceMs = Date.now();

  constructor(private readonly changed: (state: 'live' | 'lost') => void) {}

  heard(isThere: boolean): void {
    const state = isThere ? 'live' : 'lost';
    if (state === this.state) return;
    this.state = state;
    this.sinceMs = Date.now();
    this.changed(state);
  }
}

const EVERY_MS = 1_000;

/** One address, asked again and again while somebody looks: the next question is put a second after the last answer. */
export class Feed<T> {
  data: T | undefined;
  /** What the console said instead, the last time. What was known before stays in `data`. */
  refusal: ErrorAnswer | undefined;
  /** When `data` came. */
  atMs = 0;
  private timer: number | undefined;
  private inFlight: AbortController | undefined;
  private isStopped = false;

  constructor(
    private readonly path: string,
    private readonly connection: Connection,
    private readonly changed: () => void,
    /** Sees every answer once, before it is shown. */
    private readonly seen: (data: T) => void = () => {},
    private readonly everyMs = EVERY_MS,
  ) {
    document.addEventListener('visibilitychange', this.wake);
    void this.ask();
  }

  /** Asks now, because something was changed. */
  readonly refresh = (): void => {
    this.inFlight?.abort();
    this.inFlight = undefined;
    window.clearTimeout(this.timer);
    void this.ask();
  };

  stop(): void {
    this.isStopped = true;
    document.removeEventListener('visibilitychange', this.wake);
    window.clearTimeout(this.timer);
    this.inFlight?.abort();
  }

  private readonly wake = (): void => {
    if (!document.hidden && !this.inFlight) this.refresh();
  };

  private async ask(): Promise<void> {
    const controller = new AbortController();
    this.inFlight = controller;
    try {
      this.took(await get<T>(this.path, controller.signal));
    } catch (error) {
      if (controller.signal.aborted) return;
      this.failed(error);
    }
    if (this.isStopped || this.inFlight !== controller) return;
    this.inFlight = undefined;
    this.changed();
    // Nobody sees a hidden page: it asks again when it is shown.
    if (!document.hidden) this.timer = window.setTimeout(() => void this.ask(), this.everyMs);
  }

  private took(data: T): void {
    this.data = data;
    this.refusal = undefined;
    this.atMs = Date.now();
    this.connection.heard(true);
    this.seen(data);
  }

  private failed(error: unknown): void {
    const isRefusal = error instanceof Refusal;
    this.connection.heard(isRefusal);
    if (isRefusal) this.refusal = error.answer;
  }
}
