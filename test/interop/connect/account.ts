import type { Kafka } from '../mixed/member';
import { startJava } from '../transactions/java';

/** What a scenario left behind, by name, masked. */
export type Account = Map<string, string>;

const TOPICS = 'org.apache.kafka.tools.TopicCommand';
const OFFSETS = 'org.apache.kafka.tools.GetOffsetShell';
const CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer';
/** Nothing takes longer, even where other programs want the processors too. */
const PATIENCE_MS = 300_000;

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
  /**
   * How long nothing more comes before the topic is taken to be read. Needed where its offsets do not tell how many records it
   * has: transactions take some of them.
   */
  readonly silenceMs?: number;
}

/** Every committed record of a topic, from which none has been deleted, as a line of text: partition, headers, key, value. */
export async function readTopic(
  kafka: Kafka,
  bootstrap: string,
  topic: string,
  { shown = [], formatter, silenceMs }: Reading = {},
): Promise<string[]> {
  const count = silenceMs === undefined ? await countOf(kafka, bootstrap, topic) : -1;
  if (count === 0) return [];
  const properties = ['print.partition', 'print.headers', 'print.key', ...shown];
  const lines = await output(kafka, CONSUMER, [
    '--bootstrap-server',
    bootstrap,
    ...['--topic', topic, '--from-beginning', '--timeout-ms', String(silenceMs ?? PATIENCE_MS)],
    ...(count > 0 ? ['--max-messages', String(count)] : []),
    ...['--isolation-level', 'read_committed'],
    ...properties.flatMap((name) => ['--property', `${name}=true`]),
    ...(formatter === undefined ? [] : ['--formatter', formatter]),
  ]);
  const isRecord = (line: string): boolean =>
    line !== '' && !/^\[|^log4j:|^Processed a total|^org\.apache\.kafka\.common\.errors\.TimeoutException/.test(line);
  return lines.filter(isRecord);
}

/** Where a topic's partitions end: topic:partition:offset. */
export async function ends(kafka: Kafka, bootstrap: string, topics: string): Promise<string[]> {
  const lines = await output(kafka, OFFSETS, ['--bootstrap-server', bootstrap, '--topic-partitions', topics]);
  return lines.filter((line) => /^\S+:\d+:\d+$/.test(line));
}

async function countOf(kafka: Kafka, bootstrap: string, topic: string): Promise<number> {
  const offsets = (await ends(kafka, bootstrap, topic)).map((line) => Number(line.split(':')[2]));
  return offsets.reduce((sum, offset) => sum + offset, 0);
}
