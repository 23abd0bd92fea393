import { checkPath } from './znode-path';

test.each(['/', '/a', '/a/b.c', '/a/..b', '/a/b..', '/a/...', '/käfer', '/a b'])('%s is a path', (path) => {
  expect(() => checkPath(path)).not.toThrow();
});

// As ZooKeeper 3.8.4's own client says it.
test.each([
  ['', 'Path length must be > 0'],
  ['a', 'Path must start with / character'],
  ['/a/', 'Path must not end with / character'],
  ['/a\0b', 'Invalid path string "/a\0b" caused by null character not allowed @2'],
  ['/a//b', 'Invalid path string "/a//b" caused by empty node name specified @3'],
  ['/a/.', 'Invalid path string "/a/." caused by relative paths not allowed @3'],
  ['/a/../b', 'Invalid path string "/a/../b" caused by relative paths not allowed @4'],
  ['/./b', 'Invalid path string "/./b" caused by relative paths not allowed @1'],
  ['/a\x7f', 'Invalid path string "/a\x7f" caused by invalid character @2'],
  ['/a\ufffd', 'Invalid path string "/a\ufffd" caused by invalid character @2'],
])('%j is none', (path, message) => {
  expect(() => checkPath(path)).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENTS', message }));
});
