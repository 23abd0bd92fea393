/**
 * The orders of Java's hash collections. Kafka's tools print many things in the order of a HashMap, so a tool whose
 * output is to be the same must iterate in that order.
 */
export function stringHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(31, hash) + text.charCodeAt(index)) | 0;
  return hash;
}

/** org.apache.kafka.common.TopicPartition.hashCode. */
export const topicPartitionHash = (topic: string, partition: number): number =>
  (Math.imul(31, 31 + partition) + stringHash(topic)) | 0;

const DEFAULT_CAPACITY = 16;
const LOAD_FACTOR = 0.75;

/** The items in the order in which a java.util.HashMap that got them in this order iterates. */
export function hashMapOrder<T>(
  items: readonly T[],
  hashOf: (item: T) => number,
  initialCapacity = DEFAULT_CAPACITY,
): T[] {
  let buckets = 1;
  while (buckets < initialCapacity) buckets *= 2;
  while (items.length > buckets * LOAD_FACTOR) buckets *= 2;
  const bucketOf = (item: T): number => {
    const hash = hashOf(item);
    return (hash ^ (hash >>> 16)) & (buckets - 1);
  };
  return [...items].sort((a, b) => bucketOf(a) - bucketOf(b));
}

/** Numbers in the order of a Java HashSet of Integers, each once. */
export const integerSetOrder = (values: readonly number[], initialCapacity?: number): number[] =>
  hashMapOrder([...new Set(values)], (value) => value, initialCapacity);

/** What stands more than once, in the order of a Java HashSet (org.apache.kafka.tools.ToolsUtils.duplicates). */
export function duplicates<T>(items: readonly T[], hashOf: (item: T) => number): T[] {
  const [seen, twice] = [new Set<T>(), new Set<T>()];
  for (const item of items) (seen.has(item) ? twice : seen).add(item);
  return hashMapOrder([...twice], hashOf);
}

/**
 * The items in the order in which Scala's mutable.HashMap and mutable.HashSet iterate: by bucket, and by hash within
 * one. They double their table one element earlier than Java's.
 */
export function scalaHashOrder<T>(items: readonly T[], hashOf: (item: T) => number): T[] {
  let buckets = DEFAULT_CAPACITY;
  while (items.length >= buckets * LOAD_FACTOR) buckets *= 2;
  const spread = (item: T): number => hashOf(item) ^ (hashOf(item) >>> 16);
  const bucketOf = (item: T): number => spread(item) & (buckets - 1);
  return [...items].sort((a, b) => bucketOf(a) - bucketOf(b) || spread(a) - spread(b));
}
