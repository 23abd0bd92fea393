import { OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { consumerSettings } from '../client/consumer-config';
import type { CommittedOffset } from '../client/group/offsets';
import { GroupsAdmin } from '../client/groups-admin';
import type { TopicPartition } from '../client/partitions';
import type { Properties } from '../client/properties';
import { hashMapOrder, stringHash } from '../java-order';
import { type Io, logTo, println } from '../print';
import { Exit, illegalArgument, ServerError, ToolError } from '../tool-error';
import { deleteTopics, isInternalTopic } from './internal-topics';
import { requireNoMembers } from './members';
import { OffsetReset } from './offsets';
import { DESCRIPTION, STREAMS_RESET_OPTIONS } from './options';

type Options = OptionSet<typeof STREAMS_RESET_OPTIONS>;

const DEFAULT_SERVERS = 'localhost:9092';
const COORDINATOR = 'org.apache.kafka.clients.consumer.internals.ConsumerCoordinator';
const CONSUMER = 'org.apache.kafka.clients.consumer.internals.ClassicKafkaConsumer';
const TARGETS = [
  'to-offset',
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'from-file',
  'shift-by',
] as const;

function parseArguments(argv: readonly string[], io: Io): Options {
  let options: Options;
  try {
    options = parseOptions(STREAMS_RESET_OPTIONS, argv);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return usageOf(new OptionSet(STREAMS_RESET_OPTIONS), io).fail(thrown.message);
  }
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, DESCRIPTION);
  for (const target of TARGETS) {
    usage.forbid(
      target,
      TARGETS.filter((other) => other !== target),
    );
  }
  return options;
}

const listText = (topics: readonly string[]): string => `[${topics.join(', ')}]`;

/** One run of the tool against one cluster. */
class StreamsReset {
  private readonly groups: GroupsAdmin;
  private partitionsOf = new Map<string, number[]>();

  constructor(
    private readonly admin: Admin,
    private readonly options: Options,
    private readonly properties: Properties,
    private readonly io: Io,
  ) {
    this.groups = new GroupsAdmin(admin, logTo(io.stderr));
  }

  private print(line: string): void {
    println(this.io.stdout, line);
  }

  async run(): Promise<number> {
    const { admin, options, groups } = this;
    await requireNoMembers(admin, groups, options.valueOf('application-id')!, options.has('force'), this.io);
    const { topics } = await admin.call('listTopics', ({ deadlineMs }) => admin.client.metadata(null, deadlineMs));
    for (const { name, partitions } of topics) {
      this.partitionsOf.set(
        name!,
        partitions.map(({ partitionIndex }) => partitionIndex),
      );
    }
    if (options.has('dry-run')) {
      this.print('----Dry run displays the actions which will be performed when running Streams Reset Tool----');
    }
    const exitCode = await this.resetOffsets();
    await this.deleteInternalTopics();
    return exitCode;
  }

  private notFound(topics: readonly string[], kind: string, label: string): boolean {
    const missing = topics.filter((topic) => !this.partitionsOf.has(topic));
    if (missing.length === 0) return false;
    this.print(`Following ${kind} topics are not found, skipping them`);
    for (const topic of missing) this.print(label + topic);
    return true;
  }

  private async resetOffsets(): Promise<number> {
    const input = this.options.valuesOf('input-topics');
    const intermediate = this.options.valuesOf('intermediate-topics');
    if (input.length === 0 && intermediate.length === 0) {
      this.print('No input or intermediate topics specified. Skipping seek.');
      return 0;
    }
    if (input.length > 0) this.print(`Reset-offsets for input topics ${listText(input)}`);
    if (intermediate.length > 0) this.print(`Seek-to-end for intermediate topics ${listText(intermediate)}`);
    const lacksInput = this.notFound(input, 'input', 'Topic: ');
    const lacksIntermediate = this.notFound(intermediate, 'intermediate', 'Topic:');
    const exitCode = lacksInput || lacksIntermediate ? 1 : 0;
    const found = [...new Set([...input, ...intermediate])].filter((topic) => this.partitionsOf.has(topic));
    if (found.length === 0) return exitCode;
    const partitions = hashMapOrder(found, stringHash, input.length + intermediate.length).flatMap((topic) =>
      this.partitionsOf.get(topic)!.map((partition): TopicPartition => ({ topic, partition })),
    );
    const offsets = await this.findOffsets(
      partitions.filter(({ topic }) => input.includes(topic)),
      partitions.filter(({ topic }) => !input.includes(topic)),
    );
    if (!this.options.has('dry-run')) await this.commit(offsets);
    this.print('Done.');
    return exitCode;
  }

