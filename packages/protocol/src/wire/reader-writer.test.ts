import fc from 'fast-check';
import { MalformedMessageError, UnencodableValueError } from './errors';
import { Reader } from './reader';
import { uuidFromBytes, uuidToBytes, ZERO_UUID } from './uuid';
import { Writer } from './writer';

const INT64_MAX = 2 ** 63;

function written(write: (writer: Writer) => void): Buffer {
  const writer = new Writer(8);
  write(writer);
  return writer.toBuffer();
}

const hex = (write: (writer: Writer) => void): string => written(write).toString('hex');

/** A zigzag varint by its definition (Protocol Buffers' encoding guide). */
function varintByDefinition(value: bigint): string {
  let raw = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; raw >= 0x80n; raw >>= 7n) bytes.push(Number(raw & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(raw)]).toString('hex');
}

test('varints and varlongs are those of the definition', () => {
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer()), (value) => {
      const bytes = written((writer) => writer.varlong(value));
      expect(bytes.toString('hex')).toBe(varintByDefinition(BigInt(value)));
      expect(new Reader(bytes).varlong()).toBe(value);
      if (value !== (value | 0)) return;
      expect(hex((writer) => writer.varint(value))).toBe(varintByDefinition(BigInt(value)));
      expect(new Reader(bytes).varint()).toBe(value);
    }),
  );
});

test('unsigned varints', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
      const bytes = written((writer) => writer.uvarint(value));
      expect(bytes).toHaveLength(value === 0 ? 1 : Math.ceil(Math.log2(value + 1) / 7));
      expect(new Reader(bytes).uvarint()).toBe(value);
    }),
  );
});

test('64-bit integers are two’s complement, exact to 2^53 and clamped at the ends', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const bytes = written((writer) => writer.int64(value));
      expect(bytes.readBigInt64BE()).toBe(BigInt(value));
      expect(new Reader(bytes).int64()).toBe(value);
    }),
  );
  expect(hex((writer) => writer.int64(INT64_MAX))).toBe('7fffffffffffffff');
  expect(hex((writer) => writer.int64(Number.MAX_VALUE))).toBe('7fffffffffffffff');
  expect(hex((writer) => writer.int64(-INT64_MAX))).toBe('8000000000000000');
  expect(hex((writer) => writer.int64(-Infinity))).toBe('8000000000000000');
  expect(new Reader(Buffer.from('7fffffffffffffff', 'hex')).int64()).toBe(INT64_MAX);
});

test.each([
  ['uvarint', 'ffffffffff01'],
  ['uvarint', '8080'],
  ['varint', ''],
  ['varlong', 'ffffffffffffffffffff01'],
  ['varlong', '80'],
  ['int64', '00000000000000'],
  ['string', '0005616263'],
  ['string', 'ffff'],
  ['compactString', '00'],
  ['compactString', '0561'],
  ['nullableBytes', '7fffffff00'],
  ['compactBytes', 'ffffffff0f00'],
  ['uuid', '00'],
  ['skipTags', '02000101'],
] as const)('%s refuses %s', (method, bytes) => {
  expect(() => new Reader(Buffer.from(bytes, 'hex'))[method]()).toThrow(MalformedMessageError);
});

test('large byte fields are referenced, small ones copied, all of them in order', () => {
  const large = Buffer.alloc(5000, 1);
  const small = Buffer.from('small');
  const writer = new Writer(4);
  writer.string('before');
  writer.bytes(large);
  writer.compactBytes(small);
  writer.tagged(3, (inner) => inner.compactBytes(large));
  writer.int8(9);
  const { length } = writer;
  const chunks = writer.chunks();
  expect(chunks.filter((chunk) => chunk.buffer === large.buffer && chunk.byteOffset === large.byteOffset)).toHaveLength(
    2,
  );
  small.fill(0);
  const reader = new Reader(Buffer.concat(chunks));
  expect(reader.remaining).toBe(length);
  expect(reader.string()).toBe('before');
  expect(reader.bytes().equals(large)).toBe(true);
  expect(reader.compactBytes().toString()).toBe('small');
  expect([reader.uvarint(), reader.uvarint()]).toEqual([3, 5002]);
  expect(reader.compactBytes().equals(large)).toBe(true);
  expect([reader.int8(), reader.remaining]).toEqual([9, 0]);
});

