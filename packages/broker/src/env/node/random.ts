import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { Random } from '../random';

/** The system's randomness. */
export const nodeRandom: Random = {
  below: (limit) => randomInt(limit),
  bytes: (length) => randomBytes(length),
  uuid: () => {
    for (;;) {
      const uuid = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
      if (!uuid.startsWith('-')) return uuid;
    }
  },
};
