import type { Admin } from '@odradek/tools/client/admin';
import { GroupsAdmin } from '@odradek/tools/client/groups-admin';
import { findLeaders, partitionText, type TopicPartition } from '@odradek/tools/client/partitions';
import { EARLIEST, LATEST, listOffsets } from '@odradek/tools/offsets/list-offsets';
import { ServerError, ToolError } from '@odradek/tools/tool-error';
import type { OffsetsReset, ResetOffsets } from '../api';
import { badRequest } from '../http/answer';

const groupsOf = (admin: Admin): GroupsAdmin => new GroupsAdmin(admin, () => {});

/** Throws `ToolError`: a group that has members is not deleted. */
export async function deleteGroup(admin: Admin, groupId: string): Promise<void> {
  const result = (await groupsOf(admin).deleteGroups([groupId])).get(groupId)!;
  if (result instanceof ToolError) throw result;
}

/**
 * Moves a group's committed offsets of a topic, as `kafka-consumer-groups --reset-offsets` does: into what the log holds, and
 * only while nobody consumes. With `dryRun` it says what it would do. Throws `ToolError` or `HttpError`.
 */
export async function resetOffsets(admin: Admin, groupId: string, request: ResetOffsets): Promise<OffsetsReset> {
  const groups = groupsOf(admin);
  const { dryRun } = request;
  await refuseMembers(groups, groupId);
  const partitions = await partitionsOf(admin, request);
  const committed = await committedOf(groups, groupId);
  const targets = await targetsOf(admin, partitions, committed, request.to);
  const offsets = partitions.map((each) => ({
    ...each,
    from: committed.get(partitionText(each)) ?? null,
    to: targets.get(partitionText(each))!,
  }));
  if (!dryRun) {
    await groups.alterOffsets(
      groupId,
      offsets.map(({ topic, partition, to }) => ({ topic, partition, offset: to })),
    );
  }
  return { dryRun, offsets };
}

async function refuseMembers(groups: GroupsAdmin, groupId: string): Promise<void> {
  const group = (await groups.describeGroups([groupId])).get(groupId)!;
  if (group instanceof ToolError) throw group;
  if (group.state === 'Empty' || group.state === 'Dead') return;
  const message = `Offsets can only be reset while the group is inactive, but its state is ${group.state}.`;
  throw new ServerError('NON_EMPTY_GROUP', message, true);
}

async function partitionsOf(admin: Admin, { topic: name, partitions }: ResetOffsets): Promise<TopicPartition[]> {
  const { topics } = await admin.call('describeTopics', ({ deadlineMs }) => admin.client.metadata([name], deadlineMs));
  const topic = topics.find((each) => each.name === name);
  if (topic?.errorCode !== 0) throw new ServerError('UNKNOWN_TOPIC_OR_PARTITION', null, true);
  const all = topic.partitions.map(({ partitionIndex }) => partitionIndex).sort((a, b) => a - b);
  const missing = partitions?.find((partition) => !all.includes(partition));
  if (missing !== undefined) throw badRequest(`${name} has ${all.length} partitions, and no partition ${missing}.`);
  return [...new Set(partitions ?? all)].map((partition) => ({ topic: name, partition }));
}

async function committedOf(groups: GroupsAdmin, groupId: string): Promise<Map<string, number>> {
  const offsets = await groups.committedOffsets(groupId);
  return new Map(offsets.map((each) => [partitionText(each), each.offset]));
}

async function targetsOf(
  admin: Admin,
  partitions: readonly TopicPartition[],
  committed: ReadonlyMap<string, number>,
  to: ResetOffsets['to'],
): Promise<Map<string, number>> {
  const [starts, ends] = await Promise.all([
    offsetsAt(admin, partitions, EARLIEST),
    offsetsAt(admin, partitions, LATEST),
  ]);
  if (to === 'earliest') return starts;
  if (to === 'latest') return ends;
  const wanted = 'timeMs' in to ? await offsetsAt(admin, partitions, to.timeMs) : new Map<string, number>();
  const targets = new Map<string, number>();
  for (const each of partitions) {
    const name = partitionText(each);
    const [start, end] = [starts.get(name)!, ends.get(name)!];
    targets.set(name, Math.min(Math.max(targetOf(name, to, committed, wanted, end), start), end));
  }
  return targets;
}

function targetOf(
  name: string,
  to: Exclude<ResetOffsets['to'], string>,
  committed: ReadonlyMap<string, number>,
  atTime: ReadonlyMap<string, number>,
  end: number,
): number {
  if ('offset' in to) return to.offset;
  if ('timeMs' in to) {
    const offset = atTime.get(name)!;
    // Nothing is as new as that.
    return offset < 0 ? end : offset;
  }
  const current = committed.get(name);
  if (current !== undefined) return current + to.shiftBy;
  throw badRequest(`${name} cannot be shifted: the group has no committed offset there.`);
}

async function offsetsAt(
  admin: Admin,
  partitions: readonly TopicPartition[],
  timestamp: number,
): Promise<Map<string, number>> {
  const results = await listOffsets(admin, partitions, timestamp, (call, wanted) => findLeaders(admin, call, wanted));
  const offsets = new Map<string, number>();
  for (const [partition, result] of results) {
    if ('error' in result) throw result.error;
    offsets.set(partitionText(partition), result.offset);
  }
  return offsets;
}
