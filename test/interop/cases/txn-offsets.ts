import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetDelete } from '@odradek/protocol/messages/offset-delete';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { TxnOffsetCommit } from '@odradek/protocol/messages/txn-offset-commit';
import type { RequestInit } from '@odradek/protocol/schema/api';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { forgetKilled, untilLed } from '../zookeeper';
import { untilThereIsACoordinator } from './groups';
import { assignment, Member, protocols } from './members';
import { COORDINATOR_PARTITIONS, mark, marker, partitionOf, unverified } from './transactional';
import { Producer, untilTransactionsAreCoordinated } from './transactional-producer';

const TOPIC = 'txn-offsets';
const OFFSETS_TOPIC = '__consumer_offsets';
const NOBODY = 'nobody-00000000-0000-0000-0000-000000000000';
const EPOCHS = 2;
const MEMBERS = 3;
type Commit = RequestInit<typeof TxnOffsetCommit>;

const to = (partitionIndex: number, committedOffset: number, committedMetadata: string | null = '') => ({
  partitionIndex,
  committedOffset,
  committedMetadata,
});

function commit(groupId: string, producerId: number, offset: number, change: Partial<Commit> = {}): Commit {
  const topics = [{ name: TOPIC, partitions: [to(0, offset)] }];
  return { transactionalId: `of ${groupId}`, groupId, producerId, producerEpoch: 0, topics, ...change };
}

/** Ends the producer's transaction where the group is kept. */
const end = (both: Both, groupId: string, producerId: number, transactionResult: boolean, producerEpoch = 0) =>
  mark(both, 1, [
    marker(producerId, { [OFFSETS_TOPIC]: [partitionOf(groupId)] }, { transactionResult, producerEpoch }),
  ]);

/** What is committed, and what may still change, in every version that tells. */
async function look(both: Both, groupId: string, note: string): Promise<void> {
  const topics = [{ name: TOPIC, partitionIndexes: [0, 1, 2] }];
  for (const requireStable of [false, true]) {
    const options = { note: `${groupId}: ${note}${requireStable ? ', stable' : ''}` };
    await both.send(OffsetFetch, 7, { groupId, topics, requireStable }, options);
    await both.send(OffsetFetch, 7, { groupId, topics: null, requireStable }, options);
    await both.send(OffsetFetch, 9, { groups: [{ groupId, topics }], requireStable }, options);
    await both.send(OffsetFetch, 9, { groups: [{ groupId, topics: null }], requireStable }, options);
  }
  await both.send(OffsetFetch, 5, { groupId, topics }, { note: `${groupId}: ${note}` });
  await both.send(DescribeGroups, 5, { groups: [groupId] }, { note: `${groupId}: ${note}` });
}

/** What the group's partition of `__consumer_offsets` holds from the offset on where `before` ended. */
async function stored(both: Both, groupId: string): Promise<void> {
  const partitions = [{ partition: partitionOf(groupId), fetchOffset: 0, partitionMaxBytes: 1 << 24 }];
  const request = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 24, forgottenTopicsData: [] };
  await both.send(
    Fetch,
    11,
    { ...request, topics: [{ topic: OFFSETS_TOPIC, partitions }] },
    { note: `stored of ${groupId}`, storedRecords: true },
  );
}

async function versions(both: Both): Promise<void> {
  const epochs = (version: number) => (version >= EPOCHS ? { committedLeaderEpoch: 3 } : {});
  let producerId = 1000;
  for (const isCommit of [true, false]) {
    await both.sendEvery(TxnOffsetCommit, (version) => {
      const partitions = [
        { ...to(0, 10 + version, 'a note'), ...epochs(version) },
        { ...to(2, version, null), ...epochs(version) },
      ];
      return commit(`txn-${isCommit}-${version}`, producerId + version, 0, { topics: [{ name: TOPIC, partitions }] });
    });
    for (let version = 0; version <= TxnOffsetCommit.range.to; version++) {
      const group = `txn-${isCommit}-${version}`;
      await look(both, group, 'open');
      await end(both, group, producerId + version, isCommit);
      await look(both, group, isCommit ? 'committed' : 'aborted');
    }
    producerId += 100;
  }
  for (let version = 0; version < COORDINATOR_PARTITIONS; version++) await stored(both, `txn-true-${version}`);
}

