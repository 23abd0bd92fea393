import { deleteFolderName, offsetName, offsetOfFile, parsePartitionFolder, partitionFolderName } from './names';

test('file names begin with the offset in 20 digits', () => {
  expect(offsetName(0)).toBe('00000000000000000000');
  expect(offsetName(Number.MAX_SAFE_INTEGER)).toBe('00009007199254740991');
  expect(offsetOfFile('00000000000000000042.log')).toBe(42);
  expect(offsetOfFile('00000000000000000042.timeindex.cleaned')).toBe(42);
  expect(offsetOfFile('00009007199254740991.snapshot.deleted')).toBe(Number.MAX_SAFE_INTEGER);
  expect(offsetOfFile('leader-epoch-checkpoint')).toBeNull();
  expect(offsetOfFile('a42.log')).toBeNull();
});

const UNIQUE = '0123456789abcdef0123456789abcdef';

test.each<[string, ReturnType<typeof parsePartitionFolder>]>([
  ['t-0', { topic: 't', partition: 0, kind: 'current' }],
  ['a-b.c-12', { topic: 'a-b.c', partition: 12, kind: 'current' }],
  ['t-1-2', { topic: 't-1', partition: 2, kind: 'current' }],
  [`t-3.${UNIQUE}-delete`, { topic: 't', partition: 3, kind: 'delete' }],
  [`a.b-c-3.${UNIQUE}-future`, { topic: 'a.b-c', partition: 3, kind: 'future' }],
  [`t-3.${UNIQUE}-stray`, { topic: 't', partition: 3, kind: 'stray' }],
  // A topic may be named like a folder that awaits deletion.
  [`t-3.${UNIQUE}-delete-0`, { topic: `t-3.${UNIQUE}-delete`, partition: 0, kind: 'current' }],
  ['photos', null],
  ['t-', null],
  ['-1', null],
  ['t-x', null],
  [`t.${UNIQUE}-delete`, null],
])('%s', (name, expected) => {
  expect(parsePartitionFolder(name)).toEqual(expected);
});

test('a name that awaits deletion fits into a file system and says which partition it was', () => {
  expect(partitionFolderName('t', 3)).toBe('t-3');
  const unique = Buffer.from(UNIQUE, 'hex');
  expect(deleteFolderName('t', 3, unique)).toBe(`t-3.${UNIQUE}-delete`);
  const long = deleteFolderName('x'.repeat(249), 123, unique);
  expect(long).toHaveLength(255);
  expect(parsePartitionFolder(long)).toMatchObject({ partition: 123, kind: 'delete' });
});
