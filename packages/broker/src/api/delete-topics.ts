import { ERRORS, type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import type { RequestOf } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { MutationPermits } from '../quotas/mutation-quota';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { mutationPermits } from './throttle';

type Request = RequestOf<typeof DeleteTopics>;

/** One topic of the request; its name is null where its id stands for none. */
interface Wish {
  readonly name: string | null;
  readonly topicId: string;
}

const FIRST_VERSION_BY_ID = 6;
const FIRST_DELETION_DISABLED_VERSION = 3;
/** From here on clients know that a quota may refuse them (KIP-599). */
const STRICT_QUOTA_VERSION = 5;

const entryOf = ({ name, topicId }: Wish, error: ErrorName) => ({ name, topicId, errorCode: ERRORS[error].code });

const wishesOf = (request: Request, version: number): Wish[] =>
  version >= FIRST_VERSION_BY_ID
    ? request.topics.map(({ name, topicId }) => ({ name, topicId }))
    : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));

/** Marks topics for deletion and answers once they are gone, or the time is over (KIP-4, KIP-516). */
export function deleteTopics(services: Services): Handler<typeof DeleteTopics> {
  const logger = services.loggers.logger(
    'kafka.server.ZkAdminManager',
    `[Admin Manager on Broker ${services.brokerId}]: `,
  );

  function named({ name, topicId }: Wish): Wish {
    if (name !== null && topicId !== ZERO_UUID) {
      throw new KafkaError('INVALID_REQUEST', 'Topic name and topic ID can not both be specified.');
    }
    if (topicId === ZERO_UUID) return { name, topicId };
    return { name: services.metadata.image.topicNames.get(topicId) ?? null, topicId };
  }

  async function remove(name: string, timeoutMs: number, permits: MutationPermits): Promise<ErrorName> {
    try {
      await services.topicAdmin.delete(name, permits.take);
    } catch (error) {
      if (error instanceof KafkaError) return error.error;
      logger.error(`Error processing delete topic request for topic ${name}`, { error });
      return 'UNKNOWN_SERVER_ERROR';
    }
    const gone = timeoutMs > 0 && (await services.topicAdmin.waitUntilGone(name, timeoutMs));
    return gone ? 'NONE' : 'REQUEST_TIMED_OUT';
  }

  return handler({
    api: DeleteTopics,
    async handle(request, context) {
      const { apiVersion } = context;
      const refusal = refusalOf(services, apiVersion);
      if (refusal) return { responses: wishesOf(request, apiVersion).map((wish) => entryOf(wish, refusal)) };
      const wishes = wishesOf(request, apiVersion).map(named);
      const { topics } = services.metadata.image;
      const names = new Set(wishes.flatMap(({ name }) => (name !== null && topics.has(name) ? [name] : [])));
      const errors = new Map<string, ErrorName>();
      const permits = mutationPermits(services, context, STRICT_QUOTA_VERSION);
      await Promise.all(
        [...names].map(async (name) => errors.set(name, await remove(name, request.timeoutMs, permits))),
      );
      // A topic that is named twice is deleted once, and its outcome told in its first place only.
      return {
        throttleTimeMs: permits.throttleMs(),
        responses: wishes.map((wish) => {
          if (wish.name === null || !names.has(wish.name)) return entryOf(wish, whyNot(wish));
          const error = errors.get(wish.name) ?? 'NONE';
          errors.delete(wish.name);
          return entryOf(wish, error);
        }),
      };
    },
    fail: ({ code }, request) => ({
      responses: [
        ...request.topics.map(({ name, topicId }) => ({ name, topicId, errorCode: code })),
        ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID, errorCode: code })),
      ],
    }),
  });
}

/** Neither name nor id is what nobody may delete. */
function whyNot({ name, topicId }: Wish): ErrorName {
  if (name !== null) return 'UNKNOWN_TOPIC_OR_PARTITION';
  return topicId === ZERO_UUID ? 'TOPIC_AUTHORIZATION_FAILED' : 'UNKNOWN_TOPIC_ID';
}

function refusalOf(services: Services, version: number): ErrorName | null {
  if (!services.controller.isActive) return 'NOT_CONTROLLER';
  if (services.config().values.deleteTopicEnable) return null;
  return version < FIRST_DELETION_DISABLED_VERSION ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED';
}
