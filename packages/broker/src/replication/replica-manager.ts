import { ERRORS, type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { MetadataCache } from '../cluster/metadata-cache';
import type { TopicConfigs } from '../cluster/topic-configs';
import type { Clock, Timer } from '../env/clock';
import type { Logger, Loggers } from '../env/logger';
import type { PartitionOffset } from '../log/checkpoint';
import type { LogManager } from '../log/log-manager';
import type { AlterPartitions } from './alter-partitions';
import type { LogDirMoves } from './log-dir-moves';
import { type IsrCounts, Partition, type PartitionOrder } from './partition';
import type { LeadershipListener } from './partition-writer';
import type { ReplicaFetchers } from './replica-fetchers';

export interface ReplicaManagerOptions {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly loggers: Loggers;
  readonly logs: LogManager;
  readonly metadata: MetadataCache;
  readonly topicConfigs: TopicConfigs;
  readonly alterPartitions: AlterPartitions;
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
  /** Names by id, of the topics that have one. */
  private readonly topicNames = new Map<string, string>();
  /** Replicas on log folders that have failed, by `topic-N`. They stay so until the broker restarts. */
  private readonly offline = new Set<string>();
  /** As checkpointed before the start, by `topic-N`; taken once, when the replica is opened. */
  private readonly checkpointedHighWatermarks: Map<string, number>;
  private readonly leadershipListeners = new Map<string, LeadershipListener>();
  private fetchers: Pick<ReplicaFetchers, 'follow' | 'unfollow' | 'stop'> | null = null;
  private readonly unfollow: () => void;
  private moves: Pick<LogDirMoves, 'resume' | 'stop' | 'onTruncated' | 'close'> | null = null;
  private controllerEpoch = 0;
  readonly isrCounts: IsrCounts = { shrinks: 0, expands: 0, failedUpdates: 0 };
  private checkpoints: Timer | null = null;
  private isrExpiration: Timer | null = null;
  /** A checkpoint is being written; its period is left out if it takes longer than that. */
  private checkpointing: Promise<void> | null = null;

  constructor(private readonly options: ReplicaManagerOptions) {
    this.logger = options.loggers.logger('kafka.server.ReplicaManager', `[ReplicaManager broker=${options.brokerId}] `);
    this.checkpointedHighWatermarks = options.logs.readHighWatermarks();
    let known = options.metadata.image.brokers;
    this.unfollow = options.metadata.onUpdate(({ brokers }) => {
      if ([...known.keys()].some((id) => !brokers.has(id))) this.onBrokersGone();
      known = brokers;
    });
  }

  /** A high watermark waits for replicas that are about to join, but only while their brokers are alive. */
  private onBrokersGone(): void {
    for (const partition of this.partitions()) partition.advanceHighWatermark();
  }

  /** One coordinator per topic hears of the partitions that this broker comes to lead, and ceases to. */
  onLeadership(topic: string, listener: LeadershipListener): void {
    this.leadershipListeners.set(topic, listener);
  }

  /** Who moves logs between the dirs of this broker. To be told before the first order. */
  moveWith(moves: Pick<LogDirMoves, 'resume' | 'stop' | 'onTruncated' | 'close'>): void {
    this.moves = moves;
  }

  /** Who copies the leaders' logs. To be told before the first order. */
  followWith(fetchers: Pick<ReplicaFetchers, 'follow' | 'unfollow' | 'stop'>): void {
    this.fetchers = fetchers;
  }

  /** The replica hosted here, if there is one and its log folder works. */
  find(topic: string, partition: number): Partition | undefined {
    return this.topics.get(topic)?.get(partition);
  }

  /** The replica hosted here. Throws `KafkaError` with the reason where there is none. */
  get(topic: string, partition: number): Partition {
    const found = this.topics.get(topic)?.get(partition);
    if (found) return found;
    throw this.absent(topic, partition);
  }

  private absent(topic: string, partition: number): KafkaError {
    const name = `${topic}-${partition}`;
    if (this.offline.has(name)) {
      return new KafkaError('KAFKA_STORAGE_ERROR', `Partition ${name} is in an offline log directory`);
    }
    return this.options.metadata.contains(topic, partition)
      ? new KafkaError('NOT_LEADER_OR_FOLLOWER', `Error while fetching partition state for ${name}`)
      : new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Partition ${name} doesn't exist`);
  }

  /** The topic with that id, if there is a replica of any of its partitions here. */
  topicName(topicId: string): string | undefined {
    return this.topicNames.get(topicId);
  }

  /** Whether there is a replica of any partition of the topic here. */
  hasTopic(topic: string): boolean {
    return this.topics.has(topic);
  }

  /** Replicas on log folders that have failed. */
  get offlineCount(): number {
    return this.offline.size;
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
    this.startIsrExpiration();
    return results;
  }

  private apply(topic: string, topicId: string, order: PartitionOrder & { partition: number }): ErrorName {
    const name = `${topic}-${order.partition}`;
    if (this.offline.has(name)) return 'KAFKA_STORAGE_ERROR';
    const known = this.find(topic, order.partition);
    if (known && topicId !== ZERO_UUID && known.log.topicId !== null && known.log.topicId !== topicId) {
      this.logger.error(
        `Topic ID in memory: ${known.log.topicId} does not match the topic ID for partition ${name} received: ${topicId}.`,
      );
      return 'INCONSISTENT_TOPIC_ID';
    }
    const hasLearned = known !== undefined && order.leaderEpoch >= known.leaderEpoch && this.learnId(known, topicId);
    if (known && !known.accepts(order.leaderEpoch)) {
      if (hasLearned) return 'NONE';
      this.logger.info(
        `Ignoring LeaderAndIsr request for partition ${name}: its leader epoch ${order.leaderEpoch} is not above the current ${known.leaderEpoch}`,
      );
      return 'STALE_CONTROLLER_EPOCH';
    }
    // An answer of the controller to AlterPartition may have been quicker than what it said before (Partition.makeLeader).
    if (known && order.partitionEpoch < known.partitionEpoch) {
      this.logger.info(
        `Skipped the state change of partition ${name}: its partition epoch ${order.partitionEpoch} is older than the current ${known.partitionEpoch}`,
      );
      return 'NONE';
    }
    if (!order.replicas.includes(this.options.brokerId)) {
      this.logger.warn(
        `Ignoring LeaderAndIsr request for partition ${name}: this broker is not in [${order.replicas}]`,
      );
      return 'UNKNOWN_TOPIC_OR_PARTITION';
    }
    try {
      const partition = known ?? this.open(topic, topicId, order);
      if (order.leader === this.options.brokerId) this.makeLeader(partition, order);
      else this.makeFollower(partition, order);
      this.moves?.resume(partition);
      return 'NONE';
    } catch (error) {
      this.logger.error(`Error while handling LeaderAndIsr for partition ${name}: ${(error as Error).message}`, {
        error,
      });
      return error instanceof KafkaError ? error.error : 'UNKNOWN_SERVER_ERROR';
    }
  }

  /** A cluster that comes to have topic ids tells them in the epochs that there are (KIP-516). */
  private learnId({ topic, log }: Partition, topicId: string): boolean {
    if (topicId === ZERO_UUID || log.topicId !== null) return false;
    log.assignTopicId(topicId);
    this.topicNames.set(topicId, topic);
    return true;
  }

  private makeLeader(partition: Partition, order: PartitionOrder): void {
    const wasLeader = partition.isLeader;
    this.fetchers?.unfollow(partition);
    partition.makeLeader(order);
    // Its state goes on where only the epoch has changed.
    if (!wasLeader) this.leadershipListeners.get(partition.topic)?.elected(partition.partition, order.leaderEpoch);
  }

  private makeFollower(partition: Partition, order: PartitionOrder): void {
    const wasLeader = partition.isLeader;
    this.fetchers?.unfollow(partition);
    partition.makeFollower(order);
    if (wasLeader) this.leadershipListeners.get(partition.topic)?.resigned(partition.partition, order.leaderEpoch);
    if (order.leader >= 0) this.fetchers?.follow(partition, order.leader);
  }

  private resign(partition: Partition, to: 'none' | 'lost' = 'none'): void {
    const wasLeader = partition.isLeader;
    this.fetchers?.unfollow(partition);
    partition.resign(to);
    if (wasLeader) this.leadershipListeners.get(partition.topic)?.resigned(partition.partition, null);
  }

  private open(topic: string, topicId: string, order: PartitionOrder & { partition: number }): Partition {
    const { options } = this;
    const { logs, metadata } = options;
    const log = logs.getOrCreate(topic, order.partition, {
      topicId: topicId === ZERO_UUID ? null : topicId,
      isNew: order.isNew,
    });
    const name = `${topic}-${order.partition}`;
    log.setHighWatermark(this.checkpointedHighWatermarks.get(name) ?? log.highWatermark);
    this.checkpointedHighWatermarks.delete(name);
    const partition = new Partition(
      {
        topic,
        partition: order.partition,
        brokerId: options.brokerId,
        clock: options.clock,
        loggers: options.loggers,
        alterIsr: (change, settled) => options.alterPartitions.submit(change, settled),
        isrCounts: this.isrCounts,
        minInsyncReplicas: () => options.topicConfigs.get(topic).minInsyncReplicas,
        replicaLagTimeMaxMs: options.replicaLagTimeMaxMs,
        isBrokerAlive: (id) => metadata.image.brokers.has(id),
        onTruncated: (dir) => {
          logs.checkpointDirSoon(dir);
          this.moves?.onTruncated(partition);
        },
      },
      log,
    );
    const partitions = this.topics.get(topic) ?? new Map<number, Partition>();
    this.topics.set(topic, partitions);
    partitions.set(order.partition, partition);
    if (log.topicId !== null) this.topicNames.set(log.topicId, topic);
    return partition;
  }

  /** Carries out a StopReplica request; returns each partition's error. */
  stopReplicas(orders: readonly StopOrder[]): { topic: string; partition: number; error: ErrorName }[] {
    return orders.map((order) => ({ topic: order.topic, partition: order.partition, error: this.stop(order) }));
  }

  private stop({ topic, partition, leaderEpoch, deletePartition }: StopOrder): ErrorName {
    if (this.offline.has(`${topic}-${partition}`)) return 'KAFKA_STORAGE_ERROR';
    const found = this.find(topic, partition);
    const current = leaderEpoch === EPOCH_DURING_DELETE || leaderEpoch === NO_EPOCH;
    if (found && !current && leaderEpoch < found.leaderEpoch) return 'FENCED_LEADER_EPOCH';
    try {
      if (found) {
        this.remove(found);
        this.resign(found);
      }
      if (deletePartition) this.options.logs.asyncDelete(topic, partition);
      return 'NONE';
    } catch (error) {
      this.logger.error(`Error while stopping replica ${topic}-${partition}: ${(error as Error).message}`, { error });
      return 'KAFKA_STORAGE_ERROR';
    }
  }

  /** ZooKeeper says that this broker's session is over: it stops leading at once. Who follows goes on. */
  resignAll(): void {
    for (const partition of this.partitions()) if (partition.isLeader) this.resign(partition);
  }

  /** A log folder has failed: the replicas in it are gone until the broker restarts. Returns them. */
  onLogDirFailure(dir: string): Partition[] {
    const lost = [...this.partitions()].filter(({ log }) => log.dir === dir);
    for (const partition of lost) {
      this.offline.add(`${partition.topic}-${partition.partition}`);
      this.remove(partition);
      this.resign(partition, 'lost');
    }
    return lost;
  }

  private remove(replica: Partition): void {
    this.moves?.stop(replica);
    const { topic, partition, log } = replica;
    const partitions = this.topics.get(topic);
    partitions?.delete(partition);
    if (partitions?.size !== 0) return;
    this.topics.delete(topic);
    if (log.topicId !== null) this.topicNames.delete(log.topicId);
  }

  private startHighWatermarkCheckpoints(): void {
    const { clock, highWatermarkCheckpointIntervalMs } = this.options;
    this.checkpoints ??= clock.every(highWatermarkCheckpointIntervalMs, () => {
      this.checkpointing ??= this.options.logs.writeHighWatermarksLater(this.highWatermarks()).finally(() => {
        this.checkpointing = null;
      });
    });
  }

  /** A follower falls out between once and one and a half times replica.lag.time.max.ms after it was last caught up. */
  private startIsrExpiration(): void {
    const { clock, replicaLagTimeMaxMs } = this.options;
    const shrink = (): void => {
      for (const partition of this.partitions()) partition.maybeShrinkIsr();
    };
    // What followers have asked for while this broker stood still is read first.
    this.isrExpiration ??= clock.every(Math.max(1, Math.floor(replicaLagTimeMaxMs / 2)), () => clock.soon(shrink));
  }

  /** Of all replicas: what `replication-offset-checkpoint` of their folders holds. */
  private highWatermarks(): PartitionOffset[] {
    return [...this.partitions()].map(({ topic, partition, log }) => ({ topic, partition, offset: log.highWatermark }));
  }

  /** Gives everything up: those who wait are answered, high watermarks are kept. */
  async shutdown(): Promise<void> {
    this.unfollow();
    this.isrExpiration?.cancel();
    this.options.alterPartitions.close();
    this.checkpoints?.cancel();
    this.moves?.close();
    await this.fetchers?.stop();
    await this.checkpointing;
    if (this.checkpoints) this.options.logs.writeHighWatermarks(this.highWatermarks());
    this.resignAll();
  }
}

/** The wire code of an error by name. */
export const codeOf = (error: ErrorName): number => ERRORS[error].code;
