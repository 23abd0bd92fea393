import { KafkaError } from '@odradek/protocol/errors';
import { ControllerMovedError } from '../zookeeper/store';
import type { ActiveController } from './active';
import { resumeDeletions } from './deletion';
import { chooseForReassignment, withNextEpoch, withoutReplica } from './leader-choice';
import { electLeaders } from './partitions';
import {
  completed,
  isBeingReassigned,
  isComplete,
  isSameAssignment,
  leavesNobodyInSync,
  originReplicas,
  planRequest,
  reassignTo,
  targetReplicas,
  UNASSIGNED,
} from './reassignment-plan';
import { dropReassignmentRequests, readReassignmentRequests } from './reassignment-requests';
import { RequestBatch } from './requests';
import { type PartitionId, partitionKey, type ReplicaAssignment } from './state';
import { refreshStates, rewriteStates } from './state-writes';

/** A partition on the way to an assignment. The letters below are the steps of KafkaController.onPartitionReassignment. */
export interface Move extends PartitionId {
  readonly assignment: ReplicaAssignment;
}

/** What AlterPartitionReassignments asks for; null replicas cancel. */
export type Target = PartitionId & { readonly replicas: readonly number[] | null };

/** What became of one partition of a request: null where its move has begun, or is over already. */
export type ReassignmentOutcome = PartitionId & { readonly error: KafkaError | null };

// One for all partitions: a request may name hundreds of thousands.
const UNKNOWN = new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', 'The partition does not exist.');
const FAILED = new KafkaError('UNKNOWN_SERVER_ERROR');

const keyOf = ({ topic, partition }: PartitionId): string => partitionKey(topic, partition);

/** Carries out a request (processApiPartitionReassignment). */
export async function reassignOnRequest(
  controller: ActiveController,
  targets: readonly Target[],
): Promise<ReassignmentOutcome[]> {
  const { state } = controller;
  const live = [...state.brokers.keys()].filter((id) => !state.shuttingDown.has(id));
  const outcomes: ReassignmentOutcome[] = [];
  const moves: Move[] = [];
  for (const { topic, partition, replicas } of targets) {
    const id = { topic, partition };
    try {
      moves.push({ ...id, assignment: planRequest(state.assignmentOf(id) ?? UNASSIGNED, replicas, live) });
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      outcomes.push({ ...id, error });
    }
  }
  const asked = new Set(moves.map(keyOf));
  // The latest request takes precedence, whichever way it came.
  if (moves.length > 0) await dropReassignmentRequests(controller, (id) => asked.has(keyOf(id)));
  return [...outcomes, ...(await startMoves(controller, moves))];
}

/** Starts moves of partitions that exist and are to stay (maybeTriggerPartitionReassignment). */
export async function startMoves(controller: ActiveController, moves: readonly Move[]): Promise<ReassignmentOutcome[]> {
  const { state, logger } = controller;
  const canMove = (move: Move): boolean => {
    const isDoomed = state.isBeingDeleted(move.topic);
    if (isDoomed) logger.info(`Skipping reassignment of ${keyOf(move)} since the topic is currently being deleted`);
    return !isDoomed && state.assignmentOf(move) !== undefined;
  };
  const movable = moves.filter(canMove);
  const losses = await lossesBy(controller, movable);
  const begun = new Set(
    (
      await advance(
        controller,
        movable.filter((move) => !losses.has(keyOf(move))),
      )
    ).map(keyOf),
  );
  const possible = new Set(movable.map(keyOf));
  return moves.map(({ topic, partition }) => {
    const key = partitionKey(topic, partition);
    if (begun.has(key)) return { topic, partition, error: null };
    return { topic, partition, error: losses.get(key) ?? (possible.has(key) ? FAILED : UNKNOWN) };
  });
}

/** What is not done because acknowledged records would be lost by it; whoever allows unclean elections allows that. */
async function lossesBy(controller: ActiveController, moves: readonly Move[]): Promise<Map<string, KafkaError>> {
  const { state } = controller;
  const losses = new Map<string, KafkaError>();
  // Only who changes the course of a move that has begun takes replicas away before others have everything.
  const changing = moves.filter((move) => isBeingReassigned(state.assignmentOf(move)!));
  await refreshStates(controller, changing);
  for (const move of changing) {
    const isr = state.stateOf(move)?.isr ?? [];
    if (!leavesNobodyInSync(move.assignment, isr) || controller.uncleanElectionEnabled(move.topic)) continue;
    const why = `Unable to change the assignment of ${keyOf(move)} to [${move.assignment.replicas}]: only brokers [${isr}] have all of its records. Let another replica catch up first, or allow unclean leader election for the topic.`;
    losses.set(keyOf(move), new KafkaError('INVALID_REPLICA_ASSIGNMENT', why));
  }
  return losses;
}