async function badCommits(both: Both): Promise<void> {
  const one = (name: string, partition: object) => ({ topics: [{ name, partitions: [partition] }] }) as Partial<Commit>;
  const bad: readonly [string, Partial<Commit>][] = [
    ['empty group', { groupId: '' }],
    ['nothing', { topics: [] }],
    ['no partitions', { topics: [{ name: TOPIC, partitions: [] }] }],
    ['unknown topic', one('txn-offsets-none', to(0, 1))],
    ['empty topic', one('', to(0, 1))],
    ['unknown partition', one(TOPIC, to(4, 1))],
    ['partition -1', one(TOPIC, to(-1, 1))],
    ['offset -1', one(TOPIC, to(0, -1))],
    ['4096 characters', one(TOPIC, to(0, 1, 'x'.repeat(4096)))],
    ['4097 characters', one(TOPIC, to(1, 1, 'x'.repeat(4097)))],
    ['twice', { topics: [{ name: TOPIC, partitions: [to(0, 1), to(0, 2)] }] }],
    ['good and too long', { topics: [{ name: TOPIC, partitions: [to(1, 7), to(2, 1, 'x'.repeat(5000))] }] }],
    ['empty transactional id', { transactionalId: '' }],
    [
      'good and bad',
      {
        topics: [
          { name: TOPIC, partitions: [to(9, 1), to(1, 7)] },
          { name: 'txn-offsets-none', partitions: [to(0, 1), to(1, 1)] },
        ],
      },
    ],
  ];
  let producerId = 2000;
  for (const [note, change] of bad) {
    producerId++;
    await both.sendEvery(TxnOffsetCommit, () => commit('txn-bad', producerId, 1, change), { note, alone: true });
    await look(both, 'txn-bad', note);
    await end(both, 'txn-bad', producerId, true);
    await look(both, 'txn-bad', `${note}, ended`);
  }
  const strange: readonly [string, Partial<Commit>][] = [
    ['generation', { generationId: 1 }],
    ['member', { memberId: NOBODY }],
    ['both', { memberId: NOBODY, generationId: 1 }],
    ['instance', { groupInstanceId: 'i' }],
    ['all', { groupInstanceId: 'i', memberId: NOBODY, generationId: 1 }],
  ];
  for (const [note, change] of strange) {
    for (const groupId of ['txn-bad', `txn-none ${note}`]) {
      const request = () => commit(groupId, 2500, 1, { ...change, groupId });
      await both.sendEvery(TxnOffsetCommit, request, { note: `${groupId} ${note}` }, { from: MEMBERS, to: 4 });
      await look(both, groupId, note);
    }
  }
  await end(both, 'txn-bad', 2500, true);
  await look(both, 'txn-bad', 'after all');
}

/** Epochs of producers count in the partition of the group. */
async function epochs(both: Both): Promise<void> {
  const group = 'txn-epochs';
  const at = (producerEpoch: number, offset: number) => commit(group, 2600, offset, { producerEpoch });
  await both.sendEvery(TxnOffsetCommit, (version) => at(5, version), { note: 'epoch 5' });
  await both.sendEvery(TxnOffsetCommit, (version) => at(4, version), { note: 'epoch 4' });
  // With what it refuses Apache's coordinator forgets what it had taken before, ours does not.
  await both.send(TxnOffsetCommit, 3, at(5, 9), { note: 'epoch 5 again' });
  await look(both, group, 'two epochs');
  await end(both, group, 2600, true, 4);
  await look(both, group, 'an older marker');
  await end(both, group, 2600, true, 6);
  await look(both, group, 'a newer marker');
  await both.sendEvery(TxnOffsetCommit, (version) => at(5, version + 10), { note: 'after a newer marker' });
  await look(both, group, 'fenced');
  await both.sendEvery(TxnOffsetCommit, () => commit(group, -1, 5), { note: 'without a producer' });
  await look(both, group, 'without a producer');
}

