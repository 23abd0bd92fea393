import { crc32, crc32c, portable } from './crc32c';

// The check values of the catalogue of CRC algorithms, and RFC 3720 appendix B.4.
test('known checksums', () => {
  const digits = Buffer.from('123456789');
  expect(crc32c(digits)).toBe(0xe3069283);
  expect(crc32(digits)).toBe(0xcbf43926);
  expect(portable.crc32c(digits)).toBe(0xe3069283);
  expect(portable.crc32(digits)).toBe(0xcbf43926);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(crc32c(Buffer.alloc(0))).toBe(0);
});

test('tables and native code agree at every length, from any place', () => {
  const bytes = Buffer.from(Array.from({ length: 2000 }, (_, index) => (index * 7919 + (index >> 3)) & 0xff));
  for (let length = 0; length < 1500; length += length < 200 ? 1 : 61) {
    const from = length % 13;
    const part = Buffer.from(bytes.subarray(from, from + length));
    expect(crc32c(bytes, from, from + length)).toBe(portable.crc32c(part));
    expect(crc32(bytes, from, from + length)).toBe(portable.crc32(part));
  }
});
