import { RECORD_BATCH_OVERHEAD, wholeBatchSizeAt } from '@odradek/protocol/records/batch';

/** What can be read at a position. */
interface Readable {
  read(target: Uint8Array, position: number): number;
}

const HEADER_CHUNK_BYTES = 8 * 1024;
const BATCH_CHUNK_BYTES = 1024 * 1024;
/** One for all scans: a scan ends before the next begins, because `visit` must not start another. */
const headerChunk = Buffer.alloc(HEADER_CHUNK_BYTES);

/** Sees a batch that lies at `position` of its file and, as far as it was read, at `at` of `b`. False ends the scan. */
export type BatchVisitor = (b: Buffer, at: number, position: number, size: number) => boolean;

/**
 * Visits the batches of a file from `from` on that are whole before `end`, reading little more than their headers.
 * Returns where the last visited one ends. Throws `CorruptRecordError` at what cannot be a batch.
 */
export function scanHeaders(file: Readable, from: number, end: number, visit: BatchVisitor): number {
  let position = from;
  let chunkStart = from;
  let chunkEnd = from;
  let isSparse = false;
  while (position < end) {
    const needed = Math.min(RECORD_BATCH_OVERHEAD, end - position);
    if (position + needed > chunkEnd) {
      chunkStart = position;
      const bytes = isSparse ? needed : Math.min(HEADER_CHUNK_BYTES, end - position);
      chunkEnd = position + file.read(headerChunk.subarray(0, bytes), position);
      if (position + needed > chunkEnd) break;
    }
    const at = position - chunkStart;
    const size = wholeBatchSizeAt(headerChunk, at, at + end - position);
    if (size === 0) break;
    const next = position + size;
    if (!visit(headerChunk, at, position, size)) return next;
    position = next;
    // Of large batches no chunk holds two headers.
    isSparse = size > HEADER_CHUNK_BYTES;
  }
  return position;
}

/** As `scanHeaders`, with the whole batch in `b`. What was visited is overwritten by what follows. */
export function scanBatches(file: Readable, from: number, end: number, visit: BatchVisitor): number {
  let chunk = Buffer.allocUnsafe(Math.min(BATCH_CHUNK_BYTES, end - from));
  let position = from;
  let chunkStart = from;
  let chunkEnd = from;
  while (position < end) {
    let size = wholeBatchSizeAt(chunk, position - chunkStart, chunkEnd - chunkStart);
    if (size === 0) {
      const needed = wholeSize(file, position, end);
      if (needed === 0) break;
      if (needed > chunk.length) chunk = Buffer.allocUnsafe(needed);
      chunkStart = position;
      chunkEnd = position + file.read(chunk.subarray(0, Math.min(chunk.length, end - position)), position);
      size = wholeBatchSizeAt(chunk, 0, chunkEnd - chunkStart);
      if (size === 0) break;
    }
    const at = position - chunkStart;
    const next = position + size;
    if (!visit(chunk, at, position, size)) return next;
    position = next;
  }
  return position;
}

/** The size of the batch at `position`, or 0 where it is not whole before `end`. */
function wholeSize(file: Readable, position: number, end: number): number {
  let size = 0;
  scanHeaders(file, position, end, (_b, _at, _position, batchSize) => {
    size = batchSize;
    return false;
  });
  return size;
}
