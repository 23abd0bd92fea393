import { silentLoggers } from '../env/logger';
import { ManualClock } from '../env/testing/clock';
import { MemoryDisk } from '../env/testing/memory-disk';
import { DEFAULT_LOG_CONFIG } from './log-config';
import { LogManager } from './log-manager';
import { isFutureNameTooLong } from './names';
import { DEFAULT_PRODUCER_STATE_CONFIG } from './producer-state';
import { append, batch, START_MS, steadyRandom } from './testing/fixture';

const UNIQUE = 'ab'.repeat(16);
const FUTURE = `/b/t-0.${UNIQUE}-future`;
const isNew = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', isNew: true };

function world() {
  const clock = new ManualClock(START_MS);
  const disk = new MemoryDisk(() => clock.nowMs());
  const failed: string[] = [];
  const start = async (): Promise<LogManager> => {
    const made = new LogManager({
      disk,
      clock,
      random: steadyRandom,
      loggers: silentLoggers,
      topicConfig: () => DEFAULT_LOG_CONFIG,
      config: {
        logDirs: ['/a', '/b'],
        recoveryThreadsPerDataDir: 1,
        initialTaskDelayMs: 30_000,
        retentionCheckIntervalMs: 300_000,
        flushSchedulerIntervalMs: 1e9,
        flushOffsetCheckpointIntervalMs: 60_000,
        flushStartOffsetCheckpointIntervalMs: 60_000,
        producerIdExpirationCheckIntervalMs: 600_000,
        producerState: DEFAULT_PRODUCER_STATE_CONFIG,
      },
    });
    made.onDirFailure((dir) => failed.push(dir));
    const starting = made.start();
    starting.catch(() => {});
    await clock.settle();
    await starting;
    return made;
  };
  const text = (path: string) => disk.readFile(path)?.toString();
  return { clock, disk, failed, start, text };
}

/** A log of five records in /a, and a copy of the first three in /b. */
async function halfCopied() {
  const w = world();
  const logs = await w.start();
  logs.preferDir('t', 0, '/a');
  const log = logs.getOrCreate('t', 0, isNew);
  append(log, batch(3));
  const future = logs.createFuture(log, '/b');
  append(future, batch(3));
  append(log, batch(2));
  log.setHighWatermark(4);
  future.setHighWatermark(2);
  return { ...w, logs, log, future };
}

test('a log is made where it is wanted, once', async () => {
  const w = world();
  const logs = await w.start();
  logs.preferDir('t', 0, '/b');
  expect(logs.getOrCreate('t', 0, isNew).dir).toBe('/b');
  logs.asyncDelete('t', 0);
  expect(logs.getOrCreate('t', 0, isNew).dir).toBe('/a');
});

test('a copy in the making is kept over a restart, with checkpoints of its own', async () => {
  const { logs, log, future, start, text } = await halfCopied();
  expect([future.folder, future.topicId, log.folder]).toEqual([FUTURE, isNew.topicId, '/a/t-0']);
  expect(logs.all()).toEqual([log]);
  logs.writeHighWatermarks([{ topic: 't', partition: 0, offset: 4 }]);
  expect(text('/a/replication-offset-checkpoint')).toBe('0\n1\nt 0 4\n');
  expect(text('/b/replication-offset-checkpoint')).toBe('0\n1\nt 0 2\n');
  await logs.stop(1);
  expect(text('/a/recovery-point-offset-checkpoint')).toBe('0\n1\nt 0 5\n');
  expect(text('/b/recovery-point-offset-checkpoint')).toBe('0\n1\nt 0 3\n');
  const again = await start();
  expect(again.all().map(({ folder, logEndOffset }) => [folder, logEndOffset])).toEqual([['/a/t-0', 5]]);
  expect(again.future('t', 0)).toMatchObject({ folder: FUTURE, logEndOffset: 3 });
  expect([...again.readHighWatermarks()]).toEqual([['t-0', 4]]);
  expect(again.future('t', 0)!.highWatermark).toBe(2);
  expect(again.describeDirs().map((dir) => dir.logs.map(({ folder }) => folder))).toEqual([['/a/t-0'], [FUTURE]]);
});

test('the copy takes the place of the log, whose files go later', async () => {
  const { logs, log, future, disk, clock, start, text } = await halfCopied();
  append(future, batch(2));
  expect(logs.replaceWithFuture('t', 0)).toBe(future);
  expect([logs.get('t', 0), logs.future('t', 0), logs.all()]).toEqual([future, null, [future]]);
  expect([future.folder, future.highWatermark]).toEqual(['/b/t-0', 4]);
  expect(log.folder).toBe(`/a/t-0.${UNIQUE}-delete`);
  expect(disk.list('/b').sort()).toContain('t-0');
  expect(text('/a/recovery-point-offset-checkpoint')).toBe('0\n0\n');
  append(future, batch(1));
  await clock.advance(DEFAULT_LOG_CONFIG.fileDeleteDelayMs);
  expect(disk.stat(log.folder)).toBeNull();
  await logs.stop(1);
  const again = await start();
  expect(again.get('t', 0)).toMatchObject({ folder: '/b/t-0', logEndOffset: 6 });
});

