import { readFileSync } from 'node:fs';
import { executionError } from '../client/futures';
import type { CommittedOffset } from '../client/group/offsets';
import { partitionText, type TopicPartition } from '../client/partitions';
import { fileError } from '../client/properties';
import { EARLIEST, LATEST } from '../offsets/list-offsets';
import { type Io, logTo, println } from '../print';
import { illegalArgument, runtimeException, ToolError } from '../tool-error';
import { type GroupsArguments, RESET_SCENARIOS } from './arguments';
import {
  allGroups,
  type Clients,
  committedOffsets,
  inGroupOrder,
  inPartitionOrder,
  logOffsets,
  wrapped,
} from './collect';
import { row } from './columns';
import { planCsv, readPlan } from './plan-csv';
import { dateTimeMs, durationMs } from './times';
import { namedPartitions, parseTopicArguments, partitionsOf } from './topic-arguments';

const COMMAND = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand';
const WIDTHS = [30, 30, 10, 15];
const NO_OFFSET = -1;

type Plan = readonly CommittedOffset[];

/** `--reset-offsets`: works out where each group is to go on, says so, and with --execute makes it so. */
export async function runReset(clients: Clients, args: GroupsArguments, io: Io): Promise<void> {
  const { options } = args;
  const groupIds = options.has('all-groups') ? await allGroups(clients) : options.valuesOf('group');
  const described = await clients.groups.describeGroups(groupIds);
  const plans: { groupId: string; plan: Plan }[] = [];
  for (const groupId of inGroupOrder([...described.keys()])) {
    const group = described.get(groupId)!;
    if (group instanceof ToolError) throw runtimeException(executionError(group));
    if (group.state === 'Empty' || group.state === 'Dead') {
      plans.push({ groupId, plan: await new GroupReset(clients, args, io, groupId).run() });
      continue;
    }
    println(
      io.stdout,
      `\nError: Assignments can only be reset if the group '${groupId}' is inactive, but the current state is ${group.state}.`,
    );
    plans.push({ groupId, plan: [] });
  }
  if (options.has('export')) println(io.stdout, planCsv(plans, options.valuesOf('group').length === 1));
  else printPlans(plans, io);
}

/** The header begins with its line break; rows have none between them: so Kafka 3.9 prints them. */
function printPlans(plans: readonly { groupId: string; plan: Plan }[], io: Io): void {
  if (plans.length > 0) io.stdout.write(`\n${row(['GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET'], WIDTHS)}`);
  for (const { groupId, plan } of plans) {
    for (const { topic, partition, offset } of plan) io.stdout.write(row([groupId, topic, partition, offset], WIDTHS));
  }
}

/** The reset of one group. */
class GroupReset {
  constructor(
    private readonly clients: Clients,
    private readonly args: GroupsArguments,
    private readonly io: Io,
    private readonly groupId: string,
  ) {}

  async run(): Promise<Plan> {
    const { options } = this.args;
    const plan = inPartitionOrder(await this.plan(await this.scope()));
    if (options.has('execute') && !options.has('dry-run')) {
      await wrapped(this.clients.groups.alterOffsets(this.groupId, plan));
    }
    return plan;
  }

  /** The partitions that are to be reset. */
  private async scope(): Promise<TopicPartition[]> {
    const { options, usage } = this.args;
    if (options.has('all-topics')) return committedOffsets(this.clients, this.groupId);
    if (options.has('topic')) return this.namedTopics(options.valuesOf('topic'));
    if (!options.has('from-file')) usage.fail('One of the reset scopes should be defined: --all-topics, --topic.');
    return [];
  }

  private async namedTopics(texts: readonly string[]): Promise<TopicPartition[]> {
    const { withPartitions, whole } = parseTopicArguments(texts);
    const named = withPartitions.flatMap(namedPartitions);
    const found = (await partitionsOf(this.clients, whole)).flatMap(({ result }) => {
      if (result instanceof ToolError) throw runtimeException(result);
      return result;
    });
    const all = [...named, ...found];
    const distinct = new Set(all.map(partitionText));
    const twice = all.find((each) => !distinct.delete(partitionText(each)));
    if (twice) throw duplicateKey(twice, this.args.options.valueOf('to-offset'));
    return all;
  }

