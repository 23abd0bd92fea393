const BITS_PER_LEVEL = 5;
const SMALL_SET = 4;

/** As Kafka's messages print a list. */
export const scalaBuffer = (ids: readonly number[]): string => `ArrayBuffer(${ids.join(', ')})`;

/** As Kafka's messages print a set of integers: few in the order in which they came, more by their hashes. */
export function scalaSet(ids: readonly number[]): string {
  return ids.length <= SMALL_SET ? `Set(${ids.join(', ')})` : `HashSet(${byHash(ids, 0).join(', ')})`;
}

/** scala.collection.immutable.HashSet: a trie of which each node tells its own elements first. */
function byHash(ids: readonly number[], level: number): number[] {
  const slots = new Map<number, number[]>();
  for (const id of ids) {
    const slot = (improved(id) >>> (level * BITS_PER_LEVEL)) & ((1 << BITS_PER_LEVEL) - 1);
    slots.set(slot, [...(slots.get(slot) ?? []), id]);
  }
  const inOrder = [...slots].sort(([one], [other]) => one - other).map(([, found]) => found);
  return [
    ...inOrder.filter(({ length }) => length === 1).flat(),
    ...inOrder.filter(({ length }) => length > 1).flatMap((found) => byHash(found, level + 1)),
  ];
}

/** scala.collection.Hashing.improve */
function improved(hash: number): number {
  let h = (hash + ~(hash << 9)) | 0;
  h ^= h >>> 14;
  h = (h + (h << 4)) | 0;
  return h ^ (h >>> 10);
}
