/**
 * Zigzag varints at a place in a buffer. Reading is split in two: callers take the one-byte case themselves (most are)
 * and call the long forms for the rest, which leave where they ended in `varintEnd`. A varint that is too long or
 * leaves `end` yields `NaN`, which no valid one does.
 */
const TWO_32 = 0x1_0000_0000;
const INT64_MAX = 2 ** 63;
const UINT64_MAX = 2n ** 64n - 1n;

/** Where the last `longVarint` or `longVarlong` ended. */
export let varintEnd = 0;

/** The value of a one-byte varint. */
export const unzigzag = (raw: number): number => (raw >>> 1) ^ -(raw & 1);

/** A varint of at most 32 bits at `at`. */
export function longVarint(b: Buffer, at: number, end: number): number {
  let raw = 0;
  for (let shift = 0; shift < 35 && at < end; shift += 7) {
    const byte = b[at++]!;
    raw |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      varintEnd = at;
      return unzigzag(raw);
    }
  }
  return Number.NaN;
}

/** A varint of at most 64 bits at `at`, as a number (see `Reader.int64`). */
export function longVarlong(b: Buffer, at: number, end: number): number {
  let low = 0;
  let high = 0;
  for (let index = 0; index < 10 && at < end; index++) {
    const byte = b[at++]!;
    const bits = byte & 0x7f;
    if (index < 4) low |= bits << (7 * index);
    else if (index === 4) {
      low |= bits << 28;
      high = bits >>> 4;
    } else high |= bits << (7 * index - 32);
    if (byte < 0x80) {
      varintEnd = at;
      const sign = -(low & 1);
      return ((high >>> 1) ^ sign) * TWO_32 + ((((low >>> 1) | (high << 31)) ^ sign) >>> 0);
    }
  }
  return Number.NaN;
}

export function varintSize(value: number): number {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0;
  return raw < 0x80 ? 1 : raw < 0x4000 ? 2 : raw < 0x20_0000 ? 3 : raw < 0x1000_0000 ? 4 : 5;
}

export function varlongSize(value: number): number {
  if (value === (value | 0)) return varintSize(value);
  let size = 1;
  for (let raw = zigzag64(value); raw >= 0x80n; raw >>= 7n) size++;
  return size;
}

/** Writes a 32-bit zigzag varint and returns where it ends. */
export function writeVarint(b: Buffer, at: number, value: number): number {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  while (raw > 0x7f) {
    b[at++] = raw | 0x80;
    raw >>>= 7;
  }
  b[at++] = raw;
  return at;
}

/** Writes a 64-bit zigzag varint, clamped to its range, and returns where it ends. */
export function writeVarlong(b: Buffer, at: number, value: number): number {
  // Timestamps of one batch are within days of each other: the rest may be slow.
  if (value === (value | 0)) return writeVarint(b, at, value);
  let raw = zigzag64(value);
  for (; raw >= 0x80n; raw >>= 7n) b[at++] = Number(raw & 0x7fn) | 0x80;
  b[at++] = Number(raw);
  return at;
}

function zigzag64(value: number): bigint {
  if (value >= INT64_MAX) return UINT64_MAX - 1n;
  if (value <= -INT64_MAX) return UINT64_MAX;
  const exact = BigInt(value);
  return (exact << 1n) ^ (exact >> 63n);
}
