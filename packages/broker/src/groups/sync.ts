import type { ErrorName } from '@odradek/protocol/errors';
import { ownBytes } from './group-record';
import { type SyncRequest, syncError, type Ticket } from './group-types';
import { setText } from './members';
import type { Rebalancer } from './rebalancer';
import { loggedRefusalOf } from './refusal';

/** SyncGroup (GroupCoordinator.doSyncGroup): the leader brings the assignments, everyone gets its own. */
export function syncGroup(group: Rebalancer, request: SyncRequest, ticket: Ticket, nowMs: number): void {
  const error = syncRefusalOf(group, request);
  if (error !== null) {
    group.effects.answerSync(ticket, syncError(error));
    return;
  }
  const member = group.members.get(request.memberId)!;
  group.members.owingSync.delete(member.memberId);
  if (group.state === 'Stable') {
    group.effects.answerSync(ticket, group.assignmentFor(member));
    group.restartSession(member, nowMs);
    return;
  }
  group.awaitSync(member, ticket);
  // What it brings a second time would be the last in the log, and what it brought first the truth that members know.
  if (group.members.leaderId === member.memberId && group.assignedGeneration !== group.generation)
    assign(group, request);
}

function syncRefusalOf(group: Rebalancer, request: SyncRequest): ErrorName | null {
  const { protocolName, protocolType, generation, state } = group;
  if (state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const error = loggedRefusalOf(group, request, 'sync-group');
  if (error !== null) return error;
  if (request.generationId !== generation) return 'ILLEGAL_GENERATION';
  if (request.protocolType !== null && request.protocolType !== protocolType) return 'INCONSISTENT_GROUP_PROTOCOL';
  if (request.protocolName !== null && request.protocolName !== protocolName) return 'INCONSISTENT_GROUP_PROTOCOL';
  if (state === 'Empty') return 'UNKNOWN_MEMBER_ID';
  return state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : null;
}

function assign(group: Rebalancer, { memberId: leaderId, assignments: given }: SyncRequest): void {
  const { effects, generation, groupId, members } = group;
  effects.log(
    'info',
    `Assignment received from leader ${leaderId} for group ${groupId} for generation ${generation}. The group has ${members.size} members, ${members.staticSize} of which are static.`,
  );
  const assignments = new Map<string, Buffer>();
  for (const { memberId, assignment } of given) {
    if (members.get(memberId)) assignments.set(memberId, ownBytes(assignment));
  }
  const missing = [...members.ids()].filter((memberId) => !assignments.has(memberId));
  if (missing.length > 0) {
    effects.log(
      'warn',
      `Setting empty assignments for members ${setText(missing)} of ${groupId} for generation ${generation}`,
    );
  }
  group.storeAssignment(leaderId, assignments);
}
