import type { TopicPartition } from '../cluster/metadata';

/** Topics and their partitions, in the order in which they were added. Never changed. */
export type PartitionSet = ReadonlyMap<string, ReadonlySet<number>>;

export const NO_PARTITIONS: PartitionSet = new Map();

export function hasPartition(set: PartitionSet, { topic, partition }: TopicPartition): boolean {
  return set.get(topic)?.has(partition) === true;
}

/** The set with these in it, too. What it had is shared. */
export function withPartitions(set: PartitionSet, added: readonly TopicPartition[]): PartitionSet {
  const result = new Map(set);
  const own = new Map<string, Set<number>>();
  for (const { topic, partition } of added) {
    let partitions = own.get(topic);
    if (partitions === undefined) {
      partitions = new Set(set.get(topic));
      own.set(topic, partitions);
      result.set(topic, partitions);
    }
    partitions.add(partition);
  }
  return result;
}

export function listPartitions(set: PartitionSet): TopicPartition[] {
  return [...set].flatMap(([topic, partitions]) => Array.from(partitions, (partition) => ({ topic, partition })));
}
