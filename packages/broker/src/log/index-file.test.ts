import { MemoryDisk } from '../env/testing/memory-disk';
import { FilePool } from './file-pool';
import { IndexFile } from './index-file';

const ENTRY_BYTES = 8;
/** More than all places for blocks hold. */
const MANY = 200 * 512;

function put(index: IndexFile, value: number): void {
  const { b, at } = index.append();
  b.writeInt32BE(value, at);
}

/** An index whose entry `n` says `n * step`; all of them in the file. */
function filled(pool: FilePool, path: string, count: number, step: number): IndexFile {
  const index = new IndexFile(pool, path, ENTRY_BYTES, MANY * ENTRY_BYTES);
  for (let n = 0; n < count; n++) put(index, n * step);
  index.write();
  return index;
}

const at = (index: IndexFile, n: number): number => {
  const { b, at } = index.entry(n);
  return b.readInt32BE(at);
};
const lastAtMost = (index: IndexFile, most: number): number => index.lastWhere((b, at) => b.readInt32BE(at) <= most);

test('indexes that share memory for what has been read each find their own', () => {
  const pool = new FilePool(new MemoryDisk());
  const [large, small] = [filled(pool, '/large', MANY, 1), filled(pool, '/small', 3000, 2)];
  for (let n = 0; n < MANY; n += 257) {
    expect(at(large, n)).toBe(n);
    expect(at(small, n % 3000)).toBe((n % 3000) * 2);
    expect(lastAtMost(large, n)).toBe(n);
    expect(lastAtMost(small, n)).toBe(Math.min(2999, n >> 1));
  }
});

test('what has been read of an index is not read again, and is forgotten when its entries change', () => {
  const pool = new FilePool(new MemoryDisk());
  const index = filled(pool, '/index', 600, 1);
  expect(lastAtMost(index, 550)).toBe(550);
  const read = jest.spyOn(index.file, 'read');
  expect(lastAtMost(index, 551)).toBe(551);
  expect(read).not.toHaveBeenCalled();
  index.truncateToEntries(520);
  for (let n = 0; n < 64; n++) put(index, 1000 + n);
  index.write();
  expect([at(index, 519), at(index, 520), at(index, 583)]).toEqual([519, 1000, 1063]);
  put(index, 2000);
  index.write();
  expect([lastAtMost(index, 1999), lastAtMost(index, 2000)]).toEqual([583, 584]);
  index.reset();
  expect([index.entries, lastAtMost(index, 5)]).toEqual([0, -1]);
});

/** Any of `limit` numbers, the same ones in each run (a linear congruential generator). */
function randomOf(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

test.each([1, 2, 3])('whatever is done to indexes, what is read is what is there (%d)', (seed) => {
  const below = randomOf(seed);
  const pool = new FilePool(new MemoryDisk(), 2);
  const sizes = [8, 12];
  const worlds = Array.from({ length: 3 }, (_, n) => {
    const [path, bytes] = [`/${n}`, sizes[n % 2]!];
    return { path, bytes, index: new IndexFile(pool, path, bytes, 20_000 * bytes), values: [] as number[] };
  });
  for (let step = 0; step < 500; step++) {
    const world = worlds[below(worlds.length)]!;
    const { index, values } = world;
    switch (below(9)) {
      case 0:
        index.truncateToEntries(below(values.length + 2));
        values.length = index.entries;
        break;
      case 1:
        index.write();
        break;
      case 2:
        if (below(20) === 0) index.preallocate();
        break;
      case 3:
        if (below(20) > 0) break;
        index.trim();
        // What a restart finds, or who takes the index over.
        world.index = new IndexFile(pool, world.path, world.bytes, 20_000 * world.bytes);
        expect(world.index.load()).toBe(true);
        break;
      case 4:
        index.file.close();
        break;
      case 5:
        if (below(100) > 0) break;
        index.reset();
        values.length = 0;
        break;
      default:
        // Never the value that was there before a cut.
        for (let left = below(200); left > 0; left--) {
          const value = (values.at(-1) ?? 0) + 1 + below(5);
          put(index, value);
          values.push(value);
        }
    }
    for (const { index: other, values: expected } of worlds) {
      expect(other.entries).toBe(expected.length);
      if (expected.length === 0) continue;
      const n = below(expected.length);
      expect(at(other, n)).toBe(expected[n]);
      expect(lastAtMost(other, expected[n]!)).toBe(n);
      expect(at(other, expected.length - 1)).toBe(expected.at(-1));
    }
  }
});
