import { errorName } from '@odradek/protocol/errors';
import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetDelete } from '@odradek/protocol/messages/offset-delete';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Log } from '../print';
import { illegalArgument, kafkaException, ServerError, ToolError } from '../tool-error';
import type { Admin } from './admin';
import { AGAIN, atCoordinators, type CoordinatorQuestion, outcomeOf, type Results } from './at-coordinators';
import type { Node } from './client';
import { type AnyApi, DisconnectError } from './connection';
import { decodeAssignment } from './group/member-protocol';
import {
  type CommittedOffset,
  commitFailures,
  commitRequest,
  type FetchedOffset,
  fetchedOffsets,
  fetchRequest,
} from './group/offsets';
import { partitionText, type TopicPartition, toTopics } from './partitions';

const CONSUMER_PROTOCOL = 'consumer';
const OUTSIDE_ANY_GENERATION = { generationId: -1, memberId: '', groupInstanceId: null };
const FIRST_WITH_STATES = 4;
const FIRST_WITH_TYPES = 5;

/** What a list of groups says of one; undefined: the broker is too old to say it. */
export interface GroupListing {
  readonly groupId: string;
  readonly protocolType: string;
  readonly state: string | undefined;
  readonly type: string | undefined;
}

export interface MemberDescription {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly assignment: readonly TopicPartition[];
}

export interface GroupDescription {
  readonly groupId: string;
  readonly state: string;
  /** The assignor's name; empty while there is none. */
  readonly assignor: string;
  readonly coordinator: Node;
  readonly members: readonly MemberDescription[];
  /** Told by our brokers only; Apache's skip the question. */
  readonly lastRebalance: LastRebalance | null;
}

export interface LastRebalance {
  readonly reason: string;
  /** Whose coming, silence or leaving began it; '' where no single member did. */
  readonly memberId: string;
  readonly atMs: number;
  /** -1 while it is under way. */
  readonly durationMs: number;
}

/** Kafka's Admin, as far as consumer groups go: each request goes to the group's coordinator, found anew where it moved. */
export class GroupsAdmin {
  constructor(
    private readonly admin: Admin,
    private readonly log: Log,
  ) {}

  /** The consumer groups of all brokers. Throws the first `ToolError` of any of them. */
  async listGroups(states: readonly string[] = [], types: readonly string[] = []): Promise<GroupListing[]> {
    const { nodes } = await this.findBrokers();
    const lists = await Promise.all(nodes.map((id) => this.listGroupsOf(id, states, types)));
    const isConsumer = ({ protocolType }: GroupListing): boolean =>
      protocolType === CONSUMER_PROTOCOL || protocolType === '';
    return [...new Map(lists.flat().map((group) => [group.groupId, group])).values()].filter(isConsumer);
  }

  private async findBrokers(): Promise<{ nodes: number[] }> {
    try {
      return await this.admin.call('findAllBrokers', async ({ deadlineMs }) => {
        await this.admin.client.metadata([], deadlineMs);
        return { nodes: this.admin.client.nodes.map(({ id }) => id) };
      });
    } catch (thrown) {
      throw thrown instanceof ToolError ? kafkaException('Failed to find brokers to send ListGroups', thrown) : thrown;
    }
  }

  private listGroupsOf(nodeId: number, states: readonly string[], types: readonly string[]): Promise<GroupListing[]> {
    const request = (version: number): RequestInit<typeof ListGroups> => ({
      // What the broker cannot sort out is refused by the encoder's check, as Java refuses it.
      ...((states.length > 0 || version >= FIRST_WITH_STATES) && { statesFilter: [...states] }),
      ...((types.length > 0 || version >= FIRST_WITH_TYPES) && { typesFilter: [...types] }),
    });
    return this.admin.call('listConsumerGroups', async (call) => {
      const { errorCode, groups } = await this.admin.toBroker(call, nodeId, ListGroups, request);
      if (errorCode !== 0) throw new ServerError(errorName(errorCode));
      return groups.map(({ groupId, protocolType, groupState, groupType }) => ({
        groupId,
        protocolType,
        state: groupState || undefined,
        type: groupType ? groupType[0]!.toUpperCase() + groupType.slice(1) : undefined,
      }));
    });
  }

  /** Describes groups of the classic protocol: what a broker in ZooKeeper mode has. */
  describeGroups(groupIds: readonly string[]): Promise<Results<string, GroupDescription>> {
    return this.atCoordinators('describeConsumerGroups', DescribeGroups, groupIds, async (call, coordinator, ids) => {
      const { groups } = await this.admin.toBroker(call, coordinator.id, DescribeGroups, {
        groups: [...ids],
        includeLastRebalance: true,
      });
      return groups.map((group) => [group.groupId, this.descriptionOf(group, coordinator)]);
    });
  }

