import type { Kafka } from '../mixed/member';
import { startJava } from '../transactions/java';

/** What a scenario left behind, by name, masked. */
export type Account = Map<string, string>;

const TOPICS = 'org.apache.kafka.tools.TopicCommand';
const CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer';
/** How long nothing more comes before a topic is taken to be read. */
const SILENCE_MS = 6_000;

/** What a program of Apache's prints, by line. */
export async function output(kafka: Kafka, mainClass: string, args: readonly string[]): Promise<string[]> {
  const program = startJava(kafka, mainClass, args);
  await program.ended;
  return program.log().split('\n');
}

/** Notes every topic but those of groups and transactions: partitions, copies, settings. */
export async function noteTopics(kafka: Kafka, bootstrap: string, account: Account, where = ''): Promise<void> {
  for (const line of await output(kafka, TOPICS, ['--bootstrap-server', bootstrap, '--describe'])) {
    const match = /^Topic: (\S+)\s+TopicId: \S+\s+(PartitionCount: .*)$/.exec(line);
    if (match && !match[1]!.startsWith('__')) account.set(`${where}topic ${match[1]}`, match[2]!);
  }
}

interface Reading {
  /** Properties of the formatter to be shown beside partition, headers, key and value. */
  readonly shown?: readonly string[];
  /** The class that makes a line of a record. */
  readonly formatter?: string;
}

/** Every committed record of a topic as a line of text: partition, headers, key, value. */
export async function readTopic(
  kafka: Kafka,
  bootstrap: string,
  topic: string,
  { shown = [], formatter }: Reading = {},
): Promise<string[]> {
  const properties = ['print.partition', 'print.headers', 'print.key', ...shown];
  const lines = await output(kafka, CONSUMER, [
    '--bootstrap-server',
    bootstrap,
    ...['--topic', topic, '--from-beginning', '--timeout-ms', String(SILENCE_MS)],
    ...['--isolation-level', 'read_committed'],
    ...properties.flatMap((name) => ['--property', `${name}=true`]),
    ...(formatter === undefined ? [] : ['--formatter', formatter]),
  ]);
  const isRecord = (line: string): boolean =>
    line !== '' && !/^\[|^log4j:|^Processed a total|^org\.apache\.kafka\.common\.errors\.TimeoutException/.test(line);
  return lines.filter(isRecord);
}
