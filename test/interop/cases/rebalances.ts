import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { untilThereIsACoordinator } from './groups';
import { assignment, Member, protocols } from './members';

/** What members that are late, gone, or there twice do to the others. */

/** For a request that waits in the broker to have come there before the next one is sent. */
const ARRIVAL_MS = 300;
const SESSION_MS = 6000;
const SHORT = { rebalanceTimeoutMs: 3000 };
const CHANGED = { ...SHORT, protocols: protocols(['groups', 'more']) };

const describe = (both: Both, group: string) => both.send(DescribeGroups, 5, { groups: [group] }, { note: group });

const heartbeat = (both: Both, { group, generation, id, name, options, sends }: Member) =>
  both.send(
    Heartbeat,
    4,
    (side) => ({
      groupId: group,
      generationId: generation,
      memberId: id(side),
      groupInstanceId: options.instance ?? null,
    }),
    { note: `${group} ${name}`, ...sends },
  );

const commit = (both: Both, { group, generation, id, name, options, sends }: Member) =>
  both.send(
    OffsetCommit,
    8,
    (side) => ({
      groupId: group,
      generationIdOrMemberEpoch: generation,
      memberId: id(side),
      groupInstanceId: options.instance ?? null,
      topics: [{ name: 'groups', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] }],
    }),
    { note: `${group} ${name}`, ...sends },
  );

const shares = (...members: Member[]) =>
  members.map((to, partition) => ({ to, assignment: assignment('groups', [partition]) }));

/** A stable group of two; the first leads. */
async function pairOf(both: Both, group: string, instances: readonly string[] = []): Promise<[Member, Member]> {
  const [first, second] = ['first', 'second'].map(
    (name, index) => new Member(both, group, name, { instance: instances[index], sessionMs: SESSION_MS }),
  ) as [Member, Member];
  const enter = async (member: Member): Promise<void> => {
    const { ours } = await member.join(7, SHORT);
    if (ours?.errorCode === 79) await member.join(7, SHORT);
  };
  await enter(first);
  await first.sync(5, shares(first));
  const coming = enter(second);
  await sleep(ARRIVAL_MS);
  await first.join(7, SHORT);
  await coming;
  await first.sync(5, shares(first, second));
  await second.sync(5);
  return [first, second];
}

async function notJoining(both: Both): Promise<void> {
  await both.createTopic('groups', { partitions: 4 });
  await untilThereIsACoordinator(both);
  const [first, second] = await pairOf(both, 'not-joining');
  const coming = second.join(7, CHANGED);
  await sleep(ARRIVAL_MS);
  await heartbeat(both, first);
  await commit(both, first);
  await describe(both, 'not-joining');
  await coming;
  await heartbeat(both, first);
  await commit(both, first);
  await first.join(7, SHORT);
  await commit(both, second);
  await describe(both, 'not-joining');
}

async function notSyncing(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const [first, second] = await pairOf(both, 'not-syncing');
  const coming = second.join(7, CHANGED);
  await sleep(ARRIVAL_MS);
  await first.join(7, SHORT);
  await coming;
  // The leader brings nothing: it is removed, and who waited is to join again.
  await second.sync(5);
  await heartbeat(both, first);
  await heartbeat(both, second);
  await second.join(7, SHORT);
  await second.sync(5, shares(second));
  await describe(both, 'not-syncing');
}

async function notHeardOf(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const [first] = await pairOf(both, 'not-heard-of');
  for (let at = 0; at < SESSION_MS; at += 2000) {
    await heartbeat(both, first);
    await sleep(2000);
  }
  // Long enough after the other's end, and not too long for this one.
  await sleep(1500);
  await heartbeat(both, first);
  await describe(both, 'not-heard-of');
}

