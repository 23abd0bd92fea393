/** The rounds' constants: the binary digits of sines (RFC 1321 §3.4). */
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
const BLOCK_BYTES = 64;
/** Where a last block keeps the message's length. */
const LENGTH_AT = 56;

/**
 * MD5 (RFC 1321) of short keys: a call into OpenSSL costs several times what the digest of 16 bytes does, and there is one
 * for every record, twice. The digest is in `a` to `d`, as four words.
 */
export class Md5 {
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  private readonly block = new Int32Array(BLOCK_BYTES / 4);
  private readonly tail = new Uint8Array(2 * BLOCK_BYTES);

  /** Digests `bytes[from, to)`. */
  digest(bytes: Uint8Array, from: number, to: number): void {
    this.a = 0x67452301;
    this.b = 0xefcdab89 | 0;
    this.c = 0x98badcfe | 0;
    this.d = 0x10325476;
    let at = from;
    for (; at + BLOCK_BYTES <= to; at += BLOCK_BYTES) this.take(bytes, at);
    const { tail } = this;
    const left = to - at;
    for (let i = 0; i < left; i++) tail[i] = bytes[at + i]!;
    tail[left] = 0x80;
    const end = left < LENGTH_AT ? BLOCK_BYTES : 2 * BLOCK_BYTES;
    tail.fill(0, left + 1, end);
    this.writeBits(end - 8, to - from);
    this.take(tail, 0);
    if (end > BLOCK_BYTES) this.take(tail, BLOCK_BYTES);
  }

  /** A length of at most 2^31 bytes, as bits. */
  private writeBits(at: number, length: number): void {
    const { tail } = this;
    const low = length << 3;
    for (let i = 0; i < 4; i++) tail[at + i] = low >>> (8 * i);
    tail[at + 4] = length >>> 29;
  }

  private take(bytes: Uint8Array, at: number): void {
    const x = this.block;
    for (let i = 0; i < 16; i++, at += 4) {
      x[i] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    }
    let { a, b, c, d } = this;
    for (let i = 0; i < 16; i += 4) {
      a = step(a, b, (b & c) | (~b & d), x[i]!, SINES[i]!, 7);
      d = step(d, a, (a & b) | (~a & c), x[i + 1]!, SINES[i + 1]!, 12);
      c = step(c, d, (d & a) | (~d & b), x[i + 2]!, SINES[i + 2]!, 17);
      b = step(b, c, (c & d) | (~c & a), x[i + 3]!, SINES[i + 3]!, 22);
    }
    for (let i = 16; i < 32; i += 4) {
      a = step(a, b, (d & b) | (~d & c), x[(5 * i + 1) & 15]!, SINES[i]!, 5);
      d = step(d, a, (c & a) | (~c & b), x[(5 * i + 6) & 15]!, SINES[i + 1]!, 9);
      c = step(c, d, (b & d) | (~b & a), x[(5 * i + 11) & 15]!, SINES[i + 2]!, 14);
      b = step(b, c, (a & c) | (~a & d), x[(5 * i) & 15]!, SINES[i + 3]!, 20);
    }
    for (let i = 32; i < 48; i += 4) {
      a = step(a, b, b ^ c ^ d, x[(3 * i + 5) & 15]!, SINES[i]!, 4);
      d = step(d, a, a ^ b ^ c, x[(3 * i + 8) & 15]!, SINES[i + 1]!, 11);
      c = step(c, d, d ^ a ^ b, x[(3 * i + 11) & 15]!, SINES[i + 2]!, 16);
      b = step(b, c, c ^ d ^ a, x[(3 * i + 14) & 15]!, SINES[i + 3]!, 23);
    }
    for (let i = 48; i < 64; i += 4) {
      a = step(a, b, c ^ (b | ~d), x[(7 * i) & 15]!, SINES[i]!, 6);
      d = step(d, a, b ^ (a | ~c), x[(7 * i + 7) & 15]!, SINES[i + 1]!, 10);
      c = step(c, d, a ^ (d | ~b), x[(7 * i + 14) & 15]!, SINES[i + 2]!, 15);
      b = step(b, c, d ^ (c | ~a), x[(7 * i + 5) & 15]!, SINES[i + 3]!, 21);
    }
    this.a = (this.a + a) | 0;
    this.b = (this.b + b) | 0;
    this.c = (this.c + c) | 0;
    this.d = (this.d + d) | 0;
  }
}

function step(into: number, next: number, mixed: number, word: number, sine: number, bits: number): number {
  const sum = (into + mixed + word + sine) | 0;
  return (((sum << bits) | (sum >>> (32 - bits))) + next) | 0;
}
