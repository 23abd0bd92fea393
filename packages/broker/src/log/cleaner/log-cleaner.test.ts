import { buildBatch } from '@odradek/protocol/records/builder';
import type { Background, WorkEvents } from '../../env/background';
import { ManualClock } from '../../env/testing/clock';
import { MemoryLoggers } from '../../env/testing/logger';
import { MemoryDisk } from '../../env/testing/memory-disk';
import { DEFAULT_LOG_CONFIG, type LogConfig } from '../log-config';
import { LogManager } from '../log-manager';
import { offsetName } from '../names';
import type { PartitionLog } from '../partition-log';
import { DEFAULT_PRODUCER_STATE_CONFIG } from '../producer-state';
import { START_MS, steadyRandom } from '../testing/fixture';
import type { CleanerConfig } from './cleaner-config';
import type { CleanerRequest, GroupRequest } from './messages';
import { background, CLEANER_CONFIG, rowsOf } from './testing/cleaning';
import { oldLogs } from './testing/old-logs';

const BACKOFF_MS = 15_000;
/** So slow that a round takes seconds of the clock. */
const SLOW: Partial<CleanerConfig> = { ioBytesPerSecond: 100, ioBufferBytes: 400 };

class World {
  readonly clock = new ManualClock(START_MS);
  readonly disk = new MemoryDisk(() => this.clock.nowMs());
  readonly loggers = new MemoryLoggers();
  readonly failed: string[] = [];
  cleaner = CLEANER_CONFIG;
  background: Background = background(this.disk, this.clock);
  logConfig: LogConfig = {
    ...DEFAULT_LOG_CONFIG,
    cleanupCompact: true,
    cleanupDelete: false,
    segmentBytes: 300,
    fileDeleteDelayMs: 1000,
  };
  logs!: LogManager;

  async start(): Promise<void> {
    this.logs = new LogManager({
      disk: this.disk,
      clock: this.clock,
      random: steadyRandom,
      loggers: this.loggers,
      topicConfig: () => this.logConfig,
      cleaner: { background: this.background, config: () => this.cleaner },
      config: {
        logDirs: ['/a', '/b'],
        recoveryThreadsPerDataDir: 2,
        initialTaskDelayMs: 30_000,
        retentionCheckIntervalMs: 300_000,
        flushSchedulerIntervalMs: 1e9,
        flushOffsetCheckpointIntervalMs: 1e9,
        flushStartOffsetCheckpointIntervalMs: 1e9,
        producerIdExpirationCheckIntervalMs: 1e9,
        producerState: DEFAULT_PRODUCER_STATE_CONFIG,
      },
    });
    this.logs.onDirFailure((dir) => this.failed.push(dir));
    const starting = this.logs.start();
    await this.clock.settle();
    await starting;
  }

  async restart(): Promise<void> {
    const stopping = this.logs.stop(1);
    await this.clock.settle();
    await stopping;
    await this.start();
  }

  log(partition = 0): PartitionLog {
    return this.logs.getOrCreate('t', partition, { topicId: null, isNew: true });
  }

  config(change: Partial<LogConfig>): void {
    this.logConfig = { ...this.logConfig, ...change };
    this.logs.updateTopicConfig('t');
  }

  /** Until the cleaner looks again, and has done what it found. */
  async pass(durationMs = BACKOFF_MS): Promise<void> {
    await this.clock.advance(durationMs);
  }

  checkpoint(dir: string): string | undefined {
    return this.disk.readFile(`${dir}/cleaner-offset-checkpoint`)?.toString();
  }

  leftovers(): string[] {
    return this.disk.paths().filter((path) => /cleaned|swap/.test(path));
  }
}

async function world(cleaner: Partial<CleanerConfig> = {}): Promise<World> {
  const made = new World();
  made.cleaner = { ...CLEANER_CONFIG, ...cleaner };
  await made.start();
  return made;
}

