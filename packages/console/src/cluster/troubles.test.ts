import { partition, topologyOf } from './testing/topology';
import { type Circumstances, MAX_TROUBLED, troublesOf } from './troubles';

const circumstances: Circumstances = { minIsrs: new Map(), reassignments: new Map(), lagOf: () => undefined };

test('a cluster that is well has none', () => {
  expect(troublesOf(topologyOf([1, 2, 3], { t: [partition(0)] }), circumstances)).toEqual({
    underReplicated: 0,
    offline: 0,
    underMinIsr: 0,
    partitions: [],
  });
});

describe('why', () => {
  const why = (
    alive: readonly number[],
    state: Parameters<typeof partition>[1],
    given: Partial<Circumstances> = {},
  ): string | undefined =>
    troublesOf(topologyOf(alive, { t: [partition(0, state)] }), { ...circumstances, ...given }).partitions[0]?.why;

  test('a broker is not alive', () => {
    expect(why([1, 2], { isr: [1, 2], offline: [3] })).toBe('broker 3 is not alive');
    expect(why([1], { isr: [1], offline: [2, 3] })).toBe('broker 2 is not alive; broker 3 is not alive');
  });

  test('its log dir has failed', () => {
    expect(why([1, 2, 3], { isr: [1, 2], offline: [3] })).toBe('the log dir of broker 3 has failed');
  });

  test('it is behind, by so much', () => {
    expect(why([1, 2, 3], { isr: [1, 2] }, { lagOf: () => 120 })).toBe('broker 3 is not in sync (120 records behind)');
    expect(why([1, 2, 3], { isr: [1, 2] }, { lagOf: () => 1 })).toBe('broker 3 is not in sync (1 record behind)');
    expect(why([1, 2, 3], { isr: [1, 2] })).toBe('broker 3 is not in sync');
  });

  test('it is being added', () => {
    const moving = { topic: 't', partition: 0, replicas: [1, 2, 3], addingReplicas: [3], removingReplicas: [] };
    expect(why([1, 2, 3], { isr: [1, 2] }, { reassignments: new Map([['t-0', moving]]), lagOf: () => 7 })).toBe(
      'broker 3 is being added (7 records behind)',
    );
  });

  test('producers with acks=all are refused', () => {
    expect(why([1, 2], { isr: [1], offline: [3] }, { minIsrs: new Map([['t', 2]]) })).toBe(
      '1 in sync of the 2 of min.insync.replicas; broker 2 is not in sync; broker 3 is not alive',
    );
    // More than there are replicas.
    expect(why([1, 2, 3], {}, { minIsrs: new Map([['t', 4]]) })).toBe('3 in sync of the 4 of min.insync.replicas');
  });

  test('nobody can lead', () => {
    expect(why([1, 2], { leader: -1, isr: [3], offline: [3] })).toBe(
      'no leader: broker 3, in sync last, is not alive; brokers 1, 2 may lack records and must not lead',
    );
    expect(why([], { leader: -1, isr: [2, 3], offline: [1, 2, 3] })).toBe(
      'no leader: brokers 2, 3, in sync last, are not alive',
    );
    expect(why([1, 2, 3], { leader: -1, isr: [3], offline: [3] })).toBe(
      'no leader: the log of broker 3 cannot be used, or an election is under way',
    );
  });
});

test('the worst come first, all are counted', () => {
  const { partitions, ...counts } = troublesOf(
    topologyOf([1, 2], {
      a: [partition(0, { isr: [1, 2], offline: [3] })],
      b: [partition(0, { isr: [1], offline: [3] })],
      c: [partition(0, { leader: -1, isr: [3], offline: [3] }), partition(1)],
    }),
    { ...circumstances, minIsrs: new Map([['b', 2]]) },
  );
  expect(partitions.map(({ topic, trouble }) => [topic, trouble])).toEqual([
    ['c', 'OFFLINE'],
    ['b', 'UNDER_MIN_ISR'],
    ['a', 'UNDER_REPLICATED'],
  ]);
  expect(counts).toEqual({ underReplicated: 3, offline: 1, underMinIsr: 1 });
});

test('no more are told of than a person can look at', () => {
  const many = Array.from({ length: MAX_TROUBLED + 1 }, (_, number) => partition(number, { isr: [1, 2] }));
  const { underReplicated, partitions } = troublesOf(topologyOf([1, 2, 3], { t: many }), circumstances);
  expect(underReplicated).toBe(MAX_TROUBLED + 1);
  expect(partitions).toHaveLength(MAX_TROUBLED);
});