test('frames: each gets its length; one that is dropped leaves no trace, whatever it has referenced or grown', () => {
  const large = Buffer.alloc(3000, 7);
  const bodies: ((writer: Writer) => void)[] = [
    (writer) => writer.string('short'),
    (writer) => writer.bytes(large),
    (writer) => writer.string('x'.repeat(700)),
    (writer) => {
      writer.int8(1);
      writer.bytes(large);
      writer.string('y'.repeat(700));
      writer.bytes(large);
      writer.int8(2);
    },
  ];
  const alone = bodies.map((body) => written(body));
  for (const initialBytes of [4, 64, 4096]) {
    const writer = new Writer(initialBytes);
    for (const [index, body] of bodies.entries()) {
      for (const dropped of bodies) {
        writer.beginFrame();
        dropped(writer);
        writer.dropFrame();
      }
      writer.beginFrame();
      body(writer);
      expect(writer.endFrame()).toBe(alone[index]!.length);
    }
    const { length } = writer;
    const reader = new Reader(writer.toBuffer());
    expect(reader.remaining).toBe(length);
    expect(bodies.map(() => reader.bytes().toString('hex'))).toEqual(alone.map((bytes) => bytes.toString('hex')));
    expect(reader.remaining).toBe(0);
  }
});

test('texts are those of their bytes, however often and in what order they come', () => {
  const texts = ['', 'a', 'topic-1', 'topic-2', 'ä', '漢字', '\0', 'x'.repeat(64), 'x'.repeat(65), 'ü'.repeat(40)];
  const many = Array.from({ length: 5000 }, (_, index) => `member-${index}`);
  for (const text of [...texts, ...many, ...texts]) {
    const bytes = written((writer) => writer.compactString(text));
    expect(bytes.subarray(Buffer.byteLength(text) < 127 ? 1 : 2).toString()).toBe(text);
    expect(new Reader(bytes).compactString()).toBe(text);
  }
  const invalid = Buffer.from('0003ff41fe', 'hex');
  for (let round = 0; round < 2; round++) expect(new Reader(invalid).string()).toBe('\ufffdA\ufffd');
});

test.each([
  ['int8', 128],
  ['int8', -129],
  ['int16', 32768],
  ['uint16', -1],
  ['int32', 2147483648],
  ['int32', 1.5],
  ['uint32', -1],
  ['int64', Number.NaN],
] as const)('%s refuses %d', (method, value) => {
  expect(() => written((writer) => writer[method](value))).toThrow(UnencodableValueError);
});

test('strings have at most 32767 bytes, compact or not', () => {
  const [longest, tooLong] = ['x'.repeat(0x7fff), 'x'.repeat(0x8000)];
  for (const method of ['string', 'compactString'] as const) {
    expect(new Reader(written((writer) => writer[method](longest)))[method]()).toBe(longest);
    expect(() => written((writer) => writer[method](tooLong))).toThrow(UnencodableValueError);
  }
  const bytes = Buffer.concat([written((writer) => writer.uvarint(0x8001)), Buffer.alloc(0x8000)]);
  expect(() => new Reader(bytes).compactString()).toThrow(MalformedMessageError);
  expect(() => new Reader(bytes).compactNullableString()).toThrow(MalformedMessageError);
});

// Kafka's generated readers take any negative length for null.
test('any negative length is null', () => {
  expect(new Reader(Buffer.from('fffb', 'hex')).nullableString()).toBeNull();
  expect(new Reader(Buffer.from('fffffff9', 'hex')).nullableBytes()).toBeNull();
  expect(new Reader(Buffer.from('fffffff9', 'hex')).count(false, 1)).toBeLessThan(0);
});

test('uuids are Kafka’s 22 characters', () => {
  expect(uuidFromBytes(Buffer.alloc(16))).toBe(ZERO_UUID);
  expect(uuidFromBytes(Buffer.from('1234567890abcdf5fffffffffffffffa', 'hex'))).toBe('EjRWeJCrzfX_________-g');
  expect(() => uuidToBytes('short')).toThrow(TypeError);
  for (const bad of ['', 'short', 'EjRWeJCrzfX_________-gA', '!!!!!!!!!!!!!!!!!!!!!!']) {
    expect(() => written((writer) => writer.uuid(bad))).toThrow(UnencodableValueError);
  }
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      expect([...uuidToBytes(uuidFromBytes(Buffer.from(bytes)))]).toEqual([...bytes]);
    }),
  );
});

test('elements that become objects are counted over the whole message, numbers are not', () => {
  const bytes = Buffer.concat(
    [3, 2, 2].map((count) => Buffer.concat([written((w) => w.int32(count)), Buffer.alloc(count)])),
  );
  const counts = (limit: number): number[] => {
    const reader = new Reader(bytes, 0, bytes.length, limit);
    return (['countObjects', 'count', 'countObjects'] as const).map((method) => {
      const count = reader[method](false, 1);
      reader.take(count);
      return count;
    });
  };
  expect(counts(5)).toEqual([3, 2, 2]);
  expect(() => counts(4)).toThrow(MalformedMessageError);
});
