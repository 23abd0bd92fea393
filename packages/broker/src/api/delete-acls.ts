import { DeleteAcls } from '@odradek/protocol/messages/delete-acls';
import { NO_AUTHORIZER, saysUnknown } from './acls';
import { specificMessage } from './api-error';
import { CLOSE_CONNECTION, type Handler, handler } from './handler';

/** Deletes the ACLs that filters match (KIP-140): refused without an authorizer. */
export function deleteAcls(): Handler<typeof DeleteAcls> {
  return handler({
    api: DeleteAcls,
    handle({ filters }) {
      const isUnreadable = filters.some((filter) =>
        saysUnknown({ ...filter, resourceType: filter.resourceTypeFilter, patternType: filter.patternTypeFilter }),
      );
      if (isUnreadable) return CLOSE_CONNECTION;
      return { filterResults: filters.map(() => ({ ...NO_AUTHORIZER, matchingAcls: [] })) };
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
