import { MemoryDisk } from '../env/testing/memory-disk';
import { readMetaProperties, writeMetaProperties } from './meta-properties';

const NOW_MS = Date.UTC(2026, 10, 21, 8, 31, 5);

function read(content: string) {
  const disk = new MemoryDisk();
  disk.makeFolder('/d');
  disk.replaceFile('/d/meta.properties', content);
  return readMetaProperties(disk, '/d');
}

test('is written as java.util.Properties does, and read again', () => {
  const disk = new MemoryDisk();
  disk.makeFolder('/d');
  expect(readMetaProperties(disk, '/d')).toBeNull();
  const properties = { version: 0, brokerId: 3, clusterId: 'abc_-0123456789ABCDEFG', directoryId: null };
  writeMetaProperties(disk, '/d', properties, NOW_MS);
  expect(disk.readFile('/d/meta.properties')?.toString()).toBe(
    '#\n#Sat Nov 21 08:31:05 UTC 2026\nbroker.id=3\ncluster.id=abc_-0123456789ABCDEFG\nversion=0\n',
  );
  expect(readMetaProperties(disk, '/d')).toEqual(properties);
});

test('any order, separators, comments, escapes and line ends of a properties file', () => {
  expect(
    read('! c\r\nversion : 0\r\n# broker.id=9\r\ncluster.id = a\\=b\r\n\r\nbroker.id 7\r\ndirectory.id=x\r\n'),
  ).toEqual({
    version: 0,
    brokerId: 7,
    clusterId: 'a=b',
    directoryId: 'x',
  });
});

test('an empty file says nothing: version 0', () => {
  expect(read('')).toEqual({ version: 0, brokerId: null, clusterId: null, directoryId: null });
});

test.each([
  ['of KRaft', 'version=1\nnode.id=1\ncluster.id=c\n'],
  ['of no version', 'version=x\n'],
  ['with a broker that is no number', 'version=0\nbroker.id=one\n'],
])('a file %s stops the start and is named', (_what, content) => {
  expect(() => read(content)).toThrow('/d/meta.properties');
});
