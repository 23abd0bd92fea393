import type { ActiveController } from './active';
import {
  type Choice,
  chooseForNew,
  chooseForOffline,
  elected as electedFrom,
  type LeaderAndIsr,
  RECOVERED,
  withoutReplica,
} from './leader-choice';
import { RequestBatch } from './requests';
import { type PartitionId, type PartitionState, partitionKey } from './state';
import { isForeign, refreshStates, rewriteStates } from './state-writes';

type Assigned = PartitionId & { readonly assignment: { readonly replicas: readonly number[] } };

/** What an election has to write: a state znode to create, or one to replace. */
interface PlannedElection extends PartitionId {
  readonly next: Omit<PartitionState, 'partitionEpoch'>;
  /** Null where the znode does not exist yet. */
  readonly expectedEpoch: number | null;
  /** Who is to be told. */
  readonly recipients: readonly number[];
  readonly unclean: boolean;
}

/** How a partition that has been led before gets its next leader; null where it gets none. */
export type Strategy = (
  replicas: readonly number[],
  current: LeaderAndIsr,
  isLive: (broker: number) => boolean,
  topic: string,
) => Choice | null;

/** Whether a replica is to be told who leads: those that live, unless said otherwise. */
export type Recipients = (broker: number, topic: string, partition: number) => boolean;

const asOffline =
  ({ uncleanElectionEnabled }: ActiveController): Strategy =>
  (replicas, current, isLive, topic) =>
    chooseForOffline(replicas, current, isLive, uncleanElectionEnabled(topic));

/** The next state of each partition that can have a leader; the others stay as they are (logged by the caller). */
export function planElections(
  controller: ActiveController,
  partitions: readonly Assigned[],
  strategy: Strategy = asOffline(controller),
  hears: Recipients = (...replica) => controller.state.isReplicaLive(...replica),
): PlannedElection[] {
  const { state } = controller;
  const planned: PlannedElection[] = [];
  for (const id of partitions) {
    const { replicas } = id.assignment;
    const isLive = (broker: number): boolean => state.isReplicaLive(broker, id.topic, id.partition);
    const current = state.stateOf(id);
    if (current && isForeign(controller, id, current)) continue;
    const choice: Choice | null = current
      ? strategy(replicas, current, isLive, id.topic)
      : chooseForNew(replicas, isLive);
    if (!choice) continue;
    const next = current
      ? electedFrom(current, choice)
      : { leader: choice.leader, isr: choice.isr, leaderEpoch: 0, leaderRecoveryState: RECOVERED };
    planned.push({
      topic: id.topic,
      partition: id.partition,
      recipients: replicas.filter((broker) => hears(broker, id.topic, id.partition)),
      unclean: choice.unclean,
      next: { ...next, controllerEpoch: state.controllerEpoch },
      expectedEpoch: current ? current.partitionEpoch : null,
    });
  }
  return planned;
}

/**
 * Gives a leader to each of these partitions that can have one (by default as to partitions that are new or offline),
 * writes their states and tells the brokers. A state that somebody else has changed meanwhile is read again and decided
 * anew. Returns, as `topic-N`, those that have been given one.
 */
export async function electLeaders(
  controller: ActiveController,
  partitions: readonly Assigned[],
  strategy?: Strategy,
  hears?: Recipients,
): Promise<ReadonlySet<string>> {
  const batch = new RequestBatch();
  const done = new Set<string>();
  let left = partitions;
  while (left.length > 0) {
    await controller.loadTopicConfigs(
      new Set(left.filter((id) => isOutOfSync(controller, id)).map(({ topic }) => topic)),
    );
    const planned = planElections(controller, left, strategy, hears);
    const outcomes = await writeElections(controller, planned, batch);
    for (const { topic, partition } of outcomes.elected) done.add(partitionKey(topic, partition));
    const read = await refreshStates(controller, outcomes.again);
    for (const { topic, partition } of outcomes.again) {
      const key = partitionKey(topic, partition);
      if (!read.has(key)) controller.logger.error(`The state of partition ${key} in ZooKeeper cannot be read`);
    }
    left = left.filter(({ topic, partition }) => read.has(partitionKey(topic, partition)));
  }
  controller.send(batch);
  return done;
}

