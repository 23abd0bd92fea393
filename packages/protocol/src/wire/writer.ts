import { UnencodableValueError } from './errors';

const TWO_32 = 0x1_0000_0000;
const INT64_MAX = 2 ** 63;
/** Byte fields from this size on are kept by reference: one more iovec is cheaper than the copy. */
const REFERENCE_BYTES = 1024;
const INITIAL_BYTES = 256;
const MAX_UVARINT_BYTES = 5;
const UUID_CHARACTERS = 22;

/**
 * Collects one message as a list of chunks. Large byte fields (record batches) are referenced, never copied: they must
 * stay unchanged until the chunks are on the wire.
 */
export class Writer {
  private readonly done: Buffer[] = [];
  private doneBytes = 0;
  private buffer: Buffer;
  private start = 0;
  private offset = 0;

  constructor(initialBytes = INITIAL_BYTES) {
    this.buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.doneBytes + this.offset - this.start;
  }

  /** The message as chunks, in order. The writer must not be used afterwards. */
  chunks(): Buffer[] {
    this.seal();
    return this.done;
  }

  /** The message as one buffer; copies if a byte field was referenced. */
  toBuffer(): Buffer {
    const chunks = this.chunks();
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, this.doneBytes);
  }

  private seal(): void {
    if (this.offset === this.start) return;
    this.done.push(this.buffer.subarray(this.start, this.offset));
    this.doneBytes += this.offset - this.start;
    this.start = this.offset;
  }

  private reserve(bytes: number): number {
    const at = this.offset;
    if (at + bytes > this.buffer.length) return this.grow(bytes);
    this.offset = at + bytes;
    return at;
  }

  private grow(bytes: number): number {
    const used = this.offset - this.start;
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, used + bytes));
    this.buffer.copy(grown, 0, this.start, this.offset);
    this.buffer = grown;
    this.start = 0;
    this.offset = used + bytes;
    return used;
  }

  bool(value: boolean): void {
    const at = this.reserve(1);
    this.buffer[at] = value ? 1 : 0;
  }

  int8(value: number): void {
    const at = this.reserve(1);
    this.buffer.writeInt8(value, at);
  }

  int16(value: number): void {
    const at = this.reserve(2);
    this.buffer.writeInt16BE(value, at);
  }

  uint16(value: number): void {
    const at = this.reserve(2);
    this.buffer.writeUInt16BE(value, at);
  }

  int32(value: number): void {
    const at = this.reserve(4);
    this.buffer.writeInt32BE(value, at);
  }

  uint32(value: number): void {
    const at = this.reserve(4);
    this.buffer.writeUInt32BE(value, at);
  }

  /** A 64-bit integer from a number; values beyond the signed range are clamped to it (see `Reader.int64`). */
  int64(value: number): void {
    const at = this.reserve(8);
    if (value >= INT64_MAX) {
      this.buffer.writeInt32BE(0x7fffffff, at);
      this.buffer.writeUInt32BE(0xffffffff, at + 4);
      return;
    }
    const clamped = Math.max(value, -INT64_MAX);
    const high = Math.floor(clamped / TWO_32);
    this.buffer.writeInt32BE(high, at);
    this.buffer.writeUInt32BE(clamped - high * TWO_32, at + 4);
  }

  float64(value: number): void {
    const at = this.reserve(8);
    this.buffer.writeDoubleBE(value, at);
  }

  uuid(text: string): void {
    const at = this.reserve(16);
    const isWhole = text.length === UUID_CHARACTERS && this.buffer.write(text, at, 16, 'base64url') === 16;
    if (!isWhole) throw new UnencodableValueError(`not a uuid: '${text}'`);
  }

  uvarint(value: number): void {
    let at = this.reserve(MAX_UVARINT_BYTES);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.buffer[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[at++] = rest;
    this.offset = at;
  }

  varint(value: number): void {
    this.uvarint((value << 1) ^ (value >> 31));
  }

  /** A zigzag varint of up to 64 bits (numbers up to 2^53 are exact). */
  varlong(value: number): void {
    let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
    while (rest > 0x7fn) {
      this.int8(Number(rest & 0x7fn) - 0x80);
      rest >>= 7n;
    }
    this.int8(Number(rest));
  }

  private text(value: string, byteLength: number): void {
    const at = this.reserve(byteLength);
    this.buffer.write(value, at, byteLength, 'utf8');
  }

  string(value: string): void {
    const byteLength = Buffer.byteLength(value);
    if (byteLength > 0x7fff) throw new UnencodableValueError(`a string of ${byteLength} bytes; at most 32767 fit`);
    this.int16(byteLength);
    this.text(value, byteLength);
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1);
    else this.string(value);
  }

  compactString(value: string): void {
    const byteLength = Buffer.byteLength(value);
    this.uvarint(byteLength + 1);
    this.text(value, byteLength);
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uvarint(0);
    else this.compactString(value);
  }

  /** Bytes without a length: small ones are copied, large ones referenced. */
  raw(value: Uint8Array): void {
    if (value.length >= REFERENCE_BYTES) {
      this.seal();
      this.done.push(Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.length));
      this.doneBytes += value.length;
      return;
    }
    const at = this.reserve(value.length);
    this.buffer.set(value, at);
  }

  bytes(value: Uint8Array): void {
    this.int32(value.length);
    this.raw(value);
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1);
    else this.bytes(value);
  }

  compactBytes(value: Uint8Array): void {
    this.uvarint(value.length + 1);
    this.raw(value);
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.uvarint(0);
    else this.compactBytes(value);
  }

  /** A tagged field: its tag, its size, then the bytes that `body` writes. */
  tagged(tag: number, body: (writer: Writer) => void): void {
    const inner = new Writer(64);
    body(inner);
    this.uvarint(tag);
    this.uvarint(inner.length);
    for (const chunk of inner.chunks()) this.raw(chunk);
  }
}
