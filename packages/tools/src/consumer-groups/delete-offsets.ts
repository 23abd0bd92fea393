import { executionError } from '../client/futures';
import { partitionText, type TopicPartition } from '../client/partitions';
import { hashMapOrder, stringHash } from '../java-order';
import { type Io, println } from '../print';
import { ServerError, ToolError } from '../tool-error';
import type { Options } from './arguments';
import { type Clients, inPartitionOrder, inTreeOrder } from './collect';
import { row } from './columns';
import { namedPartitions, parseTopicArguments, partitionsOf } from './topic-arguments';

const WIDTHS = [30, 15, 15];
const NO_PARTITION = -1;

type Outcome = TopicPartition & { readonly error: ToolError | null };

/** What concerns the group as a whole, in Kafka's words. */
function headline(error: ToolError | undefined, groupId: string, topics: readonly string[]): string {
  if (!error) return `Request succeed for deleting offsets with topic ${topics.join(', ')} group ${groupId}`;
  const name = error instanceof ServerError ? error.error : 'REQUEST_TIMED_OUT';
  switch (name) {
    case 'INVALID_GROUP_ID':
      return `\nError: '${groupId}' is not valid.`;
    case 'GROUP_ID_NOT_FOUND':
      return `\nError: '${groupId}' does not exist.`;
    case 'GROUP_AUTHORIZATION_FAILED':
      return `\nError: Access to '${groupId}' is not authorized.`;
    case 'NON_EMPTY_GROUP':
      return `\nError: Deleting offsets of a consumer group '${groupId}' is forbidden if the group is not empty.`;
    case 'GROUP_SUBSCRIBED_TO_TOPIC':
    case 'TOPIC_AUTHORIZATION_FAILED':
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return '\nError: Encounter some partition level error, see the follow-up details:';
    default:
      return `\nError: Encounter some unknown error: ${name}`;
  }
}

/** `--delete-offsets`: what a group committed for some topics. Rows have no line breaks between them: so Kafka 3.9 prints them. */
export async function runDeleteOffsets(clients: Clients, options: Options, io: Io): Promise<void> {
  const groupId = options.valueOf('group')!;
  const topics = options.valuesOf('topic');
  const { withPartitions, whole } = parseTopicArguments(topics);
  const named = hashMapOrder([...new Set(withPartitions)], stringHash).flatMap(namedPartitions);
  const outcomes: Outcome[] = [];
  const found: TopicPartition[] = [];
  for (const { topic, result } of await partitionsOf(clients, whole)) {
    if (result instanceof ToolError) outcomes.push({ topic, partition: NO_PARTITION, error: result });
    else found.push(...result);
  }
  const distinct = new Map([...named, ...found].map((each) => [partitionText(each), each]));
  const partitions = inPartitionOrder([...distinct.values()]);
  let groupError: ToolError | undefined;
  const refusals = new Map<string, ToolError>();
  try {
    for (const { error, ...partition } of await clients.groups.deleteOffsets(groupId, partitions)) {
      refusals.set(partitionText(partition), error);
    }
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    groupError = thrown;
  }
  for (const partition of partitions) {
    const error = groupError ?? refusals.get(partitionText(partition));
    outcomes.push({ ...partition, error: error ? executionError(error) : null });
  }
  const firstRefusal = partitions.map((each) => refusals.get(partitionText(each))).find((error) => error);
  println(io.stdout, headline(groupError ?? firstRefusal, groupId, topics));
  io.stdout.write(`\n${row(['TOPIC', 'PARTITION', 'STATUS'], WIDTHS)}`);
  const sortKey = ({ topic, partition }: Outcome): string => `${topic}${partition}`;
  for (const { topic, partition, error } of outcomes.sort((a, b) => inTreeOrder(sortKey(a), sortKey(b)))) {
    const status = error ? `Error: :${error.message}` : 'Successful';
    io.stdout.write(row([topic, partition === NO_PARTITION ? 'Not Provided' : partition, status], WIDTHS));
  }
}
