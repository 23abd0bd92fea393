import { seededWords } from './seeded';

/** Mutations of well-formed bytes, repeatable from a seed: for fuzz tests only. */
export type Random = (below: number) => number;

/** A generator of its own, so that a failure can be repeated. */
export function generator(seed: number): Random {
  const next = seededWords(seed);
  return (below) => next() % below;
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xfe, 0xff];

/** A copy with a few bytes changed, now and then cut. */
export function mutate(original: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(original);
  for (let left = 1 + random(4); left > 0 && bytes.length > 0; left--) {
    const at = random(bytes.length);
    const interesting = INTERESTING[random(INTERESTING.length)]!;
    const kind = random(3);
    if (kind === 0) bytes[at] = random(256);
    else bytes.fill(interesting, at, kind === 1 ? at + 1 : Math.min(at + 4, bytes.length));
  }
  return random(4) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes;
}

export function randomBytes(random: Random, maxLength: number): Buffer {
  return Buffer.from(Array.from({ length: random(maxLength) }, () => random(256)));
}