/** `count` records of two keys, and a segment that is not appended to any more. */
function fill(log: PartitionLog, count = 20, timestamp = START_MS): void {
  for (let i = 0; i < count; i++) {
    const records = [{ timestamp, key: Buffer.from(`k${i % 2}`), value: Buffer.from(`v${i}`) }];
    log.appendAsLeader(buildBatch({ records }), { leaderEpoch: 0, origin: 'client' });
  }
  log.roll();
  log.setHighWatermark(log.logEndOffset);
}

const offsets = (log: PartitionLog): number[] => rowsOf(log).map(({ offset }) => offset);

test('logs are cleaned by and by, and from where they are dirty after a restart', async () => {
  const w = await world();
  fill(w.log());
  await w.pass();
  expect(offsets(w.log())).toEqual([18, 19]);
  expect(w.checkpoint('/a')).toBe('0\n1\nt 0 20\n');
  expect(w.loggers.messages('info').filter((line) => line.startsWith('Cleaned'))).toEqual([
    'Cleaned log t-0 (dirty section = [0, 20)): 1450 bytes became 146, 2 keys',
  ]);
  await w.restart();
  fill(w.log(), 30);
  await w.pass();
  expect(w.loggers.messages('info').filter((line) => line.includes('[20, 50)'))).toHaveLength(1);
  expect(offsets(w.log())).toEqual([48, 49]);
  expect(w.leftovers()).toEqual([]);
  await w.logs.stop(1);
});

test('a log is due by the share that is dirty, and by how long it has been', async () => {
  const w = await world();
  fill(w.log());
  await w.pass();
  fill(w.log(), 2);
  w.config({ minCleanableDirtyRatio: 0.6 });
  await w.pass();
  expect(offsets(w.log())).toEqual([18, 19, 20, 21]);
  w.config({ maxCompactionLagMs: 40_000 });
  await w.pass(BACKOFF_MS - 1);
  expect(offsets(w.log())).toEqual([18, 19, 20, 21]);
  await w.pass();
  expect(offsets(w.log())).toEqual([20, 21]);
});

test('what is younger than min.compaction.lag.ms stays', async () => {
  const w = await world();
  w.config({ minCompactionLagMs: 60_000 });
  fill(w.log(), 10, START_MS - 60_000);
  fill(w.log(), 10);
  await w.pass();
  expect(offsets(w.log())).toEqual([8, 9, ...Array.from({ length: 10 }, (_, i) => 10 + i)]);
});

test('of compact,delete the cleaner does both; of delete alone it does nothing', async () => {
  const w = await world();
  w.config({ cleanupDelete: true, retentionMs: 20_000 });
  fill(w.log());
  await w.pass();
  expect(offsets(w.log())).toEqual([18, 19]);
  await w.pass();
  expect(w.log().logStartOffset).toBe(20);
  w.config({ cleanupCompact: false, retentionMs: -1 });
  fill(w.log());
  await w.pass();
  expect(offsets(w.log())).toHaveLength(20);
});

test('what DeleteRecords has cut off goes, also where nothing but compaction is asked for', async () => {
  const w = await world();
  fill(w.log());
  await w.pass();
  w.log().maybeIncrementLogStartOffset(20, 'a request');
  await w.pass();
  expect(w.log().segmentList.map(({ baseOffset }) => baseOffset)).toEqual([20]);
});

