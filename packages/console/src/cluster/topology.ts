import { errorName } from '@odradek/protocol/errors';
import type { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { Admin } from '@odradek/tools/client/admin';
import type { Node } from '@odradek/tools/client/client';
import { ServerError } from '@odradek/tools/tool-error';
import type { Partition } from '../api';

/** What brokers tell clients of a partition. */
export type PartitionState = Pick<Partition, 'partition' | 'leader' | 'leaderEpoch' | 'replicas' | 'isr' | 'offline'>;

export interface TopicState {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  /** By number. */
  readonly partitions: readonly PartitionState[];
}

/** The cluster as its brokers tell it to clients. */
export interface Topology {
  readonly clusterId: string | null;
  readonly controllerId: number;
  /** Those that are alive. */
  readonly brokers: readonly Node[];
  /** By name, sorted by it. */
  readonly topics: ReadonlyMap<string, TopicState>;
}

type TopicAnswer = ResponseOf<typeof Metadata>['topics'][number];

/** Asks any broker for everything. */
export async function readTopology(admin: Admin): Promise<Topology> {
  const response = await admin.call('describeCluster', ({ deadlineMs }) => admin.client.metadata(null, deadlineMs));
  const { clusterId, controllerId } = response;
  const topics = response.topics.filter(({ errorCode, name }) => errorCode === 0 && name !== null).map(topicState);
  topics.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    clusterId,
    controllerId,
    brokers: [...admin.client.nodes].sort((a, b) => a.id - b.id),
    topics: new Map(topics.map((topic) => [topic.name, topic])),
  };
}

const topicState = ({ name, topicId, isInternal, partitions }: TopicAnswer): TopicState => ({
  name: name!,
  topicId,
  isInternal,
  partitions: partitions
    .map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas }) => ({
      partition: partitionIndex,
      leader: leaderId,
      leaderEpoch,
      replicas: replicaNodes,
      isr: isrNodes,
      offline: offlineReplicas,
    }))
    .sort((a, b) => a.partition - b.partition),
});

/** Throws `ServerError` (UNKNOWN_TOPIC_OR_PARTITION) where there is none of that name. */
export function topicOf({ topics }: Topology, name: string): TopicState {
  const topic = topics.get(name);
  if (topic) return topic;
  throw new ServerError(errorName(UNKNOWN_TOPIC_OR_PARTITION));
}

const UNKNOWN_TOPIC_OR_PARTITION = 3;

export const isUnderReplicated = ({ replicas, isr }: PartitionState): boolean => isr.length < replicas.length;
export const isOffline = ({ leader }: PartitionState): boolean => leader < 0;

/** All ids that anything names: of brokers that are alive, and of those that should be. */
export function allBrokerIds({ brokers, topics }: Topology): number[] {
  const ids = new Set(brokers.map(({ id }) => id));
  for (const { partitions } of topics.values()) {
    for (const { replicas } of partitions) for (const id of replicas) ids.add(id);
  }
  return [...ids].sort((a, b) => a - b);
}

/** How many partitions each broker leads, has, and is in sync of. */
export interface BrokerLoad {
  leaders: number;
  replicas: number;
  inSync: number;
}

export function loadsOf(topology: Topology): Map<number, BrokerLoad> {
  const loads = new Map<number, BrokerLoad>();
  for (const id of allBrokerIds(topology)) loads.set(id, { leaders: 0, replicas: 0, inSync: 0 });
  for (const { partitions } of topology.topics.values()) {
    for (const { leader, replicas, isr } of partitions) {
      const load = loads.get(leader);
      if (load) load.leaders++;
      for (const id of replicas) loads.get(id)!.replicas++;
      for (const id of isr) {
        const member = loads.get(id);
        if (member) member.inSync++;
      }
    }
  }
  return loads;
}
