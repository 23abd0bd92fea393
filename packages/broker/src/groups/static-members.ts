import { ERRORS } from '@odradek/protocol/errors';
import { joinError, syncError, type Ticket } from './group-types';
import type { Member, MemberTerms } from './members';
import { chooseProtocol } from './protocol-choice';
import type { Rebalancer } from './rebalancer';

/** How a static member comes back. */
interface Joining {
  readonly memberId: string;
  readonly terms: MemberTerms;
  readonly reason: string;
  /** KIP-814: it can be told that it leads and yet need not assign. */
  readonly skips: boolean;
}

/** What the member was, should its new id not get into the log. */
interface Former {
  readonly memberId: string;
  readonly leaderId: string;
  readonly terms: MemberTerms;
}

/**
 * KIP-345: a static member comes back without its member id, as after a restart. It gets a new one, and whoever still
 * has the old one is fenced. The group goes on undisturbed where it is stable and would choose the same protocol again
 * (GroupCoordinator.updateStaticMemberAndRebalance).
 */
export function replaceStaticMember(
  group: Rebalancer,
  member: Member,
  joining: Joining,
  ticket: Ticket,
  nowMs: number,
): void {
  const { members } = group;
  const { memberId, groupInstanceId, protocols, rebalanceTimeoutMs, sessionTimeoutMs } = member;
  const terms = { protocols, rebalanceTimeoutMs, sessionTimeoutMs };
  const former = { memberId, leaderId: members.leaderId!, terms };
  group.endJoin(member, joinError('FENCED_INSTANCE_ID', memberId));
  group.endSync(member, syncError('FENCED_INSTANCE_ID'));
  members.rename(member, joining.memberId);
  members.update(member, joining.terms);
  group.restartSession(member, nowMs);
  group.awaitJoin(member, ticket);

  const who = `static member ${joining.memberId} with instance id ${groupInstanceId}`;
  if (group.state === 'CompletingRebalance') {
    // The leader may be about to assign partitions to the old id.
    group.rebalance(`Updating metadata for ${who}; client reason: ${joining.reason}`, joining.memberId, nowMs);
  } else if (group.state === 'Stable' && !keepsProtocol(group)) {
    const reason = `Group's selectedProtocol will change because ${who} joined with change of protocol`;
    group.rebalance(`${reason}; client reason: ${joining.reason}`, joining.memberId, nowMs);
  } else if (group.state === 'Stable') {
    group.effects.log(
      'info',
      "Static member which joins during Stable stage and doesn't affect selectProtocol will not trigger rebalance.",
    );
    storeReplacement(group, member, joining.skips, former, ticket);
  }
}

const keepsProtocol = ({ members, protocolName }: Rebalancer): boolean =>
  chooseProtocol(members.all(), (name) => members.isSupportedByAll(name)) === protocolName;

/** The new id is told once it is in the log: a coordinator that takes over must know it. */
function storeReplacement(group: Rebalancer, member: Member, skips: boolean, former: Former, ticket: Ticket): void {
  const { effects, generation, groupId, members } = group;
  const { memberId } = member;
  const assignments = new Map([...members.all()].map((each) => [each.memberId, each.assignment]));
  group.persist(assignments, (error, nowMs) => {
    if (error !== null) {
      effects.log('warn', `Failed to persist metadata for group ${groupId}: ${ERRORS[error].message}`);
    }
    // Where a rebalance has begun the member waits for its end; where it was replaced again or removed it was told.
    if (member.joinTicket !== ticket || group.state !== 'Stable' || group.generation !== generation) return;
    const leader = members.leaderId!;
    if (error !== null) {
      group.endJoin(member, { ...group.generationFor('', former.leaderId), error });
      members.rename(member, former.memberId);
      members.update(member, former.terms);
    } else if (skips) {
      // KIP-814: the leader goes on leading, but does not assign: a stable group would not listen.
      group.endJoin(member, group.generationFor(memberId, leader, memberId === leader));
    } else {
      // Before version 9: named by its old id, a leader does not know itself and does not assign.
      group.endJoin(member, group.generationFor(memberId, former.leaderId));
    }
    group.restartSession(member, nowMs);
  });
}
