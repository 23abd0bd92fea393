import { ZNodeFormatError } from '../zookeeper/json';
import type { ActiveController } from './active';
import { choosePreferred } from './leader-choice';
import { isBeingReassigned } from './reassignment-plan';
import { electOnRequest } from './requested-elections';
import { type ControllerState, type PartitionId, partitionKey } from './state';

/**
 * The partitions to hand back to their preferred replicas: those of brokers that lead too few of the partitions that
 * name them first, where they can lead. None while anything is being reassigned.
 */
export function imbalancedPartitions(state: ControllerState, percentage: number): PartitionId[] {
  const byPreferred = new Map<number, { count: number; readonly elsewhere: PartitionId[] }>();
  for (const { topic, partition, assignment } of state.allPartitions()) {
    if (isBeingReassigned(assignment)) return [];
    const preferred = assignment.replicas[0];
    if (preferred === undefined || state.isBeingDeleted(topic)) continue;
    const of = byPreferred.get(preferred) ?? { count: 0, elsewhere: [] };
    byPreferred.set(preferred, of);
    of.count++;
    const current = state.stateOf({ topic, partition });
    if (current && current.leader !== preferred) of.elsewhere.push({ topic, partition });
  }
  const canLead = (id: PartitionId): boolean => {
    const isLive = (broker: number): boolean => state.isReplicaLive(broker, id.topic, id.partition);
    return choosePreferred(state.assignmentOf(id)!.replicas, state.stateOf(id)!, isLive) !== null;
  };
  return [...byPreferred.values()].flatMap(({ count, elsewhere }) =>
    elsewhere.length / count > percentage / 100 ? elsewhere.filter(canLead) : [],
  );
}

/** Hands leadership back where it has gone astray (KafkaController.checkAndTriggerAutoLeaderRebalance). */
export async function rebalanceLeaders(controller: ActiveController, percentage: number): Promise<void> {
  const partitions = imbalancedPartitions(controller.state, percentage);
  if (partitions.length > 0) await electPreferred(controller, partitions, 'AutoTriggered');
}

/**
 * Somebody has left a list in `/admin/preferred_replica_election`, as tools before 2.4 do: its partitions are handed
 * back, then the node goes, which the tools wait for. Looks for the node, and so watches for the next one.
 */
export async function onPreferredElectionRequested(controller: ActiveController): Promise<void> {
  const { state, store, logger } = controller;
  while (await store.isPreferredReplicaElectionRequested()) {
    const partitions = await store.getPreferredReplicaElection().catch((error) => {
      if (!(error instanceof ZNodeFormatError)) throw error;
      logger.warn(`Ignoring the elections that are asked for in ZooKeeper: ${error.message}`);
      return [];
    });
    await electPreferred(controller, partitions ?? [], 'ZkTriggered');
    await store.deletePreferredReplicaElection(state.epochVersion);
  }
}

async function electPreferred(
  controller: ActiveController,
  partitions: readonly PartitionId[],
  trigger: 'AutoTriggered' | 'ZkTriggered',
): Promise<void> {
  const { logger } = controller;
  const names = partitions.map(({ topic, partition }) => partitionKey(topic, partition));
  logger.info(`Starting replica leader election (PREFERRED) for partitions ${names} triggered by ${trigger}`);
  for (const outcome of await electOnRequest(controller, partitions, 'preferred')) {
    const name = partitionKey(outcome.topic, outcome.partition);
    if ('leader' in outcome) {
      logger.info(`Partition ${name} completed preferred replica leader election. New leader is ${outcome.leader}`);
    } else if (outcome.error.error === 'PREFERRED_LEADER_NOT_AVAILABLE') {
      logger.error(`Error completing replica leader election (PREFERRED) for partition ${name}`);
    } else if (outcome.error.error !== 'ELECTION_NOT_NEEDED') {
      logger.info(`Skipping replica leader election (PREFERRED) for partition ${name}: ${outcome.error.message}`);
    }
  }
}
