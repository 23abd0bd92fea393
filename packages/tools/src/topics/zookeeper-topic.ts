import { readEntityConfig } from '../zk/entity-config';
import type { ZooKeeper } from '../zk/zookeeper';

interface TopicJson {
  version: number;
  partitions: Record<string, number[]>;
  topic_id?: string;
  adding_replicas?: Record<string, number[]>;
  removing_replicas?: Record<string, number[]>;
}

export interface TopicZnode {
  /** The replicas of each partition, by partition. */
  readonly replicas: readonly (readonly number[])[];
}

async function readJson(zk: ZooKeeper, topic: string): Promise<TopicJson> {
  const text = await zk.get(`/brokers/topics/${topic}`);
  return text ? (JSON.parse(text) as TopicJson) : { version: 2, partitions: {} };
}

/** The assignment in `/brokers/topics/<topic>`. */
export async function readTopic(zk: ZooKeeper, topic: string): Promise<TopicZnode> {
  const { partitions } = await readJson(zk, topic);
  const replicas: number[][] = [];
  for (const [partition, brokers] of Object.entries(partitions)) replicas[Number(partition)] = brokers;
  return { replicas };
}

/**
 * Writes a topic's assignment. A new topic has no id: the controller gives it one. What an existing znode holds besides
 * the assignment is kept.
 */
export async function writeTopic(
  zk: ZooKeeper,
  topic: string,
  { replicas, isNew }: TopicZnode & { readonly isNew: boolean },
): Promise<void> {
  const partitions = Object.fromEntries(replicas.map((brokers, partition) => [partition, [...brokers]]));
  const fresh: TopicJson = { version: 2, partitions, adding_replicas: {}, removing_replicas: {} };
  const json: TopicJson = isNew ? fresh : { ...(await readJson(zk, topic)), partitions };
  await zk.set(`/brokers/topics/${topic}`, JSON.stringify(json));
}

export interface DescribeFilter {
  readonly underReplicated: boolean;
  readonly unavailable: boolean;
  readonly overridden: boolean;
}

/** The lines of `--describe` for a topic, in the layout of 2.4 to 2.8. */
export async function describeTopic(
  zk: ZooKeeper,
  topic: string,
  liveBrokers: readonly number[],
  filter: DescribeFilter,
): Promise<string[]> {
  const { replicas } = await readTopic(zk, topic);
  const configs = [...(await readEntityConfig(zk, `topics/${topic}`))].map(([name, value]) => `${name}=${value}`);
  const isDeleted = await zk.exists(`/admin/delete_topics/${topic}`);
  const mark = isDeleted ? ['MarkedForDeletion: true'] : [];
  const lines: string[] = [];
  const filtersPartitions = filter.underReplicated || filter.unavailable;
  if (!filtersPartitions && (!filter.overridden || configs.length > 0)) {
    const header = [`Topic: ${topic}`, `PartitionCount: ${replicas.length}`];
    header.push(`ReplicationFactor: ${replicas[0]?.length ?? 0}`, `Configs: ${configs.join(',')}`, ...mark);
    lines.push(header.join('\t'));
  }
  if (filter.overridden) return lines;
  for (const [partition, assigned] of replicas.entries()) {
    const text = await zk.get(`/brokers/topics/${topic}/partitions/${partition}/state`);
    const state = text ? (JSON.parse(text) as { leader: number; isr: number[] }) : { leader: -1, isr: [] };
    const isUnavailable = state.leader < 0 || !liveBrokers.includes(state.leader);
    const isUnderReplicated = state.isr.length < assigned.length;
    const matches = (filter.underReplicated && isUnderReplicated) || (filter.unavailable && isUnavailable);
    if (filtersPartitions && !matches) continue;
    const leader = state.leader < 0 ? 'none' : state.leader;
    const fields = ['', `Topic: ${topic}`, `Partition: ${partition}`, `Leader: ${leader}`];
    fields.push(`Replicas: ${assigned.join(',')}`, `Isr: ${state.isr.join(',')}`, ...mark);
    lines.push(fields.join('\t'));
  }
  return lines;
}
