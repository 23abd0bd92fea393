import { ERRORS } from '@odradek/protocol/errors';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import type { ResponseInit } from '@odradek/protocol/schema/api';
import { type JoinAnswer, joinError } from '../groups/group-types';
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
      const { sessionTimeoutMs, rebalanceTimeoutMs } = request;
      const join = {
        ...request,
        clientId: clientId ?? '',
        clientHost,
        rebalanceTimeoutMs: apiVersion >= FIRST_REBALANCE_TIMEOUT_VERSION ? rebalanceTimeoutMs : sessionTimeoutMs,
        requireKnownMemberId: apiVersion >= FIRST_REQUIRED_MEMBER_ID_VERSION && request.groupInstanceId === null,
        supportSkippingAssignment: apiVersion >= FIRST_SKIP_ASSIGNMENT_VERSION,
        memberIdSuffix: request.memberId === '' ? memberIdSuffix(services.random) : '',
      };
      return settled((answer) =>
        services.groups.join(request.groupId, join, (joined) => answer(responseOf(joined, apiVersion))),
      );
    },
    fail: ({ code }, _, { apiVersion }) => ({ ...responseOf(joinError('NONE', ''), apiVersion), errorCode: code }),
  });
}

function responseOf({ error, ...answer }: JoinAnswer, version: number): ResponseInit<typeof JoinGroup> {
  // No name and an empty one are the same to every version (JoinGroupResponse).
  const protocolName = answer.protocolName || (version >= FIRST_NULLABLE_NAME_VERSION ? null : '');
  return { ...answer, protocolName, members: [...answer.members], errorCode: ERRORS[error].code };
}
