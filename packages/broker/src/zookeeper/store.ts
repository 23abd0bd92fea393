import type { Clock } from '../env/clock';
import type { Logger, Loggers } from '../env/logger';
import type { Random } from '../env/random';
import { type BrokerInfo, decodeBrokerInfo } from './broker-info';
import { ConsumerOffsets } from './consumer-offsets';
import {
  type ControllerInOffice,
  type ElectionOutcome,
  readController,
  readControllerEpoch,
  readOffice,
  resignController,
  tryElect,
  trySucceed,
} from './election';
import { EntityConfigs } from './entity-configs';
import {
  ANY_VERSION,
  createNew,
  createRecursive,
  deleteRecursive,
  guarded,
  isZooKeeperError,
  onCode,
  readIfExists,
} from './operations';
import {
  createPartitionStates,
  type PartitionStateCreation,
  type PartitionStateUpdate,
  readPartitionStates,
  type StateWriteResult,
  updatePartitionStates,
} from './partition-states';
import { allocateProducerIdBlock } from './producer-ids';
import { Reassignments } from './reassignments';
import { BrokerRegistration, checkAdvertisedListeners } from './registration';
import type { ZooKeeperClient } from './session';
import {
  ClusterIdZNode,
  type EntityConfig,
  FeatureZNode,
  type FeatureZNodeContent,
  IsrChangeNotificationZNode,
  LogDirEventNotificationZNode,
  type PartitionState,
  PERSISTENT_PATHS,
  PreferredReplicaElectionZNode,
  type ProducerIdBlock,
  paths,
  type TopicAssignment,
  type TopicPartition,
  TopicZNode,
} from './znodes';

export type { ControllerInOffice, ElectionOutcome } from './election';
export { ANY_VERSION, ControllerMovedError } from './operations';

/**
 * All that a broker and a controller do in ZooKeeper (KafkaZkClient). Reads set a watch where the client has a handler
 * for their path. What takes an `epochZkVersion` is done only while this broker is the controller of that election, and
 * else throws `ControllerMovedError`; `ANY_VERSION` does it regardless.
 */
export class ZooKeeperStore {
  /** Overrides of topics, brokers, clients, users and ips. */
  readonly configs: EntityConfigs;
  readonly consumerOffsets: ConsumerOffsets;
  readonly reassignments: Reassignments;
  private readonly registration: BrokerRegistration;
  private readonly logger: Logger;
  private isRegistered = false;

  constructor(
    private readonly client: ZooKeeperClient,
    clock: Clock,
    private readonly random: Random,
    loggers: Loggers,
  ) {
    this.logger = loggers.logger('kafka.zk.KafkaZkClient');
    this.configs = new EntityConfigs(client, this.logger);
    this.consumerOffsets = new ConsumerOffsets(client);
    this.reassignments = new Reassignments(client);
    this.registration = new BrokerRegistration(client, clock, this.logger);
  }

  /**
   * Reads after this see all that was written before the call, by whomever: the server of this session may be behind the one
   * that others write to. A write that changes nothing does it: who answers has it, and all before it, from a quorum
   * (ZooKeeper's `sync` asks none, and a leader that has just lost its followers answers it, too).
   */
  async catchUp(): Promise<void> {
    await this.client.multi([{ type: 'check', path: paths.topics, version: ANY_VERSION }]);
  }

  async createTopLevelPaths(): Promise<void> {
    for (const path of PERSISTENT_PATHS) await createRecursive(this.client, path);
  }

  /** The id of the cluster, which its first broker makes up. */
  async clusterId(): Promise<string> {
    const found = await readIfExists(this.client, paths.clusterId);
    if (found) return ClusterIdZNode.decode(found.data);
    const proposed = this.random.uuid();
    try {
      await createNew(this.client, paths.clusterId, ClusterIdZNode.encode(proposed));
      return proposed;
    } catch (error) {
      if (!isZooKeeperError(error, 'NODE_EXISTS')) throw error;
      return ClusterIdZNode.decode((await this.client.getData(paths.clusterId)).data);
    }
  }

  // Brokers

