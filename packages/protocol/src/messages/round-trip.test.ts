import fc from 'fast-check';
import { type Codec, encodeToBuffer } from '../schema/codegen';
import type { Field, Fields, FieldType } from '../schema/fields';
import { includesVersion, parseVersions } from '../schema/versions';
import { Reader } from '../wire/reader';
import { uuidFromBytes } from '../wire/uuid';
import { APIS } from '.';

const RUNS = 5;
const MAX_ITEMS = 3;
const SEED = 20_391;

const int = (bits: number): fc.Arbitrary<number> => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const bytes = fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value));
const PRIMITIVES: Record<string, fc.Arbitrary<unknown>> = {
  bool: fc.boolean(),
  int8: int(8),
  int16: int(16),
  uint16: fc.integer({ min: 0, max: 0xffff }),
  int32: int(32),
  int64: fc.oneof(fc.maxSafeInteger(), int(32), fc.constant(-1)),
  float64: fc.double({ noNaN: true }).filter((value) => !Object.is(value, -0)),
  string: fc.string({ unit: 'grapheme', maxLength: 20 }),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((value) => uuidFromBytes(Buffer.from(value))),
  bytes,
  // Longer than what the writer copies, now and then.
  records: fc.oneof(bytes, fc.constant(Buffer.alloc(1500, 7)), fc.constant(null)),
};

/** Any value that a field of this type may have in this version. */
function valueFor(type: FieldType, version: number): fc.Arbitrary<unknown> {
  if (type.kind === 'primitive') return PRIMITIVES[type.primitive]!;
  if (type.kind === 'array') return fc.array(valueFor(type.element, version), { maxLength: MAX_ITEMS });
  return structFor(type.fields, version);
}

function structFor(fields: Fields, version: number): fc.Arbitrary<Record<string, unknown>> {
  const values: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (!includesVersion(parseVersions(field.versions), version)) continue;
    const value = valueFor(field.type, version);
    values[name] = isNullable(field, version) ? fc.option(value) : value;
  }
  return fc.record(values);
}

const isNullable = ({ options }: Field, version: number): boolean =>
  options.nullable !== undefined && includesVersion(parseVersions(options.nullable), version);

/** Only the fields that were given; absent ones must have come back as their defaults, which the encoder accepts. */
function like(decoded: unknown, given: unknown): unknown {
  if (Array.isArray(given)) return (decoded as unknown[]).map((item, index) => like(item, given[index]));
  if (given === null || typeof given !== 'object' || Buffer.isBuffer(given)) return decoded;
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, like((decoded as Record<string, unknown>)[name], value)]),
  );
}

function expectRoundTrip(codec: Codec, fields: Fields, version: number): void {
  fc.assert(
    fc.property(structFor(fields, version), (value) => {
      const encoded = encodeToBuffer(codec, value);
      const reader = new Reader(encoded);
      const decoded = codec.decode(reader);
      expect(reader.remaining).toBe(0);
      expect(like(decoded, value)).toEqual(value);
      expect(encodeToBuffer(codec, decoded).equals(encoded)).toBe(true);
    }),
    { numRuns: RUNS, seed: SEED },
  );
}

test.each(APIS.map((api) => [api.name, api] as const))('%s: what is encoded is decoded, in every version', (_, api) => {
  for (let version = api.range.from; version <= api.range.to; version++) {
    expectRoundTrip(api.requestCodec(version) as Codec, api.request, version);
    expectRoundTrip(api.responseCodec(version) as Codec, api.response, version);
  }
});
