import type { Admin } from '../client/admin';
import { sleep } from '../client/client';
import { executionError, get } from '../client/futures';
import { alterReplicaLogDirs, describeReplicaLogDirs, type ReplicaDirs, replicaText } from '../client/replica-log-dirs';
import { TerseError } from '../failures';
import { hashMapOrder, stringHash } from '../java-order';
import { type Out, println } from '../print';
import { commandFailed, ServerError } from '../tool-error';
import { compareReplicas, type LogDirTarget } from './plan';
import { plural } from './throttles';

const RETRY_MS = 100;

/**
 * How far a replica is on its way to another log dir: it is `completed`, `inProgress` (to where it shall, or `elsewhere`),
 * `notActive` while it lies where it should not, or `missing` from every log dir that is online.
 */
export type MoveState = 'completed' | 'inProgress' | 'elsewhere' | 'notActive' | 'missing';

export interface LogDirMove extends LogDirTarget, ReplicaDirs {
  readonly state: MoveState;
}

const stateOf = (target: string, { current, future }: ReplicaDirs): MoveState => {
  if (current === undefined) return 'missing';
  if (future !== undefined) return future === target ? 'inProgress' : 'elsewhere';
  return current === target ? 'completed' : 'notActive';
};

/** Looks where replicas lie, sorted by broker (findLogDirMoveStates). */
export async function findMoves(admin: Admin, targets: readonly LogDirTarget[]): Promise<LogDirMove[]> {
  const dirs = await get(describeReplicaLogDirs(admin, targets));
  return [...targets].sort(compareReplicas).map((target) => {
    const found = dirs.get(replicaText(target))!;
    return { ...target, ...found, state: stateOf(target.logDir, found) };
  });
}

/** What `--verify` says of a replica's move. */
export function moveText(move: LogDirMove): string {
  const { topic, partition, broker, logDir, current, future } = move;
  const name = `${topic}-${partition}`;
  switch (move.state) {
    case 'missing': {
      const where = `is not found in any live log dir on broker ${broker}`;
      return `Partition ${name} ${where}. There is likely an offline log directory on the broker.`;
    }
    case 'inProgress':
      return `Reassignment of replica ${replicaText(move)} is still in progress.`;
    case 'elsewhere':
      return `Partition ${name} on broker ${broker} is being moved to log dir ${future} instead of ${logDir}.`;
    case 'notActive':
      return `Partition ${name} on broker ${broker} is not being moved from log dir ${current} to ${logDir}.`;
    case 'completed':
      return `Reassignment of replica ${replicaText(move)} completed successfully.`;
  }
}

/** Java's tool fills a HashMap that is made for as many replicas as there are. */
const inJavaOrder = (targets: readonly LogDirTarget[]): LogDirTarget[] =>
  hashMapOrder(targets, replicaHash, targets.length);

/** org.apache.kafka.common.TopicPartitionReplica.hashCode. */
const replicaHash = ({ topic, partition, broker }: LogDirTarget): number =>
  (Math.imul(31, Math.imul(31, 31 + stringHash(topic)) + partition) + broker) | 0;

/** Tells the brokers once. Returns the replicas that they hold already; the others have yet to come to them. */
async function startOnce(admin: Admin, targets: readonly LogDirTarget[]): Promise<LogDirTarget[]> {
  const failed = await alterReplicaLogDirs(admin, targets);
  return inJavaOrder(targets).filter((target) => {
    const error = failed.get(replicaText(target));
    if (error === undefined) return true;
    if (error instanceof ServerError && error.error === 'REPLICA_NOT_AVAILABLE') return false;
    throw commandFailed(`Failed to alter dir for ${replicaText(target)}`, executionError(error));
  });
}

/** Moves replicas into log dirs, waiting for those that are yet to come to their brokers (executeMoves). */
export async function startMoves(
  admin: Admin,
  targets: readonly LogDirTarget[],
  timeoutMs: number,
  out: Out,
): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  for (let pending = targets; ; ) {
    const started = await startOnce(admin, pending);
    for (const { logDir, topic, partition, broker } of [...started].sort(compareReplicas)) {
      const what = `to ${logDir} for replica ${topic}-${partition} with broker ${broker} `;
      println(out, `Successfully started moving log directory ${what}`);
    }
    pending = pending.filter((target) => !started.includes(target));
    if (pending.length === 0) return;
    if (Date.now() >= endMs) {
      const names = [...pending].sort(compareReplicas).map(replicaText).join(',');
      throw new TerseError(`Timed out before log directory move${plural(pending)} could be started for: ${names}`);
    }
    await sleep(RETRY_MS);
  }
}
