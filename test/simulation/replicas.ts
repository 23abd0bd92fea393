import { type CommittedView, committedView } from '../support/committed';
import type { Poll } from '../support/history';
import { keyOf, type TopicPartition } from './client';
import type { SimulatedCluster } from './cluster';
import type { BrokerNode } from './node';
import { recordsOf, textOf } from './reader';

interface PartitionState {
  readonly leader: number;
  readonly isr: readonly number[];
}

/** What ZooKeeper holds of a partition; null where it holds nothing. */
export function stateOf({ ensemble }: SimulatedCluster, { topic, partition }: TopicPartition): PartitionState | null {
  const path = `/brokers/topics/${topic}/partitions/${partition}/state`;
  const { tree } = ensemble.service;
  if (tree.stat(path) === null) return null;
  return JSON.parse(String(tree.read(path, []).data));
}

/** Who has a replica: as the topic's znode says. */
export function replicasOf({ ensemble }: SimulatedCluster, { topic, partition }: TopicPartition): readonly number[] {
  const { tree } = ensemble.service;
  const path = `/brokers/topics/${topic}`;
  if (tree.stat(path) === null) return [];
  return JSON.parse(String(tree.read(path, []).data)).partitions[partition] ?? [];
}

/** All bytes of a replica's log, as they are on its disk. */
export function logBytes({ disk: { memory } }: BrokerNode, partition: TopicPartition): Buffer {
  const folder = `/data/${keyOf(partition)}/`;
  const files = memory.paths().filter((path) => path.startsWith(folder) && path.endsWith('.log'));
  return Buffer.concat(files.sort().map((path) => memory.readFile(path)!));
}

/** What a replica holds, as a reader that has read all of it. */
export function finalOf(node: BrokerNode, partition: TopicPartition): Poll {
  const { records } = recordsOf(logBytes(node, partition), 0);
  return { reader: node.name, partition: keyOf(partition), records };
}

/** What a replica holds, as its own markers say. */
export function committedOf(node: BrokerNode, partition: TopicPartition): CommittedView {
  return committedView(logBytes(node, partition), textOf);
}

/** Why the cluster is not well yet; null where it is: every broker serves, every replica is in sync and the same. */
export function ailment(cluster: SimulatedCluster, partitions: readonly TopicPartition[]): string | null {
  for (const node of cluster.nodes) if (node.state !== 'serving') return `${node.name} is ${node.state}`;
  for (const partition of partitions) {
    const state = stateOf(cluster, partition);
    const replicas = replicasOf(cluster, partition);
    const inSync = [...(state?.isr ?? [])].sort().join();
    if (state === null || state.leader < 0) return `${keyOf(partition)} has no leader`;
    if (inSync !== [...replicas].sort().join())
      return `${keyOf(partition)} has the replicas ${replicas}, in sync: ${inSync}`;
    const [first, ...others] = replicas.map((id) => logBytes(cluster.nodes[id]!, partition));
    if (others.some((other) => !other.equals(first!))) return `${keyOf(partition)}: replicas differ in their bytes`;
  }
  return null;
}
