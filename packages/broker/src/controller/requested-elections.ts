import { KafkaError } from '@odradek/protocol/errors';
import type { ActiveController } from './active';
import { chooseForOffline, choosePreferred } from './leader-choice';
import { electLeaders, type Strategy } from './partitions';
import { type PartitionId, partitionKey, type ReplicaAssignment } from './state';
import { refreshStates } from './state-writes';

/**
 * The elections that an administrator may ask for (KIP-460): `preferred` hands leadership back to the first replica,
 * `unclean` lets a replica that is not in sync lead a partition that has no leader.
 */
export type ElectionType = 'preferred' | 'unclean';

/** What became of one partition: who leads it now, or why it was not changed. */
export type ElectionOutcome = PartitionId & ({ readonly leader: number } | { readonly error: KafkaError });

interface Kind {
  readonly strategy: Strategy;
  /** As Apache's messages call it. */
  readonly strategyName: string;
  readonly failure: 'PREFERRED_LEADER_NOT_AVAILABLE' | 'ELIGIBLE_LEADERS_NOT_AVAILABLE';
  isNeeded(controller: ActiveController, id: PartitionId, assignment: ReplicaAssignment): boolean;
}

const KINDS: Readonly<Record<ElectionType, Kind>> = {
  preferred: {
    strategy: choosePreferred,
    strategyName: 'PreferredReplicaPartitionLeaderElectionStrategy',
    failure: 'PREFERRED_LEADER_NOT_AVAILABLE',
    isNeeded: ({ state }, id, { replicas }) => state.stateOf(id)?.leader !== replicas[0],
  },
  unclean: {
    strategy: (replicas, current, isLive) => chooseForOffline(replicas, current, isLive, true),
    strategyName: 'OfflinePartitionLeaderElectionStrategy(true)',
    failure: 'ELIGIBLE_LEADERS_NOT_AVAILABLE',
    isNeeded({ state }, id) {
      const leader = state.stateOf(id)?.leader ?? -1;
      return !state.brokers.has(leader) || state.shuttingDown.has(leader);
    },
  },
};

// One of each for all partitions: a request may name hundreds of thousands.
const NOT_NEEDED = new KafkaError('ELECTION_NOT_NEEDED');
const UNKNOWN = new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', 'The partition does not exist.');
const BEING_DELETED = new KafkaError('INVALID_TOPIC_EXCEPTION', 'The topic is being deleted');

/** Carries out what ElectLeaders asks for (KafkaController.processReplicaLeaderElection). */
export async function electOnRequest(
  controller: ActiveController,
  partitions: readonly PartitionId[],
  type: ElectionType,
): Promise<ElectionOutcome[]> {
  const { state } = controller;
  const { strategy, strategyName, failure, isNeeded } = KINDS[type];
  const electable: (PartitionId & { readonly assignment: ReplicaAssignment })[] = [];
  const outcomes: ElectionOutcome[] = [];
  for (const id of partitions) {
    const assignment = state.assignmentOf(id);
    const refusal = refusalOf(assignment !== undefined, state.isBeingDeleted(id.topic));
    if (refusal) outcomes.push({ topic: id.topic, partition: id.partition, error: refusal });
    else if (!isNeeded(controller, id, assignment!))
      outcomes.push({ topic: id.topic, partition: id.partition, error: NOT_NEEDED });
    else electable.push({ ...id, assignment: assignment! });
  }
  // Where brokers of older releases write in-sync sets themselves, what is known here may be of yesterday.
  await refreshStates(controller, electable);
  const elected = await electLeaders(controller, electable, strategy);
  for (const { topic, partition } of electable) {
    const name = partitionKey(topic, partition);
    const leader = state.stateOf({ topic, partition })?.leader;
    const error = new KafkaError(
      failure,
      `Failed to elect leader for partition ${name} under strategy ${strategyName}`,
    );
    outcomes.push({ topic, partition, ...(leader !== undefined && elected.has(name) ? { leader } : { error }) });
  }
  return outcomes;
}

function refusalOf(isKnown: boolean, isBeingDeleted: boolean): KafkaError | null {
  if (!isKnown) return UNKNOWN;
  return isBeingDeleted ? BEING_DELETED : null;
}
