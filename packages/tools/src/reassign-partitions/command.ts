import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { sleep } from '../client/client';
import { execute } from '../client/futures';
import { partitionText } from '../client/partitions';
import { listReassignments, type Reassignment } from '../client/reassignments';
import { TerseError } from '../failures';
import { printJson } from '../json-output';
import { type Io, println, signalExitCode } from '../print';
import { StatusLine } from '../status-line';
import { readTextFile } from '../text-file';
import { Exit, ToolError } from '../tool-error';
import { type Action, parseReassignArguments, type ReassignOptions } from './arguments';
import { cancelPlan } from './cancel';
import { executePlan } from './execute';
import { generatePlan } from './generate';
import { compareTopicPartitions } from './plan';
import { awaitPlan, verifyPlan } from './verify';

const WAIT_INTERVAL_MS = 1_000;

/** A line of `--list`. */
export function reassignmentText({
  topic,
  partition,
  replicas,
  addingReplicas,
  removingReplicas,
}: Reassignment): string {
  const adding = addingReplicas.length > 0 ? ` adding: ${addingReplicas.join(',')}.` : '';
  const removing = removingReplicas.length > 0 ? ` removing: ${removingReplicas.join(',')}.` : '';
  return `${partitionText({ topic, partition })}: replicas: ${replicas.join(',')}.${adding}${removing}`;
}

async function list(admin: Admin, asJson: boolean, io: Io): Promise<void> {
  const active = await execute(admin, 'listPartitionReassignments', (call) => listReassignments(admin, call, null));
  const reassignments = [...active.values()].sort(compareTopicPartitions);
  if (asJson) printJson(io, { reassignments: reassignments.map((each) => ({ ...each })) });
  else if (reassignments.length === 0) println(io.stdout, 'No partition reassignments found.');
  else println(io.stdout, ['Current partition reassignments:', ...reassignments.map(reassignmentText)].join('\n'));
}

/** Waits, and then tells what a plan came to. Returns the exit code. An interrupt ends the waiting, and nothing else. */
async function waitAndVerify(
  admin: Admin,
  plan: string,
  choice: { readonly preserveThrottles: boolean; readonly asJson: boolean },
  io: Io,
): Promise<number> {
  const status = new StatusLine(io);
  const interrupted = new Promise<number>((resolve) => io.onInterrupt((signal) => resolve(signalExitCode(signal))));
  const done = awaitPlan(admin, plan, status, () => sleep(WAIT_INTERVAL_MS)).then(() => undefined);
  const code = await Promise.race([done, interrupted]);
  status.clear();
  if (code !== undefined) return code;
  return (await verifyPlan(admin, plan, choice, io)) ? 0 : 1;
}

/** Returns the exit code. */
async function act(admin: Admin, action: Action, options: ReassignOptions, io: Io): Promise<number> {
  const asJson = options.has('json');
  const planFile = (): string => readTextFile(options.valueOf('reassignment-json-file')!);
  switch (action) {
    case 'verify': {
      const choice = { preserveThrottles: options.has('preserve-throttles'), asJson };
      if (options.has('wait')) return waitAndVerify(admin, planFile(), choice, io);
      await verifyPlan(admin, planFile(), choice, io);
      return 0;
    }
    case 'generate': {
      const topics = readTextFile(options.valueOf('topics-to-move-json-file')!);
      const rackAware = !options.has('disable-rack-aware');
      await generatePlan(admin, topics, options.valueOf('broker-list')!, { rackAware, asJson }, io);
      return 0;
    }
    case 'execute': {
      const plan = planFile();
      const execution = {
        additional: options.has('additional'),
        throttle: options.valueOf('throttle')!,
        logDirsThrottle: options.valueOf('replica-alter-log-dirs-throttle')!,
        timeoutMs: options.valueOf('timeout')!,
      };
      await executePlan(admin, plan, execution, io.stdout);
      return 0;
    }
    case 'cancel': {
      const plan = planFile();
      const preserveThrottles = options.has('preserve-throttles');
      await cancelPlan(admin, plan, { preserveThrottles, timeoutMs: options.valueOf('timeout')! }, io.stdout);
      return 0;
    }
    case 'list':
      await list(admin, asJson, io);
      return 0;
  }
}

/** kafka-reassign-partitions (org.apache.kafka.tools.reassign.ReassignPartitionsCommand). Its failures are told on stdout. */
export async function reassignPartitions(argv: readonly string[], io: Io): Promise<number> {
  const { action, options } = parseReassignArguments(argv, io);
  const out = options.has('json') ? io.stderr : io.stdout;
  let admin: Admin | undefined;
  try {
    const properties = commandProperties(options.valueOf('command-config'));
    if (!properties.has('client.id')) properties.set('client.id', 'reassign-partitions-tool');
    admin = await createAdmin(properties, options.valueOf('bootstrap-server')!, io);
    return await act(admin, action, options, io);
  } catch (thrown) {
    if (thrown instanceof TerseError) println(out, thrown.message);
    else if (!(thrown instanceof ToolError) || thrown instanceof Exit) throw thrown;
    else println(out, `Error: ${thrown.message}\n${thrown.toString()}\n`);
    return 1;
  } finally {
    admin?.close();
  }
}
