/** Kafka's murmur2 of a key: what decides its partition (org.apache.kafka.common.utils.Utils.murmur2). */
export function murmur2(data: Uint8Array): number {
  const M = 0x5bd1e995;
  const { length } = data;
  let hash = 0x9747b28c ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    word = Math.imul(word, M);
    word ^= word >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(word, M);
  }
  const left = length - at;
  if (left > 2) hash ^= data[at + 2]! << 16;
  if (left > 1) hash ^= data[at + 1]! << 8;
  if (left > 0) hash = Math.imul(hash ^ data[at]!, M);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  return hash ^ (hash >>> 15);
}

/** The partition of a keyed record. */
export const partitionForKey = (key: Uint8Array, partitions: number): number =>
  (murmur2(key) & 0x7fffffff) % partitions;

/**
 * Spreads keyless records: stays with one partition until a batch's worth of bytes went there, then picks another at
 * random (KIP-794, org.apache.kafka.clients.producer.internals.BuiltInPartitioner).
 */
export class StickyPartitioner {
  private partition = -1;
  private producedBytes = 0;

  constructor(
    private readonly stickyBytes: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** The partition for the next record, of those that have a leader. */
  choose(available: readonly number[]): number {
    if (!available.includes(this.partition)) this.pick(available);
    return this.partition;
  }

  /** Tells what went to the chosen partition, and whether a batch was filled there: only then is a change wished for. */
  produced(bytes: number, isBatchFull: boolean, available: readonly number[]): void {
    this.producedBytes += bytes;
    const enough = isBatchFull ? this.stickyBytes : 2 * this.stickyBytes;
    if (this.producedBytes >= enough) this.pick(available);
  }

  private pick(available: readonly number[]): void {
    this.partition = available[Math.floor(this.random() * available.length)]!;
    this.producedBytes = 0;
  }
}
