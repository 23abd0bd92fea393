import { errorName } from '@odradek/protocol/errors';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { KafkaClient } from '@odradek/tools/client/client';
import { decodeAssignment } from '@odradek/tools/client/group/member-protocol';
import { fetchRequest } from '@odradek/tools/client/group/offsets';
import { toTopics } from '@odradek/tools/client/partitions';
import { ServerError } from '@odradek/tools/tool-error';
import type { GroupState, Member, Rebalance } from '../api';

const CONSUMER = 'consumer';
const FIRST_WITH_STATES = 4;
const FIRST_WITH_TYPES = 5;
const FIRST_WITH_SEVERAL = 8;

export interface Committed {
  readonly offset: number;
  readonly metadata: string;
}

/** What a coordinator tells of a group. */
export interface GroupFacts {
  readonly groupId: string;
  readonly state: GroupState;
  readonly protocolType: string;
  readonly protocol: string;
  readonly coordinator: number;
  readonly members: readonly Member[];
  /** By topic and partition. */
  readonly committed: ReadonlyMap<string, ReadonlyMap<number, Committed>>;
  readonly lastRebalance: Rebalance | null;
  /** Kafka's name of why it could not be described. */
  readonly error: string | null;
}

type GroupAnswer = ResponseOf<typeof DescribeGroups>['groups'][number];
type OffsetsAnswer = ResponseOf<typeof OffsetFetch>['groups'][number]['topics'];

/** The groups that a broker coordinates, by name. Throws `ToolError`. */
export async function readGroupIds(client: KafkaClient, brokerId: number): Promise<string[]> {
  const request = (version: number): RequestInit<typeof ListGroups> => ({
    ...(version >= FIRST_WITH_STATES && { statesFilter: [] }),
    ...(version >= FIRST_WITH_TYPES && { typesFilter: [] }),
  });
  const { errorCode, groups } = await client.sendTo(brokerId, ListGroups, request);
  if (errorCode !== 0) throw new ServerError(errorName(errorCode));
  return groups.map(({ groupId }) => groupId);
}

/** What their coordinator tells of groups: all are asked for at once. Throws `ToolError`. */
export async function readGroups(
  client: KafkaClient,
  coordinator: number,
  groupIds: readonly string[],
): Promise<GroupFacts[]> {
  if (groupIds.length === 0) return [];
  const [{ groups }, committed] = await Promise.all([
    client.sendTo(coordinator, DescribeGroups, { groups: [...groupIds], includeLastRebalance: true }),
    readCommitted(client, coordinator, groupIds),
  ]);
  return groups.map((group) => factsOf(group, coordinator, committed.get(group.groupId) ?? new Map()));
}

function factsOf(group: GroupAnswer, coordinator: number, committed: GroupFacts['committed']): GroupFacts {
  const { errorCode, groupId, groupState, protocolType, protocolData, members, lastRebalance } = group;
  return {
    groupId,
    state: errorCode === 0 ? (groupState as GroupState) : 'Unknown',
    protocolType,
    protocol: protocolData,
    coordinator,
    members: members.map((member) => memberOf(member, protocolType)),
    committed,
    lastRebalance: lastRebalance && {
      reason: lastRebalance.reason,
      memberId: lastRebalance.memberId,
      atMs: lastRebalance.atMs,
      durationMs: lastRebalance.durationMs < 0 ? null : lastRebalance.durationMs,
    },
    error: errorCode === 0 ? null : errorName(errorCode),
  };
}

const memberOf = (
  { memberId, groupInstanceId, clientId, clientHost, memberAssignment }: GroupAnswer['members'][number],
  protocolType: string,
): Member => ({
  memberId,
  instanceId: groupInstanceId,
  clientId,
  host: clientHost.replace(/^\//, ''),
  assignment: assignmentOf(memberAssignment as Buffer, protocolType),
});

/** Of consumers; what members of other kinds (Connect, schema registries) are assigned is in a language of their own. */
function assignmentOf(bytes: Buffer, protocolType: string): Member['assignment'] {
  if (protocolType !== CONSUMER) return [];
  try {
    return toTopics(decodeAssignment(bytes)).sort((a, b) => (a.topic < b.topic ? -1 : 1));
  } catch {
    // Whatever a client's own assignor wrote: the rest of the group can be shown.
    return [];
  }
}

type CommittedByGroup = Map<string, GroupFacts['committed']>;

async function readCommitted(
  client: KafkaClient,
  coordinator: number,
  groupIds: readonly string[],
): Promise<CommittedByGroup> {
  const connection = await client.connectTo(coordinator);
  if ((connection.versionFor(OffsetFetch) ?? 0) >= FIRST_WITH_SEVERAL) {
    const groups = groupIds.map((groupId) => ({ groupId, topics: null }));
    const answer = await client.sendTo(coordinator, OffsetFetch, { groups });
    return new Map(answer.groups.map(({ groupId, topics }) => [groupId, committedOf(topics)]));
  }
  const answers = groupIds.map(async (groupId) => {
    const { topics } = await client.sendTo(coordinator, OffsetFetch, fetchRequest(groupId, null, false));
    return [groupId, committedOf(topics)] as const;
  });
  return new Map(await Promise.all(answers));
}

const committedOf = (topics: OffsetsAnswer): GroupFacts['committed'] =>
  new Map(
    topics.map(({ name, partitions }) => [
      name,
      new Map(
        partitions
          .filter(({ errorCode, committedOffset }) => errorCode === 0 && committedOffset >= 0)
          .map(({ partitionIndex, committedOffset, metadata }) => [
            partitionIndex,
            { offset: committedOffset, metadata: metadata ?? '' },
          ]),
      ),
    ]),
  );
