import { KafkaError } from '@odradek/protocol/errors';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import { duplicates } from './create-topics';
import { type Handler, handler } from './handler';
import type { Services } from './services';

type Request = RequestOf<typeof DeleteTopics>;
type Entry = NonNullable<ResponseInit<typeof DeleteTopics>['responses']>[number];

interface Wish {
  readonly name: string | null;
  readonly topicId: string;
}

const FIRST_VERSION_BY_ID = 6;
const FIRST_DELETION_DISABLED_VERSION = 3;

function entryOf({ name, topicId }: Wish, error: KafkaError | null): Entry {
  return { name, topicId, errorCode: error?.code ?? 0, errorMessage: error?.message ?? null };
}

/** Marks topics for deletion and answers once they are gone, or the time is over (KIP-4, KIP-516). */
export function deleteTopics(services: Services): Handler<typeof DeleteTopics> {
  const wishesOf = (request: Request, version: number): Wish[] =>
    version >= FIRST_VERSION_BY_ID
      ? request.topics.map(({ name, topicId }) => ({ name, topicId }))
      : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));

  async function remove(wish: Wish, timeoutMs: number): Promise<Entry> {
    const { image } = services.metadata;
    const name = wish.name ?? image.topicNames.get(wish.topicId) ?? null;
    if (name === null) return entryOf(wish, new KafkaError('UNKNOWN_TOPIC_ID'));
    const topicId = image.topics.get(name)?.topicId ?? wish.topicId;
    const known = { name, topicId };
    if (!image.topics.has(name))
      return entryOf({ name, topicId: wish.topicId }, new KafkaError('UNKNOWN_TOPIC_OR_PARTITION'));
    try {
      await services.topicAdmin.delete(name);
      const gone = timeoutMs > 0 && (await services.topicAdmin.waitUntilGone(name, timeoutMs));
      return entryOf(known, gone ? null : new KafkaError('REQUEST_TIMED_OUT'));
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown;
      return entryOf(known, thrown);
    }
  }

  return handler({
    api: DeleteTopics,
    async handle(request, { apiVersion }) {
      const wishes = wishesOf(request, apiVersion);
      if (wishes.some(({ name, topicId }) => name !== null && topicId !== ZERO_UUID)) {
        throw new KafkaError('INVALID_REQUEST', 'Topic name and topic ID can not both be specified.');
      }
      const refusal = refusalOf(services, apiVersion);
      if (refusal) return { responses: wishes.map((wish) => ({ ...entryOf(wish, refusal), errorMessage: null })) };
      const twice = duplicates(
        wishes.map(({ name, topicId }) => name ?? services.metadata.image.topicNames.get(topicId) ?? topicId),
      );
      const responses = await Promise.all(
        wishes.map((wish) => {
          const key = wish.name ?? services.metadata.image.topicNames.get(wish.topicId) ?? wish.topicId;
          if (!twice.has(key)) return remove(wish, request.timeoutMs);
          return entryOf(wish, new KafkaError('INVALID_REQUEST', 'Duplicate topic in request.'));
        }),
      );
      return { responses };
    },
    fail: ({ code, message }, request) => ({
      responses: [
        ...request.topics.map(({ name, topicId }) => ({ name, topicId, errorCode: code, errorMessage: message })),
        ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID, errorCode: code, errorMessage: message })),
      ],
    }),
  });
}

function refusalOf(services: Services, version: number): KafkaError | null {
  if (!services.controller.isActive) return new KafkaError('NOT_CONTROLLER');
  if (services.config().values.deleteTopicEnable) return null;
  return new KafkaError(version < FIRST_DELETION_DISABLED_VERSION ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED');
}
