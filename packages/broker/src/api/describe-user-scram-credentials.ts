import { DescribeUserScramCredentials } from '@odradek/protocol/messages/describe-user-scram-credentials';
import { specificMessage } from './api-error';
import { type Handler, handler } from './handler';
import type { Services } from './services';

/** By which SCRAM mechanisms users can log in (KIP-554); nothing of their secrets. */
export function describeUserScramCredentials({ scram }: Services): Handler<typeof DescribeUserScramCredentials> {
  return handler({
    api: DescribeUserScramCredentials,
    async handle({ users }) {
      const results = await scram.describe(users?.map(({ name }) => name) ?? null);
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
