import type { ErrorName } from '@odradek/protocol/errors';
import type { JoinAnswer } from './group-types';
import { answerOf, type Call, GroupWorld } from './testing/group-world';

/** KIP-345 and KIP-814. */

const DELAY_MS = 3000;
const SESSION_MS = 10_000;
const REBALANCE_MS = 60_000;
const bytes = (text: string): Buffer => Buffer.from(text);
const protocols = (...names: string[]) => names.map((name) => ({ name, metadata: bytes('metadata') }));

const LEADER = { groupInstanceId: 'a', protocols: protocols('range', 'sticky') };
const FOLLOWER = { groupInstanceId: 'b', protocols: protocols('range', 'sticky') };

/** A stable group of the instances a, which leads, and b. */
function stableGroup(world = new GroupWorld()): { world: GroupWorld; a: string; b: string } {
  const calls = [world.send(LEADER), world.send(FOLLOWER)];
  world.pass(2 * DELAY_MS);
  const [a, b] = calls.map((call) => answerOf(call).memberId) as [string, string];
  settle(world, a, b);
  return { world, a, b };
}

function settle(world: GroupWorld, leader: string, follower: string): void {
  const assignments = [leader, follower].map((memberId) => ({ memberId, assignment: bytes(`to ${memberId}`) }));
  for (const memberId of [leader, follower]) world.sendSync({ memberId, assignments });
  while (world.persists.length > 0) world.store();
}

/** A stable group whose log stores when it is told to. */
function slowGroup(): { world: GroupWorld; a: string; b: string } {
  const group = stableGroup(new GroupWorld({}, false));
  expect(group.world.group.state).toBe('Stable');
  return group;
}

const errorOf = (call: Call<{ error: ErrorName }>): ErrorName | null => call.answers[0]?.error ?? null;