  private async plan(partitions: readonly TopicPartition[]): Promise<Plan> {
    const { options, usage } = this.args;
    const { clients } = this;
    if (options.has('to-offset')) {
      const offset = options.valueOf('to-offset')!;
      return this.withinLog(partitions.map(({ topic, partition }) => ({ topic, partition, offset })));
    }
    if (options.has('to-earliest')) return at(partitions, await logOffsets(clients, partitions, EARLIEST));
    if (options.has('to-latest')) return at(partitions, await logOffsets(clients, partitions, LATEST));
    if (options.has('shift-by')) return this.shifted(partitions, options.valueOf('shift-by')!);
    if (options.has('to-datetime')) {
      return this.atTime(
        partitions,
        orWrapped(() => dateTimeMs(options.valueOf('to-datetime')!)),
      );
    }
    if (options.has('by-duration')) {
      return this.atTime(partitions, Date.now() - durationMs(options.valueOf('by-duration')!));
    }
    if (options.has('from-file')) return this.fromFile(options.valueOf('from-file')!);
    if (options.has('to-current')) return this.atCurrent(partitions);
    const scenarios = RESET_SCENARIOS.map((name) => `[${name}]`).join(', ');
    return usage.fail(`Option '[reset-offsets]' requires one of the following scenarios: [${scenarios}]`);
  }

  /** Offsets outside of what the log holds are set to its nearer end. */
  private async withinLog(plan: Plan): Promise<Plan> {
    const starts = await logOffsets(this.clients, plan, EARLIEST);
    const ends = await logOffsets(this.clients, plan, LATEST);
    const warn = (offset: number, how: string, partition: string, set: number): void => {
      const message = `New offset (${offset}) is ${how} offset for topic partition ${partition}. Value will be set to ${set}`;
      logTo(this.io.stderr)('WARN', message, COMMAND);
    };
    return inPartitionOrder(plan).map(({ topic, partition, offset }) => {
      const text = partitionText({ topic, partition });
      const [start, end] = [starts.get(text)!, ends.get(text)!];
      if (offset > end) {
        warn(offset, 'higher than latest', text, end);
        return { topic, partition, offset: end };
      }
      if (offset >= start) return { topic, partition, offset };
      warn(offset, 'lower than earliest', text, start);
      return { topic, partition, offset: start };
    });
  }

  private async shifted(partitions: readonly TopicPartition[], by: number): Promise<Plan> {
    const committed = await this.committed();
    const plan = partitions.map((partition) => {
      const current = committed.get(partitionText(partition));
      if (current === undefined) {
        throw illegalArgument(
          `Cannot shift offset for partition ${partitionText(partition)} since there is no current committed offset`,
        );
      }
      return { ...partition, offset: current + by };
    });
    return this.withinLog(plan);
  }

  private async committed(): Promise<Map<string, number>> {
    const offsets = await committedOffsets(this.clients, this.groupId);
    return new Map(offsets.map((each) => [partitionText(each), each.offset]));
  }

  private async atTime(partitions: readonly TopicPartition[], timestamp: number): Promise<Plan> {
    const found = await logOffsets(this.clients, partitions, timestamp);
    const late = inPartitionOrder(partitions.filter((each) => found.get(partitionText(each)) === NO_OFFSET));
    for (const { topic, partition } of late) {
      const message = `\nWarn: Partition ${partition} from topic ${topic} is empty. Falling back to latest known offset.`;
      println(this.io.stdout, message);
    }
    const ends = await logOffsets(this.clients, late, LATEST);
    return at(partitions, new Map([...found, ...ends]));
  }

  private async fromFile(path: string): Promise<Plan> {
    const { options } = this.args;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (thrown) {
      const why = fileError(path, thrown as NodeJS.ErrnoException);
      throw runtimeException(new ToolError('java.io.IOException', `Unable to read file ${path}`, why));
    }
    const groups = options.valuesOf('group');
    const read = () => readPlan(text, groups.length === 1 ? groups[0]! : null, this.io);
    // Kafka's tool reads it twice, and says twice what it has to say of it.
    read();
    const plan = read().get(this.groupId);
    if (plan) return this.withinLog(plan);
    println(this.io.stdout, `\nError: No reset plan for group ${this.groupId} found`);
    return [];
  }

  private async atCurrent(partitions: readonly TopicPartition[]): Promise<Plan> {
    const committed = await this.committed();
    const without = partitions.filter((each) => !committed.has(partitionText(each)));
    const ends = await logOffsets(this.clients, without, LATEST);
    return at(partitions, new Map([...committed, ...ends]));
  }
}

const at = (partitions: readonly TopicPartition[], offsets: ReadonlyMap<string, number>): Plan =>
  partitions.map(({ topic, partition }) => ({
    topic,
    partition,
    offset: offsets.get(partitionText({ topic, partition }))!,
  }));

function orWrapped<T>(make: () => T): T {
  try {
    return make();
  } catch (thrown) {
    throw thrown instanceof ToolError ? runtimeException(thrown) : thrown;
  }
}

/** What Java's collectors say of a partition that was named twice. */
const duplicateKey = (partition: TopicPartition, offset: number | undefined): ToolError => {
  const values = offset === undefined ? '' : ` (attempted merging values ${offset} and ${offset})`;
  return new ToolError('java.lang.IllegalStateException', `Duplicate key ${partitionText(partition)}${values}`);
};