test('a copy that is given up goes, the log stays; with a log that is deleted both go', async () => {
  const { logs, log, disk, clock } = await halfCopied();
  logs.deleteFuture('t', 0);
  expect([logs.get('t', 0), logs.future('t', 0)]).toEqual([log, null]);
  const [renamed] = disk.list('/b').filter((name) => name.startsWith('t-0'));
  expect(renamed).toBe(`t-0.${UNIQUE}-delete`);
  await clock.advance(DEFAULT_LOG_CONFIG.fileDeleteDelayMs);
  logs.createFuture(log, '/b');
  logs.asyncDelete('t', 0);
  expect([logs.get('t', 0), logs.future('t', 0)]).toEqual([null, null]);
  await clock.advance(DEFAULT_LOG_CONFIG.fileDeleteDelayMs);
  expect(['/a', '/b'].flatMap((dir) => disk.list(dir)).filter((name) => name.startsWith('t-'))).toEqual([]);
});

test.each([
  ['of the copy', '/b', ['t-0', null]],
  ['of the log', '/a', [null, 't-0']],
])('a dir %s that fails takes what it holds with it, and nothing else', async (_what, dir, left) => {
  const { logs, failed, disk } = await halfCopied();
  disk.fault = (operation, path) => (operation === 'replace' && path.startsWith(`${dir}/`) ? { code: 'EIO' } : null);
  logs.checkpointDir(dir);
  expect(failed).toEqual([dir]);
  expect([logs.get('t', 0)?.name ?? null, logs.future('t', 0)?.name ?? null]).toEqual(left);
  expect(() => logs.replaceWithFuture('t', 0)).toThrow(expect.objectContaining({ error: 'KAFKA_STORAGE_ERROR' }));
});

test('the log’s own dir fails while the copy takes its place: the copy serves on', async () => {
  const { logs, log, future, failed, disk } = await halfCopied();
  append(future, batch(2));
  disk.fault = (operation, path) => (operation === 'rename' && path.startsWith('/a/') ? { code: 'EIO' } : null);
  expect(logs.replaceWithFuture('t', 0)).toBe(future);
  expect([failed, logs.get('t', 0)]).toEqual([['/a'], future]);
  append(future, batch(1));
  expect(() => append(log, batch(1))).toThrow(expect.objectContaining({ error: 'KAFKA_STORAGE_ERROR' }));
});

/** Both folders have the partition's name: the process has ended between the two renamings. */
async function halfReplaced(missing: number) {
  const w = await halfCopied();
  await w.clock.advance(1000);
  append(w.future, batch(2 - missing));
  await w.logs.stop(1);
  w.disk.rename(w.future.folder, '/b/t-0');
  return w;
}

test('a copy had begun to take its log’s place: it has it at the next start', async () => {
  const { start, disk, clock } = await halfReplaced(0);
  const logs = await start();
  expect(logs.get('t', 0)).toMatchObject({ folder: '/b/t-0', logEndOffset: 5 });
  expect(disk.list('/a').filter((name) => name.startsWith('t-'))).toEqual([`t-0.${UNIQUE}-delete`]);
  await clock.advance(DEFAULT_LOG_CONFIG.fileDeleteDelayMs);
  expect(disk.list('/a').filter((name) => name.startsWith('t-'))).toEqual([]);
  append(logs.get('t', 0)!, batch(1));
  await logs.stop(1);
  expect((await start()).get('t', 0)).toMatchObject({ folder: '/b/t-0', logEndOffset: 6 });
});

test('two folders of one partition that do not hold the same stop the start', async () => {
  const { start, disk } = await halfReplaced(1);
  await expect(start()).rejects.toThrow('Duplicate log directories found: /a/t-0, /b/t-0');
  expect([disk.list('/a'), disk.list('/b')].map((names) => names.includes('t-0'))).toEqual([true, true]);
});

test('two copies of one log stop the start', async () => {
  const { logs, disk, start } = await halfCopied();
  await logs.stop(1);
  disk.makeFolder(`/a/t-0.${'cd'.repeat(16)}-future`);
  await expect(start()).rejects.toThrow('Duplicate log directories found');
});

test('a topic whose copy’s folder no file system takes', () => {
  expect(isFutureNameTooLong('t'.repeat(213), 0)).toBe(false);
  expect(isFutureNameTooLong('t'.repeat(214), 0)).toBe(true);
});
