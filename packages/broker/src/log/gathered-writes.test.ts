import { type DiskOperation, MemoryDisk } from '../env/testing/memory-disk';
import { FilePool } from './file-pool';
import { append, batch, fixture, readAll } from './testing/fixture';

/** A disk that counts writes and fails them on order. */
function setUp() {
  const state = { writes: 0, isFull: false };
  const disk = new MemoryDisk(
    () => 0,
    (operation: DiskOperation) => {
      if (operation !== 'write') return null;
      state.writes++;
      return state.isFull ? { code: 'ENOSPC', tornAfterBytes: 1 } : null;
    },
  );
  const pool = new FilePool(disk);
  const failures: string[] = [];
  pool.gathered.onFailure = (error) => void failures.push(`${error.path} ${error.code}`);
  const content = (path: string): string => disk.readFile(path)!.toString();
  return { state, pool, failures, content };
}

test('small appends to a file become one write, those to two files in turn stay right', () => {
  const { state, pool, content } = setUp();
  const [a, b] = [pool.file('/a'), pool.file('/b')];
  pool.gathered.begin();
  a.append(Buffer.from('one'), 0);
  a.append(Buffer.from('two'), 3);
  expect(state.writes).toBe(0);
  expect(pool.gathered.end()).toBe(true);
  expect([state.writes, content('/a')]).toEqual([1, 'onetwo']);

  pool.gathered.begin();
  for (const [index, text] of ['1', '2', '3'].entries()) {
    a.append(Buffer.from(text), 6 + index);
    b.append(Buffer.from(text), index);
  }
  expect(pool.gathered.end()).toBe(true);
  expect([content('/a'), content('/b')]).toEqual(['onetwo123', '123']);
});

test('outside of a turn, and where they are large, appends are written at once and in order', () => {
  const { state, pool, content } = setUp();
  const file = pool.file('/a');
  file.append(Buffer.from('x'), 0);
  expect(state.writes).toBe(1);
  pool.gathered.begin();
  file.append(Buffer.from('y'), 1);
  file.append(Buffer.alloc(40960, 'z'), 2);
  expect(state.writes).toBe(3);
  file.append(Buffer.from('!'), 40962);
  expect(pool.gathered.end()).toBe(true);
  expect(content('/a')).toBe(`xy${'z'.repeat(40960)}!`);
});

test('whoever looks at a file sees what was appended', async () => {
  const { pool, content } = setUp();
  const file = pool.file('/a');
  const uses: (() => unknown)[] = [
    () => expect(file.size()).toBe(3),
    () => expect([file.read(Buffer.alloc(3), 0)]).toEqual([3]),
    () => file.close(),
    () => file.flush(),
    () => file.flushNow(),
    () => file.truncate(3),
  ];
  for (const use of uses) {
    file.truncate(0);
    pool.gathered.begin();
    file.append(Buffer.from('abc'), 0);
    await use();
    expect(content('/a')).toBe('abc');
    expect(pool.gathered.end()).toBe(true);
  }
});

test('a turn whose writes fail says so, names the file, and leaves no part of them', () => {
  const { state, pool, failures, content } = setUp();
  const file = pool.file('/a');
  file.append(Buffer.from('kept'), 0);
  pool.gathered.begin();
  pool.gathered.begin();
  file.append(Buffer.from('lost'), 4);
  state.isFull = true;
  expect(pool.gathered.end()).toBe(false);
  expect([failures, content('/a')]).toEqual([['/a ENOSPC'], 'kept']);
  state.isFull = false;
  // The outer turn has given answers as well.
  expect(pool.gathered.end()).toBe(false);
  pool.gathered.begin();
  expect(pool.gathered.end()).toBe(true);
});

test('a reader that finds the failure does not hide it from the turn', () => {
  const { state, pool } = setUp();
  const file = pool.file('/a');
  pool.gathered.begin();
  file.append(Buffer.from('lost'), 0);
  state.isFull = true;
  expect(() => file.size()).toThrow('ENOSPC');
  expect(pool.gathered.end()).toBe(false);
});

test("a client's append may wait for the end of its turn, a coordinator's only where it says so", () => {
  const { disk, pool, open } = fixture();
  const log = open();
  const fileSize = (): number => disk.readFile('/data/t-0/00000000000000000000.log')!.length;
  const bytes = batch().length;
  pool.gathered.begin();
  append(log, batch());
  expect(fileSize()).toBe(0);
  append(log, batch(), 0, 'coordinator');
  expect(fileSize()).toBe(2 * bytes);
  log.appendAsLeader(batch(), { leaderEpoch: 0, origin: 'coordinator', mayBePutOff: true });
  expect(fileSize()).toBe(2 * bytes);
  append(log, batch());
  expect(readAll(log, 0, 'log-end').length).toBe(4 * bytes);
  expect(pool.gathered.end()).toBe(true);
});