/** Two transactions and plain commits of one group: the later in the log counts. */
async function beside(both: Both): Promise<void> {
  const group = 'txn-beside';
  const plain = (offset: number) =>
    both.send(OffsetCommit, 8, {
      groupId: group,
      memberId: '',
      topics: [{ name: TOPIC, partitions: [to(0, offset)] }],
    });
  await both.send(TxnOffsetCommit, 3, commit(group, 3000, 1));
  await plain(2);
  await look(both, group, 'plain after transactional');
  await end(both, group, 3000, true);
  await look(both, group, 'committed, older');
  await plain(3);
  await both.send(TxnOffsetCommit, 3, commit(group, 3000, 4));
  await both.send(TxnOffsetCommit, 3, commit(group, 3001, 5));
  await look(both, group, 'two open');
  await end(both, group, 3001, true);
  await look(both, group, 'the later one committed');
  await end(both, group, 3000, true);
  await look(both, group, 'the earlier one, too');
  await both.send(TxnOffsetCommit, 3, commit(group, 3002, 6));
  await both.send(TxnOffsetCommit, 3, commit(group, 3002, 7));
  await end(both, group, 3002, false);
  await look(both, group, 'aborted');
  await both.send(TxnOffsetCommit, 3, commit(group, 3003, 8));
  const topics = [{ name: TOPIC, partitions: [{ partitionIndex: 0 }] }];
  await both.send(OffsetDelete, 0, { groupId: group, topics }, { note: 'while one is open' });
  await look(both, group, 'deleted');
  await end(both, group, 3003, true);
  await look(both, group, 'deleted, committed');
}

async function deletions(both: Both): Promise<void> {
  const group = 'txn-deleted';
  const drop = (note: string) => both.send(DeleteGroups, 2, { groupsNames: [group] }, { note });
  await both.send(TxnOffsetCommit, 3, commit(group, 3100, 1));
  await drop('with nothing but an open transaction');
  await look(both, group, 'deleted');
  await end(both, group, 3100, true);
  await look(both, group, 'deleted, then committed');
  await both.send(OffsetCommit, 8, { groupId: group, memberId: '', topics: [{ name: TOPIC, partitions: [to(1, 9)] }] });
  await both.send(TxnOffsetCommit, 3, commit(group, 3101, 2));
  await drop('with a commit and an open transaction');
  await both.send(TxnOffsetCommit, 3, commit(group, 3102, 3));
  await look(both, group, 'made again');
  await end(both, group, 3101, true);
  await end(both, group, 3102, true);
  await look(both, group, 'made again, committed');
  const other = 'txn-offsets-deleted';
  await both.createTopic(other, { partitions: 1 });
  const topics = [
    { name: other, partitions: [to(0, 7)] },
    { name: TOPIC, partitions: [to(2, 8)] },
  ];
  await both.send(TxnOffsetCommit, 3, commit(group, 3103, 0, { topics }));
  await both.send(DeleteTopics, 5, { topicNames: [other], timeoutMs: 10_000 });
  await look(both, group, 'its topic is gone');
  await end(both, group, 3103, true);
  await look(both, group, 'its topic is gone, committed');
}

/** Members of a group, by generation (KIP-447), and those who say nothing of it. */
async function ofMembers(both: Both): Promise<void> {
  const member = new Member(both, 'txn-members', 'm', { protocols: protocols([TOPIC]) });
  const changes = [
    {},
    { generationId: 0 },
    { generationId: 9 },
    { generationId: -1 },
    { memberId: NOBODY },
    { memberId: '' },
    { memberId: '', generationId: -1 },
    { groupInstanceId: 'i' },
  ];
  let producerId = 3200;
  const all = async (note: string) => {
    producerId++;
    for (const change of changes) {
      await both.sendEvery(
        TxnOffsetCommit,
        (version) => (side) =>
          commit(member.group, producerId, version, {
            ...(version >= MEMBERS && { generationId: member.generation, memberId: member.id(side), ...change }),
          }),
        { note: `${note} ${JSON.stringify(change)}` },
      );
    }
    const topics = [{ name: TOPIC, partitionIndexes: [0] }];
    const group = { groupId: member.group, topics, requireStable: true };
    await both.send(OffsetFetch, 7, group, { note: `${note}, open` });
    await end(both, member.group, producerId, true);
    await both.send(OffsetFetch, 7, group, { note: `${note}, committed` });
  };
  await member.enter(5);
  await all('completing');
  await member.sync(4, [{ to: member, assignment: assignment(TOPIC, [0]) }]);
  await all('stable');
  await member.leave(3);
  await all('empty');
}

