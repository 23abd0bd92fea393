import { Admin } from '@odradek/tools/client/admin';
import { KafkaClient } from '@odradek/tools/client/client';

/** Who looks wants to see that something is amiss, not to wait for it. */
const REQUEST_TIMEOUT_MS = 5_000;
const API_TIMEOUT_MS = 8_000;
const RETRY_BACKOFF_MS = 100;

/** What brokers know the console as (quotas, request logs). */
export const CLIENT_ID = 'odradek-console';

/** A client of the cluster. What it cannot reach is shown in the page, not logged. */
export const clientOf = (bootstrapServers: string): KafkaClient =>
  new KafkaClient({
    bootstrapServers,
    clientId: CLIENT_ID,
    logPrefix: '',
    log: () => {},
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    connectTimeoutMs: REQUEST_TIMEOUT_MS,
    reconnectBackoffMs: 50,
    reconnectBackoffMaxMs: 1_000,
    reportsBootstrap: false,
  });

export const adminOf = (client: KafkaClient): Admin => new Admin(client, API_TIMEOUT_MS, RETRY_BACKOFF_MS);

/** Something that is opened when it is first used, and closed when it has not been used for a while. */
export class Idling<T> {
  private open: T | undefined;
  private users = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly make: () => T,
    private readonly end: (open: T) => void,
    private readonly idleMs: number,
  ) {}

  async use<R>(work: (open: T) => Promise<R>): Promise<R> {
    clearTimeout(this.timer);
    this.open ??= this.make();
    this.users++;
    try {
      return await work(this.open);
    } finally {
      if (--this.users === 0) this.timer = setTimeout(() => this.close(), this.idleMs);
    }
  }

  close(): void {
    clearTimeout(this.timer);
    if (this.open !== undefined) this.end(this.open);
    this.open = undefined;
  }
}
