/** So long after its last false alarm a process is as good as any other. */
const FORGIVEN_AFTER_MS = 600_000;

/** How often processes that were presumed dead turned out to live: by broker and epoch, for as long as it matters. */
export class FalseAlarms {
  private readonly alarms = new Map<number, { epoch: number; count: number; lastMs: number }>();

  note(id: number, epoch: number, nowMs: number): void {
    this.alarms.set(id, { epoch, count: this.count(id, epoch, nowMs) + 1, lastMs: nowMs });
  }

  count(id: number, epoch: number, nowMs: number): number {
    const found = this.alarms.get(id);
    if (found?.epoch !== epoch || nowMs - found.lastMs >= FORGIVEN_AFTER_MS) return 0;
    return found.count;
  }
}
