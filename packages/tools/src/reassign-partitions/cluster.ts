import { errorName } from '@odradek/protocol/errors';
import type { Admin } from '../client/admin';
import { execute, executionError } from '../client/futures';
import { partitionText, type TopicPartition } from '../client/partitions';
import { hashMapOrder, stringHash, topicPartitionHash } from '../java-order';
import { ServerError } from '../tool-error';
import type { Assignment } from './plan';

/** The replicas of a topic's partitions, in the order of the partitions, or why the brokers do not tell. */
export type TopicReplicas = readonly (readonly number[])[] | ServerError;

const isUnknown = (error: ServerError): boolean => error.error === 'UNKNOWN_TOPIC_OR_PARTITION';

const unknownTopic = (message: string): ServerError => new ServerError('UNKNOWN_TOPIC_OR_PARTITION', message);

/** Asks for topics; none is created. In the order in which Java's tool looks at them. */
export async function describeTopics(admin: Admin, names: readonly string[]): Promise<Map<string, TopicReplicas>> {
  const ordered = hashMapOrder([...new Set(names)], stringHash);
  const asked = ordered.filter((name) => name !== '');
  const unnamed = new ServerError(
    'INVALID_TOPIC_EXCEPTION',
    `The given topic name '' cannot be represented in a request.`,
  );
  const found = new Map<string, TopicReplicas>(ordered.map((name) => [name, unnamed]));
  if (asked.length === 0) return found;
  const { topics } = await execute(admin, 'describeTopics', ({ deadlineMs }) =>
    admin.client.metadata(asked, deadlineMs),
  );
  for (const { name, errorCode, partitions } of topics) {
    const sorted = [...partitions].sort((a, b) => a.partitionIndex - b.partitionIndex);
    const replicas = sorted.map(({ replicaNodes }) => replicaNodes);
    found.set(name!, errorCode === 0 ? replicas : new ServerError(errorName(errorCode)));
  }
  return found;
}

/** The present assignments of all partitions of topics. Throws `ToolError` where a topic is unknown. */
export async function assignmentsOfTopics(admin: Admin, names: readonly string[]): Promise<Assignment[]> {
  const found = await describeTopics(admin, names);
  return [...found].flatMap(([topic, replicas]) => {
    if (!(replicas instanceof ServerError)) {
      return replicas.map((brokers, partition) => ({ topic, partition, replicas: brokers }));
    }
    throw executionError(isUnknown(replicas) ? unknownTopic(`Topic ${topic} not found.`) : replicas);
  });
}

/** The present assignments of these partitions. Throws `ToolError` where one is unknown. */
export async function assignmentsOfPartitions(
  admin: Admin,
  partitions: readonly TopicPartition[],
): Promise<Assignment[]> {
  const wanted = new Set(partitions.map(partitionText));
  const all = await assignmentsOfTopics(
    admin,
    partitions.map(({ topic }) => topic),
  );
  const found = all.filter((each) => wanted.has(partitionText(each)));
  if (found.length === wanted.size) return found;
  const names = new Set(found.map(partitionText));
  const missing = partitions.filter((each) => !names.has(partitionText(each)));
  const ordered = hashMapOrder(missing, ({ topic, partition }) => topicPartitionHash(topic, partition));
  throw executionError(unknownTopic(`Unable to find partition: ${ordered.map(partitionText).join(', ')}`));
}

/** The ids of all brokers that are there. */
export async function liveBrokers(admin: Admin): Promise<number[]> {
  await execute(admin, 'listNodes', ({ deadlineMs }) => admin.client.metadata([], deadlineMs));
  return admin.client.nodes.map(({ id }) => id);
}
