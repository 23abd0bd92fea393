import { randomBytes, randomFillSync, randomInt, randomUUID } from 'node:crypto';
import type { Random } from '../random';

/** Asking the system costs the same for sixteen bytes and for some thousand. */
const pool = Buffer.alloc(4096);
let used = pool.length;

function pooledBytes(length: number): Buffer {
  if (length > pool.length >> 4) return randomBytes(length);
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + length));
  used += length;
  return bytes;
}

/** The system's randomness. */
export const nodeRandom: Random = {
  below: (limit) => randomInt(limit),
  bytes: pooledBytes,
  uuid: () => {
    for (;;) {
      const uuid = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
      if (!uuid.startsWith('-')) return uuid;
    }
  },
};
