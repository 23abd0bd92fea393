import type { ErrorName } from '@odradek/protocol/errors';

/** What a client is told that another producer has taken the place of; old ones do not know the word for it (KIP-588). */
export function fencedError(error: ErrorName, knowsFenced: boolean): ErrorName {
  return error === 'PRODUCER_FENCED' && !knowsFenced ? 'INVALID_PRODUCER_EPOCH' : error;
}
