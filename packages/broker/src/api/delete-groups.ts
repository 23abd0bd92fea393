import { ERRORS } from '@odradek/protocol/errors';
import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { mapInTurns } from './turns';

/** Ends groups without members, and all that they have committed (KIP-229). Thousands of them hold nobody else up. */
export function deleteGroups({ clock, groups }: Services): Handler<typeof DeleteGroups> {
  return handler({
    api: DeleteGroups,
    handle: async ({ groupsNames }) => ({
      results: await mapInTurns(clock, [...new Set(groupsNames)], 1, async (groupId) => ({
        groupId,
        errorCode: ERRORS[groups.deleteGroup(groupId)].code,
      })),
    }),
    fail: ({ code: errorCode }, { groupsNames }) => ({
      results: groupsNames.map((groupId) => ({ groupId, errorCode })),
    }),
  });
}
