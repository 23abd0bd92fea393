import { sizeAt, wholeBatchSizeAt } from '@odradek/protocol/records/batch';
import { CorruptRecordError } from '@odradek/protocol/records/errors';
import type { DiskFile } from '../../env/disk';

/**
 * Reads a log file in pieces of whole batches, as large as the cleaner's buffer is; where one batch is larger, the buffer
 * grows for the rest of the file (Cleaner.growBuffersOrFail).
 */
export class BatchReader {
  bytes: Buffer;
  /** The whole batches of `bytes` end here. */
  end = 0;

  constructor(
    private readonly initialBytes: number,
    private readonly maxMessageBytes: number,
  ) {
    this.bytes = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Reads from `position`, where a batch begins. Throws `CorruptRecordError` where there is none before `fileEnd`. */
  read(file: DiskFile, position: number, fileEnd: number): void {
    for (;;) {
      const wanted = Math.min(this.bytes.length, fileEnd - position);
      const got = file.read(this.bytes.subarray(0, wanted), position);
      this.end = endOfBatches(this.bytes, got);
      if (this.end > 0) return;
      this.grow(file.path, position, fileEnd, got);
    }
  }

  private grow(path: string, position: number, fileEnd: number, got: number): void {
    const left = fileEnd - position;
    const batchBytes = got < 12 ? left + 1 : sizeAt(this.bytes, 0);
    if (got < Math.min(this.bytes.length, left) || batchBytes > left) {
      throw new CorruptRecordError(`The log segment ${path} may be corrupt: no whole batch at position ${position}`);
    }
    const { length } = this.bytes;
    const most = length >= this.maxMessageBytes ? batchBytes : this.maxMessageBytes;
    this.bytes = Buffer.allocUnsafeSlow(Math.max(Math.min(2 * length, most), length + 1));
  }

  /** A file is done: one large batch is no reason to keep much memory. */
  restore(): void {
    if (this.bytes.length > this.initialBytes) this.bytes = Buffer.allocUnsafeSlow(this.initialBytes);
  }
}

function endOfBatches(b: Buffer, end: number): number {
  let at = 0;
  for (let size = wholeBatchSizeAt(b, at, end); size > 0; size = wholeBatchSizeAt(b, at, end)) at += size;
  return at;
}
