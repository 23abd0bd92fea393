import { ServerError } from '../tool-error';
import type { Admin } from './admin';
import { leaderFailure } from './partitions';

test('why a leader cannot be found is logged and told (PartitionLeaderStrategy)', () => {
  const lines: string[] = [];
  const log = (level: string, message: string): void => void lines.push(`${level} ${message}`);
  const admin = { client: { options: { log, logPrefix: '[x] ' } } } as unknown as Admin;
  const told = (error: ServerError['error']): string =>
    leaderFailure({ topic: 'b@d', partition: 0 }, new ServerError(error), admin).message;
  expect(told('INVALID_TOPIC_EXCEPTION')).toBe(
    'Failed to fetch metadata for partition b@d-0 due to invalid topic `b@d`',
  );
  expect(told('TOPIC_AUTHORIZATION_FAILED')).toBe(
    'Failed to fetch metadata for partition b@d-0 due to topic authorization failure',
  );
  expect(lines).toEqual([
    'ERROR [x] Received invalid topic error for topic b@d in `Metadata` response',
    'ERROR [x] Received authorization failure for topic b@d in `Metadata` response',
  ]);
});
