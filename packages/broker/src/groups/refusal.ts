import type { ErrorName } from '@odradek/protocol/errors';
import type { Rebalancer } from './rebalancer';

export interface Claimant {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** Why a request is not from the member that it names, or null (GroupCoordinator.validateCurrentMember). */
export function refusalOf(group: Rebalancer, { memberId, groupInstanceId }: Claimant): ErrorName | null {
  if (groupInstanceId !== null) {
    const current = group.members.idOfInstance(groupInstanceId);
    if (current === null) return 'UNKNOWN_MEMBER_ID';
    if (current !== memberId) return 'FENCED_INSTANCE_ID';
  }
  return group.members.get(memberId) ? null : 'UNKNOWN_MEMBER_ID';
}

/** Why, or null, with a line in the log where an older instance of a static member is fenced. */
export function loggedRefusalOf(group: Rebalancer, claimant: Claimant, operation: string): ErrorName | null {
  const error = refusalOf(group, claimant);
  if (error === 'FENCED_INSTANCE_ID') group.effects.log('info', fencedText(group, claimant, operation));
  return error;
}

/** What Kafka logs of a request that was answered FENCED_INSTANCE_ID. */
export function fencedText(
  { members }: Rebalancer,
  { memberId, groupInstanceId }: Claimant,
  operation: string,
): string {
  const current = members.idOfInstance(groupInstanceId!);
  return `Request memberId=${memberId} for static member with groupInstanceId=${groupInstanceId} is fenced by current memberId=${current} during operation ${operation}`;
}
