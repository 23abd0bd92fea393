import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { DescribeTransactions } from '@odradek/protocol/messages/describe-transactions';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { SIDES } from '../world';
import { untilLed } from '../zookeeper';
import { untilThereIsACoordinator } from './groups';
import { assignment, leavingNobody, Member, protocols, subscription } from './members';
import { type Kept, type Stored, store, storedGroup, storedOffset, storedTransaction } from './stored-states';
import { Producer, untilTransactionsAreCoordinated } from './transactional-producer';

/** What settings forbid, and what they let expire: brokers that have small ones. */

const TOPIC = 'limits';
const OTHER = 'limits-other';
const UNTIL = { paths: [''], why: 'asked until both are there' };
const DELAY_MS = 1500;
const TWO_MINUTES_MS = 120_000;
const SETTINGS = {
  'group.max.size': 2,
  'group.initial.rebalance.delay.ms': DELAY_MS,
  'group.min.session.timeout.ms': 1000,
  'group.max.session.timeout.ms': 8000,
  'offset.metadata.max.bytes': 10,
  'offsets.retention.minutes': 1,
  'offsets.retention.check.interval.ms': 500,
  'transaction.max.timeout.ms': 5000,
  'transactional.id.expiration.ms': 60_000,
  'transaction.remove.expired.transaction.cleanup.interval.ms': 500,
};

/** One that neither side gives up before both have started. */
const memberOf = (memberId: string) => ({
  memberId,
  groupInstanceId: null,
  clientId: memberId,
  clientHost: '/127.0.0.1',
  sessionTimeout: 60_000,
  rebalanceTimeout: 60_000,
  subscription: subscription([TOPIC]),
  assignment: assignment(TOPIC, [0]),
});
const EMPTY = { members: [], leader: null, protocol: null };

/** Groups and offsets of long ago, and of now. */
function storedGroups(): Stored[] {
  const old = Date.now() - TWO_MINUTES_MS;
  const longAgo = { commitTimestamp: old };
  const both = (group: string, change: object) => [
    storedOffset(group, 3, change),
    storedOffset(group, 3, { ...change, topic: OTHER }),
  ];
  return [
    ...both('limits-old', longAgo),
    ...both('limits-new', {}),
    storedGroup('limits-empty-old', 3, { ...EMPTY, currentStateTimestamp: old }),
    ...both('limits-empty-old', {}),
    storedGroup('limits-empty-new', 3, EMPTY),
    ...both('limits-empty-new', longAgo),
    storedGroup('limits-empty-timeless', 1, EMPTY),
    ...both('limits-empty-timeless', longAgo),
    storedGroup('limits-empty-alone', 3, { ...EMPTY, currentStateTimestamp: old }),
    storedGroup('limits-stable', 3, { members: [memberOf('m-1')], currentStateTimestamp: old }),
    ...both('limits-stable', longAgo),
    storedGroup('limits-connect', 3, { members: [memberOf('m-1')], protocolType: 'connect' }),
    ...both('limits-connect', longAgo),
    storedOffset('limits-explicit', 1, { ...longAgo, expireTimestamp: Date.now() + 3_600_000 }),
    storedOffset('limits-explicit-over', 1, { expireTimestamp: old }),
    storedGroup('limits-three', 3, { members: ['m-1', 'm-2', 'm-3'].map((id) => memberOf(id)) }),
  ];
}

function keptTransactions(): Kept[] {
  const of = { producerEpoch: 3, ageMs: TWO_MINUTES_MS };
  return [
    { name: 'empty', state: 'Empty', partitions: null },
    { name: 'committed', state: 'CompleteCommit', partitions: [] },
    { name: 'aborted', state: 'CompleteAbort', partitions: [] },
    { name: 'new', state: 'CompleteAbort', partitions: [], ageMs: 0 },
    { name: 'open', state: 'Ongoing', partitions: [], timeoutMs: 2_000_000_000 },
  ].map((it, index) => ({ ...of, producerId: 950_000 + index, ...it }));
}

/** Waits until what is long ago is forgotten on both sides. */
async function untilExpired(both: Both): Promise<void> {
  const transactionalIds = ['kept-empty', 'kept-committed', 'kept-aborted'];
  for (let tries = 0; tries < 400; tries++) {
    const groups = [{ groupId: 'limits-old', topics: null }];
    const offsets = await both.send(OffsetFetch, 9, { groups }, { except: UNTIL });
    const ids = await both.send(DescribeTransactions, 0, { transactionalIds }, { except: UNTIL });
    const isOver = SIDES.every((side) => {
      const isForgotten = ids[side].transactionStates.every(({ errorCode }) => errorCode === 105);
      return offsets[side].groups[0]!.topics.length === 0 && isForgotten;
    });
    if (isOver) return;
    await sleep(50);
  }
  throw new Error('nothing expires');
}

