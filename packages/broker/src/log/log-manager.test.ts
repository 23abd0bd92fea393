import { silentLoggers } from '../env/logger';
import { ManualClock } from '../env/testing/clock';
import { MemoryDisk } from '../env/testing/memory-disk';
import { DEFAULT_LOG_CONFIG } from './log-config';
import { LogManager } from './log-manager';
import { DEFAULT_PRODUCER_STATE_CONFIG } from './producer-state';
import { append, batch, START_MS, steadyRandom } from './testing/fixture';

const DIRS = ['/a', '/b'];

function world() {
  const clock = new ManualClock(START_MS);
  const disk = new MemoryDisk(() => clock.nowMs());
  const failed: string[] = [];
  const manager = (): LogManager => {
    const made = new LogManager({
      disk,
      clock,
      random: steadyRandom,
      loggers: silentLoggers,
      topicConfig: () => ({ ...DEFAULT_LOG_CONFIG, segmentBytes: 500, retentionMs: 1000 }),
      config: {
        logDirs: DIRS,
        recoveryThreadsPerDataDir: 2,
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
    return made;
  };
  const start = async (): Promise<LogManager> => {
    const made = manager();
    const starting = made.start();
    await clock.settle();
    await starting;
    return made;
  };
  return { clock, disk, failed, manager, start };
}

const isNew = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', isNew: true };
const text = (disk: MemoryDisk, path: string) => disk.readFile(path)?.toString();

test('a clean stop leaves markers and checkpoints; the next start finds everything', async () => {
  const w = world();
  const first = await w.start();
  first.writeMetaProperties({ version: 0, brokerId: 3, clusterId: 'c', directoryId: null });
  for (let p = 0; p < 3; p++) append(first.getOrCreate('t', p, isNew), batch(p + 1));
  expect([first.get('t', 0)!.dir, first.get('t', 1)!.dir]).toEqual(DIRS);
  first.writeHighWatermarks([{ topic: 't', partition: 0, offset: 1 }]);
  await first.stop(42);
  expect(text(w.disk, '/a/.kafka_cleanshutdown')).toBe('{"version":0,"brokerEpoch":42}');
  expect(text(w.disk, '/b/recovery-point-offset-checkpoint')).toBe('0\n1\nt 1 2\n');
  expect(text(w.disk, '/a/replication-offset-checkpoint')).toBe('0\n1\nt 0 1\n');
  expect(text(w.disk, '/a/t-0/partition.metadata')).toBe('version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ');
  expect(w.disk.openFiles).toBe(0);

  const second = await w.start();
  expect([...second.metaProperties().values()].map((meta) => meta?.brokerId)).toEqual([3, 3]);
  expect(
    second
      .all()
      .map((log) => [log.name, log.logEndOffset, log.topicId])
      .sort(),
  ).toEqual([
    ['t-0', 1, isNew.topicId],
    ['t-1', 2, isNew.topicId],
    ['t-2', 3, isNew.topicId],
  ]);
  expect(second.readHighWatermarks().get('t-0')).toBe(1);
  expect(w.disk.stat('/a/.kafka_cleanshutdown')).toBeNull();
});

test('many logs that are loaded leave others their turns', async () => {
  const w = world();
  const first = await w.start();
  for (let p = 0; p < 100; p++) first.getOrCreate('t', p, isNew);
  await first.stop(1);
  // Each log takes a millisecond.
  const { clock, disk } = w;
  const list = disk.list.bind(disk);
  disk.list = (path) => {
    if (/-\d+$/.test(path)) clock.spend(1);
    return list(path);
  };
  let turnsOfOthers = 0;
  let isLoading = true;
  const other = (): void => {
    if (!isLoading) return;
    turnsOfOthers++;
    clock.soon(other);
  };
  other();
  const second = w.manager();
  const starting = second.start().finally(() => {
    isLoading = false;
  });
  await clock.settle();
  await starting;
  expect(second.all()).toHaveLength(100);
  expect(turnsOfOthers).toBeGreaterThan(5);
});

test('a locked dir stops the start, an unusable one is left out, none at all is fatal', () => {
  const w = world();
  const first = w.manager();
  first.lockDirs();
  expect(() => w.manager().lockDirs()).toThrow('Failed to acquire lock on file .lock in /a.');
  w.disk.killProcess();
  w.disk.fault = (operation, path) => (operation === 'list' && path === '/a' ? { code: 'EIO' } : null);
  const second = w.manager();
  second.lockDirs();
  expect([second.liveDirs, second.offlineDirs]).toEqual([['/b'], ['/a']]);
  w.disk.killProcess();
  w.disk.fault = (operation) => (operation === 'list' ? { code: 'EIO' } : null);
  expect(() => w.manager().lockDirs()).toThrow(
    'none of the specified log dirs from /a, /b can be created or validated',
  );
});

test('a dir whose disk fails goes offline with its logs; the other goes on', async () => {
  const w = world();
  const manager = await w.start();
  const [a, b] = [manager.getOrCreate('t', 0, isNew), manager.getOrCreate('t', 1, isNew)];
  w.disk.fault = (operation, path) => (operation === 'write' && path.startsWith('/a/') ? { code: 'EIO' } : null);
  expect(() => append(a, batch())).toThrow(expect.objectContaining({ error: 'KAFKA_STORAGE_ERROR' }));
  expect(() => a.read(0, { maxBytes: 1, minOneMessage: true, isolation: 'log-end' })).toThrow('is already offline');
  expect([w.failed, manager.offlineDirs, manager.get('t', 0)]).toEqual([['/a'], ['/a'], null]);
  expect(append(b, batch()).firstOffset).toBe(0);
  expect(() => manager.getOrCreate('t', 0, { ...isNew, isNew: false })).toThrow('are offline');
  expect(manager.getOrCreate('u', 0, isNew).dir).toBe('/b');
});

test('checkpoints after many changes are written once, and never after the end', async () => {
  const w = world();
  const manager = await w.start();
  const [first, , third] = [0, 1, 2].map((p) => manager.getOrCreate('t', p, isNew));
  for (const log of [first!, third!]) append(log, batch(4));
  await Promise.all([first!.flush(), third!.flush()]);
  manager.checkpointDir('/a');
  const write = jest.spyOn(manager, 'checkpointDir');
  for (const log of [first!, third!]) {
    log.truncateTo(0);
    manager.checkpointDirSoon(log.dir);
  }
  await w.clock.settle();
  expect(write).toHaveBeenCalledTimes(1);
  expect(text(w.disk, '/a/recovery-point-offset-checkpoint')).toBe('0\n2\nt 0 0\nt 2 0\n');
  append(first!, batch(3));
  manager.checkpointDirSoon('/a');
  const stopping = manager.stop(1);
  await w.clock.settle();
  await stopping;
  expect(text(w.disk, '/a/recovery-point-offset-checkpoint')).toBe('0\n2\nt 0 3\nt 2 0\n');
});

test('a malformed high watermark checkpoint takes its dir offline', async () => {
  const w = world();
  const manager = await w.start();
  w.disk.replaceFile('/a/replication-offset-checkpoint', '0\n2\nt 0 1\n');
  expect(manager.readHighWatermarks()).toEqual(new Map());
  expect(manager.offlineDirs).toEqual(['/a']);
});

test('a deleted log is renamed at once and gone after its delay, also over a restart', async () => {
  const w = world();
  const first = await w.start();
  append(first.getOrCreate('t', 0, isNew), batch());
  first.asyncDelete('t', 0);
  const renamed = `/a/t-0.${'ab'.repeat(16)}-delete`;
  expect([first.get('t', 0), w.disk.stat(renamed)?.isDirectory]).toEqual([null, true]);
  await first.stop(1);
  const second = await w.start();
  expect([second.all(), w.disk.stat(renamed)?.isDirectory]).toEqual([[], true]);
  await w.clock.advance(DEFAULT_LOG_CONFIG.fileDeleteDelayMs);
  expect(w.disk.stat(renamed)).toBeNull();
});

test('retention runs 30 s after the start, up to the high watermark', async () => {
  const w = world();
  const manager = await w.start();
  const log = manager.getOrCreate('t', 0, isNew);
  for (let i = 0; i < 10; i++) append(log, batch(1, { bytes: 200 }));
  log.setHighWatermark(4);
  await w.clock.advance(29_999);
  expect(log.logStartOffset).toBe(0);
  await w.clock.advance(1);
  expect(log.logStartOffset).toBe(4);
});

test('a folder that is no partition stops the start', async () => {
  const w = world();
  w.disk.makeFolder('/a/photos');
  await expect(w.manager().start()).rejects.toThrow(
    "Found directory /a/photos, 'photos' is not in the form of topic-partition",
  );
});

test('a dir that disappears goes offline with its next checkpoint; the other serves on', async () => {
  const w = world();
  const manager = await w.start();
  manager.preferDir('t', 0, '/a');
  manager.preferDir('u', 0, '/b');
  append(manager.getOrCreate('t', 0, isNew), batch());
  const other = manager.getOrCreate('u', 0, isNew);
  await w.disk.removeFolder('/a');
  await w.clock.advance(60_000);
  expect([w.failed, manager.get('t', 0), w.disk.stat('/a')]).toEqual([['/a'], null, null]);
  expect(append(other, batch())).toMatchObject({ firstOffset: 0 });
  await manager.stop(1);
  expect(w.disk.openFiles).toBe(0);
});

test('folders of unfinished moves and strays are left as they are, and are nobody’s log in use', async () => {
  const w = world();
  const first = await w.start();
  append(first.getOrCreate('t', 0, isNew), batch(3));
  await first.stop(1);
  const unique = '0123456789abcdef0123456789abcdef';
  const log = w.disk.readFile('/a/t-0/00000000000000000000.log')!;
  for (const folder of [`/b/t-0.${unique}-future`, `/a/gone-1.${unique}-stray`]) {
    w.disk.makeFolder(folder);
    w.disk.replaceFile(`${folder}/00000000000000000000.log`, log);
  }
  const second = await w.start();
  expect(second.all().map(({ folder, logEndOffset }) => [folder, logEndOffset])).toEqual([['/a/t-0', 3]]);
  await second.stop(1);
  await w.clock.advance(120_000);
  for (const folder of [`/b/t-0.${unique}-future`, `/a/gone-1.${unique}-stray`]) {
    expect(w.disk.readFile(`${folder}/00000000000000000000.log`)).toEqual(log);
  }
  expect([w.failed, w.disk.openFiles]).toEqual([[], 0]);
});

test('high watermarks are kept on the disk’s own time too; a dir that fails then goes offline alone', async () => {
  const w = world();
  const manager = await w.start();
  for (let p = 0; p < 2; p++) append(manager.getOrCreate('t', p, isNew), batch());
  const entries = [0, 1].map((partition) => ({ topic: 't', partition, offset: 1 }));
  await manager.writeHighWatermarksLater(entries);
  expect(text(w.disk, '/a/replication-offset-checkpoint')).toBe('0\n1\nt 0 1\n');
  w.disk.fault = (operation, path) => (operation === 'replace' && path.startsWith('/a/') ? { code: 'EIO' } : null);
  await manager.writeHighWatermarksLater(entries.map((entry) => ({ ...entry, offset: 0 })));
  expect(manager.offlineDirs).toEqual(['/a']);
  expect(text(w.disk, '/b/replication-offset-checkpoint')).toBe('0\n1\nt 1 0\n');
});
