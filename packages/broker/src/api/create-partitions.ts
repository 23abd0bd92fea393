import { KafkaError } from '@odradek/protocol/errors';
import { CreatePartitions } from '@odradek/protocol/messages/create-partitions';
import type { RequestOf } from '@odradek/protocol/schema/api';
import type { MutationPermits } from '../quotas/mutation-quota';
import { specificMessage } from './api-error';
import { duplicates } from './create-topics';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { mutationPermits } from './throttle';
import { mapInTurns } from './turns';

/** From here on clients know that a quota may refuse them (KIP-599). */
const STRICT_QUOTA_VERSION = 3;

type Wish = RequestOf<typeof CreatePartitions>['topics'][number];

/** How many topics of one request are changed at once. */
const AT_A_TIME = 100;

/** Adds partitions and answers once they have leaders, or the time is over (KIP-195). */
export function createPartitions(services: Services): Handler<typeof CreatePartitions> {
  const logger = services.loggers.logger(
    'kafka.server.ZkAdminManager',
    `[Admin Manager on Broker ${services.brokerId}]: `,
  );

  async function add(
    { name, count, assignments }: Wish,
    request: RequestOf<typeof CreatePartitions>,
    permits: MutationPermits,
  ): Promise<KafkaError | null> {
    try {
      const given = assignments?.map(({ brokerIds }) => brokerIds) ?? null;
      await services.topicAdmin.addPartitions(name, count, given, request.validateOnly, permits.take);
      if (request.validateOnly) return null;
      const ready = request.timeoutMs > 0 && (await services.topicAdmin.waitForLeaders(name, count, request.timeoutMs));
      return ready ? null : new KafkaError('REQUEST_TIMED_OUT');
    } catch (error) {
      if (error instanceof KafkaError) return error;
      logger.error(`Error processing create partitions request for topic ${name}`, { error });
      return new KafkaError('UNKNOWN_SERVER_ERROR');
    }
  }

  return handler({
    api: CreatePartitions,
    async handle(request, context) {
      if (!services.controller.isActive) {
        const { code } = new KafkaError('NOT_CONTROLLER');
        return { results: request.topics.map(({ name }) => ({ name, errorCode: code, errorMessage: null })) };
      }
      const permits = mutationPermits(services, context, STRICT_QUOTA_VERSION);
      const twice = duplicates(request.topics.map(({ name }) => name));
      const names = new Set<string>();
      const wishes = request.topics.filter(({ name }) => !names.has(name) && names.add(name));
      const results = await mapInTurns(services.clock, wishes, AT_A_TIME, async (wish) => {
        const error = await outcome(wish);
        return { name: wish.name, errorCode: error?.code ?? 0, errorMessage: error && specificMessage(error) };
      });
      return { throttleTimeMs: permits.throttleMs(), results };

      async function outcome(wish: Wish): Promise<KafkaError | null> {
        if (twice.has(wish.name)) return new KafkaError('INVALID_REQUEST', 'Duplicate topic in request.');
        if (services.controller.isTopicBeingDeleted(wish.name)) {
          return new KafkaError('INVALID_TOPIC_EXCEPTION', 'The topic is queued for deletion.');
        }
        return add(wish, request, permits);
      }
    },
    fail: (error, { topics }) => ({
      results: topics.map(({ name }) => ({ name, errorCode: error.code, errorMessage: specificMessage(error) })),
    }),
  });
}
