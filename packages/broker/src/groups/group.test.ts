import type { ErrorName } from '@odradek/protocol/errors';
import { answerOf, type Call, GroupWorld } from './testing/group-world';

const bytes = (text: string): Buffer => Buffer.from(text);
const protocols = (...names: string[]) => names.map((name) => ({ name, metadata: bytes(`${name}-metadata`) }));
const errorOf = ({ answers }: Call<{ error: ErrorName }>): ErrorName | null => answers[0]?.error ?? null;

const DELAY_MS = 3000;
const SESSION_MS = 10_000;
const REBALANCE_MS = 60_000;
const NEW_MEMBER_MS = 300_000;

/** A stable group of as many members, the first of which leads; ids in the order of joining. */
function stableGroup(count: number, world = new GroupWorld()): { world: GroupWorld; ids: string[] } {
  const calls = Array.from({ length: count }, () => world.send());
  world.pass(count > 1 ? 2 * DELAY_MS : DELAY_MS);
  const ids = calls.map((call) => answerOf(call).memberId);
  settle(world, ids);
  return { world, ids };
}

/** All members ask for their assignments, the leader bringing them. */
function settle(world: GroupWorld, ids: readonly string[]): void {
  const assignments = ids.map((memberId) => ({ memberId, assignment: bytes(`for ${memberId}`) }));
  for (const memberId of ids) world.sendSync({ memberId, assignments });
}

describe('joining', () => {
  test('an empty group waits for the initial delay, then all are of one generation and only the leader knows who', () => {
    const world = new GroupWorld();
    const first = world.send();
    const second = world.send({ protocols: protocols('range') });
    expect(world.group.state).toBe('PreparingRebalance');
    world.pass(DELAY_MS);
    expect(first.answers).toEqual([]);
    world.pass(DELAY_MS);
    const leader = answerOf(first);
    const follower = answerOf(second);
    expect(leader).toEqual({
      error: 'NONE',
      generationId: 1,
      protocolType: 'consumer',
      protocolName: 'range',
      leader: 'client-0',
      skipAssignment: false,
      memberId: 'client-0',
      members: [
        { memberId: 'client-0', groupInstanceId: null, metadata: bytes('metadata') },
        { memberId: 'client-1', groupInstanceId: null, metadata: bytes('range-metadata') },
      ],
    });
    expect(follower).toEqual({ ...leader, memberId: 'client-1', members: [] });
    expect(world.group.state).toBe('CompletingRebalance');
  });

  test('the initial delay is prolonged while members join, up to the rebalance timeout', () => {
    const world = new GroupWorld();
    const first = world.send({ rebalanceTimeoutMs: 10_000 });
    for (let at = 0; at < 9000; at += 1000) {
      world.pass(1000);
      world.send({ rebalanceTimeoutMs: 10_000 });
    }
    expect(first.answers).toEqual([]);
    world.pass(1000);
    expect(answerOf(first).members).toHaveLength(10);
  });

  test('without a delay a member is alone in its generation', () => {
    const world = new GroupWorld({ initialRebalanceDelayMs: 0 });
    const call = world.send();
    world.pass(0);
    expect(answerOf(call).generationId).toBe(1);
  });

  test('version 4: a new member is told its id first, which is void after its session timeout', () => {
    const world = new GroupWorld();
    const refused = world.join({ requireKnownMemberId: true });
    expect(refused).toEqual({
      error: 'MEMBER_ID_REQUIRED',
      generationId: -1,
      protocolType: null,
      protocolName: null,
      leader: '',
      skipAssignment: false,
      memberId: 'client-0',
      members: [],
    });
    expect(world.group.state).toBe('Empty');
    world.pass(SESSION_MS - 1);
    const call = world.send({ memberId: refused.memberId, requireKnownMemberId: true });
    world.pass(DELAY_MS);
    expect(answerOf(call).memberId).toBe('client-0');

    const late = world.join({ requireKnownMemberId: true });
    world.pass(SESSION_MS);
    expect(world.join({ memberId: late.memberId, requireKnownMemberId: true }).error).toBe('UNKNOWN_MEMBER_ID');
  });

  test('a rebalance waits for ids that were given out, but not for ever', () => {
    const { world, ids } = stableGroup(1);
    world.join({ requireKnownMemberId: true });
    const call = world.send({ memberId: ids[0]! });
    world.pass(SESSION_MS - 1);
    expect(call.answers).toEqual([]);
    world.pass(1);
    expect(answerOf(call).generationId).toBe(2);
  });

  test.each<[string, Partial<Parameters<GroupWorld['send']>[0]>, ErrorName, string]>([
    ['an id that nobody gave out', { memberId: 'nobody' }, 'UNKNOWN_MEMBER_ID', 'nobody'],
    ['another protocol type', { protocolType: 'connect' }, 'INCONSISTENT_GROUP_PROTOCOL', ''],
    ['no protocol that all support', { protocols: protocols('sticky') }, 'INCONSISTENT_GROUP_PROTOCOL', ''],
    ['no protocols', { protocols: [] }, 'INCONSISTENT_GROUP_PROTOCOL', ''],
    ['an instance that is not there', { memberId: 'client-0', groupInstanceId: 'i' }, 'UNKNOWN_MEMBER_ID', 'client-0'],
  ])('%s is refused', (_, request, error, memberId) => {
    const { world } = stableGroup(1);
    expect(world.join(request)).toMatchObject({ error, memberId, generationId: -1, leader: '', members: [] });
    expect(world.group.state).toBe('Stable');
  });

  test.each([{ protocolType: '' }, { protocols: [] }])(
    'an empty group takes no member that says nothing: %p',
    (said) => {
      expect(new GroupWorld().join(said).error).toBe('INCONSISTENT_GROUP_PROTOCOL');
    },
  );

  test('the protocol is one that all support, and changes with those who do', () => {
    const world = new GroupWorld();
    const first = world.send({ protocols: protocols('range', 'sticky') });
    world.send({ protocols: protocols('sticky', 'range') });
    world.send({ protocols: protocols('sticky') });
    world.pass(2 * DELAY_MS);
    expect(answerOf(first).protocolName).toBe('sticky');
    expect(answerOf(first).members.map(({ metadata }) => metadata.toString())).toEqual(
      Array(3).fill('sticky-metadata'),
    );
  });

  test('a protocol that is listed twice counts once', () => {
    const world = new GroupWorld();
    const call = world.send({ protocols: protocols('range', 'range') });
    world.pass(DELAY_MS);
    expect(answerOf(call).protocolName).toBe('range');
  });

  test('metadata is kept when the request’s memory is used anew', () => {
    const world = new GroupWorld();
    const metadata = bytes('topics');
    const call = world.send({ protocols: [{ name: 'range', metadata }] });
    metadata.fill(0);
    world.pass(DELAY_MS);
    expect(answerOf(call).members[0]!.metadata.toString()).toBe('topics');
  });
});

