/** Proof that a producer's transaction has been verified; compared by identity (VerificationGuard). */
export type VerificationGuard = object;

interface Entry {
  readonly guard: VerificationGuard;
  lowestSequence: number;
  epoch: number;
  readonly startedMs: number;
}

/**
 * Producers whose transaction the coordinator is being asked about (KIP-890): a transactional batch may only be
 * appended with the guard that was given out before the question, so that a marker in between invalidates the answer.
 */
export class TransactionVerification {
  private readonly entries = new Map<number, Entry>();

  /** The guard to append with, given out anew or again. */
  start(producerId: number, sequence: number, epoch: number, nowMs: number): VerificationGuard {
    let entry = this.entries.get(producerId);
    if (entry === undefined) {
      entry = { guard: {}, lowestSequence: sequence, epoch, startedMs: nowMs };
      this.entries.set(producerId, entry);
    } else if (epoch > entry.epoch) {
      entry.epoch = epoch;
      entry.lowestSequence = sequence;
    } else if (epoch === entry.epoch && sequence < entry.lowestSequence) {
      entry.lowestSequence = sequence;
    }
    return entry.guard;
  }

  isValid(producerId: number, guard: VerificationGuard | null): boolean {
    return guard !== null && this.entries.get(producerId)?.guard === guard;
  }

  lowestSequence(producerId: number): number | null {
    return this.entries.get(producerId)?.lowestSequence ?? null;
  }

  clear(producerId: number): void {
    this.entries.delete(producerId);
  }

  removeExpired(startedBeforeMs: number): void {
    for (const [producerId, { startedMs }] of this.entries) {
      if (startedMs <= startedBeforeMs) this.entries.delete(producerId);
    }
  }
}
