/** Numbers that are the same in every run and on every machine, so that a failure can be had again (mulberry32): of 32 bits. */
export function seededWords(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** As `Math.random`: at least 0, below 1. */
export function seeded(seed: number): () => number {
  const next = seededWords(seed);
  return () => next() / 2 ** 32;
}

/** Whole numbers from 0 to below `limit`. */
export function seededBelow(seed: number): (limit: number) => number {
  const next = seeded(seed);
  return (limit) => Math.floor(next() * limit);
}
