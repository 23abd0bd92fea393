import { MemoryDisk } from '../env/testing/memory-disk';
import { FilePool } from './file-pool';

test('only so many files are open, and closed ones open again when used', () => {
  const disk = new MemoryDisk();
  const pool = new FilePool(disk, 3);
  const files = Array.from({ length: 10 }, (_, i) => pool.file(`/f${i}`));
  for (const [i, file] of files.entries()) file.write([Buffer.from([i])], 0);
  expect(pool.openFiles).toBeLessThanOrEqual(3);
  expect(disk.openFiles).toBe(pool.openFiles);
  const target = Buffer.alloc(1);
  for (const [i, file] of files.entries()) {
    expect(file.read(target, 0)).toBe(1);
    expect(target[0]).toBe(i);
  }
});

test('a file that is removed while it is flushed stays open until then, and does not come back', async () => {
  const disk = new MemoryDisk();
  const file = new FilePool(disk).file('/f');
  file.write([Buffer.from('x')], 0);
  const flushing = file.flush();
  const removing = file.remove();
  expect(disk.openFiles).toBe(1);
  await Promise.all([flushing, removing]);
  await file.flush();
  expect([disk.openFiles, disk.paths()]).toEqual([0, []]);
});

test('a file that is closed while it is read stays open until then', async () => {
  const disk = new MemoryDisk();
  const file = new FilePool(disk).file('/f');
  file.write([Buffer.from('xyz')], 0);
  const target = Buffer.alloc(4);
  const reads = [file.readLater(target.subarray(0, 1), 2), file.readLater(target.subarray(1), 0)];
  file.close();
  expect(disk.openFiles).toBe(1);
  expect(await Promise.all(reads)).toEqual([1, 3]);
  expect([target.toString(), disk.openFiles]).toEqual(['zxyz', 0]);
});

test('a file that is gone when it is opened again is a failure, and is not made anew', () => {
  const disk = new MemoryDisk();
  const file = new FilePool(disk).file('/f');
  file.write([Buffer.from('x')], 0);
  file.close();
  disk.removeNow('/f');
  expect(() => file.write([Buffer.from('y')], 1)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  expect(disk.paths()).toEqual([]);
});