describe('what changes a log while it is cleaned gives the round up', () => {
  async function slow(): Promise<World> {
    const w = await world(SLOW);
    fill(w.log(), 200);
    await w.pass(BACKOFF_MS + 3000);
    return w;
  }

  test('a truncation', async () => {
    const w = await slow();
    w.log().truncateTo(100);
    w.cleaner = CLEANER_CONFIG;
    await w.clock.settle();
    expect(w.leftovers()).toEqual([]);
    expect(w.log().logEndOffset).toBe(100);
    w.log().roll();
    w.log().setHighWatermark(100);
    await w.pass();
    expect(offsets(w.log())).toEqual([98, 99]);
    expect(w.checkpoint('/a')).toBe('0\n1\nt 0 100\n');
  });

  test('a truncation below what is clean: that is dirty again', async () => {
    const w = await world();
    fill(w.log(), 100);
    await w.pass();
    expect(w.checkpoint('/a')).toBe('0\n1\nt 0 100\n');
    w.log().truncateTo(99);
    await w.clock.settle();
    expect(w.checkpoint('/a')).toBe(`0\n1\nt 0 ${w.log().segmentList.at(-1)!.baseOffset}\n`);
    fill(w.log(), 9);
    await w.pass();
    expect(offsets(w.log())).toEqual([106, 107]);
  });

  test('a deletion', async () => {
    const w = await slow();
    w.logs.asyncDelete('t', 0);
    fill(w.log(), 4);
    await w.clock.settle();
    expect(w.checkpoint('/a') ?? '0\n0\n').toBe('0\n0\n');
    w.cleaner = CLEANER_CONFIG;
    await w.pass();
    expect(offsets(w.log())).toEqual([2, 3]);
    expect(w.leftovers()).toEqual([]);
  });

  test('another cleanup.policy', async () => {
    const w = await slow();
    w.config({ cleanupCompact: false });
    await w.pass(60_000);
    expect(offsets(w.log())).toHaveLength(200);
    expect(w.leftovers()).toEqual([]);
  });

  test('a move to another dir, until it is made; the checkpoint goes along', async () => {
    const w = await world();
    fill(w.log());
    await w.pass();
    const future = w.logs.createFuture(w.log(), '/b');
    fill(w.log(), 30);
    await w.pass();
    expect(offsets(w.log())).toHaveLength(32);
    future.truncateFullyAndStartAt(0);
    for (const { file, size } of w.log().segmentList.slice(0, -1)) {
      const records = w.disk.readFile(file.path)!.subarray(0, size);
      if (size > 0) future.appendAsFollower(records);
    }
    const moved = w.logs.replaceWithFuture('t', 0);
    moved.roll();
    moved.setHighWatermark(moved.logEndOffset);
    await w.clock.settle();
    expect([w.checkpoint('/a'), w.checkpoint('/b')]).toEqual(['0\n0\n', '0\n1\nt 0 20\n']);
    await w.pass();
    expect(w.checkpoint('/b')).toBe('0\n1\nt 0 50\n');
    expect(offsets(moved)).toEqual([48, 49]);
  });
});

test('a log that cannot be cleaned is left alone, the others are not', async () => {
  const w = await world();
  fill(w.log(0));
  fill(w.log(1));
  const bad = w.log(0).segmentList[0]!.file.path;
  const bytes = w.disk.readFile(bad)!;
  bytes.writeInt32BE(5, 8);
  w.disk.replaceFile(bad, bytes);
  await w.pass();
  await w.pass();
  expect(offsets(w.log(1))).toEqual([18, 19]);
  expect(w.loggers.messages('warn')).toEqual([
    'Unexpected exception thrown when cleaning log /a/t-0. Marking its partition (t-0) as uncleanable',
  ]);
  expect(w.failed).toEqual([]);
});

test('a segment whose offsets are too far apart is split, and its log cleaned after that', async () => {
  const w = await world();
  const stopping = w.logs.stop(1);
  await w.clock.settle();
  await stopping;
  w.disk.makeFolder('/a/t-0');
  const { before } = oldLogs.find(({ name }) => name === 'clean-v2-0')!;
  for (const [name, [base64]] of Object.entries(before))
    w.disk.replaceFile(`/a/t-0/${name}`, Buffer.from(base64, 'base64'));
  await w.start();
  w.log().setHighWatermark(w.log().logEndOffset);
  await w.pass();
  const told = w.loggers.messages('info').filter((line) => /too far apart|^Cleaned/.test(line));
  expect(told).toEqual([expect.stringMatching(/^Offsets of segment/), expect.stringMatching(/^Cleaned log t-0/)]);
  expect([w.loggers.messages('warn'), w.leftovers()]).toEqual([[], []]);
});

