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
