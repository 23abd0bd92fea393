/**
 * CRC-32C (Castagnoli) for record batches of magic 2, CRC-32 (IEEE) for message formats 0 and 1. Native where it can
 * be loaded, tables otherwise; loaded on first use because start-up time counts.
 */
type Checksum = (b: Buffer, from: number, to: number) => number;

const CASTAGNOLI = 0x82f63b78;
const IEEE = 0xedb88320;
/** Below this the tables beat the call into native code and the view that it needs. */
const NATIVE_FROM_BYTES = 224;

/** Slicing-by-8: eight tables of 256 words, so that eight bytes take one step. */
function tables(polynomial: number): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let index = 0; index < 256; index++) {
    let word = index;
    for (let bit = 0; bit < 8; bit++) word = word & 1 ? (word >>> 1) ^ polynomial : word >>> 1;
    table[index] = word;
  }
  for (let index = 256; index < table.length; index++) {
    const previous = table[index - 256]!;
    table[index] = (previous >>> 8) ^ table[previous & 0xff]!;
  }
  return table;
}

function tableChecksum(polynomial: number): Checksum {
  const t = tables(polynomial);
  return (b, from, to) => {
    let crc = -1;
    let at = from;
    for (const last = to - 8; at <= last; at += 8) {
      crc ^= b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24);
      crc =
        t[0x700 | (crc & 0xff)]! ^
        t[0x600 | ((crc >>> 8) & 0xff)]! ^
        t[0x500 | ((crc >>> 16) & 0xff)]! ^
        t[0x400 | (crc >>> 24)]! ^
        t[0x300 | b[at + 4]!]! ^
        t[0x200 | b[at + 5]!]! ^
        t[0x100 | b[at + 6]!]! ^
        t[b[at + 7]!]!;
    }
    for (; at < to; at++) crc = (crc >>> 8) ^ t[(crc ^ b[at]!) & 0xff]!;
    return ~crc >>> 0;
  };
}

function loadChecksum(polynomial: number, native: () => (bytes: Buffer) => number): Checksum {
  const byTable = tableChecksum(polynomial);
  try {
    const checksum = native();
    return (b, from, to) => (to - from < NATIVE_FROM_BYTES ? byTable(b, from, to) : checksum(b.subarray(from, to)));
  } catch {
    // No prebuilt binary for this platform: the tables are right, only slower.
    return byTable;
  }
}

let castagnoli: Checksum | undefined;
let ieee: Checksum | undefined;

/** CRC-32C of `b[from, to)`, unsigned. */
export function crc32c(b: Buffer, from = 0, to = b.length): number {
  castagnoli ??= loadChecksum(CASTAGNOLI, () => (require('@node-rs/crc32') as typeof import('@node-rs/crc32')).crc32c);
  return castagnoli(b, from, to);
}

/** CRC-32 (IEEE, as in gzip) of `b[from, to)`, unsigned. */
export function crc32(b: Buffer, from = 0, to = b.length): number {
  ieee ??= loadChecksum(IEEE, () => (require('@node-rs/crc32') as typeof import('@node-rs/crc32')).crc32);
  return ieee(b, from, to);
}

/** The checksums by tables alone, as they run where nothing native loads. */
export const portable = {
  crc32c: (b: Buffer): number => tableChecksum(CASTAGNOLI)(b, 0, b.length),
  crc32: (b: Buffer): number => tableChecksum(IEEE)(b, 0, b.length),
};
