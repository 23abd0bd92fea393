import { ERRORS, type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import type { GroupDescription } from '../groups/group-types';
import { GROUP_OPERATIONS, NOT_ASKED } from './authorized-operations';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** For a duration that is not known yet. */
const UNDER_WAY = -1;
const NOTHING = { groupState: '', protocolType: '', protocolData: '', members: [] };

/** Groups of any kind, with their members. */
export function describeGroups(services: Services): Handler<typeof DescribeGroups> {
  function describe(groupId: string): { error: ErrorName; description: GroupDescription | typeof NOTHING } {
    try {
      return { error: 'NONE', description: services.groups.describe(groupId) };
    } catch (error) {
      if (error instanceof KafkaError) return { error: error.error, description: NOTHING };
      throw error;
    }
  }

  function lastRebalance(groupId: string) {
    const last = services.groups.lastRebalance(groupId);
    return last && { ...last, durationMs: last.durationMs ?? UNDER_WAY };
  }

  return handler({
    api: DescribeGroups,
    handle: ({ groups, includeAuthorizedOperations, includeLastRebalance }) => ({
      groups: groups.map((groupId) => {
        const { error, description } = describe(groupId);
        const isToldOf = includeAuthorizedOperations && error === 'NONE';
        return {
          ...description,
          members: [...description.members],
          errorCode: ERRORS[error].code,
          groupId,
          authorizedOperations: isToldOf ? GROUP_OPERATIONS : NOT_ASKED,
          lastRebalance: includeLastRebalance && error === 'NONE' ? lastRebalance(groupId) : null,
        };
      }),
    }),
    fail: ({ code }, { groups }) => ({
      groups: groups.map((groupId) => ({ ...NOTHING, errorCode: code, groupId, authorizedOperations: NOT_ASKED })),
    }),
  });
}
