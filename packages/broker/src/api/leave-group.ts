import { ERRORS } from '@odradek/protocol/errors';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { type Handler, handler } from './handler';
import type { Services } from './services';

const FIRST_BATCHED_VERSION = 3;

/** Members leave by themselves, or static ones are removed by an administrator (KIP-345). */
export function leaveGroup(services: Services): Handler<typeof LeaveGroup> {
  return handler({
    api: LeaveGroup,
    handle({ groupId, memberId, members }, { apiVersion }) {
      const isBatched = apiVersion >= FIRST_BATCHED_VERSION;
      const leaving = isBatched ? members : [{ memberId, groupInstanceId: null, reason: null }];
      const { error, results } = services.groups.leave(groupId, leaving);
      // Older versions have the one member's error where newer ones have that of the whole request.
      const ofAll = isBatched || error !== 'NONE' ? error : results[0]!.error;
      return {
        errorCode: ERRORS[ofAll].code,
        members: isBatched ? results.map((it) => ({ ...it, errorCode: ERRORS[it.error].code })) : [],
      };
    },
    fail: ({ code }) => ({ errorCode: code, members: [] }),
  });
}
