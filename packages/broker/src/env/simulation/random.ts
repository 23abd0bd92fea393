import { seededWords } from '@odradek/protocol/testing/seeded';
import type { Random } from '../random';

/** Chance from a seed: the same numbers in every run and on every machine. */
export class SeededRandom implements Random {
  private readonly word: () => number;

  constructor(seed: number) {
    this.word = seededWords(seed);
  }

  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** At least 0, below 1. */
  fraction(): number {
    return this.word() / 2 ** 32;
  }

  /** From `low` up to, and without, `high`; fractions are real. */
  between(low: number, high: number): number {
    return low + this.fraction() * (high - low);
  }

  /** True once in `times`, on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; at++) bytes[at] = this.below(256);
    return bytes;
  }

  uuid(): string {
    for (;;) {
      const bytes = this.bytes(16);
      bytes[6] = (bytes[6]! & 0x0f) | 0x40;
      bytes[8] = (bytes[8]! & 0x3f) | 0x80;
      const text = bytes.toString('base64url');
      if (!text.startsWith('-')) return text;
    }
  }

  /** Another generator, so that what it decides does not depend on how much others ask. */
  fork(): SeededRandom {
    return new SeededRandom(this.word());
  }
}
