import type { NetworkCharge } from '../api/handler';
import type { Clock } from '../env/clock';

/**
 * What the requests of one connection take beside their handlers: taking bytes in, encoding and handing over answers
 * (KafkaChannel's network thread time). It is charged as the connection's latest answer says; what comes before the first
 * one is charged with that.
 */
export class NetworkTime {
  /** Since when time is being counted; null while it is not. */
  private sinceMs: number | null = null;
  private spentMs = 0;
  private charge: NetworkCharge | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly isWanted: () => boolean,
  ) {}

  /** Counts from now on. Returns whether it did not do so already: the outermost of those who begin ends it. */
  begin(): boolean {
    if (this.sinceMs !== null || !this.isWanted()) return false;
    this.sinceMs = this.clock.monotonicMs();
    return true;
  }

  /** So much of what is being counted was a handler's. */
  exclude(durationMs: number): void {
    if (this.sinceMs !== null) this.spentMs -= durationMs;
  }

  chargeTo(charge: NetworkCharge): void {
    this.charge = charge;
  }

  /** @param hasBegun what `begin` returned */
  end(hasBegun: boolean): void {
    if (!hasBegun) return;
    this.spentMs += this.clock.monotonicMs() - this.sinceMs!;
    this.sinceMs = null;
    if (this.charge === null) return;
    this.charge(this.spentMs);
    this.spentMs = 0;
  }
}
