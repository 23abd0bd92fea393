import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
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
import { assignment, Member, protocols, REBALANCE_MS, SESSION_MS, subscription } from './members';

/** What no client sends: things that are there twice, empty, or far too large. */

const TOPIC = 'group-oddities';
const NOBODY = 'nobody-00000000-0000-0000-0000-000000000000';
const CHANCE = { paths: ['memberId'], why: 'it is made by chance' };

const toPartition = (partitionIndex: number, committedOffset: number, committedMetadata: string | null = '') => ({
  partitionIndex,
  committedOffset,
  committedMetadata,
});

async function open(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  if (!both.topicIds.has(TOPIC)) await both.createTopic(TOPIC, { partitions: 4 });
}

const describe = (both: Both, groups: readonly string[], note = `${groups}`.slice(0, 40)) =>
  both.sendEvery(
    DescribeGroups,
    (version) => ({ groups: [...groups], ...(version >= 3 && { includeAuthorizedOperations: true }) }),
    { note },
  );

/**
 * Joins that say odd things of the protocols that they know; each in a group of its own. Where a subscription ends too early
 * Apache's coordinator never answers.
 */
async function oddProtocols(both: Both): Promise<void> {
  await open(both);
  const range = subscription([TOPIC]);
  const odd: readonly [note: string, list: { name: string; metadata: Buffer }[]][] = [
    ['no metadata', [{ name: 'range', metadata: Buffer.alloc(0) }]],
    ['no name', [{ name: '', metadata: range }]],
    ['a name of 300 characters', [{ name: 'x'.repeat(300), metadata: range }]],
    ['umlauts', [{ name: 'käfer', metadata: range }]],
    [
      'a subscription of version 9',
      [{ name: 'range', metadata: Buffer.concat([Buffer.from([0, 9]), range.subarray(2)]) }],
    ],
    ['100 protocols', Array.from({ length: 100 }, (_, index) => ({ name: `p${index}`, metadata: range }))],
    ['200 KB', [{ name: 'range', metadata: subscription([TOPIC], Buffer.alloc(200_000, 7)) }]],
    ['2 MB', [{ name: 'range', metadata: subscription([TOPIC], Buffer.alloc(2_000_000, 7)) }]],
  ];
  for (const [index, [, list]] of odd.entries()) {
    for (const version of [0, 3, 4, 9]) {
      const member = new Member(both, `odd-${index}-${version}`, 'm', { protocols: list });
      await member.enter(version);
      const protocolName = list[0]!.name;
      const syncVersion = Math.min(version, SyncGroup.range.to);
      await member.sync(syncVersion, [{ to: member, assignment: assignment(TOPIC, [0]) }], { protocolName });
      await describe(both, [member.group]);
      const partitions = [{ partitionIndex: 0 }];
      await both.send(OffsetDelete, 0, { groupId: member.group, topics: [{ name: TOPIC, partitions }] });
      await member.leave(Math.min(version, LeaveGroup.range.to));
      await describe(both, [member.group]);
    }
  }
  for (const clientId of [null, '', 'ä', 'x'.repeat(1000)]) {
    const request = {
      groupId: `odd-client-${clientId?.length}`,
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: REBALANCE_MS,
      memberId: '',
      protocolType: 'consumer',
      protocols: protocols([TOPIC]),
    };
    await both.send(JoinGroup, 4, request, { clientId, note: `client ${clientId?.length}`, except: CHANCE });
    await describe(both, [request.groupId]);
  }
}