describe('group.max.size', () => {
  test('new members are refused in a full group, old ones are not', () => {
    const { world, ids } = stableGroup(2, new GroupWorld({ maxSize: 2 }));
    expect(world.join()).toMatchObject({ error: 'GROUP_MAX_SIZE_REACHED', memberId: '' });
    world.send({ memberId: ids[0]! });
    expect(errorOf(world.send({ memberId: ids[1]! }))).toBe('NONE');
  });

  test('a full group whose members do not come back takes others in their place', () => {
    const { world, ids } = stableGroup(2, new GroupWorld({ maxSize: 2 }));
    world.send({ memberId: ids[0]! });
    const call = world.send();
    const tooLate = world.join({ memberId: ids[1]! });
    expect(tooLate.error).toBe('GROUP_MAX_SIZE_REACHED');
    expect(answerOf(call).generationId).toBe(2);
    expect(world.group.size).toBe(2);
  });

  test('a group that is loaded with more rebalances, and those who come first stay', () => {
    const { world, ids } = stableGroup(3);
    world.reload(world.group.toRecord(), { maxSize: 2 });
    expect(world.group.state).toBe('PreparingRebalance');
    expect(world.group.lastRebalance!.reason).toBe(
      'Freshly-loaded group is over capacity (2). Rebalancing in order to give a chance for consumers to commit offsets',
    );
    world.send({ memberId: ids[0]! });
    world.send({ memberId: ids[2]! });
    expect(world.join({ memberId: ids[1]! }).error).toBe('GROUP_MAX_SIZE_REACHED');
    expect(world.group.describe().members.map(({ memberId }) => memberId)).toEqual([ids[0], ids[2]]);
  });
});

