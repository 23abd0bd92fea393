import { errorName } from '@odradek/protocol/errors';
import { executionError } from '../client/futures';
import type { TopicPartition } from '../client/partitions';
import { hashMapOrder, stringHash } from '../java-order';
import { illegalArgument, ServerError, ToolError } from '../tool-error';
import type { Clients } from './collect';

/** What --topic arguments say: partitions by number, and topics that are meant as a whole. */
export interface TopicArguments {
  readonly withPartitions: readonly string[];
  readonly whole: readonly string[];
}

export const parseTopicArguments = (texts: readonly string[]): TopicArguments => ({
  withPartitions: texts.filter((text) => text.includes(':')),
  whole: texts.filter((text) => !text.includes(':')),
});

/** The partitions of `topic:0,1,2`. Throws `ToolError` where it is not that. */
export function namedPartitions(text: string): TopicPartition[] {
  // Java's split drops empty strings at the end.
  const parts = text.replace(/:+$/, '').split(':');
  if (parts.length !== 2) throw illegalArgument(`Invalid topic arg '${text}', expected topic name and partitions`);
  const [topic, list] = parts as [string, string];
  return list
    .replace(/,+$/, '')
    .split(',')
    .map((number) => {
      if (/^[+-]?\d+$/.test(number)) return { topic, partition: Number(number) };
      throw illegalArgument(`Invalid partition '${number}' specified in topic arg '${text}''`);
    });
}

/** The partitions of whole topics, or why a topic has none, in the order of a java.util.HashMap. */
export async function partitionsOf(
  { admin }: Clients,
  topics: readonly string[],
): Promise<{ topic: string; result: TopicPartition[] | ToolError }[]> {
  if (topics.length === 0) return [];
  const names = hashMapOrder([...new Set(topics)], stringHash);
  let found: Map<string, TopicPartition[] | ToolError>;
  try {
    // Java's admin client looks for the brokers first, so a cluster out of reach is told of under that call's name.
    found = await admin.call('listNodes', async ({ deadlineMs }) => {
      const asked = names.filter((name) => name !== '');
      const { topics: answers } = await admin.client.metadata(asked, deadlineMs);
      return new Map(
        answers.map(({ name, errorCode, partitions }) => [
          name!,
          errorCode !== 0
            ? new ServerError(errorName(errorCode))
            : partitions
                .map(({ partitionIndex: partition }) => ({ topic: name!, partition }))
                .sort((a, b) => a.partition - b.partition),
        ]),
      );
    });
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    found = new Map(names.map((name) => [name, thrown]));
  }
  return names.map((topic) => {
    const result = found.get(topic) ?? unrepresentable(topic);
    return { topic, result: result instanceof ToolError ? executionError(result) : result };
  });
}

const unrepresentable = (topic: string): ServerError =>
  new ServerError('INVALID_TOPIC_EXCEPTION', `The given topic name '${topic}' cannot be represented in a request.`);
