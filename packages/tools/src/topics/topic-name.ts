import { ServerError } from '../tool-error';

const MAX_NAME_LENGTH = 249;

const invalid = (message: string): ServerError => new ServerError('INVALID_TOPIC_EXCEPTION', message);

/** Refuses what is no topic name, in Kafka's words (org.apache.kafka.common.internals.Topic.validate). */
export function validateTopicName(name: string): void {
  if (name === '') throw invalid('Topic name is invalid: the empty string is not allowed');
  if (name === '.' || name === '..') throw invalid(`Topic name is invalid: '${name}' is not allowed`);
  if (name.length > MAX_NAME_LENGTH) {
    throw invalid(
      `Topic name is invalid: the length of '${name}' is longer than the max allowed length ${MAX_NAME_LENGTH}`,
    );
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    throw invalid(
      `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`,
    );
  }
}

/** Topics whose metrics would be confused with this one's. */
export const collidingTopics = (name: string, others: readonly string[]): string[] =>
  others.filter((other) => other !== name && other.replaceAll('.', '_') === name.replaceAll('.', '_'));
