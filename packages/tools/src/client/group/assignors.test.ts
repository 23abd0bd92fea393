import { partitionText, type TopicPartition } from '../partitions';
import { type Assignments, type Assignor, assignorsOf, type GroupMember } from './assignors';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type MemberSubscription,
} from './member-protocol';

const [range, roundRobin, sticky, cooperative] = assignorsOf(
  ['Range', 'RoundRobin', 'Sticky', 'CooperativeSticky'].map(
    (name) => `org.apache.kafka.clients.consumer.${name}Assignor`,
  ),
) as [Assignor, Assignor, Assignor, Assignor];

const partition = (text: string): TopicPartition => {
  const [topic, number] = text.split('-');
  return { topic: topic!, partition: Number(number) };
};

const subscription = (topics: string[], more: Partial<MemberSubscription> = {}): MemberSubscription => ({
  topics,
  userData: null,
  ownedPartitions: [],
  generationId: -1,
  rackId: null,
  ...more,
});

const texts = (assignments: Assignments): Record<string, string> =>
  Object.fromEntries([...assignments].map(([id, partitions]) => [id, partitions.map(partitionText).sort().join(' ')]));

const counts = new Map([
  ['a', 7],
  ['b', 3],
  ['c', 2],
]);

const members = (instances: Record<string, string> = {}): GroupMember[] =>
  Object.entries({ m1: ['a', 'b'], m2: ['a'], m3: ['a', 'b', 'c'] }).map(([memberId, topics]) => ({
    memberId,
    groupInstanceId: instances[memberId] ?? null,
    subscription: subscription(topics),
  }));

// What Java's assignors of 3.9.1 give for the same group.
describe('range and round robin', () => {
  const statics = { m3: 'x', m2: 'y' };

  it.each([
    ['range', range, {}, { m1: 'a-0 a-1 a-2 b-0 b-1', m2: 'a-3 a-4', m3: 'a-5 a-6 b-2 c-0 c-1' }],
    [
      'range of static members',
      range,
      statics,
      { m1: 'a-5 a-6 b-2', m2: 'a-3 a-4', m3: 'a-0 a-1 a-2 b-0 b-1 c-0 c-1' },
    ],
    ['round robin', roundRobin, {}, { m1: 'a-0 a-3 a-6 b-1', m2: 'a-1 a-4', m3: 'a-2 a-5 b-0 b-2 c-0 c-1' }],
    [
      'round robin of static members',
      roundRobin,
      statics,
      { m1: 'a-2 a-5 b-0 b-2', m2: 'a-1 a-4', m3: 'a-0 a-3 a-6 b-1 c-0 c-1' },
    ],
  ])('%s', (_name, assignor, instances, expected) => {
    expect(texts(assignor.assign(members(instances as Record<string, string>), counts))).toEqual(expected);
  });
});

/** A generation of one topic: each member tells what it was given in the one before. */
function generation(assignor: Assignor, before: Record<string, string[]>, count: number, generationId = 1) {
  const group = Object.entries(before).map(([memberId, owned]): GroupMember => {
    const ownedPartitions = owned.map(partition);
    const userData = assignor.userData(ownedPartitions, generationId);
    const kept = assignor.isCooperative ? { ownedPartitions, generationId } : {};
    return { memberId, groupInstanceId: null, subscription: subscription(['t'], { userData, ...kept }) };
  });
  const assignments = assignor.assign(group, new Map([['t', count]]));
  return Object.fromEntries([...assignments].map(([id, given]) => [id, given.map(partitionText).sort()]));
}

