import { CreateDelegationToken } from '@odradek/protocol/messages/create-delegation-token';
import { NO_HMAC, NO_TIME_MS, principalOf, refuseTokens } from './delegation-tokens';
import { type Handler, handler } from './handler';

/** Refused on every listener that this broker serves; says all the same whose token it would have been. */
export function createDelegationToken(): Handler<typeof CreateDelegationToken> {
  return handler({
    api: CreateDelegationToken,
    handle: (_, context) => refuseTokens(context),
    fail({ code }, { ownerPrincipalType, ownerPrincipalName }, { principal }) {
      const requester = principalOf(principal);
      return {
        errorCode: code,
        principalType: ownerPrincipalName ? (ownerPrincipalType ?? '') : requester.principalType,
        principalName: ownerPrincipalName || requester.principalName,
        tokenRequesterPrincipalType: requester.principalType,
        tokenRequesterPrincipalName: requester.principalName,
        issueTimestampMs: NO_TIME_MS,
        expiryTimestampMs: NO_TIME_MS,
        maxTimestampMs: NO_TIME_MS,
        tokenId: '',
        hmac: NO_HMAC,
      };
    },
  });
}
