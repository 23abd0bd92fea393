import * as format from './format';

describe('format', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567, '1,234,567'],
    [-12_345, '-12,345'],
    [null, '–'],
  ])('count %p', (value, text) => expect(format.count(value)).toBe(text));

  test('counted says one or more', () => {
    expect([format.counted(1, 'partition'), format.counted(1_000, 'partition')]).toEqual([
      '1 partition',
      '1,000 partitions',
    ]);
  });

  test.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_024, '1.0 KiB'],
    [1_536, '1.5 KiB'],
    [102_400, '100 KiB'],
    [1_048_575, '1.0 MiB'],
    [5 * 1_024 ** 4, '5.0 TiB'],
    [undefined, '–'],
  ])('bytes %p', (value, text) => expect(format.bytes(value)).toBe(text));

  test.each([
    [null, '–'],
    [0, '0'],
    [0.42, '0.4'],
    [9.97, '10'],
    [1_234.4, '1,234'],
  ])('rate %p', (value, text) => expect(format.rate(value)).toBe(text));

  test.each([
    [12, '12 ms'],
    [59_999, '59 s'],
    [200_000, '3 min 20 s'],
    [3_600_000, '1 h'],
    [18_720_000, '5 h 12 min'],
    [273_600_000, '3 d 4 h'],
  ])('duration %p', (ms, text) => expect(format.duration(ms)).toBe(text));

  test('what is to come, by clocks that differ, is now', () => {
    expect([format.ago(5_000, 1_000), format.ago(1_000, 13_000)]).toEqual(['now', '12 s ago']);
  });

  test('times are as short as they can be', () => {
    const at = new Date(2026, 10, 21, 14, 3, 7, 42).getTime();
    expect(format.dateTime(at)).toBe('2026-11-21 14:03:07.042');
    expect(format.when(at, at + 1_000)).toBe('14:03:07.042');
    expect(format.when(at, at + 86_400_000)).toBe('2026-11-21 14:03');
    expect(format.dateTime(Number.NaN)).toBe('NaN');
  });

  test('times as people type them', () => {
    const now = new Date(2026, 10, 21, 14, 30).getTime();
    const local = (...parts: [number, number, number, number, number, number?]): number => new Date(...parts).getTime();
    expect(format.parseTime('15m', now)).toBe(now - 900_000);
    expect(format.parseTime(' 1.5h ago ', now)).toBe(now - 5_400_000);
    expect(format.parseTime('-2d', now)).toBe(now - 172_800_000);
    expect(format.parseTime('9:05', now)).toBe(local(2026, 10, 21, 9, 5));
    expect(format.parseTime('09:05:06', now)).toBe(local(2026, 10, 21, 9, 5, 6));
    expect(format.parseTime('2026-11-20', now)).toBe(local(2026, 10, 20, 0, 0));
    expect(format.parseTime('2026-11-20 08:00', now)).toBe(local(2026, 10, 20, 8, 0));
    expect(format.parseTime('2026-11-20T08:00:00Z', now)).toBe(Date.UTC(2026, 10, 20, 8));
    expect(format.parseTime('1763700000000', now)).toBe(1_763_700_000_000);
    for (const text of ['', 'soon', '25:00', '12:61', '2026-13-40', '5', '15 parsecs']) {
      expect([text, format.parseTime(text, now)]).toEqual([text, null]);
    }
  });

  test('what is shown of a time is read as that time', () => {
    const at = new Date(2026, 2, 4, 5, 6, 7, 8).getTime();
    expect(format.parseTime(format.dateTime(at), 0)).toBe(at);
  });

  test('a preview is one line, and never long', () => {
    expect(format.preview('a\n\tb  c')).toBe('a b c');
    expect(format.preview('x'.repeat(1_000))).toHaveLength(301);
  });

  test('numbers in a row become ranges', () => {
    expect(format.ranges([0, 1, 2, 4, 7, 8])).toBe('0–2, 4, 7–8');
    expect(format.ranges([])).toBe('');
  });
});
