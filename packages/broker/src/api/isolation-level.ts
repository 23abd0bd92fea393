import { KafkaError } from '@odradek/protocol/errors';

export const READ_UNCOMMITTED = 0;
export const READ_COMMITTED = 1;

/** Throws UNKNOWN_SERVER_ERROR for a level that is none: Kafka trips over it (IsolationLevel.forId). */
export function checkIsolationLevel(level: number): void {
  if (level < READ_UNCOMMITTED || level > READ_COMMITTED) throw new KafkaError('UNKNOWN_SERVER_ERROR');
}
