import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteGroups } from '@odradek/protocol/messages/delete-groups';
import { DescribeGroups } from '@odradek/protocol/messages/describe-groups';
import { FindCoordinator } from '@odradek/protocol/messages/find-coordinator';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { JoinGroup } from '@odradek/protocol/messages/join-group';
import { LeaveGroup } from '@odradek/protocol/messages/leave-group';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import type { Both } from '../both';
import type { Scenario } from '../main';
import { assignment, Member, protocols, REBALANCE_MS, SESSION_MS, subscription } from './members';

const NOBODY = 'nobody-00000000-0000-0000-0000-000000000000';
/** For a request that waits in the broker to have come there before the next one is sent. */
const ARRIVAL_MS = 200;

/** The first question makes the topic; from then on both answer with themselves. */
export async function untilThereIsACoordinator(both: Both): Promise<void> {
  const ignored = { paths: [''], why: 'the topic is being made' };
  for (let tries = 0; tries < 200; tries++) {
    const asked = await both.send(FindCoordinator, 1, { key: 'first', keyType: 0 }, { except: ignored });
    const listed = await both.send(ListGroups, 4, {}, { except: ignored });
    const codes = [asked.ours, asked.apache, listed.ours, listed.apache].map(({ errorCode }) => errorCode);
    if (codes.every((code) => code === 0)) return;
    await sleep(100);
  }
}

async function coordinators(both: Both): Promise<void> {
  await both.send(FindCoordinator, 1, { key: 'first', keyType: 0 }, { note: 'before there is a topic' });
  await untilThereIsACoordinator(both);
  const one = { from: 0, to: 3 };
  const several = { from: 4, to: 6 };
  for (const key of ['g', '', 'ä', 'x'.repeat(300)]) {
    await both.sendEvery(FindCoordinator, () => ({ key }), { note: `'${key.slice(0, 10)}'` }, one);
    await both.sendEvery(
      FindCoordinator,
      () => ({ coordinatorKeys: [key] }),
      { note: `'${key.slice(0, 10)}'` },
      several,
    );
  }
  for (const keyType of [2, 3, -1, 127]) {
    const note = `type ${keyType}`;
    await both.sendEvery(FindCoordinator, () => ({ key: 'g', keyType }), { note }, { from: 1, to: 3 });
    await both.sendEvery(FindCoordinator, () => ({ coordinatorKeys: ['g', 'h'], keyType }), { note }, several);
  }
  for (const coordinatorKeys of [[], ['a', 'b', 'c'], ['a', 'a'], ['', 'a']]) {
    await both.sendEvery(FindCoordinator, () => ({ coordinatorKeys }), { note: `${coordinatorKeys}` }, several);
  }
}

/** A group of one through its whole life, in every version. */
async function alone(both: Both): Promise<void> {
  await both.createTopic('groups', { partitions: 4 });
  await untilThereIsACoordinator(both);
  for (let version = 0; version <= JoinGroup.range.to; version++) {
    const member = new Member(both, `alone-${version}`, 'm');
    await member.enter(version);
    const syncVersion = Math.min(version, SyncGroup.range.to);
    await describe(both, member.group);
    await heartbeat(both, member, Math.min(version, Heartbeat.range.to));
    await member.sync(syncVersion, [{ to: member, assignment: assignment('groups', [0, 1, 2, 3]) }]);
    await member.sync(syncVersion);
    await heartbeat(both, member, Math.min(version, Heartbeat.range.to));
    await describe(both, member.group);
    await both.send(DeleteGroups, 2, { groupsNames: [member.group] }, { note: 'not empty' });
    await member.join(version);
    await heartbeat(both, member, Math.min(version, Heartbeat.range.to));
    await member.leave(Math.min(version, LeaveGroup.range.to));
    await heartbeat(both, member, Math.min(version, Heartbeat.range.to));
    await describe(both, member.group);
    await both.sendEvery(DeleteGroups, () => ({ groupsNames: [member.group] }));
    await describe(both, member.group);
  }
}

const describe = (both: Both, group: string) =>
  both.sendEvery(DescribeGroups, (version) => ({
    groups: [group],
    ...(version >= 3 && { includeAuthorizedOperations: version > 3 }),
  }));

const heartbeat = (both: Both, { group, generation, id, options, sends }: Member, version: number, change = {}) =>
  both.send(
    Heartbeat,
    version,
    (side) => ({
      groupId: group,
      generationId: generation,
      memberId: id(side),
      ...(version >= 3 && options.instance !== undefined && { groupInstanceId: options.instance }),
      ...change,
    }),
    { note: group, ...sends },
  );

