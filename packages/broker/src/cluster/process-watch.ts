import type { Clock, Timer } from '../env/clock';
import { type Connection, ConnectionRefusedError, type Network } from '../env/network';

/** Where a process listens. */
export interface ProcessAddress {
  readonly host: string;
  readonly port: number;
}

export interface ProcessWatchParts {
  readonly network: Network;
  readonly clock: Clock;
}

/** So often in a row, so far apart, a process must refuse before it counts as gone: a listener may be opened anew. */
const REFUSALS = 3;
const REFUSAL_INTERVAL_MS = 100;
const CONNECT_TIMEOUT_MS = 2_000;
/** A connection that ends sooner was not wanted (there are limits to their number), and is not made again at once. */
const SETTLED_MS = 1_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

/** What comes over a watching connection is not looked at. */
const scratch = Buffer.allocUnsafeSlow(64);

/**
 * Notices the end of a process on another host by an idle connection to it. When the kernel of a host that is up ends
 * the connection **and** refuses further ones, nobody has the listening socket any more. Everything else proves nothing
 * and is waited for: silence, an unreachable host, a refusal by a process that has not accepted anything before, as far
 * as anybody knows (Kafka's broker registers before it listens), a stopped process (its kernel accepts for it), a full
 * backlog (no answer at all), a listener that is closed while open connections live on.
 */
export class ProcessWatch {
  private connection: Connection | null = null;
  private timer: Timer | null = null;
  private refusals = 0;
  private retryMs = FIRST_RETRY_MS;
  private isOver = false;

  /** `onGone` is called once, and is the end of the watch. `hasAccepted`: others have been connected to it before. */
  constructor(
    private readonly parts: ProcessWatchParts,
    private readonly address: ProcessAddress,
    private readonly onGone: () => void,
    private hasAccepted = false,
  ) {
    void this.connect();
  }

  close(): void {
    this.isOver = true;
    this.timer?.cancel();
    this.connection?.destroy();
    this.connection = null;
  }

  private async connect(): Promise<void> {
    let connection: Connection;
    try {
      connection = await this.parts.network.connect({ ...this.address, timeoutMs: CONNECT_TIMEOUT_MS });
    } catch (error) {
      if (!this.isOver) this.failed(error instanceof ConnectionRefusedError);
      return;
    }
    if (this.isOver) connection.destroy();
    else this.connected(connection);
  }

  private connected(connection: Connection): void {
    this.connection = connection;
    this.hasAccepted = true;
    this.refusals = 0;
    const sinceMs = this.parts.clock.monotonicMs();
    connection.start({
      target: () => scratch,
      received: () => true,
      closed: () => {
        if (this.isOver) return;
        this.connection = null;
        if (this.parts.clock.monotonicMs() - sinceMs < SETTLED_MS) return this.retry();
        this.retryMs = FIRST_RETRY_MS;
        void this.connect();
      },
    });
  }

  private failed(isRefusal: boolean): void {
    if (!isRefusal || !this.hasAccepted) {
      this.refusals = 0;
      this.retry();
      return;
    }
    this.refusals++;
    if (this.refusals < REFUSALS) {
      this.connectAfter(REFUSAL_INTERVAL_MS);
      return;
    }
    this.isOver = true;
    this.onGone();
  }

  private retry(): void {
    this.connectAfter(this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
  }

  private connectAfter(delayMs: number): void {
    this.timer = this.parts.clock.after(delayMs, () => void this.connect());
  }
}

/** Whether a live host says, now, that nobody listens there. */
export async function isRefused({ network }: ProcessWatchParts, address: ProcessAddress): Promise<boolean> {
  try {
    const connection = await network.connect({ ...address, timeoutMs: CONNECT_TIMEOUT_MS });
    connection.destroy();
    return false;
  } catch (error) {
    return error instanceof ConnectionRefusedError;
  }
}