/**
 * Somebody has left a request in `/admin/reassign_partitions`, as tools before 3.0 do; what cannot be done is taken out
 * of it at once. Reads, and so watches, the node.
 */
export async function onReassignmentsRequested(controller: ActiveController): Promise<void> {
  const { state, logger } = controller;
  const moves = (await readReassignmentRequests(controller)).map(({ topic, partition, replicas }) => ({
    topic,
    partition,
    assignment: reassignTo(state.assignmentOf({ topic, partition }) ?? UNASSIGNED, replicas),
  }));
  const outcomes = await startMoves(controller, moves);
  const failed = outcomes.flatMap((outcome) => (outcome.error ? [`${keyOf(outcome)}: ${outcome.error.message}`] : []));
  if (failed.length === 0) return;
  logger.warn(`Failed reassignment through zk with the following errors: ${failed.join(', ')}`);
  const refused = new Set(outcomes.filter(({ error }) => error !== null).map(keyOf));
  await dropReassignmentRequests(controller, (id) => refused.has(keyOf(id)));
}

/** In-sync sets have changed: moves that have waited for it are completed. */
export async function onIsrChanged(controller: ActiveController, partitions: Iterable<PartitionId>): Promise<void> {
  const { state, logger } = controller;
  const complete: Move[] = [];
  for (const { topic, partition } of partitions) {
    const assignment = state.assignmentOf({ topic, partition });
    if (!assignment || !isBeingReassigned(assignment)) continue;
    if (!isComplete(assignment, state.stateOf({ topic, partition })?.isr)) continue;
    logger.info(
      `Target replicas [${targetReplicas(assignment)}] have all caught up with the leader for reassigning partition ${partitionKey(topic, partition)}`,
    );
    complete.push({ topic, partition, assignment });
  }
  await advance(controller, complete);
}

/** Goes on with moves that were left half done: by the controller before this one, or for want of a broker. */
export async function resumeMoves(
  controller: ActiveController,
  isWanted: (move: Move) => boolean = () => true,
): Promise<void> {
  const moving = [...controller.state.allPartitions()].filter(({ assignment }) => isBeingReassigned(assignment));
  await advance(controller, moving.filter(isWanted));
}

/** Goes on with the moves that lead to one of these brokers, which have just come (onBrokerStartup). */
export function resumeMovesTo(controller: ActiveController, brokers: ReadonlySet<number>): Promise<void> {
  return resumeMoves(controller, ({ assignment }) => targetReplicas(assignment).some((id) => brokers.has(id)));
}

/** Brings each move as far as it can go now; what is missing, later events bring. Returns those that did not fail. */
async function advance(controller: ActiveController, moves: readonly Move[]): Promise<Move[]> {
  if (moves.length === 0) return [];
  const announced = await announce(controller, moves);
  await refreshStates(controller, announced);
  const complete: Move[] = [];
  const waiting: Move[] = [];
  for (const move of announced) {
    const current = controller.state.stateOf(move);
    if (!current) {
      controller.logger.error(`Cannot move partition ${keyOf(move)}, which has never had a leader`);
    } else if (isComplete(move.assignment, current.isr)) complete.push(move);
    else waiting.push(move);
  }
  return [...(await startReplicas(controller, waiting)), ...(await finish(controller, complete))];
}

/** U1–U3: the assignment is written, then believed; replicas of an overridden move that are not wanted any more go. */
async function announce(controller: ActiveController, moves: readonly Move[]): Promise<Move[]> {
  const { state } = controller;
  const isNews = (move: Move): boolean => !isSameAssignment(move.assignment, state.assignmentOf(move)!);
  const written = await writeAssignments(controller, moves.filter(isNews));
  const unneeded: RemovedReplica[] = [];
  for (const move of written) {
    const before = state.assignmentOf(move)?.replicas ?? [];
    unneeded.push(
      ...removedOf(
        move,
        before.filter((id) => !move.assignment.replicas.includes(id)),
      ),
    );
    believe(controller, move);
  }
  await stopReplicas(controller, unneeded);
  return moves.filter((move) => !isNews(move));
}

/** A1, A2: a new leader epoch makes everybody take the new list of replicas, and those that are added begin to fetch. */
async function startReplicas(controller: ActiveController, moves: readonly Move[]): Promise<Move[]> {
  const { state } = controller;
  const begun = await rewriteStates(controller, moves, (_move, current) => withNextEpoch(current));
  const batch = new RequestBatch();
  for (const move of begun) {
    batch.addLeaderAndIsr(originReplicas(move.assignment), move, false, state);
    // `isNew` lets a broker put the replica on any good log folder, though others of its folders may be offline.
    batch.addLeaderAndIsr(move.assignment.addingReplicas, move, true, state);
  }
  controller.send(batch);
  return begun;
}

