import type { LeaderAndIsr } from '@odradek/protocol/messages/leader-and-isr';
import type { StopReplica } from '@odradek/protocol/messages/stop-replica';
import type { UpdateMetadata } from '@odradek/protocol/messages/update-metadata';
import type { RequestInit } from '@odradek/protocol/schema/api';
import { LEADER_DURING_DELETE } from '../cluster/metadata';
import { type ControllerState, type PartitionId, partitionKey } from './state';

/** A request to one broker, without what every controller request carries. */
export type ControlRequest =
  | { readonly type: 'leader-and-isr'; readonly request: RequestInit<typeof LeaderAndIsr> }
  | { readonly type: 'stop-replica'; readonly request: RequestInit<typeof StopReplica> }
  | { readonly type: 'update-metadata'; readonly request: RequestInit<typeof UpdateMetadata> };

/** StopReplica: the topic is being deleted, whatever leader epoch the broker knows (LeaderAndIsr.EPOCH_DURING_DELETE). */
const EPOCH_DURING_DELETE = -2;

/** What brokers are told of a partition that is being deleted (LeaderAndIsr.duringDelete). */
const DURING_DELETE = { leader: LEADER_DURING_DELETE, leaderEpoch: 0, partitionEpoch: 0 };

interface StopOrder extends PartitionId {
  readonly deletePartition: boolean;
}

/**
 * Collects what one controller event has to tell the brokers, so that each broker gets one request of a kind
 * (ControllerBrokerRequestBatch). Plain data in, requests out.
 */
export class RequestBatch {
  private readonly leaderAndIsr = new Map<number, Map<string, PartitionId & { isNew: boolean }>>();
  private readonly stops = new Map<number, StopOrder[]>();
  private readonly metadataBrokers = new Set<number>();
  private readonly metadataPartitions = new Map<string, PartitionId>();

  /** The partition's leader and replicas, to these brokers; its metadata to all. */
  addLeaderAndIsr(brokers: Iterable<number>, id: PartitionId, isNew: boolean, state: ControllerState): void {
    for (const broker of brokers) {
      if (broker < 0) continue;
      const known = this.leaderAndIsr.get(broker) ?? new Map();
      this.leaderAndIsr.set(broker, known);
      const key = partitionKey(id.topic, id.partition);
      known.set(key, { ...id, isNew: isNew || known.get(key)?.isNew === true });
    }
    this.addMetadata(state.brokers.keys(), [id]);
  }

  addStopReplica(broker: number, id: PartitionId, deletePartition: boolean): void {
    const orders = this.stops.get(broker) ?? [];
    this.stops.set(broker, orders);
    orders.push({ ...id, deletePartition });
  }

  addMetadata(brokers: Iterable<number>, partitions: Iterable<PartitionId>): void {
    for (const broker of brokers) if (broker >= 0) this.metadataBrokers.add(broker);
    for (const id of partitions) this.metadataPartitions.set(partitionKey(id.topic, id.partition), id);
  }

  /** The requests for each live broker, in the order in which they must be sent. */
  build(controllerId: number, state: ControllerState): Map<number, ControlRequest[]> {
    const requests = new Map<number, ControlRequest[]>();
    const add = (broker: number, request: ControlRequest): void => {
      if (!state.brokers.has(broker)) return;
      requests.set(broker, [...(requests.get(broker) ?? []), request]);
    };
    const common = (broker: number) => ({
      controllerId,
      isKRaftController: false,
      controllerEpoch: state.controllerEpoch,
      brokerEpoch: state.brokers.get(broker)?.epoch ?? -1,
    });
    for (const [broker, partitions] of this.leaderAndIsr) {
      add(broker, { type: 'leader-and-isr', request: { ...common(broker), ...leaderAndIsrBody(partitions, state) } });
    }
    const metadata = this.metadataBrokers.size > 0 ? updateMetadataBody(this.metadataPartitions, state) : null;
    for (const broker of this.metadataBrokers) {
      if (metadata) add(broker, { type: 'update-metadata', request: { ...common(broker), ...metadata } });
    }
    for (const [broker, orders] of this.stops) {
      add(broker, { type: 'stop-replica', request: { ...common(broker), ...stopReplicaBody(orders, state) } });
    }
    return requests;
  }
}

