import { createHash } from 'node:crypto';
import { seededBelow } from '@odradek/protocol/testing/seeded';
import { groupSegments } from './cleanable';
import { cleanerLimits } from './cleaner-config';
import { Md5 } from './md5';
import { OffsetMap } from './offset-map';
import { CLEANER_CONFIG } from './testing/cleaning';

test('MD5 is that of OpenSSL, whatever the length and wherever the bytes lie', () => {
  const md5 = new Md5();
  const random = seededBelow(1);
  for (let length = 0; length < 300; length++) {
    const bytes = Buffer.from(Array.from({ length: length + 7 }, () => random(256)));
    md5.digest(bytes, 3, 3 + length);
    const digest = Buffer.alloc(16);
    for (const [i, word] of [md5.a, md5.b, md5.c, md5.d].entries()) digest.writeInt32LE(word, 4 * i);
    const expected = createHash('md5')
      .update(bytes.subarray(3, 3 + length))
      .digest('hex');
    expect([length, digest.toString('hex')]).toEqual([length, expected]);
  }
});

test('the map holds the last offset of each key, however large, until it is full', () => {
  const map = new OffsetMap();
  const key = (i: number): Buffer => Buffer.from(`key-${i}`);
  for (const slots of [101, 50, 101]) {
    map.reset(slots);
    const expected = new Map<number, number>();
    for (let i = 0; i < 300; i++) {
      const offset = i * 2 ** 33;
      map.put(key(i % 49), 0, key(i % 49).length, offset);
      expected.set(i % 49, offset);
    }
    expect(map.size).toBe(49);
    for (let i = 0; i < 60; i++) expect(map.get(key(i), 0, key(i).length)).toBe(expected.get(i) ?? -1);
    expect(map.latestOffset).toBe(299 * 2 ** 33);
  }
});

test('memory is what the threads share, and no more than offsets can need', () => {
  const config = { ...CLEANER_CONFIG, threads: 2, dedupeBufferBytes: 48_000 };
  expect(cleanerLimits(config, 1e9, 0)).toMatchObject({ slots: 1000, maxKeys: 900, ioBufferBytes: 128 * 1024 });
  expect(cleanerLimits(config, 300, 0)).toMatchObject({ slots: 401, maxKeys: 400 });
  expect(cleanerLimits({ ...config, loadFactor: 1 }, 1e9, 0)).toMatchObject({ slots: 1000, maxKeys: 999 });
});

describe('neighbours are grouped', () => {
  const segment = (baseOffset: number, size: number, offsetIndexBytes = 0, timeIndexBytes = 0) => ({
    baseOffset,
    size,
    offsetIndexBytes,
    timeIndexBytes,
  });
  const limits = { segmentBytes: 100, segmentIndexBytes: 50 };
  const bases = (segments: ReturnType<typeof segment>[], end: number): number[][] =>
    groupSegments(segments, limits, end).map((group) => group.map(({ baseOffset }) => baseOffset));

  test('up to segment.bytes', () => {
    expect(bases([segment(0, 60), segment(1, 40), segment(2, 1), segment(3, 99), segment(4, 200)], 5)).toEqual([
      [0, 1],
      [2, 3],
      [4],
    ]);
  });

  test('up to the sizes of their indexes', () => {
    expect(bases([segment(0, 1, 30), segment(1, 1, 20), segment(2, 1, 1), segment(3, 1, 0, 51)], 4)).toEqual([
      [0, 1],
      [2],
      [3],
    ]);
  });

  test('within what an index can express, by where the next one begins; empty ones always', () => {
    const far = 2 ** 31;
    expect(bases([segment(0, 1), segment(1, 1), segment(far - 1, 1)], far)).toEqual([[0, 1, far - 1]]);
    expect(bases([segment(0, 1), segment(1, 1), segment(far - 1, 1)], far + 1)).toEqual([[0, 1], [far - 1]]);
    expect(bases([segment(0, 1), segment(far + 1, 0)], far + 2)).toEqual([[0, far + 1]]);
  });
});
