import { type ErrorName, errorName } from '@odradek/protocol/errors';
import { ServerError, type ToolError } from '../tool-error';
import type { Admin, Call } from './admin';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export const partitionText = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

/** Partitions grouped by topic, as requests carry them. */
export function toTopics(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const indexes = byTopic.get(topic);
    if (indexes) indexes.push(partition);
    else byTopic.set(topic, [partition]);
  }
  return [...byTopic].map(([topic, indexes]) => ({ topic, partitions: indexes }));
}

/** Partitions by the broker that leads them, and those that have none to ask. */
export interface Leaders {
  readonly byNode: Map<number, TopicPartition[]>;
  readonly failed: Map<TopicPartition, ToolError>;
}

/**
 * Looks up leaders. A partition without a leader, or one that the brokers do not know yet, is left out, to be looked up
 * again (`pending` says why, PartitionLeaderStrategy); other errors are the partition's own.
 */
export async function knownLeaders(
  admin: Admin,
  call: Call,
  partitions: readonly TopicPartition[],
): Promise<Leaders & { readonly pending: ServerError | undefined }> {
  const leaders: Leaders = { byNode: new Map(), failed: new Map() };
  let pending: ServerError | undefined;
  call.stage = 'METADATA';
  const names = [...new Set(partitions.map(({ topic }) => topic))];
  const { topics } = await admin.client.metadata(names, call.deadlineMs);
  for (const each of partitions) {
    const topic = topics.find(({ name }) => name === each.topic);
    const partition = topic?.partitions.find(({ partitionIndex }) => partitionIndex === each.partition);
    const code = topic?.errorCode || partition?.errorCode || 0;
    if (!topic || code !== 0 || !partition || partition.leaderId < 0) {
      const error = new ServerError(code !== 0 ? errorName(code) : 'UNKNOWN_TOPIC_OR_PARTITION');
      if (error.retriable) pending ??= error;
      else leaders.failed.set(each, error);
      continue;
    }
    const group = leaders.byNode.get(partition.leaderId);
    if (group) group.push(each);
    else leaders.byNode.set(partition.leaderId, [each]);
  }
  return { ...leaders, pending };
}

/** As `knownLeaders`; a partition that has no leader now is a retriable failure of the whole call. */
export async function findLeaders(admin: Admin, call: Call, partitions: readonly TopicPartition[]): Promise<Leaders> {
  const leaders = await knownLeaders(admin, call, partitions);
  if (leaders.pending) throw leaders.pending;
  return leaders;
}

const PARTITION_LEADER_STRATEGY = 'org.apache.kafka.clients.admin.internals.PartitionLeaderStrategy';

/** PartitionLeaderStrategy: what is told of a partition whose leader cannot be found, and never will. */
export function leaderFailure(partition: TopicPartition, thrown: ToolError, { client }: Admin): ToolError {
  if (!(thrown instanceof ServerError)) return thrown;
  const { topic } = partition;
  const { log, logPrefix } = client.options;
  const reasons: Partial<Record<ErrorName, readonly [logged: string, told: string]>> = {
    INVALID_TOPIC_EXCEPTION: ['Received invalid topic error for topic', `due to invalid topic \`${topic}\``],
    TOPIC_AUTHORIZATION_FAILED: ['Received authorization failure for topic', 'due to topic authorization failure'],
  };
  const [logged, told] = reasons[thrown.error] ?? [
    'Received unexpected error for topic',
    `due to unexpected error for topic \`${topic}\``,
  ];
  const line = `${logPrefix}${logged} ${topic} in \`Metadata\` response`;
  log('ERROR', line, PARTITION_LEADER_STRATEGY, new ServerError(thrown.error));
  return new ServerError(thrown.error, `Failed to fetch metadata for partition ${partitionText(partition)} ${told}`);
}
