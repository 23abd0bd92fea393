import { ERRORS } from '@odradek/protocol/errors';
import { OffsetDelete } from '@odradek/protocol/messages/offset-delete';
import type { TopicPartition } from '../groups/offsets';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { TopicResults } from './topic-results';

/** Forgets offsets of topics that nobody in the group reads (KIP-496). */
export function offsetDelete({ groups, metadata }: Services): Handler<typeof OffsetDelete> {
  return handler({
    api: OffsetDelete,
    handle({ groupId, topics }) {
      const results = new TopicResults<{ partitionIndex: number; errorCode: number }>();
      /** Each once, however often it is named. */
      const existing = new Map<string, TopicPartition>();
      for (const { name, partitions } of topics) {
        if (!metadata.image.topics.has(name)) results.touch(name);
        for (const { partitionIndex } of partitions) {
          if (metadata.contains(name, partitionIndex))
            existing.set(`${name}-${partitionIndex}`, { topic: name, partition: partitionIndex });
          else results.add(name, { partitionIndex, errorCode: ERRORS.UNKNOWN_TOPIC_OR_PARTITION.code });
        }
      }
      for (const { topic, partition, error } of groups.deleteOffsets(groupId, [...existing.values()])) {
        results.add(topic, { partitionIndex: partition, errorCode: ERRORS[error].code });
      }
      return { errorCode: 0, topics: results.topics };
    },
    fail: ({ code }) => ({ errorCode: code, topics: [] }),
  });
}
