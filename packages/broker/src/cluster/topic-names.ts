import { KafkaError } from '@odradek/protocol/errors';

export const GROUP_OFFSETS_TOPIC = '__consumer_offsets';
export const TRANSACTION_STATE_TOPIC = '__transaction_state';
/** KRaft's own: nobody may make it. */
export const CLUSTER_METADATA_TOPIC = '__cluster_metadata';
const MAX_NAME_LENGTH = 249;
const LEGAL_CHARACTERS = /^[a-zA-Z0-9._-]+$/;

export function isInternalTopic(topic: string): boolean {
  return topic === GROUP_OFFSETS_TOPIC || topic === TRANSACTION_STATE_TOPIC;
}

/** Throws INVALID_TOPIC_EXCEPTION where Kafka's Topic.validate does, with its text. */
export function validateTopicName(topic: string): void {
  const invalid = (why: string): never => {
    throw new KafkaError('INVALID_TOPIC_EXCEPTION', why);
  };
  if (topic === '') invalid('Topic name is invalid: the empty string is not allowed');
  if (topic === '.' || topic === '..')
    invalid("Topic name is invalid: '.' or '..' is not allowed".replace("'.' or '..'", `'${topic}'`));
  if (topic.length > MAX_NAME_LENGTH) {
    invalid(`Topic name is invalid: the length of '${topic}' is longer than the max allowed length ${MAX_NAME_LENGTH}`);
  }
  if (!LEGAL_CHARACTERS.test(topic)) {
    invalid(
      `Topic name is invalid: '${topic}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`,
    );
  }
}

/** What `validateTopicName` judges, for a name among many. */
export function isValidTopicName(topic: string): boolean {
  return topic.length <= MAX_NAME_LENGTH && topic !== '.' && topic !== '..' && LEGAL_CHARACTERS.test(topic);
}

/** Whether two names would be one name for a metric, where '.' becomes '_' (Topic.hasCollision). */
export function topicNamesCollide(a: string, b: string): boolean {
  return a.replaceAll('.', '_') === b.replaceAll('.', '_');
}
