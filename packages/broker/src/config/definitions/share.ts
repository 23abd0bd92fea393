import { boolean, int, short } from '../definition';
import { between } from '../validators';

/** Share groups, which need KRaft: read and checked, without effect. */
export const shareConfigs = {
  'group.share.enable': boolean('medium', false, { internal: true }),
  'group.share.delivery.count.limit': int('medium', 5, { valid: between(2, 10) }),
  'group.share.record.lock.duration.ms': int('medium', 30_000, { valid: between(1000, 60_000) }),
  'group.share.min.record.lock.duration.ms': int('medium', 15_000, { valid: between(1000, 30_000) }),
  'group.share.max.record.lock.duration.ms': int('medium', 60_000, { valid: between(30_000, 3_600_000) }),
  'group.share.max.groups': short('medium', 10, { valid: between(1, 100) }),
  'group.share.partition.max.record.locks': int('medium', 200, { valid: between(100, 10_000) }),
};
