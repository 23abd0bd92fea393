import { hashMapOrder, stringHash } from '@odradek/tools/java-order';
import { valueHash } from './hash';

const LEAST_BUCKETS = 1;

/**
 * A map that iterates in the order of a java.util.HashMap: Connect's data without schemas, and its configurations, are
 * such maps, so the order shows in files, topics and answers.
 */
export class JavaHashMap<K = unknown, V = unknown> extends Map<K, V> {
  readonly javaClass = 'java.util.HashMap';
  private sorted: K[] | undefined;
  private buckets: number;

  /** @param capacity the capacity that the Java map is made with, 16 where none was given */
  constructor(entries: Iterable<readonly [K, V]> = [], capacity = 16) {
    super();
    this.buckets = LEAST_BUCKETS;
    while (this.buckets < capacity) this.buckets *= 2;
    for (const [key, value] of entries) this.set(key, value);
  }

  /** A copy as `new HashMap<>(map)` makes it. */
  static copyOf<K, V>(map: ReadonlyMap<K, V>): JavaHashMap<K, V> {
    return new JavaHashMap(map, map.size / 0.75 + 1);
  }

  override set(key: K, value: V): this {
    if (!super.has(key)) this.sorted = undefined;
    super.set(key, value);
    while (this.size > this.buckets * 0.75) this.buckets *= 2;
    return this;
  }

  override delete(key: K): boolean {
    this.sorted = undefined;
    return super.delete(key);
  }

  override clear(): void {
    this.sorted = undefined;
    super.clear();
  }

  private order(): K[] {
    this.sorted ??= hashMapOrder([...super.keys()], hashOf, this.buckets);
    return this.sorted;
  }

  override keys(): MapIterator<K> {
    return this.order()[Symbol.iterator]() as MapIterator<K>;
  }

  override *entries(): MapIterator<[K, V]> {
    for (const key of this.order()) yield [key, this.get(key)!];
  }

  override *values(): MapIterator<V> {
    for (const key of this.order()) yield this.get(key)!;
  }

  override [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  override forEach(callback: (value: V, key: K, map: Map<K, V>) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }
}

const hashOf = (key: unknown): number => (typeof key === 'string' ? stringHash(key) : valueHash(key));
