import { ConsumerProtocolSubscription } from '@odradek/protocol/stored/consumer-protocol';
import { Writer } from '@odradek/protocol/wire/writer';
import type { GroupMetadata } from './group-types';
import { GroupWorld } from './testing/group-world';

const bytes = (text: string): Buffer => Buffer.from(text);

/** A subscription as a consumer of this version of the protocol sends it. */
function subscription(topics: string[], version = 3): Buffer {
  const writer = new Writer();
  writer.int16(version);
  ConsumerProtocolSubscription.codec(version).encode(writer, { topics, userData: null, ownedPartitions: [] });
  return writer.toBuffer();
}

const member = (memberId: string, metadata: Buffer, more: object = {}) => ({
  memberId,
  groupInstanceId: null,
  clientId: 'client',
  clientHost: '/10.0.0.1',
  rebalanceTimeout: 60_000,
  sessionTimeout: 10_000,
  subscription: metadata,
  assignment: bytes(`to ${memberId}`),
  ...more,
});

const record = (more: Partial<GroupMetadata> = {}): GroupMetadata => ({
  protocolType: 'consumer',
  generation: 5,
  protocol: 'range',
  leader: 'b',
  currentStateTimestamp: 123,
  members: [member('a', subscription(['x', 'y'])), member('b', subscription(['y', 'z'], 0))],
  ...more,
});

const loaded = (value: GroupMetadata): GroupWorld => {
  const world = new GroupWorld();
  world.reload(value);
  return world;
};

describe('a group that is loaded', () => {
  test('with members is stable, and they go on as if nothing had been', () => {
    const world = loaded(record());
    const { group } = world;
    expect(group.toRecord()).toEqual(record());
    expect(group).toMatchObject({ state: 'Stable', generation: 5, size: 2, currentStateTimestamp: 123 });
    expect(world.heartbeat('a')).toBe('NONE');
    expect(world.sync({ memberId: 'a' }).assignment).toEqual(bytes('to a'));
    expect(group.describe()).toEqual({
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      members: ['a', 'b'].map((memberId, index) => ({
        memberId,
        groupInstanceId: null,
        clientId: 'client',
        clientHost: '/10.0.0.1',
        memberMetadata: record().members[index]!.subscription,
        memberAssignment: bytes(`to ${memberId}`),
      })),
    });
    world.send({ memberId: 'b' });
    expect(group.lastRebalance!.reason).toMatch(/^Leader b re-joining/);
  });

  test('has its members’ sessions begin anew', () => {
    const world = loaded(record());
    world.pass(9999);
    expect(world.group.size).toBe(2);
    world.pass(1);
    expect(world.group.state).toBe('Empty');
  });

  test('knows its static members', () => {
    const world = loaded(record({ members: [member('b', bytes(''), { groupInstanceId: 'i' })] }));
    expect(world.heartbeat('b', 5, 'i')).toBe('NONE');
    expect(world.heartbeat('c', 5, 'i')).toBe('FENCED_INSTANCE_ID');
  });

  test('without members is empty', () => {
    const { group } = loaded(record({ protocol: null, leader: null, members: [] }));
    expect(group).toMatchObject({ state: 'Empty', generation: 5, protocolType: 'consumer' });
    expect(group.nextDeadlineMs()).toBeNull();
    expect(loaded(record({ protocolType: '', members: [] })).group.protocolType).toBeNull();
  });

  test('from an old record: one timeout for both, and no time of its state', () => {
    const old = member('b', bytes(''), { rebalanceTimeout: -1, sessionTimeout: 6000 });
    const { group } = loaded(record({ currentStateTimestamp: -1, members: [old] }));
    expect(group.currentStateTimestamp).toBeNull();
    expect(group.toRecord()).toMatchObject({ currentStateTimestamp: -1, members: [{ rebalanceTimeout: 6000 }] });
  });
});

