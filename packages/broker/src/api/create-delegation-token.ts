import { KafkaError } from '@odradek/protocol/errors';
import { CreateDelegationToken } from '@odradek/protocol/messages/create-delegation-token';
import { NO_HMAC, NO_TIME_MS, principalOf, refuseTokens } from './delegation-tokens';
import { type Handler, handler } from './handler';

/** The first version in which a token may be for somebody else than who asks for it (KIP-373). */
const OWNERS_SINCE = 3;

/** Refused on every listener that this broker serves; says all the same whose token it would have been. */
export function createDelegationToken(): Handler<typeof CreateDelegationToken> {
  return handler({
    api: CreateDelegationToken,
    handle({ ownerPrincipalType, ownerPrincipalName }, context) {
      // A principal without type is none that Kafka can name.
      if (ownerPrincipalName && ownerPrincipalType === null) throw new KafkaError('UNKNOWN_SERVER_ERROR');
      return refuseTokens(context);
    },
    fail({ code }, { ownerPrincipalType, ownerPrincipalName }, { principal, apiVersion }) {
      const requester = principalOf(principal);
      const isOther = ownerPrincipalName && ownerPrincipalType !== null;
      return {
        errorCode: code,
        principalType: isOther ? ownerPrincipalType : requester.principalType,
        principalName: isOther ? ownerPrincipalName : requester.principalName,
        ...(apiVersion >= OWNERS_SINCE && {
          tokenRequesterPrincipalType: requester.principalType,
          tokenRequesterPrincipalName: requester.principalName,
        }),
        issueTimestampMs: NO_TIME_MS,
        expiryTimestampMs: NO_TIME_MS,
        maxTimestampMs: NO_TIME_MS,
        tokenId: '',
        hmac: NO_HMAC,
      };
    },
  });
}
