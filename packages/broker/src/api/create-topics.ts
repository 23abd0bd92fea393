import { KafkaError } from '@odradek/protocol/errors';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import { CLUSTER_METADATA_TOPIC } from '../cluster/topic-names';
import type { CreatedTopic } from '../controller/topic-admin';
import type { MutationPermits } from '../quotas/mutation-quota';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { mutationPermits } from './throttle';
import { describeCreatedTopic } from './topic-description';
import { mapInTurns } from './turns';

/** From here on clients know that a quota may refuse them (KIP-599). */
const STRICT_QUOTA_VERSION = 6;

type Request = RequestOf<typeof CreateTopics>;
type Wish = Request['topics'][number];
type Entry = NonNullable<ResponseInit<typeof CreateTopics>['topics']>[number];

function failed(name: string, error: KafkaError, topicId = ZERO_UUID): Entry {
  return {
    name,
    topicId,
    errorCode: error.code,
    errorMessage: specificMessage(error),
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  };
}

interface Outcome {
  readonly entry: Entry;
  /** What has been made, if it has. */
  readonly created?: CreatedTopic;
}

function refusalOf(name: string, twice: ReadonlySet<string>): KafkaError | null {
  if (twice.has(name)) return new KafkaError('INVALID_REQUEST', 'Found multiple entries for this topic.');
  if (name !== CLUSTER_METADATA_TOPIC) return null;
  return new KafkaError('INVALID_REQUEST', `Creation of internal topic ${CLUSTER_METADATA_TOPIC} is prohibited.`);
}

/** Makes topics and answers once they have leaders, or the time is over (KIP-4, KIP-525). */
export function createTopics(services: Services): Handler<typeof CreateTopics> {
  const logger = services.loggers.logger(
    'kafka.server.ZkAdminManager',
    `[Admin Manager on Broker ${services.brokerId}]: `,
  );

  async function create(topic: Wish, request: Request, permits: MutationPermits): Promise<Outcome> {
    try {
      const created = await services.topicAdmin.create(topic, request.validateOnly, permits.take);
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

  /**
   * The entry once the topic has leaders; a topic that is late keeps its id, so that it can be asked for. As with
   * DelayedCreatePartitions time counts from when all topics of the request are in ZooKeeper, however long that took.
   */
  async function settled({ entry, created }: Outcome, { timeoutMs, validateOnly }: Request): Promise<Entry> {
    if (!created || validateOnly) return entry;
    const { numPartitions } = created;
    const ready = timeoutMs > 0 && (await services.topicAdmin.waitForLeaders(entry.name, numPartitions, timeoutMs));
    return ready ? entry : failed(entry.name, new KafkaError('REQUEST_TIMED_OUT'), created.topicId);
  }

  return handler({
    api: CreateTopics,
    async handle(request, context) {
      if (!services.controller.isActive) {
        return { topics: request.topics.map(({ name }) => failed(name, new KafkaError('NOT_CONTROLLER'))) };
      }
      const permits = mutationPermits(services, context, STRICT_QUOTA_VERSION);
      const twice = duplicates(request.topics.map(({ name }) => name));
      // One after the other: of two names that collide the first wins.
      const outcomes = await mapInTurns(services.clock, request.topics, 1, async (topic): Promise<Outcome> => {
        const refusal = refusalOf(topic.name, twice);
        return refusal ? { entry: failed(topic.name, refusal) } : create(topic, request, permits);
      });
      const topics = await Promise.all(outcomes.map((outcome) => settled(outcome, request)));
      return { throttleTimeMs: permits.throttleMs(), topics };
    },
    fail: (error, { topics }) => ({
      topics: topics.map(({ name }) => ({ name, errorCode: error.code, errorMessage: specificMessage(error) })),
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
