import { KafkaError } from '@odradek/protocol/errors';
import { sleep, type Timer } from '../env/clock';
import type { Logger } from '../env/logger';
import { type ElectionOutcome as Candidacy, type ControllerInOffice, ControllerMovedError } from '../zookeeper/store';
import { type ProducerIdBlock, paths } from '../zookeeper/znodes';
import type { ActiveController, ElectionCounts } from './active';
import { type AlterPartitionOrder, alterPartitions, inDesiredState, type TopicOutcomes } from './alter-partition';
import { deletionAnswers, leaderAndIsrAnswers } from './answers';
import { onBrokerModified, onBrokersChanged } from './brokers';
import { BrokerChannels, type ControlResponse } from './channels';
import { shutDownBroker } from './controlled-shutdown';
import { onDeletionAnswer, onTopicDeletions, resumeDeletions } from './deletion';
import { EarlyNotice } from './early-notice';
import { EventQueue } from './event-queue';
import { controllerFacts } from './facts';
import { takeOver } from './failover';
import { FalseAlarms } from './false-alarms';
import { onPreferredElectionRequested, rebalanceLeaders } from './leader-balance';
import { onIsrChanges, onLeaderAndIsrAnswer, onLogDirEvents } from './notifications';
import type { ControllerOptions } from './options';
import { electLeaders } from './partitions';
import { onBrokerPresumedDead, onPresumedDeadServing, type Suspect } from './presumed-dead';
import { allocateProducerIds } from './producer-ids';
import {
  onIsrChanged,
  onReassignmentsRequested,
  type ReassignmentOutcome,
  reassignOnRequest,
  resumeMoves,
  type Target,
} from './reassignment';
import { isBeingReassigned } from './reassignment-plan';
import { type ElectionOutcome, type ElectionType, electOnRequest } from './requested-elections';
import type { ControlRequest } from './requests';
import { ControllerState, type PartitionId, type ReplicaAssignment } from './state';
import { Succession } from './succession';
import { onPartitionsAdded, onTopicsChanged } from './topics';

/** How long one who could not take office keeps it, so that its attempts fill no log. */
const FAILED_OFFICE_BACKOFF_MS = 1_000;
/** From taking office to the first look at who leads: brokers that start together have come by then. */
const FIRST_BALANCE_DELAY_MS = 5_000;

/** What an active controller follows, and what it does when it changes. Each reads its path, and so watches it anew. */
const CHILD_EVENTS = [
  [paths.brokerIds, 'BrokerChange', onBrokersChanged],
  [paths.topics, 'TopicChange', onTopicsChanged],
  [paths.deleteTopics, 'TopicDeletion', onTopicDeletions],
  [paths.logDirEventNotifications, 'LogDirEventNotification', onLogDirEvents],
  [paths.isrChangeNotifications, 'IsrChangeNotification', onIsrChanges],
] as const;

/**
 * A broker's part in the election, and the controller itself while it is the one. It reaches brokers, its own
 * included, only by LeaderAndIsr, UpdateMetadata and StopReplica requests (KafkaController).
 */
export class Controller {
  private readonly logger: Logger;
  private readonly queue: EventQueue;
  private readonly succession: Succession;
  private readonly falseAlarms = new FalseAlarms();
  readonly elections: ElectionCounts = { unclean: 0 };
  private active: ActiveController | null = null;
  private activeControllerId = -1;
  private stopped = false;
  private balanceTimer: Timer | null = null;

  constructor(private readonly options: ControllerOptions) {
    this.logger = options.loggers.logger('kafka.controller.KafkaController', `[Controller id=${options.brokerId}] `);
    this.queue = new EventQueue(this.logger, (_name, error) => this.onEventError(error));
    this.succession = new Succession({
      ...options,
      falseAlarms: this.falseAlarms,
      listenerName: options.controlListenerName,
      onGone: (office) => this.put('ControllerPresumedDead', () => this.succeed(office)),
    });
  }

  /** Whether this broker is the controller now. */
  get isActive(): boolean {
    return this.active !== null;
  }

