import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetDelete } from '@odradek/protocol/messages/offset-delete';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import type { RequestInit } from '@odradek/protocol/schema/api';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { untilThereIsACoordinator } from './groups';
import { assignment, Member, protocols } from './members';

const NOBODY = 'nobody-00000000-0000-0000-0000-000000000000';
type Commit = RequestInit<typeof OffsetCommit>;

const toPartition = (partitionIndex: number, committedOffset: number, committedMetadata: string | null = '') => ({
  partitionIndex,
  committedOffset,
  committedMetadata,
});

function commit(groupId: string, offset: number, change: Partial<Commit> = {}): Commit {
  return {
    groupId,
    memberId: '',
    topics: [{ name: 'group-offsets', partitions: [toPartition(0, offset)] }],
    ...change,
  };
}

/** What of a version's fields a request names. */
const epochs = (version: number) => (version >= 6 ? { committedLeaderEpoch: 3 } : {});

/** All that is committed, in the versions in which the answer's shape changes. */
async function fetchAll(both: Both, groupId: string): Promise<void> {
  for (const version of [2, 5, 7]) await both.send(OffsetFetch, version, { groupId, topics: null }, { note: groupId });
  for (const version of [8, 9]) {
    await both.send(OffsetFetch, version, { groups: [{ groupId, topics: null }] }, { note: groupId });
  }
}

/** Commits of a consumer that assigns itself. */
async function simple(both: Both): Promise<void> {
  await both.createTopic('group-offsets', { partitions: 4 });
  await untilThereIsACoordinator(both);
  await both.sendEvery(OffsetCommit, (version) => {
    const partitions = [
      { ...toPartition(0, 10 + version, 'a note'), ...epochs(version) },
      { ...toPartition(2, version, null), ...epochs(version) },
    ];
    return commit(`simple-${version}`, 0, { topics: [{ name: 'group-offsets', partitions }] });
  });
  for (let version = 0; version <= OffsetCommit.range.to; version++) await fetchAll(both, `simple-${version}`);
  for (const retentionTimeMs of [0, 1, 3_600_000, -1, -2]) {
    const group = `retained-${retentionTimeMs}`;
    await both.sendEvery(
      OffsetCommit,
      () => commit(group, 5, { retentionTimeMs }),
      { note: group },
      { from: 2, to: 4 },
    );
    await fetchAll(both, group);
  }
}

async function badCommits(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const one = (name: string, partition: object) => ({ topics: [{ name, partitions: [partition] }] }) as Partial<Commit>;
  const bad: readonly [string, Partial<Commit>][] = [
    ['empty group', { groupId: '' }],
    ['nothing', { topics: [] }],
    ['no partitions', { topics: [{ name: 'group-offsets', partitions: [] }] }],
    ['unknown topic', one('group-offsets-none', toPartition(0, 1))],
    ['empty topic', one('', toPartition(0, 1))],
    ['unknown partition', one('group-offsets', toPartition(4, 1))],
    ['partition -1', one('group-offsets', toPartition(-1, 1))],
    ['offset -1', one('group-offsets', toPartition(0, -1))],
    ['offset -5', one('group-offsets', toPartition(0, -5))],
    ['a huge offset', one('group-offsets', toPartition(0, Number.MAX_SAFE_INTEGER))],
    ['4096 characters', one('group-offsets', toPartition(0, 1, 'x'.repeat(4096)))],
    ['4097 characters', one('group-offsets', toPartition(0, 1, 'x'.repeat(4097)))],
    ['4096 umlauts', one('group-offsets', toPartition(0, 1, 'ä'.repeat(4096)))],
    ['twice', { topics: [{ name: 'group-offsets', partitions: [toPartition(0, 1), toPartition(0, 2)] }] }],
    [
      'good and bad',
      {
        topics: [
          {
            name: 'group-offsets',
            partitions: [toPartition(9, 1), toPartition(1, 7), toPartition(2, 1, 'x'.repeat(5000))],
          },
          { name: 'group-offsets-none', partitions: [toPartition(0, 1), toPartition(1, 1)] },
        ],
      },
    ],
  ];
  for (const [note, change] of bad) {
    await both.sendEvery(OffsetCommit, () => commit('bad-commits', 1, change), { note, alone: true });
    await fetchAll(both, 'bad-commits');
  }
  const strange: readonly [string, Partial<Commit>][] = [
    ['generation without group', { groupId: 'bad-none', generationIdOrMemberEpoch: 1 }],
    ['member without group', { groupId: 'bad-none', memberId: NOBODY }],
    ['both without group', { groupId: 'bad-none', memberId: NOBODY, generationIdOrMemberEpoch: 1 }],
    ['generation, group of no members', { generationIdOrMemberEpoch: 1 }],
    ['member, group of no members', { memberId: NOBODY }],
    ['both, group of no members', { memberId: NOBODY, generationIdOrMemberEpoch: 0 }],
  ];
  for (const [note, change] of strange) {
    await both.sendEvery(
      OffsetCommit,
      () => commit('bad-commits', 1, change),
      { note, alone: true },
      { from: 1, to: 9 },
    );
  }
  for (const version of [7, 8, 9]) {
    const change = { groupInstanceId: 'i', memberId: NOBODY, generationIdOrMemberEpoch: 3 };
    await both.send(OffsetCommit, version, commit('bad-commits', 1, change), { note: 'instance' });
    await both.send(OffsetCommit, version, commit('bad-commits', 1, { groupInstanceId: 'i' }), {
      note: 'instance alone',
    });
  }
}