async function badJoins(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const good = {
    groupId: 'bad-joins',
    sessionTimeoutMs: SESSION_MS,
    rebalanceTimeoutMs: REBALANCE_MS,
    memberId: '',
    protocolType: 'consumer',
    protocols: protocols(['groups']),
  };
  const bad: readonly [string, object][] = [
    ['empty group', { groupId: '' }],
    ['session too short', { sessionTimeoutMs: 5999 }],
    ['session too long', { sessionTimeoutMs: 1_800_001 }],
    ['session negative', { sessionTimeoutMs: -1 }],
    ['unknown member', { memberId: NOBODY }],
    ['no protocols', { protocols: [], memberId: NOBODY }],
    ['no protocols, nobody', { protocols: [], groupId: 'bad-none' }],
    ['no protocol type', { protocolType: '', groupId: 'bad-type' }],
    ['empty group, session too short', { groupId: '', sessionTimeoutMs: 1 }],
  ];
  for (const [note, change] of bad)
    await both.sendEvery(JoinGroup, () => ({ ...good, ...change }), { note, alone: true });
  const withInstance: readonly [string, object][] = [
    ['unknown member with instance', { groupInstanceId: 'i', memberId: NOBODY }],
    ['empty instance', { groupInstanceId: '', memberId: NOBODY }],
  ];
  for (const [note, change] of withInstance) {
    await both.sendEvery(JoinGroup, () => ({ ...good, ...change }), { note, alone: true }, { from: 5, to: 9 });
  }
}

/** What is asked in the wrong generation, by the wrong member, or at the wrong time. */
async function strangers(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const member = new Member(both, 'strangers', 'm');
  const change: readonly [string, object][] = [
    ['as it is', {}],
    ['older generation', { generationId: 0 }],
    ['newer generation', { generationId: 9 }],
    ['no generation', { generationId: -1 }],
    ['unknown member', { memberId: NOBODY }],
    ['no member', { memberId: '' }],
    ['unknown group', { groupId: 'strangers-none' }],
    ['empty group', { groupId: '' }],
  ];
  const instance: readonly [string, object][] = [
    ['instance', { groupInstanceId: 'i' }],
    ['instance, unknown member', { groupInstanceId: 'i', memberId: NOBODY }],
  ];
  const all = async () => {
    for (const [, fields] of [...change, ...instance]) {
      const from = 'groupInstanceId' in fields ? 3 : 0;
      for (let version = from; version <= Heartbeat.range.to; version++) {
        await heartbeat(both, member, version, fields);
      }
    }
    await describe(both, member.group);
  };
  await member.enter(5);
  await all();
  for (const [, fields] of change.slice(1)) {
    for (let version = 0; version <= 5; version++) await member.sync(version, [], fields);
  }
  const wrong = [
    { protocolName: 'roundrobin' },
    { protocolType: 'connect' },
    { protocolName: null },
    { protocolType: null },
  ];
  for (const fields of wrong) await member.sync(5, [], fields);
  await member.sync(4, [{ to: member, assignment: assignment('groups', [0]) }]);
  await all();
  for (const [, fields] of change.slice(1)) {
    for (let version = 0; version <= 5; version++) await member.sync(version, [], fields);
  }
  for (const fields of wrong) await member.sync(5, [], fields);
  const join = { protocolType: 'connect' };
  await member.join(5, join);
  await member.join(5, { protocols: protocols(['groups'], ['other']), memberId: '' });
  await badLeaves(both, member);
}

async function badLeaves(both: Both, member: Member): Promise<void> {
  for (let version = 0; version <= LeaveGroup.range.to; version++) {
    for (const groupId of [member.group, '', 'strangers-none']) {
      const old = { groupId, memberId: NOBODY };
      const batched = {
        groupId,
        members: [
          { memberId: NOBODY, groupInstanceId: null },
          { memberId: '', groupInstanceId: 'unknown' },
          { memberId: NOBODY, groupInstanceId: 'unknown' },
          { memberId: '', groupInstanceId: null },
        ],
      };
      await both.send(LeaveGroup, version, version < 3 ? old : batched, { note: `'${groupId}'` });
    }
    if (version >= 3) await both.send(LeaveGroup, version, { groupId: member.group, members: [] }, { note: 'nobody' });
  }
  await member.leave(5);
}

