import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { ActiveController } from './active';
import { type LeaderAndIsr, RECOVERED, RECOVERING } from './leader-choice';
import { RequestBatch } from './requests';
import { type ControllerState, type PartitionId, type PartitionState, partitionKey } from './state';

/** What a leader wants its partition's state to be. */
export interface ProposedState {
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  readonly leaderRecoveryState: number;
  /** The partition epoch that the proposal builds on. */
  readonly partitionEpoch: number;
}

/** What a broker asks to be changed in the partitions that it leads. */
export interface AlterPartitionOrder {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  /** As of version 2 topics are named by id (KIP-841), and an error has a name of its own. */
  readonly usesTopicIds: boolean;
  readonly topics: readonly {
    readonly topicName: string;
    readonly topicId: string;
    readonly partitions: readonly (ProposedState & { readonly partition: number })[];
  }[];
}

/** What became of one partition: the state that it has now, or why it was not changed. */
export type AlterPartitionOutcome = { readonly partition: number } & (
  | { readonly state: PartitionState }
  | { readonly error: ErrorName }
);

/** The outcomes of a topic; only its id is known where no topic has it. */
export interface TopicOutcomes {
  readonly topicName: string;
  readonly topicId: string;
  readonly partitions: AlterPartitionOutcome[];
}

/** The partitions that are as their leader wants them: a move may have waited for that. */
export function inDesiredState(outcomes: readonly TopicOutcomes[]): PartitionId[] {
  return outcomes.flatMap(({ topicName: topic, partitions }) =>
    partitions.filter((outcome) => 'state' in outcome).map(({ partition }) => ({ topic, partition })),
  );
}

type Proposal = PartitionId & { readonly proposed: ProposedState };

/**
 * Whether a leader's proposal may be written, is what is already, or why it may not (KafkaController.processAlterPartition,
 * KIP-497, KIP-704, KIP-841). Pure.
 */
export function judge(
  brokerId: number,
  proposed: ProposedState,
  current: LeaderAndIsr & { readonly partitionEpoch: number },
  isEligible: (broker: number) => boolean,
): 'write' | 'unchanged' | Exclude<ErrorName, 'NONE'> {
  if (proposed.partitionEpoch > current.partitionEpoch || proposed.leaderEpoch > current.leaderEpoch) {
    // A leader that knows more than its controller has probably asked one that is none any more.
    return 'NOT_CONTROLLER';
  }
  if (proposed.leaderEpoch < current.leaderEpoch) return 'FENCED_LEADER_EPOCH';
  // Before the partition epochs are compared: a leader that has missed the answer asks for the same once more.
  if (isSame(brokerId, proposed, current)) return 'unchanged';
  if (proposed.partitionEpoch < current.partitionEpoch) return 'INVALID_UPDATE_VERSION';
  const { leaderRecoveryState } = proposed;
  if (leaderRecoveryState === RECOVERING && proposed.isr.length > 1) return 'INVALID_REQUEST';
  if (current.leaderRecoveryState === RECOVERED && leaderRecoveryState === RECOVERING) return 'INVALID_REQUEST';
  // Kafka's KRaft controller asks this, its ZooKeeper one would make a leader of whoever knows the epochs.
  if (brokerId !== current.leader) return 'INVALID_REQUEST';
  return proposed.isr.every(isEligible) ? 'write' : 'INELIGIBLE_REPLICA';
}

function isSame(brokerId: number, proposed: ProposedState, current: LeaderAndIsr): boolean {
  return (
    brokerId === current.leader &&
    proposed.leaderRecoveryState === current.leaderRecoveryState &&
    proposed.isr.length === current.isr.length &&
    proposed.isr.every((id, index) => id === current.isr[index])
  );
}

/**
 * Carries out a leader's changes of its in-sync replicas: those that pass are written, all at once, and everybody hears
 * of all partitions that were asked about. Throws STALE_BROKER_EPOCH for a broker that is not registered, or has been
 * registered anew.
 */
