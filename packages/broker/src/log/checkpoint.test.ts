import { MemoryDisk } from '../env/testing/memory-disk';
import { readEpochCheckpoint, readOffsetCheckpoint, writeEpochCheckpoint, writeOffsetCheckpoint } from './checkpoint';

const PATH = '/c';
function holding(content: string): MemoryDisk {
  const disk = new MemoryDisk();
  disk.replaceFile(PATH, content);
  return disk;
}

test('offsets and epochs are lines below a version and a count, as Kafka writes them', () => {
  const disk = new MemoryDisk();
  const offsets = [
    { topic: 'a.b-c_d', partition: 12, offset: 9007199254740991 },
    { topic: 't', partition: 0, offset: 0 },
  ];
  writeOffsetCheckpoint(disk, PATH, offsets);
  expect(disk.readFile(PATH)?.toString()).toBe('0\n2\na.b-c_d 12 9007199254740991\nt 0 0\n');
  expect(readOffsetCheckpoint(disk, PATH)).toEqual(offsets);
  const epochs = [
    { epoch: 0, startOffset: 0 },
    { epoch: 7, startOffset: 30 },
  ];
  writeEpochCheckpoint(disk, PATH, epochs);
  expect(disk.readFile(PATH)?.toString()).toBe('0\n2\n0 0\n7 30\n');
  expect(readEpochCheckpoint(disk, PATH)).toEqual(epochs);
  writeOffsetCheckpoint(disk, PATH, []);
  expect(disk.readFile(PATH)?.toString()).toBe('0\n0\n');
});

test('no file, an empty one and one without a last newline are read', () => {
  expect(readOffsetCheckpoint(new MemoryDisk(), PATH)).toEqual([]);
  expect(readOffsetCheckpoint(holding(''), PATH)).toEqual([]);
  expect(readOffsetCheckpoint(holding('0\n1\nt 0 5'), PATH)).toEqual([{ topic: 't', partition: 0, offset: 5 }]);
});

test.each([
  ['another version', '1\n0\n', 'Unrecognized version of the checkpoint file (/c): 1'],
  ['no version', 'x\n0\n', "Malformed line in checkpoint file (/c): 'x'"],
  ['no count', '0\nx\n', "Malformed line in checkpoint file (/c): 'x'"],
  ['an end after the version', '0\n', "Malformed line in checkpoint file (/c): ''"],
  ['too few lines', '0\n2\nt 0 5\n', 'Expected 2 entries in checkpoint file (/c), but found only 1'],
  ['a line that is cut', '0\n2\nt 0 5\nt 1', "Malformed line in checkpoint file (/c): 't 1'"],
  ['a field too many', '0\n1\nt 0 5 6\n', "Malformed line in checkpoint file (/c): 't 0 5 6'"],
  ['a number that is none', '0\n1\nt 0 5x\n', "Malformed line in checkpoint file (/c): 't 0 5x'"],
  ['zeros, as a power cut leaves', '\0\0\0\0', "Malformed line in checkpoint file (/c): '\0\0\0\0'"],
])('%s is a failure of the disk', (_what, content, message) => {
  expect(() => readOffsetCheckpoint(holding(content), PATH)).toThrow(
    expect.objectContaining({ name: 'DiskError', path: PATH, message, code: undefined }),
  );
});

test('epochs have two fields', () => {
  expect(() => readEpochCheckpoint(holding('0\n1\n1 2 3\n'), PATH)).toThrow("'1 2 3'");
  expect(() => readEpochCheckpoint(holding('0\n1\n1\n'), PATH)).toThrow("'1'");
});

test('an epoch that ends within its last number is not believed', () => {
  expect(() => readEpochCheckpoint(holding('0\n1\n8 13'), PATH)).toThrow('ends within a line');
});