describe('what members subscribe to', () => {
  test('is told by every version of their subscriptions', () => {
    const { group } = loaded(record());
    expect(group.subscribedTopics).toEqual(new Set(['x', 'y', 'z']));
    expect([group.isSubscribedToTopic('z'), group.isSubscribedToTopic('other')]).toEqual([true, false]);
  });

  test.each([
    ['cannot be read', record({ members: [member('b', bytes('\0'))] })],
    ['ends too soon', record({ members: [member('b', subscription(['x']).subarray(0, 7))] })],
    ['is not a consumer’s', record({ protocolType: 'connect' })],
  ])('may be anything where it %s', (_, value) => {
    const { group } = loaded(value);
    expect(group.subscribedTopics).toBeNull();
    expect(group.isSubscribedToTopic('other')).toBe(true);
  });

  test('is nothing in an empty group of consumers', () => {
    const { group } = loaded(record({ protocol: null, members: [] }));
    expect(group.subscribedTopics).toEqual(new Set());
  });

  test('changes with the generation', () => {
    const world = new GroupWorld({ initialRebalanceDelayMs: 0 });
    expect(world.group.isSubscribedToTopic('x')).toBe(true);
    world.send({ protocols: [{ name: 'range', metadata: subscription(['x']) }] });
    world.pass(0);
    expect([...world.group.subscribedTopics!]).toEqual(['x']);
    world.leave('client-0');
    expect([...world.group.subscribedTopics!]).toEqual([]);
  });
});

describe('a rebalance', () => {
  test('is told of once, when it is over, with what began it and how long it took', () => {
    const world = new GroupWorld();
    world.send({ reason: 'start' });
    world.pass(3000);
    world.pass(500);
    world.sendSync({ memberId: 'client-0' });
    const reason = 'Adding new member client-0 with group instance id None; client reason: start';
    expect(world.rebalances).toEqual([
      { type: 'rebalanced', group: 'g', generation: 1, memberId: 'client-0', reason, durationMs: 3500, members: 1 },
    ]);
    expect(world.group.lastRebalance).toEqual({ reason, memberId: 'client-0', atMs: 1_000_000, durationMs: 3500 });
    world.leave('client-0');
    expect(world.rebalances[1]).toMatchObject({ generation: 2, durationMs: 0, members: 0 });
  });

  test('that has to begin again is one, with its last reason', () => {
    const world = new GroupWorld();
    world.send();
    world.pass(3000);
    world.send({ memberId: 'client-0', protocols: [{ name: 'range', metadata: bytes('new') }], reason: '' });
    world.pass(100);
    world.sendSync({ memberId: 'client-0' });
    expect(world.rebalances).toEqual([
      expect.objectContaining({
        generation: 2,
        durationMs: 3100,
        reason: 'Updating metadata for member client-0 during CompletingRebalance; client reason: not provided',
      }),
    ]);
  });

  test('is logged in Kafka’s words', () => {
    const world = new GroupWorld();
    const protocols = [{ name: 'range', metadata: subscription(['x']) }];
    world.send({ protocols, requireKnownMemberId: true });
    world.send({ protocols, memberId: 'client-0' });
    world.pass(3000);
    world.sendSync({ memberId: 'client-0', assignments: [{ memberId: 'client-0', assignment: bytes('all') }] });
    world.pass(10_000);
    expect(world.logs).toEqual([
      'Dynamic member with unknown member id joins group g in Empty state. Created a new member id client-0 and request the member to rejoin with this id.',
      'Pending dynamic member with id client-0 joins group g in Empty state. Adding to the group now.',
      'Preparing to rebalance group g in state PreparingRebalance with old generation 0 (__consumer_offsets-7) (reason: Adding new member client-0 with group instance id None; client reason: not provided)',
      'Stabilized group g generation 1 (__consumer_offsets-7) with 1 members',
      'Assignment received from leader client-0 for group g for generation 1. The group has 1 members, 0 of which are static.',
      'Member client-0 in group g has failed, removing it from the group',
      'Preparing to rebalance group g in state PreparingRebalance with old generation 1 (__consumer_offsets-7) (reason: removing member client-0 on heartbeat expiration)',
      'Group g with generation 2 is now empty (__consumer_offsets-7)',
    ]);
  });
});

describe('the end of a group', () => {
  test('is told to everyone who waits', () => {
    const world = new GroupWorld();
    const join = world.send();
    world.run(world.group.unload(world.nowMs));
    expect(join.answers).toMatchObject([{ error: 'NOT_COORDINATOR', memberId: 'client-0', generationId: -1 }]);
    expect(world.join({ memberId: 'client-0' }).error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(world.join().error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(world.sync({ memberId: 'client-0' }).error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(world.leave('client-0')).toBe('COORDINATOR_NOT_AVAILABLE');
    const who = { memberId: '', groupInstanceId: null, generationId: -1, isTransactional: true };
    expect(world.group.checkCommit(who, world.nowMs)).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(world.group.nextDeadlineMs()).toBeNull();
  });

  test('by deletion is for empty ones', () => {
    const world = new GroupWorld();
    world.group.die(world.nowMs);
    expect(world.group.state).toBe('Dead');
    expect(() => loaded(record()).group.die(0)).toThrow('Group g is Stable, not Empty');
  });
});