/** Open transactions are there again after the coordinator's end, clean or not. */
async function restarts(both: Both): Promise<void> {
  const groups = ['txn-restart-a', 'txn-restart-b', 'txn-restart-c'];
  const wind = async (signal: 'SIGTERM' | 'SIGKILL', from: number): Promise<void> => {
    for (const [index, group] of groups.entries()) {
      await both.send(TxnOffsetCommit, 3, commit(group, from + index, from));
      await both.send(TxnOffsetCommit, 3, commit(group, from + 10, from + 1));
    }
    await end(both, groups[0]!, from, true);
    const whileDown = async (): Promise<void> => {
      if (signal === 'SIGKILL') await forgetKilled(both.world);
    };
    await both.world.restart(signal, { whileDown });
    await untilLed(both.world, OFFSETS_TOPIC);
    await untilThereIsACoordinator(both);
    for (const group of groups) await look(both, group, `after ${signal}`);
    for (const [index, group] of groups.entries()) await end(both, group, from + index, index !== 1);
    for (const partition of [0, 1, 2]) {
      await mark(both, 1, [
        marker(from + 10, { [OFFSETS_TOPIC]: [partition] }, { transactionResult: partition !== 1 }),
      ]);
    }
    for (const group of groups) await look(both, group, `after ${signal}, ended`);
  };
  await wind('SIGTERM', 4000);
  await wind('SIGKILL', 4100);
}

/** What the coordinator of the transaction does not know of is refused (KIP-890). */
async function verification(both: Both): Promise<void> {
  await untilTransactionsAreCoordinated(both);
  for (let version = 0; version <= TxnOffsetCommit.range.to; version++) {
    const producer = new Producer(both, `txn-verified-${version}`);
    const group = `txn-verified-${version}`;
    const elsewhere = ['a', 'b', 'c', 'd'].find((other) => partitionOf(other) !== partitionOf(group))!;
    const attempt = (note: string, change: Partial<Commit> = {}) =>
      both.send(
        TxnOffsetCommit,
        version,
        (side) =>
          commit(group, producer.id(side).producerId, version, {
            transactionalId: producer.transactionalId,
            producerEpoch: producer.id(side).producerEpoch,
            ...change,
          }),
        { note: `${group}: ${note}` },
      );
    await attempt('without a transaction', { producerId: 77 });
    await look(both, group, 'refused');
    await producer.enter();
    await attempt('not begun');
    await producer.addOffsets(3, elsewhere);
    await attempt('of another group');
    await producer.addOffsets(3, group);
    await attempt('an older epoch', { producerEpoch: -1 });
    await attempt('a newer epoch', { producerEpoch: 50 });
    await attempt('another transactional id', { transactionalId: 'txn-verified-none' });
    await attempt('another producer', { producerId: 4_000_000 });
    await attempt('as it should be');
    await attempt('again');
    await look(both, group, 'open');
    await producer.end(3, version % 2 === 0);
    await producer.untilComplete();
    await look(both, group, 'ended');
    await attempt('after the end');
    await look(both, group, 'after the end');
    await producer.addOffsets(3, group);
    await attempt('in the next transaction');
    await producer.end(3, true);
    await producer.untilComplete();
    await look(both, group, 'the next one');
  }
}

/** Each can be chosen alone: the topic is made by whichever comes first. */
const prepared = (run: (both: Both) => Promise<void>) => async (both: Both) => {
  if (!both.topicIds.has(TOPIC)) await both.createTopic(TOPIC, { partitions: 3 });
  await untilThereIsACoordinator(both);
  await run(both);
};

const WITHOUT_COORDINATOR: Readonly<Record<string, (both: Both) => Promise<void>>> = {
  versions,
  'bad commits': badCommits,
  epochs,
  'beside each other': beside,
  deletions,
  members: ofMembers,
  restarts,
};

export const txnOffsets: readonly Scenario[] = [
  ...Object.entries(WITHOUT_COORDINATOR).map(([name, run]) => ({
    name: `txn-offsets: ${name}`,
    run: prepared((both) => unverified(both, () => run(both))),
  })),
  { name: 'txn-offsets: verification', run: prepared(verification) },
];
