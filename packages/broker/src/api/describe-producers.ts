import { KafkaError } from '@odradek/protocol/errors';
import { DescribeProducers } from '@odradek/protocol/messages/describe-producers';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** The producers that a partition's leader remembers (KIP-664). */
export function describeProducers(services: Services): Handler<typeof DescribeProducers> {
  function describe(topic: string, index: number) {
    try {
      const partition = services.replicas.get(topic, index);
      partition.leaderState();
      return { partitionIndex: index, errorCode: 0, activeProducers: partition.log.activeProducers() };
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      return { partitionIndex: index, errorCode: error.code, errorMessage: error.message, activeProducers: [] };
    }
  }
  return handler({
    api: DescribeProducers,
    handle: ({ topics }) => ({
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => describe(name, index)),
      })),
    }),
    fail: ({ code }, { topics }) => ({
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          errorCode: code,
          activeProducers: [],
        })),
      })),
    }),
  });
}
