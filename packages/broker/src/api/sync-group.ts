import { ERRORS, KafkaError } from '@odradek/protocol/errors';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import { checkStaticMembership } from './group-instance';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { settled } from './settled';

const FIRST_NAMED_VERSION = 5;
const NO_BYTES = Buffer.alloc(0);

/** Takes the leader's assignments and gives each member its own, once they are stored. */
export function syncGroup(services: Services): Handler<typeof SyncGroup> {
  return handler({
    api: SyncGroup,
    consumesInPlace: true,
    handle(request, { apiVersion }) {
      checkStaticMembership(services, request.groupInstanceId);
      const isNamed = request.protocolType !== null && request.protocolName !== null;
      if (apiVersion >= FIRST_NAMED_VERSION && !isNamed) throw new KafkaError('INCONSISTENT_GROUP_PROTOCOL');
      return settled((answer) =>
        services.groups.sync(request.groupId, request, ({ error, protocolType, protocolName, assignment }) =>
          answer({ errorCode: ERRORS[error].code, protocolType, protocolName, assignment }),
        ),
      );
    },
    fail: ({ code }) => ({ errorCode: code, assignment: NO_BYTES }),
  });
}
