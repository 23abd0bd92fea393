import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetDelete } from '@odradek/protocol/messages/offset-delete';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { TxnOffsetCommit } from '@odradek/protocol/messages/txn-offset-commit';
import type { Both } from '../both';
import type { Scenario } from '../main';
import type { SideName } from '../world';
import { untilThereIsACoordinator } from './groups';
import { assignment, leavingNobody, Member, protocols } from './members';
import { unverified } from './transactional';

const TOPIC = 'group-states';
const NOBODY = 'nobody-00000000-0000-0000-0000-000000000000';
const STATES = ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead', 'Unknown'];
const GENERATIONS = 3;
/** For a request that waits in the broker to have come there before the next one is sent. */
const ARRIVAL_MS = 400;

/** Who speaks: a member's id, and the name of an instance. */
type Speaker = readonly [id: Member | string, instance: string | null];

const idOf = (id: Member | string, side: SideName): string => (typeof id === 'string' ? id : id.id(side));

/** Speakers that are never right, whatever the state of a group of `one` (named `a`) and `two` (named `b`). */
function impostors(one: Member, two: Member): Speaker[] {
  const all: Speaker[] = [
    [NOBODY, 'a'],
    ['', 'a'],
    ['', 'c'],
    [NOBODY, 'c'],
    [NOBODY, null],
    [one, 'b'],
    [two, 'a'],
    [one, 'c'],
    [one, ''],
  ];
  // Who has not joined yet has no id.
  return all.filter(([id]) => typeof id === 'string' || id.id('ours') !== '');
}

const toPartition = (partitionIndex: number) => ({ partitionIndex, committedOffset: 3, committedMetadata: null });
const COMMITS = [{ name: TOPIC, partitions: [toPartition(0), toPartition(9)] }];

/** What impostors ask for in one state of the group. */
async function asked(both: Both, one: Member, two: Member, note: string): Promise<void> {
  const groupId = one.group;
  const generation = Math.max(one.generation, two.generation);
  for (const [id, groupInstanceId] of impostors(one, two)) {
    const speaks = { note: `${note}: ${typeof id === 'string' ? id : id.name} as ${groupInstanceId}` };
    for (const generationId of [generation, -1, generation + 1]) {
      const speaker = (side: SideName) => ({ memberId: idOf(id, side), groupInstanceId });
      const of = { from: GENERATIONS, to: Heartbeat.range.to };
      await both.sendEvery(
        Heartbeat,
        () => (side) => ({ groupId, generationId, ...speaker(side) }),
        { ...speaks, alone: true },
        of,
      );
      await both.send(
        OffsetCommit,
        9,
        (side) => ({ groupId, generationIdOrMemberEpoch: generationId, ...speaker(side), topics: COMMITS }),
        speaks,
      );
      await both.send(
        TxnOffsetCommit,
        3,
        (side) => ({
          transactionalId: 'of group states',
          groupId,
          producerId: 9000,
          producerEpoch: 0,
          generationId,
          ...speaker(side),
          topics: COMMITS,
        }),
        speaks,
      );
      const wrong = new Member(
        both,
        groupId,
        'impostor',
        groupInstanceId === null ? {} : { instance: groupInstanceId },
      );
      wrong.ids = { ours: idOf(id, 'ours'), apache: idOf(id, 'apache') };
      wrong.generation = generationId;
      for (const version of [3, 5]) await wrong.sync(version);
    }
    // Without an id, or with a name that nobody has, one joins.
    if (id === '' || groupInstanceId === null || (id === NOBODY && groupInstanceId === 'c')) continue;
    for (const version of [5, 7, 9]) {
      const joining = new Member(both, groupId, 'impostor', { instance: groupInstanceId });
      joining.ids = { ours: idOf(id, 'ours'), apache: idOf(id, 'apache') };
      await joining.join(version);
    }
  }
  for (const version of [3, 4, 5]) {
    await both.send(
      LeaveGroup,
      version,
      (side) => ({
        groupId,
        members: impostors(one, two)
          .filter(([id, instance]) => id !== '' || instance !== 'a')
          .map(([id, groupInstanceId]) => ({ memberId: idOf(id, side), groupInstanceId })),
      }),
      { note },
    );
  }
}

/** What anybody may ask for; nothing that changes the group while it has members. */
async function looked(both: Both, group: string, note: string): Promise<void> {
  for (const state of STATES) {
    await both.send(ListGroups, 5, { statesFilter: [state], typesFilter: ['classic'] }, { note: `${note}: ${state}` });
  }
  await both.sendEvery(DescribeGroups, () => ({ groups: [group] }), { note });
  const partitions = [{ partitionIndex: 0 }, { partitionIndex: 1 }];
  const topics = [
    { name: TOPIC, partitions },
    { name: 'group-states-other', partitions },
  ];
  await both.send(OffsetDelete, 0, { groupId: group, topics }, { note });
  const plain = { groupId: group, memberId: '', generationIdOrMemberEpoch: -1, topics: COMMITS };
  for (const version of [1, 2, 5, 9]) await both.send(OffsetCommit, version, plain, { note: `${note}, of nobody` });
  for (const requireStable of [false, true]) {
    const wishes = [group, 'group-states-none', group].map((groupId) => ({ groupId, topics: null }));
    await both.send(OffsetFetch, 9, { groups: wishes, requireStable }, { note });
    const some = [{ name: TOPIC, partitionIndexes: [1, 0, 0, 7] }];
    await both.send(OffsetFetch, 9, { groups: [{ groupId: group, topics: some }], requireStable }, { note });
  }
}

/** A group of two static members in all of its states, asked for everything that is wrong. */
async function states(both: Both): Promise<void> {
  if (!both.topicIds.has(TOPIC)) await both.createTopic(TOPIC, { partitions: 2 });
  await untilThereIsACoordinator(both);
  const group = 'group-states';
  const options = (instance: string) => ({ instance, protocols: protocols([TOPIC]) });
  const one = new Member(both, group, 'one', options('a'));
  const two = new Member(both, group, 'two', options('b'));
  const state = async (note: string): Promise<void> => {
    await asked(both, one, two, note);
    await looked(both, group, note);
    if (note !== 'empty') await both.sendEvery(DeleteGroups, () => ({ groupsNames: [group, group] }), { note });
  };
  const shares = [one, two].map((to, partition) => ({ to, assignment: assignment(TOPIC, [partition]) }));
  await state('unknown');
  await one.enter(9);
  await state('completing');
  await one.sync(5, shares.slice(0, 1));
  await state('stable');
  const coming = two.enter(9);
  await sleep(ARRIVAL_MS);
  await state('preparing');
  await one.join(9);
  await coming;
  await state('completing with two');
  const following = two.sync(5);
  await sleep(ARRIVAL_MS);
  await state('a follower waits');
  await one.sync(5, shares);
  await following;
  await state('stable with two');
  // The leader comes back: nothing changes, and it is told not to assign anything (KIP-814).
  for (const version of [8, 9]) {
    const back = new Member(both, group, `back ${version}`, options('a'));
    await back.enter(version);
    await state(`the leader is back with ${version}`);
    await back.sync(5, shares);
    one.ids = back.ids;
  }
  await two.leave(5);
  await one.leave(5);
  await state('empty');
  await both.send(DeleteGroups, 2, { groupsNames: [group] }, { note: 'empty' });
  await looked(both, 'group-states-none', 'nothing');
}

export const groupStates: readonly Scenario[] = leavingNobody([
  { name: 'groups: everything wrong in every state', run: (both) => unverified(both, () => states(both)) },
]);