  /** What the active controller knows, in numbers; null for one that is not. */
  facts(): ReturnType<typeof controllerFacts> | null {
    return this.active && controllerFacts(this.active.state);
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
  allocateProducerIds(brokerId: number, brokerEpoch: number): Promise<ProducerIdBlock> {
    return this.ask('AllocateProducerIds', (term) => allocateProducerIds(term, brokerId, brokerEpoch));
  }

  /**
   * Takes everything from a broker that is about to stop; returns what it still leads. Throws NOT_CONTROLLER,
   * BROKER_NOT_AVAILABLE, or STALE_BROKER_EPOCH for a process that has been replaced.
   */
  shutDownBroker(brokerId: number, brokerEpoch: number): Promise<PartitionId[]> {
    return this.ask('ControlledShutdown', (term) => shutDownBroker(term, brokerId, brokerEpoch));
  }

  /** Elects leaders anew. Throws NOT_CONTROLLER; a partition's own error is in its outcome. */
  electLeaders(partitions: readonly PartitionId[], type: ElectionType): Promise<ElectionOutcome[]> {
    return this.ask('ReplicaLeaderElection', (term) => electOnRequest(term, partitions, type));
  }

  /**
   * Changes in-sync sets for the leaders of partitions (KIP-497). Throws NOT_CONTROLLER, and STALE_BROKER_EPOCH for a
   * process that has been replaced; a partition's own error is in its outcome.
   */
  alterPartitions(order: AlterPartitionOrder): Promise<TopicOutcomes[]> {
    return this.ask(
      'AlterPartition',
      (term) => alterPartitions(term, order),
      (term, outcomes) => onIsrChanged(term, inDesiredState(outcomes)),
    );
  }

  /** Partitions whose replicas are being moved (KIP-455). Throws NOT_CONTROLLER. */
  ongoingReassignments(): Promise<(PartitionId & { readonly assignment: ReplicaAssignment })[]> {
    return this.ask('ListPartitionReassignments', async ({ state }) =>
      [...state.allPartitions()].filter(({ assignment }) => isBeingReassigned(assignment)),
    );
  }

  /** Moves partitions to other replicas, or cancels that (KIP-455). Throws NOT_CONTROLLER. */
  alterReassignments(targets: readonly Target[]): Promise<ReassignmentOutcome[]> {
    return this.ask('ApiPartitionReassignment', (term) => reassignOnRequest(term, targets));
  }

  /** Unclean elections have come to be allowed, of one topic or (null) by the brokers' default. */
  onUncleanElectionEnabled(topic: string | null): void {
    if (!this.active) return;
    const name = topic === null ? 'UncleanLeaderElectionEnable' : 'TopicUncleanLeaderElectionEnable';
    this.during(this.active, name, async (term) => {
      const { state } = term;
      const partitions = [...(topic === null ? state.allPartitions() : state.partitionsOf(topic))];
      await electLeaders(
        term,
        partitions.filter((id) => !state.isBeingDeleted(id.topic) && state.needsLeader(id)),
      );
    });
  }

  /** Watches `/controller` and takes part in the election. Resolves once it is known who the controller is. */
  async start(): Promise<void> {
    const { client } = this.options;
    client.registerChangeHandler(paths.controller, {
      created: () => this.put('ControllerChange', () => this.reelect()),
      dataChanged: () => this.put('ControllerChange', () => this.reelect()),
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
    // Not until the queue is idle: one who cannot take office tries again and again.
    await new Promise<void>((resolve) => this.put('Startup', () => this.reelect().finally(resolve)));
  }

  /** Leaves the election; an active controller stops at once. The session's end removes `/controller`. */
  async stop(): Promise<void> {
    await this.queue.clearAndPut('Shutdown', async () => this.resignLocally());
    this.stopped = true;
  }

  /** Runs an event on the controller's thread, unless that term of office is over when its turn comes. */
  private during(term: ActiveController, name: string, run: (term: ActiveController) => Promise<void>): void {
    this.put(name, async () => {
      if (this.active === term) await run(term);
    });
  }

  /** Answers a request when its turn among the events comes. Throws NOT_CONTROLLER where this broker is none by then. */
  private ask<Result>(
    name: string,
    run: (term: ActiveController) => Promise<Result>,
    afterwards: (term: ActiveController, result: Result) => Promise<void> = async () => {},
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const refuse = (): void => reject(new KafkaError('NOT_CONTROLLER'));
      if (this.stopped) return refuse();
      const answer = async (): Promise<void> => {
        const term = this.active;
        if (!term) return refuse();
        try {
          const result = await run(term);
          resolve(result);
          await afterwards(term, result);
        } catch (error) {
          reject(error instanceof ControllerMovedError ? new KafkaError('NOT_CONTROLLER') : error);
          // A refusal is an answer.
          if (!(error instanceof KafkaError)) throw error;
        }
      };
      this.queue.put(name, answer, refuse);
    });
  }

  private put(name: string, run: () => Promise<void>): void {
    if (!this.stopped) this.queue.put(name, run);
  }

  private async onEventError(error: unknown): Promise<void> {
    if (error instanceof ControllerMovedError) {
      this.logger.info(`Controller moved to another broker: ${error.message}`);
      await this.reelect();
    }
  }

  /** Looks who the controller is, resigns where it is another, and runs for office where there is none. */
  private async reelect(): Promise<void> {
    const { client, store, brokerId } = this.options;
    // Reading alone would leave no watch where there is nothing, and nobody would notice the next controller.
    await client.exists(paths.controller);
    this.activeControllerId = (await store.getControllerId()) ?? -1;
    if (this.activeControllerId !== brokerId) this.resignLocally();
    await this.elect();
  }

  private async elect(): Promise<void> {
    const { store, brokerId, clock } = this.options;
    if (this.activeControllerId !== -1) {
      this.logger.debug(
        `Broker ${this.activeControllerId} has been elected as the controller, so stopping the election process.`,
      );
      if (this.activeControllerId !== brokerId) await this.succession.follow();
      return;
    }
    await this.takeOffice(await store.tryElect(brokerId, clock.nowMs()));
  }

  /** The controller's process has ended, its session has not: one of those who see it takes its place. */
  private async succeed(office: ControllerInOffice): Promise<void> {
    const { store, brokerId, clock } = this.options;
    if (this.active) return;
    if (!(await this.succession.isRefused(office))) return this.succession.follow();
    const { id } = office.broker.info;
    this.logger.warn(`Controller ${id} is presumed dead, ahead of the end of its session: trying to take its place`);
    const outcome = await store.trySucceed(brokerId, clock.nowMs(), office.epochZkVersion);
    await this.takeOffice(outcome, { id, epoch: office.broker.epoch });
  }

  private async takeOffice(outcome: Candidacy, dead?: Suspect): Promise<void> {
    const { store, brokerId, clock } = this.options;
    // The winner may be gone again already.
    if (outcome.type !== 'elected') return this.reelect();
    this.succession.close();
    this.activeControllerId = brokerId;
    this.logger.info(
      `${brokerId} successfully elected as the controller. Epoch incremented to ${outcome.controllerEpoch} and epoch zk version is now ${outcome.epochZkVersion}`,
    );
    try {
      await this.failover(outcome.controllerEpoch, outcome.epochZkVersion, dead);
    } catch (error) {
      if (error instanceof ControllerMovedError) throw error;
      this.logger.error(`Error while becoming the controller, resigning: ${(error as Error).message}`, { error });
      this.resignLocally();
      // What is wrong stays wrong, most likely, and the next one to be elected may be this broker again.
      await sleep(clock, FAILED_OFFICE_BACKOFF_MS);
      await store.resignController(outcome.epochZkVersion);
    }
  }

  /** Reads the whole cluster and brings every partition to where it should be (znodes.md §3.6 in Kafka's order). */
  private async failover(controllerEpoch: number, epochVersion: number, dead?: Suspect): Promise<void> {
    const { store } = this.options;
    await store.setupFeature();
    const controller = this.activate(new ControllerState(controllerEpoch, epochVersion));
    await takeOver(controller, dead);
    await onReassignmentsRequested(controller);
    await resumeMoves(controller);
    await resumeDeletions(controller);
    await onPreferredElectionRequested(controller);
    this.balance(controller);
    this.logger.info(`Ready to serve as the new controller with epoch ${controllerEpoch}`);
  }

  /** Looks after leaders that have gone astray, now and again until the end of the term. */
  private balance(term: ActiveController): void {
    const { clock, leaderBalance } = this.options;
    if (leaderBalance === null) return;
    const { checkIntervalMs, perBrokerPercentage } = leaderBalance;
    const look = (): void => {
      this.balanceTimer = clock.after(checkIntervalMs, look);
      this.during(term, 'AutoPreferredReplicaLeaderElection', () => rebalanceLeaders(term, perBrokerPercentage));
    };
    this.balanceTimer = clock.after(FIRST_BALANCE_DELAY_MS, look);
  }

  private activate(state: ControllerState): ActiveController {
    const { options, logger } = this;
    const channels = new BrokerChannels({
      connect: options.connect,
      clock: options.clock,
      logger,
      listenerName: options.controlListenerName,
      timeoutMs: options.socketTimeoutMs,
      onResponse: (broker, request, response) => this.onResponse(controller, broker, request, response),
    });
    const { client } = options;
    const early = this.makeEarlyNotice(() => controller);
    const controller: ActiveController = {
      state,
      early,
      store: options.store,
      deleteTopicEnabled: options.deleteTopicEnabled,
      uncleanElectionEnabled: options.uncleanElectionEnabled,
      loadTopicConfigs: options.loadTopicConfigs,
      randomTopicId: () => options.random.uuid(),
      logger,
      channels,
      elections: this.elections,
      send: (batch) => channels.send(batch.build(options.brokerId, state)),
      watchTopic: (topic) =>
        client.registerChangeHandler(paths.topic(topic), {
          dataChanged: () =>
            this.during(controller, 'PartitionModifications', (term) => onPartitionsAdded(term, topic)),
        }),
      unwatchTopic: (topic) => client.unregisterChangeHandler(paths.topic(topic)),
      watchBroker: (id) =>
        client.registerChangeHandler(paths.brokerId(id), {
          dataChanged: () => this.during(controller, 'BrokerModifications', (term) => onBrokerModified(term, id)),
        }),
      unwatchBroker: (id) => client.unregisterChangeHandler(paths.brokerId(id)),
      watchReassignmentRequests: () => this.during(controller, 'ZkPartitionReassignment', onReassignmentsRequested),
    };
    client.registerChangeHandler(paths.reassignPartitions, { created: controller.watchReassignmentRequests });
    client.registerChangeHandler(paths.preferredReplicaElection, {
      created: () => this.during(controller, 'ReplicaLeaderElection', onPreferredElectionRequested),
    });
    for (const [path, name, run] of CHILD_EVENTS) {
      client.registerChildHandler(path, () => this.during(controller, name, run));
    }
    this.active = controller;
    return controller;
  }

  private makeEarlyNotice(term: () => ActiveController): EarlyNotice | null {
    const { processes, clock, brokerId, controlListenerName } = this.options;
    if (processes === null) return null;
    return new EarlyNotice({
      processes,
      clock,
      falseAlarms: this.falseAlarms,
      ownId: brokerId,
      listenerName: controlListenerName,
      onGone: (broker) => this.during(term(), 'BrokerPresumedDead', (it) => onBrokerPresumedDead(it, broker)),
      onServing: (broker) => this.during(term(), 'PresumedDeadServing', (it) => onPresumedDeadServing(it, broker)),
    });
  }

  private onResponse(term: ActiveController, broker: number, request: ControlRequest, response: ControlResponse): void {
    if (response.type === 'leader-and-isr' && request.type === 'leader-and-isr') {
      const answers = leaderAndIsrAnswers(request, response);
      this.during(term, 'LeaderAndIsrResponseReceived', () => onLeaderAndIsrAnswer(term, broker, answers));
    }
    if (response.type === 'stop-replica' && request.type === 'stop-replica') {
      const answers = deletionAnswers(request, response).map((answer) => ({ ...answer, broker }));
      if (answers.length === 0) return;
      this.during(term, 'TopicDeletionStopReplicaResponseReceived', () => onDeletionAnswer(term, answers));
    }
  }

  /** Forgets everything; what `/controller` says is ZooKeeper's affair. */
  private resignLocally(): void {
    this.succession.close();
    if (!this.active) return;
    this.logger.info('Resigned');
    const { client } = this.options;
    const { state, unwatchTopic, unwatchBroker } = this.active;
    for (const [path] of CHILD_EVENTS) client.unregisterChildHandler(path);
    client.unregisterChangeHandler(paths.reassignPartitions);
    for (const topic of state.topics.keys()) unwatchTopic(topic);
    for (const id of [...state.brokers.keys(), ...state.presumedDead.keys()]) unwatchBroker(id);
    client.unregisterChangeHandler(paths.preferredReplicaElection);
    this.balanceTimer?.cancel();
    this.active.channels.close();
    this.active.early?.close();
    this.active = null;
  }
}
