import { errorName } from '@odradek/protocol/errors';
import { DescribeLogDirs } from '@odradek/protocol/messages/describe-log-dirs';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { type Admin, commandProperties, createAdmin } from '../client/admin';
import { execute } from '../client/futures';
import { exitCodeAfter, TerseError } from '../failures';
import { parseInteger } from '../java-integer';
import { hashMapOrder, integerSetOrder, stringHash, topicPartitionHash } from '../java-order';
import { printJson } from '../json-output';
import { type Io, println } from '../print';
import { exceptionClassOf, ServerError } from '../tool-error';
import { LOG_DIRS_OPTIONS } from './options';

type LogDir = ResponseOf<typeof DescribeLogDirs>['results'][number];

const listOf = (text: string): string[] => text.split(',').filter((each) => each !== '');

/** A folder as the tool's JSON has it: the members in the order of the HashMaps that Kafka's tool fills. */
export function logDirJson({ errorCode, logDir, topics }: LogDir, wanted: readonly string[]) {
  const replicas = topics.flatMap(({ name, partitions }) => partitions.map((each) => ({ topic: name, ...each })));
  const shown = replicas.filter(({ topic }) => wanted.length === 0 || wanted.includes(topic));
  const ordered = hashMapOrder(shown, ({ topic, partitionIndex }) => topicPartitionHash(topic, partitionIndex));
  return {
    partitions: ordered.map(({ topic, partitionIndex, partitionSize, offsetLag, isFutureKey }) => ({
      partition: `${topic}-${partitionIndex}`,
      size: partitionSize,
      offsetLag,
      isFuture: isFutureKey,
    })),
    error: errorCode === 0 ? null : exceptionClassOf(errorName(errorCode)),
    logDir,
  };
}

/** A folder in the shape of `--json`: with what Kafka's own JSON leaves out. */
function logDirDocument({ errorCode, logDir, topics, totalBytes, usableBytes }: LogDir, wanted: readonly string[]) {
  const known = (bytes: number): number | null => (bytes < 0 ? null : bytes);
  return {
    logDir,
    error: errorCode === 0 ? null : errorName(errorCode),
    totalBytes: known(totalBytes),
    usableBytes: known(usableBytes),
    partitions: topics
      .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
      .flatMap(({ name: topic, partitions }) =>
        partitions.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }) => ({
          topic,
          partition: partitionIndex,
          sizeBytes: partitionSize,
          offsetLag,
          isFuture: isFutureKey,
        })),
      ),
  };
}

async function logDirsOf(admin: Admin, broker: number): Promise<LogDir[]> {
  return execute(admin, 'describeLogDirs', async (call) => {
    const { errorCode, results } = await admin.toBroker(call, broker, DescribeLogDirs, { topics: null });
    // Brokers before 3.2 say that this is forbidden by saying nothing at all.
    if (results.length === 0)
      throw new ServerError(errorCode === 0 ? 'CLUSTER_AUTHORIZATION_FAILED' : errorName(errorCode));
    return hashMapOrder(results, ({ logDir }) => stringHash(logDir), results.length);
  });
}

async function describe(admin: Admin, brokerList: string, topicList: string, asJson: boolean, io: Io): Promise<void> {
  const topics = listOf(topicList);
  await execute(admin, 'listNodes', ({ deadlineMs }) => admin.client.metadata([], deadlineMs));
  const existing = admin.client.nodes.map(({ id }) => id);
  const given = listOf(brokerList).map(parseInteger);
  const unknown = given.filter((id) => !existing.includes(id));
  if (unknown.length > 0) {
    throw new TerseError(
      `ERROR: The given brokers do not exist from --broker-list: ${integerSetOrder(unknown).join(',')}. ` +
        `Current existent brokers: ${integerSetOrder(existing).join(',')}`,
    );
  }
  const brokers = integerSetOrder(given.length === 0 ? existing : given);
  if (!asJson) println(io.stdout, 'Querying brokers for log directories information');
  const logDirs = await Promise.all(
    integerSetOrder(brokers, brokers.length).map(async (broker) => ({
      broker,
      logDirs: await logDirsOf(admin, broker),
    })),
  );
  if (asJson) {
    const documents = logDirs.map(({ broker, logDirs }) => ({
      broker,
      logDirs: logDirs.map((each) => logDirDocument(each, topics)),
    }));
    printJson(io, { brokers: documents });
    return;
  }
  println(io.stdout, `Received log directory information from brokers ${brokers.join(',')}`);
  const list = logDirs.map(({ broker, logDirs }) => ({
    broker,
    logDirs: logDirs.map((each) => logDirJson(each, topics)),
  }));
  println(io.stdout, JSON.stringify({ brokers: list, version: 1 }));
}

/** kafka-log-dirs (org.apache.kafka.tools.LogDirsCommand). */
export const logDirs = (argv: readonly string[], io: Io): Promise<number> =>
  exitCodeAfter(io, async () => {
    const options = parseOptions(LOG_DIRS_OPTIONS, argv);
    const usage = usageOf(options, io);
    usage.helpOrVersion(argv, 'This tool helps to query log directory usage on the specified brokers.');
    usage.require('bootstrap-server', 'describe');
    const properties = commandProperties(options.valueOf('command-config'));
    if (!properties.has('client.id')) properties.set('client.id', 'log-dirs-tool');
    const admin = await createAdmin(properties, options.valueOf('bootstrap-server')!, io);
    try {
      // Read in Kafka's order: a list that was given twice is refused before any broker is asked.
      const topicList = options.valueOf('topic-list')!;
      await describe(admin, options.valueOf('broker-list')!, topicList, options.has('json'), io);
    } finally {
      admin.close();
    }
  });