  private descriptionOf(
    group: ResponseOf<typeof DescribeGroups>['groups'][number],
    coordinator: Node,
  ): GroupDescription | ToolError {
    const { errorCode, groupId, groupState: state, protocolType, protocolData: assignor, members } = group;
    const { lastRebalance } = group;
    if (errorCode !== 0) return new ServerError(errorName(errorCode));
    if (protocolType !== CONSUMER_PROTOCOL && protocolType !== '') {
      return illegalArgument(`GroupId ${groupId} is not a consumer group (${protocolType}).`);
    }
    return {
      groupId,
      state,
      assignor,
      coordinator,
      lastRebalance,
      members: members.map(({ memberId, groupInstanceId, clientId, clientHost: host, memberAssignment }) => ({
        memberId,
        groupInstanceId,
        clientId,
        host,
        assignment: decodeAssignment(memberAssignment as Buffer),
      })),
    };
  }

  /** All that a group committed. Partitions that the broker refuses are warned of and left out. Throws `ToolError`. */
  async committedOffsets(groupId: string): Promise<CommittedOffset[]> {
    const results = await this.atCoordinators('offsetFetch', OffsetFetch, [groupId], async (call, { id }, ids) => {
      const response = await this.admin.toBroker(call, id, OffsetFetch, fetchRequest(ids[0]!, null, false));
      return [[ids[0]!, orError(() => fetchedOffsets(response))]];
    });
    return outcomeOf(results, groupId).flatMap((each: FetchedOffset) => {
      if (!('error' in each)) return each.committed ?? [];
      const message = `Skipping return offset for ${partitionText(each)} due to error ${each.error.error}.`;
      this.log('WARN', this.admin.client.options.logPrefix + message, LIST_OFFSETS_HANDLER);
      return [];
    });
  }

  /** Writes offsets of a group without members. Throws the first `ToolError` of a partition. */
  async alterOffsets(groupId: string, offsets: readonly CommittedOffset[]): Promise<void> {
    const request = commitRequest({ groupId, ...OUTSIDE_ANY_GENERATION }, offsets);
    const results = await this.atCoordinators('offsetCommit', OffsetCommit, [groupId], async (call, { id }) => {
      const errors = commitFailures(await this.admin.toBroker(call, id, OffsetCommit, request)).map(
        ({ error }) => error,
      );
      return [[groupId, errors.find(({ error }) => AGAIN.has(error)) ?? errors[0] ?? null]];
    });
    outcomeOf(results, groupId);
  }

  /** Forgets offsets of a group. Throws what concerns the whole group; returns the failures of single partitions. */
  async deleteOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<(TopicPartition & { error: ServerError })[]> {
    const topics = toTopics(partitions).map(({ topic, partitions: indexes }) => ({
      name: topic,
      partitions: indexes.map((partitionIndex) => ({ partitionIndex })),
    }));
    const results = await this.atCoordinators('offsetDelete', OffsetDelete, [groupId], async (call, { id }) => {
      const response = await this.admin.toBroker(call, id, OffsetDelete, { groupId, topics });
      if (response.errorCode !== 0) return [[groupId, new ServerError(errorName(response.errorCode))]];
      return [[groupId, commitFailures(response)]];
    });
    return outcomeOf(results, groupId);
  }

  deleteGroups(groupIds: readonly string[]): Promise<Results<string, null>> {
    return this.atCoordinators('deleteConsumerGroups', DeleteGroups, groupIds, async (call, { id }, ids) => {
      const { results } = await this.admin.toBroker(call, id, DeleteGroups, { groupsNames: [...ids] });
      return results.map(({ groupId, errorCode }) => [
        groupId,
        errorCode === 0 ? null : new ServerError(errorName(errorCode)),
      ]);
    });
  }

  private atCoordinators<T>(
    name: string,
    api: AnyApi,
    groupIds: readonly string[],
    ask: CoordinatorQuestion<T>['ask'],
  ): Promise<Results<string, T>> {
    return atCoordinators(this.admin, { kind: 'GROUP', name, api, ask }, groupIds);
  }
}

const LIST_OFFSETS_HANDLER = 'org.apache.kafka.clients.admin.internals.ListConsumerGroupOffsetsHandler';

function orError<T>(make: () => T): T | ToolError {
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof ToolError && !(thrown instanceof DisconnectError)) return thrown;
    throw thrown;
  }
}