/** Whether no live replica is in sync: whether one that is not may lead, is the topic's to say. */
function isOutOfSync({ state }: ActiveController, id: Assigned): boolean {
  const current = state.stateOf(id);
  return current?.isr.some((broker) => state.isReplicaLive(broker, id.topic, id.partition)) === false;
}

async function writeElections(
  controller: ActiveController,
  planned: readonly PlannedElection[],
  batch: RequestBatch,
): Promise<{ elected: PartitionId[]; again: PartitionId[] }> {
  const { state, store, logger } = controller;
  const fresh = planned.filter(({ expectedEpoch }) => expectedEpoch === null);
  const known = planned.filter(({ expectedEpoch }) => expectedEpoch !== null);
  const created = await store.createPartitionStates(
    fresh.map(({ topic, partition, next }) => ({ topic, partition, state: next })),
    state.epochVersion,
  );
  const updated = await store.updatePartitionStates(
    known.map(({ topic, partition, next, expectedEpoch }) => ({
      topic,
      partition,
      state: next,
      expectedVersion: expectedEpoch!,
    })),
    state.epochVersion,
  );
  const elected: PartitionId[] = [];
  const again: PartitionId[] = [];
  const results = [...created, ...updated];
  for (const [index, election] of [...fresh, ...known].entries()) {
    const result = results[index]!;
    if (result.type === 'ok') {
      state.setState(election, { ...election.next, partitionEpoch: result.version });
      batch.addLeaderAndIsr(election.recipients, election, election.expectedEpoch === null, state);
      elected.push(election);
      if (election.unclean) controller.elections.unclean++;
    } else if (result.type === 'conflict') {
      again.push(election);
    } else {
      logger.error(
        `Failed to elect a leader for partition ${election.topic}-${election.partition}: ${result.error.message}`,
      );
    }
  }
  return { elected, again };
}

/** Tells the live replicas of these partitions, where they have a leader, what they are. */
export function onlineReplicas(
  controller: ActiveController,
  partitions: Iterable<Assigned>,
  batch: RequestBatch,
  only?: ReadonlySet<number>,
): void {
  const { state } = controller;
  for (const id of partitions) {
    if (!state.stateOf(id)) continue;
    const brokers = id.assignment.replicas.filter(
      (broker) => state.isReplicaLive(broker, id.topic, id.partition) && (only === undefined || only.has(broker)),
    );
    if (brokers.length > 0) batch.addLeaderAndIsr(brokers, id, false, state);
  }
}

type LostReplica = Assigned & { readonly broker: number };

/** These replicas can neither lead nor follow any more: others lead in their place, the in-sync sets lose them. */
export async function onReplicasOffline(controller: ActiveController, lost: readonly LostReplica[]): Promise<void> {
  const { state } = controller;
  const kept = lost.filter(({ topic }) => !state.isBeingDeleted(topic));
  await electLeaders(
    controller,
    kept.filter((replica) => state.stateOf(replica)?.leader === replica.broker),
  );
  await dropReplicas(controller, kept);
}

/**
 * Stops these replicas where their brokers still hear it, takes them out of the in-sync sets that they are in, and tells
 * the replicas that are left (ReplicaStateMachine, to OfflineReplica).
 */
export async function dropReplicas(controller: ActiveController, lost: readonly LostReplica[]): Promise<void> {
  const { state } = controller;
  const batch = new RequestBatch();
  for (const replica of lost) batch.addStopReplica(replica.broker, replica, false);
  // Who was not in sync is offline all the same, which everybody is to know.
  if (lost.length > 0) batch.addMetadata(state.brokers.keys(), lost);
  const dropped = await rewriteStates(controller, lost, ({ broker }, current) =>
    current.isr.includes(broker) ? withoutReplica(current, broker) : null,
  );
  for (const replica of dropped) {
    const others = replica.assignment.replicas.filter(
      (id) => id !== replica.broker && state.isReplicaUp(id, replica.topic, replica.partition),
    );
    batch.addLeaderAndIsr(others, replica, false, state);
  }
  controller.send(batch);
}
