import { ExpireDelegationToken } from '@odradek/protocol/messages/expire-delegation-token';
import { NO_TIME_MS, refuseTokens } from './delegation-tokens';
import { type Handler, handler } from './handler';

/** Refused on every listener that this broker serves. */
export function expireDelegationToken(): Handler<typeof ExpireDelegationToken> {
  return handler({
    api: ExpireDelegationToken,
    handle: (_, context) => refuseTokens(context),
    fail: ({ code }) => ({ errorCode: code, expiryTimestampMs: NO_TIME_MS }),
  });
}
