import { isLong, parseInteger, parseLong } from './java-integer';

test('numbers are those that Java has room for', () => {
  expect(parseInteger('-2147483648')).toBe(-(2 ** 31));
  expect(() => parseInteger('2147483648')).toThrow('For input string: "2147483648"');
  expect(parseLong('+5')).toBe(5);
  expect([isLong('9223372036854775807'), isLong('-9223372036854775808')]).toEqual([true, true]);
  expect([isLong('9223372036854775808'), isLong('-9223372036854775809'), isLong('1.0'), isLong('')]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(() => parseLong('99999999999999999999')).toThrow('For input string: "99999999999999999999"');
});
