import { errorName } from '@odradek/protocol/errors';
import { AlterReplicaLogDirs } from '@odradek/protocol/messages/alter-replica-log-dirs';
import { DescribeLogDirs } from '@odradek/protocol/messages/describe-log-dirs';
import { exceptionClassOf, ServerError, ToolError } from '../tool-error';
import type { Admin } from './admin';
import { type TopicPartition, toTopics } from './partitions';

/** One broker's copy of a partition. */
export interface Replica extends TopicPartition {
  readonly broker: number;
}

/** Where a replica lies, and where a copy of it is being made; undefined: nowhere. */
export interface ReplicaDirs {
  current: string | undefined;
  future: string | undefined;
}

/** org.apache.kafka.common.TopicPartitionReplica.toString. */
export const replicaText = ({ topic, partition, broker }: Replica): string => `${topic}-${partition}-${broker}`;

function byBroker<R extends Replica>(replicas: readonly R[]): Map<number, R[]> {
  const groups = new Map<number, R[]>();
  for (const replica of replicas) {
    const group = groups.get(replica.broker);
    if (group) group.push(replica);
    else groups.set(replica.broker, [replica]);
  }
  return groups;
}

/** The log dirs of replicas, by `replicaText` (KafkaAdminClient.describeReplicaLogDirs). */
export async function describeReplicaLogDirs(
  admin: Admin,
  replicas: readonly Replica[],
): Promise<Map<string, ReplicaDirs>> {
  const found = new Map<string, ReplicaDirs>();
  for (const replica of replicas) found.set(replicaText(replica), { current: undefined, future: undefined });
  await Promise.all(
    [...byBroker(replicas)].map(([broker, group]) =>
      admin.call('describeReplicaLogDirs', async (call) => {
        const { results } = await admin.toBroker(call, broker, DescribeLogDirs, { topics: toTopics(group) });
        for (const { errorCode, logDir, topics } of results) {
          const error = errorName(errorCode);
          // Of an offline folder nobody knows what lies in it.
          if (error === 'KAFKA_STORAGE_ERROR') continue;
          if (errorCode !== 0) throw illegalError(error, logDir, broker);
          for (const { name: topic, partitions } of topics) {
            for (const { partitionIndex: partition, isFutureKey } of partitions) {
              const dirs = found.get(replicaText({ topic, partition, broker }));
              if (dirs) dirs[isFutureKey ? 'future' : 'current'] = logDir;
            }
          }
        }
      }),
    ),
  );
  return found;
}

const illegalError = (error: ReturnType<typeof errorName>, logDir: string, broker: number): ToolError =>
  new ToolError(
    'java.lang.IllegalStateException',
    `The error ${exceptionClassOf(error)} for log directory ${logDir} in the response from broker ${broker} is illegal`,
  );

/**
 * Tells brokers to move replicas into other log dirs. Returns why it failed for those replicas, by `replicaText`, for which
 * it did (KafkaAdminClient.alterReplicaLogDirs).
 */
export async function alterReplicaLogDirs(
  admin: Admin,
  moves: readonly (Replica & { readonly logDir: string })[],
): Promise<Map<string, ToolError>> {
  const failed = new Map<string, ToolError>();
  await Promise.all(
    [...byBroker(moves)].map(async ([broker, group]) => {
      const paths = [...new Set(group.map(({ logDir }) => logDir))];
      const dirs = paths.map((path) => ({
        path,
        topics: toTopics(group.filter(({ logDir }) => logDir === path)).map(({ topic, partitions }) => ({
          name: topic,
          partitions,
        })),
      }));
      try {
        await admin.call('alterReplicaLogDirs', async (call) => {
          const { results } = await admin.toBroker(call, broker, AlterReplicaLogDirs, { dirs });
          for (const { topicName: topic, partitions } of results) {
            for (const { partitionIndex: partition, errorCode } of partitions) {
              if (errorCode === 0) continue;
              failed.set(replicaText({ topic, partition, broker }), new ServerError(errorName(errorCode)));
            }
          }
        });
      } catch (thrown) {
        if (!(thrown instanceof ToolError)) throw thrown;
        for (const replica of group) failed.set(replicaText(replica), thrown);
      }
    }),
  );
  return failed;
}
