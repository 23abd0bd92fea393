import { compressFrameSync } from 'lz4-napi';
import { bytesOf, VECTORS } from '../testing/record-vectors';
import { type Codec, compress, compressAsync, decompress, decompressAsync } from './compression';
import { CorruptRecordError, DecompressionLimitError } from './errors';
import { scanFrames } from './zstd';

const { compress: rawSnappy } = require('snappyjs') as { compress(data: Buffer): Buffer };

const CODECS: Codec[] = ['gzip', 'snappy', 'lz4', 'zstd'];
const LIMIT = 1 << 20;

/** Bytes that compress a little: words in an order that a multiplicative sequence picks. */
function text(length: number): Buffer {
  const words = ['alpha', 'beta', ' ', 'gamma', '{"key":', '12345', '},\n', 'delta'];
  let seed = 1;
  let out = '';
  while (out.length < length) {
    seed = (seed * 48271) % 0x7fffffff;
    out += words[seed % words.length]!;
  }
  return Buffer.from(out.slice(0, length));
}

describe.each(CODECS)('%s', (codec) => {
  test.each([0, 1, 100, 33_000, 70_000, 400_000])('round trip of %d bytes, both ways', async (length) => {
    const data = text(length);
    const compressed = compress(codec, data);
    expect(decompress(codec, compressed, LIMIT).equals(data)).toBe(true);
    expect((await decompressAsync(codec, compressed, LIMIT)).equals(data)).toBe(true);
    expect(decompress(codec, await compressAsync(codec, data), LIMIT).equals(data)).toBe(true);
    if (length > 1000) expect(compressed.length).toBeLessThan(length);
  });

  test('the limit is exact', async () => {
    for (const length of [1000, 200_000]) {
      const compressed = compress(codec, text(length));
      expect(decompress(codec, compressed, length)).toHaveLength(length);
      expect(() => decompress(codec, compressed, length - 1)).toThrow(DecompressionLimitError);
      await expect(decompressAsync(codec, compressed, length - 1)).rejects.toThrow(DecompressionLimitError);
    }
  });

  test('a bomb is refused before it fills the memory', async () => {
    const bomb = compress(codec, Buffer.alloc(128 << 20));
    const before = process.memoryUsage().rss;
    expect(() => decompress(codec, bomb, LIMIT)).toThrow(DecompressionLimitError);
    await expect(decompressAsync(codec, bomb, LIMIT)).rejects.toThrow(DecompressionLimitError);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
  });

  test('cut or foreign bytes are corrupt', () => {
    const compressed = compress(codec, text(5000));
    for (const bad of [
      compressed.subarray(0, compressed.length - 9),
      Buffer.from('no such thing at all'),
      Buffer.alloc(40),
    ]) {
      expect(() => decompress(codec, bad, LIMIT)).toThrow(CorruptRecordError);
    }
  });
});

test.each([
  ['gzip', 1, 9],
  ['zstd', 1, 19],
] as const)('%s compresses better at a higher level', (codec, low, high) => {
  const data = text(100_000);
  expect(compress(codec, data, high).length).toBeLessThan(compress(codec, data, low).length);
});

test('zstd is for format 2 only', () => {
  expect(() => compress('zstd', text(10), undefined, 1)).toThrow(
    expect.objectContaining({ error: 'UNSUPPORTED_COMPRESSION_TYPE' }),
  );
});

describe('snappy', () => {
  const data = text(50_000);

  test('raw, without framing', () => {
    const raw = rawSnappy(data);
    expect(decompress('snappy', raw, LIMIT).equals(data)).toBe(true);
  });

  test('several streams, one behind the other', () => {
    const stream = compress('snappy', data);
    expect(decompress('snappy', Buffer.concat([stream, stream]), LIMIT).equals(Buffer.concat([data, data]))).toBe(true);
  });

  test('a length that the bytes cannot hold allocates nothing', () => {
    const claims4GB = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0x41]);
    expect(() => decompress('snappy', claims4GB, 2 ** 33)).toThrow('cannot hold');
  });
});

