import zlib from 'node:zlib';
import { KafkaError } from '../errors';
import { type CompressionType, CURRENT_MAGIC } from './batch';
import { CorruptRecordError, DecompressionLimitError } from './errors';
import type { Scratch } from './inflated';
import { LZ4_DEFAULT_LEVEL, lz4Compress, lz4CompressAsync, lz4Decompress } from './lz4';
import { snappyCompress, snappyDecompress } from './snappy';
import { zstdCompress, zstdCompressAsync, zstdDecompress, zstdDecompressAsync } from './zstd';

/**
 * The codecs of record batches. Codec libraries are loaded when first used. The asynchronous forms run off the main
 * thread where the codec can (gzip, zstd, lz4 compression); worth it from some 64 KB on.
 *
 * Levels (KIP-390): gzip 1..9 or -1, zstd -131072..22, lz4 1..17, of which 9, the default, is the fast one.
 */
export type Codec = Exclude<CompressionType, 'none'>;

/** What is decompressed at most where a caller has no better limit. */
export const MAX_DECOMPRESSED_BYTES = 256 * 1024 * 1024;

const DEFAULT_LEVELS = { gzip: -1, snappy: 0, lz4: LZ4_DEFAULT_LEVEL, zstd: 3 } as const;
const GZIP_CHUNK_BYTES = 64 * 1024;

const isLegacyLz4 = (magic: number): boolean => magic === 0;

/** Zstandard came with format 2 (KIP-110); older formats must not carry it. */
function checkFormat(codec: Codec, magic: number): void {
  if (codec === 'zstd' && magic < 2) {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `ZStandard compression is not supported for magic ${magic}`);
  }
}

/** @param magic the record format that will carry the bytes. */
export function compress(codec: Codec, data: Buffer, level?: number, magic = CURRENT_MAGIC): Buffer {
  checkFormat(codec, magic);
  const wanted = level ?? DEFAULT_LEVELS[codec];
  switch (codec) {
    case 'gzip':
      return zlib.gzipSync(data, { level: wanted });
    case 'snappy':
      return snappyCompress(data);
    case 'lz4':
      return lz4Compress(data, isLegacyLz4(magic), wanted);
    case 'zstd':
      return zstdCompress(data, wanted);
  }
}

export async function compressAsync(
  codec: Codec,
  data: Buffer,
  level?: number,
  magic = CURRENT_MAGIC,
): Promise<Buffer> {
  checkFormat(codec, magic);
  const wanted = level ?? DEFAULT_LEVELS[codec];
  switch (codec) {
    case 'gzip':
      return new Promise((resolve, reject) => {
        zlib.gzip(data, { level: wanted }, (error, out) => (error ? reject(error) : resolve(out)));
      });
    case 'snappy':
      return snappyCompress(data);
    case 'lz4':
      return lz4CompressAsync(data, isLegacyLz4(magic), wanted);
    case 'zstd':
      return zstdCompressAsync(data, wanted);
  }
}

/**
 * Throws `CorruptRecordError` for bytes that are not the codec's, `DecompressionLimitError` where they hold more than
 * `maxBytes`. With `scratch` the result may be good only until that is used again.
 */
export function decompress(
  codec: Codec,
  data: Buffer,
  maxBytes: number,
  magic = CURRENT_MAGIC,
  scratch?: Scratch,
): Buffer {
  checkFormat(codec, magic);
  switch (codec) {
    case 'gzip':
      try {
        return zlib.gunzipSync(data, gunzipOptions(maxBytes));
      } catch (error) {
        throw gzipError(error, maxBytes);
      }
    case 'snappy':
      return snappyDecompress(data, maxBytes, scratch);
    case 'lz4':
      return lz4Decompress(data, maxBytes, isLegacyLz4(magic), scratch);
    case 'zstd':
      return zstdDecompress(data, maxBytes);
  }
}

/** As `decompress`; `data` must stay unchanged until it is done. */
export async function decompressAsync(
  codec: Codec,
  data: Buffer,
  maxBytes: number,
  magic = CURRENT_MAGIC,
): Promise<Buffer> {
  checkFormat(codec, magic);
  switch (codec) {
    case 'gzip':
      return new Promise((resolve, reject) => {
        zlib.gunzip(data, gunzipOptions(maxBytes), (error, out) =>
          error ? reject(gzipError(error, maxBytes)) : resolve(out),
        );
      });
    case 'snappy':
      return snappyDecompress(data, maxBytes);
    case 'lz4':
      return lz4Decompress(data, maxBytes, isLegacyLz4(magic));
    case 'zstd':
      return zstdDecompressAsync(data, maxBytes);
  }
}

const gunzipOptions = (maxBytes: number): zlib.ZlibOptions => ({
  maxOutputLength: Math.max(1, maxBytes),
  chunkSize: GZIP_CHUNK_BYTES,
});

function gzipError(error: unknown, maxBytes: number): Error {
  if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return new DecompressionLimitError(maxBytes);
  return new CorruptRecordError(`Corrupt gzip data: ${(error as Error).message}`);
}
