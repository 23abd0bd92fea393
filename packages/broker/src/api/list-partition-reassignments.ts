import { ListPartitionReassignments } from '@odradek/protocol/messages/list-partition-reassignments';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** Partitions whose replicas are being moved (KIP-455); those that are asked for and stay where they are go unsaid. */
export function listPartitionReassignments({ controller }: Services): Handler<typeof ListPartitionReassignments> {
  return handler({
    api: ListPartitionReassignments,
    async handle({ topics }) {
      const moving = await controller.ongoingReassignments();
      const isWanted = topics ? wantedAmong(moving, topics) : () => true;
      const byTopic = new Map<string, ReturnType<typeof movement>[]>();
      for (const partition of moving.filter(isWanted)) {
        const partitions = byTopic.get(partition.topic) ?? [];
        byTopic.set(partition.topic, partitions);
        partitions.push(movement(partition));
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

type Topics = NonNullable<RequestOf<typeof ListPartitionReassignments>['topics']>;

/** Which of the moving partitions were asked for: a request may name millions of others. */
function wantedAmong(moving: readonly Moving[], topics: Topics): (partition: Moving) => boolean {
  const known = new Map<string, Set<number>>();
  for (const { topic, partition } of moving) known.set(topic, (known.get(topic) ?? new Set()).add(partition));
  const wanted = new Map<string, Set<number>>();
  for (const { name, partitionIndexes } of topics) {
    const ofTopic = known.get(name);
    if (!ofTopic) continue;
    const found = wanted.get(name) ?? new Set();
    wanted.set(name, found);
    for (const index of partitionIndexes) if (ofTopic.has(index)) found.add(index);
  }
  return ({ topic, partition }) => wanted.get(topic)?.has(partition) === true;
}

type Moving = Awaited<ReturnType<Services['controller']['ongoingReassignments']>>[number];

function movement({ partition, assignment }: Moving) {
  const { replicas, addingReplicas, removingReplicas } = assignment;
  return { partitionIndex: partition, replicas, addingReplicas, removingReplicas };
}
