import { KafkaError } from '@odradek/protocol/errors';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { CreatedTopic } from '../controller/topic-admin';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { describeCreatedTopic } from './topic-description';

type Wish = RequestOf<typeof CreateTopics>['topics'][number];
type Entry = NonNullable<ResponseInit<typeof CreateTopics>['topics']>[number];

function failed(name: string, error: KafkaError, message: string | null = error.message): Entry {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode: error.code,
    errorMessage: message,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  };
}

/** Makes topics and answers once they have leaders, or the time is over (KIP-4, KIP-525). */
export function createTopics(services: Services): Handler<typeof CreateTopics> {
  const logger = services.loggers.logger(
    'kafka.server.ZkAdminManager',
    `[Admin Manager on Broker ${services.brokerId}]: `,
  );

  async function create(
    topic: Wish,
    request: RequestOf<typeof CreateTopics>,
  ): Promise<{ entry: Entry; created?: CreatedTopic }> {
    try {
      const created = await services.topicAdmin.create(topic, request.validateOnly);
      const entry = {
        name: topic.name,
        topicId: created.topicId,
        errorCode: 0,
        errorMessage: null,
        numPartitions: created.numPartitions,
        replicationFactor: created.replicationFactor,
        configs: describeCreatedTopic(services, created.configs),
      };
      return { entry, created };
    } catch (thrown) {
      const error = thrown instanceof KafkaError ? thrown : new KafkaError('UNKNOWN_SERVER_ERROR');
      if (thrown instanceof KafkaError)
        logger.info(`Error processing create topic request ${topic.name}: ${error.message}`);
      else logger.error(`Error processing create topic request ${topic.name}`, { error: thrown });
      return { entry: failed(topic.name, error) };
    }
  }

  return handler({
    api: CreateTopics,
    async handle(request) {
      if (!services.controller.isActive) {
        return { topics: request.topics.map(({ name }) => failed(name, new KafkaError('NOT_CONTROLLER'), null)) };
      }
      const twice = duplicates(request.topics.map(({ name }) => name));
      const entries = new Map<string, Entry>();
      const created = new Map<string, CreatedTopic>();
      const deadlineMs = services.clock.monotonicMs() + request.timeoutMs;
      for (const topic of request.topics) {
        if (twice.has(topic.name)) {
          entries.set(
            topic.name,
            failed(topic.name, new KafkaError('INVALID_REQUEST', 'Found multiple entries for this topic.')),
          );
          continue;
        }
        const outcome = await create(topic, request);
        entries.set(topic.name, outcome.entry);
        if (outcome.created && !request.validateOnly) created.set(topic.name, outcome.created);
      }
      await Promise.all(
        [...created].map(async ([name, { numPartitions }]) => {
          const left = request.timeoutMs <= 0 ? 0 : deadlineMs - services.clock.monotonicMs();
          const ready = left > 0 && (await services.topicAdmin.waitForLeaders(name, numPartitions, left));
          if (!ready) entries.set(name, failed(name, new KafkaError('REQUEST_TIMED_OUT')));
        }),
      );
      return { topics: [...entries.values()] };
    },
    fail: ({ code, message }, { topics }) => ({
      topics: topics.map(({ name }) => ({ name, errorCode: code, errorMessage: message })),
    }),
  });
}

/** The items that are there more than once. */
export function duplicates<Item>(items: readonly Item[]): Set<Item> {
  const seen = new Set<Item>();
  const twice = new Set<Item>();
  for (const item of items) {
    if (seen.has(item)) twice.add(item);
    seen.add(item);
  }
  return twice;
}
