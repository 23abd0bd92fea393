import type { Admin } from '../client/admin';
import { execute } from '../client/futures';
import { partitionText } from '../client/partitions';
import { alterReassignments, listReassignments } from '../client/reassignments';
import { TerseError } from '../failures';
import { type Out, println } from '../print';
import { commandFailed, type ToolError } from '../tool-error';
import { assignmentsOfPartitions, liveBrokers } from './cluster';
import { startMoves } from './log-dir-moves';
import { brokersOf, compareTopicPartitions, parseExecutablePlan, planJson } from './plan';
import { movesOf, plural, setLogDirThrottle, setReplicationThrottle } from './throttles';

const EXISTING =
  'Cannot execute because there is an existing partition assignment.  Use --additional to override this and create a new ' +
  'partition assignment in addition to the existing one. The --additional flag can also be used to change the throttle by ' +
  'resubmitting the current reassignment.';
const VERIFY_LATER =
  'Warning: You must run --verify periodically, until the reassignment completes, to ensure the throttle is removed.';

export interface Execution {
  /** Other reassignments may go on meanwhile. */
  readonly additional: boolean;
  /** Bytes a second; negative: no throttle. */
  readonly throttle: number;
  readonly logDirsThrottle: number;
  /** How long to wait for replicas that shall be moved into a log dir. */
  readonly timeoutMs: number;
}

/** One line for each partition that failed. */
export const failureLines = (failed: ReadonlyMap<string, ToolError>, partitions: readonly string[]): string =>
  partitions.flatMap((name) => (failed.has(name) ? [`${name}: ${failed.get(name)!.message}`] : [])).join('\n');

/** `--execute`: begins what a plan asks for (executeAssignment). Throws `ToolError` or `TerseError`. */
export async function executePlan(admin: Admin, json: string, execution: Execution, out: Out): Promise<void> {
  const { partitions, logDirs } = parseExecutablePlan(json);
  const reassignments = await execute(admin, 'listPartitionReassignments', (call) =>
    listReassignments(admin, call, null),
  );
  if (!execution.additional && reassignments.size > 0) throw new TerseError(EXISTING);
  const live = await liveBrokers(admin);
  const unknown = brokersOf(partitions).find((id) => !live.includes(id));
  if (unknown !== undefined) throw commandFailed(`Unknown broker id ${unknown}`);
  const current = await assignmentsOfPartitions(admin, partitions);
  println(out, `Current partition replica assignment\n\n${planJson(current)}\n`);
  println(out, 'Save this to use as the --reassignment-json-file option during rollback');

  const { throttle, logDirsThrottle } = execution;
  if (throttle >= 0 || logDirsThrottle >= 0) println(out, VERIFY_LATER);
  if (throttle >= 0) {
    await setReplicationThrottle(admin, movesOf(reassignments.values(), partitions, current), throttle, out);
  }
  if (logDirsThrottle >= 0) await setLogDirThrottle(admin, logDirs, logDirsThrottle, out);

  const failed = await alterReassignments(admin, partitions);
  const names = [...partitions].sort(compareTopicPartitions).map(partitionText);
  if (failed.size > 0) throw new TerseError(`Error reassigning partition(s):\n${failureLines(failed, names)}`);
  println(out, `Successfully started partition reassignment${plural(names)} for ${names.join(',')}`);
  if (logDirs.length > 0) await startMoves(admin, logDirs, execution.timeoutMs, out);
}
