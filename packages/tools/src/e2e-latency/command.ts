import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { createAdmin, refusalOf } from '../client/admin';
import { sleep } from '../client/client';
import type { ConsumerRecord } from '../client/consumed';
import { consumerSettings } from '../client/consumer-config';
import { createConsumerClient } from '../client/consumer-construction';
import { Fetcher } from '../client/fetcher';
import { execute } from '../client/futures';
import { Producer } from '../client/producer';
import { producerSettings } from '../client/producer-config';
import { loadProperties, type Properties } from '../client/properties';
import { TopicMetadata } from '../client/topic-metadata';
import { Wakeup } from '../client/wakeup';
import { exitCodeAfter, TerseError } from '../failures';
import { doubleText } from '../java-text';
import { type Io, logTo, println } from '../print';
import { illegalArgument, ToolError } from '../tool-error';
import { percentiles } from './percentiles';

const LATEST = -1;
const POLL_TIMEOUT_MS = 60_000;
const PROGRESS_EVERY = 1000;
const INT_LIMIT = 2 ** 31;
const LETTER_A = 65;
const LETTERS = 26;

interface Arguments {
  readonly topic: string;
  readonly messages: number;
  readonly acks: string;
  readonly messageBytes: number;
  readonly properties: Properties;
}

function parseInteger(text: string): number {
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && value >= -INT_LIMIT && value < INT_LIMIT) return value;
  throw new ToolError('java.lang.NumberFormatException', `For input string: "${text}"`);
}

function requireSize(length: number): number {
  if (length < 0) throw new ToolError('java.lang.NegativeArraySizeException', String(length));
  return length;
}

function parseArguments(argv: readonly string[]): Arguments {
  if (argv.length !== 5 && argv.length !== 6) {
    throw new TerseError(
      'USAGE: java org.apache.kafka.tools.EndToEndLatency broker_list topic num_messages producer_acks message_size_bytes [optional] properties_file',
    );
  }
  const [brokers, topic, messages, acks, size, file] = argv as [string, string, string, string, string, string?];
  const numbers = { messages: parseInteger(messages), messageBytes: parseInteger(size) };
  if (acks !== '1' && acks !== 'all') {
    throw illegalArgument('Latency testing requires synchronous acknowledgement. Please use 1 or all');
  }
  const properties: Properties = file?.trim() ? loadProperties(file) : new Map();
  properties.set('bootstrap.servers', brokers);
  return { topic, acks, ...numbers, properties };
}

const runtimeError = (message: string, cause?: ToolError): ToolError =>
  new ToolError('java.lang.RuntimeException', message, cause);

/** Reads all of a topic from its end on. */
class TailReader {
  private readonly wakeup = new Wakeup();

  private constructor(
    private readonly fetcher: Fetcher,
    private readonly closeClient: () => void,
  ) {}

  /** Resolves once every partition's end is known, so that nothing produced from now on is missed. */
  static async open({ topic, properties }: Arguments, io: Io, missing: () => Promise<void>): Promise<TailReader> {
    const wanted: Properties = new Map(properties);
    wanted.set('group.id', `test-group-${Date.now()}`);
    wanted.set('auto.offset.reset', 'latest');
    if (!wanted.has('client.id')) wanted.set('client.id', `consumer-${wanted.get('group.id')}-1`);
    const log = logTo(io.stderr);
    const settings = consumerSettings(wanted, log);
    const client = await createConsumerClient(settings, log);
    const metadata = new TopicMetadata(client, settings.retryBackoffMs, settings.metadataMaxAgeMs);
    const deadlineMs = Date.now() + POLL_TIMEOUT_MS;
    const { topics } = await client.metadata(null, deadlineMs);
    if (!topics.some(({ name }) => name === topic)) await missing();
    const { leaders } = await metadata.wait(topic, POLL_TIMEOUT_MS);
    let reader: TailReader | undefined;
    // Brokers answer a fetch the moment that there is something: to ask and ask again would only take the broker's time.
    const fetcher = new Fetcher(client, metadata, settings, () => reader?.wakeup.wake());
    reader = new TailReader(fetcher, () => client.close());
    for (const [partition, leader] of leaders.entries())
      fetcher.add({ topic, partition }, { timestamp: LATEST }, leader);
    while (!(await fetcher.advance())) await sleep(settings.retryBackoffMs);
    return reader;
  }