export async function alterPartitions(
  controller: ActiveController,
  order: AlterPartitionOrder,
): Promise<TopicOutcomes[]> {
  const { state, logger } = controller;
  checkSender(controller, order);
  const { proposals, unknown } = resolveTopics(state, order);
  const errorName = (error: ErrorName): ErrorName =>
    error === 'INELIGIBLE_REPLICA' && !order.usesTopicIds ? 'OPERATION_NOT_ATTEMPTED' : error;
  const isEligible = (id: number): boolean => state.brokers.has(id) && !state.shuttingDown.has(id);
  const outcomes = new Map<string, AlterPartitionOutcome>();
  const accepted: Proposal[] = [];
  for (const [key, proposal] of proposals) {
    const { partition, proposed } = proposal;
    const current = state.stateOf(proposal);
    const verdict = current
      ? judge(order.brokerId, proposed, current, isEligible)
      : ('UNKNOWN_TOPIC_OR_PARTITION' as const);
    if (verdict === 'write') accepted.push(proposal);
    else if (verdict === 'unchanged') outcomes.set(key, { partition, state: current! });
    else outcomes.set(key, { partition, error: errorName(verdict) });
    if (verdict === 'INELIGIBLE_REPLICA' || verdict === 'INVALID_REQUEST') {
      logger.info(
        `Rejecting AlterPartition request from node ${order.brokerId} for ${key} with ${verdict}: ISR [${proposed.isr}], leader recovery state ${proposed.leaderRecoveryState}; the current ISR is [${current!.isr}], the brokers that may be in it are [${[...state.brokers.keys()].filter(isEligible)}]`,
      );
    }
  }
  await write(controller, order.brokerId, accepted, outcomes);
  const batch = new RequestBatch();
  batch.addMetadata(
    state.brokers.keys(),
    [...proposals.values()].filter((id) => state.stateOf(id) !== undefined),
  );
  controller.send(batch);
  return [...unknown, ...grouped(state, proposals, outcomes)];
}

function checkSender({ state, logger }: ActiveController, { brokerId, brokerEpoch }: AlterPartitionOrder): void {
  const known = state.brokers.get(brokerId);
  if (known?.epoch === brokerEpoch) return;
  const reason = known
    ? `stale broker epoch ${brokerEpoch} and local broker epoch ${known.epoch} for broker ${brokerId}`
    : `unknown broker ${brokerId}`;
  logger.info(`Ignoring AlterPartition due to ${reason}`);
  throw new KafkaError('STALE_BROKER_EPOCH');
}

/** The proposals by `topic-N`, of a partition that is there twice the last one, and the topics that no id leads to. */
function resolveTopics(
  state: ControllerState,
  { topics, usesTopicIds }: AlterPartitionOrder,
): { proposals: Map<string, Proposal>; unknown: TopicOutcomes[] } {
  const names = new Map(usesTopicIds ? [...state.topics.values()].map(({ topicId, name }) => [topicId, name]) : []);
  const proposals = new Map<string, Proposal>();
  const unknown: TopicOutcomes[] = [];
  for (const { topicId, topicName, partitions } of topics) {
    const topic = usesTopicIds ? names.get(topicId) : topicName;
    if (topic === undefined) {
      const error = 'UNKNOWN_TOPIC_ID';
      unknown.push({ topicName, topicId, partitions: partitions.map(({ partition }) => ({ partition, error })) });
      continue;
    }
    for (const { partition, ...proposed } of partitions) {
      proposals.set(partitionKey(topic, partition), { topic, partition, proposed });
    }
  }
  return { proposals, unknown };
}

async function write(
  { state, store, logger }: ActiveController,
  brokerId: number,
  accepted: readonly Proposal[],
  outcomes: Map<string, AlterPartitionOutcome>,
): Promise<void> {
  const writes = accepted.map(({ topic, partition, proposed }) => ({
    topic,
    partition,
    state: {
      leader: brokerId,
      leaderEpoch: proposed.leaderEpoch,
      isr: proposed.isr,
      leaderRecoveryState: proposed.leaderRecoveryState,
      controllerEpoch: state.controllerEpoch,
    },
    expectedVersion: proposed.partitionEpoch,
  }));
  const results = await store.updatePartitionStates(writes, state.epochVersion);
  for (const [index, result] of results.entries()) {
    const { topic, partition, state: next } = writes[index]!;
    const key = partitionKey(topic, partition);
    if (result.type === 'ok') {
      const written = { ...next, partitionEpoch: result.version };
      state.setState({ topic, partition }, written);
      outcomes.set(key, { partition, state: written });
    } else if (result.type === 'conflict') {
      logger.info(`Failed to update ISR to [${next.isr}] for partition ${key}, bad ZK version.`);
      outcomes.set(key, { partition, error: 'INVALID_UPDATE_VERSION' });
    } else {
      logger.error(`Failed to update ISR for partition ${key}: ${result.error.message}`, { error: result.error });
      outcomes.set(key, { partition, error: 'UNKNOWN_SERVER_ERROR' });
    }
  }
}

function grouped(
  state: ControllerState,
  proposals: ReadonlyMap<string, Proposal>,
  outcomes: ReadonlyMap<string, AlterPartitionOutcome>,
): TopicOutcomes[] {
  const topics = new Map<string, TopicOutcomes>();
  for (const [key, { topic }] of proposals) {
    const known = topics.get(topic);
    const outcome = outcomes.get(key)!;
    if (known) known.partitions.push(outcome);
    else
      topics.set(topic, {
        topicName: topic,
        topicId: state.topics.get(topic)?.topicId ?? ZERO_UUID,
        partitions: [outcome],
      });
  }
  return [...topics.values()];
}