function byTopic<Item extends PartitionId>(items: Iterable<Item>): Map<string, Item[]> {
  const topics = new Map<string, Item[]>();
  for (const item of items) {
    const known = topics.get(item.topic);
    if (known) known.push(item);
    else topics.set(item.topic, [item]);
  }
  return topics;
}

function leaderAndIsrBody(partitions: Map<string, PartitionId & { isNew: boolean }>, state: ControllerState) {
  const leaders = new Set<number>();
  const topicStates = [...byTopic(partitions.values())].map(([topicName, items]) => ({
    topicName,
    topicId: state.topics.get(topicName)!.topicId,
    partitionStates: items.flatMap((id) => {
      const partitionState = state.stateOf(id);
      const assignment = state.assignmentOf(id);
      if (!partitionState || !assignment) return [];
      leaders.add(partitionState.leader);
      return [
        {
          partitionIndex: id.partition,
          controllerEpoch: partitionState.controllerEpoch,
          leader: partitionState.leader,
          leaderEpoch: partitionState.leaderEpoch,
          isr: partitionState.isr,
          partitionEpoch: partitionState.partitionEpoch,
          replicas: assignment.replicas,
          addingReplicas: assignment.addingReplicas,
          removingReplicas: assignment.removingReplicas,
          isNew: id.isNew,
          leaderRecoveryState: partitionState.leaderRecoveryState,
        },
      ];
    }),
  }));
  const liveLeaders = [...leaders].flatMap((id) => {
    const endpoint = state.brokers.get(id)?.endpoints.values().next().value;
    return endpoint ? [{ brokerId: id, hostName: endpoint.host, port: endpoint.port }] : [];
  });
  return { type: 0, topicStates, liveLeaders };
}

function updateMetadataBody(partitions: Map<string, PartitionId>, state: ControllerState) {
  const topicStates = [...byTopic(partitions.values())].map(([topicName, items]) => ({
    topicName,
    topicId: state.topics.get(topicName)!.topicId,
    partitionStates: items.flatMap((id) => {
      const partitionState = state.stateOf(id);
      if (!partitionState) return [];
      const replicas = state.assignmentOf(id)?.replicas ?? [];
      const shown = state.isBeingDeleted(id.topic) ? { ...partitionState, ...DURING_DELETE } : partitionState;
      return [
        {
          partitionIndex: id.partition,
          controllerEpoch: shown.controllerEpoch,
          leader: shown.leader,
          leaderEpoch: shown.leaderEpoch,
          isr: shown.isr,
          zkVersion: shown.partitionEpoch,
          replicas,
          offlineReplicas: replicas.filter((broker) => !state.isReplicaLive(broker, id.topic, id.partition)),
        },
      ];
    }),
  }));
  const liveBrokers = [...state.brokers.values()].map(({ id, rack, endpoints }) => ({
    id,
    rack,
    endpoints: [...endpoints].map(([listener, endpoint]) => ({ listener, ...endpoint })),
  }));
  return { type: 0, topicStates: topicStates.filter(({ partitionStates }) => partitionStates.length > 0), liveBrokers };
}

function stopReplicaBody(orders: readonly StopOrder[], state: ControllerState) {
  const topicStates = [...byTopic(orders)].map(([topicName, items]) => ({
    topicName,
    partitionStates: items.map((id) => ({
      partitionIndex: id.partition,
      leaderEpoch: state.isBeingDeleted(topicName) ? EPOCH_DURING_DELETE : (state.stateOf(id)?.leaderEpoch ?? -1),
      deletePartition: id.deletePartition,
    })),
  }));
  return { topicStates };
}
