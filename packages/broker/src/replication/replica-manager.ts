import { ERRORS, type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { MetadataCache } from '../cluster/metadata-cache';
import type { TopicConfigs } from '../cluster/topic-configs';
import type { Clock } from '../env/clock';
import type { Logger, Loggers } from '../env/logger';
import type { LogManager } from '../log/log-manager';
import { Partition, type PartitionOrder } from './partition';

export interface ReplicaManagerOptions {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly loggers: Loggers;
  readonly logs: LogManager;
  readonly metadata: MetadataCache;
  readonly topicConfigs: TopicConfigs;
  readonly replicaLagTimeMaxMs: number;
  readonly highWatermarkCheckpointIntervalMs: number;
}

export interface TopicOrders {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly (PartitionOrder & { readonly partition: number })[];
}

export interface StopOrder {
  readonly topic: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly deletePartition: boolean;
}

const EPOCH_DURING_DELETE = -2;
const NO_EPOCH = -1;

/** The replicas of this broker, and what the controller makes of them (Kafka's ReplicaManager). */
export class ReplicaManager {
  private readonly logger: Logger;
  private readonly topics = new Map<string, Map<number, Partition>>();
  private controllerEpoch = 0;
  private checkpointsRunning = false;

  constructor(private readonly options: ReplicaManagerOptions) {
    this.logger = options.loggers.logger('kafka.server.ReplicaManager', `[ReplicaManager broker=${options.brokerId}] `);
  }

  /** The replica hosted here, if there is one and its log folder works. */
  find(topic: string, partition: number): Partition | undefined {
    return this.topics.get(topic)?.get(partition);
  }

  /** The replica hosted here. Throws `KafkaError` with the reason where there is none. */
  get(topic: string, partition: number): Partition {
    const found = this.topics.get(topic)?.get(partition);
    if (found && !this.options.logs.isOffline(topic, partition)) return found;
    throw this.absent(topic, partition);
  }

  private absent(topic: string, partition: number): KafkaError {
    const name = `${topic}-${partition}`;
    if (this.options.logs.isOffline(topic, partition)) {
      return new KafkaError('KAFKA_STORAGE_ERROR', `Partition ${name} is in an offline log directory`);
    }
    return this.options.metadata.contains(topic, partition)
      ? new KafkaError('NOT_LEADER_OR_FOLLOWER', `Error while fetching partition state for ${name}`)
      : new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Partition ${name} doesn't exist`);
  }

  *partitions(): Generator<Partition> {
    for (const partitions of this.topics.values()) yield* partitions.values();
  }

  /** Throws STALE_CONTROLLER_EPOCH for a request of a controller that has been replaced; remembers a newer one. */
  checkControllerEpoch(controllerEpoch: number, what: string): void {
    if (controllerEpoch < this.controllerEpoch) {
      this.logger.warn(
        `Ignoring ${what} request from an old controller with epoch ${controllerEpoch}; latest known controller epoch is ${this.controllerEpoch}`,
      );
      throw new KafkaError('STALE_CONTROLLER_EPOCH');
    }
    this.controllerEpoch = controllerEpoch;
  }

  /** Carries out a LeaderAndIsr request; returns each partition's error. */
  becomeLeaderOrFollower(
    orders: readonly TopicOrders[],
  ): { topic: string; topicId: string; partition: number; error: ErrorName }[] {
    const results = orders.flatMap(({ topic, topicId, partitions }) =>
      partitions.map((order) => ({
        topic,
        topicId,
        partition: order.partition,
        error: this.apply(topic, topicId, order),
      })),
    );
    this.startHighWatermarkCheckpoints();
    return results;
  }

  private apply(topic: string, topicId: string, order: PartitionOrder & { partition: number }): ErrorName {
    const name = `${topic}-${order.partition}`;
    if (this.options.logs.isOffline(topic, order.partition)) return 'KAFKA_STORAGE_ERROR';
    const known = this.find(topic, order.partition);
    if (known && topicId !== ZERO_UUID && known.log.topicId !== null && known.log.topicId !== topicId) {
      this.logger.error(
        `Topic ID in memory: ${known.log.topicId} does not match the topic ID for partition ${name} received: ${topicId}.`,
      );
      return 'INCONSISTENT_TOPIC_ID';
    }
    if (known && !known.accepts(order.leaderEpoch)) {
      this.logger.info(
        `Ignoring LeaderAndIsr request for partition ${name}: its leader epoch ${order.leaderEpoch} is not above the current ${known.leaderEpoch}`,
      );
      return 'STALE_CONTROLLER_EPOCH';
    }
    if (!order.replicas.includes(this.options.brokerId)) {
      this.logger.warn(
        `Ignoring LeaderAndIsr request for partition ${name}: this broker is not in [${order.replicas}]`,
      );
      return 'UNKNOWN_TOPIC_OR_PARTITION';
    }
    try {
      const partition = known ?? this.open(topic, topicId, order);
      if (order.leader === this.options.brokerId) partition.makeLeader(order);
      else partition.makeFollower(order);
      return 'NONE';
    } catch (error) {
      this.logger.error(`Error while handling LeaderAndIsr for partition ${name}: ${(error as Error).message}`, {
        error,
      });
      return error instanceof KafkaError ? error.error : 'KAFKA_STORAGE_ERROR';
    }
  }

  private open(topic: string, topicId: string, order: PartitionOrder & { partition: number }): Partition {
    const { logs, metadata, options } = { ...this.options, options: this.options };
    const log = logs.getOrCreate(topic, order.partition, {
      topicId: topicId === ZERO_UUID ? null : topicId,
      isNew: order.isNew,
    });
    const partition = new Partition(
      {
        topic,
        partition: order.partition,
        brokerId: options.brokerId,
        clock: options.clock,
        minInsyncReplicas: () => options.topicConfigs.get(topic).minInsyncReplicas,
        replicaLagTimeMaxMs: options.replicaLagTimeMaxMs,
        isBrokerAlive: (id) => metadata.image.brokers.has(id),
      },
      log,
    );
    const partitions = this.topics.get(topic) ?? new Map<number, Partition>();
    this.topics.set(topic, partitions);
    partitions.set(order.partition, partition);
    return partition;
  }

  /** Carries out a StopReplica request; returns each partition's error. */
  stopReplicas(orders: readonly StopOrder[]): { topic: string; partition: number; error: ErrorName }[] {
    return orders.map((order) => ({ topic: order.topic, partition: order.partition, error: this.stop(order) }));
  }

  private stop({ topic, partition, leaderEpoch, deletePartition }: StopOrder): ErrorName {
    if (this.options.logs.isOffline(topic, partition)) return 'KAFKA_STORAGE_ERROR';
    const found = this.find(topic, partition);
    const current = leaderEpoch === EPOCH_DURING_DELETE || leaderEpoch === NO_EPOCH;
    if (found && !current && leaderEpoch < found.leaderEpoch) return 'FENCED_LEADER_EPOCH';
    try {
      if (found) {
        const partitions = this.topics.get(topic)!;
        partitions.delete(partition);
        if (partitions.size === 0) this.topics.delete(topic);
        found.resign();
      }
      if (deletePartition) this.options.logs.asyncDelete(topic, partition);
      return 'NONE';
    } catch (error) {
      this.logger.error(`Error while stopping replica ${topic}-${partition}: ${(error as Error).message}`, { error });
      return 'KAFKA_STORAGE_ERROR';
    }
  }

  /** ZooKeeper says that this broker's session is over: it stops leading at once. */
  resignAll(): void {
    for (const partition of this.partitions()) partition.resign();
  }

  /** A log folder has failed: its replicas are gone until the broker restarts. */
  onLogDirFailure(partitions: readonly { topic: string; partition: number }[]): void {
    for (const { topic, partition } of partitions) {
      const found = this.find(topic, partition);
      if (!found) continue;
      this.topics.get(topic)!.delete(partition);
      found.resign();
    }
  }

  private startHighWatermarkCheckpoints(): void {
    if (this.checkpointsRunning) return;
    this.checkpointsRunning = true;
    this.options.clock.every(this.options.highWatermarkCheckpointIntervalMs, () => this.checkpointHighWatermarks());
  }

  /** Writes the high watermarks of all replicas to `replication-offset-checkpoint` of their folders. */
  checkpointHighWatermarks(): void {
    this.options.logs.writeHighWatermarks();
  }
}

/** The wire code of an error by name. */
export const codeOf = (error: ErrorName): number => ERRORS[error].code;
