import type { Logger } from '../log';

const LONGEST_TIMER_MS = 0x7fffffff;

interface Reload {
  readonly atMs: number;
  readonly timer: NodeJS.Timeout;
}

/** Restarts of connectors for the time when a value that a config provider gave holds no longer (WorkerConfigTransformer). */
export class Reloads<K extends object> {
  private readonly pending = new Map<K, Reload>();

  constructor(
    private readonly log: Logger,
    private readonly restart: (connector: K) => void,
  ) {}

  /** The earliest of several times counts. */
  schedule(connector: K, name: string, afterMs: number): void {
    const atMs = Date.now() + afterMs;
    const before = this.pending.get(connector);
    if (before && before.atMs <= atMs) return;
    this.cancel(connector);
    this.log.info(`Scheduling a restart of connector ${name} in ${afterMs} ms`);
    const timer = setTimeout(
      () => {
        this.pending.delete(connector);
        this.restart(connector);
      },
      Math.min(afterMs, LONGEST_TIMER_MS),
    );
    this.pending.set(connector, { atMs, timer });
  }

  cancel(connector: K): void {
    clearTimeout(this.pending.get(connector)?.timer);
    this.pending.delete(connector);
  }
}