/** Commits and fetches of a group that has members, in its states. */
async function ofMembers(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const member = new Member(both, 'committing', 'm', { protocols: protocols(['group-offsets']) });
  const all = async (note: string) => {
    const changes = [
      {},
      { generationIdOrMemberEpoch: 0 },
      { generationIdOrMemberEpoch: 9 },
      { generationIdOrMemberEpoch: -1 },
      { memberId: NOBODY },
      { memberId: '' },
      { memberId: '', generationIdOrMemberEpoch: -1 },
    ];
    for (const change of changes) {
      await both.sendEvery(
        OffsetCommit,
        () => (side) =>
          commit('committing', 1, {
            generationIdOrMemberEpoch: member.generation,
            memberId: member.id(side),
            ...change,
          }),
        { note: `${note} ${JSON.stringify(change)}` },
      );
    }
    await fetchAll(both, 'committing');
    const partitions = [0, 1, 2].map((partitionIndex) => ({ partitionIndex }));
    const topics = [
      { name: 'group-offsets', partitions },
      { name: 'group-offsets-none', partitions },
    ];
    await both.send(OffsetDelete, 0, { groupId: 'committing', topics }, { note });
  };
  await member.enter(5);
  await all('completing');
  await member.sync(4, [{ to: member, assignment: assignment('group-offsets', [0]) }]);
  await all('stable');
  await member.leave(3);
  await all('empty');
}

async function fetches(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  await both.send(OffsetCommit, 9, commit('fetching', 42), { note: 'fetching' });
  const old = { from: 0, to: 7 };
  const topics: readonly [string, readonly { name: string; partitionIndexes: number[] }[]][] = [
    ['some', [{ name: 'group-offsets', partitionIndexes: [0, 1, 3] }]],
    ['none', []],
    ['no partitions', [{ name: 'group-offsets', partitionIndexes: [] }]],
    ['unknown', [{ name: 'group-offsets-none', partitionIndexes: [0] }]],
    ['beyond', [{ name: 'group-offsets', partitionIndexes: [-1, 4, 1000] }]],
    ['twice', [{ name: 'group-offsets', partitionIndexes: [0, 0] }]],
  ];
  for (const groupId of ['fetching', 'fetching-none', '']) {
    for (const [what, wanted] of topics) {
      const note = `'${groupId}' ${what}`;
      await both.sendEvery(OffsetFetch, () => ({ groupId, topics: [...wanted] }), { note }, old);
      const groups = [{ groupId, topics: [...wanted] }];
      await both.sendEvery(OffsetFetch, () => ({ groups }), { note }, { from: 8, to: 9 });
    }
    await both.sendEvery(
      OffsetFetch,
      () => ({ groupId, topics: null }),
      { note: `'${groupId}' all` },
      { from: 2, to: 7 },
    );
    await both.send(OffsetFetch, 7, { groupId, topics: null, requireStable: true }, { note: `'${groupId}' stable` });
  }
  for (const version of [8, 9]) {
    const all = (groupId: string) => ({ groupId, topics: null });
    for (const groups of [[], [all('fetching'), all('fetching-none'), all('')], [all('fetching'), all('fetching')]]) {
      for (const requireStable of [false, true]) {
        // Apache's broker never answers a list without groups.
        const note = `groups ${groups.map((group) => group.groupId)}`;
        await both.send(OffsetFetch, version, { groups, requireStable }, { note, patienceMs: 1500, mayHang: true });
      }
    }
  }
  const strangers = [
    { memberId: NOBODY, memberEpoch: 1 },
    { memberId: NOBODY, memberEpoch: -1 },
    { memberId: null, memberEpoch: 5 },
  ];
  for (const stranger of strangers) {
    const groups = [{ groupId: 'fetching', topics: null, ...stranger }];
    await both.send(OffsetFetch, 9, { groups }, { note: JSON.stringify(stranger) });
  }
}

async function deletions(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const topics = [
    { name: 'group-offsets', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }, { partitionIndex: 99 }] },
  ];
  await both.send(OffsetCommit, 9, commit('deleting', 42), { note: 'deleting' });
  for (const groupId of ['deleting', 'deleting-none', '', 'deleting']) {
    await both.send(OffsetDelete, 0, { groupId, topics }, { note: `'${groupId}'` });
    await both.send(OffsetDelete, 0, { groupId, topics: [] }, { note: `'${groupId}' nothing` });
  }
  await fetchAll(both, 'deleting');
  await both.createTopic('group-offsets-gone');
  const gone = { topics: [{ name: 'group-offsets-gone', partitions: [toPartition(0, 3)] }] };
  await both.send(OffsetCommit, 9, commit('deleting', 1, gone), { note: 'to a topic that will go' });
  await fetchAll(both, 'deleting');
  await both.send(DeleteTopics, 5, { topicNames: ['group-offsets-gone'], timeoutMs: 10_000 } as never);
  await fetchAll(both, 'deleting');
}

/** The records themselves: timestamps are taken from the clock, all else is the same. */
async function stored(both: Both): Promise<void> {
  for (const partition of [0, 1, 2]) {
    const wish = { partition, fetchOffset: 0, partitionMaxBytes: 1 << 24 };
    const topics = [{ topic: '__consumer_offsets', partitions: [wish] }];
    await both.send(
      Fetch,
      11,
      { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 24, topics, forgottenTopicsData: [] },
      { note: `what partition ${partition} holds`, storedRecords: true },
    );
  }
}

export const groupOffsets: readonly Scenario[] = [
  { name: 'group offsets: commits', run: simple },
  { name: 'group offsets: commits that are refused', run: badCommits },
  { name: 'group offsets: of members', run: ofMembers },
  { name: 'group offsets: fetches', run: fetches },
  { name: 'group offsets: deletions', run: deletions },
  { name: 'group offsets: what is stored', run: stored },
];