describe('joining again', () => {
  test('a stable follower with the same metadata is told of its generation', () => {
    const { world, ids } = stableGroup(2);
    expect(world.join({ memberId: ids[1]! })).toMatchObject({
      error: 'NONE',
      generationId: 1,
      leader: ids[0],
      members: [],
    });
    expect(world.group.state).toBe('Stable');
  });

  test.each([
    ['the leader', 0, {}, 'Leader client-0 re-joining group during Stable; client reason: why'],
    [
      'new metadata',
      1,
      { protocols: protocols('range') },
      'Updating metadata for member client-1 during Stable; client reason: why',
    ],
  ])('%s rebalances a stable group', (_, index, request, reason) => {
    const { world, ids } = stableGroup(2);
    const call = world.send({ ...request, memberId: ids[index]!, reason: 'why' });
    expect(call.answers).toEqual([]);
    expect(world.group.state).toBe('PreparingRebalance');
    expect(world.group.lastRebalance).toEqual({ reason, memberId: ids[index], atMs: world.nowMs, durationMs: null });
    world.send({ memberId: ids[1 - index]! });
    expect(answerOf(call).generationId).toBe(2);
  });

  test('while the assignment is awaited, the same metadata gets the same answer and new metadata a rebalance', () => {
    const world = new GroupWorld();
    const calls = [world.send(), world.send()];
    world.pass(2 * DELAY_MS);
    const [leader, follower] = calls.map(answerOf);
    expect(world.join({ memberId: leader!.memberId })).toEqual(leader);
    expect(world.join({ memberId: follower!.memberId })).toEqual(follower);
    const waiting = world.sendSync({ memberId: leader!.memberId === 'client-0' ? 'client-1' : 'client-0' });
    world.send({ memberId: follower!.memberId, protocols: protocols('range') });
    expect(errorOf(waiting)).toBe('REBALANCE_IN_PROGRESS');
    expect(world.group.state).toBe('PreparingRebalance');
  });

  test('of two requests in one member’s name the older is answered at once', () => {
    const { world, ids } = stableGroup(2);
    const older = world.send({ memberId: ids[0]! });
    const newer = world.send({ memberId: ids[0]! });
    expect(answerOf(older)).toMatchObject({ error: 'REBALANCE_IN_PROGRESS', memberId: ids[0] });
    world.send({ memberId: ids[1]! });
    expect(errorOf(newer)).toBe('NONE');
  });

  test('who does not come back in time is removed, and another leads', () => {
    const { world, ids } = stableGroup(2);
    const call = world.send({ memberId: ids[1]!, protocols: protocols('range') });
    for (let at = 0; at < REBALANCE_MS; at += 5000) {
      expect(call.answers).toEqual([]);
      expect(world.heartbeat(ids[0]!, 1)).toBe('REBALANCE_IN_PROGRESS');
      world.pass(5000);
    }
    expect(answerOf(call)).toMatchObject({ generationId: 2, leader: ids[1] });
    expect(world.heartbeat(ids[0]!, 1)).toBe('UNKNOWN_MEMBER_ID');
  });

  test('old clients have one timeout for both', () => {
    const world = new GroupWorld();
    const old = world.send({ sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: SESSION_MS });
    world.pass(DELAY_MS);
    settle(world, [answerOf(old).memberId]);
    const call = world.send({ sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: SESSION_MS });
    world.pass(SESSION_MS);
    expect(answerOf(call)).toMatchObject({ generationId: 2, leader: 'client-1' });
  });
});

