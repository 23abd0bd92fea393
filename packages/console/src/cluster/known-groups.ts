import type { GroupFacts } from './groups';

/** So long a group is remembered that no coordinator tells of. */
const KEPT_MS = 60_000;
const SILENT = 'COORDINATOR_NOT_AVAILABLE';

/**
 * The groups of all coordinators together. While one of them does not answer (it hangs, has died, or loads what it took over)
 * its groups are shown as they were, with that error, rather than to be gone.
 */
export class KnownGroups {
  private readonly seen = new Map<string, { readonly facts: GroupFacts; readonly atMs: number }>();

  /** By name. `answers`: of each broker, null where it could not be asked. */
  merge(answers: Iterable<readonly GroupFacts[] | null>, nowMs: number): GroupFacts[] {
    const groups = new Map<string, GroupFacts>();
    let isComplete = true;
    for (const answer of answers) {
      isComplete &&= answer !== null;
      for (const facts of answer ?? []) {
        // One on its way to another coordinator may be with both.
        if (facts.error === null || !groups.has(facts.groupId)) groups.set(facts.groupId, facts);
      }
    }
    if (isComplete) this.seen.clear();
    for (const facts of groups.values()) this.seen.set(facts.groupId, { facts, atMs: nowMs });
    for (const [groupId, { facts, atMs }] of this.seen) {
      if (nowMs - atMs > KEPT_MS) this.seen.delete(groupId);
      else if (!groups.has(groupId)) groups.set(groupId, { ...facts, error: SILENT });
    }
    return [...groups.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
  }
}
