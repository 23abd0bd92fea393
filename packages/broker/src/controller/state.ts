import type { BrokerEndpoint } from '../cluster/metadata';
import type { LeaderAndIsr } from './leader-choice';

export interface ControllerBroker {
  readonly id: number;
  /** The czxid of its registration: tells a restarted broker from the one before. */
  readonly epoch: number;
  readonly rack: string | null;
  readonly endpoints: ReadonlyMap<string, BrokerEndpoint>;
}

/** A partition's replicas. While it is being reassigned, those to come and those to go are among them (KIP-455). */
export interface ReplicaAssignment {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

export interface ControllerTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: Map<number, ReplicaAssignment>;
}

/** A partition's state znode as last read or written. */
export interface PartitionState extends LeaderAndIsr {
  readonly controllerEpoch: number;
  /** The znode's version: the partition epoch. */
  readonly partitionEpoch: number;
}

export interface PartitionId {
  readonly topic: string;
  readonly partition: number;
}

/** What is known of one replica of a topic that is being deleted. `started` ends in one of the other two. */
export type ReplicaDeletion = 'started' | 'successful' | 'ineligible';

export const partitionKey = (topic: string, partition: number): string => `${topic}-${partition}`;

/**
 * All that an active controller knows; read from ZooKeeper at its election and kept by its events, which run one after
 * another. A partition's state is derived, not stored: without a `PartitionState` it is new, with a live leader online,
 * else offline.
 */
export class ControllerState {
  readonly brokers = new Map<number, ControllerBroker>();
  /** Registered, but their processes have ended by all that can be seen: not among `brokers` (docs/decisions/0007). */
  readonly presumedDead = new Map<number, ControllerBroker>();
  readonly topics = new Map<string, ControllerTopic>();
  readonly partitions = new Map<string, PartitionState>();
  /** Brokers that have asked for a controlled shutdown: registered still, but nothing is to depend on them any more. */
  readonly shuttingDown = new Set<number>();
  /** Replicas whose log folder has failed, by broker. */
  readonly offlineReplicas = new Map<number, Set<string>>();
  /** Topics to be deleted, with what is known of their replicas (`partitionKey@broker`). */
  readonly deletions = new Map<string, Map<string, ReplicaDeletion>>();

  constructor(
    readonly controllerEpoch: number,
    /** The version of `/controller_epoch`: every write of this controller checks it. */
    readonly epochVersion: number,
  ) {}

  /** Whether the replica can lead or follow: its broker lives and is not about to stop, its log folder has not failed. */
  isReplicaLive(broker: number, topic: string, partition: number): boolean {
    return !this.shuttingDown.has(broker) && this.isReplicaUp(broker, topic, partition);
  }

  /** Whether the replica hears what it is told: as `isReplicaLive`, on a broker that is about to stop as well. */
  isReplicaUp(broker: number, topic: string, partition: number): boolean {
    if (!this.brokers.has(broker)) return false;
    return !this.offlineReplicas.get(broker)?.has(partitionKey(topic, partition));
  }

  *allPartitions(): Generator<PartitionId & { assignment: ReplicaAssignment }> {
    for (const { name, partitions } of this.topics.values()) {
      for (const [partition, assignment] of partitions) yield { topic: name, partition, assignment };
    }
  }

  *partitionsOf(topic: string): Generator<PartitionId & { assignment: ReplicaAssignment }> {
    for (const [partition, assignment] of this.topics.get(topic)?.partitions ?? []) {
      yield { topic, partition, assignment };
    }
  }

  stateOf({ topic, partition }: PartitionId): PartitionState | undefined {
    return this.partitions.get(partitionKey(topic, partition));
  }

  setState({ topic, partition }: PartitionId, state: PartitionState): void {
    this.partitions.set(partitionKey(topic, partition), state);
  }

  assignmentOf({ topic, partition }: PartitionId): ReplicaAssignment | undefined {
    return this.topics.get(topic)?.partitions.get(partition);
  }

  /** New or offline: it has no leader that lives. */
  needsLeader(id: PartitionId): boolean {
    const state = this.stateOf(id);
    return state === undefined || state.leader < 0 || !this.isReplicaLive(state.leader, id.topic, id.partition);
  }

  isBeingDeleted(topic: string): boolean {
    return this.deletions.has(topic);
  }

  forgetTopic(topic: string): void {
    for (const { partition } of this.partitionsOf(topic)) this.partitions.delete(partitionKey(topic, partition));
    this.topics.delete(topic);
    this.deletions.delete(topic);
  }
}
