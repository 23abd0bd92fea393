import type { LogSlice } from '../log/types';
import { SliceReader } from './fetch-reads';

const KB = 1024;

/** A disk whose reads take `msPerRead` each; what was read now and what later, in order. */
class Disk {
  ms = 0;
  msPerRead = 0;
  readonly done: string[] = [];
  readonly reader = new SliceReader({ monotonicMs: () => this.ms });

  slice(fill: number, bytes: number): LogSlice {
    const put = (how: string, target: Buffer, at: number): number => {
      this.done.push(`${how} ${fill}`);
      target.fill(fill, at, at + bytes);
      return bytes;
    };
    return {
      bytes,
      readInto: (target, at) => {
        this.ms += this.msPerRead;
        return put('now', target, at);
      },
      readLater: async (target, at) => put('later', target, at),
    };
  }

  /** Reads slices of these sizes; tells how, after checking that each has its own bytes. */
  async read(...sizes: number[]): Promise<string[]> {
    this.done.length = 0;
    const slices = sizes.map((bytes, index) => this.slice(index + 1, bytes));
    const read = await this.reader.read(slices, Buffer.alloc(sizes.reduce((sum, bytes) => sum + bytes, 0)));
    expect(read.map((bytes) => bytes.length)).toEqual(sizes);
    expect(read.every((bytes, index) => bytes.every((byte) => byte === index + 1))).toBe(true);
    return [...this.done];
  }
}

const ALL_NOW = ['now 1', 'now 2', 'now 3'];
const LATER = ['later 1', 'later 2', 'later 3'];
const THREE = [512 * KB, 512 * KB, 512 * KB] as const;

test('what comes fast is read in the same turn', async () => {
  const disk = new Disk();
  disk.msPerRead = 0.4;
  for (let round = 0; round < 5; round++) expect(await disk.read(...THREE)).toEqual(ALL_NOW);
});

test('a slice without bytes is not read', async () => {
  expect(await new Disk().read(0, 600 * KB, 0)).toEqual(['now 2']);
});

test('more than four megabytes are read by other threads, however fast the disk is', async () => {
  expect(await new Disk().read(2048 * KB, 2048 * KB, 1)).toEqual(LATER);
});

test('the third slow read in a row sends the rest to other threads, for a second', async () => {
  const disk = new Disk();
  disk.msPerRead = 1;
  expect(await disk.read(512 * KB, 512 * KB, 512 * KB, 512 * KB)).toEqual([...ALL_NOW, 'later 4']);
  disk.ms += 998;
  expect(await disk.read(...THREE)).toEqual(LATER);
  expect(await disk.read(8 * KB, 8 * KB, 8 * KB)).toEqual(ALL_NOW);
  disk.ms += 998;
  // Looked at again: still slow, so one is enough.
  expect(await disk.read(...THREE)).toEqual(['now 1', 'later 2', 'later 3']);
  disk.ms += 1000;
  disk.msPerRead = 0;
  expect(await disk.read(...THREE)).toEqual(ALL_NOW);
});

test('many small slices are looked at together', async () => {
  const disk = new Disk();
  disk.msPerRead = 0.2;
  const small = Array.from({ length: 40 }, () => 16 * KB);
  const how = await disk.read(...small);
  // Sixteen make a look's worth: after the third look it is not worth waiting.
  expect(how.filter((one) => one.startsWith('now'))).toHaveLength(40);
  const again = await disk.read(...small);
  expect(again.filter((one) => one.startsWith('later'))).toHaveLength(24);
});

test('a slow read now and then is an accident', async () => {
  const disk = new Disk();
  for (let round = 0; round < 6; round++) {
    disk.msPerRead = round % 3 === 2 ? 0 : 5;
    expect(await disk.read(600 * KB)).toEqual(['now 1']);
  }
});
