import { KafkaError } from '@odradek/protocol/errors';
import { DescribeProducers } from '@odradek/protocol/messages/describe-producers';
import { validateTopicName } from '../cluster/topic-names';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** The producers that a replica remembers (KIP-664); followers answer too. */
export function describeProducers(services: Services): Handler<typeof DescribeProducers> {
  function checkTopic(topic: string): void {
    validateTopicName(topic);
    if (!services.metadata.image.topics.has(topic)) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION');
  }

  function describe(topic: string, index: number) {
    const failed = ({ code }: KafkaError, errorMessage: string | null) => {
      return { partitionIndex: index, errorCode: code, errorMessage, activeProducers: [] };
    };
    try {
      checkTopic(topic);
    } catch (error) {
      if (error instanceof KafkaError) return failed(error, error.message);
      throw error;
    }
    // What is wrong with the topic is told in words, what is wrong with the replica is not.
    try {
      const { log } = services.replicas.get(topic, index);
      return { partitionIndex: index, errorCode: 0, activeProducers: log.activeProducers() };
    } catch (error) {
      if (error instanceof KafkaError) return failed(error, null);
      throw error;
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
