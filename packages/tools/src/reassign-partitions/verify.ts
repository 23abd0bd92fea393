import type { Admin } from '../client/admin';
import { execute, executionError } from '../client/futures';
import { partitionText } from '../client/partitions';
import { listReassignments } from '../client/reassignments';
import { printJson } from '../json-output';
import { type Outs, println } from '../print';
import type { StatusLine } from '../status-line';
import { ServerError, ToolError } from '../tool-error';
import { describeTopics, type TopicReplicas } from './cluster';
import { findMoves, type LogDirMove, moveText } from './log-dir-moves';
import { type Assignment, compareTopicPartitions, parsePlan } from './plan';
import { clearThrottles } from './throttles';

/** A partition beside what a plan wants of it. */
export interface PartitionState extends Assignment {
  readonly target: readonly number[];
  /** False while it is being moved, whereto ever. */
  readonly done: boolean;
}

/** What `--verify` says of a partition. */
export function stateText({ topic, partition, replicas, target, done }: PartitionState): string {
  const name = partitionText({ topic, partition });
  if (!done) return `Reassignment of partition ${name} is still in progress.`;
  if (replicas.join() === target.join()) return `Reassignment of partition ${name} is completed.`;
  const difference = `replica set is ${replicas.join(',')} rather than ${target.join(',')}`;
  return `There is no active reassignment of partition ${name}, but ${difference}.`;
}

function replicasIn(topic: TopicReplicas, partition: number): readonly number[] {
  if (topic instanceof ServerError) {
    if (topic.error === 'UNKNOWN_TOPIC_OR_PARTITION') return [];
    throw executionError(topic);
  }
  // Java's tool takes the first partition that is not there for one that is, and fails.
  if (partition > topic.length) return [];
  const replicas = topic[partition];
  if (replicas) return replicas;
  const message = `Index ${partition} out of bounds for length ${topic.length}`;
  throw new ToolError('java.lang.IndexOutOfBoundsException', message);
}

async function findStates(
  admin: Admin,
  targets: readonly Assignment[],
): Promise<{ readonly states: PartitionState[]; readonly isAnyMoving: boolean }> {
  const reassignments = await execute(admin, 'listPartitionReassignments', (call) =>
    listReassignments(admin, call, null),
  );
  const settled = targets.filter((each) => !reassignments.has(partitionText(each)));
  const topics = await describeTopics(
    admin,
    settled.map(({ topic }) => topic),
  );
  const states = new Map<string, PartitionState>();
  for (const { topic, partition, replicas: target } of targets) {
    const name = partitionText({ topic, partition });
    const reassignment = reassignments.get(name);
    const replicas = reassignment?.replicas ?? replicasIn(topics.get(topic)!, partition);
    states.set(name, { topic, partition, replicas, target, done: !reassignment });
  }
  return { states: [...states.values()].sort(compareTopicPartitions), isAnyMoving: reassignments.size > 0 };
}

const stateWord = ({ done, replicas, target }: PartitionState): string => {
  if (!done) return 'inProgress';
  return replicas.join() === target.join() ? 'completed' : 'notActive';
};

function documentOf(states: readonly PartitionState[], moves: readonly LogDirMove[]) {
  return {
    partitions: states.map((each) => ({
      topic: each.topic,
      partition: each.partition,
      state: stateWord(each),
      replicas: each.replicas,
      targetReplicas: each.target,
    })),
    logDirMoves: moves.map(({ topic, partition, broker, state, current, future, logDir }) => ({
      topic,
      partition,
      broker,
      state: state === 'elsewhere' ? 'inProgress' : state,
      logDir: current ?? null,
      futureLogDir: future ?? null,
      targetLogDir: logDir,
    })),
  };
}

const isMoving = ({ state }: LogDirMove): boolean => state === 'inProgress' || state === 'elsewhere';

/**
 * `--verify`: tells how far a plan is, and once nothing is moved any more takes the throttles away (verifyAssignment).
 * Returns whether everything is where the plan wants it.
 */
export async function verifyPlan(
  admin: Admin,
  json: string,
  { preserveThrottles, asJson }: { readonly preserveThrottles: boolean; readonly asJson: boolean },
  outs: Outs,
): Promise<boolean> {
  const { partitions, logDirs } = parsePlan(json);
  const { states, isAnyMoving } = await findStates(admin, partitions);
  if (!asJson) println(outs.stdout, ['Status of partition reassignment:', ...states.map(stateText)].join('\n'));
  const moves = await findMoves(admin, logDirs);
  if (asJson) printJson(outs, documentOf(states, moves));
  else println(outs.stdout, moves.map(moveText).join('\n'));
  if (!isAnyMoving && !moves.some(isMoving) && !preserveThrottles) {
    await clearThrottles(admin, partitions, asJson ? outs.stderr : outs.stdout);
  }
  return states.every((each) => stateWord(each) === 'completed') && moves.every(({ state }) => state === 'completed');
}

/** How far a plan is, in one line. */
function progressOf(states: readonly PartitionState[], moves: readonly LogDirMove[]): string {
  const partitions = `${states.filter(({ done }) => done).length} of ${states.length} partitions`;
  if (moves.length === 0) return `${partitions} done`;
  return `${partitions} and ${moves.filter((move) => !isMoving(move)).length} of ${moves.length} log dirs done`;
}

/**
 * `--verify --wait`: returns once nothing of a plan is moved any more, and what it comes to is to be told. The first look
 * may fail; later a failure is told, and the next look waited for.
 */
export async function awaitPlan(
  admin: Admin,
  json: string,
  status: StatusLine,
  pause: () => Promise<void>,
): Promise<void> {
  const { partitions, logDirs } = parsePlan(json);
  for (let isFirst = true; ; isFirst = false) {
    try {
      const { states } = await findStates(admin, partitions);
      const moves = await findMoves(admin, logDirs);
      if (states.every(({ done }) => done) && !moves.some(isMoving)) return;
      status.show(() => progressOf(states, moves));
    } catch (thrown) {
      if (isFirst || !(thrown instanceof ToolError)) throw thrown;
      println(status.outs.stderr, `Error: ${thrown.message}`);
    }
    await pause();
  }
}
