import type { Codec } from '../schema/codegen';
import { DECLARED, VECTORS } from '../testing/message-vectors';
import { generator, mutate, randomBytes } from '../testing/mutations';
import { MalformedMessageError } from '../wire/errors';
import { Reader } from '../wire/reader';
import { Metadata } from './metadata';

/**
 * Whatever arrives, decoding ends soon, throws nothing but `MalformedMessageError`, and makes no more objects than the
 * frame has bytes.
 */
const MUTATIONS = 20;
const RANDOM_FRAMES = 12;

function countItems(value: unknown): number {
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return 0;
  let items = Array.isArray(value) ? value.length : 0;
  for (const inner of Object.values(value)) items += countItems(inner);
  return items;
}

function decodeAnything(codec: Codec, frame: Buffer): void {
  try {
    expect(countItems(codec.decode(new Reader(frame)))).toBeLessThanOrEqual(frame.length);
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
  }
}

test.each([...DECLARED.keys()])('%s decodes anything, or is malformed', (name) => {
  const random = generator(name.length * 31 + name.charCodeAt(0));
  for (const { version, bytes } of VECTORS.filter(({ message }) => message === name)) {
    const codec = DECLARED.get(name)!.codec(version);
    const original = Buffer.from(bytes, 'base64');
    for (let left = MUTATIONS; left > 0; left--) decodeAnything(codec, mutate(original, random));
    for (let left = RANDOM_FRAMES; left > 0; left--) decodeAnything(codec, randomBytes(random, 300));
  }
});

test('an array whose length lies costs nothing', () => {
  const frame = Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0]);
  expect(() => Metadata.requestCodec(0).decode(new Reader(frame))).toThrow(MalformedMessageError);
  const flexible = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]);
  expect(() => Metadata.requestCodec(12).decode(new Reader(flexible))).toThrow(MalformedMessageError);
});
