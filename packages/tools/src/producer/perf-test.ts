import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ParsedArguments, parseArguments, usageError } from '../args/argparse4j';
import { Producer } from '../client/producer';
import { producerSettings } from '../client/producer-config';
import { metricLines, ProducerMetrics } from '../client/producer-metrics';
import { loadProperties, type Properties } from '../client/properties';
import { javaPattern } from '../java-regex';
import { type Io, logTo, println } from '../print';
import { progressText, StatusLine } from '../status-line';
import { Throttler } from '../throttler';
import { illegalArgument, ToolError } from '../tool-error';
import { PRODUCER_PERF_PARSER } from './perf-arguments';
import { PerfStats } from './perf-stats';

type Arguments = ParsedArguments<typeof PRODUCER_PERF_PARSER.arguments>;

const LETTERS = 26;
const LETTER_A = 65;
/** How many sends go by before the loop lets answers in. */
const SENDS_PER_TURN = 500;

function propertiesOf(args: Arguments): Properties {
  const file = args['producer.config']?.[0];
  const properties: Properties = file === undefined ? new Map() : loadProperties(file);
  for (const pair of args['producer-props'] ?? []) {
    const pieces = pair.split('=');
    while (pieces.length > 1 && pieces.at(-1) === '') pieces.pop();
    if (pieces.length !== 2) throw illegalArgument(`Invalid property: ${pair}`);
    properties.set(pieces[0]!, pieces[1]!);
  }
  if (!properties.has('client.id')) properties.set('client.id', 'perf-producer-client');
  return properties;
}

function readPayloads(file: string | undefined, delimiter: string, io: Io): Buffer[] {
  if (file === undefined) return [];
  println(io.stdout, `Reading payloads from: ${resolve(file)}`);
  if (!existsSync(file) || statSync(file).size === 0) {
    throw illegalArgument('File does not exist or empty file provided.');
  }
  const payloads = readFileSync(file, 'utf8').split(javaPattern(delimiter));
  // As Java splits: nothing but delimiters is no payload at all.
  if (payloads.length > 1) while (payloads.at(-1) === '') payloads.pop();
  println(io.stdout, `Number of messages read: ${payloads.length}`);
  return payloads.map((payload) => Buffer.from(payload));
}

/** The value of each record, by its number. */
function payloadSource(args: Arguments, payloads: readonly Buffer[]): (index: number) => Buffer {
  if (payloads.length > 0) return () => payloads[Math.floor(Math.random() * payloads.length)]!;
  if (args['payload-monotonic']) return (index) => Buffer.from(String(index));
  if (!args['record-size']) {
    throw illegalArgument('no payload File Path or record Size or payload-monotonic option provided');
  }
  const size = Number(args['record-size'][0]);
  if (size < 0) throw new ToolError('java.lang.NegativeArraySizeException', String(size));
  // One block of random letters is cut at a random place: random enough, and it does not cost more than the sending.
  const block = Buffer.alloc(2 * size + 1);
  for (let at = 0; at < block.length; at++) block[at] = LETTER_A + Math.floor(Math.random() * LETTERS);
  return () => {
    const at = Math.floor(Math.random() * (size + 1));
    return block.subarray(at, at + size);
  };
}

/** Java's tool makes room for one latency more than there are records, and looks into it in the end. */
function refuseFewerThanNone(records: number): void {
  if (records < -1) throw new ToolError('java.lang.NegativeArraySizeException', String(records + 1));
  if (records < 0) {
    throw new ToolError('java.lang.ArrayIndexOutOfBoundsException', 'Index 0 out of bounds for length 0');
  }
}

/** Transactions that each hold what is sent within so many milliseconds. */
class TimedTransactions {
  private startMs: number | undefined;

  constructor(
    private readonly producer: Producer,
    private readonly durationMs: number,
  ) {}

  initialize(): Promise<void> {
    return this.producer.initTransactions();
  }

  beginIfNone(): void {
    if (this.startMs !== undefined) return;
    this.producer.beginTransaction();
    this.startMs = Date.now();
  }

  async commitIfDue(nowMs: number): Promise<void> {
    if (this.startMs !== undefined && nowMs - this.startMs >= this.durationMs) await this.commit();
  }

  /** Commits what is open. */
  async commit(): Promise<void> {
    if (this.startMs === undefined) return;
    await this.producer.commitTransaction();
    this.startMs = undefined;
  }
}

/** kafka-producer-perf-test (org.apache.kafka.tools.ProducerPerformance). */
export async function producerPerfTest(argv: readonly string[], io: Io): Promise<number> {
  if (argv.length === 0) {
    io.stdout.write(`${PRODUCER_PERF_PARSER.usage}\n${PRODUCER_PERF_PARSER.details}`);
    return 0;
  }
  const args = parseArguments(PRODUCER_PERF_PARSER, argv, io);
  if (!args['producer-props'] && !args['producer.config']) {
    usageError(PRODUCER_PERF_PARSER, 'Either --producer-props or --producer.config must be specified.', io);
  }
  const delimiter = args['payload-delimiter']![0]!;
  const payloads = readPayloads(args['payload-file']?.[0], delimiter === '\\n' ? '\n' : delimiter, io);
  const transactionMs = Number(args['transaction-duration-ms']![0]);
  const properties = propertiesOf(args);
  if (transactionMs > 0) properties.set('transactional.id', args['transactional-id']![0]!);
  const records = Number(args['num-records']![0]);
  if (records === 0) throw new ToolError('java.lang.ArithmeticException', '/ by zero');
  const status = new StatusLine(io);
  const log = logTo(status.outs.stderr);
  const settings = producerSettings(properties, log);
  const metrics = args['print-metrics'] ? new ProducerMetrics(settings) : undefined;
  const producer = new Producer(settings, log, metrics);
  await producer.start();
  const transactions = transactionMs > 0 ? new TimedTransactions(producer, transactionMs) : undefined;
  await transactions?.initialize();
  const payloadOf = payloadSource(args, payloads);
  refuseFewerThanNone(records);
  const stats = new PerfStats(records, status.outs);
  const startMs = Date.now();
  const throttler = new Throttler(Number(args.throughput![0]), Date.now());
  const topic = args.topic![0]!;
  for (let index = 0; index < records; index++) {
    const value = payloadOf(index);
    transactions?.beginIfNone();
    const timestamp = Date.now();
    const buffered = producer.send({ topic, timestamp, value }, (error) => {
      if (error) println(status.outs.stderr, error.toString());
      else stats.record(Date.now() - timestamp, value.length);
    });
    if (buffered) await buffered;
    else if (index % SENDS_PER_TURN === 0) await new Promise((done) => setImmediate(done));
    if (index % SENDS_PER_TURN === 0) {
      status.show(() => progressText(index, records, 'records sent', timestamp - startMs));
    }
    await transactions?.commitIfDue(timestamp);
    if (throttler.delayMs(index, timestamp) >= 1) await throttler.throttle(index);
  }
  await transactions?.commit();
  await producer.flush();
  status.clear();
  stats.printTotal();
  if (metrics) for (const line of metricLines(metrics.all(producer.state))) println(io.stdout, line);
  await producer.close();
  return 0;
}