async function expiry(both: Both): Promise<void> {
  await untilExpired(both);
  // One more look of each side, at all of its partitions.
  await sleep(1500);
  for (const groupId of new Set(storedGroups().map(({ of }) => of))) {
    await both.send(OffsetFetch, 9, { groups: [{ groupId, topics: null }] }, { note: `${groupId}, expired` });
    await both.send(DescribeGroups, 5, { groups: [groupId] }, { note: `${groupId}, expired` });
  }
  for (const { name } of keptTransactions()) {
    await both.send(DescribeTransactions, 0, { transactionalIds: [`kept-${name}`] }, { note: 'expired' });
  }
}

/** A group that has more members than it may have is to rebalance at once. */
async function tooMany(both: Both): Promise<void> {
  const group = 'limits-three';
  const members = ['m-1', 'm-2', 'm-3'].map((id) => {
    const member = new Member(both, group, id, { protocols: protocols([TOPIC]), sessionMs: 8000 });
    member.ids = { ours: id, apache: id };
    return member;
  }) as [Member, Member, Member];
  await both.send(DescribeGroups, 5, { groups: [group] }, { note: 'three of two' });
  const coming = members.slice(0, 2).map(async (member, index) => {
    await sleep(index * 300);
    await member.join(9);
  });
  await sleep(900);
  await members[2].join(9);
  await Promise.all(coming);
  await both.send(DescribeGroups, 5, { groups: [group] }, { note: 'two of three' });
}

/** The first members of a group wait for others to come (KIP-134). */
async function delays(both: Both): Promise<void> {
  const group = 'limits-delayed';
  const request = {
    groupId: group,
    sessionTimeoutMs: 8000,
    rebalanceTimeoutMs: 20_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: protocols([TOPIC]),
  };
  const except = { paths: ['memberId', 'leader', 'members'], why: 'made by chance' };
  const join = (client: string, waitsMs?: number) =>
    both.send(JoinGroup, 3, request, { note: client, on: client, except, ...(waitsMs && { waitsMs }) });
  const first = join('first', 2 * DELAY_MS);
  await sleep(500);
  const second = join('second', DELAY_MS);
  await sleep(300);
  await both.send(DescribeGroups, 5, { groups: [group] }, { note: 'while it waits' });
  await join('third');
  await Promise.all([first, second]);
  await join('fourth');
  await both.send(DescribeGroups, 5, { groups: [group] }, { note: 'when it has waited' });
  for (const sessionTimeoutMs of [999, 8001]) {
    await both.sendEvery(JoinGroup, () => ({ ...request, groupId: 'limits-session', sessionTimeoutMs }));
  }
}

async function limits(both: Both): Promise<void> {
  for (const topic of [TOPIC, OTHER]) await both.createTopic(topic, { partitions: 2 });
  await untilThereIsACoordinator(both);
  await untilTransactionsAreCoordinated(both);
  await store(both, '__consumer_offsets', storedGroups());
  await store(both, '__transaction_state', keptTransactions().map(storedTransaction));
  both.close();
  await both.world.restart('SIGTERM', { settings: SETTINGS });
  for (const topic of ['__consumer_offsets', '__transaction_state']) await untilLed(both.world, topic);
  await untilThereIsACoordinator(both);
  await untilTransactionsAreCoordinated(both);
  await expiry(both);
  await tooMany(both);
  await delays(both);
  for (const length of [10, 11]) {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'x'.repeat(length) }];
    const commit = { groupId: 'limits-metadata', memberId: '', topics: [{ name: TOPIC, partitions }] };
    await both.sendEvery(OffsetCommit, () => commit, { note: `${length} characters` });
  }
  for (const timeoutMs of [5000, 5001]) await new Producer(both, `limits-${timeoutMs}`).init(4, null, { timeoutMs });
  await both.send(ListGroups, 5, {}, { note: 'what is left' });
  both.close();
  await both.world.restart('SIGTERM');
  await untilLed(both.world, '__consumer_offsets');
  await untilThereIsACoordinator(both);
}

export const limited: readonly Scenario[] = leavingNobody([{ name: 'limits: small settings', run: limits }]);
