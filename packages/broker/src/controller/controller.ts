import { KafkaError } from '@odradek/protocol/errors';
import type { ConnectPeer } from '../cluster/peers';
import type { Clock } from '../env/clock';
import type { Logger, Loggers } from '../env/logger';
import type { Random } from '../env/random';
import type { ZooKeeperClient } from '../zookeeper/session';
import { ControllerMovedError, type ZooKeeperStore } from '../zookeeper/store';
import { type ProducerIdBlock, paths } from '../zookeeper/znodes';
import type { ActiveController } from './active';
import { onBrokersChanged, readInitialBrokers } from './brokers';
import { BrokerChannels, type ControlResponse } from './channels';
import { onDeletionAnswer, onTopicDeletions } from './deletion';
import { EventQueue } from './event-queue';
import { electLeaders, onlineReplicas } from './partitions';
import { type ControlRequest, RequestBatch } from './requests';
import { ControllerState, type PartitionId } from './state';
import { onPartitionsAdded, onTopicsChanged, readInitialTopics } from './topics';

export interface ControllerOptions {
  readonly brokerId: number;
  readonly store: ZooKeeperStore;
  readonly client: ZooKeeperClient;
  readonly connect: ConnectPeer;
  readonly clock: Clock;
  readonly random: Random;
  readonly loggers: Loggers;
  readonly controlListenerName: string;
  readonly socketTimeoutMs: number;
  readonly deleteTopicEnabled: boolean;
  /** Whether a topic lets a replica lead that was not in sync. */
  readonly uncleanElectionEnabled: (topic: string) => boolean;
  /** Registers this broker anew, after its session was lost. */
  readonly registerBroker: () => Promise<void>;
}

/**
 * A broker's part in the election, and the controller itself while it is the one. It reaches brokers, its own
 * included, only by LeaderAndIsr, UpdateMetadata and StopReplica requests (KafkaController).
 */
export class Controller {
  private readonly logger: Logger;
  private readonly queue: EventQueue;
  private active: ActiveController | null = null;
  private activeControllerId = -1;
  private stopped = false;

  constructor(private readonly options: ControllerOptions) {
    this.logger = options.loggers.logger('kafka.controller.KafkaController', `[Controller id=${options.brokerId}] `);
    this.queue = new EventQueue(this.logger, (_name, error) => this.onEventError(error));
  }

  /** Whether this broker is the controller now. */
  get isActive(): boolean {
    return this.active !== null;
  }

  /** The id that `/controller` held when last seen; -1 for none. */
  get controllerId(): number {
    return this.activeControllerId;
  }

  /** Whether this broker is the controller and about to delete the topic. */
  isTopicBeingDeleted(topic: string): boolean {
    return this.active?.state.isBeingDeleted(topic) === true;
  }

  /**
   * Takes a block of producer ids for a broker (KIP-730). Throws NOT_CONTROLLER, BROKER_ID_NOT_REGISTERED, or
   * STALE_BROKER_EPOCH for a process that has been replaced.
   */
  async allocateProducerIds(brokerId: number, brokerEpoch: number): Promise<ProducerIdBlock> {
    const broker = this.active?.state.brokers.get(brokerId);
    if (!this.active) throw new KafkaError('NOT_CONTROLLER');
    if (!broker) throw new KafkaError('BROKER_ID_NOT_REGISTERED');
    if (broker.epoch !== brokerEpoch) throw new KafkaError('STALE_BROKER_EPOCH');
    return this.options.store.allocateProducerIdBlock(brokerId);
  }

  /** Watches `/controller` and takes part in the election. Resolves once it is known who the controller is. */
  async start(): Promise<void> {
    const { client } = this.options;
    client.registerChangeHandler(paths.controller, {
      created: () => this.put('ControllerChange', () => this.onControllerChange()),
      dataChanged: () => this.put('ControllerChange', () => this.onControllerChange()),
      deleted: () => this.put('Reelect', () => this.reelect()),
    });
    client.onExpired({
      before: () => this.queue.clearAndPut('Expire', async () => this.resignLocally()),
      after: () =>
        this.put('RegisterBrokerAndReelect', async () => {
          await this.options.registerBroker();
          await this.reelect();
        }),
    });
    this.put('Startup', () => this.elect());
    await this.queue.idle();
  }

  /** Leaves the election; an active controller stops at once. The session's end removes `/controller`. */
  async stop(): Promise<void> {
    await this.queue.clearAndPut('Shutdown', async () => this.resignLocally());
    this.stopped = true;
  }

  /** Runs an event on the controller's thread, if this broker is the active controller when its turn comes. */
  private onActive(name: string, run: (controller: ActiveController) => Promise<void>): void {
    this.put(name, async () => {
      if (this.active) await run(this.active);
    });
  }

  private put(name: string, run: () => Promise<void>): void {
    if (!this.stopped) this.queue.put(name, run);
  }

  private async onEventError(error: unknown): Promise<void> {
    if (error instanceof ControllerMovedError) {
      this.logger.info(`Controller moved to another broker: ${error.message}`);
      await this.onControllerChange();
    }
  }

  private async onControllerChange(): Promise<void> {
    const wasActive = this.isActive;
    this.activeControllerId = (await this.options.store.getControllerId()) ?? -1;
    if (wasActive && this.activeControllerId !== this.options.brokerId) this.resignLocally();
  }

