import { readInt32, writeInt32 } from '../wire/bytes';
import { CorruptRecordError } from './errors';
import { copyBack, copyLiterals, Inflated, type Scratch, wordsOf } from './inflated';

/**
 * Snappy in the framing of xerial's snappy-java, which is what Kafka's Java client reads and writes: a 16-byte header,
 * then chunks of an int32 length and raw snappy. Raw snappy without the framing is accepted too, as snappy-java does.
 */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;
const XERIAL_VERSION = 1;
/** snappy-java's default block. */
const BLOCK_BYTES = 32 * 1024;
/** Three bytes yield 64 at best: what a claimed length is checked against before anything is allocated. */
const MAX_RATIO = 22;

const corrupt = (what: string): never => {
  throw new CorruptRecordError(`Corrupt snappy data: ${what}`);
};

export function snappyCompress(data: Buffer): Buffer {
  const { compress } = require('snappyjs') as { compress(data: Buffer): Buffer };
  const header = Buffer.alloc(XERIAL_HEADER_BYTES);
  XERIAL_MAGIC.copy(header);
  writeInt32(header, 8, XERIAL_VERSION);
  writeInt32(header, 12, XERIAL_VERSION);
  const parts: Buffer[] = [header];
  for (let at = 0; at < data.length; at += BLOCK_BYTES) {
    const block = compress(data.subarray(at, at + BLOCK_BYTES));
    const length = Buffer.allocUnsafe(4);
    writeInt32(length, 0, block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

/** Throws `CorruptRecordError`, or `DecompressionLimitError` above `maxBytes`. */
export function snappyDecompress(data: Buffer, maxBytes: number, scratch?: Scratch): Buffer {
  const read = wordsOf(data);
  if (!isXerial(data, 0)) {
    const out = new Inflated(0, maxBytes, scratch);
    inflate(data, read, 0, data.length, out);
    return out.bytes();
  }
  const out = new Inflated(data.length * 3, maxBytes, scratch);
  let at = 0;
  while (at < data.length) {
    // A stream put together of several has a header before each.
    if (isXerial(data, at)) {
      at += XERIAL_HEADER_BYTES;
      continue;
    }
    if (data.length - at < 4) corrupt('the stream ends within a length');
    const length = readInt32(data, at);
    at += 4;
    if (length < 0 || length > data.length - at) corrupt(`a chunk of ${length} bytes, ${data.length - at} left`);
    if (length > 0) inflate(data, read, at, at + length, out);
    at += length;
  }
  return out.bytes();
}

function isXerial(data: Buffer, at: number): boolean {
  if (data.length - at < XERIAL_HEADER_BYTES) return false;
  for (let index = 0; index < XERIAL_MAGIC.length; index++) if (data[at + index] !== XERIAL_MAGIC[index]) return false;
  return true;
}

/** Appends what the raw snappy in `data[from, to)` holds. */
function inflate(data: Buffer, read: DataView, from: number, to: number, out: Inflated): void {
  let at = from;
  let claimed = 0;
  for (let shift = 0; ; shift += 7) {
    if (at >= to || shift > 28) corrupt('a bad length');
    const byte = data[at++]!;
    claimed += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (claimed > (to - at) * MAX_RATIO) corrupt(`${to - at} bytes cannot hold ${claimed}`);
  const start = out.length;
  const end = out.room(claimed);
  if (end - start < claimed) out.overflow();
  const { buffer, words } = out;
  let put = start;
  while (at < to) {
    const tag = data[at++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let length = tag >> 2;
      if (length >= 60) {
        const extra = length - 59;
        if (extra > to - at) corrupt('a literal is cut');
        length = 0;
        for (let index = extra - 1; index >= 0; index--) length = length * 256 + data[at + index]!;
        at += extra;
      }
      length++;
      if (length > to - at || length > end - put) corrupt('a literal is too long');
      copyLiterals(data, read, at, buffer, words, put, length);
      at += length;
      put += length;
      continue;
    }
    const distanceBytes = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    if (distanceBytes > to - at) corrupt('a copy is cut');
    const length = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
    const distance =
      kind === 1
        ? ((tag >> 5) << 8) | data[at]!
        : kind === 2
          ? data[at]! | (data[at + 1]! << 8)
          : (data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)) >>> 0;
    at += distanceBytes;
    if (distance === 0 || distance > put - start) corrupt('a copy points before its block');
    if (length > end - put) corrupt('a copy is too long');
    copyBack(buffer, words, put, distance, length);
    put += length;
  }
  if (put !== end) corrupt(`${put - start} bytes where ${claimed} were announced`);
  out.length = put;
}