describe('sticky', () => {
  it('keeps what can be kept and evens the rest out', () => {
    const first = generation(sticky, { m1: [], m2: [] }, 6);
    expect(Object.values(first).map(({ length }) => length)).toEqual([3, 3]);
    const second = generation(sticky, { ...first, m3: [] } as Record<string, string[]>, 6);
    expect(Object.values(second).map(({ length }) => length)).toEqual([2, 2, 2]);
    for (const id of ['m1', 'm2']) expect(first[id]).toEqual(expect.arrayContaining(second[id]!));
    const third = generation(sticky, { m1: second.m1!, m3: second.m3! }, 6);
    expect(third.m1).toEqual(expect.arrayContaining(second.m1!));
    expect(third.m3).toEqual(expect.arrayContaining(second.m3!));
  });

  it('believes the later of two generations', () => {
    const claims = [4, 5].map((generationId, index): GroupMember => {
      const userData = sticky.userData([partition('t-0')], generationId);
      return { memberId: `m${index}`, groupInstanceId: null, subscription: subscription(['t'], { userData }) };
    });
    expect(texts(sticky.assign(claims, new Map([['t', 1]])))).toEqual({ m0: '', m1: 't-0' });
  });

  it('takes what it cannot read for nothing', () => {
    const member = {
      memberId: 'm',
      groupInstanceId: null,
      subscription: subscription(['t'], { userData: Buffer.of(9) }),
    };
    expect(texts(sticky.assign([member], new Map([['t', 2]])))).toEqual({ m: 't-0 t-1' });
  });

  it('gives each as much as its subscription allows', () => {
    const group = [
      { memberId: 'm1', groupInstanceId: null, subscription: subscription(['a']) },
      { memberId: 'm2', groupInstanceId: null, subscription: subscription(['a', 'b']) },
    ];
    const given = sticky.assign(
      group,
      new Map([
        ['a', 3],
        ['b', 3],
      ]),
    );
    expect(texts(given)).toEqual({ m1: 'a-0 a-1 a-2', m2: 'b-0 b-1 b-2' });
  });
});

it('a cooperative assignor gives a partition to nobody while another still has it', () => {
  const before = { m1: ['t-0', 't-1', 't-2', 't-3'], m2: [] };
  const first = generation(cooperative, before, 4);
  expect(first.m1).toHaveLength(2);
  expect(first.m2).toEqual([]);
  const second = generation(cooperative, { m1: first.m1!, m2: [] }, 4, 2);
  expect(second.m1).toEqual(first.m1);
  expect(second.m2).toHaveLength(2);
});

it('refuses assignors of others', () => {
  expect(() => assignorsOf(['foo.Bar'])).toThrow('Failed to construct kafka consumer');
});

// Bytes of Java's ConsumerProtocol, StickyAssignor and CooperativeStickyAssignor.
describe('what members tell each other', () => {
  const owned = ['a-0', 'a-2', 'b-1'].map(partition);
  const full = subscription(['b', 'a'], {
    userData: Buffer.of(1, 2),
    ownedPartitions: owned,
    generationId: 7,
    rackId: 'rack',
  });
  const v3 =
    '0003000000020001610001620000000201020000000200016100000002000000000000000200016200000001000000010000000700047261636b';

  it('a subscription', () => {
    expect(encodeSubscription(full).toString('hex')).toBe(v3);
    expect(decodeSubscription(Buffer.from(v3, 'hex'))).toEqual({ ...full, topics: ['a', 'b'] });
  });

  it('subscriptions of older members', () => {
    const v0 = decodeSubscription(Buffer.from('000000000002000161000162000000020102', 'hex'));
    expect(v0).toEqual({ ...full, topics: ['a', 'b'], ownedPartitions: [], generationId: -1, rackId: null });
    const v1 = '000100000002000161000162000000020102000000020001610000000200000000000000020001620000000100000001';
    expect(decodeSubscription(Buffer.from(v1, 'hex')).ownedPartitions).toEqual(owned);
  });

  it('a subscription of a version to come is read as far as it is known', () => {
    const later = Buffer.concat([Buffer.from(v3.replace(/^0003/, '0009'), 'hex'), Buffer.of(1, 2, 3)]);
    expect(decodeSubscription(later).rackId).toBe('rack');
  });

  it('an assignment', () => {
    const bytes = '00030000000200016100000001000000000001620000000100000001ffffffff';
    expect(encodeAssignment(['a-0', 'b-1'].map(partition)).toString('hex')).toBe(bytes);
    expect(decodeAssignment(Buffer.from(bytes, 'hex'))).toEqual(['a-0', 'b-1'].map(partition));
    expect(encodeAssignment([]).toString('hex')).toBe('000300000000ffffffff');
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([]);
  });

  it('what sticky assignors add', () => {
    expect(sticky.userData(undefined, -1)).toBeNull();
    expect(sticky.userData(owned, 5)?.toString('hex')).toBe(
      '00000002000161000000020000000000000002000162000000010000000100000005',
    );
    expect(cooperative.userData(undefined, -1)?.toString('hex')).toBe('ffffffff');
    expect(cooperative.userData(owned, 5)?.toString('hex')).toBe('00000005');
  });
});
