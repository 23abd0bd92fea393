import { CorruptRecordError } from './errors';
import { giveBack } from './give-back';
import { copyBack, copyLiterals, Inflated, Scratch, wordsOf } from './inflated';
import { highBlockBound, lz4HighBlock, MAX_HIGH_BLOCK_BYTES } from './lz4-high';
import { xxHash32 } from './xxhash32';

/**
 * LZ4 frames as Kafka's clients make and read them (Lz4BlockOutputStream, Lz4BlockInputStream): version 1, independent
 * blocks, one frame. Decompression is our own: the library's has no limit on what it yields.
 */

/** KIP-390's default: the one level that the fast compressor stands for, with slower ones on either side. */
export const LZ4_DEFAULT_LEVEL = 9;

const MAGIC = 0x184d2204;
const VERSION = 1;
const MAX_BLOCK_BYTES = [0, 0, 0, 0, 64 << 10, 256 << 10, 1 << 20, 4 << 20];
const STORED_FLAG = 0x8000_0000;
const HEADER_BYTES = 7;
const BLOCK_SIZE_64KB = 4;
const MIN_MATCH = 4;
const MAX_RATIO = 255;
/** Smaller blocks cost less than the call into the library; what shrinks more is copies of long runs, quick in any language. */
const NATIVE_FROM_BYTES = 1024;
const NATIVE_RATIO = 16;
const SIZE_BYTES = 4;
const prefixedBlock = new Scratch();

const FLAG_BLOCK_INDEPENDENT = 0x20;
const FLAG_BLOCK_CHECKSUM = 0x10;
const FLAG_CONTENT_SIZE = 0x08;
const FLAG_DICTIONARY = 0x01;

const corrupt = (what: string): never => {
  throw new CorruptRecordError(`Corrupt lz4 data: ${what}`);
};

const readLittleEndian = (b: Buffer, at: number): number =>
  (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)) >>> 0;

/**
 * At the default level by the library, which has one speed; at any other by our own search, in a frame as Java's.
 * @param legacyHeaderChecksum format 0: clients of that time summed the frame's magic too (KAFKA-3160), so the header's
 *   checksum is written that way and not checked when read.
 */
export function lz4Compress(data: Buffer, legacyHeaderChecksum: boolean, level: number): Buffer {
  if (level !== LZ4_DEFAULT_LEVEL) return highFrame(data, legacyHeaderChecksum, level);
  const { compressFrameSync } = require('lz4-napi') as typeof import('lz4-napi');
  const frame = compressFrameSync(data);
  if (legacyHeaderChecksum) frame[6] = headerChecksum(frame, 0, 6);
  return frame;
}

/** Off the main thread at the default level only. */
export async function lz4CompressAsync(data: Buffer, legacyHeaderChecksum: boolean, level: number): Promise<Buffer> {
  if (level !== LZ4_DEFAULT_LEVEL) return highFrame(data, legacyHeaderChecksum, level);
  const { compressFrame } = require('lz4-napi') as typeof import('lz4-napi');
  const frame = await compressFrame(data);
  if (legacyHeaderChecksum) frame[6] = headerChecksum(frame, 0, 6);
  return frame;
}

/** As Lz4BlockOutputStream's: blocks of 64 KB, as they are where they do not shrink; no checksum but the header's. */
function highFrame(data: Buffer, legacyHeaderChecksum: boolean, level: number): Buffer {
  const blockBytes = MAX_HIGH_BLOCK_BYTES;
  const stored = HEADER_BYTES + data.length + SIZE_BYTES * (Math.ceil(data.length / blockBytes) + 1);
  // Before a block is found not to shrink, it has grown.
  const frame = Buffer.allocUnsafe(stored + highBlockBound(blockBytes) - blockBytes);
  frame.writeUInt32LE(MAGIC, 0);
  frame[4] = (VERSION << 6) | FLAG_BLOCK_INDEPENDENT;
  frame[5] = BLOCK_SIZE_64KB << 4;
  frame[6] = headerChecksum(frame, legacyHeaderChecksum ? 0 : 4, 6);
  let at = HEADER_BYTES;
  for (let from = 0; from < data.length; from += blockBytes) {
    const to = Math.min(from + blockBytes, data.length);
    const end = lz4HighBlock(data, from, to, frame, at + SIZE_BYTES, level);
    const length = end - at - SIZE_BYTES;
    if (length < to - from) {
      frame.writeUInt32LE(length, at);
      at = end;
    } else {
      frame.writeUInt32LE(STORED_FLAG + to - from, at);
      at += SIZE_BYTES + data.copy(frame, at + SIZE_BYTES, from, to);
    }
  }
  frame.writeUInt32LE(0, at);
  return frame.subarray(0, at + SIZE_BYTES);
}

const headerChecksum = (b: Buffer, from: number, to: number): number => (xxHash32(b, from, to) >>> 8) & 0xff;