  private async reelect(): Promise<void> {
    await this.onControllerChange();
    await this.elect();
  }

  private async elect(): Promise<void> {
    const { store, client, brokerId, clock } = this.options;
    // Reading alone would leave no watch where there is nothing yet, and nobody would notice the node's removal.
    await client.exists(paths.controller);
    this.activeControllerId = (await store.getControllerId()) ?? -1;
    if (this.activeControllerId !== -1) {
      this.logger.debug(
        `Broker ${this.activeControllerId} has been elected as the controller, so stopping the election process.`,
      );
      return;
    }
    const outcome = await store.tryElect(brokerId, clock.nowMs());
    if (outcome.type !== 'elected') {
      await this.onControllerChange();
      return;
    }
    this.activeControllerId = brokerId;
    this.logger.info(
      `${brokerId} successfully elected as the controller. Epoch incremented to ${outcome.controllerEpoch} and epoch zk version is now ${outcome.epochZkVersion}`,
    );
    try {
      await this.failover(outcome.controllerEpoch, outcome.epochZkVersion);
    } catch (error) {
      if (error instanceof ControllerMovedError) throw error;
      this.logger.error(`Error while becoming the controller, resigning: ${(error as Error).message}`, { error });
      this.resignLocally();
      await store.resignController(outcome.epochZkVersion);
    }
  }

  /** Reads the whole cluster and brings every partition to where it should be (znodes.md §3.6 in Kafka's order). */
  private async failover(controllerEpoch: number, epochVersion: number): Promise<void> {
    const { store } = this.options;
    await store.setupFeature();
    const controller = this.activate(new ControllerState(controllerEpoch, epochVersion));
    await store.deleteLogDirEventNotifications(epochVersion);
    await store.deleteIsrChangeNotifications(epochVersion);
    await readInitialBrokers(controller);
    await readInitialTopics(controller);
    const { state } = controller;
    const everything = new RequestBatch();
    everything.addMetadata(state.brokers.keys(), state.allPartitions());
    controller.send(everything);
    const replicas = new RequestBatch();
    onlineReplicas(controller, state.allPartitions(), replicas);
    controller.send(replicas);
    await electLeaders(
      controller,
      [...state.allPartitions()].filter((id) => state.needsLeader(id)),
    );
    await onTopicDeletions(controller);
    this.logger.info(`Ready to serve as the new controller with epoch ${controllerEpoch}`);
  }

  private activate(state: ControllerState): ActiveController {
    const { options, logger } = this;
    const channels = new BrokerChannels({
      connect: options.connect,
      clock: options.clock,
      logger,
      listenerName: options.controlListenerName,
      timeoutMs: options.socketTimeoutMs,
      onResponse: (broker, request, response) => this.onResponse(broker, request, response),
    });
    const { client } = options;
    const controller: ActiveController = {
      state,
      store: options.store,
      deleteTopicEnabled: options.deleteTopicEnabled,
      uncleanElectionEnabled: options.uncleanElectionEnabled,
      randomTopicId: () => options.random.uuid(),
      logger,
      channels,
      send: (batch) => channels.send(batch.build(options.brokerId, state)),
      watchTopic: (topic) =>
        client.registerChangeHandler(paths.topic(topic), {
          dataChanged: () => this.onActive('PartitionModifications', (active) => onPartitionsAdded(active, topic)),
        }),
      unwatchTopic: (topic) => client.unregisterChangeHandler(paths.topic(topic)),
    };
    client.registerChildHandler(paths.brokerIds, () => this.onActive('BrokerChange', onBrokersChanged));
    client.registerChildHandler(paths.topics, () => this.onActive('TopicChange', onTopicsChanged));
    client.registerChildHandler(paths.deleteTopics, () => this.onActive('TopicDeletion', onTopicDeletions));
    this.active = controller;
    return controller;
  }

  private onResponse(broker: number, request: ControlRequest, response: ControlResponse): void {
    if (response.type !== 'stop-replica' || request.type !== 'stop-replica') return;
    const deleted: PartitionId[] = (request.request.topicStates ?? []).flatMap(({ topicName, partitionStates }) =>
      (partitionStates ?? [])
        .filter(({ deletePartition }) => deletePartition)
        .map(({ partitionIndex }) => ({ topic: topicName!, partition: partitionIndex! })),
    );
    if (deleted.length === 0) return;
    const failed = (id: PartitionId): boolean =>
      response.response.errorCode !== 0 ||
      response.response.partitionErrors.some(
        (error) => error.topicName === id.topic && error.partitionIndex === id.partition && error.errorCode !== 0,
      );
    const answers = deleted.map((id) => ({ id, broker, deleted: !failed(id) }));
    this.onActive('TopicDeletionStopReplicaResponseReceived', (active) => onDeletionAnswer(active, answers));
  }

  /** Forgets everything; what `/controller` says is ZooKeeper's affair. */
  private resignLocally(): void {
    if (!this.active) return;
    this.logger.info('Resigned');
    const { client } = this.options;
    for (const path of [paths.brokerIds, paths.topics, paths.deleteTopics]) client.unregisterChildHandler(path);
    for (const topic of this.active.state.topics.keys()) client.unregisterChangeHandler(paths.topic(topic));
    this.active.channels.close();
    this.active = null;
  }
}