/** A second member comes, both rejoin, the first leaves. */
async function pair(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const first = new Member(both, 'pair', 'first', { protocols: protocols(['groups'], ['range', 'roundrobin']) });
  const second = new Member(both, 'pair', 'second', { protocols: protocols(['groups'], ['roundrobin', 'range']) });
  await first.enter(7);
  await first.sync(5, [{ to: first, assignment: assignment('groups', [0, 1]) }]);
  const coming = second.enter(9);
  await sleep(2 * ARRIVAL_MS);
  await heartbeat(both, first, 4);
  await first.sync(5);
  await describe(both, 'pair');
  await first.join(7);
  await coming;
  await describe(both, 'pair');
  const following = second.sync(5);
  await sleep(ARRIVAL_MS);
  await first.sync(5, [
    { to: first, assignment: assignment('groups', [0]) },
    { to: second, assignment: assignment('groups', [1]) },
  ]);
  await following;
  await describe(both, 'pair');
  await heartbeat(both, second, 4);
  // A follower that says nothing new is answered at once, in the same generation.
  await second.join(9);
  await second.sync(5);
  await first.leave(5);
  await heartbeat(both, second, 4);
  await second.join(9);
  await second.sync(5, [{ to: second, assignment: Buffer.from('anything') }]);
  await describe(both, 'pair');
  const stranger = new Member(both, 'pair', 'third', { protocols: protocols(['groups'], ['sticky']) });
  await stranger.enter(9);
  await second.leave(3);
}

/** Members with a name of their own come back without a rebalance, and fence whoever has it (KIP-345). */
async function staticMembers(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  for (const version of [5, 6, 7, 8, 9]) {
    const group = `static-${version}`;
    const syncVersion = Math.min(5, version - 2);
    const member = new Member(both, group, 'm', { instance: 'one' });
    await member.enter(version);
    await member.sync(syncVersion, [{ to: member, assignment: assignment('groups', [0]) }]);
    await describe(both, group);
    const again = new Member(both, group, 'again', { instance: 'one' });
    await again.enter(version);
    await describe(both, group);
    await heartbeat(both, member, 4);
    await member.join(version);
    await member.sync(syncVersion);
    await heartbeat(both, again, 4);
    await again.sync(syncVersion);
    const changed = new Member(both, group, 'changed', { instance: 'one', protocols: protocols(['groups', 'more']) });
    await changed.enter(version);
    await changed.sync(syncVersion, [{ to: changed, assignment: assignment('groups', [1]) }]);
    await describe(both, group);
    await heartbeat(both, changed, 4, { groupInstanceId: 'other' });
    await heartbeat(both, changed, 4, { memberId: NOBODY });
    const leave = (memberId: string, groupInstanceId: string) => ({
      groupId: group,
      members: [{ memberId, groupInstanceId }],
    });
    await both.send(LeaveGroup, 5, leave(NOBODY, 'one'), { note: 'fenced' });
    await both.send(LeaveGroup, 5, leave('', 'one'), { note: 'by its name' });
    await both.send(LeaveGroup, 5, leave('', 'one'), { note: 'by its name, again' });
    await describe(both, group);
  }
}

async function lists(both: Both): Promise<void> {
  await untilThereIsACoordinator(both);
  const other = new Member(both, 'lists-connect', 'm', { protocols: [{ name: 'p', metadata: subscription([]) }] });
  await other.join(3, { protocolType: 'connect' });
  const member = new Member(both, 'lists-consumer', 'm');
  await member.enter(5);
  await both.sendEvery(ListGroups, () => ({}));
  for (const statesFilter of [['Stable'], ['stable', 'EMPTY'], ['CompletingRebalance'], ['Nonsense'], ['']]) {
    await both.sendEvery(ListGroups, () => ({ statesFilter }), { note: `${statesFilter}` }, { from: 4, to: 5 });
  }
  for (const typesFilter of [
    ['classic'],
    ['Classic'],
    ['consumer'],
    ['share'],
    ['nonsense'],
    ['unknown', 'classic'],
    [''],
  ]) {
    await both.send(ListGroups, 5, { typesFilter }, { note: `${typesFilter}` });
    await both.send(ListGroups, 5, { typesFilter, statesFilter: ['Empty'] }, { note: `empty ${typesFilter}` });
  }
  for (const groups of [[], [''], ['lists-none'], ['lists-consumer', 'lists-connect', 'lists-consumer']]) {
    await both.sendEvery(DescribeGroups, () => ({ groups }), { note: `${groups}` });
  }
  for (const groupsNames of [[], [''], ['lists-none'], ['lists-none', 'lists-consumer', 'lists-none']]) {
    await both.sendEvery(DeleteGroups, () => ({ groupsNames }), { note: `${groupsNames}` });
  }
  await member.leave(5);
  await other.leave(2);
}

export const groups: readonly Scenario[] = [
  { name: 'groups: coordinators', run: coordinators },
  { name: 'groups: a member alone', run: alone },
  { name: 'groups: joins that are refused', run: badJoins },
  { name: 'groups: strangers', run: strangers },
  { name: 'groups: two members', run: pair },
  { name: 'groups: static members', run: staticMembers },
  { name: 'groups: lists', run: lists },
];
