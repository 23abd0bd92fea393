import type { Admin } from '../client/admin';
import { executionError } from '../client/futures';
import type { CommittedOffset } from '../client/group/offsets';
import type { GroupDescription, GroupsAdmin } from '../client/groups-admin';
import { findLeaders, partitionText, type TopicPartition } from '../client/partitions';
import { hashMapOrder, stringHash, topicPartitionHash } from '../java-order';
import { listOffsets } from '../offsets/list-offsets';
import { runtimeException, ToolError } from '../tool-error';

/** What the command works with: one admin client, every operation within --timeout. */
export interface Clients {
  readonly admin: Admin;
  readonly groups: GroupsAdmin;
}

/** Partitions, or what stands for some, in the order of a java.util.HashMap with partitions for keys. */
export const inPartitionOrder = <T extends TopicPartition>(partitions: readonly T[]): T[] =>
  hashMapOrder(partitions, ({ topic, partition }) => topicPartitionHash(topic, partition));

/** Groups in the order of a java.util.HashMap with their names for keys. */
export const inGroupOrder = (groupIds: readonly string[]): string[] => hashMapOrder(groupIds, stringHash);

/** Names in the order of a java.util.TreeMap: by UTF-16 units. */
export const inTreeOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Fails as Java's tool does when it waits for an answer behind a lambda. */
export async function wrapped<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    throw thrown instanceof ToolError ? runtimeException(executionError(thrown)) : thrown;
  }
}

/** All groups' names. */
export async function allGroups({ groups }: Clients): Promise<string[]> {
  return inGroupOrder((await wrapped(groups.listGroups())).map(({ groupId }) => groupId));
}

/** Descriptions of groups, sorted by name. Throws what failed first. */
export async function describeGroups({ groups }: Clients, groupIds: readonly string[]): Promise<GroupDescription[]> {
  const results = await groups.describeGroups(groupIds);
  const described = inGroupOrder([...results.keys()]).map((groupId) => {
    const result = results.get(groupId)!;
    if (result instanceof ToolError) throw executionError(result);
    return result;
  });
  return described.sort((a, b) => inTreeOrder(a.groupId, b.groupId));
}

/** What a group committed, in hash order. */
export async function committedOffsets({ groups }: Clients, groupId: string): Promise<CommittedOffset[]> {
  return inPartitionOrder(await wrapped(groups.committedOffsets(groupId)));
}

/** The offset of each partition at a timestamp, -1 where it has none there. Throws where that of any cannot be had. */
export async function logOffsets(
  { admin }: Clients,
  partitions: readonly TopicPartition[],
  timestamp: number,
): Promise<Map<string, number>> {
  if (partitions.length === 0) return new Map();
  const answers = await wrapped(
    listOffsets(admin, partitions, timestamp, (call, wanted) => findLeaders(admin, call, wanted)),
  );
  const offsets = new Map<string, number>();
  for (const partition of partitions) {
    const answer = answers.get(partition)!;
    if ('error' in answer) throw runtimeException(executionError(answer.error));
    offsets.set(partitionText(partition), answer.offset);
  }
  return offsets;
}
