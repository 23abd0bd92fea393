import { type ParsedArguments, parseArguments, usageError } from '../args/argparse4j';
import type { ConsumerRecord } from '../client/consumed';
import { checkSubscription, createGroupConsumer } from '../client/consumer-construction';
import type { GroupConsumer } from '../client/group-consumer';
import { loadProperties, type Properties } from '../client/properties';
import { type Io, logTo, println, signalExitCode } from '../print';
import { ServerError, ToolError } from '../tool-error';
import { VERIFIABLE_CONSUMER_PARSER } from './arguments';
import { byPartition, consumedEvent, offsetsAfter, partitionsEvent, recordEvent } from './events';

type Arguments = ParsedArguments<typeof VERIFIABLE_CONSUMER_PARSER.arguments>;

const LOGGER = 'org.apache.kafka.tools.VerifiableConsumer';

function propertiesOf(args: Arguments, io: Io): Properties {
  const file = args['consumer.config']?.[0];
  let properties: Properties = new Map();
  try {
    if (file !== undefined) properties = loadProperties(file);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    usageError(VERIFIABLE_CONSUMER_PARSER, thrown.message, io);
  }
  const protocol = args['group-protocol']![0]!;
  if (protocol.toLowerCase() === 'consumer') properties.set('group.protocol', protocol);
  else {
    properties.set('partition.assignment.strategy', args['assignment-strategy']![0]!);
    properties.set('session.timeout.ms', String(Number(args['session-timeout']![0])));
  }
  properties.set('group.id', args['group-id']![0]!);
  const instance = args['group-instance-id']?.[0];
  if (instance !== undefined) properties.set('group.instance.id', instance);
  properties.set('bootstrap.servers', (args['bootstrap-server'] ?? args['broker-list'])![0]!);
  properties.set('enable.auto.commit', String(args['enable-autocommit'] !== undefined));
  properties.set('auto.offset.reset', args['reset-policy']![0]!);
  return properties;
}

/** Prints one line of JSON for everything that happens to a group's member. */
class VerifiableConsumer {
  private consumed = 0;
  private stopped = false;
  private committing = false;
  private readonly limit: number;
  private consumer!: GroupConsumer;

  constructor(
    private readonly args: Arguments,
    private readonly io: Io,
  ) {
    const maxMessages = Number(args['max-messages']![0]);
    this.limit = maxMessages < 0 ? Number.POSITIVE_INFINITY : maxMessages;
  }

  private print(name: string, fields: object = {}): void {
    println(this.io.stdout, JSON.stringify({ timestamp: Date.now(), name, ...fields }));
  }

  async start(): Promise<void> {
    const topics = [this.args.topic![0]!];
    this.consumer = await createGroupConsumer(propertiesOf(this.args, this.io), { topics }, logTo(this.io.stderr), {
      onPartitionsAssigned: (partitions) => this.print('partitions_assigned', partitionsEvent(partitions)),
      onPartitionsRevoked: (partitions) => this.print('partitions_revoked', partitionsEvent(partitions)),
    });
  }

  /** Ends the run after what is being committed. */
  stop(): void {
    this.stopped = true;
    if (!this.committing) void this.consumer.close();
  }

  async run(): Promise<void> {
    this.print('startup_complete');
    try {
      checkSubscription(this.args.topic![0]!);
      while (this.consumed < this.limit && !this.stopped) {
        const records = await this.consumer.poll(Number.POSITIVE_INFINITY);
        // All of a poll's records count as read for automatic commits, as with Java's consumer.
        const taken = [...(records ?? [])];
        if (taken.length > 0) await this.process(taken);
      }
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      logTo(this.io.stderr)('ERROR', 'Error during processing, terminating consumer process: ', LOGGER, thrown);
    } finally {
      await this.consumer.close();
      this.print('shutdown_complete');
    }
  }

  private async process(records: readonly ConsumerRecord[]): Promise<void> {
    const groups = byPartition(records, this.limit - this.consumed);
    for (const group of groups) {
      if (this.args.verbose) for (const record of group.records) this.print('record_data', recordEvent(record));
      this.consumed += group.records.length;
    }
    this.print('records_consumed', consumedEvent(records.length, groups));
    if (!this.args['enable-autocommit']) await this.commit(offsetsAfter(groups));
  }

  private async commit(offsets: ReturnType<typeof offsetsAfter>): Promise<void> {
    this.committing = true;
    try {
      await this.consumer.commit(offsets);
      this.print('offsets_committed', { offsets, success: true });
    } catch (thrown) {
      const isFenced = thrown instanceof ServerError && thrown.error === 'FENCED_INSTANCE_ID';
      if (!(thrown instanceof ToolError) || isFenced) throw thrown;
      this.print('offsets_committed', { offsets, error: thrown.message, success: false });
    } finally {
      this.committing = false;
    }
  }
}

/** kafka-verifiable-consumer (org.apache.kafka.tools.VerifiableConsumer). */
export async function verifiableConsumer(argv: readonly string[], io: Io): Promise<number> {
  if (argv.length === 0) {
    io.stdout.write(`${VERIFIABLE_CONSUMER_PARSER.usage}\n${VERIFIABLE_CONSUMER_PARSER.details}`);
    return 0;
  }
  const tool = new VerifiableConsumer(parseArguments(VERIFIABLE_CONSUMER_PARSER, argv, io), io);
  await tool.start();
  let exitCode = 0;
  io.onInterrupt((signal) => {
    exitCode = signalExitCode(signal);
    tool.stop();
  });
  await tool.run();
  return exitCode;
}
