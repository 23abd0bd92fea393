import { PropertiesSyntaxError, parseProperties } from './properties';
import vectors from './vectors/properties.json';

const valuesOf = (text: string | Uint8Array) =>
  Object.fromEntries([...parseProperties(text).entries.values()].map(({ key, value }) => [key, value]));

describe('parseProperties', () => {
  test.each([
    ['a=b', { a: 'b' }],
    ['a:b', { a: 'b' }],
    ['a b', { a: 'b' }],
    ['a = : b', { a: ': b' }],
    ['a', { a: '' }],
    ['  # comment\n ! comment\n\n  a=b # no comment', { a: 'b # no comment' }],
    ['a=b  ', { a: 'b  ' }],
    ['a=1\ra=2\r\nb=3', { a: '2', b: '3' }],
    ['a=1,\\\n   2,\\\r   3\\\r\n ,4', { a: '1,2,3,4' }],
    ['a=1\\\\\nb=2', { a: '1\\', b: '2' }],
    ['a=1\\\n# continued', { a: '1# continued' }],
    ['\\\n#key=v', {}],
    ['a\\:b\\ c=v', { 'a:b c': 'v' }],
    ['path=C:\\dir\\new', { path: 'C:dir\new' }],
    ['a=\\u0041\\t\\f\\r\\n', { a: 'A\t\f\r\n' }],
    ['a=b\\', { a: 'b' }],
    ['=v', { '': 'v' }],
    ['__proto__=v', JSON.parse('{"__proto__":"v"}')],
  ])('%j', (text, expected) => {
    expect(valuesOf(text)).toEqual(expected);
  });

  test('bytes are ISO-8859-1', () => {
    expect(valuesOf(Buffer.from([0x61, 0x3d, 0xe9]))).toEqual({ a: 'é' });
  });

  test('keys know their lines, replaced ones are reported', () => {
    const { entries, replaced } = parseProperties('# c\na=1\nb=2,\\\n 3\n\na=4\n');
    expect(entries.get('a')).toEqual({ key: 'a', value: '4', line: 6 });
    expect(entries.get('b')).toEqual({ key: 'b', value: '2,3', line: 3 });
    expect(replaced).toEqual([{ key: 'a', value: '1', line: 2 }]);
  });

  test.each(['a=\\u12', 'a=\\uXYZW', '\\u=b', 'a=\\\\\\u1'])('%j is malformed', (text) => {
    expect(() => parseProperties(`ok=1\n${text}`)).toThrow(new PropertiesSyntaxError('Malformed \\uxxxx encoding.', 2));
  });

  test('an escaped backslash before u is no escape', () => {
    expect(valuesOf('a=\\\\u12')).toEqual({ a: '\\u12' });
  });

  test(`agrees with java.util.Properties on ${vectors.length} texts`, () => {
    for (const { text, values } of vectors) {
      let ours: unknown;
      try {
        ours = valuesOf(Buffer.from(text, 'latin1'));
      } catch {
        ours = null;
      }
      expect({ text, values: ours }).toEqual({ text, values });
    }
  });
});