describe('sessions', () => {
  test('a member that is not heard of for its session timeout is removed', () => {
    const { world, ids } = stableGroup(2);
    world.pass(SESSION_MS - 1);
    expect(world.heartbeat(ids[0]!)).toBe('NONE');
    world.pass(1);
    expect(world.group.state).toBe('PreparingRebalance');
    expect(world.group.lastRebalance).toMatchObject({
      reason: 'removing member client-1 on heartbeat expiration',
      memberId: ids[1],
    });
    expect(world.heartbeat(ids[1]!)).toBe('UNKNOWN_MEMBER_ID');
    expect(world.heartbeat(ids[0]!)).toBe('REBALANCE_IN_PROGRESS');
  });

  test('the last member’s end leaves an empty group, of a new generation, without deadlines', () => {
    const { world } = stableGroup(1);
    world.pass(SESSION_MS);
    expect(world.group.state).toBe('Empty');
    expect(world.group.generation).toBe(2);
    expect(world.group.nextDeadlineMs()).toBeNull();
    expect(world.group.describe()).toEqual({
      groupState: 'Empty',
      protocolType: 'consumer',
      protocolData: '',
      members: [],
    });
  });

  test('who waits for the rebalance is not expired', () => {
    const { world, ids } = stableGroup(2);
    const call = world.send({ memberId: ids[0]! });
    for (let at = 0; at < 50_000; at += 5000) {
      world.heartbeat(ids[1]!);
      world.pass(5000);
    }
    expect(call.answers).toEqual([]);
    expect(world.group.size).toBe(2);
  });

  test('who waited for an assignment longer than its session has a new one with it', () => {
    const world = new GroupWorld();
    const calls = [world.send(), world.send()];
    world.pass(2 * DELAY_MS);
    const [leader, follower] = calls.map((call) => answerOf(call).memberId);
    world.sendSync({ memberId: follower! });
    for (let at = 0; at < 2 * SESSION_MS; at += 5000) {
      world.heartbeat(leader!);
      world.pass(5000);
    }
    world.sendSync({ memberId: leader!, assignments: [{ memberId: follower!, assignment: bytes('all') }] });
    world.pass(SESSION_MS - 1);
    expect([leader, follower].map((id) => world.heartbeat(id!))).toEqual(['NONE', 'NONE']);
    world.pass(SESSION_MS);
    expect(world.group.state).toBe('Empty');
  });

  test('new members have five minutes to be heard of again', () => {
    const { world, ids } = stableGroup(1, new GroupWorld({ initialRebalanceDelayMs: 0 }));
    const long = { rebalanceTimeoutMs: 2 * NEW_MEMBER_MS };
    world.send({ ...long, memberId: ids[0]! });
    settle(world, ids);
    const call = world.send(long);
    for (let at = 0; at < NEW_MEMBER_MS; at += 5000) {
      expect(call.answers).toEqual([]);
      world.heartbeat(ids[0]!);
      world.pass(5000);
    }
    expect(answerOf(call)).toMatchObject({ error: 'UNKNOWN_MEMBER_ID', memberId: '' });
  });

  test.each<[string, (world: GroupWorld, id: string) => ErrorName, ErrorName]>([
    ['an older generation', (world, id) => world.heartbeat(id, 0), 'ILLEGAL_GENERATION'],
    ['a generation to come', (world, id) => world.heartbeat(id, 2), 'ILLEGAL_GENERATION'],
    ['a stranger', (world) => world.heartbeat('nobody'), 'UNKNOWN_MEMBER_ID'],
    ['an instance that is not there', (world, id) => world.heartbeat(id, 1, 'instance'), 'UNKNOWN_MEMBER_ID'],
  ])('a heartbeat of %s', (_, beat, error) => {
    const { world, ids } = stableGroup(1);
    expect(beat(world, ids[0]!)).toBe(error);
  });

  test('a heartbeat counts while the assignment is awaited', () => {
    const world = new GroupWorld();
    const call = world.send();
    world.pass(DELAY_MS);
    world.pass(SESSION_MS - 1);
    expect(world.heartbeat(answerOf(call).memberId)).toBe('NONE');
    world.pass(SESSION_MS - 1);
    expect(world.group.state).toBe('CompletingRebalance');
  });
});