  /** An id that no broker has had, above `reservedMaxId` (`reserved.broker.max.id`). */
  async generateBrokerId(reservedMaxId: number): Promise<number> {
    const next = () => this.client.setData(paths.brokerSequenceId, Buffer.alloc(0), ANY_VERSION);
    try {
      return reservedMaxId + (await next()).version;
    } catch (error) {
      if (!isZooKeeperError(error, 'NO_NODE')) throw error;
      await createRecursive(this.client, paths.brokerSequenceId);
      return reservedMaxId + (await next()).version;
    }
  }

  /**
   * Registers this broker under its current session; its epoch is the czxid of the node. A killed predecessor's node is
   * waited out. Throws `AdvertisedListenerInUseError` where another broker advertises the same address (at the first
   * registration only), NODE_EXISTS where another broker has the id.
   */
  async registerBroker(info: BrokerInfo): Promise<{ brokerEpoch: number }> {
    if (!this.isRegistered) {
      const brokers = await this.getBrokers();
      checkAdvertisedListeners(
        info,
        [...brokers.values()].map((broker) => broker.info),
      );
    }
    const registered = await this.registration.register(info);
    this.isRegistered = true;
    return registered;
  }

  /** Makes changed listeners of this broker known. */
  updateBroker(info: BrokerInfo): Promise<void> {
    return this.registration.update(info);
  }

  /** The registered brokers by id, in the order of their ids. */
  async getBrokers(): Promise<Map<number, { info: BrokerInfo; epoch: number }>> {
    const names = await this.client.getChildren(paths.brokerIds).catch(onCode('NO_NODE', []));
    const ids = names.map(Number).sort((a, b) => a - b);
    const brokers = await Promise.all(ids.map((id) => this.getBroker(id)));
    return new Map(brokers.flatMap((broker) => (broker ? [[broker.info.id, broker]] : [])));
  }

  async getBroker(id: number): Promise<{ info: BrokerInfo; epoch: number } | null> {
    const found = await readIfExists(this.client, paths.brokerId(id));
    return found && { info: decodeBrokerInfo(id, found.data), epoch: found.stat.czxid };
  }

  // Controller

  /** One attempt to become controller; `nowMs` is shown in `/controller`. */
  tryElect(brokerId: number, nowMs: number): Promise<ElectionOutcome> {
    return tryElect(this.client, brokerId, nowMs, this.logger);
  }

  /** One attempt to become controller in place of one whose process has ended, elected with this `epochZkVersion`. */
  trySucceed(brokerId: number, nowMs: number, epochZkVersion: number): Promise<ElectionOutcome> {
    return trySucceed(this.client, brokerId, nowMs, epochZkVersion, this.logger);
  }

  /** Who is in office, with its registration; null where that cannot be told. */
  getControllerInOffice(): Promise<ControllerInOffice | null> {
    return readOffice(this.client);
  }

  /** The broker in `/controller`, or null. */
  getControllerId(): Promise<number | null> {
    return readController(this.client);
  }

  /** Null before the first election. */
  getControllerEpoch(): Promise<{ controllerEpoch: number; epochZkVersion: number } | null> {
    return readControllerEpoch(this.client);
  }

  /** Deletes `/controller`, if it is still this election's. */
  resignController(epochZkVersion: number): Promise<void> {
    return resignController(this.client, epochZkVersion);
  }

  // Topics

  async getTopics(): Promise<string[]> {
    return this.client.getChildren(paths.topics).catch(onCode('NO_NODE', []));
  }

  async topicExists(topic: string): Promise<boolean> {
    return (await this.client.exists(paths.topic(topic))) !== null;
  }

  /** The assignments of those topics that there are. */
  async getTopicAssignments(topics: Iterable<string>): Promise<Map<string, TopicAssignment>> {
    const found = await Promise.all(
      [...topics].map(async (topic) => [topic, await readIfExists(this.client, paths.topic(topic))] as const),
    );
    return new Map(found.flatMap(([topic, node]) => (node ? [[topic, TopicZNode.decode(topic, node.data)]] : [])));
  }

  /** Writes a new topic's overrides; comes before `createTopic`. No broker need be told. */
  createTopicConfig(topic: string, config: EntityConfig): Promise<void> {
    return this.configs.set('topics', topic, config);
  }