/** Assignments for strangers, for one member twice, of nothing, and too large to be stored. */
async function oddAssignments(both: Both): Promise<void> {
  await open(both);
  const bytes = assignment(TOPIC, [0, 1]);
  for (const version of [0, 2, 5]) {
    const one = async (name: string) => {
      const member = new Member(both, `assigned-${name}-${version}`, 'm', { protocols: protocols([TOPIC]) });
      await member.enter(version + 2);
      return member;
    };
    const twice = await one('twice');
    await twice.sync(version, [
      { to: twice, assignment: bytes },
      { to: twice, assignment: assignment(TOPIC, [2]) },
    ]);
    await twice.sync(version);
    await describe(both, [twice.group]);
    const strange = await one('strange');
    await strange.sync(version, [], {
      assignments: [
        { memberId: NOBODY, assignment: bytes },
        { memberId: '', assignment: bytes },
      ],
    });
    await describe(both, [strange.group]);
    const empty = await one('empty');
    await empty.sync(version, [{ to: empty, assignment: Buffer.alloc(0) }]);
    await describe(both, [empty.group]);
    const large = await one('large');
    await large.sync(version, [{ to: large, assignment: Buffer.alloc(2_000_000, 1) }]);
    await describe(both, [large.group]);
    await large.join(version + 2);
    await large.sync(version, [{ to: large, assignment: bytes }]);
    for (const member of [twice, strange, empty, large]) await member.leave(version > 2 ? 3 : 0);
    await both.sendEvery(DeleteGroups, () => ({ groupsNames: [twice.group, NOBODY, twice.group, strange.group] }));
    await describe(both, [twice.group, strange.group, twice.group, '', 'none at all']);
  }
}

/** Who leaves twice in one request, or under two names. */
async function leavingTwice(both: Both): Promise<void> {
  await open(both);
  for (let version = 3; version <= LeaveGroup.range.to; version++) {
    const member = new Member(both, `leaving-${version}`, 'm', { instance: 'one', protocols: protocols([TOPIC]) });
    await member.enter(7);
    await member.sync(5, [{ to: member, assignment: assignment(TOPIC, [0]) }]);
    const reason = version >= 5 ? { reason: 'because '.repeat(100) } : {};
    const leave = async (note: string, ...members: { own?: true; memberId?: string; groupInstanceId?: string }[]) =>
      both.send(
        LeaveGroup,
        version,
        (side) => ({
          groupId: member.group,
          members: members.map(({ own, memberId = '', groupInstanceId = null }) => ({
            memberId: own ? member.id(side) : memberId,
            groupInstanceId,
            ...reason,
          })),
        }),
        { note },
      );
    await leave('an id that is another’s', { memberId: NOBODY, groupInstanceId: 'one' }, { groupInstanceId: '' });
    await leave('its id with another name', { own: true, groupInstanceId: 'two' });
    await leave('by its name, twice', { groupInstanceId: 'one' }, { groupInstanceId: 'one' }, { own: true });
    await describe(both, [member.group]);
    const again = new Member(both, member.group, 'again', { protocols: protocols([TOPIC]) });
    await again.enter(7);
    await again.sync(5, [{ to: again, assignment: assignment(TOPIC, [0]) }]);
    await both.send(
      LeaveGroup,
      version,
      (side) => ({ groupId: again.group, members: [1, 2].map(() => ({ memberId: again.id(side) })) }),
      { note: 'by its id, twice' },
    );
    await describe(both, [member.group]);
  }
}