describe('a static member that comes back', () => {
  test('has an id of its instance, and gets a new one; the old one is fenced', () => {
    const { world, b } = stableGroup();
    expect(b).toBe('b-1');
    const answer = world.join(FOLLOWER);
    expect(answer).toMatchObject({ error: 'NONE', memberId: 'b-2', generationId: 1, members: [] });
    expect(world.group.state).toBe('Stable');
    expect(world.heartbeat(b, 1, 'b')).toBe('FENCED_INSTANCE_ID');
    expect(world.heartbeat(b, 1)).toBe('UNKNOWN_MEMBER_ID');
    expect(world.sync({ memberId: b, groupInstanceId: 'b' }).error).toBe('FENCED_INSTANCE_ID');
    expect(world.join({ ...FOLLOWER, memberId: b })).toMatchObject({ error: 'FENCED_INSTANCE_ID', memberId: b });
    expect(world.leave(b, 'b')).toBe('FENCED_INSTANCE_ID');
    const who = { memberId: b, groupInstanceId: 'b', generationId: 1, isTransactional: false };
    expect(world.group.checkCommit(who, world.nowMs)).toBe('FENCED_INSTANCE_ID');
    expect(world.heartbeat('b-2', 1, 'b')).toBe('NONE');
    expect(world.sync({ memberId: 'b-2', groupInstanceId: 'b' }).assignment).toEqual(bytes('to b-1'));
    const line = `Request memberId=b-1 for static member with groupInstanceId=b is fenced by current memberId=b-2 during operation`;
    expect(world.logs).toEqual(
      expect.arrayContaining([`${line} join-group`, `${line} sync-group`, `${line} leave-group`]),
    );
    expect(world.group.fencedText(who, 'heartbeat')).toBe(`${line} heartbeat`);
  });

  test('is told once its new id is stored, with all that was assigned', () => {
    const { world } = slowGroup();
    const call = world.send(FOLLOWER);
    expect(call.answers).toEqual([]);
    expect(world.persists[0]!.value).toMatchObject({
      generation: 1,
      leader: 'a-0',
      members: [
        { memberId: 'a-0', groupInstanceId: 'a', assignment: bytes('to a-0') },
        { memberId: 'b-2', groupInstanceId: 'b', assignment: bytes('to b-1') },
      ],
    });
    world.store();
    expect(errorOf(call)).toBe('NONE');
  });

  const stays: Partial<JoinAnswer> = {
    error: 'NONE',
    generationId: 1,
    protocolType: 'consumer',
    protocolName: 'range',
  };

  test('as the leader, from version 9 it leads on but does not assign', () => {
    const { world } = stableGroup();
    const answer = world.join({ ...LEADER, supportSkippingAssignment: true });
    expect(answer).toMatchObject({ ...stays, memberId: 'a-2', leader: 'a-2', skipAssignment: true });
    expect(answer.members.map(({ memberId }) => memberId).toSorted()).toEqual(['a-2', 'b-1']);
  });

  test('as the leader, before version 9 it is told of its old id, so that it does not assign', () => {
    const { world } = stableGroup();
    const answer = world.join({ ...LEADER, supportSkippingAssignment: false });
    expect(answer).toEqual({ ...stays, memberId: 'a-2', leader: 'a-0', skipAssignment: false, members: [] });
    world.send({ ...LEADER, memberId: 'a-2' });
    expect(world.group.lastRebalance!.reason).toMatch(/^Leader a-2 re-joining group during Stable/);
  });

  test.each(['NOT_LEADER_OR_FOLLOWER', 'REQUEST_TIMED_OUT'] as const)(
    'whose new id is not stored (%s) is what it was before',
    (refusal) => {
      const { world, a } = slowGroup();
      const before = world.group.toRecord();
      const call = world.send({ ...LEADER, protocols: protocols('range'), sessionTimeoutMs: 20_000 });
      world.store(refusal);
      expect(answerOf(call)).toEqual({
        ...stays,
        error: refusal === 'REQUEST_TIMED_OUT' ? 'REBALANCE_IN_PROGRESS' : 'NOT_COORDINATOR',
        memberId: '',
        leader: a,
        skipAssignment: false,
        members: [],
      });
      const { members, ...after } = world.group.toRecord();
      expect(after).toEqual({ ...before, members: undefined });
      expect(new Set(members)).toEqual(new Set(before.members));
      expect(world.heartbeat(a, 1, 'a')).toBe('NONE');
      expect(world.heartbeat('a-2', 1, 'a')).toBe('FENCED_INSTANCE_ID');
      // Its former protocols, too: with range alone no member of sticky could join.
      world.send({ protocols: protocols('sticky') });
      expect(world.group.state).toBe('PreparingRebalance');
    },
  );

  test('and waited for its new id to be stored for longer than its session has a new one', () => {
    const { world, a } = slowGroup();
    const call = world.send(FOLLOWER);
    for (let at = 0; at < 2 * SESSION_MS; at += 5000) {
      world.heartbeat(a, 1, 'a');
      world.pass(5000);
    }
    world.store();
    expect(errorOf(call)).toBe('NONE');
    world.heartbeat(a, 1, 'a');
    world.pass(SESSION_MS - 1);
    expect(world.group.size).toBe(2);
    world.pass(1);
    expect(world.heartbeat('b-2', 1, 'b')).toBe('UNKNOWN_MEMBER_ID');
  });

  test('twice before its id is stored: the first is fenced, the second is told', () => {
    const { world } = slowGroup();
    const [first, second] = [world.send(FOLLOWER), world.send(FOLLOWER)];
    expect(answerOf(first)).toMatchObject({ error: 'FENCED_INSTANCE_ID', memberId: 'b-2' });
    world.store('NOT_LEADER_OR_FOLLOWER');
    expect(second.answers).toEqual([]);
    world.store();
    expect(answerOf(second)).toMatchObject({ error: 'NONE', memberId: 'b-3' });
    expect(world.heartbeat('b-3', 1, 'b')).toBe('NONE');
  });

  test('and is overtaken by a rebalance takes part in it', () => {
    const { world, a } = slowGroup();
    const call = world.send(FOLLOWER);
    world.send({ ...LEADER, memberId: a });
    world.store();
    expect(answerOf(call)).toMatchObject({ error: 'NONE', generationId: 2, memberId: 'b-2' });
  });

  test('with protocols that change the choice rebalances the group', () => {
    const { world } = stableGroup();
    const call = world.send({ ...FOLLOWER, protocols: protocols('sticky'), reason: 'why' });
    expect(call.answers).toEqual([]);
    expect(world.group.lastRebalance!.reason).toBe(
      "Group's selectedProtocol will change because static member b-2 with instance id b joined with change of protocol; client reason: why",
    );
    world.send({ ...LEADER, memberId: 'a-0' });
    expect(answerOf(call)).toMatchObject({ generationId: 2, protocolName: 'sticky' });
  });

  test('with other topics does not rebalance the group', () => {
    const { world } = stableGroup();
    const changed = [{ name: 'range', metadata: bytes('other topics') }];
    expect(world.join({ ...FOLLOWER, protocols: changed }).error).toBe('NONE');
    expect(world.group.state).toBe('Stable');
  });

  test('while the assignment is awaited rebalances the group: the leader knows the old id only', () => {
    const world = new GroupWorld();
    const calls = [world.send(LEADER), world.send(FOLLOWER)];
    world.pass(2 * DELAY_MS);
    const [a, b] = calls.map((call) => answerOf(call).memberId);
    const sync = world.sendSync({ memberId: b!, groupInstanceId: 'b' });
    const call = world.send(FOLLOWER);
    expect(errorOf(sync)).toBe('FENCED_INSTANCE_ID');
    expect(world.group.lastRebalance!.reason).toBe(
      'Updating metadata for static member b-2 with instance id b; client reason: not provided',
    );
    world.send({ ...LEADER, memberId: a! });
    expect(answerOf(call)).toMatchObject({ error: 'NONE', generationId: 2 });
  });

  test('while members join fences the one that waits and waits in its place', () => {
    const { world, a, b } = stableGroup();
    const old = world.send({ ...FOLLOWER, memberId: b, protocols: protocols('range') });
    const call = world.send(FOLLOWER);
    expect(answerOf(old)).toMatchObject({ error: 'FENCED_INSTANCE_ID', memberId: b });
    world.send({ ...LEADER, memberId: a });
    expect(answerOf(call)).toMatchObject({ error: 'NONE', generationId: 2 });
  });
});