/** Throws `CorruptRecordError`, or `DecompressionLimitError` above `maxBytes`. */
export function lz4Decompress(
  data: Buffer,
  maxBytes: number,
  legacyHeaderChecksum: boolean,
  scratch?: Scratch,
): Buffer {
  const header = readFrameHeader(data, legacyHeaderChecksum);
  const out = new Inflated(data.length * 4, maxBytes, scratch);
  const read = wordsOf(data);
  let at = header.end;
  for (;;) {
    if (data.length - at < 4) corrupt('the stream ended prematurely');
    const word = readLittleEndian(data, at);
    at += 4;
    // The content checksum that may follow the end mark is not checked, as in Java.
    if (word === 0) return out.bytes();
    const isStored = word >= STORED_FLAG;
    const length = isStored ? word - STORED_FLAG : word;
    if (length > header.maxBlockBytes) corrupt(`a block of ${length} bytes exceeds ${header.maxBlockBytes}`);
    const trailer = header.hasBlockChecksums ? 4 : 0;
    if (data.length - at < length + trailer) corrupt('the stream ended prematurely');
    if (trailer > 0 && xxHash32(data, at, at + length) !== readLittleEndian(data, at + length)) {
      corrupt('a block checksum does not match');
    }
    if (isStored) appendStored(data, at, length, out);
    else if (!inflateNatively(data, at, at + length, out, header.maxBlockBytes)) {
      inflateBlock(data, read, at, at + length, out, header.maxBlockBytes);
    }
    at += length + trailer;
  }
}

interface FrameHeader {
  readonly end: number;
  readonly maxBlockBytes: number;
  readonly hasBlockChecksums: boolean;
}

function readFrameHeader(data: Buffer, legacyHeaderChecksum: boolean): FrameHeader {
  if (data.length < 7) corrupt('the stream ended prematurely');
  if (readLittleEndian(data, 0) !== MAGIC) corrupt('not an lz4 frame');
  const flags = data[4]!;
  if (flags >> 6 !== VERSION) corrupt(`version ${flags >> 6}`);
  if ((flags & FLAG_BLOCK_INDEPENDENT) === 0) corrupt('dependent blocks are not supported');
  if ((flags & FLAG_DICTIONARY) !== 0) corrupt('dictionaries are not supported');
  const maxBlockBytes = MAX_BLOCK_BYTES[(data[5]! >> 4) & 7]!;
  if (maxBlockBytes === 0) corrupt('an unknown block size');
  const checksumAt = 6 + ((flags & FLAG_CONTENT_SIZE) === 0 ? 0 : 8);
  if (data.length <= checksumAt) corrupt('the stream ended prematurely');
  if (!legacyHeaderChecksum && ((xxHash32(data, 4, checksumAt) >>> 8) & 0xff) !== data[checksumAt]) {
    corrupt('the header checksum does not match');
  }
  return { end: checksumAt + 1, maxBlockBytes, hasBlockChecksums: (flags & FLAG_BLOCK_CHECKSUM) !== 0 };
}

function appendStored(data: Buffer, from: number, length: number, out: Inflated): void {
  if (out.room(length) - out.length < length) out.overflow();
  data.copy(out.buffer, out.length, from, from + length);
  out.length += length;
}

/**
 * By the library, three times as fast as `inflateBlock`. Its blocks have the size of their content in front: no more than we
 * write there is made. False where it cannot, and nothing has changed: `inflateBlock` can, or tells what is wrong.
 */
function inflateNatively(data: Buffer, from: number, to: number, out: Inflated, maxBlockBytes: number): boolean {
  if (to - from < NATIVE_FROM_BYTES) return false;
  const { uncompressSync } = require('lz4-napi') as typeof import('lz4-napi');
  const start = out.length;
  const limit = out.room(Math.min(maxBlockBytes, (to - from) * NATIVE_RATIO)) - start;
  const prefixed = prefixedBlock.take(SIZE_BYTES + to - from);
  prefixed.writeUInt32LE(limit, 0);
  data.copy(prefixed, SIZE_BYTES, from, to);
  try {
    const bytes = uncompressSync(prefixed.subarray(0, SIZE_BYTES + to - from));
    bytes.copy(out.buffer, start);
    out.length = start + bytes.length;
    giveBack(bytes);
    return true;
  } catch {
    return false;
  }
}

const tooMuch = (out: Inflated, end: number): never =>
  out.isFullAt(end) ? out.overflow() : corrupt('a block yields too much');

/** Lengths stay exact numbers: fewer than 4 GB of 255s fit a frame. No closure here, it would cost half the speed. */
function inflateBlock(
  data: Buffer,
  read: DataView,
  from: number,
  to: number,
  out: Inflated,
  maxBlockBytes: number,
): void {
  const start = out.length;
  const end = out.room(Math.min(maxBlockBytes, (to - from) * MAX_RATIO));
  const { buffer, words } = out;
  let at = from;
  let put = start;
  while (at < to) {
    const token = data[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      for (let byte = 255; byte === 255; literals += byte) {
        if (at >= to) corrupt('a block ends within a length');
        byte = data[at++]!;
      }
    }
    if (literals > to - at) corrupt('a block ends within literals');
    if (literals > end - put) tooMuch(out, end);
    copyLiterals(data, read, at, buffer, words, put, literals);
    at += literals;
    put += literals;
    if (at === to) break;
    if (to - at < 2) corrupt('a block ends within an offset');
    const distance = data[at]! | (data[at + 1]! << 8);
    at += 2;
    if (distance === 0 || distance > put - start) corrupt('a match points before its block');
    let length = token & 15;
    if (length === 15) {
      for (let byte = 255; byte === 255; length += byte) {
        if (at >= to) corrupt('a block ends within a length');
        byte = data[at++]!;
      }
    }
    length += MIN_MATCH;
    if (length > end - put) tooMuch(out, end);
    copyBack(buffer, words, put, distance, length);
    put += length;
  }
  out.length = put;
}
