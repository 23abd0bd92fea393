import { DiskError } from '../env/disk';
import { append, batch, fixture, readAll, START_MS } from './testing/fixture';

const FOLDER = '/data/t-0';
const EPOCHS = `${FOLDER}/leader-epoch-checkpoint`;
const nameOf = (offset: number) => `${FOLDER}/${String(offset).padStart(20, '0')}`;

function flushes() {
  const f = fixture();
  const flushed: string[] = [];
  f.disk.fault = (operation, path) => {
    if (operation === 'flush') flushed.push(path);
    return null;
  };
  return { ...f, flushed };
}

test('a roll flushes the old segment and the names in the folder, behind', async () => {
  const f = flushes();
  const log = f.open({ segmentBytes: 300 });
  for (let i = 0; i < 3; i++) append(log, batch(1, { bytes: 150 }));
  await f.clock.settle();
  expect(log.recoveryPoint).toBe(2);
  for (const base of [0, 1]) expect(f.flushed).toContain(`${nameOf(base)}.log`);
  expect(f.flushed.filter((path) => path === FOLDER)).toHaveLength(2);
  await log.flush();
  await log.flush();
  expect(f.flushed.filter((path) => path === FOLDER)).toHaveLength(3);
});

test('flush.messages flushes records, a new epoch and a new name before the append is answered', () => {
  const f = flushes();
  const log = f.open({ flushMessages: 2 });
  append(log, batch(1));
  expect(f.flushed).toEqual([]);
  append(log, batch(1));
  // The epoch is new, as the names are.
  expect([f.flushed, log.recoveryPoint]).toEqual([[`${nameOf(0)}.log`, EPOCHS, FOLDER], 2]);
  append(log, batch(2));
  expect([f.flushed.length, log.recoveryPoint]).toEqual([4, 4]);
});

test('epochs of a compacted log are flushed when they begin: its batches would not tell of them', async () => {
  const f = flushes();
  const log = f.open({ cleanupCompact: true });
  log.assignEpochStartOffset(1, 0);
  await f.clock.settle();
  expect(f.flushed).toEqual([EPOCHS]);
  append(log, batch(1), 2);
  await f.clock.settle();
  append(log, batch(1), 2);
  await f.clock.settle();
  expect(f.flushed).toEqual([EPOCHS, EPOCHS]);
});

test('a log that is renamed for deletion while its folder is flushed is no failure of the disk', async () => {
  const f = fixture();
  const log = f.open();
  append(log, batch(1));
  f.disk.flushFolder = async (path) => {
    log.renameFolder('t-0.ab-delete');
    throw new DiskError(path, 'ENOENT', 'ENOENT');
  };
  await log.flush();
  expect(f.diskErrors).toEqual([]);
  const other = f.open();
  append(other, batch(1));
  f.disk.flushFolder = async (path) => Promise.reject(new DiskError(path, 'EIO', 'EIO'));
  await other.flush();
  expect(f.diskErrors).toHaveLength(1);
});

test('indexes that a power cut filled with zeros are made anew', () => {
  const f = fixture();
  const first = f.open({ indexIntervalBytes: 1, segmentIndexBytes: 120 });
  for (let i = 0; i < 5; i++) append(first, batch(1, { timestamp: START_MS + i }));
  first.close();
  const file = f.disk.open(`${nameOf(0)}.timeindex`, 'write');
  file.truncate(120);
  file.close();
  const second = f.open({ indexIntervalBytes: 1 });
  expect(second.offsetForTimestamp(START_MS + 3, 10)).toMatchObject({ offset: 3 });
  expect(second.maxTimestampOffset()).toMatchObject({ offset: 4 });
});

test('recovery leaves the time of a whole file as it is: records without timestamps are kept by it', async () => {
  const f = fixture();
  append(f.open(), batch(1, { timestamp: -1 }));
  await f.clock.advance(5000);
  const log = f.open({ retentionMs: 4000 }, { hadCleanShutdown: false });
  log.setHighWatermark(1);
  expect(readAll(log, 0).length).toBeGreaterThan(0);
  expect(log.deleteOldSegments(f.clock.nowMs())).toBe(1);
});
