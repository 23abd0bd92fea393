import { CreateAcls } from '@odradek/protocol/messages/create-acls';
import { NO_AUTHORIZER, saysUnknown } from './acls';
import { specificMessage } from './api-error';
import { CLOSE_CONNECTION, type Handler, handler } from './handler';

/** Makes ACLs (KIP-140): refused without an authorizer. */
export function createAcls(): Handler<typeof CreateAcls> {
  return handler({
    api: CreateAcls,
    handle({ creations }) {
      const isUnreadable = creations.some((acl) =>
        saysUnknown(acl.resourceType, acl.resourcePatternType, acl.operation, acl.permissionType),
      );
      return isUnreadable ? CLOSE_CONNECTION : { results: creations.map(() => NO_AUTHORIZER) };
    },
    fail: (error, { creations }) => ({
      results: creations.map(() => ({ errorCode: error.code, errorMessage: specificMessage(error) })),
    }),
  });
}
