import { prettyJson } from './json';

const textOf = (text: string): string | undefined =>
  prettyJson(text)
    ?.map((token) => token.text)
    .join('');

describe('JSON, made readable', () => {
  test('looks as JSON.stringify would have it', () => {
    const value = { a: 1, b: [true, null, { c: 'x,y:{}[]"\\' }], empty: {}, none: [], 'k"': -1.5e3 };
    expect(textOf(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  });

  test('digits stay as they were sent', () => {
    expect(textOf('{"id":12345678901234567890,"x":1.10}')).toBe('{\n  "id": 12345678901234567890,\n  "x": 1.10\n}');
  });

  test('what is indented already is indented anew', () => {
    expect(textOf(' [ 1 ,\n 2 ] ')).toBe('[\n  1,\n  2\n]');
  });

  test('keys and values are told apart', () => {
    const kinds = prettyJson('{"a":"b","n":[1,true]}')!.filter(({ kind }) => kind !== 'plain');
    expect(kinds).toEqual([
      { kind: 'key', text: '"a"' },
      { kind: 'string', text: '"b"' },
      { kind: 'key', text: '"n"' },
      { kind: 'number', text: '1' },
      { kind: 'word', text: 'true' },
    ]);
  });

  test.each(['', 'plain', '"text"', '42', '{', '{"a":}', '{"a":1} x', "{'a':1}"])('%s is shown as it is', (text) =>
    expect(prettyJson(text)).toBeNull(),
  );
});
