import { ToolError } from '../tool-error';
import { asArray, asObject, member, nodeText, toInteger, toList, toLong, toText } from './node';
import { parseJson } from './parser';

const HIDDEN = '[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); ';

function outcome(text: string): string {
  try {
    return `OK ${nodeText(parseJson(text))}`;
  } catch (thrown) {
    const { className, message } = thrown as ToolError;
    return `${className.replace(/.*\./, '')}: ${message.replaceAll(HIDDEN, '[')}`;
  }
}

// What org.apache.kafka.server.util.Json of Kafka 3.9.1 (Jackson 2.16.2) makes of these texts.
it.each([
  [' ', 'OK '],
  [
    'x',
    "JsonParseException: Unrecognized token 'x': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: 2]",
  ],
  [
    '{',
    'JsonEOFException: Unexpected end-of-input: expected close marker for Object (start marker at [line: 1, column: 1])\n at [line: 1, column: 2]',
  ],
  ['{"a"', 'JsonEOFException: Unexpected end-of-input within/between Object entries\n at [line: 1, column: 5]'],
  ['{"a":', 'JsonEOFException: Unexpected end-of-input within/between Object entries\n at [line: 1, column: 6]'],
  [
    '{"a":1',
    'JsonEOFException: Unexpected end-of-input: expected close marker for Object (start marker at [line: 1, column: 1])\n at [line: 1, column: 7]',
  ],
  ['{"a":1,', 'JsonParseException: Unexpected end-of-input within/between Object entries\n at [line: 1, column: 8]'],
  [
    '{"a":1,}',
    "JsonParseException: Unexpected character ('}' (code 125)): was expecting double-quote to start field name\n at [line: 1, column: 9]",
  ],
  [
    '{a:1}',
    "JsonParseException: Unexpected character ('a' (code 97)): was expecting double-quote to start field name\n at [line: 1, column: 3]",
  ],
  [
    '{"a" 1}',
    "JsonParseException: Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value\n at [line: 1, column: 7]",
  ],
  [
    '{"a":1 "b":2}',
    "JsonParseException: Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries\n at [line: 1, column: 9]",
  ],
  [
    '[',
    'JsonEOFException: Unexpected end-of-input: expected close marker for Array (start marker at [line: 1, column: 1])\n at [line: 1, column: 2]',
  ],
  ['[1,', 'JsonParseException: Unexpected end-of-input within/between Array entries\n at [line: 1, column: 4]'],
  [
    '[1,]',
    "JsonParseException: Unexpected character (']' (code 93)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: 5]",
  ],
  [
    '[1 2]',
    "JsonParseException: Unexpected character ('2' (code 50)): was expecting comma to separate Array entries\n at [line: 1, column: 5]",
  ],
  [
    'nul',
    "JsonParseException: Unrecognized token 'nul': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: 4]",
  ],
  [
    'NaN',
    "JsonParseException: Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow\n at [line: 1, column: 4]",
  ],
  [
    '-Infinity',
    "JsonParseException: Non-standard token '-Infinity': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow\n at [line: 1, column: 10]",
  ],
  ['-', 'JsonEOFException: Unexpected end-of-inputNo digit following minus sign\n at [line: 1, column: 2]'],
  [
    '+1',
    "JsonParseException: Unexpected character ('+' (code 43)) in numeric value: JSON spec does not allow numbers to have plus signs: enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow\n at [line: 1, column: 3]",
  ],
  ['01', 'JsonParseException: Invalid numeric value: Leading zeroes not allowed\n at [line: 1, column: 2]'],
  [
    '1.',
    "JsonParseException: Unexpected character ('.' (code 46)) in numeric value: Decimal point not followed by a digit\n at [line: 1, column: 3]",
  ],
  [
    '1.x',
    "JsonParseException: Unexpected character ('x' (code 120)) in numeric value: Decimal point not followed by a digit\n at [line: 1, column: 3]",
  ],
  ['1e', 'JsonEOFException: Unexpected end-of-inputexpected a digit for number exponent\n at [line: 1, column: 3]'],
  [
    '1ex',
    "JsonParseException: Unexpected character ('x' (code 120)) in numeric value: Exponent indicator not followed by a digit\n at [line: 1, column: 3]",
  ],
  [
    '.5',
    "JsonParseException: Unexpected character ('.' (code 46)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: 2]",
  ],
  [
    '-x',
    "JsonParseException: Unexpected character ('x' (code 120)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value\n at [line: 1, column: 3]",
  ],
  [
    '"abc',
    'JsonEOFException: Unexpected end-of-input: was expecting closing quote for a string value\n at [line: 1, column: 5]',
  ],
  ['"a\\x"', "JsonParseException: Unrecognized character escape 'x' (code 120)\n at [line: 1, column: 5]"],
  [
    '"a\\u12g4"',
    "JsonParseException: Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence\n at [line: 1, column: 8]",
  ],
  [
    '"a\nb"',
    'JsonParseException: Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value\n at [line: 1, column: 4]',
  ],
  [
    "{'a':1}",
    "JsonParseException: Unexpected character (''' (code 39)): was expecting double-quote to start field name\n at [line: 1, column: 3]",
  ],
  [
    '{\n  "a": [1,\n  2\n  }',
    "JsonParseException: Unexpected close marker '}': expected ']' (for Array starting at [line: 2, column: 8])\n at [line: 4, column: 4]",
  ],
  ['{"a":1}} x', 'OK {"a":1}'],
  [
    ']',
    "JsonParseException: Unexpected close marker ']': expected '}' (for root starting at [line: 1])\n at [line: 1, column: 2]",
  ],
  [
    '{]',
    "JsonParseException: Unexpected close marker ']': expected '}' (for Object starting at [line: 1, column: 1])\n at [line: 1, column: 3]",
  ],
  [
    '[}',
    "JsonParseException: Unexpected close marker '}': expected ']' (for Array starting at [line: 1, column: 1])\n at [line: 1, column: 3]",
  ],
  [
    '/* c */ {}',
    "JsonParseException: Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)\n at [line: 1, column: 2]",
  ],
  [
    '# c\n{}',
    "JsonParseException: Unexpected character ('#' (code 35)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: 2]",
  ],
  [
    '{"a":}',
    "JsonParseException: Unexpected character ('}' (code 125)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: 7]",
  ],
  [
    '{,}',
    "JsonParseException: Unexpected character (',' (code 44)): was expecting double-quote to start field name\n at [line: 1, column: 3]",
  ],
  [
    '{"a":1,,"b":2}',
    "JsonParseException: Unexpected character (',' (code 44)): was expecting double-quote to start field name\n at [line: 1, column: 9]",
  ],
  [
    '1a',
    "JsonParseException: Unexpected character ('a' (code 97)): Expected space separating root-level values\n at [line: 1, column: 3]",
  ],
  ['1 a', 'OK 1'],
  [
    '\u00e9',
    "JsonParseException: Unrecognized token '\u00e9': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: 2]",
  ],
  [
    '\ufeff{}',
    "JsonParseException: Unexpected character ('\ufeff' (code 65279 / 0xfeff)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: 2]",
  ],
  [
    '{"a":true1}',
    "JsonParseException: Unrecognized token 'true1': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: 11]",
  ],
  [
    '{"a":1x}',
    "JsonParseException: Unexpected character ('x' (code 120)): was expecting comma to separate Object entries\n at [line: 1, column: 8]",
  ],
  ['12345678901234567890', 'OK 12345678901234567890'],
  ['[1.50,1e5,-0,1.0,123456789012,0.1e-7, -0.0]', 'OK [1.5,100000.0,0,1.0,123456789012,1.0E-8,-0.0]'],
  ['"\\', 'JsonEOFException: Unexpected end-of-input in character escape sequence\n at [line: 1, column: 3]'],
  ['{"a', 'JsonEOFException: Unexpected end-of-input in field name\n at [line: 1, column: 4]'],
  ['-01', 'JsonParseException: Invalid numeric value: Leading zeroes not allowed\n at [line: 1, column: 3]'],
  [
    '\u0001',
    'JsonParseException: Illegal character ((CTRL-CHAR, code 1)): only regular white space (\\r, \\n, \\t) is allowed between tokens\n at [line: 1, column: 2]',
  ],
  [
    '["a":1]',
    "JsonParseException: Unexpected character (':' (code 58)): was expecting comma to separate Array entries\n at [line: 1, column: 6]",
  ],
  [
    '{"a"\r\n\n:\r x}',
    "JsonParseException: Unrecognized token 'x': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 4, column: 3]",
  ],
  [
    '{1:2}',
    "JsonParseException: Unexpected character ('1' (code 49)): was expecting double-quote to start field name\n at [line: 1, column: 3]",
  ],
  [
    '\u00a0{}',
    "JsonParseException: Unexpected character ('\u00a0' (code 160)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: 2]",
  ],
  ['"\\/\\b\\f\\n\\r\\t\\u0041\\u001f"', 'OK "/\\b\\f\\n\\r\\tA\\u001F"'],
  [
    '{"a":@}',
    "JsonParseException: Unexpected character ('@' (code 64)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [line: 1, column: 7]",
  ],
  [
    '{"a\n',
    'JsonParseException: Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in name\n at [line: 1, column: 5]',
  ],
  ['{"a":{"b":[true,false,null,"c"]}}', 'OK {"a":{"b":[true,false,null,"c"]}}'],
  [
    '[[[1,2],{}],[]',
    'JsonEOFException: Unexpected end-of-input: expected close marker for Array (start marker at [line: 1, column: 1])\n at [line: 1, column: 15]',
  ],
  ['{"a":1,"a":2}', 'OK {"a":2}'],
])('%j is %j', (text, said) => {
  expect(outcome(text)).toBe(said);
});

