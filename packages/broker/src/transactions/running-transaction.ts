import type { Timer } from '../env/clock';
import { transactionBatch } from './records';
import type { Transaction } from './transaction';
import type { TransactionShell } from './transaction-shell';
import type { Effect, TransactionMetadata } from './transaction-types';

/** How long the last record of a transaction waits that could not be stored: twice as long each time. */
const MIN_APPEND_BACKOFF_MS = 100;
const MAX_APPEND_BACKOFF_MS = 1000;

/** One transactional id of this coordinator: carries out what its core decides. */
export class RunningTransaction {
  private readonly effects: Effect[] = [];
  private isRunning = false;
  private isUnloaded = false;
  private backoff: Timer | null = null;
  private backoffMs = MIN_APPEND_BACKOFF_MS;

  constructor(
    readonly core: Transaction,
    private readonly shell: TransactionShell,
  ) {}

  get transactionalId(): string {
    return this.core.place.transactionalId;
  }

  /** Carries effects out, in order; those that come of them follow. */
  run(effects: readonly Effect[]): void {
    this.effects.push(...effects);
    if (this.isRunning) return;
    this.isRunning = true;
    try {
      for (let next = this.effects.shift(); next !== undefined; next = this.effects.shift()) this.carryOut(next);
    } finally {
      this.isRunning = false;
    }
  }

  private carryOut(effect: Effect): void {
    const { shell } = this;
    switch (effect.type) {
      case 'answer-init':
        effect.ticket(effect.answer);
        return;
      case 'answer':
        effect.ticket(effect.error);
        return;
      case 'append':
        this.backoffMs = MIN_APPEND_BACKOFF_MS;
        this.append(effect.token, effect.metadata);
        return;
      case 'append-again':
        this.backoff = shell.clock.after(this.backoffMs, () => this.append(effect.token, effect.metadata));
        this.backoffMs = Math.min(this.backoffMs * 2, MAX_APPEND_BACKOFF_MS);
        return;
      case 'send-markers':
        shell.markers.send(effect.transaction, (outcome) => {
          if (!this.isUnloaded) this.run(this.core.markersSettled(effect.token, outcome));
        });
        return;
      case 'log':
        shell.loggers[effect.by][effect.level](effect.message);
        return;
      default:
        effect satisfies never;
    }
  }

  private append(token: number, metadata: TransactionMetadata): void {
    const { shell, core } = this;
    const { transactionalId, txnPartition } = core.place;
    const batch = transactionBatch(transactionalId, metadata, shell.clock.nowMs());
    shell.append(txnPartition, batch, (error) => {
      if (!this.isUnloaded) this.run(core.persisted(token, error, shell.clock.nowMs()));
    });
  }

  /** The transactional id is not this coordinator's any more: whoever waits is told to look for another one. */
  unload(): void {
    this.isUnloaded = true;
    this.backoff?.cancel();
    this.run(this.core.unload(this.shell.clock.nowMs()));
  }
}
