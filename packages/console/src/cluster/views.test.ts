import { detailsOf, groupsOfTopic, summaryOf } from './group-views';
import type { GroupFacts } from './groups';
import { KnownGroups } from './known-groups';
import type { BrokerLogs } from './log-dirs';
import { partition, topologyOf } from './testing/topology';
import { partitionList, topicSummary } from './topic-views';

const byPartition = (...offsets: readonly number[]) => new Map(offsets.map((offset, number) => [number, offset]));

const group = (given: Partial<GroupFacts> = {}): GroupFacts => ({
  groupId: 'g',
  state: 'Stable',
  protocolType: 'consumer',
  protocol: 'range',
  coordinator: 2,
  members: [
    {
      memberId: 'm-1',
      instanceId: null,
      clientId: 'c',
      host: '127.0.0.1',
      assignment: [{ topic: 't', partitions: [0, 2] }],
    },
  ],
  committed: new Map([['t', new Map([0, 1].map((number) => [number, { offset: 10, metadata: 'm' }]))]]),
  lastRebalance: null,
  error: null,
  ...given,
});

describe('groups', () => {
  const topology = topologyOf([1], { t: [partition(0), partition(1), partition(2)] });
  const ends = { topology, ends: new Map([['t', byPartition(15, 9, 4)]]) };

  test('lag is what is between what was committed and the end, never less than nothing', () => {
    expect(summaryOf(group(), ends)).toMatchObject({ lag: 5, topics: ['t'], members: 1 });
  });

  test('each partition that is assigned or was committed', () => {
    expect(detailsOf(group(), ends).offsets).toEqual([
      { topic: 't', partition: 0, committed: 10, end: 15, lag: 5, memberId: 'm-1', metadata: 'm' },
      { topic: 't', partition: 1, committed: 10, end: 9, lag: 0, memberId: null, metadata: 'm' },
      { topic: 't', partition: 2, committed: null, end: 4, lag: null, memberId: 'm-1', metadata: '' },
    ]);
  });

  test('a lag of which a part is not known is not known', () => {
    expect(summaryOf(group(), { topology, ends: new Map([['t', byPartition(15)]]) }).lag).toBeNull();
    expect(summaryOf(group({ committed: new Map() }), ends).lag).toBeNull();
  });

  test('a topic that has been deleted is no part of the lag', () => {
    const committed = new Map([...group().committed, ['gone', new Map([[0, { offset: 1, metadata: '' }]])]]);
    expect(summaryOf(group({ committed }), ends)).toMatchObject({ lag: 5, topics: ['gone', 't'] });
  });

  test('those of a topic', () => {
    const idle = group({ groupId: 'a', state: 'Empty', members: [] });
    const other = group({ groupId: 'o', members: [], committed: new Map([['u', new Map()]]) });
    expect(groupsOfTopic([group(), idle, other], 't', ends)).toEqual([
      { groupId: 'a', state: 'Empty', lag: 5, members: 0 },
      { groupId: 'g', state: 'Stable', lag: 5, members: 1 },
    ]);
  });

  test('are remembered while their coordinator is silent, not when it says that they are gone', () => {
    const known = new KnownGroups();
    const names = (answers: (readonly GroupFacts[] | null)[], atMs: number) =>
      known.merge(answers, atMs).map(({ groupId, error }) => [groupId, error]);
    const other = group({ groupId: 'h' });
    expect(names([[group()], [other]], 0)).toEqual([
      ['g', null],
      ['h', null],
    ]);
    expect(names([[group()], null], 1_000)).toEqual([
      ['g', null],
      ['h', 'COORDINATOR_NOT_AVAILABLE'],
    ]);
    expect(names([[group()], []], 2_000)).toEqual([['g', null]]);
    expect(names([null, null], 3_000)).toEqual([['g', 'COORDINATOR_NOT_AVAILABLE']]);
    expect(names([null, null], 63_000)).toEqual([]);
  });

  test('that are with two coordinators are shown as the one that knows them tells', () => {
    const lost = group({ state: 'Unknown', error: 'NOT_COORDINATOR' });
    for (const answers of [
      [[lost], [group()]],
      [[group()], [lost]],
    ]) {
      expect(new KnownGroups().merge(answers, 0)).toEqual([group()]);
    }
  });
});

describe('topics', () => {
  const logs = (...bytes: readonly number[]): BrokerLogs => ({
    bytes: 0,
    dirs: [],
    replicas: new Map([['t', new Map(bytes.map((each, number) => [number, { bytes: each, offsetLag: 0 }]))]]),
  });
  const state = (...partitions: readonly ReturnType<typeof partition>[]) =>
    topologyOf([1, 2, 3], { t: partitions }).topics.get('t')!;
  const facts = {
    starts: new Map([['t', byPartition(5, 0)]]),
    ends: new Map([['t', byPartition(15, 20)]]),
    logs: new Map<number, BrokerLogs | null>([
      [1, logs(100, 200)],
      [2, logs(90, 190)],
    ]),
  };

  test('records, ends and sizes of their leaders', () => {
    expect(topicSummary(state(partition(0), partition(1, { leader: 2, isr: [2, 1] })), facts)).toMatchObject({
      partitions: 2,
      replicationFactor: 3,
      underReplicated: 1,
      offline: 0,
      records: 30,
      endOffsets: 35,
      bytes: 290,
    });
  });

  test('a sum of which a part is missing is not known; what is offline is left out', () => {
    expect(topicSummary(state(partition(0), partition(1, { leader: 3 })), facts)).toMatchObject({ bytes: null });
    expect(topicSummary(state(partition(0), partition(2)), facts)).toMatchObject({ records: null, endOffsets: null });
    expect(topicSummary(state(partition(0), partition(1, { leader: -1 })), facts)).toMatchObject({
      records: 10,
      bytes: 100,
      offline: 1,
    });
  });

  test('each partition, with the size of each replica that is known', () => {
    expect(partitionList(state(partition(0, { offline: [2] })), facts, new Set([1, 2]))).toEqual([
      {
        partition: 0,
        leader: 1,
        leaderEpoch: 0,
        replicas: [1, 2, 3],
        isr: [1, 2, 3],
        offline: [2, 3],
        startOffset: 5,
        endOffset: 15,
        bytes: { 1: 100, 2: 90 },
      },
    ]);
  });
});
