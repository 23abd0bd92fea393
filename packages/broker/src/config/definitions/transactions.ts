import { boolean, int, short } from '../definition';
import { atLeast } from '../validators';

/** Transaction coordinator and producer ids. */
export const transactionConfigs = {
  'transaction.state.log.min.isr': int('high', 2, { valid: atLeast(1) }),
  'transaction.state.log.load.buffer.size': int('high', 5_242_880, { valid: atLeast(1) }),
  'transaction.state.log.replication.factor': short('high', 3, { valid: atLeast(1) }),
  'transaction.state.log.num.partitions': int('high', 50, { valid: atLeast(1) }),
  'transaction.state.log.segment.bytes': int('high', 104_857_600, { valid: atLeast(1) }),
  'transaction.partition.verification.enable': boolean('low', true, { mode: 'cluster-wide' }),
  'producer.id.expiration.ms': int('low', 86_400_000, { valid: atLeast(1), mode: 'cluster-wide' }),
  'producer.id.expiration.check.interval.ms': int('low', 600_000, { valid: atLeast(1), internal: true }),
  'transactional.id.expiration.ms': int('high', 604_800_000, { valid: atLeast(1) }),
  'transaction.max.timeout.ms': int('high', 900_000, { valid: atLeast(1) }),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int('low', 10_000, { valid: atLeast(1) }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': int('low', 3_600_000, { valid: atLeast(1) }),
};
