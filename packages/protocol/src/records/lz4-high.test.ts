import fc from 'fast-check';
import { decompressFrameSync } from 'lz4-napi';
import { compress, decompress } from './compression';
import { highBlockBound, lz4HighBlock, MAX_HIGH_BLOCK_BYTES } from './lz4-high';

const LEVELS = [1, 3, 5, 8, 10, 12, 17];
const WORDS = ['alpha', 'beta', ' ', 'gamma', '{"key":', '12345', '},\n', 'delta'];
const EVENTS = ['click', 'view', 'purchase', 'login'];

function* numbers(seed: number): Generator<number, never, void> {
  for (;;) {
    seed = (seed * 48271) % 0x7fffffff;
    yield seed;
  }
}

function words(length: number): Buffer {
  const numbersFrom1 = numbers(1);
  let text = '';
  while (text.length < length) text += WORDS[numbersFrom1.next().value % WORDS.length]!;
  return Buffer.from(text.slice(0, length));
}

function rows(length: number): Buffer {
  const numbersFrom7 = numbers(7);
  let text = '';
  for (let id = 0; text.length < length; id++) {
    const n = numbersFrom7.next().value;
    text += `{"id":${id},"user":"user-${n % 997}","event":"${EVENTS[n % 4]!}","price":${n % 10007},"at":${1700000000 + (n % 100003)}}\n`;
  }
  return Buffer.from(text.slice(0, length));
}

/** Bytes of the frames that Apache Kafka 3.9.1 makes of these data (Lz4BlockOutputStream, native lz4), levels 1 to 17. */
const JAVAS: [string, Buffer, number[]][] = [
  [
    'words',
    words(150_000),
    [
      42901, 42901, 39698, 37113, 35312, 33932, 32539, 31724, 73102, 29995, 29044, 28959, 28959, 28959, 28959, 28959,
      28959,
    ],
  ],
  [
    'rows',
    rows(150_000),
    [
      39141, 39141, 37903, 37096, 36654, 36469, 36296, 36140, 46987, 35939, 35733, 35715, 35715, 35715, 35715, 35715,
      35715,
    ],
  ],
  ['few rows', rows(1000), [404, 404, 400, 398, 397, 397, 397, 397, 411, 397, 397, 397, 397, 397, 397, 397, 397]],
];

test.each(JAVAS)('%s are as small as those of Java at each level', (_, data, sizes) => {
  const tooLarge = LEVELS.map((level) => ({ level, ratio: compress('lz4', data, level).length / sizes[level - 1]! }));
  expect(tooLarge.filter(({ ratio }) => ratio > 1.02)).toEqual([]);
});

test('a higher level makes it smaller, and those from 12 on are one', () => {
  const some = words(60_000);
  const sizeAt = (level: number): number => compress('lz4', some, level).length;
  expect(sizeAt(3)).toBeLessThan(sizeAt(1));
  expect(sizeAt(8)).toBeLessThan(sizeAt(4));
  expect(sizeAt(12)).toBeLessThan(sizeAt(8));
  expect(sizeAt(17)).toBe(sizeAt(12));
  expect(sizeAt(2)).toBe(sizeAt(1));
});

test('level 9 is the fast compressor', () => {
  expect(compress('lz4', words(5000), 9).equals(compress('lz4', words(5000)))).toBe(true);
});

test('the frames of Java, byte by byte where there is one way to write them', () => {
  const frameOf = (data: Buffer): string => compress('lz4', data, 3).toString('hex');
  expect(frameOf(Buffer.alloc(0))).toBe('04224d1860408200000000');
  expect(frameOf(Buffer.from('short'))).toBe('04224d186040820500008073686f727400000000');
  const zeros = frameOf(Buffer.alloc(70_000));
  expect(zeros.length / 2).toBe(314);
  expect(zeros).toMatch(
    /^04224d186040820b0100001f000100f+[0-9a-f]{2}5000000000001c0000001f000100f+6850000000000000000000$/,
  );
});

const MANY_WORDS = words(70_000);

/** Pieces that come again, at distances and in lengths where something changes. */
const data = fc
  .array(
    fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.integer({ min: 97, max: 99 }), fc.integer({ min: 1, max: 700 })).map(([b, n]) => Buffer.alloc(n, b)),
      fc.constantFrom('abc', 'abcd', 'abcdefghijklmnopqrs', 'the same words again, ').map((text) => Buffer.from(text)),
      fc.constantFrom(3, 4, 5, 11, 12, 13, 14, 15, 65_520, 65_536, 70_000).map((n) => MANY_WORDS.subarray(0, n)),
    ),
    { maxLength: 12 },
  )
  .map((pieces) => Buffer.concat(pieces));

test('both decompressors read what it makes of any data', () => {
  fc.assert(
    fc.property(data, fc.constantFrom(...LEVELS), (bytes, level) => {
      const frame = compress('lz4', bytes, level);
      expect(decompress('lz4', frame, bytes.length).equals(bytes)).toBe(true);
      expect(decompressFrameSync(frame).equals(bytes)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a block keeps the rules of its end, and within its bound', () => {
  fc.assert(
    fc.property(data, fc.constantFrom(...LEVELS), (bytes, level) => {
      const block = bytes.subarray(0, MAX_HIGH_BLOCK_BYTES);
      const out = Buffer.alloc(highBlockBound(block.length) + 8, 0xee);
      const end = lz4HighBlock(bytes, 0, block.length, out, 4, level);
      expect(out.subarray(0, 4).equals(Buffer.alloc(4, 0xee))).toBe(true);
      expect(out.subarray(end).every((byte) => byte === 0xee)).toBe(true);
      const { literalsAtEnd, lastMatchAt } = endOf(out.subarray(4, end));
      if (lastMatchAt === null) return;
      expect(literalsAtEnd).toBeGreaterThanOrEqual(5);
      expect(lastMatchAt).toBeLessThanOrEqual(block.length - 12);
    }),
    { numRuns: 60 },
  );
});

test('noise is stored', () => {
  const from = numbers(3);
  const noise = Buffer.from(Array.from({ length: 100_000 }, () => (from.next().value >> 8) & 0xff));
  const frame = compress('lz4', noise, 4);
  expect(frame.length).toBe(7 + 4 + 65_536 + 4 + 34_464 + 4);
  expect(decompressFrameSync(frame).equals(noise)).toBe(true);
});

/** Reads a block as the format's description says. */
function endOf(block: Buffer): { literalsAtEnd: number; lastMatchAt: number | null } {
  let at = 0;
  let written = 0;
  let lastMatchAt: number | null = null;
  const length = (nibble: number): number => {
    let sum = nibble;
    if (nibble === 15) for (let byte = 255; byte === 255; sum += byte) byte = block[at++]!;
    return sum;
  };
  for (;;) {
    const token = block[at++]!;
    const literals = length(token >> 4);
    at += literals;
    written += literals;
    if (at === block.length) return { literalsAtEnd: literals, lastMatchAt };
    at += 2;
    lastMatchAt = written;
    written += 4 + length(token & 15);
  }
}
