import { double, int, LONG_MAX, long, string } from '../definition';
import { atLeast } from '../validators';

/** Int.MAX_VALUE: no limit that anybody would notice. */
const UNLIMITED = 0x7fffffff;

/** What a client or a user and client can be held to (QuotaConfigs). */
export const clientQuotaConfigs = {
  producer_byte_rate: long('medium', LONG_MAX),
  consumer_byte_rate: long('medium', LONG_MAX),
  request_percentage: double('medium', UNLIMITED),
  controller_mutation_rate: double('medium', UNLIMITED),
};

/** A user's node holds its SCRAM credentials beside its quotas. */
export const userConfigs = {
  'SCRAM-SHA-256': string('medium', null),
  'SCRAM-SHA-512': string('medium', null),
  ...clientQuotaConfigs,
};

export const ipQuotaConfigs = {
  connection_creation_rate: int('medium', UNLIMITED, { valid: atLeast(0) }),
};
