import { ERRORS } from '@odradek/protocol/errors';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** The only kind of group that this coordinator knows. */
const GROUP_TYPE = 'classic';

/** The groups whose coordinator this broker is, by state (KIP-518) and type (KIP-848). */
export function listGroups(services: Services): Handler<typeof ListGroups> {
  return handler({
    api: ListGroups,
    handle({ statesFilter, typesFilter }) {
      const states = lowerCase(statesFilter);
      const types = lowerCase(typesFilter);
      const { error, groups } = services.groups.list();
      const isWanted = types.size === 0 || types.has(GROUP_TYPE);
      const wanted = groups.filter(
        ({ groupState }) => isWanted && (states.size === 0 || states.has(groupState.toLowerCase())),
      );
      return {
        errorCode: ERRORS[error].code,
        groups: wanted.map((group) => ({ ...group, groupType: GROUP_TYPE })),
      };
    },
    fail: ({ code }) => ({ errorCode: code, groups: [] }),
  });
}

const lowerCase = (names: readonly string[]): ReadonlySet<string> => new Set(names.map((name) => name.toLowerCase()));