  /** The next records; none after a minute. */
  async poll(): Promise<ConsumerRecord[]> {
    const deadlineMs = Date.now() + POLL_TIMEOUT_MS;
    while (Date.now() < deadlineMs) {
      const records = this.fetcher.take();
      if (records) return [...records];
      await this.wakeup.wait(deadlineMs - Date.now());
    }
    return [];
  }

  close(): void {
    this.fetcher.close();
    this.closeClient();
  }
}

async function createTopic({ topic, properties }: Arguments, io: Io): Promise<void> {
  println(
    io.stdout,
    `Topic "${topic}" does not exist. Will create topic with 1 partition(s) and replication factor = 1`,
  );
  const admin = await createAdmin(new Map(properties), properties.get('bootstrap.servers')!, io);
  try {
    await execute(admin, 'createTopics', async (call) => {
      const timeoutMs = admin.client.options.requestTimeoutMs;
      const wanted = { name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
      const request = { topics: [wanted], timeoutMs, validateOnly: false };
      const first = await admin.toController(call, CreateTopics, request, ({ topics }) => topics[0]?.errorCode ?? 0);
      const { errorCode, errorMessage } = first.topics[0]!;
      if (errorCode !== 0) throw refusalOf(errorCode, errorMessage);
    });
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    println(io.stdout, `Creation of topic ${topic} failed`);
    throw runtimeError(thrown.toString().split('\n')[0]!, thrown);
  } finally {
    admin.close();
  }
}

function sendAndWait(producer: Producer, topic: string, value: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    void producer.send({ topic, timestamp: Date.now(), value }, (error) => {
      if (!error) resolve();
      else reject(new ToolError('java.util.concurrent.ExecutionException', error.toString(), error));
    });
  });
}

function validate(records: readonly ConsumerRecord[], sent: Buffer): void {
  const [first] = records;
  if (!first) throw runtimeError(`poll() timed out before finding a result (timeout:[${POLL_TIMEOUT_MS}])`);
  const read = Buffer.from(first.value ?? []);
  if (!read.equals(sent)) {
    throw runtimeError(`The message read [${read}] did not match the message sent [${sent}]`);
  }
  if (records.length !== 1) {
    throw runtimeError(`Only one result was expected during this test. We found [${records.length}]`);
  }
}

async function measure(args: Arguments, reader: TailReader, producer: Producer, io: Io): Promise<void> {
  const latenciesMs: number[] = new Array(requireSize(args.messages)).fill(0);
  let totalMs = 0;
  for (let index = 0; index < args.messages; index++) {
    const message = Buffer.alloc(requireSize(args.messageBytes), LETTER_A + Math.floor(Math.random() * LETTERS));
    const begin = process.hrtime.bigint();
    await sendAndWait(producer, args.topic, message);
    const records = await reader.poll();
    const elapsedMs = Number(process.hrtime.bigint() - begin) / 1000 / 1000;
    validate(records, message);
    if (index % PROGRESS_EVERY === 0) println(io.stdout, `${index}\t${doubleText(elapsedMs)}`);
    totalMs += elapsedMs;
    latenciesMs[index] = Math.floor(elapsedMs);
  }
  println(io.stdout, `Avg latency: ${(totalMs / args.messages).toFixed(4)} ms`);
  const [p50, p99, p999] = percentiles(latenciesMs);
  println(io.stdout, `Percentiles: 50th = ${p50}, 99th = ${p99}, 99.9th = ${p999}`);
}

/** kafka-e2e-latency (org.apache.kafka.tools.EndToEndLatency): how long a record takes from being sent to being read. */
export const e2eLatency = (argv: readonly string[], io: Io): Promise<number> =>
  exitCodeAfter(io, async () => {
    const args = parseArguments(argv);
    const log = logTo(io.stderr);
    const reader = await TailReader.open(args, io, () => createTopic(args, io));
    const properties: Properties = new Map([...args.properties, ['linger.ms', '0'], ['acks', args.acks]]);
    const producer = new Producer(producerSettings(properties, log), log);
    try {
      await producer.start();
      await measure(args, reader, producer, io);
    } finally {
      reader.close();
      producer.abort();
    }
  });
