import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetDelete } from '@odradek/protocol/messages/offset-delete';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { untilThereIsACoordinator } from './groups';
import { assignment, leavingNobody, Member } from './members';
import { Orders } from './orders';
import { versionsOf } from './transactional-producer';

const TOPIC = 'moved-groups';
const OFFSETS = '__consumer_offsets';
const ALL_OF_THEM = [0, 1, 2];
/** For a request that waits in the broker to have come there before the next one is sent. */
const ARRIVAL_MS = 400;

/** Whatever may be asked of a member's group, in every version; nothing that a second time would answer otherwise. */
async function everything(both: Both, member: Member, note: string): Promise<void> {
  const { group, generation, id, options, sends } = member;
  const topics = [{ name: TOPIC, partitionIndexes: [0, 1] }];
  const own = { note: `${group} ${note}`, ...sends };
  await both.sendEvery(
    Heartbeat,
    (version) => (side) => ({
      groupId: group,
      generationId: generation,
      memberId: id(side),
      ...(version >= 3 && { groupInstanceId: options.instance ?? null }),
    }),
    own,
  );
  await both.sendEvery(
    OffsetCommit,
    () => (side) => ({
      groupId: group,
      generationIdOrMemberEpoch: generation,
      memberId: id(side),
      topics: [
        { name: TOPIC, partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: 'm' }] },
        { name: 'moved-none', partitions: [{ partitionIndex: 0, committedOffset: 7, committedMetadata: 'm' }] },
      ],
    }),
    own,
    { from: 1, to: OffsetCommit.range.to },
  );
  for (const requireStable of [false, true]) {
    const asked = { topics, ...(requireStable && { requireStable }) };
    for (let version = requireStable ? 7 : 1; version <= 7; version++) {
      await both.send(OffsetFetch, version, { groupId: group, ...asked }, own);
    }
    for (const version of [8, 9]) {
      const groups = [group, 'moved-unknown', ''].map((groupId) => ({ groupId, topics }));
      await both.send(OffsetFetch, version, { groups, requireStable }, own);
      await both.send(OffsetFetch, version, { groups: [{ groupId: group, topics: null }], requireStable }, own);
    }
  }
  const partitions = [{ partitionIndex: 0 }, { partitionIndex: 9 }];
  await both.send(OffsetDelete, 0, { groupId: group, topics: [{ name: TOPIC, partitions }] }, own);
  for (let version = 0; version <= SyncGroup.range.to; version++) await member.sync(version);
  await both.sendEvery(DescribeGroups, () => ({ groups: [group, 'moved-unknown', group] }), own);
  await both.sendEvery(FindCoordinator, () => ({ key: group }), own, { from: 0, to: 3 });
  await both.sendEvery(ListGroups, () => ({}), own);
}

/** As `everything`, what changes the group where there is a coordinator. */
async function changes(both: Both, member: Member, note: string): Promise<void> {
  const { group } = member;
  for (const version of versionsOf(JoinGroup)) {
    await member.join(version);
    await new Member(both, group, `another of ${version}, ${note}`, member.options).join(version);
  }
  for (const version of versionsOf(LeaveGroup)) {
    await member.leave(version);
    if (version < 3) continue;
    const members = ['nobody', ''].map((memberId) => ({ memberId, groupInstanceId: 'one' }));
    await both.send(LeaveGroup, version, { groupId: group, members }, { note: `${group} ${note}` });
  }
  await both.sendEvery(DeleteGroups, () => ({ groupsNames: [group, 'moved-unknown'] }), { note });
}

/** Groups in all of their states whose coordinator goes away, and comes back: they are what was stored. */
async function groups(both: Both): Promise<void> {
  await both.createTopic(TOPIC, { partitions: 2 });
  await untilThereIsACoordinator(both);
  const orders = new Orders(both);
  await orders.brokersAre([0, 1]);
  const [stable, fixed, joining, syncing, given] = ['stable', 'static', 'joining', 'syncing', 'given'].map(
    (name) => new Member(both, `moved-${name}`, 'm', name === 'static' ? { instance: 'one' } : {}),
  ) as [Member, Member, Member, Member, Member];
  for (const member of [stable, fixed, joining, syncing]) {
    await member.enter(9);
    await member.sync(5, [{ to: member, assignment: assignment(TOPIC, [0]) }]);
  }
  await given.join(9);
  const entering = new Member(both, joining.group, 'enters');
  await entering.join(9);
  const comes = entering.join(9);
  const follower = new Member(both, syncing.group, 'follows');
  await follower.join(9);
  const followed = follower.join(9);
  await sleep(ARRIVAL_MS);
  await syncing.join(9);
  await followed;
  const asks = follower.sync(5);
  await sleep(ARRIVAL_MS);
  const all = [stable, fixed, joining, syncing, given];
  for (const member of all) await both.send(DescribeGroups, 5, { groups: [member.group] }, { note: member.group });
  await orders.follow(OFFSETS, ALL_OF_THEM);
  await comes;
  await asks;
  for (const member of all) {
    await everything(both, member, 'away');
    await changes(both, member, 'away');
  }
  await orders.lead(OFFSETS, ALL_OF_THEM);
  await untilThereIsACoordinator(both);
  for (const member of all) await everything(both, member, 'back');
  await orders.brokersAre([0]);
}

export const movedGroups: readonly Scenario[] = leavingNobody([{ name: 'coordinators away: groups', run: groups }]);
