import { writeInt16, writeInt32, writeInt64 } from './bytes';
import { UnencodableValueError } from './errors';

/** Byte fields from this size on are kept by reference: one more iovec is cheaper than the copy. */
const REFERENCE_BYTES = 1024;
const INITIAL_BYTES = 256;
const MAX_UVARINT_BYTES = 5;
const UUID_CHARACTERS = 22;
const FRAME_LENGTH_BYTES = 4;
const SHORT_TEXT_BYTES = 64;

function outOfRange(value: number, type: string): never {
  throw new UnencodableValueError(`${value} is not ${type}`);
}

/** Compact strings could be longer, but Kafka's readers refuse them. */
function checkStringLength(byteLength: number): void {
  if (byteLength > 0x7fff) throw new UnencodableValueError(`a string of ${byteLength} bytes; at most 32767 fit`);
}

/**
 * Collects messages as a list of chunks. Large byte fields (record batches) are referenced, never copied: they must
 * stay unchanged until the chunks are on the wire.
 */
export class Writer {
  private readonly done: Buffer[] = [];
  private doneBytes = 0;
  private buffer: Buffer;
  private start = 0;
  private offset = 0;
  /** Where the frame that is being written begins: in which chunk and at what place of it, behind how many bytes. */
  private frameChunk = 0;
  private frameAt = 0;
  private frameBytes = 0;

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

  /** What has been written since the last cut, as a view; the writer goes on behind it. Only where nothing was referenced. */
  cut(): Buffer {
    const bytes = this.buffer.subarray(this.start, this.offset);
    this.start = this.offset;
    return bytes;
  }

  /** Begins a frame: four bytes for its length, which `endFrame` fills in. */
  beginFrame(): void {
    this.frameChunk = this.done.length;
    this.frameAt = this.offset - this.start;
    this.frameBytes = this.length;
    this.reserve(FRAME_LENGTH_BYTES);
  }

  /** Ends the frame; returns its bytes without those of the length. */
  endFrame(): number {
    const bytes = this.length - this.frameBytes - FRAME_LENGTH_BYTES;
    const sealed = this.done[this.frameChunk];
    if (sealed === undefined) writeInt32(this.buffer, this.start + this.frameAt, bytes);
    else writeInt32(sealed, this.frameAt, bytes);
    return bytes;
  }

  /** Takes back what has been written since `beginFrame`. */
  dropFrame(): void {
    const sealed = this.done[this.frameChunk];
    if (sealed !== undefined) {
      this.done.length = this.frameChunk;
      this.doneBytes = this.frameBytes - this.frameAt;
      this.buffer = sealed;
      this.start = 0;
    }
    this.offset = this.start + this.frameAt;
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
    if (value !== (value << 24) >> 24) outOfRange(value, 'an int8');
    const at = this.reserve(1);
    this.buffer[at] = value;
  }

  int16(value: number): void {
    if (value !== (value << 16) >> 16) outOfRange(value, 'an int16');
    const at = this.reserve(2);
    writeInt16(this.buffer, at, value);
  }

  uint16(value: number): void {
    if (value !== (value & 0xffff)) outOfRange(value, 'a uint16');
    const at = this.reserve(2);
    writeInt16(this.buffer, at, value);
  }

  int32(value: number): void {
    if (value !== (value | 0)) outOfRange(value, 'an int32');
    const at = this.reserve(4);
    writeInt32(this.buffer, at, value);
  }

  uint32(value: number): void {
    if (value !== value >>> 0) outOfRange(value, 'a uint32');
    const at = this.reserve(4);
    writeInt32(this.buffer, at, value);
  }

  /** A 64-bit integer from a number; values beyond the signed range are clamped to it (see `Reader.int64`). */
  int64(value: number): void {
    if (typeof value !== 'number' || Number.isNaN(value)) outOfRange(value, 'an int64');
    const at = this.reserve(8);
    writeInt64(this.buffer, at, value);
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
    if (byteLength > SHORT_TEXT_BYTES || byteLength !== value.length) {
      this.buffer.write(value, at, byteLength, 'utf8');
      return;
    }
    // As many bytes as characters: all of them are ASCII, and a call into native code would cost more than the loop.
    const { buffer } = this;
    for (let index = 0; index < byteLength; index++) buffer[at + index] = value.charCodeAt(index);
  }

  string(value: string): void {
    const byteLength = Buffer.byteLength(value);
    checkStringLength(byteLength);
    this.int16(byteLength);
    this.text(value, byteLength);
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1);
    else this.string(value);
  }

  compactString(value: string): void {
    const byteLength = Buffer.byteLength(value);
    checkStringLength(byteLength);
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