  /** Throws NODE_EXISTS where there is such a topic. */
  async createTopic(topic: string, assignment: TopicAssignment): Promise<void> {
    const path = paths.topic(topic);
    const data = TopicZNode.encode(assignment);
    try {
      await createNew(this.client, path, data);
    } catch (error) {
      if (!isZooKeeperError(error, 'NODE_EXISTS') || assignment.topicId === null) throw error;
      // The topic's id is random: content with it was written by this call, whose reply was lost.
      const found = await readIfExists(this.client, path);
      if (!found?.data?.equals(data)) throw error;
    }
  }

  /** Throws NO_NODE where there is no such topic. */
  async setTopicAssignment(topic: string, assignment: TopicAssignment, epochZkVersion: number): Promise<void> {
    const path = paths.topic(topic);
    const data = TopicZNode.encode(assignment);
    await guarded(this.client, epochZkVersion, { type: 'set', path, data, version: ANY_VERSION });
  }

  /** The last step of a topic's deletion: its partitions, its overrides and the request to delete it. */
  async deleteTopicZNodes(topic: string, epochZkVersion: number): Promise<void> {
    await deleteRecursive(this.client, paths.topic(topic), epochZkVersion);
    await this.deleteNode(paths.configEntity('topics', topic), epochZkVersion);
    await this.deleteNode(paths.deleteTopic(topic), epochZkVersion);
  }

  /** Topics that somebody wants deleted. */
  getTopicDeletions(): Promise<string[]> {
    return this.client.getChildren(paths.deleteTopics).catch(onCode('NO_NODE', []));
  }

  async isTopicMarkedForDeletion(topic: string): Promise<boolean> {
    return (await this.client.exists(paths.deleteTopic(topic))) !== null;
  }

  /** Asks the controller to delete a topic; asking again changes nothing. */
  createDeleteTopic(topic: string): Promise<void> {
    return createRecursive(this.client, paths.deleteTopic(topic));
  }

  async deleteTopicDeletions(topics: Iterable<string>, epochZkVersion: number): Promise<void> {
    await Promise.all([...topics].map((topic) => this.deleteNode(paths.deleteTopic(topic), epochZkVersion)));
  }

  /** The states of those partitions that have one, by `<topic>-<partition>`. */
  getPartitionStates(partitions: readonly TopicPartition[]): Promise<Map<string, PartitionState>> {
    return readPartitionStates(this.client, partitions);
  }

  /** Creates first states, and the nodes above them. Results in the order of the partitions. */
  createPartitionStates(
    creations: readonly PartitionStateCreation[],
    epochZkVersion: number,
  ): Promise<StateWriteResult[]> {
    return createPartitionStates(this.client, creations, epochZkVersion);
  }

  /** Replaces the states that still have their expected version. Results in the order of the updates. */
  updatePartitionStates(updates: readonly PartitionStateUpdate[], epochZkVersion: number): Promise<StateWriteResult[]> {
    return updatePartitionStates(this.client, updates, epochZkVersion);
  }

  // What others ask of the controller

  /** Whether somebody asks for elections. Sets the watch, also where nobody does. */
  async isPreferredReplicaElectionRequested(): Promise<boolean> {
    return (await this.client.exists(paths.preferredReplicaElection)) !== null;
  }

  /** Null where nobody asks. */
  async getPreferredReplicaElection(): Promise<TopicPartition[] | null> {
    const found = await readIfExists(this.client, paths.preferredReplicaElection);
    return found && PreferredReplicaElectionZNode.decode(found.data);
  }

  deletePreferredReplicaElection(epochZkVersion: number): Promise<void> {
    return this.deleteNode(paths.preferredReplicaElection, epochZkVersion);
  }

  // Notifications

  /** The names below `/isr_change_notification`, in the order in which they came. */
  getIsrChangeNotifications(): Promise<string[]> {
    return this.notificationsIn(paths.isrChangeNotifications);
  }

  /** The partitions that the named notifications tell of. */
  async getPartitionsFromIsrChangeNotifications(names: readonly string[]): Promise<TopicPartition[]> {
    const contents = await this.contentsOf(paths.isrChangeNotifications, names);
    return contents.flatMap(({ path, data }) => IsrChangeNotificationZNode.decode(path, data));
  }