/** Ids that were given out and not come back with (KIP-394). */
async function pending(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const group = 'pending';
  const member = new Member(both, group, 'm', { sessionMs: SESSION_MS });
  await member.enter(5);
  await member.sync(5, shares(member));
  const leaves = new Member(both, group, 'leaves', { sessionMs: SESSION_MS });
  await leaves.join(5);
  await heartbeat(both, leaves);
  const coming = member.join(5, CHANGED);
  await sleep(ARRIVAL_MS);
  await describe(both, group);
  await leaves.leave(5);
  await coming;
  const poses = new Member(both, group, 'poses', { instance: 'i', sessionMs: SESSION_MS });
  await poses.join(5, { groupInstanceId: null });
  await poses.join(5);
  const late = new Member(both, 'pending-late', 'm', { sessionMs: SESSION_MS });
  await late.join(9);
  await sleep(SESSION_MS + 500);
  await late.join(9);
  await describe(both, 'pending-late');
}

async function staticAway(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const [first, second] = await pairOf(both, 'static-away', ['a', 'b']);
  await second.join(7, CHANGED);
  await describe(both, 'static-away');
  await heartbeat(both, first);
  await commit(both, first);
  await second.sync(5, shares(second, first));
  await first.join(7, SHORT);
  await first.sync(5);
  await describe(both, 'static-away');
}

/** A static member that comes back while the others rebalance. */
async function staticBack(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const [first, second] = await pairOf(both, 'static-back', ['a', 'b']);
  const coming = second.join(7, CHANGED);
  await sleep(ARRIVAL_MS);
  const back = new Member(both, 'static-back', 'back', { instance: 'b', sessionMs: SESSION_MS });
  const replacing = back.join(9, SHORT);
  await coming;
  await first.join(7, SHORT);
  await replacing;
  const waiting = back.sync(5);
  await sleep(ARRIVAL_MS);
  const again = new Member(both, 'static-back', 'again', { instance: 'b', sessionMs: SESSION_MS });
  const replacingAgain = again.join(9, SHORT);
  await waiting;
  await heartbeat(both, first);
  await first.join(7, SHORT);
  await replacingAgain;
  await first.sync(5, shares(first, again));
  await again.sync(5);
  await describe(both, 'static-back');
  const other = new Member(both, 'static-back', 'other', {
    instance: 'b',
    protocols: protocols(['groups'], ['range', 'x']),
  });
  await other.join(8, SHORT);
  await other.sync(5);
}

/** Even votes, whoever came first. */
async function votes(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const names = ['sticky', 'range', 'roundrobin', 'cooperative-sticky'];
  for (const [index, order] of [names, names.toReversed()].entries()) {
    const members: Member[] = [];
    for (const name of order) {
      const preferred = protocols(['groups'], [name, ...names.filter((other) => other !== name)]);
      const member = new Member(both, `votes-${index}`, name, { protocols: preferred });
      const coming = member.join(3);
      await sleep(ARRIVAL_MS);
      await Promise.all(members.map((each) => each.join(3)));
      await coming;
      members.push(member);
    }
  }
}

/** Version 0 has one timeout for both. */
async function oldMembers(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const first = new Member(both, 'old-members', 'first', { sessionMs: SESSION_MS });
  await first.join(0);
  await first.sync(0, shares(first));
  const second = new Member(both, 'old-members', 'second', { sessionMs: SESSION_MS });
  await second.join(0);
  await heartbeat(both, first);
  await second.sync(0, shares(second));
  await describe(both, 'old-members');
}

export const rebalances: readonly Scenario[] = [
  { name: 'rebalances: a member does not join', run: notJoining },
  { name: 'rebalances: a leader does not sync', run: notSyncing },
  { name: 'rebalances: a member is not heard of', run: notHeardOf },
  { name: 'rebalances: pending ids', run: pending },
  { name: 'rebalances: static members away', run: staticAway },
  { name: 'rebalances: static members back', run: staticBack },
  { name: 'rebalances: votes', run: votes },
  { name: 'rebalances: old members', run: oldMembers },
];
