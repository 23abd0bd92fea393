import { DeleteAcls } from '@odradek/protocol/messages/delete-acls';
import { NO_AUTHORIZER, saysUnknown } from './acls';
import { specificMessage } from './api-error';
import { CLOSE_CONNECTION, type Handler, handler } from './handler';

const REFUSED = { ...NO_AUTHORIZER, matchingAcls: [] };

/** Deletes the ACLs that filters match (KIP-140): refused without an authorizer. */
export function deleteAcls(): Handler<typeof DeleteAcls> {
  return handler({
    api: DeleteAcls,
    handle({ filters }) {
      const isUnreadable = filters.some((filter) =>
        saysUnknown(filter.resourceTypeFilter, filter.patternTypeFilter, filter.operation, filter.permissionType),
      );
      return isUnreadable ? CLOSE_CONNECTION : { filterResults: filters.map(() => REFUSED) };
    },
    fail: (error, { filters }) => ({
      filterResults: filters.map(() => ({
        errorCode: error.code,
        errorMessage: specificMessage(error),
        matchingAcls: [],
      })),
    }),
  });
}