it('refuses a text of nothing', () => {
  expect(() => parseJson('')).toThrow(
    "The input string shouldn't be empty\n at [Source: UNKNOWN; byte offset: #UNKNOWN]",
  );
});

it.each<[() => unknown, string]>([
  [() => asObject(parseJson(' ')), 'Expected JSON object, received '],
  [() => asObject(parseJson('["é"]')), 'Expected JSON object, received ["é"]'],
  [() => asArray(parseJson('{"a":1.0}')), 'Expected JSON array, received {"a":1.0}'],
  [() => member(asObject(parseJson('{}')), 'topic'), 'No such field exists: `topic`'],
  [() => toInteger(parseJson('2147483648')), 'Expected `Integer` value, received 2147483648'],
  [() => toInteger(parseJson('1.0')), 'Expected `Integer` value, received 1.0'],
  [() => toInteger(parseJson('null')), 'Expected `Integer` value, received null'],
  [() => toLong(parseJson('9223372036854775808')), 'Expected `Long` value, received 9223372036854775808'],
  [() => toText(parseJson('7')), 'Expected `String` value, received 7'],
  [() => toList(parseJson('"x"'), toInteger), 'Expected `JSON array` value, received "x"'],
])('%p says what it expected', (decode, message) => {
  expect(decode).toThrow(new ToolError('com.fasterxml.jackson.databind.JsonMappingException', message));
});
