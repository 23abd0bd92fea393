import { Md5 } from './md5';

/** Four words of a key's digest and two of an offset, as Apache's takes. */
const WORDS_PER_ENTRY = 6;
export const BYTES_PER_ENTRY = WORDS_PER_ENTRY * 4;
const TWO_32 = 2 ** 32;
const NONE = -1;

/**
 * The last offset of each key, by the key's MD5 (org.apache.kafka.storage.internals.log.SkimpyOffsetMap): 24 bytes an
 * entry, however long the keys are. An open hash table in one piece of memory; nothing is ever taken out of it.
 */
export class OffsetMap {
  /** The largest offset that the map speaks for; -1 for none. */
  latestOffset = NONE;
  size = 0;
  private words = new Int32Array(0);
  private slots = 0;
  private readonly md5 = new Md5();

  /** Empties it and makes room: memory that is large enough already is used again. */
  reset(slots: number): void {
    const words = slots * WORDS_PER_ENTRY;
    if (words > this.words.length) this.words = new Int32Array(words);
    else this.words.fill(0);
    this.slots = slots;
    this.size = 0;
    this.latestOffset = NONE;
  }

  /** The key is `bytes[from, to)`. There must be a free slot. */
  put(bytes: Uint8Array, from: number, to: number, offset: number): void {
    const { words, md5 } = this;
    const at = this.find(bytes, from, to);
    if (isFree(words, at)) {
      words[at] = md5.a;
      words[at + 1] = md5.b;
      words[at + 2] = md5.c;
      words[at + 3] = md5.d;
      this.size++;
    }
    // One more than it is, so that no entry is all zeros where its offset is.
    const stored = offset + 1;
    words[at + 4] = stored | 0;
    words[at + 5] = Math.floor(stored / TWO_32);
    this.latestOffset = offset;
  }

  /** The last offset of a key, or -1. */
  get(bytes: Uint8Array, from: number, to: number): number {
    const { words } = this;
    if (this.slots === 0) return NONE;
    const at = this.find(bytes, from, to);
    return words[at + 5]! * TWO_32 + (words[at + 4]! >>> 0) - 1;
  }

  /** Offsets up to this one have been looked at, whether they have keys or not. */
  updateLatestOffset(offset: number): void {
    this.latestOffset = offset;
  }

  /** Where the key's entry is, or would be. */
  private find(bytes: Uint8Array, from: number, to: number): number {
    const { words, md5, slots } = this;
    md5.digest(bytes, from, to);
    const { a, b, c, d } = md5;
    let slot = (a >>> 0) % slots;
    for (;;) {
      const at = slot * WORDS_PER_ENTRY;
      if (isFree(words, at)) return at;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return at;
      slot = slot + 1 === slots ? 0 : slot + 1;
    }
  }
}

const isFree = (words: Int32Array, at: number): boolean => words[at + 4] === 0 && words[at + 5] === 0;
