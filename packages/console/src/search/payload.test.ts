import { messageOf, payloadOf, SHOWN_BYTES } from './payload';

test('text is text, other bytes are base64', () => {
  expect(payloadOf(Buffer.from('größer'))).toEqual({ data: 'größer', encoding: 'utf8', bytes: 8, isCut: false });
  expect(payloadOf(Buffer.from([0xff, 0]))).toEqual({ data: '/wA=', encoding: 'base64', bytes: 2, isCut: false });
  expect(payloadOf(Buffer.alloc(0))).toEqual({ data: '', encoding: 'utf8', bytes: 0, isCut: false });
});

test('what is long is cut, never within a character', () => {
  const ascii = payloadOf(Buffer.alloc(SHOWN_BYTES + 1, 'x'));
  expect(ascii).toMatchObject({ bytes: SHOWN_BYTES + 1, isCut: true });
  expect(ascii.data).toHaveLength(SHOWN_BYTES);
  for (const character of ['é', '€', '😀']) {
    const text = `x${character.repeat(SHOWN_BYTES)}`;
    const { data, encoding, isCut } = payloadOf(Buffer.from(text));
    expect({ encoding, isCut }).toEqual({ encoding: 'utf8', isCut: true });
    expect(text.startsWith(data)).toBe(true);
    expect(Buffer.byteLength(data)).toBeGreaterThan(SHOWN_BYTES - 4);
  }
});

test('exactly as much as is shown is not cut', () => {
  expect(payloadOf(Buffer.alloc(SHOWN_BYTES, 'x')).isCut).toBe(false);
});

test('a tombstone is not an empty value', () => {
  const record = {
    topic: 't',
    partition: 1,
    offset: 2,
    timestamp: -1,
    timestampType: undefined,
    key: null,
    value: null,
  };
  expect(messageOf({ ...record, headers: [{ key: 'h', value: null }] })).toEqual({
    partition: 1,
    offset: 2,
    timestamp: -1,
    timestampType: 'NoTimestampType',
    key: null,
    value: null,
    headers: [{ key: 'h', value: null }],
  });
});