/** B1–B8: all of the target are in sync. One of them leads, the others' replicas go, and ZooKeeper shows what is. */
async function finish(controller: ActiveController, moves: readonly Move[]): Promise<Move[]> {
  if (moves.length === 0) return [];
  const { state } = controller;
  const done = moves.map((move) => ({ ...move, assignment: completed(move.assignment) }));
  for (const move of done) believe(controller, move);
  await moveLeaders(controller, done);
  await stopReplicas(
    controller,
    moves.flatMap((move) => removedOf(move, move.assignment.removingReplicas)),
  );
  const written = await writeAssignments(controller, done);
  const assignments = new Map(written.map((move) => [keyOf(move), move.assignment.replicas.join()]));
  await dropReassignmentRequests(controller, (target) => assignments.get(keyOf(target)) === target.replicas.join());
  const batch = new RequestBatch();
  batch.addMetadata(state.brokers.keys(), written);
  controller.send(batch);
  if (written.some(({ topic }) => state.isBeingDeleted(topic))) await resumeDeletions(controller);
  return written;
}

/** B3: who leads must be of the target and live; a leader that is both takes the new list of replicas. */
async function moveLeaders(controller: ActiveController, moves: readonly Move[]): Promise<void> {
  const { state, logger } = controller;
  const staying: Move[] = [];
  const leaving: Move[] = [];
  for (const move of moves) {
    const leader = state.stateOf(move)?.leader ?? -1;
    const { replicas } = move.assignment;
    const stays = replicas.includes(leader) && state.isReplicaLive(leader, move.topic, move.partition);
    (stays ? staying : leaving).push(move);
    const what = replicas.includes(leader)
      ? 'is already in the new list of replicas'
      : 'is not in the new list of replicas';
    const then = stays ? ' and is alive' : '. Re-electing leader';
    logger.info(`Leader ${leader} for partition ${keyOf(move)} being reassigned, ${what} [${replicas}]${then}`);
  }
  await electLeaders(controller, leaving, chooseForReassignment);
  const told = await rewriteStates(controller, staying, (_move, current) => withNextEpoch(current));
  const batch = new RequestBatch();
  for (const move of told) batch.addLeaderAndIsr(move.assignment.replicas, move, false, state);
  controller.send(batch);
}

type RemovedReplica = PartitionId & { readonly broker: number };

const removedOf = ({ topic, partition }: PartitionId, brokers: readonly number[]): RemovedReplica[] =>
  brokers.map((broker) => ({ topic, partition, broker }));

/** B4, B5: these replicas are in sync no longer, and their brokers delete them (stopRemovedReplicasOfReassignedPartition). */
async function stopReplicas(controller: ActiveController, removed: readonly RemovedReplica[]): Promise<void> {
  const { state } = controller;
  const dropped = await rewriteStates(controller, removed, ({ broker }, current) =>
    current.isr.includes(broker) ? withoutReplica(current, broker) : null,
  );
  const batch = new RequestBatch();
  for (const replica of dropped) {
    const kept = state.assignmentOf(replica)?.replicas ?? [];
    batch.addLeaderAndIsr(
      kept.filter((id) => id !== replica.broker),
      replica,
      false,
      state,
    );
  }
  for (const { broker, ...id } of removed) {
    batch.addStopReplica(broker, id, true);
    state.offlineReplicas.get(broker)?.delete(keyOf(id));
  }
  controller.send(batch);
}

/** U1, B6: each topic's node is written once. Returns those whose topic could be written. */
async function writeAssignments(controller: ActiveController, moves: readonly Move[]): Promise<Move[]> {
  const { state, store, logger } = controller;
  const topics = new Map<string, Move[]>();
  for (const move of moves) topics.set(move.topic, [...(topics.get(move.topic) ?? []), move]);
  const written = await Promise.allSettled(
    [...topics].map(async ([topic, ofTopic]) => {
      const changed = new Map(ofTopic.map(({ partition, assignment }) => [partition, assignment]));
      await store.reassignments.setAssignments(topic, state.topics.get(topic)!.topicId, changed, state.epochVersion);
      return ofTopic;
    }),
  );
  return written.flatMap((result) => {
    if (result.status === 'fulfilled') return result.value;
    if (result.reason instanceof ControllerMovedError) throw result.reason;
    logger.error(`An assignment could not be written: ${result.reason.message}`, { error: result.reason });
    return [];
  });
}

/** U2, B2. */
function believe({ state }: ActiveController, { topic, partition, assignment }: Move): void {
  state.topics.get(topic)?.partitions.set(partition, assignment);
}
