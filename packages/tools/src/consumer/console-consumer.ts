import { parseConfig } from '../client/config-def';
import { CONSUMER_CONFIGS } from '../client/config-keys';
import type { ConsumerRecord } from '../client/consumed';
import { Consumer, type Subscription } from '../client/consumer';
import { consumerSettings } from '../client/consumer-config';
import { checkSubscription, createConsumerClient, createGroupConsumer } from '../client/consumer-construction';
import type { TopicSelection } from '../client/selection';
import { javaRegex } from '../java-regex';
import { type Io, logTo, type Outs, println, signalExitCode } from '../print';
import { StatusLine } from '../status-line';
import { illegalArgument, ToolError, timeoutError } from '../tool-error';
import { type ConsoleConsumerArguments, parseConsumerArguments } from './arguments';
import { finderOf } from './find';
import { BufferedOut } from './formatter';

const CONSOLE_CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer';

/** Where records come from: a consumer of our own, or a member of a group. */
export interface RecordSource {
  poll(timeoutMs: number): Promise<Iterable<ConsumerRecord> | undefined>;
  close(): void | Promise<void>;
}

function selectionOf({ topic, include, properties }: ConsoleConsumerArguments): TopicSelection {
  const config = parseConfig(CONSUMER_CONFIGS, properties);
  if (topic !== undefined) {
    checkSubscription(topic);
    return { topics: [topic] };
  }
  if (include === '') throw illegalArgument('Topic pattern to subscribe to cannot be empty');
  return { pattern: javaRegex(include!), excludeInternal: config.flag('exclude.internal.topics') };
}

function subscriptionOf(args: ConsoleConsumerArguments): Subscription {
  const { topic, partition, offset, find } = args;
  if (topic === undefined || partition === undefined) return selectionOf(args);
  if (topic.trim() === '') {
    throw illegalArgument('Topic partitions to assign to cannot have null or empty topic');
  }
  if (find.sinceMs !== undefined) return { topics: [topic], partition, start: { timestamp: find.sinceMs } };
  return { topics: [topic], partition, start: offset < 0 ? { timestamp: offset } : { offset } };
}

async function openSource(args: ConsoleConsumerArguments, io: Io): Promise<RecordSource> {
  const log = logTo(io.stderr);
  if (args.hasGroup) {
    // Not kafkajs: it knows neither static members nor cooperative assignors, commits no leader epochs, and cannot say
    // for each record whether it was consumed. One engine of our own serves every tool that joins a group.
    return createGroupConsumer(args.properties, selectionOf(args), log, {});
  }
  const given = consumerSettings(args.properties, log);
  const settings = { ...given, resetTimestamp: args.find.sinceMs ?? given.resetTimestamp };
  const client = await createConsumerClient(settings, log);
  return new Consumer(client, settings, subscriptionOf(args));
}

/** Prints records until there were enough, none came for too long, or the tool is interrupted. At a terminal a search says how far it is. */
export class Session {
  /** Those that were wanted. */
  private messageCount = 0;
  private readCount = 0;
  private readonly isWanted: ((record: ConsumerRecord) => boolean) | undefined;
  private signal: NodeJS.Signals | undefined;
  private readonly status: StatusLine | undefined;
  private readonly outs: Outs;

  constructor(
    private readonly args: ConsoleConsumerArguments,
    private readonly source: RecordSource,
    private readonly io: Io,
  ) {
    this.isWanted = finderOf(args.find);
    this.status = this.isWanted && new StatusLine(io);
    this.outs = this.status?.outs ?? io;
  }

  async run(): Promise<number> {
    const interrupted = new Promise<void>((resolve) => {
      this.io.onInterrupt((signal) => {
        this.signal = signal;
        void this.source.close();
        resolve();
      });
    });
    try {
      await Promise.race([this.process(), interrupted]);
    } finally {
      await this.source.close();
      println(this.outs.stderr, this.summary());
    }
    if (this.args.logsEvents) println(this.io.stdout, 'shutdown_complete');
    return this.signal === undefined ? 0 : signalExitCode(this.signal);
  }

  private summary(): string {
    const matched = this.isWanted ? `, ${this.messageCount} matched` : '';
    return `Processed a total of ${this.readCount} messages${matched}`;
  }

  private isDone(): boolean {
    const { maxMessages } = this.args;
    return this.signal !== undefined || (maxMessages !== -1 && this.messageCount >= maxMessages);
  }

  private async process(): Promise<void> {
    const out = new BufferedOut(this.outs.stdout);
    while (!this.isDone()) {
      let records: Iterable<ConsumerRecord> | undefined;
      try {
        records = await this.source.poll(this.args.timeoutMs);
        if (this.signal !== undefined) return;
        if (!records) throw timeoutError(null);
      } catch (thrown) {
        if (!(thrown instanceof ToolError)) throw thrown;
        const message = 'Error processing message, terminating consumer process: ';
        logTo(this.outs.stderr)('ERROR', message, CONSOLE_CONSUMER, thrown);
        return;
      }
      try {
        for (const record of records) {
          this.readCount++;
          if (this.isWanted && !this.isWanted(record)) continue;
          this.messageCount++;
          this.print(record, out);
          if (this.isDone()) break;
        }
      } finally {
        out.flush();
      }
      this.status?.show(() => `${this.readCount} messages read, ${this.messageCount} matched`);
      if (out.broken) {
        println(this.outs.stderr, 'Unable to write to standard out, closing consumer.');
        return;
      }
    }
  }

  private print(record: ConsumerRecord, out: BufferedOut): void {
    try {
      this.args.formatter.write(record, out);
    } catch (thrown) {
      if (!(thrown instanceof ToolError) || !this.args.skipsErrors) throw thrown;
      const message = 'Error processing message, skipping this message: ';
      logTo(this.outs.stderr)('ERROR', message, CONSOLE_CONSUMER, thrown);
    }
  }
}

/** kafka-console-consumer (org.apache.kafka.tools.consumer.ConsoleConsumer). */
export async function consoleConsumer(argv: readonly string[], io: Io): Promise<number> {
  const args = await parseConsumerArguments(argv, io);
  try {
    return await new Session(args, await openSource(args, io), io).run();
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    logTo(io.stderr)('ERROR', 'Unknown error when running consumer: ', CONSOLE_CONSUMER, thrown);
    return 1;
  }
}