describe('lz4', () => {
  const data = text(150_000);

  test('block and content checksums', () => {
    const frame = compressFrameSync(data, { blockChecksums: true, contentChecksum: true });
    expect(decompress('lz4', frame, LIMIT).equals(data)).toBe(true);
    frame[20]! ^= 1;
    expect(() => decompress('lz4', frame, LIMIT)).toThrow('a block checksum does not match');
  });

  test('the header checksum counts from format 1 on, and is the old one in format 0', () => {
    const javas = VECTORS.find(({ name }) => name === 'magic 0 lz4 CreateTime')!;
    const header = compress('lz4', text(100), undefined, 0).subarray(0, 7);
    expect(bytesOf(javas).includes(header)).toBe(true);
    expect(() => decompress('lz4', compress('lz4', data, undefined, 0), LIMIT, 1)).toThrow('header checksum');
    expect(decompress('lz4', compress('lz4', data, undefined, 0), LIMIT, 0).equals(data)).toBe(true);
  });

  test('a block that is cut or damaged is corrupt, or the beginning of what it was', () => {
    const frame = compress('lz4', data);
    const blockBytes = frame.length - 15;
    const cutTo = (bytes: number): Buffer => {
      const cut = Buffer.from(frame);
      cut.writeUInt32LE(bytes, 7);
      return Buffer.concat([cut.subarray(0, 11 + bytes), Buffer.alloc(4)]);
    };
    const inflated = (bytes: number): Buffer | null => {
      try {
        return decompress('lz4', cutTo(bytes), LIMIT);
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptRecordError);
        return null;
      }
    };
    expect(inflated(blockBytes)!.equals(data)).toBe(true);
    for (let missing = 1; missing < 60; missing++) {
      const beginning = inflated(blockBytes - missing) ?? Buffer.alloc(0);
      expect(beginning.equals(data.subarray(0, beginning.length))).toBe(true);
    }
    const damaged = Buffer.from(frame);
    damaged.fill(0, 2000, 2100);
    expect(() => decompress('lz4', damaged, LIMIT)).toThrow(/^Corrupt lz4 data: a match points before its block/);
  });

  test('incompressible data is stored', () => {
    const noise = Buffer.from(
      Array.from({ length: 100_000 }, (_, index) => (index * index * 31 + (index >> 5) * 17) & 0xff),
    );
    expect(decompress('lz4', compress('lz4', noise), LIMIT).equals(noise)).toBe(true);
  });
});

describe('zstd', () => {
  test('what frames can yield is bounded by their blocks', () => {
    const data = text(300_000);
    const frame = compress('zstd', data);
    expect(scanFrames(frame).maxContentBytes).toBeGreaterThanOrEqual(data.length);
    expect(scanFrames(frame).maxContentBytes).toBeLessThan(data.length + 128 * 1024);
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);
    expect(scanFrames(Buffer.concat([skippable, frame])).maxContentBytes).toBe(scanFrames(frame).maxContentBytes);
  });

  test('several frames, one behind the other', async () => {
    const data = text(3000);
    const frames = Buffer.concat([compress('zstd', data), compress('zstd', data)]);
    const both = Buffer.concat([data, data]);
    expect(decompress('zstd', frames, LIMIT).equals(both)).toBe(true);
    expect((await decompressAsync('zstd', frames, LIMIT)).equals(both)).toBe(true);
  });

  test('frames without a content size, as streaming producers send them', () => {
    for (const vector of VECTORS.filter(({ name }) => name.startsWith('magic 2 zstd'))) {
      const frame = bytesOf(vector).subarray(61);
      // Neither content size nor single segment: Apache's producer streams.
      expect(frame[4]! & 0xe0).toBe(0);
      expect(decompress('zstd', frame, LIMIT).length).toBeGreaterThan(0);
    }
  });
});
