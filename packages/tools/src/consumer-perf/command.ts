import { OptionSet, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import type { ConsumerRecord } from '../client/consumed';
import { checkSubscription, createGroupConsumer } from '../client/consumer-construction';
import { ConsumerMetrics } from '../client/consumer-metrics';
import type { GroupConsumer, RebalanceListener } from '../client/group-consumer';
import { metricLines } from '../client/producer-metrics';
import { loadProperties, type Properties } from '../client/properties';
import { exitCodeAfter } from '../failures';
import { dateFormat } from '../java-date';
import { type Io, logTo, type Outs, println } from '../print';
import { progressText, StatusLine } from '../status-line';
import { illegalArgument, ToolError } from '../tool-error';
import { CONSUMER_PERF_OPTIONS } from './options';
import { header, intervalLine, type Progress, totalLine } from './stats';

type Options = OptionSet<typeof CONSUMER_PERF_OPTIONS>;

const POLL_MS = 100;

function parse(argv: readonly string[], io: Io): Options {
  try {
    return parseOptions(CONSUMER_PERF_OPTIONS, argv);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return usageOf(new OptionSet(CONSUMER_PERF_OPTIONS), io).fail(thrown.message);
  }
}

function parseArguments(argv: readonly string[], io: Io): Options {
  const options = parse(argv, io);
  if (options.has('threads') || options.has('num-fetch-threads')) {
    const what = 'option [threads] and [num-fetch-threads] have been deprecated and will be ignored by the test';
    println(io.stdout, `WARNING: ${what}`);
  }
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, 'This tool is used to verify the consumer performance.');
  usage.require('topic', 'messages');
  return options;
}

function propertiesOf(options: Options): Properties {
  const file = options.valueOf('consumer.config');
  const properties: Properties = options.has('consumer.config') ? loadProperties(file!) : new Map();
  properties.set(
    'bootstrap.servers',
    options.valueOf(options.has('bootstrap-server') ? 'bootstrap-server' : 'broker-list')!,
  );
  properties.set('group.id', options.valueOf('group')!);
  properties.set('receive.buffer.bytes', String(options.valueOf('socket-buffer-size')));
  properties.set('max.partition.fetch.bytes', String(options.valueOf('fetch-size')));
  properties.set('auto.offset.reset', options.has('from-latest') ? 'latest' : 'earliest');
  properties.set('check.crcs', 'false');
  if (!properties.has('client.id')) properties.set('client.id', 'perf-consumer-client');
  return properties;
}

/** How long joining took: from the start, or from when the last partition was given up, to the first assignment. */
class JoinTimer implements RebalanceListener {
  private readonly assigned = new Set<string>();
  totalMs = 0;

  constructor(private startMs: number) {}

  onPartitionsRevoked(partitions: readonly { topic: string; partition: number }[]): void {
    for (const { topic, partition } of partitions) this.assigned.delete(`${topic}-${partition}`);
    if (this.assigned.size === 0) this.startMs = Date.now();
  }

  onPartitionsAssigned(partitions: readonly { topic: string; partition: number }[]): void {
    if (this.assigned.size === 0) this.totalMs += Date.now() - this.startMs;
    for (const { topic, partition } of partitions) this.assigned.add(`${topic}-${partition}`);
  }
}

/** Reads until there were enough records or none came for too long, and tells of it as it goes. */
class Run {
  private messages = 0;
  private bytes = 0;
  private last: Progress;
  private readonly intervalMs: number;
  private readonly format: (timeMs: number) => string;
  private reports = 0;

  constructor(
    private readonly options: Options,
    private readonly timer: JoinTimer,
    private readonly io: Outs,
    private readonly status: StatusLine,
    startMs: number,
  ) {
    this.intervalMs = options.valueOf('reporting-interval')!;
    if (this.intervalMs <= 0) throw illegalArgument('Reporting interval must be greater than 0.');
    this.format = dateFormat(options.valueOf('date-format')!);
    this.last = { timeMs: startMs, bytes: 0, messages: 0 };
  }

  private at(timeMs: number): Progress {
    return { timeMs, bytes: this.bytes, messages: this.messages };
  }

  async consume(
    consumer: GroupConsumer,
    wanted: number,
    timeoutMs: number,
    metrics: ConsumerMetrics | undefined,
  ): Promise<void> {
    const startedMs = Date.now();
    let nowMs = startedMs;
    let lastConsumedMs = nowMs;
    this.last = this.at(nowMs);
    while (this.messages < wanted && nowMs - lastConsumedMs <= timeoutMs) {
      const polled = await consumer.poll(POLL_MS);
      nowMs = Date.now();
      if (!polled) continue;
      lastConsumedMs = nowMs;
      const records = metrics ? [...polled] : polled;
      metrics?.consumed(records as ConsumerRecord[]);
      for (const record of records) this.count(record, nowMs);
      this.status.show(() => progressText(this.messages, wanted, 'messages read', nowMs - startedMs));
    }
    this.status.clear();
    if (this.messages >= wanted) return;
    println(
      this.io.stdout,
      `WARNING: Exiting before consuming the expected number of messages: timeout (${timeoutMs} ms) exceeded. ` +
        'You can use the --timeout option to increase the timeout.',
    );
  }

  private count({ key, value }: ConsumerRecord, nowMs: number): void {
    this.messages++;
    this.bytes += (key?.length ?? 0) + (value?.length ?? 0);
    if (nowMs - this.last.timeMs < this.intervalMs) return;
    const now = this.at(nowMs);
    if (this.options.has('show-detailed-stats')) {
      // As in Kafka's tool: time spent joining is told of once, with the first interval.
      const rebalanceMs = this.reports === 0 ? this.timer.totalMs : 0;
      println(this.io.stdout, intervalLine(this.last, now, rebalanceMs, this.format));
    }
    this.reports++;
    this.last = now;
  }

  printTotal(startMs: number, endMs: number): void {
    if (this.options.has('show-detailed-stats')) return;
    const start = { timeMs: startMs, bytes: 0, messages: 0 };
    println(this.io.stdout, totalLine(start, this.at(endMs), this.timer.totalMs, this.format));
  }
}

/** kafka-consumer-perf-test (org.apache.kafka.tools.ConsumerPerformance). */
export const consumerPerfTest = (argv: readonly string[], io: Io): Promise<number> =>
  exitCodeAfter(io, async () => {
    const options = parseArguments(argv, io);
    if (!options.has('hide-header')) println(io.stdout, header(options.has('show-detailed-stats')));
    const status = new StatusLine(io);
    const startMs = Date.now();
    const timer = new JoinTimer(startMs);
    const selection = { topics: [options.valueOf('topic')!] };
    const properties = propertiesOf(options);
    const metrics = options.has('print-metrics') ? new ConsumerMetrics(properties.get('client.id')!) : undefined;
    const listener = metrics?.timed(timer) ?? timer;
    const consumer = await createGroupConsumer(properties, selection, logTo(status.outs.stderr), listener, metrics);
    const wanted = options.valueOf('messages')!;
    const timeoutMs = options.valueOf('timeout')!;
    checkSubscription(options.valueOf('topic')!);
    const run = new Run(options, timer, status.outs, status, startMs);
    await run.consume(consumer, wanted, timeoutMs, metrics);
    const endMs = Date.now();
    await consumer.close();
    run.printTotal(startMs, endMs);
    if (metrics) for (const line of metricLines(metrics.values)) println(io.stdout, line);
  });
