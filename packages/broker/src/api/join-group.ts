import { ERRORS } from '@odradek/protocol/errors';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import type { ResponseInit } from '@odradek/protocol/schema/api';
import { type JoinAnswer, type JoinRequest, joinError } from '../groups/group-types';
import { memberIdSuffix } from '../groups/member-id';
import { checkStaticMembership } from './group-instance';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { settled } from './settled';

const FIRST_REBALANCE_TIMEOUT_VERSION = 1;
const FIRST_REQUIRED_MEMBER_ID_VERSION = 4;
const FIRST_NULLABLE_NAME_VERSION = 7;
const FIRST_SKIP_ASSIGNMENT_VERSION = 9;

/** Makes the caller a member of a group: answered when the next generation is complete. */
export function joinGroup(services: Services): Handler<typeof JoinGroup> {
  return handler({
    api: JoinGroup,
    consumesInPlace: true,
    handle(request, { apiVersion, clientHost, clientId }) {
      checkStaticMembership(services, request.groupInstanceId);
      const { memberId, groupInstanceId, sessionTimeoutMs } = request;
      // Field by field, here and below: a spread costs several times as much, and a rebalance asks this of every member.
      const join: JoinRequest = {
        memberId,
        groupInstanceId,
        clientId: clientId ?? '',
        clientHost,
        sessionTimeoutMs,
        rebalanceTimeoutMs:
          apiVersion >= FIRST_REBALANCE_TIMEOUT_VERSION ? request.rebalanceTimeoutMs : sessionTimeoutMs,
        protocolType: request.protocolType,
        protocols: request.protocols,
        reason: request.reason,
        requireKnownMemberId: apiVersion >= FIRST_REQUIRED_MEMBER_ID_VERSION && groupInstanceId === null,
        supportSkippingAssignment: apiVersion >= FIRST_SKIP_ASSIGNMENT_VERSION,
        memberIdSuffix: memberId === '' ? memberIdSuffix(services.random) : '',
      };
      return settled((answer) =>
        services.groups.join(request.groupId, join, (joined) => answer(responseOf(joined, apiVersion))),
      );
    },
    fail: ({ code }, _, { apiVersion }) => ({ ...responseOf(joinError('NONE', ''), apiVersion), errorCode: code }),
  });
}

function responseOf(answer: JoinAnswer, version: number): ResponseInit<typeof JoinGroup> {
  return {
    errorCode: ERRORS[answer.error].code,
    generationId: answer.generationId,
    protocolType: answer.protocolType,
    // No name and an empty one are the same to every version (JoinGroupResponse).
    protocolName: answer.protocolName || (version >= FIRST_NULLABLE_NAME_VERSION ? null : ''),
    leader: answer.leader,
    skipAssignment: answer.skipAssignment,
    memberId: answer.memberId,
    members: [...answer.members],
  };
}
