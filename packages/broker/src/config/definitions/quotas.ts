import { className, int } from '../definition';
import { atLeast } from '../validators';

/** Windows over which quotas are measured. */
export const quotaConfigs = {
  'quota.window.num': int('low', 11, { valid: atLeast(1) }),
  'replication.quota.window.num': int('low', 11, { valid: atLeast(1) }),
  'alter.log.dirs.replication.quota.window.num': int('low', 11, { valid: atLeast(1) }),
  'controller.quota.window.num': int('low', 11, { valid: atLeast(1) }),
  'quota.window.size.seconds': int('low', 1, { valid: atLeast(1) }),
  'replication.quota.window.size.seconds': int('low', 1, { valid: atLeast(1) }),
  'alter.log.dirs.replication.quota.window.size.seconds': int('low', 1, { valid: atLeast(1) }),
  'controller.quota.window.size.seconds': int('low', 1, { valid: atLeast(1) }),
  'client.quota.callback.class': className('low', null),
};
