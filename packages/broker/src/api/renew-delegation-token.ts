import { RenewDelegationToken } from '@odradek/protocol/messages/renew-delegation-token';
import { NO_TIME_MS, refuseTokens } from './delegation-tokens';
import { type Handler, handler } from './handler';

/** Refused on every listener that this broker serves. */
export function renewDelegationToken(): Handler<typeof RenewDelegationToken> {
  return handler({
    api: RenewDelegationToken,
    handle: (_, context) => refuseTokens(context),
    fail: ({ code }) => ({ errorCode: code, expiryTimestampMs: NO_TIME_MS }),
  });
}
