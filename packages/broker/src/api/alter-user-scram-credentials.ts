import { KafkaError } from '@odradek/protocol/errors';
import { AlterUserScramCredentials } from '@odradek/protocol/messages/alter-user-scram-credentials';
import { scramChanges } from '../cluster/scram-admin';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { mapInTurns } from './turns';

/** How many users of one request are changed at once. */
const AT_A_TIME = 100;

/** Sets and removes the SCRAM credentials of users (KIP-554). */
export function alterUserScramCredentials({
  scram,
  controller,
  clock,
}: Services): Handler<typeof AlterUserScramCredentials> {
  return handler({
    api: AlterUserScramCredentials,
    async handle({ deletions, upsertions }) {
      if (!controller.isActive) throw new KafkaError('NOT_CONTROLLER');
      const changes = scramChanges(deletions, upsertions);
      return { results: await mapInTurns(clock, changes, AT_A_TIME, (change) => scram.alter(change)) };
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