  private get logPrefix(): string {
    const groupId = this.options.valueOf('application-id');
    return `[Consumer clientId=${this.properties.get('client.id') ?? `consumer-${groupId}-1`}, groupId=${groupId}] `;
  }

  private async findOffsets(input: TopicPartition[], intermediate: TopicPartition[]): Promise<CommittedOffset[]> {
    const { resetTimestamp } = consumerSettings(this.properties, logTo(this.io.stderr));
    if (this.options.valueOf('application-id') === '') {
      const what = 'Support for using the empty group id by consumers is deprecated and will be removed in the next';
      logTo(this.io.stderr)('WARN', `${this.logPrefix}${what} major release.`, CONSUMER);
    }
    const reset = new OffsetReset(this.admin, this.groups, this.options, resetTimestamp, this.io);
    try {
      return [...(await reset.input(input)), ...(await reset.intermediate(intermediate))];
    } catch (thrown) {
      const isInput = thrown instanceof ToolError && /^java\.(io|text)\./.test(thrown.className);
      if (isInput) println(this.io.stderr, 'ERROR: Resetting offsets failed.');
      throw thrown;
    }
  }

  private async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    try {
      await this.groups.alterOffsets(this.options.valueOf('application-id')!, offsets);
    } catch (thrown) {
      if (!(thrown instanceof ServerError) || thrown.error !== 'UNKNOWN_MEMBER_ID') throw thrown;
      const [{ topic, partition, offset }] = offsets as [CommittedOffset];
      const what = `Offset commit failed on partition ${topic}-${partition} at offset ${offset}: ${thrown.message}`;
      logTo(this.io.stderr)('ERROR', this.logPrefix + what, COORDINATOR);
      throw new ToolError(
        'org.apache.kafka.clients.consumer.CommitFailedException',
        'Commit cannot be completed since the group has already rebalanced and assigned the partitions to another ' +
          'member. This means that the time between subsequent calls to poll() was longer than the configured ' +
          'max.poll.interval.ms, which typically implies that the poll loop is spending too much time message ' +
          'processing. You can address this either by increasing max.poll.interval.ms or by reducing the maximum ' +
          'size of batches returned in poll() with max.poll.records.',
      );
    }
  }

  private async deleteInternalTopics(): Promise<void> {
    const { options } = this;
    const named = [...options.valuesOf('input-topics'), ...options.valuesOf('intermediate-topics')];
    const inferred = hashMapOrder([...this.partitionsOf.keys()], stringHash).filter(
      (topic) => !named.includes(topic) && isInternalTopic(options.valueOf('application-id')!, topic),
    );
    const specified = options.valuesOf('internal-topics');
    if (!specified.every((topic) => inferred.includes(topic))) {
      throw illegalArgument(
        'Invalid topic specified in the --internal-topics option. Ensure that the topics specified are all internal ' +
          'topics. Do a dry run without the --internal-topics option to see the list of all internal topics that can be deleted.',
      );
    }
    const [kind, topics] = specified.length > 0 ? ['specified', specified] : ['inferred', inferred];
    this.print(`Deleting ${kind} internal topics ${listText(topics as string[])}`);
    if (!options.has('dry-run')) await deleteTopics(this.admin, topics as string[], this.io);
    this.print('Done.');
  }
}

/** kafka-streams-application-reset (org.apache.kafka.tools.StreamsResetter). */
export async function streamsApplicationReset(argv: readonly string[], io: Io): Promise<number> {
  try {
    const options = parseArguments(argv, io);
    const properties = commandProperties(options.valueOf('config-file'));
    const servers = options.has('bootstrap-server') ? 'bootstrap-server' : 'bootstrap-servers';
    properties.set('bootstrap.servers', options.valueOf(servers) ?? DEFAULT_SERVERS);
    const admin = await createAdmin(properties, properties.get('bootstrap.servers')!, io);
    try {
      return await new StreamsReset(admin, options, properties, io).run();
    } finally {
      admin.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof ToolError) || thrown instanceof Exit) throw thrown;
    println(io.stderr, `ERROR: ${thrown.toString().split('\n')[0]}`);
    println(io.stderr, thrown.toString());
    return 1;
  }
}
