import { int, long, password, string } from '../definition';
import { atLeast } from '../validators';

/** Delegation tokens, and the encoder of passwords stored in ZooKeeper. */
export const secretConfigs = {
  'delegation.token.master.key': password('medium', null),
  'delegation.token.secret.key': password('medium', null),
  'delegation.token.max.lifetime.ms': long('medium', 604_800_000, { valid: atLeast(1) }),
  'delegation.token.expiry.time.ms': long('medium', 86_400_000, { valid: atLeast(1) }),
  'delegation.token.expiry.check.interval.ms': long('low', 3_600_000, { valid: atLeast(1) }),
  'password.encoder.secret': password('medium', null),
  'password.encoder.old.secret': password('medium', null),
  'password.encoder.keyfactory.algorithm': string('low', null),
  'password.encoder.cipher.algorithm': string('low', 'AES/CBC/PKCS5Padding'),
  'password.encoder.key.length': int('low', 128, { valid: atLeast(8) }),
  'password.encoder.iterations': int('low', 4096, { valid: atLeast(1024) }),
};