  /** Tells the controller of changed ISRs, as leaders before inter.broker.protocol.version 2.7 do. */
  async propagateIsrChanges(partitions: readonly TopicPartition[]): Promise<void> {
    const data = IsrChangeNotificationZNode.encode(partitions);
    await this.client.create(paths.isrChangeNotification, data, 'persistent-sequential');
  }

  /** The named notifications, or all that there are. */
  async deleteIsrChangeNotifications(epochZkVersion: number, names?: readonly string[]): Promise<void> {
    const chosen = names ?? (await this.getIsrChangeNotifications());
    await this.deleteNotifications(paths.isrChangeNotifications, chosen, epochZkVersion);
  }

  getLogDirEventNotifications(): Promise<string[]> {
    return this.notificationsIn(paths.logDirEventNotifications);
  }

  /** The brokers with a failed log dir that the named notifications tell of. */
  async getBrokerIdsFromLogDirEvents(names: readonly string[]): Promise<number[]> {
    const contents = await this.contentsOf(paths.logDirEventNotifications, names);
    return contents.flatMap(({ path, data }) => LogDirEventNotificationZNode.decode(path, data) ?? []);
  }

  /** Tells the controller that a log dir of this broker has failed. */
  async propagateLogDirEvent(brokerId: number): Promise<void> {
    const data = LogDirEventNotificationZNode.encode(brokerId);
    await this.client.create(paths.logDirEventNotification, data, 'persistent-sequential');
  }

  /** The named notifications, or all that there are. */
  async deleteLogDirEventNotifications(epochZkVersion: number, names?: readonly string[]): Promise<void> {
    const chosen = names ?? (await this.getLogDirEventNotifications());
    await this.deleteNotifications(paths.logDirEventNotifications, chosen, epochZkVersion);
  }

  // Producer ids and features

  allocateProducerIdBlock(brokerId: number): Promise<ProducerIdBlock> {
    return allocateProducerIdBlock(this.client, brokerId);
  }

  /** With the version that ApiVersions shows as the epoch of the finalized features; null where there is no node. */
  async readFeature(): Promise<{ content: FeatureZNodeContent; zkVersion: number } | null> {
    const found = await readIfExists(this.client, paths.feature);
    return found && { content: FeatureZNode.decode(found.data), zkVersion: found.stat.version };
  }

  /** Brings `/feature` to what a new controller wants of it (enableFeatureVersioning); returns its version. */
  async setupFeature(): Promise<number> {
    const current = await this.readFeature();
    if (!current) {
      await createRecursive(this.client, paths.feature, FeatureZNode.encode(NO_FEATURES));
      return (await this.client.getData(paths.feature)).stat.version;
    }
    const { content, zkVersion } = current;
    if (content.status === 'enabled' && content.version === NO_FEATURES.version) return zkVersion;
    const wanted = content.status === 'enabled' ? { ...content, version: NO_FEATURES.version } : NO_FEATURES;
    return (await this.client.setData(paths.feature, FeatureZNode.encode(wanted), ANY_VERSION)).version;
  }

  private async notificationsIn(path: string): Promise<string[]> {
    return (await this.client.getChildren(path).catch(onCode('NO_NODE', []))).sort();
  }

  private async contentsOf(parent: string, names: readonly string[]): Promise<{ path: string; data: Buffer | null }[]> {
    const found = await Promise.all(
      names.map(async (name) => {
        const path = `${parent}/${name}`;
        const node = await readIfExists(this.client, path);
        return node && { path, data: node.data };
      }),
    );
    return found.filter((node) => node !== null);
  }

  private async deleteNotifications(parent: string, names: readonly string[], epochZkVersion: number): Promise<void> {
    await Promise.all(names.map((name) => this.deleteNode(`${parent}/${name}`, epochZkVersion)));
  }

  /** A node that is gone already is no error. */
  private async deleteNode(path: string, epochZkVersion: number): Promise<void> {
    await guarded(this.client, epochZkVersion, { type: 'delete', path, version: ANY_VERSION }).catch(
      onCode('NO_NODE', null),
    );
  }
}

/** A cluster in ZooKeeper mode finalizes no features. */
const NO_FEATURES: FeatureZNodeContent = { version: 2, status: 'enabled', features: new Map() };
