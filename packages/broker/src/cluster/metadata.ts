import type { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';

/** One way to reach a broker: a listener's advertised address. */
export interface BrokerEndpoint {
  readonly host: string;
  readonly port: number;
  /** Kafka's number of the security protocol: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
  readonly securityProtocol: number;
}

export interface BrokerNode {
  readonly id: number;
  readonly rack: string | null;
  readonly endpoints: ReadonlyMap<string, BrokerEndpoint>;
}

export interface PartitionMetadata {
  readonly partition: number;
  /** -1 where there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly controllerEpoch: number;
  readonly isr: readonly number[];
  readonly replicas: readonly number[];
  readonly offlineReplicas: readonly number[];
  /** The version of the partition's state znode. */
  readonly partitionEpoch: number;
}

export interface TopicMetadata {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: ReadonlyMap<number, PartitionMetadata>;
}

/** What this broker knows of the cluster, at one moment. Never changed; a new one takes its place. */
export interface MetadataImage {
  readonly controllerId: number | null;
  readonly brokers: ReadonlyMap<number, BrokerNode>;
  readonly topics: ReadonlyMap<string, TopicMetadata>;
  readonly topicNames: ReadonlyMap<string, string>;
}

/** The leader of a partition that is being deleted (LeaderAndIsr.LEADER_DURING_DELETE). */
export const LEADER_DURING_DELETE = -2;
export const NO_LEADER = -1;

export const EMPTY_IMAGE: MetadataImage = {
  controllerId: null,
  brokers: new Map(),
  topics: new Map(),
  topicNames: new Map(),
};

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

type UpdateRequest = RequestOf<typeof UpdateMetadata>;
type PartitionState = UpdateRequest['ungroupedPartitionStates'][number];

const LISTENER_OF_PROTOCOL = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'];

function brokersOf(request: UpdateRequest): Map<number, BrokerNode> {
  const brokers = new Map<number, BrokerNode>();
  for (const broker of request.liveBrokers) {
    const endpoints = new Map<string, BrokerEndpoint>();
    for (const { listener, host, port, securityProtocol } of broker.endpoints) {
      // Before version 3 a listener was known by its protocol only.
      endpoints.set(listener || (LISTENER_OF_PROTOCOL[securityProtocol] ?? ''), { host, port, securityProtocol });
    }
    if (broker.endpoints.length === 0) {
      endpoints.set('PLAINTEXT', { host: broker.v0Host, port: broker.v0Port, securityProtocol: 0 });
    }
    brokers.set(broker.id, { id: broker.id, rack: broker.rack, endpoints });
  }
  return brokers;
}

/** The partition states of an UpdateMetadata request by topic, whichever of its two shapes a version uses. */
function* topicStatesOf(
  request: UpdateRequest,
): Generator<{ name: string; topicId: string; states: PartitionState[] }> {
  for (const { topicName, topicId, partitionStates } of request.topicStates) {
    yield { name: topicName, topicId, states: partitionStates };
  }
  const byTopic = new Map<string, PartitionState[]>();
  for (const state of request.ungroupedPartitionStates) {
    const states = byTopic.get(state.topicName);
    if (states) states.push(state);
    else byTopic.set(state.topicName, [state]);
  }
  for (const [name, states] of byTopic) yield { name, topicId: ZERO_UUID, states };
}

/**
 * The image after an UpdateMetadata request, and the partitions that it deleted (ZkMetadataCache.updateMetadata):
 * brokers and controller are replaced, partition states merged.
 */
export function applyUpdate(
  image: MetadataImage,
  request: UpdateRequest,
): { image: MetadataImage; deleted: TopicPartition[] } {
  const topics = new Map(image.topics);
  const topicNames = new Map(image.topicNames);
  const deleted: TopicPartition[] = [];
  for (const { name, topicId, states } of topicStatesOf(request)) {
    const known = topics.get(name);
    // A topic of that name with another id is a new topic: nothing of the old one is kept.
    const recreated = known !== undefined && topicId !== ZERO_UUID && known.topicId !== topicId;
    const partitions = new Map(recreated ? [] : known?.partitions);
    if (recreated) topicNames.delete(known.topicId);
    for (const state of states) {
      if (state.leader === LEADER_DURING_DELETE) {
        partitions.delete(state.partitionIndex);
        deleted.push({ topic: name, partition: state.partitionIndex });
      } else {
        partitions.set(state.partitionIndex, {
          partition: state.partitionIndex,
          leader: state.leader,
          leaderEpoch: state.leaderEpoch,
          controllerEpoch: state.controllerEpoch,
          isr: state.isr,
          replicas: state.replicas,
          offlineReplicas: state.offlineReplicas,
          partitionEpoch: state.zkVersion,
        });
      }
    }
    const id = topicId === ZERO_UUID ? (known?.topicId ?? ZERO_UUID) : topicId;
    if (partitions.size === 0) {
      topics.delete(name);
      topicNames.delete(id);
    } else {
      topics.set(name, { name, topicId: id, partitions });
      if (id !== ZERO_UUID) topicNames.set(id, name);
    }
  }
  const controllerId = request.controllerId < 0 ? null : request.controllerId;
  return { image: { controllerId, brokers: brokersOf(request), topics, topicNames }, deleted };
}
