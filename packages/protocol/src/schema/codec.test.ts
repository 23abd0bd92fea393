import { MalformedMessageError, UnencodableValueError } from '../wire/errors';
import { Reader } from '../wire/reader';
import { array, defineApi, defineMessage, int8, int32, string, struct } from '.';
import { encodeToBuffer } from './codegen';
import { includesVersion, parseVersions } from './versions';

const Sample = defineMessage({
  name: 'Sample',
  versions: '0-3',
  flexible: '2+',
  fields: {
    name: string('0+'),
    rack: string('1+', { nullable: '1+', default: null, ignorable: true }),
    limit: int32('1+', { default: -1 }),
    nested: struct({ id: int8('3+', { default: 7 }) }, '3+', { nullable: '3+', default: null }),
    tags: array(int8, '2+', { tag: 5 }),
    hint: string('2+', { tag: 1, default: 'none' }),
  },
});

const encode = (version: number, value: Parameters<ReturnType<typeof Sample.codec>['encode']>[1]): string =>
  encodeToBuffer(Sample.codec(version), value).toString('hex');
const decode = (version: number, hex: string) => Sample.codec(version).decode(new Reader(Buffer.from(hex, 'hex')));

test('every version decodes to one shape, with defaults for what it lacks', () => {
  expect(decode(0, '000161')).toEqual({ name: 'a', rack: null, limit: -1, nested: null, tags: [], hint: 'none' });
});

test('a value that a version cannot carry is refused unless it may be ignored', () => {
  expect(encode(0, { name: 'a', rack: 'r' })).toBe('000161');
  expect(() => encode(0, { name: 'a', limit: 5 })).toThrow(
    new UnencodableValueError("version 0 cannot carry this value of 'limit'"),
  );
  expect(encode(0, { name: 'a', limit: -1 })).toBe('000161');
});

test('tagged fields are written in tag order, and only where they differ from their default', () => {
  expect(encode(2, { name: 'a' })).toBe('026100ffffffff00');
  expect(encode(2, { name: 'a', tags: [3], hint: 'x' })).toBe('026100ffffffff020102027805020203');
  expect(decode(2, '026100ffffffff020102027805020203')).toMatchObject({ tags: [3], hint: 'x' });
});

test('unknown tags are skipped; a tag whose size lies is refused', () => {
  expect(decode(2, '026100ffffffff0109020000')).toMatchObject({ name: 'a', hint: 'none' });
  expect(() => decode(2, '026100ffffffff0101030278')).toThrow(MalformedMessageError);
  expect(() => decode(2, '026100ffffffff010103027800')).toThrow('the size of a tagged field');
});

test('a nullable struct has a marker before it (KIP-893)', () => {
  expect(encode(3, { name: 'a' })).toBe('026100ffffffffff00');
  expect(encode(3, { name: 'a', nested: { id: 4 } })).toBe('026100ffffffff01040000');
  expect(decode(3, '026100ffffffff01040000').nested).toEqual({ id: 4 });
});

test('an array that must not be null is refused as null', () => {
  const List = defineMessage({ name: 'List', versions: '0', flexible: 'none', fields: { items: array(int32, '0+') } });
  expect(() => List.codec(0).decode(new Reader(Buffer.from('ffffffff', 'hex')))).toThrow(MalformedMessageError);
});

test('versions outside the range have no codec', () => {
  expect(() => Sample.codec(4)).toThrow(RangeError);
});

test('version ranges', () => {
  expect(parseVersions('0-4')).toEqual({ from: 0, to: 4 });
  expect(parseVersions('3')).toEqual({ from: 3, to: 3 });
  expect(includesVersion(parseVersions('2+'), 99)).toBe(true);
  expect(includesVersion(parseVersions('none'), 0)).toBe(false);
  expect(() => parseVersions('1-')).toThrow(SyntaxError);
});

test('header versions follow flexibility, with the two exceptions of the protocol', () => {
  const declare = (key: number) =>
    defineApi({ key, name: 'X', versions: '0-3', flexible: '2+', request: {}, response: {} });
  const [ordinary, controlledShutdown, apiVersions] = [declare(3), declare(7), declare(18)];
  expect([0, 1, 2].map(ordinary.requestHeaderVersion)).toEqual([1, 1, 2]);
  expect([0, 2].map(ordinary.responseHeaderVersion)).toEqual([0, 1]);
  expect([0, 1].map(controlledShutdown.requestHeaderVersion)).toEqual([0, 1]);
  expect([0, 3].map(apiVersions.responseHeaderVersion)).toEqual([0, 0]);
});
