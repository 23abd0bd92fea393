import { KafkaError } from '@odradek/protocol/errors';
import { OffsetForLeaderEpoch } from '@odradek/protocol/messages/offset-for-leader-epoch';
import { checkLeaderEpoch } from '../replication/fetch-reader';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** Where an epoch ends in this leader's log: how a reader finds out that its own log has gone astray (KIP-101, KIP-320). */
export function offsetForLeaderEpoch(services: Services): Handler<typeof OffsetForLeaderEpoch> {
  return handler({
    api: OffsetForLeaderEpoch,
    handle: (request) => ({
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
          try {
            const partition = services.replicas.get(topic, index);
            checkLeaderEpoch(partition, currentLeaderEpoch);
            partition.leaderState();
            return { errorCode: 0, partition: index, ...partition.log.endOffsetForEpoch(leaderEpoch) };
          } catch (error) {
            if (error instanceof KafkaError) return { errorCode: error.code, partition: index };
            throw error;
          }
        }),
      })),
    }),
    fail: ({ code }, request) => ({
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => ({ errorCode: code, partition })),
      })),
    }),
  });
}
