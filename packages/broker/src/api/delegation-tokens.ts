import { KafkaError } from '@odradek/protocol/errors';
import type { RequestContext } from './handler';

/**
 * Why this broker does nothing about delegation tokens (KIP-48): they are for those who have proved who they are, and
 * need a secret that brokers share (KafkaApis.allowTokenRequests).
 */
export function refuseTokens({ securityProtocol }: RequestContext): never {
  throw new KafkaError(
    securityProtocol === 'PLAINTEXT' ? 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED' : 'DELEGATION_TOKEN_AUTH_DISABLED',
  );
}

/** `User:alice` as messages name it. */
export function principalOf(text: string): { readonly principalType: string; readonly principalName: string } {
  const colon = text.indexOf(':');
  return { principalType: text.slice(0, colon), principalName: text.slice(colon + 1) };
}

export const NO_HMAC = Buffer.alloc(0);
/** Where a token would have a time. */
export const NO_TIME_MS = -1;
