import { readInt16, readInt32, readInt64 } from './bytes';
import { MalformedMessageError } from './errors';
import { textOf } from './known-texts';
import { uuidFromBytes } from './uuid';

const TWO_32 = 0x1_0000_0000;
const MAX_STRING_BYTES = 0x7fff;

/**
 * A cursor over one frame. Every read checks the bytes that are left before it touches or allocates anything, so a
 * length that lies costs nothing. Byte fields come back as views: copy what must outlive the frame.
 */
export class Reader {
  /** @param objectsLeft how many elements arrays may have in total, those of numbers aside: each becomes an object */
  constructor(
    readonly buffer: Buffer,
    public offset = 0,
    readonly end = buffer.length,
    private objectsLeft = Number.POSITIVE_INFINITY,
  ) {}

  get remaining(): number {
    return this.end - this.offset;
  }

  /** Moves past `length` bytes and returns where they start. Throws `MalformedMessageError` if they are not there. */
  take(length: number): number {
    const start = this.offset;
    if (length < 0 || length > this.end - start) {
      throw new MalformedMessageError(`${length} bytes wanted at ${start}, ${this.end - start} left`);
    }
    this.offset = start + length;
    return start;
  }

  bool(): boolean {
    return this.buffer[this.take(1)] !== 0;
  }

  int8(): number {
    return (this.buffer[this.take(1)]! << 24) >> 24;
  }

  int16(): number {
    return readInt16(this.buffer, this.take(2));
  }

  uint16(): number {
    return readInt16(this.buffer, this.take(2)) & 0xffff;
  }

  int32(): number {
    return readInt32(this.buffer, this.take(4));
  }

  uint32(): number {
    return readInt32(this.buffer, this.take(4)) >>> 0;
  }

  /**
   * A 64-bit integer as a number: exact up to 2^53, beyond that the nearest double. Offsets, timestamps and producer
   * ids never get there; Long.MAX_VALUE reads as 2^63 and the writer clamps it back.
   */
  int64(): number {
    return readInt64(this.buffer, this.take(8));
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.take(8));
  }

  uuid(): string {
    return uuidFromBytes(this.buffer, this.take(16));
  }

  /** An unsigned varint of at most 32 bits. */
  uvarint(): number {
    const { buffer, end } = this;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.offset >= end) break;
      const byte = buffer[this.offset++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new MalformedMessageError(`bad varint before ${this.offset}`);
  }

  /** A zigzag varint of at most 32 bits. */
  varint(): number {
    const raw = this.uvarint();
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** A zigzag varint of at most 64 bits, as a number (see `int64`). */
  varlong(): number {
    let low = 0;
    let high = 0;
    for (let index = 0; index < 10; index++) {
      if (this.offset >= this.end) break;
      const byte = this.buffer[this.offset++]!;
      const bits = byte & 0x7f;
      if (index < 4) low |= bits << (7 * index);
      else if (index === 4) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (7 * index - 32);
      if (byte < 0x80) {
        const sign = -(low & 1);
        const unsignedLow = ((low >>> 1) | (high << 31)) ^ sign;
        return ((high >>> 1) ^ sign) * TWO_32 + (unsignedLow >>> 0);
      }
    }
    throw new MalformedMessageError(`bad varlong before ${this.offset}`);
  }

  utf8(length: number): string {
    const start = this.take(length);
    return textOf(this.buffer, start, start + length);
  }

  view(length: number): Buffer {
    const start = this.take(length);
    return this.buffer.subarray(start, start + length);
  }

  string(): string {
    return this.utf8(this.int16());
  }

  nullableString(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.utf8(length);
  }

  compactString(): string {
    return this.compactText(this.uvarint() - 1);
  }

  compactNullableString(): string | null {
    const length = this.compactLength();
    return length < 0 ? null : this.compactText(length);
  }

  /** Compact strings are held to the length that the others can say. */
  private compactText(length: number): string {
    if (length > MAX_STRING_BYTES) throw new MalformedMessageError(`a string of ${length} bytes`);
    return this.utf8(length);
  }

  bytes(): Buffer {
    return this.view(this.int32());
  }

  nullableBytes(): Buffer | null {
    const length = this.int32();
    return length < 0 ? null : this.view(length);
  }

  compactBytes(): Buffer {
    return this.view(this.uvarint() - 1);
  }

  compactNullableBytes(): Buffer | null {
    const length = this.compactLength();
    return length < 0 ? null : this.view(length);
  }

  /** A compact length in Java's arithmetic: every negative one means null, as it does in the older encoding. */
  private compactLength(): number {
    return (this.uvarint() - 1) | 0;
  }

  /**
   * An array's element count, refused where the bytes left cannot hold that many elements of `minimumElementBytes`.
   * Negative means null.
   */
  count(flexible: boolean, minimumElementBytes: number): number {
    const count = flexible ? this.compactLength() : this.int32();
    if (count * minimumElementBytes > this.remaining) {
      throw new MalformedMessageError(`an array of ${count} elements at ${this.offset}, ${this.remaining} bytes left`);
    }
    return count;
  }

  /** As `count`, for elements that become objects. Throws `MalformedMessageError` where they are too many. */
  countObjects(flexible: boolean, minimumElementBytes: number): number {
    const count = this.count(flexible, minimumElementBytes);
    if (count <= 0) return count;
    this.objectsLeft -= count;
    if (this.objectsLeft < 0)
      throw new MalformedMessageError(`an array of ${count} elements: too many for one message`);
    return count;
  }

  /** Skips the tagged fields that a schema does not know (KIP-482). */
  skipTags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.take(this.uvarint());
    }
  }
}
