import { ownEach } from './group-record';
import { type JoinRequest, joinError, type Ticket } from './group-types';
import { hasSameProtocols, type Member, type MemberTerms, optionText } from './members';
import type { Rebalancer } from './rebalancer';
import { loggedRefusalOf } from './refusal';
import { replaceStaticMember } from './static-members';

/** New members have this long to be heard of again: they cannot send heartbeats while they wait. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000;

const NO_BYTES = Buffer.alloc(0);

/** JoinGroup (GroupCoordinator.handleJoinGroup, from where the group is known). */
export function joinGroup(group: Rebalancer, request: JoinRequest, ticket: Ticket, nowMs: number): void {
  const { effects, members } = group;
  const { memberId } = request;
  if (!accepts(group, memberId)) {
    members.remove(memberId);
    effects.answerJoin(ticket, joinError('GROUP_MAX_SIZE_REACHED', ''));
  } else if (group.state === 'Dead') {
    effects.answerJoin(ticket, joinError('COORDINATOR_NOT_AVAILABLE', memberId));
  } else if (!supports(group, request)) {
    effects.answerJoin(ticket, joinError('INCONSISTENT_GROUP_PROTOCOL', memberId));
  } else if (memberId !== '') {
    joinWithId(group, request, ticket, nowMs);
  } else if (request.groupInstanceId !== null) {
    joinAsInstance(group, request.groupInstanceId, request, ticket, nowMs);
  } else {
    joinWithoutId(group, request, ticket, nowMs);
  }
  group.completeJoinIfAllJoined(nowMs);
}

/** group.max.size. While members join it is those who joined that count: a limit that was lowered is kept, too. */
function accepts({ members, settings, state }: Rebalancer, memberId: string): boolean {
  const member = members.get(memberId);
  switch (state) {
    case 'Empty':
    case 'Dead':
      return true;
    case 'PreparingRebalance':
      return (member !== undefined && member.joinTicket !== null) || members.awaitingJoin < settings.maxSize;
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || members.size < settings.maxSize;
    default:
      return state satisfies never;
  }
}

function supports(group: Rebalancer, { protocolType, protocols }: JoinRequest): boolean {
  if (group.state === 'Empty') return protocolType !== '' && protocols.length > 0;
  return protocolType === group.protocolType && protocols.some(({ name }) => group.members.isSupportedByAll(name));
}

function joinAsInstance(
  group: Rebalancer,
  groupInstanceId: string,
  request: JoinRequest,
  ticket: Ticket,
  nowMs: number,
): void {
  const memberId = `${groupInstanceId}-${request.memberIdSuffix}`;
  const who = `Static member with groupInstanceId=${groupInstanceId} and unknown member id joins ${where(group)}`;
  const oldMemberId = group.members.idOfInstance(groupInstanceId);
  if (oldMemberId === null) {
    group.effects.log('info', `${who}. Created a new member id ${memberId} for this member and add to the group.`);
    add(group, memberId, request, ticket, nowMs);
    return;
  }
  group.effects.log('info', `${who}. Replacing previously mapped member ${oldMemberId} with this groupInstanceId.`);
  const joining = {
    terms: termsOf(request),
    memberId,
    skips: request.supportSkippingAssignment,
    reason: reasonOf(request),
  };
  replaceStaticMember(group, group.members.get(oldMemberId)!, joining, ticket, nowMs);
}

function joinWithoutId(group: Rebalancer, request: JoinRequest, ticket: Ticket, nowMs: number): void {
  const { effects, members } = group;
  const memberId = `${request.clientId}-${request.memberIdSuffix}`;
  if (!request.requireKnownMemberId) {
    effects.log(
      'info',
      `Dynamic Member with unknown member id joins ${where(group)}. Created a new member id ${memberId} for this member and add to the group.`,
    );
    add(group, memberId, request, ticket, nowMs);
    return;
  }
  effects.log(
    'info',
    `Dynamic member with unknown member id joins ${where(group)}. Created a new member id ${memberId} and request the member to rejoin with this id.`,
  );
  members.pendingIds.add(memberId, nowMs + request.sessionTimeoutMs);
  effects.answerJoin(ticket, joinError('MEMBER_ID_REQUIRED', memberId));
}

