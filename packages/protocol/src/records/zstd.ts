import zlib from 'node:zlib';
import { CorruptRecordError, DecompressionLimitError } from './errors';

/**
 * Zstandard by node:zlib where it has it (from Node 22.15), by a library otherwise. The library decompresses without a
 * limit, so what a frame can yield is first bounded by its block headers (RFC 8878 §3.1.1).
 */
interface ZlibWithZstd {
  zstdCompressSync(data: Buffer, options: object): Buffer;
  zstdDecompressSync(data: Buffer, options: { maxOutputLength: number }): Buffer;
  zstdCompress(data: Buffer, options: object, done: (error: Error | null, out: Buffer) => void): void;
  zstdDecompress(
    data: Buffer,
    options: { maxOutputLength: number },
    done: (error: Error | null, out: Buffer) => void,
  ): void;
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
}

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a5;
const MAX_BLOCK_BYTES = 128 * 1024;

const builtIn: ZlibWithZstd | undefined = 'zstdDecompressSync' in zlib ? (zlib as unknown as ZlibWithZstd) : undefined;

const library = (): typeof import('@toondepauw/node-zstd') =>
  require('@toondepauw/node-zstd') as typeof import('@toondepauw/node-zstd');

const levelOption = (zstd: ZlibWithZstd, level: number): object => ({
  params: { [zstd.constants.ZSTD_c_compressionLevel]: level },
});

export function zstdCompress(data: Buffer, level: number): Buffer {
  if (builtIn) return builtIn.zstdCompressSync(data, levelOption(builtIn, level));
  return new (library().Encoder)(level).encodeSync(data);
}

export function zstdCompressAsync(data: Buffer, level: number): Promise<Buffer> {
  const zstd = builtIn;
  if (!zstd) return new (library().Encoder)(level).encode(data);
  return new Promise((resolve, reject) => {
    zstd.zstdCompress(data, levelOption(zstd, level), (error, out) => (error ? reject(error) : resolve(out)));
  });
}

/** Throws `CorruptRecordError`, or `DecompressionLimitError` above `maxBytes`. */
export function zstdDecompress(data: Buffer, maxBytes: number): Buffer {
  const frames = boundedFrames(data, maxBytes);
  try {
    if (!builtIn) return checkedSize(new (library().Decoder)().decodeSync(data), maxBytes);
    const parts: Buffer[] = [];
    let left = maxBytes;
    for (const frame of frames) {
      const part = builtIn.zstdDecompressSync(frame, { maxOutputLength: Math.max(left, 1) });
      left -= part.length;
      parts.push(part);
    }
    return checkedSize(joined(parts), maxBytes);
  } catch (error) {
    throw asKafkaError(error, maxBytes);
  }
}

export async function zstdDecompressAsync(data: Buffer, maxBytes: number): Promise<Buffer> {
  const frames = boundedFrames(data, maxBytes);
  const zstd = builtIn;
  try {
    if (!zstd) return checkedSize(await new (library().Decoder)().decode(data), maxBytes);
    const parts: Buffer[] = [];
    let left = maxBytes;
    for (const frame of frames) {
      const part = await new Promise<Buffer>((resolve, reject) => {
        zstd.zstdDecompress(frame, { maxOutputLength: Math.max(left, 1) }, (error, out) =>
          error ? reject(error) : resolve(out),
        );
      });
      left -= part.length;
      parts.push(part);
    }
    return checkedSize(joined(parts), maxBytes);
  } catch (error) {
    throw asKafkaError(error, maxBytes);
  }
}

const joined = (parts: Buffer[]): Buffer => (parts.length === 1 ? parts[0]! : Buffer.concat(parts));

function checkedSize(out: Buffer, maxBytes: number): Buffer {
  if (out.length > maxBytes) throw new DecompressionLimitError(maxBytes);
  return out;
}

function asKafkaError(error: unknown, maxBytes: number): Error {
  if (error instanceof DecompressionLimitError) return error;
  if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return new DecompressionLimitError(maxBytes);
  return new CorruptRecordError(`Corrupt zstd data: ${(error as Error).message}`);
}

/**
 * The frames in `data`, each on its own: node:zlib would drop all but the first without a word. The library has no
 * limit of its own, so a stream that might yield too much is refused here; the last block's rounding is let pass.
 */
function boundedFrames(data: Buffer, maxBytes: number): Buffer[] {
  const { frames, maxContentBytes } = scanFrames(data);
  if (!builtIn && maxContentBytes > maxBytes + MAX_BLOCK_BYTES) throw new DecompressionLimitError(maxBytes);
  return frames;
}

/** Finds the frames and the most that they can yield, from their block headers. Throws `CorruptRecordError` if cut. */
export function scanFrames(data: Buffer): { frames: Buffer[]; maxContentBytes: number } {
  const frames: Buffer[] = [];
  let maxContentBytes = 0;
  let at = 0;
  while (at < data.length) {
    need(data, at, 5);
    const magic = data.readUInt32LE(at);
    if (magic >>> 4 === SKIPPABLE_MAGIC) {
      need(data, at, 8);
      const length = data.readUInt32LE(at + 4);
      need(data, at + 8, length);
      at += 8 + length;
      continue;
    }
    if (magic !== FRAME_MAGIC) throw new CorruptRecordError('Corrupt zstd data: not a frame');
    const start = at;
    const descriptor = data[at + 4]!;
    at += 4 + frameHeaderBytes(descriptor);
    for (let isLast = false; !isLast; ) {
      need(data, at, 3);
      const header = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16);
      isLast = (header & 1) === 1;
      const type = (header >> 1) & 3;
      const size = header >>> 3;
      if (type === 3 || size > MAX_BLOCK_BYTES) throw new CorruptRecordError('Corrupt zstd data: a bad block');
      // Raw blocks yield their bytes, run-length blocks one byte `size` times, compressed ones a block at most.
      maxContentBytes += type === 2 ? MAX_BLOCK_BYTES : size;
      at += 3;
      const stored = type === 1 ? 1 : size;
      need(data, at, stored);
      at += stored;
    }
    const checksumBytes = (descriptor & 0x04) === 0 ? 0 : 4;
    need(data, at, checksumBytes);
    at += checksumBytes;
    frames.push(data.subarray(start, at));
  }
  return { frames, maxContentBytes };
}

function need(data: Buffer, at: number, bytes: number): void {
  if (data.length - at < bytes) throw new CorruptRecordError('Corrupt zstd data: a frame is cut');
}

/** The bytes of a frame header after its magic. */
function frameHeaderBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3]!;
  const contentSizeFlag = descriptor >> 6;
  const contentSizeBytes = contentSizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << contentSizeFlag;
  return 1 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes + contentSizeBytes;
}
