import type { LeaveResult, LeavingMember } from './group-types';
import { memberText } from './members';
import type { Rebalancer } from './rebalancer';
import { loggedRefusalOf } from './refusal';

/** One member of a LeaveGroup request (GroupCoordinator.handleLeaveGroup). */
export function leaveGroup(group: Rebalancer, leaving: LeavingMember, nowMs: number): LeaveResult {
  const { memberId, groupInstanceId } = leaving;
  return { memberId, groupInstanceId, error: errorOf(group, leaving, nowMs) };
}

function errorOf(group: Rebalancer, leaving: LeavingMember, nowMs: number): LeaveResult['error'] {
  const { effects, members } = group;
  const { memberId, groupInstanceId } = leaving;
  if (memberId === '') {
    // An administrator removes a static member, whatever its id is now (KIP-345).
    const current = groupInstanceId === null ? null : members.idOfInstance(groupInstanceId);
    if (current === null) return 'UNKNOWN_MEMBER_ID';
    remove(group, current, leaving.reason, nowMs);
    return 'NONE';
  }
  if (members.pendingIds.has(memberId)) {
    members.remove(memberId);
    group.completeJoinIfAllJoined(nowMs);
    effects.log(
      'info',
      `Pending member with memberId=${memberId} has left group ${group.groupId} through explicit \`LeaveGroup\` request`,
    );
    return 'NONE';
  }
  const error = loggedRefusalOf(group, leaving, 'leave-group');
  if (error !== null) return error;
  remove(group, memberId, leaving.reason, nowMs);
  return 'NONE';
}

function remove(group: Rebalancer, memberId: string, reason: string | null, nowMs: number): void {
  const member = group.members.get(memberId)!;
  const clientReason = reason ?? 'not provided';
  group.removeMember(member, `Removing member ${memberId} on LeaveGroup; client reason: ${clientReason}`, nowMs);
  group.effects.log(
    'info',
    `Member ${memberText(member)} has left group ${group.groupId} through explicit \`LeaveGroup\`; client reason: ${clientReason}`,
  );
}
