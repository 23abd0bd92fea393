import { DecompressionLimitError } from './errors';

/** Copies go word by word and may write so far past their end. */
const SLACK_BYTES = 4;
/** From here on a call into native code is cheaper than words. */
const NATIVE_FROM_BYTES = 64;

/** Bytes that can be moved four at a time, wherever they lie. */
export const wordsOf = (b: Buffer): DataView => new DataView(b.buffer, b.byteOffset, b.length);

/** What a scratch keeps at most: larger output has memory of its own. */
const MAX_SCRATCH_BYTES = 8 * 1024 * 1024;

/**
 * Memory for output that is looked at and forgotten before the next is made. Fresh memory costs a page fault for every
 * 4 KB: a quarter of the time that it takes to fill it.
 */
export class Scratch {
  private buffer = Buffer.alloc(0);

  /** At least so many bytes; what an earlier call returned is no longer good. */
  take(bytes: number): Buffer {
    if (bytes <= this.buffer.length) return this.buffer;
    const fresh = Buffer.allocUnsafeSlow(bytes);
    if (bytes <= MAX_SCRATCH_BYTES) this.buffer = fresh;
    return fresh;
  }
}

/** Grows to what a decompressor yields, never beyond `maxBytes`. */
export class Inflated {
  buffer: Buffer;
  words: DataView;
  length = 0;

  constructor(
    expectedBytes: number,
    private readonly maxBytes: number,
    private readonly scratch?: Scratch,
  ) {
    this.buffer = this.allocate(Math.min(expectedBytes, maxBytes) + SLACK_BYTES);
    this.words = wordsOf(this.buffer);
  }

  private allocate(bytes: number): Buffer {
    return this.scratch ? this.scratch.take(bytes) : Buffer.allocUnsafe(bytes);
  }

  /**
   * Makes room for up to `bytes` more and returns where room ends: at most `maxBytes`, so a decompressor that reaches
   * it calls `overflow`.
   */
  room(bytes: number): number {
    const wanted = Math.min(this.length + bytes, this.maxBytes);
    if (wanted + SLACK_BYTES > this.buffer.length) {
      const size = Math.min(Math.max(wanted, this.buffer.length * 2), this.maxBytes);
      const grown = this.allocate(size + SLACK_BYTES);
      this.buffer.copy(grown, 0, 0, this.length);
      this.buffer = grown;
      this.words = wordsOf(grown);
    }
    return wanted;
  }

  isFullAt(end: number): boolean {
    return end >= this.maxBytes;
  }

  overflow(): never {
    throw new DecompressionLimitError(this.maxBytes);
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
}

/**
 * Copies `length` bytes from `distance` back; the two may overlap, as in all LZ77 formats. `words` is a view of `b`, which
 * has slack behind the copy.
 */
export function copyBack(b: Buffer, words: DataView, to: number, distance: number, length: number): void {
  let from = to - distance;
  const end = to + length;
  if (length >= NATIVE_FROM_BYTES && distance >= length) {
    b.copyWithin(to, from, from + length);
  } else if (distance >= 4) {
    for (; to < end; to += 4, from += 4) words.setInt32(to, words.getInt32(from, true), true);
  } else {
    while (to < end) b[to++] = b[from++]!;
  }
}

/**
 * Copies literals from `source` to `target`, which has slack behind them; short ones word by word, which spares a call
 * into native code. `read` and `write` are views of the two.
 */
export function copyLiterals(
  source: Buffer,
  read: DataView,
  from: number,
  target: Buffer,
  write: DataView,
  to: number,
  length: number,
): void {
  const end = to + length;
  if (length >= NATIVE_FROM_BYTES) {
    source.copy(target, to, from, from + length);
  } else if (from + length + 3 <= read.byteLength) {
    for (; to < end; to += 4, from += 4) write.setInt32(to, read.getInt32(from, true), true);
  } else {
    while (to < end) target[to++] = source[from++]!;
  }
}
