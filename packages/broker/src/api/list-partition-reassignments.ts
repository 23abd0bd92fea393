import { ListPartitionReassignments } from '@odradek/protocol/messages/list-partition-reassignments';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** Partitions whose replicas are being moved (KIP-455); those that are asked for and stay where they are go unsaid. */
export function listPartitionReassignments({ controller }: Services): Handler<typeof ListPartitionReassignments> {
  return handler({
    api: ListPartitionReassignments,
    async handle({ topics }) {
      const wanted = topics?.flatMap(({ name, partitionIndexes }) =>
        [...new Set(partitionIndexes)].map((partition) => ({ topic: name, partition })),
      );
      const byTopic = new Map<string, ReturnType<typeof movement>[]>();
      for (const moving of await controller.ongoingReassignments(wanted ?? null)) {
        const partitions = byTopic.get(moving.topic) ?? [];
        byTopic.set(moving.topic, partitions);
        partitions.push(movement(moving));
      }
      return {
        errorCode: 0,
        errorMessage: '',
        topics: [...byTopic].map(([name, partitions]) => ({ name, partitions })),
      };
    },
    fail: (error) => ({ errorCode: error.code, errorMessage: specificMessage(error), topics: [] }),
  });
}

type Moving = Awaited<ReturnType<Services['controller']['ongoingReassignments']>>[number];

function movement({ partition, assignment }: Moving) {
  const { replicas, addingReplicas, removingReplicas } = assignment;
  return { partitionIndex: partition, replicas, addingReplicas, removingReplicas };
}
