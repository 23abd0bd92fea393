import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Codec } from '../schema/codegen';
import { MalformedMessageError } from '../wire/errors';
import { Reader } from '../wire/reader';
import { generator, mutate, randomBytes } from '../wire/test-mutations';
import { APIS } from '.';

/**
 * Whatever arrives, decoding ends soon, throws nothing but `MalformedMessageError`, and makes no more objects than the
 * frame has bytes.
 */
const MUTATIONS = 40;
const RANDOM_FRAMES = 25;

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

const vectors = new Map<string, Buffer[]>();
for (const line of gunzipSync(readFileSync(join(__dirname, '../../vectors/messages.ndjson.gz')))
  .toString('utf8')
  .trimEnd()
  .split('\n')) {
  const { message, version, bytes } = JSON.parse(line) as { message: string; version: number; bytes: string };
  const key = `${message} ${version}`;
  vectors.set(key, [...(vectors.get(key) ?? []), Buffer.from(bytes, 'base64')]);
}

test.each(APIS.map((api) => [api.name, api] as const))(
  '%s decodes anything, or says that it is malformed',
  (_, api) => {
    const random = generator(api.key + 1);
    for (let version = api.range.from; version <= api.range.to; version++) {
      for (const side of ['request', 'response'] as const) {
        const codec = (side === 'request' ? api.requestCodec(version) : api.responseCodec(version)) as Codec;
        const originals = vectors.get(`${api.name}${side === 'request' ? 'Request' : 'Response'} ${version}`)!;
        for (const original of originals) {
          for (let left = MUTATIONS; left > 0; left--) decodeAnything(codec, mutate(original, random));
        }
        for (let left = RANDOM_FRAMES; left > 0; left--) {
          decodeAnything(codec, randomBytes(random, 300));
        }
      }
    }
  },
);

test('an array whose length lies costs nothing', () => {
  const [metadata] = APIS.filter(({ name }) => name === 'Metadata');
  const frame = Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0]);
  expect(() => metadata!.requestCodec(0).decode(new Reader(frame))).toThrow(MalformedMessageError);
  const flexible = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]);
  expect(() => metadata!.requestCodec(12).decode(new Reader(flexible))).toThrow(MalformedMessageError);
});
