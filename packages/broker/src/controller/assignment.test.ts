import { KafkaError } from '@odradek/protocol/errors';
import fc from 'fast-check';
import type { Random } from '../env/random';
import { assignAddedPartitions, assignReplicas } from './assignment';

const zero: Random = { below: () => 0, bytes: (length) => Buffer.alloc(length), uuid: () => '' };
const brokers = (count: number, racks?: readonly string[]) =>
  Array.from({ length: count }, (_, id) => ({ id, rack: racks ? racks[id % racks.length]! : null }));
const lists = (assignment: Map<number, number[]>): number[][] => [...assignment.values()];

describe('assignReplicas', () => {
  test('spreads ten partitions over five brokers as the table in AdminUtils shows', () => {
    const assignment = assignReplicas(
      { brokers: brokers(5), partitions: 10, replicationFactor: 3, fixedStartIndex: 0 },
      zero,
    );
    expect(lists(assignment)).toEqual([
      [0, 1, 2],
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 0],
      [4, 0, 1],
      [0, 2, 3],
      [1, 3, 4],
      [2, 4, 0],
      [3, 0, 1],
      [4, 1, 2],
    ]);
  });

  test('puts the replicas of a partition into different racks', () => {
    const racks = ['a', 'b', 'c'];
    const assignment = assignReplicas({ brokers: brokers(6, racks), partitions: 12, replicationFactor: 3 }, zero);
    for (const replicas of lists(assignment)) {
      expect(new Set(replicas.map((id) => racks[id % 3])).size).toBe(3);
    }
  });

  test('refuses what cannot be', () => {
    const attempt =
      (partitions: number, replicationFactor: number, count = 2) =>
      () =>
        assignReplicas({ brokers: brokers(count), partitions, replicationFactor }, zero);
    expect(attempt(0, 1)).toThrow(new KafkaError('INVALID_PARTITIONS', 'Number of partitions must be larger than 0.'));
    expect(attempt(2 ** 31 - 1, 1)).toThrow(
      '2147483647 partitions are more than the 100000 that one request may ask for.',
    );
    expect(attempt(1, 0)).toThrow('Replication factor must be larger than 0.');
    expect(attempt(1, 3)).toThrow('Replication factor: 3 larger than available brokers: 2.');
    const mixed = [
      { id: 0, rack: 'a' },
      { id: 1, rack: null },
    ];
    expect(() => assignReplicas({ brokers: mixed, partitions: 1, replicationFactor: 1 }, zero)).toThrow(
      'Not all brokers have rack',
    );
  });

  test('never repeats a broker in a partition and leads evenly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        fc.boolean(),
        (count, partitions, seed, racked) => {
          const random = { ...zero, below: (limit: number) => seed % limit };
          const replicationFactor = 1 + (seed % count);
          const nodes = brokers(count, racked ? ['a', 'b'] : undefined);
          const assignment = assignReplicas({ brokers: nodes, partitions, replicationFactor }, random);
          expect(assignment.size).toBe(partitions);
          const leaders = new Map<number, number>();
          for (const replicas of assignment.values()) {
            expect(new Set(replicas).size).toBe(replicationFactor);
            leaders.set(replicas[0]!, (leaders.get(replicas[0]!) ?? 0) + 1);
          }
          const counts = nodes.map(({ id }) => leaders.get(id) ?? 0);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

test('added partitions carry on where the first replica of partition 0 points', () => {
  const existing = new Map([
    [0, [1, 2]],
    [1, [2, 0]],
  ]);
  expect([...assignAddedPartitions(existing, brokers(3), 2, zero)]).toEqual([
    [2, [0, 2]],
    [3, [1, 2]],
  ]);
});
