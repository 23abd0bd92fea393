/** Between two searches for void ids: a flood of them must not be gone through for every one. */
const STEP_MS = 100;

/** Member ids that were given out to those who are to come back with them (KIP-394), and when they are void. */
export class PendingIds {
  readonly #voidAtMs = new Map<string, number>();
  #earliestMs = Infinity;
  #searchedAtMs = -Infinity;

  get size(): number {
    return this.#voidAtMs.size;
  }

  /** When `due` is to be asked; Infinity for never. */
  get earliestMs(): number {
    return Math.max(this.#earliestMs, this.#searchedAtMs + STEP_MS);
  }

  has(memberId: string): boolean {
    return this.#voidAtMs.has(memberId);
  }

  /** The id is void at `atMs`, or up to a step later where others were before it. */
  add(memberId: string, atMs: number): void {
    this.#voidAtMs.set(memberId, atMs);
    this.#earliestMs = Math.min(this.#earliestMs, atMs);
  }

  delete(memberId: string): void {
    if (this.#voidAtMs.delete(memberId) && this.size === 0) this.#earliestMs = Infinity;
  }

  /** The ids that are void at `nowMs`, and since when: whoever asks deletes them. */
  due(nowMs: number): [memberId: string, atMs: number][] {
    if (nowMs < this.earliestMs) return [];
    this.#searchedAtMs = nowMs;
    this.#earliestMs = Infinity;
    const due: [string, number][] = [];
    for (const [memberId, atMs] of this.#voidAtMs) {
      if (atMs <= nowMs) due.push([memberId, atMs]);
      else this.#earliestMs = Math.min(this.#earliestMs, atMs);
    }
    return due;
  }
}
