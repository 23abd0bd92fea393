const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

const word = (b: Buffer, at: number): number => b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24);

const round = (lane: number, input: number): number =>
  Math.imul(rotate((lane + Math.imul(input, PRIME_2)) | 0, 13), PRIME_1);

/** XXH32 of `b[from, to)` with seed 0, unsigned: the checksum of LZ4 frames. */
export function xxHash32(b: Buffer, from: number, to: number): number {
  let at = from;
  let hash: number;
  if (to - from >= 16) {
    let lane1 = (PRIME_1 + PRIME_2) | 0;
    let lane2 = PRIME_2 | 0;
    let lane3 = 0;
    let lane4 = -PRIME_1 | 0;
    for (; to - at >= 16; at += 16) {
      lane1 = round(lane1, word(b, at));
      lane2 = round(lane2, word(b, at + 4));
      lane3 = round(lane3, word(b, at + 8));
      lane4 = round(lane4, word(b, at + 12));
    }
    hash = rotate(lane1, 1) + rotate(lane2, 7) + rotate(lane3, 12) + rotate(lane4, 18);
  } else hash = PRIME_5;
  hash = (hash + (to - from)) | 0;
  for (; to - at >= 4; at += 4) hash = Math.imul(rotate((hash + Math.imul(word(b, at), PRIME_3)) | 0, 17), PRIME_4);
  for (; at < to; at++) hash = Math.imul(rotate((hash + Math.imul(b[at]!, PRIME_5)) | 0, 11), PRIME_1);
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
