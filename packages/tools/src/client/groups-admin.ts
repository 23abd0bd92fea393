import { errorName } from '@odradek/protocol/errors';
import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetDelete } from '@odradek/protocol/messages/offset-delete';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Log } from '../print';
import { illegalArgument, kafkaException, ServerError, ToolError } from '../tool-error';
import type { Admin, Call } from './admin';
import type { Node } from './client';
import { type AnyApi, DisconnectError, snake } from './connection';
import { findCoordinators } from './coordinator';
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

/** The outcome of each key: what was asked for, or why there is none. */
export type Results<K, T> = Map<K, T | ToolError>;

/** Refusals after which the coordinator is looked up, and asked, again. */
const AGAIN: ReadonlySet<string> = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'REBALANCE_IN_PROGRESS',
]);

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

  /** Asks each group's coordinator, all groups of one coordinator at once, until each has an outcome or time is up. */
  private async atCoordinators<T>(
    name: string,
    { name: apiName }: AnyApi,
    groupIds: readonly string[],
    ask: (call: Call, coordinator: Node, groupIds: readonly string[]) => Promise<[string, T | ToolError][]>,
  ): Promise<Results<string, T>> {
    const results: Results<string, T> = new Map();
    const pending = (): string[] => [...new Set(groupIds)].filter((groupId) => !results.has(groupId));
    if (pending().length === 0) return results;
    try {
      await this.admin.call(name, async (call) => {
        call.stage = snake(FindCoordinator.name);
        const coordinators = await this.coordinators(call, pending(), results);
        call.stage = snake(apiName);
        const asked = [...coordinators.values()].map(async ({ node, ids }) => {
          for (const [groupId, result] of await ask(call, node, ids)) {
            const passes = result instanceof ServerError && AGAIN.has(result.error);
            if (!passes) results.set(groupId, result);
          }
        });
        await Promise.all(asked);
        if (pending().length > 0) throw new ServerError('COORDINATOR_NOT_AVAILABLE');
      });
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      for (const groupId of pending()) results.set(groupId, thrown);
    }
    return results;
  }

  private async coordinators<T>(
    call: Call,
    groupIds: readonly string[],
    results: Results<string, T>,
  ): Promise<Map<number, { node: Node; ids: string[] }>> {
    const { client } = this.admin;
    const located = await findCoordinators(client, groupIds, call.deadlineMs);
    const coordinators = new Map<number, { node: Node; ids: string[] }>();
    for (const [groupId, where] of located) {
      if ('node' in where) {
        const at = coordinators.get(where.node.id);
        if (at) at.ids.push(groupId);
        else coordinators.set(where.node.id, { node: where.node, ids: [groupId] });
      } else if (!AGAIN.has(where.error.error)) {
        results.set(groupId, lookupFailure(groupId, where.error));
      }
    }
    const unknown = [...coordinators.keys()].some((id) => !client.node(id));
    if (unknown) await client.metadata([], call.deadlineMs);
    return coordinators;
  }
}

const LIST_OFFSETS_HANDLER = 'org.apache.kafka.clients.admin.internals.ListConsumerGroupOffsetsHandler';

function lookupFailure(groupId: string, { error }: ServerError): ServerError {
  const why = error === 'GROUP_AUTHORIZATION_FAILED' ? 'groupId' : 'key';
  const key = `CoordinatorKey(idValue='${groupId}', type=GROUP)`;
  const end = why === 'groupId' ? 'authorization failure' : 'an unexpected error';
  return new ServerError(error, `FindCoordinator request for ${why} \`${key}\` failed due to ${end}`);
}

function orError<T>(make: () => T): T | ToolError {
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof ToolError && !(thrown instanceof DisconnectError)) return thrown;
    throw thrown;
  }
}

function outcomeOf<K, T>(results: Results<K, T>, key: K): T {
  const result = results.get(key)!;
  if (result instanceof ToolError) throw result;
  return result;
}