/** Topics and partitions that one request names more than once. */
async function offsetsTwice(both: Both): Promise<void> {
  await open(both);
  const groupId = 'oddities-offsets';
  const topicTwice = [
    { name: TOPIC, partitions: [toPartition(0, 1, 'first'), toPartition(1, 1)] },
    { name: 'oddities-none', partitions: [toPartition(0, 1)] },
    { name: TOPIC, partitions: [toPartition(0, 2, 'second'), toPartition(9, 2), toPartition(2, 2, null)] },
  ];
  const commits: readonly [note: string, topics: typeof topicTwice][] = [
    ['a topic twice', topicTwice],
    ['a topic of no partitions, and again', [{ name: TOPIC, partitions: [] }, ...topicTwice.slice(2)]],
    ['a name too long', [{ name: 'x'.repeat(300), partitions: [toPartition(0, 1)] }]],
    ['a name that no topic has', [{ name: 'a/b', partitions: [toPartition(0, 1)] }]],
    ['the topic of offsets', [{ name: '__consumer_offsets', partitions: [toPartition(0, 1)] }]],
    ['300 KB of metadata', [{ name: TOPIC, partitions: [toPartition(0, 1, 'm'.repeat(30_000)), toPartition(3, 1)] }]],
  ];
  for (const [note, topics] of commits) {
    await both.sendEvery(OffsetCommit, () => ({ groupId, memberId: '', topics }), { note, alone: true });
    for (const version of [1, 5, 7]) {
      const partitionIndexes = [3, 0, 1, 2, 0, 9];
      const asked = [
        { name: TOPIC, partitionIndexes },
        { name: 'oddities-none', partitionIndexes: [0] },
        { name: TOPIC, partitionIndexes: [1] },
        { name: '__consumer_offsets', partitionIndexes: [0] },
      ];
      await both.send(OffsetFetch, version, { groupId, topics: asked }, { note: `after ${note}` });
      if (version > 1) await both.send(OffsetFetch, version, { groupId, topics: null }, { note: `after ${note}` });
    }
  }
  const asked = [
    { name: TOPIC, partitionIndexes: [0, 1] },
    { name: TOPIC, partitionIndexes: [1, 2] },
  ];
  await both.sendEvery(OffsetFetch, () => ({ groupId, topics: asked }), { note: 'a topic twice' }, { from: 0, to: 7 });
  for (const version of [8, 9]) {
    const groups = [groupId, 'oddities-unknown', groupId].map((id) => ({ groupId: id, topics: asked }));
    await both.send(OffsetFetch, version, { groups }, { note: 'topics and groups twice' });
  }
  const gone = [
    { name: TOPIC, partitions: [0, 0, -1, -1].map((partitionIndex) => ({ partitionIndex })) },
    { name: 'oddities-none', partitions: [{ partitionIndex: 0 }, { partitionIndex: 0 }] },
    { name: '', partitions: [{ partitionIndex: 0 }] },
    { name: TOPIC, partitions: [{ partitionIndex: 1 }, { partitionIndex: 0 }] },
    { name: TOPIC, partitions: [] },
  ];
  for (let times = 0; times < 2; times++) {
    await both.send(OffsetDelete, 0, { groupId, topics: gone }, { note: `topics twice ${times}` });
    await both.send(OffsetFetch, 7, { groupId, topics: null }, { note: `what is left ${times}` });
  }
}

/** Lists and descriptions of many, of none, and of what is no group. */
async function many(both: Both): Promise<void> {
  await open(both);
  const groups = Array.from({ length: 60 }, (_, index) => `oddities-many-${index}`);
  for (const groupId of groups.slice(0, 30)) {
    const topics = [{ name: TOPIC, partitions: [toPartition(0, 1)] }];
    await both.send(OffsetCommit, 8, { groupId, memberId: '', topics });
  }
  await describe(both, [...groups, ...groups.slice(0, 3), '', ' ', 'ä'], 'many');
  for (const statesFilter of [['Dead'], ['Empty', 'Empty'], ['empty', 'no state'], ['Assigning'], ['Reconciling']]) {
    await both.sendEvery(ListGroups, () => ({ statesFilter }), { note: `${statesFilter}` }, { from: 4, to: 5 });
    await both.send(ListGroups, 5, { statesFilter, typesFilter: ['CLASSIC', 'classic'] }, { note: `${statesFilter}` });
  }
  const groupsNames = [...groups.slice(20, 40), groups[25]!, '', 'ä', ...groups.slice(20, 22)];
  await both.sendEvery(DeleteGroups, () => ({ groupsNames }), { note: 'many' });
  await describe(both, groups.slice(15, 45), 'many, some deleted');
  await both.send(DeleteGroups, 2, { groupsNames: groups }, { note: 'the rest' });
}

export const groupOddities: readonly Scenario[] = [
  { name: 'groups: odd protocols', run: oddProtocols },
  { name: 'groups: odd assignments', run: oddAssignments },
  { name: 'groups: who leaves twice', run: leavingTwice },
  { name: 'groups: offsets twice', run: offsetsTwice },
  { name: 'groups: many and none', run: many },
];
