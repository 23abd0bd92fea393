import { type OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { isValidBootstrapList } from '../client/addresses';
import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { findLeaders, partitionText, type TopicPartition } from '../client/partitions';
import { TerseError } from '../failures';
import { isLong } from '../java-integer';
import { INTERNAL_TOPICS } from '../java-regex';
import { jsonError, printJson } from '../json-output';
import { type Io, println } from '../print';
import { Exit, ToolError } from '../tool-error';
import { type PartitionFilter, ruleListFilter, topicAndPartitionsFilter } from './filters';
import { GET_OFFSETS_OPTIONS } from './get-offsets-options';
import {
  EARLIEST,
  EARLIEST_LOCAL,
  LATEST,
  LATEST_TIERED,
  listOffsets,
  MAX_TIMESTAMP,
  type OffsetResult,
} from './list-offsets';

const DESCRIPTION = 'An interactive shell for getting topic-partition offsets.';
const UNKNOWN_OFFSET = -1;

const NAMED_TIMES: Readonly<Record<string, number>> = {
  earliest: EARLIEST,
  latest: LATEST,
  'max-timestamp': MAX_TIMESTAMP,
  'earliest-local': EARLIEST_LOCAL,
  'latest-tiered': LATEST_TIERED,
};

type Options = OptionSet<typeof GET_OFFSETS_OPTIONS>;

function parseTime(text: string): number {
  const named = NAMED_TIMES[text];
  if (named !== undefined) return named;
  if (isLong(text)) return Number(text);
  throw new TerseError(
    `Malformed time argument ${text}. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / ` +
      '-4 or earliest-local / -5 or latest-tiered, or a specified long format timestamp',
  );
}

function parseArguments(argv: readonly string[], io: Io): Options {
  let options: Options;
  try {
    options = parseOptions(GET_OFFSETS_OPTIONS, argv.length === 0 ? ['--help'] : argv);
  } catch (thrown) {
    throw thrown instanceof ToolError ? new TerseError(thrown.message) : thrown;
  }
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, DESCRIPTION);
  usage.require(options.has('bootstrap-server') ? 'bootstrap-server' : 'broker-list');
  const list = serverList(options);
  if (list.trim() === '') usage.fail('Error while validating the bootstrap address\n');
  if (!isValidBootstrapList(list)) usage.fail('Please provide valid host:port like host1:9091,host2:9092\n');
  return options;
}

const serverList = (options: Options): string =>
  options.valueOf(options.has('bootstrap-server') ? 'bootstrap-server' : 'broker-list')!;

function filterOf(options: Options): PartitionFilter {
  const rules = options.has('topic-partitions');
  if (rules && (options.has('topic') || options.has('partitions'))) {
    throw new TerseError('--topic-partitions cannot be used with --topic or --partitions');
  }
  return rules
    ? ruleListFilter(options.valueOf('topic-partitions')!)
    : topicAndPartitionsFilter(options.valueOf('topic'), options.valueOf('partitions'));
}

async function matchingPartitions(
  admin: Admin,
  filter: PartitionFilter,
  excludeInternal: boolean,
): Promise<TopicPartition[]> {
  const { topics } = await admin.call('listTopics', ({ deadlineMs }) => admin.client.metadata(null, deadlineMs));
  return topics
    .filter(({ name }) => name !== null && filter.allowsTopic(name))
    .filter(({ name, isInternal }) => !(excludeInternal && (isInternal || INTERNAL_TOPICS.includes(name!))))
    .flatMap(({ name, partitions }) => partitions.map((each) => ({ topic: name!, partition: each.partitionIndex })))
    .filter(({ topic, partition }) => filter.allows(topic, partition));
}

async function printOffsets(options: Options, io: Io): Promise<number> {
  const time = parseTime(options.valueOf('time')!);
  const filter = filterOf(options);
  const properties = commandProperties(options.valueOf('command-config'));
  properties.set('client.id', 'GetOffsetShell');
  const admin = await createAdmin(properties, serverList(options), io);
  try {
    const partitions = await matchingPartitions(admin, filter, options.has('exclude-internal-topics'));
    if (partitions.length === 0) {
      throw new TerseError('Could not match any topic-partitions with the specified filters');
    }
    const results = await listOffsets(admin, partitions, time, (call, wanted) => findLeaders(admin, call, wanted));
    if (options.has('json')) return printOffsetsJson(partitions, results, io);
    const lines: string[] = [];
    // Sorted as text: t-10 stands before t-2.
    const sorted = [...partitions].sort((a, b) => (partitionText(a) < partitionText(b) ? -1 : 1));
    for (const partition of sorted) {
      const result = results.get(partition)!;
      if ('error' in result) {
        const why = result.error.toString();
        println(io.stderr, `Skip getting offsets for topic-partition ${partitionText(partition)} due to error: ${why}`);
      } else if (result.offset !== UNKNOWN_OFFSET) {
        lines.push(`${partition.topic}:${partition.partition}:${result.offset}`);
      }
    }
    for (const line of lines) println(io.stdout, line);
    return 0;
  } finally {
    admin.close();
  }
}

function printOffsetsJson(
  partitions: readonly TopicPartition[],
  results: ReadonlyMap<TopicPartition, OffsetResult>,
  io: Io,
): number {
  const sorted = [...partitions].sort((a, b) =>
    a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition,
  );
  const offsets = sorted.map((each) => {
    const { topic, partition } = each;
    const result = results.get(each)!;
    if ('error' in result) return { topic, partition, offset: null, ...jsonError(result.error) };
    return { topic, partition, offset: result.offset === UNKNOWN_OFFSET ? null : result.offset };
  });
  printJson(io, { offsets });
  return offsets.some((each) => 'error' in each) ? 1 : 0;
}

/** kafka-get-offsets (org.apache.kafka.tools.GetOffsetShell). */
export async function getOffsets(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await printOffsets(parseArguments(argv, io), io);
  } catch (thrown) {
    if (thrown instanceof TerseError) {
      println(io.stderr, `Error occurred: ${thrown.message}`);
      return 1;
    }
    if (!(thrown instanceof ToolError) || thrown instanceof Exit) throw thrown;
    println(io.stderr, `Error occurred: ${thrown.message}`);
    println(io.stderr, `${thrown.toString()}\n`);
    return 1;
  }
}
