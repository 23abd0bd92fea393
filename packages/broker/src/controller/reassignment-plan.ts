import { KafkaError } from '@odradek/protocol/errors';
import { scalaBuffer, scalaSet } from './scala-text';
import type { ControllerState, ReplicaAssignment } from './state';

/** What the assignment of a partition that nobody has heard of is taken for. */
export const UNASSIGNED: ReplicaAssignment = { replicas: [], addingReplicas: [], removingReplicas: [] };

const without = (replicas: readonly number[], others: readonly number[]): number[] =>
  replicas.filter((id) => !others.includes(id));

/** Whether the partition's replicas are on the move (KIP-455). */
export function isBeingReassigned({ addingReplicas, removingReplicas }: ReplicaAssignment): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0;
}

/** Whether any partition of the topic is on the move: until it has arrived, the topic cannot be deleted. */
export function isTopicBeingReassigned(state: ControllerState, topic: string): boolean {
  for (const { assignment } of state.partitionsOf(topic)) if (isBeingReassigned(assignment)) return true;
  return false;
}

/** The replicas as they were before the move: what a cancellation goes back to. */
export function originReplicas({ replicas, addingReplicas }: ReplicaAssignment): number[] {
  return without(replicas, addingReplicas);
}

/** The replicas that are to be when the move is over. */
export function targetReplicas({ replicas, removingReplicas }: ReplicaAssignment): number[] {
  return without(replicas, removingReplicas);
}

/**
 * The assignment on the way to `target`, from where the partition was before any move: the target's replicas, then those
 * that leave once all of the target are in sync. Started, overridden and cancelled (`target` = origin) alike
 * (ReplicaAssignment.reassignTo).
 */
export function reassignTo(current: ReplicaAssignment, target: readonly number[]): ReplicaAssignment {
  const origin = originReplicas(current);
  const replicas = [...new Set([...target, ...origin])];
  return { replicas, addingReplicas: without(replicas, origin), removingReplicas: without(replicas, target) };
}

/** The assignment once the move is over. */
export function completed(current: ReplicaAssignment): ReplicaAssignment {
  return { replicas: targetReplicas(current), addingReplicas: [], removingReplicas: [] };
}

/** Whether nothing more has to be waited for: nothing moves, or all replicas of the target are in sync. */
export function isComplete(assignment: ReplicaAssignment, isr: readonly number[] | undefined): boolean {
  if (!isBeingReassigned(assignment)) return true;
  return isr !== undefined && targetReplicas(assignment).every((id) => isr.includes(id));
}

/**
 * Whether none of those that are in sync would be left: an added replica may be the last one that has everything by now,
 * and a cancellation or another target would have it deleted. KRaft's controller refuses that; Apache's with ZooKeeper
 * does it, and the records are gone.
 */
export function leavesNobodyInSync({ replicas }: ReplicaAssignment, isr: readonly number[]): boolean {
  return isr.length > 0 && !isr.some((id) => replicas.includes(id));
}

export function isSameAssignment(one: ReplicaAssignment, other: ReplicaAssignment): boolean {
  const isSame = (a: readonly number[], b: readonly number[]): boolean =>
    a.length === b.length && a.every((id, index) => id === b[index]);
  return (
    isSame(one.replicas, other.replicas) &&
    isSame(one.addingReplicas, other.addingReplicas) &&
    isSame(one.removingReplicas, other.removingReplicas)
  );
}

/**
 * The assignment that a request leads to; null `target` cancels. Throws `KafkaError`: INVALID_REPLICA_ASSIGNMENT with
 * Kafka's text, or NO_REASSIGNMENT_IN_PROGRESS where there is nothing to cancel.
 */
export function planRequest(
  current: ReplicaAssignment,
  target: readonly number[] | null,
  liveBrokers: readonly number[],
): ReplicaAssignment {
  if (target === null) {
    if (!isBeingReassigned(current)) throw new KafkaError('NO_REASSIGNMENT_IN_PROGRESS');
    return reassignTo(current, originReplicas(current));
  }
  checkTarget(current, target, liveBrokers);
  return reassignTo(current, target);
}

function checkTarget(current: ReplicaAssignment, target: readonly number[], liveBrokers: readonly number[]): void {
  const invalid = (why: string): never => {
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', why);
  };
  if (target.length === 0) invalid('Empty replica list specified in partition reassignment.');
  if (new Set(target).size !== target.length) {
    invalid(`Duplicate replica ids in partition reassignment replica list: ${scalaBuffer(target)}`);
  }
  if (target.some((id) => id < 0)) invalid(`Invalid broker id in replica list: ${scalaBuffer(target)}`);
  const { addingReplicas } = reassignTo(current, target);
  if (addingReplicas.every((id) => liveBrokers.includes(id))) return;
  invalid(
    `Replica assignment has brokers that are not alive. Replica list: ${scalaBuffer(addingReplicas)}, live broker list: ${scalaSet(liveBrokers)}`,
  );
}
