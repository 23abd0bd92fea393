import { readByteMap, writeByteMap } from './serialization';

/** What java.io.ObjectOutputStream makes of HashMaps. */
const HEAD =
  'aced0005737200116a6176612e7574696c2e486173684d61700507dac1c31660d103000246000a6c6f6164466163746f724900097468726573686f6c6478703f400000';
const BYTES = '757200025b42acf317f8060854e0020000787000000001';
const EMPTY = `${HEAD}000000007708000000100000000078`;
const ONE = `${HEAD}0000000c77080000001000000001${BYTES}6b7571007e0002000000017678`;
const NULL_VALUE = `${HEAD}0000000c77080000001000000001${BYTES}6b7078`;
const SAME_ARRAY_TWICE = `${HEAD}0000000c77080000001000000001${BYTES}7371007e000378`;
const THIRTEEN_BEGIN = `${HEAD}0000001877080000002000000000d`.replace('2000000000d', '200000000d');

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const k = Buffer.from('k');

it.each([
  ['nothing', EMPTY, []],
  ['an entry', ONE, [[k, Buffer.from('v')]]],
  ['a null value', NULL_VALUE, [[k, null]]],
])('writes and reads %s as Java does', (_, golden, entries) => {
  const typed = entries as [Buffer, Buffer | null][];
  expect(writeByteMap(typed).toString('hex')).toBe(golden);
  expect(readByteMap(hex(golden))).toEqual(typed);
});

it('reads an array that stands twice', () => {
  expect(readByteMap(hex(SAME_ARRAY_TWICE))).toEqual([[Buffer.from('s'), Buffer.from('s')]]);
});

it('doubles the buckets as a map does', () => {
  const entries = Array.from({ length: 13 }, (_, index): [Buffer, Buffer] => [Buffer.of(index), Buffer.of(1)]);
  const written = writeByteMap(entries);
  expect(written.toString('hex')).toContain(THIRTEEN_BEGIN);
  expect(readByteMap(written)).toEqual(entries);
});

it.each([
  ['the text of a page', Buffer.from('<html>'), 'invalid stream header: 3C68746D'],
  [
    'a list',
    hex(
      'aced0005737200136a6176612e7574696c2e41727261794c6973747881d21d99c7619d03000149000473697a6578700000000077040000000078',
    ),
    'Expected HashMap but found class java.util.ArrayList',
  ],
  ['a map of strings', hex(`${HEAD}0000000c770800000010000000017400017874000179${'78'}`), 'invalid type code: 74'],
])('refuses %s', (_, bytes, message) => {
  expect(() => readByteMap(bytes)).toThrow(message);
});

it('refuses a file that was cut off, wherever that is', () => {
  const whole = hex(ONE);
  for (let length = 0; length < whole.length - 1; length++) {
    expect(() => readByteMap(whole.subarray(0, length))).toThrow();
  }
});
