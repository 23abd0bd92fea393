/**
 * `queued.max.request.bytes`: how much memory requests may hold together. As Kafka's SimpleMemoryPool (not strict), the
 * reservation that crosses the limit is still granted, so that a frame larger than what is left can get in; whoever
 * comes after it waits. A limit below 1 means none.
 */
export class RequestMemory {
  private held = 0;
  private waiting = new Set<() => void>();

  constructor(private readonly maxBytes = -1) {}

  get heldBytes(): number {
    return this.held;
  }

  /** Counts `bytes` in, unless the limit has been reached. */
  tryReserve(bytes: number): boolean {
    if (this.maxBytes > 0 && this.held >= this.maxBytes) return false;
    this.held += bytes;
    return true;
  }

  /** Counts `bytes` that are here already and cannot be refused. */
  hold(bytes: number): void {
    this.held += bytes;
  }

  release(bytes: number): void {
    this.held -= bytes;
    if (this.waiting.size === 0 || this.held >= this.maxBytes) return;
    const woken = this.waiting;
    this.waiting = new Set();
    for (const retry of woken) retry();
  }

  /** Calls `retry` once when memory is free again; it may have to wait again then. */
  wait(retry: () => void): void {
    this.waiting.add(retry);
  }

  forget(retry: () => void): void {
    this.waiting.delete(retry);
  }
}
