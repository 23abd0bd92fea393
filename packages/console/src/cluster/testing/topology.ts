import type { PartitionState, Topology } from '../topology';

export const partition = (number: number, given: Partial<PartitionState> = {}): PartitionState => ({
  partition: number,
  leader: 1,
  leaderEpoch: 0,
  replicas: [1, 2, 3],
  isr: [1, 2, 3],
  offline: [],
  ...given,
});

/** A cluster of these brokers with these topics. */
export const topologyOf = (
  alive: readonly number[],
  topics: Readonly<Record<string, readonly PartitionState[]>>,
): Topology => ({
  clusterId: 'id',
  controllerId: alive[0] ?? -1,
  brokers: alive.map((id) => ({ id, host: 'localhost', port: 9092 + id, rack: null })),
  topics: new Map(
    Object.entries(topics).map(([name, partitions]) => [name, { name, topicId: 'id', isInternal: false, partitions }]),
  ),
});
