import { ERRORS } from '@odradek/protocol/errors';
import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** Ends groups without members, and all that they have committed (KIP-229). */
export function deleteGroups({ groups }: Services): Handler<typeof DeleteGroups> {
  return handler({
    api: DeleteGroups,
    handle: ({ groupsNames }) => ({
      results: [...new Set(groupsNames)].map((groupId) => ({
        groupId,
        errorCode: ERRORS[groups.deleteGroup(groupId)].code,
      })),
    }),
    fail: ({ code: errorCode }, { groupsNames }) => ({
      results: groupsNames.map((groupId) => ({ groupId, errorCode })),
    }),
  });
}
