import { AlterPartitionReassignments } from '@odradek/protocol/messages/alter-partition-reassignments';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { TopicResults } from './topic-results';

/** Moves partitions to other replicas, or cancels that (KIP-455). The answer does not wait for the moves to be over. */
export function alterPartitionReassignments({ controller }: Services): Handler<typeof AlterPartitionReassignments> {
  return handler({
    api: AlterPartitionReassignments,
    async handle({ topics }) {
      // The last one counts where a partition is named twice.
      const targets = new Map(
        topics.flatMap(({ name, partitions }) =>
          partitions.map(({ partitionIndex, replicas }) => [
            `${name}-${partitionIndex}`,
            { topic: name, partition: partitionIndex, replicas },
          ]),
        ),
      );
      const results = new TopicResults<{ partitionIndex: number; errorCode: number; errorMessage: string | null }>();
      for (const { topic, partition, error } of await controller.alterReassignments([...targets.values()])) {
        results.add(topic, {
          partitionIndex: partition,
          errorCode: error?.code ?? 0,
          errorMessage: error?.message ?? null,
        });
      }
      return { errorCode: 0, errorMessage: '', responses: results.topics };
    },
    fail: ({ code, message }) => ({ errorCode: code, errorMessage: message, responses: [] }),
  });
}
