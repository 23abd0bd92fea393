import { DecompressionLimitError } from './errors';

/** Grows to what a decompressor yields, never beyond `maxBytes`. */
export class Inflated {
  buffer: Buffer;
  length = 0;

  constructor(
    expectedBytes: number,
    private readonly maxBytes: number,
  ) {
    this.buffer = Buffer.allocUnsafe(Math.min(expectedBytes, maxBytes));
  }

  /**
   * Makes room for up to `bytes` more and returns where room ends: at most `maxBytes`, so a decompressor that reaches
   * it calls `overflow`.
   */
  room(bytes: number): number {
    const wanted = Math.min(this.length + bytes, this.maxBytes);
    if (wanted > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.min(Math.max(wanted, this.buffer.length * 2), this.maxBytes));
      this.buffer.copy(grown, 0, 0, this.length);
      this.buffer = grown;
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

/** Copies `length` bytes from `distance` back; the two may overlap, as in all LZ77 formats. */
export function copyBack(b: Buffer, to: number, distance: number, length: number): void {
  const from = to - distance;
  if (distance >= length && length > 24) {
    b.copyWithin(to, from, from + length);
    return;
  }
  for (let index = 0; index < length; index++) b[to + index] = b[from + index]!;
}

/** Copies literals; short ones by hand, which spares a call into native code. */
export function copyLiterals(source: Buffer, from: number, target: Buffer, to: number, length: number): void {
  if (length > 24) {
    source.copy(target, to, from, from + length);
    return;
  }
  for (let index = 0; index < length; index++) target[to + index] = source[from + index]!;
}
