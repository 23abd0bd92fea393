import { KafkaError } from '@odradek/protocol/errors';
import { AlterReplicaLogDirs } from '@odradek/protocol/messages/alter-replica-log-dirs';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { TopicResults } from './topic-results';

/** Moves logs to other log dirs of this broker (KIP-113). The answer does not wait for the moves to be over. */
export function alterReplicaLogDirs({ logDirMoves }: Services): Handler<typeof AlterReplicaLogDirs> {
  const move = (topic: string, partition: number, dir: string): number => {
    try {
      logDirMoves.moveTo(topic, partition, dir);
      return 0;
    } catch (error) {
      if (error instanceof KafkaError) return error.code;
      throw error;
    }
  };
  return handler({
    api: AlterReplicaLogDirs,
    handle(request) {
      const results = new TopicResults<{ partitionIndex: number; errorCode: number }>();
      for (const { topic, partition, dir } of destinations(request)) {
        results.add(topic, { partitionIndex: partition, errorCode: move(topic, partition, dir) });
      }
      return answer(results);
    },
    fail({ code: errorCode }, request) {
      const results = new TopicResults<{ partitionIndex: number; errorCode: number }>();
      for (const { topic, partition } of destinations(request)) {
        results.add(topic, { partitionIndex: partition, errorCode });
      }
      return answer(results);
    },
  });
}

const answer = ({ topics }: TopicResults<{ partitionIndex: number; errorCode: number }>) => ({
  results: topics.map(({ name: topicName, partitions }) => ({ topicName, partitions })),
});

/** Each partition once; the last dir that it is named for counts. */
function destinations({ dirs }: RequestOf<typeof AlterReplicaLogDirs>) {
  const byName = new Map<string, { topic: string; partition: number; dir: string }>();
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      for (const partition of partitions) byName.set(`${name}-${partition}`, { topic: name, partition, dir: path });
    }
  }
  return byName.values();
}