describe('a static member that does not come back', () => {
  /** b joins for another generation; a is alive, but does not. */
  function withoutA(world: GroupWorld, a: string, b: string): Call<JoinAnswer> {
    const call = world.send({ ...FOLLOWER, memberId: b, protocols: protocols('sticky') });
    for (let at = 0; at < REBALANCE_MS; at += 5000) {
      expect(world.heartbeat(a, 1, 'a')).toBe('REBALANCE_IN_PROGRESS');
      expect(call.answers).toEqual([]);
      world.pass(5000);
    }
    return call;
  }

  test('stays in the group until its session is over, but does not lead', () => {
    const { world, a, b } = stableGroup();
    expect(answerOf(withoutA(world, a, b))).toMatchObject({ error: 'NONE', generationId: 2, leader: b });
    expect(world.group.size).toBe(2);
    expect(world.heartbeat(a, 2, 'a')).toBe('NONE');
    for (let at = 0; at < SESSION_MS; at += 5000) {
      world.heartbeat(b, 2, 'b');
      world.pass(5000);
    }
    expect(world.group.size).toBe(1);
  });

  test('and waited for an assignment when the rebalance began has its session from then on', () => {
    const { world, a, b } = stableGroup();
    const calls = [world.send({ ...LEADER, memberId: a }), world.send({ ...FOLLOWER, memberId: b })];
    expect(calls.map(errorOf)).toEqual(['NONE', 'NONE']);
    const sync = world.sendSync({ memberId: b, groupInstanceId: 'b' });
    for (let at = 0; at < 2 * SESSION_MS; at += 5000) {
      world.heartbeat(a, 2, 'a');
      world.pass(5000);
    }
    world.send({ ...LEADER, memberId: a, protocols: protocols('range') });
    expect(errorOf(sync)).toBe('REBALANCE_IN_PROGRESS');
    world.pass(SESSION_MS - 1);
    expect(world.group.size).toBe(2);
    world.pass(1);
    expect(world.group.size).toBe(1);
  });

  test('is removed by an administrator, by its instance alone', () => {
    const { world, a, b } = stableGroup();
    expect(world.leave('', 'b', 'gone')).toBe('NONE');
    expect(world.group.lastRebalance!.reason).toBe(`Removing member ${b} on LeaveGroup; client reason: gone`);
    expect(world.heartbeat(a, 1, 'a')).toBe('REBALANCE_IN_PROGRESS');
    expect(world.leave('', 'b')).toBe('UNKNOWN_MEMBER_ID');
  });
});

describe('a group whose static members are all away', () => {
  test('waits for them until their sessions are over', () => {
    const { world, a, b } = stableGroup();
    const dynamic = world.send({ protocols: protocols('range', 'sticky') });
    world.pass(SESSION_MS - 1);
    expect(dynamic.answers).toEqual([]);
    world.pass(1);
    expect(answerOf(dynamic)).toMatchObject({ generationId: 2, leader: 'client-2' });
    expect([a, b].map((id) => world.heartbeat(id))).toEqual(['UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID']);
  });

  test('renews its wait, not more often than once a second', () => {
    const short = { rebalanceTimeoutMs: 100, protocols: protocols('range') };
    const world = new GroupWorld();
    const calls = [world.send({ ...short, groupInstanceId: 'a' }), world.send({ ...short, groupInstanceId: 'b' })];
    world.pass(DELAY_MS);
    const [a, b] = calls.map((call) => answerOf(call).memberId);
    settle(world, a!, b!);
    world.leave(a!);
    world.pass(5500);
    expect(world.logs.filter((line) => line.endsWith('because no members rejoined'))).toHaveLength(6);
    expect(errorOf(world.send({ ...short, memberId: b!, groupInstanceId: 'b' }))).toBe('NONE');
    expect(world.group.generation).toBe(2);
  });
});
