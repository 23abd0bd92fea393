import { KafkaError } from '@odradek/protocol/errors';
import { AlterUserScramCredentials } from '@odradek/protocol/messages/alter-user-scram-credentials';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** Sets and removes the SCRAM credentials of users (KIP-554). */
export function alterUserScramCredentials({ scram, controller }: Services): Handler<typeof AlterUserScramCredentials> {
  return handler({
    api: AlterUserScramCredentials,
    async handle({ deletions, upsertions }) {
      if (!controller.isActive) throw new KafkaError('NOT_CONTROLLER');
      return { results: await scram.alter(deletions, upsertions) };
    },
    fail: (error, { deletions, upsertions }) => ({
      results: [...new Set([...deletions, ...upsertions].map(({ name }) => name))].map((user) => ({
        user,
        errorCode: error.code,
        errorMessage: specificMessage(error),
      })),
    }),
  });
}
