import { DescribeUserScramCredentials } from '@odradek/protocol/messages/describe-user-scram-credentials';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { mapInTurns } from './turns';

/** How many users of one request are looked up at once. */
const AT_A_TIME = 100;

/** By which SCRAM mechanisms users can log in (KIP-554); nothing of their secrets. */
export function describeUserScramCredentials({ scram, clock }: Services): Handler<typeof DescribeUserScramCredentials> {
  return handler({
    api: DescribeUserScramCredentials,
    async handle({ users }) {
      if (users === null || users.length === 0) {
        return { errorCode: 0, errorMessage: '', results: await scram.describeAll() };
      }
      const times = new Map<string, number>();
      for (const { name } of users) times.set(name, (times.get(name) ?? 0) + 1);
      const results = await mapInTurns(clock, [...times], AT_A_TIME, ([name, count]) => scram.describe(name, count));
      return { errorCode: 0, errorMessage: '', results };
    },
    fail: (error, { users }) => ({
      errorCode: error.code,
      errorMessage: specificMessage(error),
      results: (users ?? []).map(({ name }) => ({
        user: name,
        errorCode: error.code,
        errorMessage: specificMessage(error),
        credentialInfos: [],
      })),
    }),
  });
}
