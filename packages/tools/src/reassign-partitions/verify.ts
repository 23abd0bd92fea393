import type { Admin } from '../client/admin';
import { execute, executionError } from '../client/futures';
import { partitionText } from '../client/partitions';
import { listReassignments } from '../client/reassignments';
import { printJson } from '../json-output';
import { type Io, println } from '../print';
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

/** `--verify`: tells how far a plan is, and once nothing is moved any more takes the throttles away (verifyAssignment). */
export async function verifyPlan(
  admin: Admin,
  json: string,
  { preserveThrottles, asJson }: { readonly preserveThrottles: boolean; readonly asJson: boolean },
  io: Io,
): Promise<void> {
  const { partitions, logDirs } = parsePlan(json);
  const { states, isAnyMoving } = await findStates(admin, partitions);
  if (!asJson) println(io.stdout, ['Status of partition reassignment:', ...states.map(stateText)].join('\n'));
  const moves = await findMoves(admin, logDirs);
  if (asJson) printJson(io, documentOf(states, moves));
  else println(io.stdout, moves.map(moveText).join('\n'));
  const isActive = moves.some(({ state }) => state === 'inProgress' || state === 'elsewhere');
  if (!isAnyMoving && !isActive && !preserveThrottles) {
    await clearThrottles(admin, partitions, asJson ? io.stderr : io.stdout);
  }
}
