import type { Rebalancer } from './rebalancer';

interface Deadline {
  readonly atMs: number;
  /** Does what is due, unless something before it has done away with the deadline. */
  readonly expire: (nowMs: number) => void;
}

/** The earliest of a group's deadlines, or null. */
export function nextDeadlineMs({ members, joinPhase, syncDeadlineMs }: Rebalancer): number | null {
  let next = Math.min(joinPhase?.deadlineMs ?? Infinity, syncDeadlineMs ?? Infinity, members.pendingIds.earliestMs);
  for (const { deadlineMs } of members.all()) next = Math.min(next, deadlineMs ?? Infinity);
  return next === Infinity ? null : next;
}

/** What is due at `nowMs`, in the order in which it became due. */
export function dueDeadlines(group: Rebalancer, nowMs: number): Deadline[] {
  return [...pendingIds(group, nowMs), ...sessions(group, nowMs), ...phases(group)]
    .filter(({ atMs }) => atMs <= nowMs)
    .sort((a, b) => a.atMs - b.atMs);
}

function* pendingIds(group: Rebalancer, atMostMs: number): Iterable<Deadline> {
  const { effects, groupId, members } = group;
  for (const [memberId, atMs] of members.pendingIds.due(atMostMs)) {
    const expire = (nowMs: number): void => {
      if (!members.pendingIds.has(memberId)) return;
      effects.log(
        'info',
        `Pending member ${memberId} in group ${groupId} has been removed after session timeout expiration.`,
      );
      members.remove(memberId);
      group.completeJoinIfAllJoined(nowMs);
    };
    yield { atMs, expire };
  }
}

function* sessions(group: Rebalancer, atMostMs: number): Iterable<Deadline> {
  for (const member of group.members.all()) {
    const { memberId, deadlineMs } = member;
    if (deadlineMs === null || deadlineMs > atMostMs) continue;
    const expire = (nowMs: number): void => {
      if (group.members.get(memberId) === member && member.deadlineMs === deadlineMs)
        group.expireSession(member, nowMs);
    };
    yield { atMs: deadlineMs, expire };
  }
}

function* phases(group: Rebalancer): Iterable<Deadline> {
  const { joinPhase, syncDeadlineMs, generation } = group;
  if (joinPhase) {
    const expire = (nowMs: number): void => {
      if (group.joinPhase === joinPhase) group.expireJoinPhase(joinPhase, nowMs);
    };
    yield { atMs: joinPhase.deadlineMs, expire };
  }
  if (syncDeadlineMs !== null) {
    const expire = (nowMs: number): void => {
      if (group.syncDeadlineMs === syncDeadlineMs && group.generation === generation) group.expireSyncPhase(nowMs);
    };
    yield { atMs: syncDeadlineMs, expire };
  }
}
