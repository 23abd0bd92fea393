import { type OptionSet, parseOptions } from '../args/joptsimple';
import { parseKeyValues, usageOf } from '../args/usage';
import type { RecordMetadata, SendCallback } from '../client/accumulator';
import { isValidBootstrapList } from '../client/addresses';
import { Producer, type ProducerRecord } from '../client/producer';
import { producerSettings } from '../client/producer-config';
import { loadProperties, type Properties } from '../client/properties';
import { type Io, type Log, logTo, println } from '../print';
import { Exit, ToolError } from '../tool-error';
import { CONSOLE_PRODUCER_OPTIONS } from './console-options';
import { LineMessageReader, readLines } from './line-reader';

const DEFAULT_READER = 'kafka.tools.ConsoleProducer$LineMessageReader';
const ERROR_LOGGING_CALLBACK = 'org.apache.kafka.clients.producer.internals.ErrorLoggingCallback';

type Options = OptionSet<typeof CONSOLE_PRODUCER_OPTIONS>;
type Name = keyof typeof CONSOLE_PRODUCER_OPTIONS;

/** Options that set a producer config unless the properties do; of two for one config the later wins. */
const MERGED: readonly (readonly [string, Name])[] = [
  ['linger.ms', 'timeout'],
  ['acks', 'request-required-acks'],
  ['request.timeout.ms', 'request-timeout-ms'],
  ['retries', 'message-send-max-retries'],
  ['retry.backoff.ms', 'retry-backoff-ms'],
  ['send.buffer.bytes', 'socket-buffer-size'],
  ['buffer.memory', 'max-memory-bytes'],
  ['batch.size', 'batch-size'],
  ['batch.size', 'max-partition-memory-bytes'],
  ['metadata.max.age.ms', 'metadata-expiry-ms'],
  ['max.block.ms', 'max-block-ms'],
];

function parseArguments(argv: readonly string[], io: Io): Options {
  let options: Options;
  try {
    options = parseOptions(CONSOLE_PRODUCER_OPTIONS, argv);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    return usageOf(parseOptions(CONSOLE_PRODUCER_OPTIONS, ['--help']), io).fail(thrown.message);
  }
  const usage = usageOf(options, io);
  usage.helpOrVersion(argv, 'This tool helps to read data from standard input and publish it to Kafka.');
  usage.require('topic');
  if (!isValidBootstrapList(serverList(options))) {
    usage.fail('Please provide valid host:port like host1:9091,host2:9092\n ');
  }
  return options;
}

const serverList = (options: Options): string =>
  options.valueOf(options.has('bootstrap-server') ? 'bootstrap-server' : 'broker-list')!;

/** The producer's properties: file, then `--producer-property`, then options (ConsoleProducer.producerProps). */
export function producerProperties(options: Options): Properties {
  const file = options.valueOf('producer.config');
  const properties: Properties = file === undefined ? new Map() : loadProperties(file);
  for (const [name, value] of parseKeyValues(options.valuesOf('producer-property'))) properties.set(name, value);
  properties.set('bootstrap.servers', serverList(options));
  const codec = options.has('compression-codec') ? options.valueOf('compression-codec') || 'gzip' : 'none';
  properties.set('compression.type', codec);
  if (!properties.has('client.id')) properties.set('client.id', 'console-producer');
  for (const [name, option] of MERGED) {
    if (options.has(option) || !properties.has(name)) properties.set(name, String(options.valueOf(option)));
  }
  return properties;
}

function readerProperties(options: Options): Properties {
  const file = options.valueOf('reader-config');
  const properties: Properties = file === undefined ? new Map() : loadProperties(file);
  for (const [name, value] of parseKeyValues(options.valuesOf('property'))) properties.set(name, value);
  return properties;
}

function errorLogger(log: Log, record: ProducerRecord): SendCallback {
  return (error) => {
    if (!error) return;
    const text = (field: Uint8Array | null | undefined): string => (field ? `${field.length} bytes` : 'null');
    const what = `key: ${text(record.key)}, value: ${text(record.value)}`;
    log(
      'ERROR',
      `Error when sending message to topic ${record.topic} with ${what} with error:`,
      ERROR_LOGGING_CALLBACK,
      error,
    );
  };
}

/** Sends one record and waits for its answer. Throws what a Java future's get() would. */
async function sendAndWait(producer: Producer, record: ProducerRecord): Promise<RecordMetadata> {
  return new Promise((resolve, reject) => {
    const callback: SendCallback = (error, metadata) => {
      if (!error) resolve(metadata);
      else reject(new ToolError('java.util.concurrent.ExecutionException', error.toString(), error));
    };
    void producer.send(record, callback);
  });
}

async function produceLines(producer: Producer, reader: LineMessageReader, options: Options, io: Io): Promise<void> {
  const topic = options.valueOf('topic')!;
  const log = logTo(io.stderr);
  const isSync = options.has('sync');
  const prompt = (): void => {
    if (io.isTerminal) io.stdout.write('>');
  };
  prompt();
  for await (const lines of readLines(io.stdin)) {
    for (const line of lines) {
      const record: ProducerRecord = { topic, timestamp: Date.now(), ...reader.parse(line) };
      if (isSync) await sendAndWait(producer, record);
      else {
        const buffered = producer.send(record, errorLogger(log, record));
        if (buffered) await buffered;
      }
      prompt();
    }
  }
}

/** kafka-console-producer (kafka.tools.ConsoleProducer). */
export async function consoleProducer(argv: readonly string[], io: Io): Promise<number> {
  try {
    const options = parseArguments(argv, io);
    const log = logTo(io.stderr);
    const producer = new Producer(producerSettings(producerProperties(options), log), log);
    await producer.start();
    try {
      const readerClass = options.valueOf('line-reader')!;
      if (readerClass !== DEFAULT_READER) throw new ToolError('java.lang.ClassNotFoundException', readerClass);
      await produceLines(producer, new LineMessageReader(readerProperties(options)), options, io);
    } finally {
      await producer.close();
    }
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof ToolError) || thrown instanceof Exit) throw thrown;
    println(io.stderr, thrown.className.startsWith('joptsimple.') ? thrown.message : thrown.toString());
    return 1;
  }
}
