import { errorName } from '@odradek/protocol/errors';
import { AlterPartitionReassignments } from '@odradek/protocol/messages/alter-partition-reassignments';
import { ListPartitionReassignments } from '@odradek/protocol/messages/list-partition-reassignments';
import { ServerError, ToolError } from '../tool-error';
import { type Admin, type Call, refusalOf } from './admin';
import { partitionText, type TopicPartition, toTopics } from './partitions';

/** A partition whose replicas are being moved (KIP-455). */
export interface Reassignment extends TopicPartition {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

/** Where a partition shall go; null: nowhere, what was begun is to be undone. */
export interface ReassignmentTarget extends TopicPartition {
  readonly replicas: readonly number[] | null;
}

/** The reassignments that go on, by partition, those of these partitions only or (null) all. */
export async function listReassignments(
  admin: Admin,
  call: Call,
  partitions: readonly TopicPartition[] | null,
): Promise<Map<string, Reassignment>> {
  const request = {
    timeoutMs: admin.client.options.requestTimeoutMs,
    topics:
      partitions &&
      toTopics(partitions).map(({ topic, partitions }) => ({ name: topic, partitionIndexes: partitions })),
  };
  const response = await admin.toController(call, ListPartitionReassignments, request, ({ errorCode }) => errorCode);
  if (response.errorCode !== 0) throw refusalOf(response.errorCode, response.errorMessage);
  const found = new Map<string, Reassignment>();
  for (const { name: topic, partitions } of response.topics) {
    for (const { partitionIndex: partition, replicas, addingReplicas, removingReplicas } of partitions) {
      found.set(`${topic}-${partition}`, { topic, partition, replicas, addingReplicas, removingReplicas });
    }
  }
  return found;
}

/**
 * Begins, changes or cancels reassignments. Returns why it failed for those partitions for which it did
 * (KafkaAdminClient.alterPartitionReassignments).
 */
export async function alterReassignments(
  admin: Admin,
  targets: readonly ReassignmentTarget[],
): Promise<Map<string, ToolError>> {
  const failed = new Map<string, ToolError>();
  const sent: ReassignmentTarget[] = [];
  for (const target of targets) {
    const problem = unrepresentable(target);
    if (problem) failed.set(partitionText(target), problem);
    else sent.push(target);
  }
  if (sent.length === 0) return failed;
  const replicasOf = new Map(sent.map((target) => [partitionText(target), target.replicas]));
  const topics = toTopics(sent).map(({ topic, partitions }) => ({
    name: topic,
    partitions: partitions.map((partitionIndex) => ({
      partitionIndex,
      replicas: replicasOf.get(`${topic}-${partitionIndex}`)?.slice() ?? null,
    })),
  }));
  try {
    await admin.call('alterPartitionReassignments', async (call) => {
      const request = { timeoutMs: admin.client.options.requestTimeoutMs, topics };
      const response = await admin.toController(
        call,
        AlterPartitionReassignments,
        request,
        ({ errorCode }) => errorCode,
      );
      if (response.errorCode !== 0) throw refusalOf(response.errorCode, response.errorMessage);
      for (const { name, partitions } of response.responses) {
        for (const { partitionIndex, errorCode, errorMessage } of partitions) {
          if (errorCode === 0) continue;
          failed.set(`${name}-${partitionIndex}`, new ServerError(errorName(errorCode), errorMessage));
        }
      }
    });
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    for (const target of sent) failed.set(partitionText(target), thrown);
  }
  return failed;
}

/** Why a partition can stand in no request; undefined where it can. */
export function unrepresentable({ topic, partition }: TopicPartition): ServerError | undefined {
  if (topic === '') {
    return new ServerError('INVALID_TOPIC_EXCEPTION', `The given topic name '' cannot be represented in a request.`);
  }
  if (partition >= 0) return undefined;
  return new ServerError('INVALID_TOPIC_EXCEPTION', `The given partition index ${partition} is not valid.`);
}
