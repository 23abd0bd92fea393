import { DescribeDelegationToken } from '@odradek/protocol/messages/describe-delegation-token';
import { refuseTokens } from './delegation-tokens';
import { type Handler, handler } from './handler';

/** Refused on every listener that this broker serves. */
export function describeDelegationToken(): Handler<typeof DescribeDelegationToken> {
  return handler({
    api: DescribeDelegationToken,
    handle: (_, context) => refuseTokens(context),
    fail: ({ code }) => ({ errorCode: code, tokens: [] }),
  });
}
