import { BufferPool } from './buffer-pool';

describe('buffer pool', () => {
  test.each([
    [8192, 65_536],
    [65_536, 65_536],
    [65_537, 131_072],
    [1_000_000, 1_048_576],
    [16_777_216, 16_777_216],
  ])('%d bytes come from the class of %d', (wanted, size) => {
    const pool = new BufferPool();
    const taken = pool.take(wanted);
    expect(taken.bytes.length).toBe(size);
    expect(pool.takenBytes).toBe(size);
    taken.release();
    expect(pool.takenBytes).toBe(0);
    expect(pool.take(wanted).bytes).toBe(taken.bytes);
  });

  test('what lies free is bounded', () => {
    const pool = new BufferPool(100_000);
    const [one, two] = [pool.take(65_536), pool.take(65_536)];
    one.release();
    two.release();
    expect(pool.freeBytes).toBe(65_536);
  });

  test('small and very large memory is not pooled', () => {
    const pool = new BufferPool();
    for (const bytes of [1, 8191, 16_777_217]) {
      const taken = pool.take(bytes);
      expect(taken.bytes.length).toBe(bytes);
      taken.release();
    }
    expect(pool.freeBytes).toBe(0);
  });

  test('a second release is a broken invariant', () => {
    const taken = new BufferPool().take(65_536);
    taken.release();
    expect(() => taken.release()).toThrow('released twice');
  });
});