function joinWithId(group: Rebalancer, request: JoinRequest, ticket: Ticket, nowMs: number): void {
  const { effects, members } = group;
  const { memberId } = request;
  if (members.pendingIds.has(memberId)) {
    joinWithPendingId(group, request, ticket, nowMs);
    return;
  }
  const error = loggedRefusalOf(group, request, 'join-group');
  if (error !== null) {
    effects.answerJoin(ticket, joinError(error, memberId));
    return;
  }
  const member = members.get(memberId)!;
  const reason = reasonToRebalance(group, member, request);
  if (reason === null) {
    effects.answerJoin(ticket, group.generationFor(memberId, members.leaderId!));
    return;
  }
  members.update(member, termsOf(request));
  group.awaitJoin(member, ticket);
  group.rebalance(`${reason}; client reason: ${reasonOf(request)}`, memberId, nowMs);
}

function joinWithPendingId(group: Rebalancer, request: JoinRequest, ticket: Ticket, nowMs: number): void {
  const { memberId, groupInstanceId } = request;
  // Static members are never given an id to come back with: Kafka takes this for an error of its own.
  if (groupInstanceId !== null) {
    group.effects.answerJoin(ticket, joinError('UNKNOWN_SERVER_ERROR', ''));
    return;
  }
  group.effects.log(
    'info',
    `Pending dynamic member with id ${memberId} joins ${where(group)}. Adding to the group now.`,
  );
  add(group, memberId, request, ticket, nowMs);
}

/** Why a member that comes back disturbs the others, or null where the current generation is its answer. */
function reasonToRebalance({ members, state }: Rebalancer, member: Member, request: JoinRequest): string | null {
  const { memberId } = member;
  if (state === 'PreparingRebalance') return `Member ${memberId} joining group during ${state}`;
  // A leader asks for a rebalance where something changed that its metadata does not show, such as a partition count.
  if (state === 'Stable' && members.leaderId === memberId) return `Leader ${memberId} re-joining group during ${state}`;
  // The same again: the answer to its last JoinGroup may have been lost.
  if (hasSameProtocols(member, request.protocols)) return null;
  return `Updating metadata for member ${memberId} during ${state}`;
}

function add(group: Rebalancer, memberId: string, request: JoinRequest, ticket: Ticket, nowMs: number): void {
  const { members } = group;
  const { groupInstanceId, clientId, clientHost } = request;
  const member: Member = {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    ...termsOf(request),
    assignment: NO_BYTES,
    isNew: true,
    joinTicket: ticket,
    syncTicket: null,
    deadlineMs: null,
  };
  if (group.state === 'PreparingRebalance' && group.generation === 0) group.newMemberAdded = true;
  if (members.size === 0) group.protocolType = request.protocolType;
  members.add(member);
  group.restartSession(member, nowMs, NEW_MEMBER_JOIN_TIMEOUT_MS);
  const reason = `Adding new member ${memberId} with group instance id ${optionText(groupInstanceId)}`;
  group.rebalance(`${reason}; client reason: ${reasonOf(request)}`, memberId, nowMs);
}

const where = ({ groupId, state }: Rebalancer): string => `group ${groupId} in ${state} state`;

/** KIP-800; an empty one is none (JoinGroupRequest.joinReason). */
const reasonOf = ({ reason }: JoinRequest): string => reason || 'not provided';

function termsOf({ protocols, rebalanceTimeoutMs, sessionTimeoutMs }: JoinRequest): MemberTerms {
  const metadata = ownEach(protocols.map((protocol) => protocol.metadata));
  return {
    protocols: protocols.map(({ name }, at) => ({ name, metadata: metadata[at]! })),
    rebalanceTimeoutMs,
    sessionTimeoutMs,
  };
}
