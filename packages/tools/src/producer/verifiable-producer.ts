import { type ParsedArguments, parseArguments, usageError } from '../args/argparse4j';
import type { SendCallback } from '../client/accumulator';
import { Producer } from '../client/producer';
import { producerSettings } from '../client/producer-config';
import { loadProperties, type Properties } from '../client/properties';
import { doubleText } from '../java-text';
import { type Io, logTo, println, signalExitCode } from '../print';
import { Throttler } from '../throttler';
import { ToolError } from '../tool-error';
import { VERIFIABLE_PRODUCER_PARSER } from './verifiable-arguments';

type Arguments = ParsedArguments<typeof VERIFIABLE_PRODUCER_PARSER.arguments>;

/** How many sends go by before the loop lets answers and signals in. */
const SENDS_PER_TURN = 100;

const numberOf = (values: readonly string[] | undefined): number | undefined =>
  values === undefined ? undefined : Number(values[0]);

function propertiesOf(args: Arguments, io: Io): Properties {
  const properties: Properties = new Map([
    ['bootstrap.servers', (args['bootstrap-server'] ?? args['broker-list'])![0]!],
    ['acks', args.acks![0]!],
    ['retries', '0'],
  ]);
  const file = args['producer.config']?.[0];
  if (file === undefined) return properties;
  try {
    for (const [name, value] of loadProperties(file)) properties.set(name, value);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    usageError(VERIFIABLE_PRODUCER_PARSER, thrown.message, io);
  }
  return properties;
}

/** Sends numbers and prints one line of JSON for each answer. */
class VerifiableProducer {
  private sent = 0;
  private acked = 0;
  private key = 0;
  private readonly startMs = Date.now();
  private createTimeMs: number | undefined;
  private stopped = false;

  constructor(
    private readonly args: Arguments,
    private readonly producer: Producer,
    private readonly io: Io,
  ) {
    const createTimeMs = numberOf(args['message-create-time'])!;
    this.createTimeMs = createTimeMs === -1 ? undefined : createTimeMs;
  }

  private print(name: string, fields: Readonly<Record<string, unknown>> = {}): void {
    println(this.io.stdout, JSON.stringify({ timestamp: Date.now(), name, ...fields }));
  }

  private nextKey(): string | null {
    const repeating = numberOf(this.args['repeating-keys']);
    if (repeating === undefined) return null;
    const key = this.key++;
    if (this.key === repeating) this.key = 0;
    return String(key);
  }

  private send(number: number): Promise<void> | undefined {
    const topic = this.args.topic![0]!;
    const prefix = this.args['value-prefix']?.[0];
    const value = prefix === undefined ? String(number) : `${Number(prefix)}.${number}`;
    const key = this.nextKey();
    const timestamp = this.createTimeMs ?? Date.now();
    if (this.createTimeMs !== undefined) this.createTimeMs += Date.now() - this.startMs;
    this.sent++;
    const callback: SendCallback = (error, { partition, offset }) => {
      if (!error) {
        this.acked++;
        this.print('producer_send_success', { key, value, offset, topic, partition });
        return;
      }
      const exception = `class ${error.className}`;
      this.print('producer_send_error', { topic, key, value, exception, message: error.message });
    };
    const record = { topic, timestamp, key: key === null ? null : Buffer.from(key), value: Buffer.from(value) };
    const refused = (thrown: unknown): void => {
      if (!(thrown instanceof ToolError)) throw thrown;
      callback(thrown, { topic, partition: -1, offset: -1 });
    };
    try {
      return this.producer.send(record, callback)?.catch(refused);
    } catch (thrown) {
      refused(thrown);
      return undefined;
    }
  }

  stop(): void {
    this.stopped = true;
    this.producer.abort();
  }

  async run(): Promise<void> {
    this.print('startup_complete');
    const maxMessages = numberOf(this.args['max-messages'])!;
    const throttler = new Throttler(numberOf(this.args.throughput)!, Date.now());
    const count = maxMessages < 0 ? Number.POSITIVE_INFINITY : maxMessages;
    for (let number = 0; number < count && !this.stopped; number++) {
      const buffered = this.send(number);
      if (buffered) await buffered;
      if (number % SENDS_PER_TURN === SENDS_PER_TURN - 1) await new Promise((resolve) => setImmediate(resolve));
      await throttler.throttle(number);
    }
    if (!this.stopped) await this.producer.close();
    this.finish();
  }

  private finish(): void {
    this.print('shutdown_complete');
    const seconds = (Date.now() - this.startMs) / 1000;
    const average = doubleText(this.acked / seconds);
    const target = numberOf(this.args.throughput);
    // Java prints a double with its fraction, which JSON.stringify would drop.
    const fields = `"sent":${this.sent},"acked":${this.acked},"target_throughput":${target},"avg_throughput":${average}`;
    println(this.io.stdout, `{"timestamp":${Date.now()},"name":"tool_data",${fields}}`);
  }
}

/** kafka-verifiable-producer (org.apache.kafka.tools.VerifiableProducer). */
export async function verifiableProducer(argv: readonly string[], io: Io): Promise<number> {
  if (argv.length === 0) {
    io.stdout.write(`${VERIFIABLE_PRODUCER_PARSER.usage}\n${VERIFIABLE_PRODUCER_PARSER.details}`);
    return 0;
  }
  const args = parseArguments(VERIFIABLE_PRODUCER_PARSER, argv, io);
  const log = logTo(io.stderr);
  const producer = new Producer(producerSettings(propertiesOf(args, io), log), log);
  await producer.start();
  const tool = new VerifiableProducer(args, producer, io);
  let exitCode = 0;
  io.onInterrupt((signal) => {
    exitCode = signalExitCode(signal);
    tool.stop();
  });
  await tool.run();
  return exitCode;
}
