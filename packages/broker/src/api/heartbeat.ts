import { ERRORS } from '@odradek/protocol/errors';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { checkStaticMembership } from './group-instance';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** Tells that a member is alive, and it, whether it has to join again. */
export function heartbeat(services: Services): Handler<typeof Heartbeat> {
  return handler({
    api: Heartbeat,
    handle(request) {
      checkStaticMembership(services, request.groupInstanceId);
      return { errorCode: ERRORS[services.groups.heartbeat(request.groupId, request)].code };
    },
    fail: ({ code }) => ({ errorCode: code }),
  });
}