test('a log that is deleted while its cleaning goes wrong does not count as one that cannot be cleaned', async () => {
  const w = new World();
  w.background = {
    start: (_name, { onFailure }) => ({
      post: (request) => {
        if ((request as CleanerRequest).kind !== 'map') return;
        w.logs.asyncDelete('t', 0);
        onFailure(new Error('out of memory'));
      },
      stop: async () => {},
    }),
  };
  await w.start();
  fill(w.log(0));
  await w.pass();
  expect(w.logs.get('t', 0)).toBeNull();
  expect(w.logs.cleanerFacts()!.uncleanable.get('/a')).toBe(0);
  expect(w.loggers.messages('warn')).toEqual([]);
});

test.each([
  [1, 0],
  [2, 1],
])('a log at which %d threads end in a row: %d that cannot be cleaned', async (deaths, uncleanable) => {
  const w = new World();
  const { background } = w;
  let left = deaths;
  w.background = {
    start: <Request, Answer>(name: string, events: WorkEvents<Answer>) => {
      const work = background.start<Request, Answer>(name, events);
      const post = (request: Request): void => {
        if ((request as CleanerRequest).kind !== 'group' || left-- <= 0) {
          work.post(request);
          return;
        }
        const { folder, segments } = request as GroupRequest;
        w.disk.replaceFile(`${folder}/${offsetName(segments[0]!.baseOffset)}.log.cleaned`, Buffer.alloc(9));
        events.onFailure(new Error('out of memory'));
      };
      return { ...work, post };
    },
  };
  await w.start();
  fill(w.log());
  await w.pass();
  await w.pass();
  await w.pass();
  expect(w.logs.cleanerFacts()!.uncleanable.get('/a')).toBe(uncleanable);
  expect(w.loggers.messages('warn')).toHaveLength(deaths);
  expect(w.loggers.messages('warn')[0]).toBe(
    "Cleaning t-0 is tried once more: The cleaner's thread has ended: out of memory",
  );
  expect(offsets(w.log())).toHaveLength(uncleanable === 0 ? 2 : 20);
  expect(w.disk.list('/a/t-0').filter((name) => name.endsWith('.cleaned'))).toEqual([]);
});

test('no timer is set behind a stop, wherever the cleaner is', async () => {
  const w = new World();
  let ended: (() => void) | null = null;
  const { background } = w;
  w.background = {
    start: <Request, Answer>(name: string, events: WorkEvents<Answer>) => {
      const { post } = background.start<Request, Answer>(name, events);
      return { post, stop: () => new Promise<void>((resolve) => (ended = resolve)) };
    },
  };
  await w.start();
  fill(w.log());
  // Idle for so long that the thread is given back.
  for (let i = 0; i < 10 && ended === null; i++) await w.pass();
  const stopping = w.logs.stop(1);
  ended!();
  await w.clock.settle();
  await stopping;
  expect(w.clock.timers).toBe(0);
});

test('files of segments that await deletion are closed with their log', async () => {
  const w = await world();
  fill(w.log());
  await w.pass();
  expect(w.disk.paths().some((path) => path.endsWith('.log.deleted'))).toBe(true);
  const stopping = w.logs.stop(1);
  await w.clock.settle();
  await stopping;
  expect(w.disk.openFiles).toBe(0);
});

test('a disk that fails takes its dir offline', async () => {
  const w = await world();
  fill(w.log());
  w.disk.fault = (operation, path) => (operation === 'write' && path.includes('cleaned') ? { code: 'EIO' } : null);
  await w.pass();
  expect(w.failed).toEqual(['/a']);
});

test('I/O is held below the rate; more threads come when they are asked for', async () => {
  const w = await world({ ioBytesPerSecond: 1000 });
  for (const partition of [0, 1]) fill(w.log(partition), 400);
  const isClean = (): boolean[] => [0, 1].map((partition) => offsets(w.log(partition)).length === 2);
  await w.pass(BACKOFF_MS + 30_000);
  expect(isClean()).toEqual([false, false]);
  await w.pass(60_000);
  expect(isClean().filter(Boolean)).toHaveLength(1);
  w.cleaner = { ...CLEANER_CONFIG, threads: 2 };
  w.logs.onBrokerConfig();
  await w.clock.settle();
  expect(isClean()).toEqual([true, true]);
});
