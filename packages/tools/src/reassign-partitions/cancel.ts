import type { Admin } from '../client/admin';
import { execute } from '../client/futures';
import { partitionText, type TopicPartition } from '../client/partitions';
import { alterReassignments, listReassignments, unrepresentable } from '../client/reassignments';
import { TerseError } from '../failures';
import { hashMapOrder, topicPartitionHash } from '../java-order';
import { type Out, println } from '../print';
import { failureLines } from './execute';
import { findMoves, startMoves } from './log-dir-moves';
import { type Assignment, compareTopicPartitions, parsePlan } from './plan';
import { clearThrottles, plural } from './throttles';

/** Those of a plan's partitions whose reassignment can be cancelled. */
async function cancellable(admin: Admin, partitions: readonly Assignment[]): Promise<TopicPartition[]> {
  const wanted = [...new Map(partitions.map((each) => [partitionText(each), each])).values()];
  const ordered = hashMapOrder(wanted, ({ topic, partition }) => topicPartitionHash(topic, partition));
  const active = await execute(admin, 'listPartitionReassignments', async (call) => {
    const problem = ordered.map(unrepresentable).find((each) => each !== undefined);
    if (problem) throw problem;
    return listReassignments(admin, call, ordered);
  });
  return (
    [...active.values()]
      // Sic: what only adds replicas is not cancelled (ReassignPartitionsCommand.cancelAssignment).
      .filter(({ addingReplicas, removingReplicas }) => addingReplicas.length === 0 || removingReplicas.length > 0)
      .sort(compareTopicPartitions)
  );
}

async function cancelReassignments(admin: Admin, partitions: readonly Assignment[], out: Out): Promise<void> {
  const active = await cancellable(admin, partitions);
  if (active.length === 0) {
    println(out, 'None of the specified partition reassignments are active.');
    return;
  }
  const failed = await alterReassignments(
    admin,
    active.map(({ topic, partition }) => ({ topic, partition, replicas: null })),
  );
  const names = active.map(partitionText);
  if (failed.size > 0) {
    const what = `Error cancelling partition reassignment${plural([...failed])} for:`;
    throw new TerseError(`${what}\n${failureLines(failed, names)}`);
  }
  println(out, `Successfully cancelled partition reassignment${plural(names)} for: ${names.join(',')}`);
}

/** `--cancel`: undoes what a plan began (cancelAssignment). Throws `ToolError` or `TerseError`. */
export async function cancelPlan(
  admin: Admin,
  json: string,
  { preserveThrottles, timeoutMs }: { readonly preserveThrottles: boolean; readonly timeoutMs: number },
  out: Out,
): Promise<void> {
  const { partitions, logDirs } = parsePlan(json);
  await cancelReassignments(admin, partitions, out);
  const moves = (await findMoves(admin, logDirs)).filter(
    ({ state }) => state === 'inProgress' || state === 'elsewhere',
  );
  // No line end: so it stands in Kafka's tool.
  if (moves.length === 0) out.write('None of the specified partition moves are active.');
  // To move a replica to where it lies is to stop moving it.
  else
    await startMoves(
      admin,
      moves.map((move) => ({ ...move, logDir: move.current! })),
      timeoutMs,
      out,
    );
  if (!preserveThrottles) await clearThrottles(admin, partitions, out);
}