describe('assignments', () => {
  test('are told once they are stored, each member its own', () => {
    const world = new GroupWorld({}, false);
    const calls = [world.send(), world.send()];
    world.pass(2 * DELAY_MS);
    const [leader, follower] = calls.map((call) => answerOf(call).memberId);
    const waiting = world.sendSync({ memberId: follower! });
    const assignments = [{ memberId: follower!, assignment: bytes('all') }];
    const bringing = world.sendSync({ memberId: leader!, assignments });
    assignments[0]!.assignment.fill(0);
    expect([...waiting.answers, ...bringing.answers]).toEqual([]);
    expect(world.persists[0]!.value).toEqual({
      protocolType: 'consumer',
      generation: 1,
      protocol: 'range',
      leader,
      currentStateTimestamp: world.nowMs,
      members: [leader, follower].map((memberId) => ({
        memberId,
        groupInstanceId: null,
        clientId: 'client',
        clientHost: '/127.0.0.1',
        rebalanceTimeout: REBALANCE_MS,
        sessionTimeout: SESSION_MS,
        subscription: bytes('metadata'),
        assignment: memberId === follower ? bytes('all') : bytes(''),
      })),
    });
    world.store();
    expect(answerOf(waiting)).toEqual({
      error: 'NONE',
      protocolType: 'consumer',
      protocolName: 'range',
      assignment: bytes('all'),
    });
    expect(answerOf(bringing).assignment).toEqual(bytes(''));
    expect(world.group.state).toBe('Stable');
    expect(world.sync({ memberId: follower! }).assignment).toEqual(bytes('all'));
    expect(world.logs).toContain(
      `Assignment received from leader ${leader} for group g for generation 1. The group has 2 members, 0 of which are static.`,
    );
    expect(world.logs).toContain(`Setting empty assignments for members Set(${leader}) of g for generation 1`);
  });

  test.each<[ErrorName, ErrorName]>([
    ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'COORDINATOR_NOT_AVAILABLE'],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
    ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
    ['REQUEST_TIMED_OUT', 'REBALANCE_IN_PROGRESS'],
    ['MESSAGE_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
    ['INVALID_REQUIRED_ACKS', 'INVALID_REQUIRED_ACKS'],
  ])('that the log refuses with %s are answered %s, and all begin anew', (refusal, error) => {
    const world = new GroupWorld({}, false);
    const call = world.send();
    world.pass(DELAY_MS);
    const sync = world.sendSync({ memberId: answerOf(call).memberId });
    world.store(refusal);
    expect(answerOf(sync)).toMatchObject({ error, protocolType: null, protocolName: null, assignment: bytes('') });
    expect(world.group.state).toBe('PreparingRebalance');
    expect(world.group.lastRebalance!.reason).toBe(
      `Error ${error} when storing group assignment during SyncGroup (member: client-0)`,
    );
  });

  test('that the leader brings again while the first are being stored are not taken: the log’s last are what members know', () => {
    const world = new GroupWorld({}, false);
    const call = world.send();
    world.pass(DELAY_MS);
    const { memberId } = answerOf(call);
    const first = world.sendSync({ memberId, assignments: [{ memberId, assignment: bytes('first') }] });
    const second = world.sendSync({ memberId, assignments: [{ memberId, assignment: bytes('second') }] });
    expect(errorOf(first)).toBe('REBALANCE_IN_PROGRESS');
    expect(world.persists).toHaveLength(1);
    world.store();
    expect(answerOf(second)).toMatchObject({ error: 'NONE', assignment: bytes('first') });
    expect(world.group.state).toBe('Stable');
  });

  test('of a generation that is over when they are stored are nobody’s', () => {
    const world = new GroupWorld({}, false);
    const call = world.send();
    world.pass(DELAY_MS);
    const { memberId } = answerOf(call);
    const sync = world.sendSync({ memberId, assignments: [{ memberId, assignment: bytes('old') }] });
    const join = world.send({ memberId, protocols: protocols('range') });
    expect(errorOf(sync)).toBe('REBALANCE_IN_PROGRESS');
    expect(answerOf(join).generationId).toBe(2);
    world.store();
    expect(world.group.state).toBe('CompletingRebalance');
    expect(world.sendSync({ memberId }).answers).toEqual([]);
  });

  test('a member that does not ask for its own within the rebalance timeout is removed', () => {
    const { world, ids } = stableGroup(2);
    world.send({ memberId: ids[0]! });
    world.send({ memberId: ids[1]! });
    world.sendSync({ memberId: ids[0]!, assignments: ids.map((memberId) => ({ memberId, assignment: bytes('x') })) });
    expect(world.group.state).toBe('Stable');
    for (let at = 0; at < REBALANCE_MS; at += 5000) {
      expect(ids.map((id) => world.heartbeat(id))).toEqual(['NONE', 'NONE']);
      world.pass(5000);
    }
    expect(world.group.lastRebalance!.reason).toBe('Removing Set(client-1) on pending sync request expiration');
    expect(world.heartbeat(ids[1]!)).toBe('UNKNOWN_MEMBER_ID');
    expect(world.heartbeat(ids[0]!)).toBe('REBALANCE_IN_PROGRESS');
  });

  test('a leader that does not bring them is removed, and its followers begin anew', () => {
    const world = new GroupWorld();
    const calls = [world.send(), world.send()];
    world.pass(2 * DELAY_MS);
    const [leader, follower] = calls.map((call) => answerOf(call).memberId);
    const sync = world.sendSync({ memberId: follower! });
    for (let at = 0; at < REBALANCE_MS; at += 5000) {
      expect(sync.answers).toEqual([]);
      world.heartbeat(leader!);
      world.pass(5000);
    }
    expect(errorOf(sync)).toBe('REBALANCE_IN_PROGRESS');
    expect(world.heartbeat(leader!)).toBe('UNKNOWN_MEMBER_ID');
    expect(answerOf(world.send({ memberId: follower! })).leader).toBe(follower);
  });

  test.each<[string, object, ErrorName]>([
    ['of an older generation', { generationId: 0 }, 'ILLEGAL_GENERATION'],
    ['of a stranger', { memberId: 'nobody' }, 'UNKNOWN_MEMBER_ID'],
    ['with another type', { protocolType: 'connect', protocolName: 'range' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['with another protocol', { protocolType: 'consumer', protocolName: 'sticky' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['with the right names', { protocolType: 'consumer', protocolName: 'range' }, 'NONE'],
  ])('a request %s', (_, request, error) => {
    const { world, ids } = stableGroup(1);
    expect(world.sync({ memberId: ids[0]!, ...request }).error).toBe(error);
  });

  test('are not given out while the group prepares a rebalance', () => {
    const { world, ids } = stableGroup(2);
    world.send();
    expect(world.sync({ memberId: ids[0]! }).error).toBe('REBALANCE_IN_PROGRESS');
  });
});

describe('leaving', () => {
  test('rebalances, and tells why', () => {
    const { world, ids } = stableGroup(2);
    expect(world.leave(ids[1]!, null, 'done')).toBe('NONE');
    expect(world.group.lastRebalance!.reason).toBe('Removing member client-1 on LeaveGroup; client reason: done');
    expect(world.leave(ids[1]!)).toBe('UNKNOWN_MEMBER_ID');
    expect(world.leave(ids[0]!)).toBe('NONE');
    expect(world.group.state).toBe('Empty');
  });

  test('tells whoever waits in the member’s name', () => {
    const { world, ids } = stableGroup(2);
    const join = world.send({ memberId: ids[0]! });
    world.leave(ids[0]!);
    expect(answerOf(join)).toMatchObject({ error: 'UNKNOWN_MEMBER_ID', memberId: '' });
  });

  test('tells whoever waits for an assignment in the member’s name', () => {
    const world = new GroupWorld();
    const calls = [world.send(), world.send()];
    world.pass(2 * DELAY_MS);
    const follower = answerOf(calls[1]!).memberId;
    const sync = world.sendSync({ memberId: follower });
    world.leave(follower);
    expect(errorOf(sync)).toBe('UNKNOWN_MEMBER_ID');
  });

  test('frees an id that was given out', () => {
    const { world, ids } = stableGroup(1);
    const { memberId } = world.join({ requireKnownMemberId: true });
    const call = world.send({ memberId: ids[0]! });
    expect(call.answers).toEqual([]);
    expect(world.leave(memberId)).toBe('NONE');
    expect(errorOf(call)).toBe('NONE');
  });

  test('each of several by its own name', () => {
    const { world, ids } = stableGroup(2);
    const members = [
      { memberId: ids[0]!, groupInstanceId: null, reason: null },
      { memberId: 'nobody', groupInstanceId: null, reason: null },
      { memberId: '', groupInstanceId: null, reason: null },
      { memberId: '', groupInstanceId: 'nothing', reason: null },
    ];
    const { error, results } = world.group.leave(members, world.nowMs);
    expect(error).toBe('NONE');
    expect(results).toEqual([
      { memberId: ids[0], groupInstanceId: null, error: 'NONE' },
      { memberId: 'nobody', groupInstanceId: null, error: 'UNKNOWN_MEMBER_ID' },
      { memberId: '', groupInstanceId: null, error: 'UNKNOWN_MEMBER_ID' },
      { memberId: '', groupInstanceId: 'nothing', error: 'UNKNOWN_MEMBER_ID' },
    ]);
  });
});

describe('commits', () => {
  const committer = { memberId: '', groupInstanceId: null, generationId: -1, isTransactional: false };

  test('of an empty group are anybody’s, of others the members’', () => {
    const empty = new GroupWorld();
    expect(empty.group.checkCommit(committer, empty.nowMs)).toBe('NONE');
    expect(empty.group.checkCommit({ ...committer, generationId: 1 }, empty.nowMs)).toBe('UNKNOWN_MEMBER_ID');
    const { world, ids } = stableGroup(1);
    const check = (who: object): ErrorName => world.group.checkCommit({ ...committer, ...who }, world.nowMs);
    expect(check({})).toBe('UNKNOWN_MEMBER_ID');
    expect(check({ isTransactional: true })).toBe('NONE');
    expect(check({ memberId: ids[0] })).toBe('ILLEGAL_GENERATION');
    expect(check({ memberId: ids[0], generationId: 1 })).toBe('NONE');
    expect(check({ memberId: ids[0], generationId: 0, isTransactional: true })).toBe('ILLEGAL_GENERATION');
    expect(check({ memberId: 'nobody', generationId: 1 })).toBe('UNKNOWN_MEMBER_ID');
    expect(check({ memberId: ids[0], generationId: 1, groupInstanceId: 'i' })).toBe('UNKNOWN_MEMBER_ID');
  });

  test('count as heartbeats; not so transactional ones', () => {
    for (const [isTransactional, state] of [
      [false, 'Stable'],
      [true, 'Empty'],
    ] as const) {
      const { world, ids } = stableGroup(1);
      world.pass(SESSION_MS - 1);
      const who = { memberId: ids[0]!, groupInstanceId: null, generationId: 1, isTransactional };
      expect(world.group.checkCommit(who, world.nowMs)).toBe('NONE');
      world.pass(1);
      expect(world.group.state).toBe(state);
    }
  });

  test('go on while members join, and stop while the assignment is awaited', () => {
    const { world, ids } = stableGroup(2);
    const who = { memberId: ids[1]!, groupInstanceId: null, isTransactional: false };
    world.send({ memberId: ids[0]! });
    expect(world.group.checkCommit({ ...who, generationId: 1 }, world.nowMs)).toBe('NONE');
    world.send({ memberId: ids[1]! });
    expect(world.group.checkCommit({ ...who, generationId: 1 }, world.nowMs)).toBe('ILLEGAL_GENERATION');
    expect(world.group.checkCommit({ ...who, generationId: 2 }, world.nowMs)).toBe('REBALANCE_IN_PROGRESS');
    expect(world.group.checkCommit({ ...who, generationId: 2, isTransactional: true }, world.nowMs)).toBe('NONE');
  });
});

describe('requests of a size that nobody needs', () => {
  test('a flood of ids that nobody comes back with: given out and void without going through all of them each time', () => {
    const world = new GroupWorld();
    let searched = 0;
    for (let i = 0; i < 20_000; i++) {
      world.nowMs += 0.5;
      world.send({ requireKnownMemberId: true });
    }
    const lastMs = world.nowMs + SESSION_MS;
    for (let next = world.group.nextDeadlineMs(); next !== null; next = world.group.nextDeadlineMs()) {
      expect(next).toBeLessThan(lastMs + 101);
      world.nowMs = next;
      world.run(world.group.tick(next));
      searched++;
    }
    expect(world.logs.filter((line) => line.includes('has been removed after session timeout'))).toHaveLength(20_000);
    expect(searched).toBeLessThan(120);
  });

  test('a subscription with more topics than any cluster has leaves them unknown', () => {
    const count = 200_001;
    const metadata = Buffer.alloc(2 + 4 + 2 * count + 4);
    for (const [claimed, known] of [
      [count, null],
      [count - 1, new Set([''])],
      [2_000_000_000, null],
    ] as const) {
      metadata.writeInt32BE(claimed, 2);
      const world = new GroupWorld();
      world.send({ protocols: [{ name: 'range', metadata }] });
      world.pass(DELAY_MS);
      expect(world.group.state).toBe('CompletingRebalance');
      expect(world.group.subscribedTopics).toEqual(known);
    }
  });
});
