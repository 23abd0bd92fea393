import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Reader } from '@odradek/protocol/wire/reader';
import { fileError } from '../client/properties';
import { ToolError } from '../tool-error';

/** A file that is read piece by piece, since segments are large. Throws `ToolError` where it cannot be opened. */
export class FileReader {
  private readonly descriptor: number;
  readonly size: number;

  constructor(path: string) {
    try {
      this.descriptor = openSync(path, 'r');
      this.size = fstatSync(this.descriptor).size;
    } catch (thrown) {
      throw fileError(path, thrown as NodeJS.ErrnoException);
    }
  }

  /** The bytes from a position on, fewer at the file's end. */
  read(position: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.size - position)));
    let filled = 0;
    while (filled < buffer.length) {
      const read = readSync(this.descriptor, buffer, filled, buffer.length - filled, position + filled);
      if (read === 0) break;
      filled += read;
    }
    return buffer.subarray(0, filled);
  }

  readAll(): Buffer {
    return this.read(0, this.size);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

export function readWhole(path: string): Buffer {
  const file = new FileReader(path);
  try {
    return file.readAll();
  } finally {
    file.close();
  }
}

const INDEX_ENTRY_BYTES = 8;
const TIME_INDEX_ENTRY_BYTES = 12;
const ABORTED_TXN_BYTES = 34;

export interface IndexEntry {
  readonly offset: number;
  readonly position: number;
}

/** An offset index: relative offset and position, 4 bytes each (OffsetIndex). Unused room at the end is all zeros. */
export function readOffsetIndex(bytes: Buffer, baseOffset: number): IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (let at = 0; at + INDEX_ENTRY_BYTES <= bytes.length; at += INDEX_ENTRY_BYTES) {
    entries.push({ offset: baseOffset + bytes.readInt32BE(at), position: bytes.readInt32BE(at + 4) });
  }
  return entries;
}

export interface TimeIndexEntry {
  readonly timestamp: number;
  readonly offset: number;
}

/** A time index: timestamp of 8 bytes and relative offset of 4 (TimeIndex). */
export function readTimeIndex(bytes: Buffer, baseOffset: number): TimeIndexEntry[] {
  const entries: TimeIndexEntry[] = [];
  for (let at = 0; at + TIME_INDEX_ENTRY_BYTES <= bytes.length; at += TIME_INDEX_ENTRY_BYTES) {
    const timestamp = Number(bytes.readBigInt64BE(at));
    entries.push({ timestamp, offset: baseOffset + bytes.readInt32BE(at + 8) });
  }
  return entries;
}

const corruptIndex = (message: string): ToolError =>
  new ToolError('org.apache.kafka.storage.internals.log.CorruptIndexException', message);

const mustNotLag = (kind: string, path: string, what: string, last: number, first: number): void => {
  if (last >= first) return;
  throw corruptIndex(
    `Corrupt ${kind} found, ${kind} file (${path}) has non-zero size but the last ${what} is ${last} which is less ` +
      `than the first ${what} ${first}`,
  );
};

/** What a broker checks of an offset index when it starts. Throws `ToolError` where the index would be rebuilt. */
export function checkOffsetIndex(path: string, bytes: Buffer, baseOffset: number): void {
  const last = readOffsetIndex(bytes, baseOffset).at(-1);
  if (last) mustNotLag('index', path, 'offset', last.offset, baseOffset);
  mustBeWhole('Index file', path, bytes.length, INDEX_ENTRY_BYTES);
}

/** As `checkOffsetIndex`, for a time index: room that was set aside for entries to come fails it. */
export function checkTimeIndex(path: string, bytes: Buffer, baseOffset: number): void {
  const entries = readTimeIndex(bytes, baseOffset);
  const last = entries.at(-1);
  if (last) {
    mustNotLag('time index', path, 'timestamp', last.timestamp, entries[0]!.timestamp);
    mustNotLag('time index', path, 'offset', last.offset, baseOffset);
  }
  mustBeWhole('Time index file', path, bytes.length, TIME_INDEX_ENTRY_BYTES);
}

function mustBeWhole(kind: string, path: string, size: number, entryBytes: number): void {
  if (size % entryBytes === 0) return;
  throw corruptIndex(
    `${kind} ${path} is corrupt, found ${size} bytes which is neither positive nor a multiple of ${entryBytes}`,
  );
}

/** Lines for a transaction index (TransactionIndex, AbortedTxn). */
export function transactionIndexLines(bytes: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at + ABORTED_TXN_BYTES <= bytes.length; at += ABORTED_TXN_BYTES) {
    // Written as two bytes, of which the first alone is read (AbortedTxn.version).
    const version = bytes.readInt8(at);
    const reader = new Reader(bytes, at + 2);
    if (version > 0) {
      const message = `Unexpected aborted transaction version ${version} in transaction index, current version is 0`;
      throw new ToolError('org.apache.kafka.common.KafkaException', message);
    }
    const [producerId, firstOffset, lastOffset, lastStableOffset] = [0, 1, 2, 3].map(() => reader.int64());
    lines.push(
      `version: ${version} producerId: ${producerId} firstOffset: ${firstOffset} lastOffset: ${lastOffset} ` +
        `lastStableOffset: ${lastStableOffset}`,
    );
  }
  return lines;
}
