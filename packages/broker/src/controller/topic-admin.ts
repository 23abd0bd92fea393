import { KafkaError } from '@odradek/protocol/errors';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import { hasLeaders, type MetadataCache } from '../cluster/metadata-cache';
import {
  GROUP_OFFSETS_TOPIC,
  TRANSACTION_STATE_TOPIC,
  topicNamesCollide,
  validateTopicName,
} from '../cluster/topic-names';
import type { TopicSpread } from '../cluster/topic-spread';
import { createTopicConfigError } from '../config/alter';
import type { BrokerConfig } from '../config/broker-config';
import { ConfigException } from '../config/errors';
import { validateTopicOverrides } from '../config/topic-config';
import { type Clock, deadline } from '../env/clock';
import type { Logger } from '../env/logger';
import type { Random } from '../env/random';
import { ZooKeeperError } from '../env/zookeeper';
import { ANY_VERSION, ControllerMovedError, type ZooKeeperStore } from '../zookeeper/store';
import type { ReplicaAssignment } from '../zookeeper/znodes';
import { type AssignableBroker, type Assignment, assignAddedPartitions, assignReplicas } from './assignment';

export interface TopicAdminOptions {
  readonly store: ZooKeeperStore;
  readonly metadata: MetadataCache;
  readonly spread: Pick<TopicSpread, 'everywhere'>;
  readonly config: () => BrokerConfig;
  readonly random: Random;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A topic to be made; -1 counts mean the broker's defaults. */
export interface NewTopic {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[];
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export interface CreatedTopic {
  readonly topicId: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** Asks leave to create or delete so many partitions, and throws where it is not given (KIP-599). */
export type Permit = (partitions: number) => void;

const DEFAULT = -1;

const withoutMoves = (replicas: readonly number[]): ReplicaAssignment => ({
  replicas,
  addingReplicas: [],
  removingReplicas: [],
});

/**
 * Makes and changes topics by writing their znodes; the controller notices and does the rest (ZkAdminManager). Every
 * method throws `KafkaError` with Kafka's code and text.
 */
export class TopicAdmin {
  private readonly autoCreating = new Map<string, Promise<void>>();

  constructor(private readonly options: TopicAdminOptions) {}

  private brokers(): AssignableBroker[] {
    return [...this.options.metadata.image.brokers.values()];
  }

  /** Checks a new topic and, unless `validateOnly`, writes its znodes. */
  async create(topic: NewTopic, validateOnly: boolean, permit: Permit): Promise<CreatedTopic> {
    if (this.options.metadata.image.topics.has(topic.name)) throw alreadyExists(topic.name);
    const configs = overridesOf(topic);
    const assignment = this.assignmentOf(topic);
    await this.checkNew(topic.name, assignment, configs);
    const topicId = this.options.random.uuid();
    if (!validateOnly) {
      permit(assignment.size);
      await this.write(topic.name, topicId, assignment, configs);
    }
    return {
      topicId: validateOnly ? ZERO_UUID : topicId,
      numPartitions: assignment.size,
      replicationFactor: assignment.values().next().value?.length ?? 0,
      configs,
    };
  }

  private assignmentOf({ numPartitions, replicationFactor, assignments }: NewTopic): Assignment {
    if (assignments.length > 0) {
      if (numPartitions !== DEFAULT || replicationFactor !== DEFAULT) {
        throw new KafkaError(
          'INVALID_REQUEST',
          'Both numPartitions or replicationFactor and replicasAssignments were set. Both cannot be used at the same time.',
        );
      }
      return new Map(assignments.map(({ partitionIndex, brokerIds }) => [partitionIndex, [...brokerIds]]));
    }
    const { values } = this.options.config();
    return assignReplicas(
      {
        brokers: this.brokers(),
        partitions: numPartitions === DEFAULT ? values.numPartitions : numPartitions,
        replicationFactor: replicationFactor === DEFAULT ? values.defaultReplicationFactor : replicationFactor,
      },
      this.options.random,
    );
  }

  private async checkNew(
    topic: string,
    assignment: Assignment,
    configs: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { store } = this.options;
    validateTopicName(topic);
    if (await store.isTopicMarkedForDeletion(topic)) {
      throw new MarkedForDeletionError(topic);
    }
    if (await store.topicExists(topic)) throw alreadyExists(topic);
    if (/[._]/.test(topic)) {
      const colliding = (await store.getTopics()).filter((other) => topicNamesCollide(topic, other));
      if (colliding.includes(topic)) throw alreadyExists(topic);
      if (colliding.length > 0) {
        throw new KafkaError(
          'INVALID_TOPIC_EXCEPTION',
          `Topic '${topic}' collides with existing topics: ${colliding.join(', ')}`,
        );
      }
    }
    checkAssignment(assignment);
    try {
      validateTopicOverrides(new Map(Object.entries(configs)), this.options.config());
    } catch (error) {
      if (error instanceof ConfigException) throw createTopicConfigError(error);
      throw error;
    }
  }

  private async write(
    topic: string,
    topicId: string,
    assignment: Assignment,
    configs: Readonly<Record<string, string>>,
  ): Promise<void> {
    const partitions = new Map([...assignment].map(([partition, replicas]) => [partition, withoutMoves(replicas)]));
    try {
      await this.options.store.createTopicConfig(topic, configs);
      await this.options.store.createTopic(topic, { topicId, partitions });
    } catch (error) {
      if (error instanceof ZooKeeperError && error.code === 'NODE_EXISTS') throw alreadyExists(topic);
      throw error;
    }
  }

  /**
   * Resolves to whether every partition of the topic has a leader before `timeoutMs` are over, when the other brokers, too,
   * have heard of it.
   */
  async waitForLeaders(topic: string, partitions: number, timeoutMs: number): Promise<boolean> {
    const { metadata, spread, clock } = this.options;
    const endMs = clock.monotonicMs() + timeoutMs;
    if (!(await metadata.waitUntil((image) => hasLeaders(image, topic, partitions), timeoutMs))) return false;
    const leftMs = endMs - clock.monotonicMs();
    if (leftMs > 0) await spread.everywhere(topic, partitions, leftMs);
    return true;
  }

  /**
   * Makes a topic that a client has merely named, and waits for its leaders (at most `waitMs`). Requests for the same
   * name share one creation. Throws LEADER_NOT_AVAILABLE where it has none yet, or is not even made: a ZooKeeper or a
   * controller that is away comes back, and clients ask again.
   */
  async autoCreate(topic: string, waitMs: number, permit: Permit): Promise<void> {
    let creation = this.autoCreating.get(topic);
    if (!creation) {
      creation = this.createNamed(topic, waitMs, permit).finally(() => this.autoCreating.delete(topic));
      this.autoCreating.set(topic, creation);
    }
    await new Promise<void>((resolve, reject) => {
      const timer = deadline(this.options.clock, waitMs, () => reject(new KafkaError('LEADER_NOT_AVAILABLE')));
      void creation.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  private async createNamed(topic: string, waitMs: number, permit: Permit): Promise<void> {
    let partitions = 1;
    try {
      const created = await this.create(this.namedTopic(topic), false, permit);
      partitions = created.numPartitions;
    } catch (error) {
      if (error instanceof ZooKeeperError || error instanceof ControllerMovedError) {
        this.options.logger.warn(`Topic ${topic} could not be created: ${error.message}`);
        throw new KafkaError('LEADER_NOT_AVAILABLE');
      }
      // The old topic on its way out gets no leader any more: asked again later, the name is free for a new one.
      if (error instanceof MarkedForDeletionError) throw new KafkaError('LEADER_NOT_AVAILABLE');
      if (!(error instanceof KafkaError) || error.error !== 'TOPIC_ALREADY_EXISTS') throw error;
    }
    if (!(await this.waitForLeaders(topic, partitions, waitMs))) throw new KafkaError('LEADER_NOT_AVAILABLE');
  }

  private namedTopic(name: string): NewTopic {
    const { values } = this.options.config();
    const topic = { name, assignments: [], numPartitions: DEFAULT, replicationFactor: DEFAULT };
    const entries = (configs: Record<string, string | number | boolean>) =>
      Object.entries(configs).map(([key, value]) => ({ name: key, value: String(value) }));
    switch (name) {
      case GROUP_OFFSETS_TOPIC:
        return {
          ...topic,
          numPartitions: values.offsetsTopicNumPartitions,
          replicationFactor: values.offsetsTopicReplicationFactor,
          configs: entries({
            'cleanup.policy': 'compact',
            'segment.bytes': values.offsetsTopicSegmentBytes,
            'compression.type': 'producer',
          }),
        };
      case TRANSACTION_STATE_TOPIC:
        return {
          ...topic,
          numPartitions: values.transactionStateLogNumPartitions,
          replicationFactor: values.transactionStateLogReplicationFactor,
          configs: entries({
            'unclean.leader.election.enable': false,
            'compression.type': 'uncompressed',
            'cleanup.policy': 'compact',
            'min.insync.replicas': values.transactionStateLogMinIsr,
            'segment.bytes': values.transactionStateLogSegmentBytes,
          }),
        };
      default:
        return { ...topic, configs: [] };
    }
  }

  /** Marks a topic for deletion. Throws UNKNOWN_TOPIC_OR_PARTITION where there is none. */
  async delete(topic: string, permit: Permit): Promise<void> {
    permit(this.options.metadata.image.topics.get(topic)?.partitions.size ?? 0);
    if (!(await this.options.store.topicExists(topic))) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Topic \`${topic}\` to delete does not exist`);
    }
    await this.options.store.createDeleteTopic(topic);
  }

  /** Resolves to whether the topic is gone from the metadata before `timeoutMs` are over. */
  waitUntilGone(topic: string, timeoutMs: number): Promise<boolean> {
    return this.options.metadata.waitUntil((image) => !image.topics.has(topic), timeoutMs);
  }

  /** Adds partitions to a topic, up to `count` of them. Returns their number. */
  async addPartitions(
    topic: string,
    count: number,
    given: readonly (readonly number[])[] | null,
    validateOnly: boolean,
    permit: Permit,
  ): Promise<number> {
    const node = (await this.options.store.getTopicAssignments([topic])).get(topic);
    if (!node) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `The topic '${topic}' does not exist.`);
    for (const { addingReplicas, removingReplicas } of node.partitions.values()) {
      if (addingReplicas.length + removingReplicas.length > 0) {
        throw new KafkaError(
          'REASSIGNMENT_IN_PROGRESS',
          `A partition reassignment is in progress for the topic '${topic}'.`,
        );
      }
    }
    const existing = new Map([...node.partitions].map(([partition, { replicas }]) => [partition, replicas]));
    const added = this.addedAssignment(existing, count, given);
    if (!validateOnly) {
      permit(added.size);
      const partitions = new Map(node.partitions);
      for (const [partition, replicas] of added) partitions.set(partition, withoutMoves(replicas));
      await this.options.store.setTopicAssignment(topic, { topicId: node.topicId, partitions }, ANY_VERSION);
    }
    return count;
  }

  private addedAssignment(
    existing: ReadonlyMap<number, readonly number[]>,
    count: number,
    given: readonly (readonly number[])[] | null,
  ): Assignment {
    const increment = count - existing.size;
    if (increment < 0) {
      throw new KafkaError(
        'INVALID_PARTITIONS',
        `Topic currently has ${existing.size} partitions, which is higher than the requested ${count}.`,
      );
    }
    if (increment === 0) throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${existing.size} partitions.`);
    const brokers = this.brokers().sort((a, b) => a.id - b.id);
    if (given === null) return assignAddedPartitions(existing, brokers, increment, this.options.random);
    return givenAssignment(existing, given, increment, new Set(brokers.map(({ id }) => id)));
  }
}

class MarkedForDeletionError extends KafkaError {
  constructor(topic: string) {
    super('TOPIC_ALREADY_EXISTS', `Topic '${topic}' is marked for deletion.`);
  }
}

function alreadyExists(topic: string): KafkaError {
  return new KafkaError('TOPIC_ALREADY_EXISTS', `Topic '${topic}' already exists.`);
}

function overridesOf({ configs }: NewTopic): Record<string, string> {
  const missing = configs.filter(({ value }) => value === null).map(({ name }) => name);
  if (missing.length > 0) {
    throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${missing.join(',')}`);
  }
  return Object.fromEntries(configs.map(({ name, value }) => [name, value!]));
}

function checkAssignment(assignment: Assignment): void {
  const invalid = (why: string): never => {
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', why);
  };
  if (new Set([...assignment.values()].map(({ length }) => length)).size !== 1) {
    invalid('All partitions should have the same number of replicas');
  }
  for (const replicas of assignment.values()) {
    if (new Set(replicas).size !== replicas.length) {
      const text = [...assignment]
        .map(([partition, ids]) => `${partition} -> ArrayBuffer(${ids.join(', ')})`)
        .join(', ');
      invalid(`Duplicate replica assignment found: HashMap(${text})`);
    }
  }
  const sum = [...assignment.keys()]
    .filter((partition) => partition >= 0)
    .reduce((total, partition) => total + partition, 0);
  if (sum !== (assignment.size * (assignment.size - 1)) / 2) {
    invalid('partitions should be a consecutive 0-based integer sequence');
  }
  // A negative partition alone passes Kafka's sum; what Kafka trips over is the partition 0 that is not there.
  if (!assignment.has(0)) throw new KafkaError('UNKNOWN_SERVER_ERROR');
}

function givenAssignment(
  existing: ReadonlyMap<number, readonly number[]>,
  given: readonly (readonly number[])[],
  increment: number,
  live: ReadonlySet<number>,
): Assignment {
  const invalid = (why: string): never => {
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', why);
  };
  const unknown = [...new Set(given.flat())].filter((id) => !live.has(id));
  if (unknown.length > 0) invalid(`Unknown broker(s) in replica assignment: ${unknown.join(', ')}.`);
  if (given.length !== increment) {
    invalid(`Increasing the number of partitions by ${increment} but ${given.length} assignments provided.`);
  }
  const assignment: Assignment = new Map(given.map((replicas, index) => [existing.size + index, [...replicas]]));
  for (const [partition, replicas] of assignment) {
    if (replicas.length === 0) invalid(`Cannot have replication factor of 0 for partition id ${partition}.`);
    if (new Set(replicas).size !== replicas.length) {
      invalid(
        `Duplicate brokers not allowed in replica assignment: ${replicas.join(', ')} for partition id ${partition}.`,
      );
    }
  }
  const factor = existing.get(0)?.length ?? 0;
  const odd = [...assignment].filter(([, replicas]) => replicas.length !== factor).sort(([a], [b]) => a - b);
  if (odd.length > 0) {
    invalid(
      `Inconsistent replication factor between partitions, partition 0 has ${factor} while partitions [${odd.map(([partition]) => partition).join(', ')}] have replication factors [${odd.map(([, replicas]) => replicas.length).join(', ')}], respectively.`,
    );
  }
  return assignment;
}
