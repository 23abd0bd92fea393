import { KafkaError } from '@odradek/protocol/errors';
import { forEachBatch, isCrcValidAt, lastOffsetAt } from '@odradek/protocol/records/batch';
import { silentLoggers } from '../env/logger';
import { ManualClock } from '../env/testing/clock';
import { type DiskOperation, type Fault, MemoryDisk } from '../env/testing/memory-disk';
import { DEFAULT_LOG_CONFIG } from './log-config';
import { LogManager } from './log-manager';
import type { PartitionLog } from './partition-log';
import { DEFAULT_PRODUCER_STATE_CONFIG } from './producer-state';
import { append, batch, readAll, START_MS, steadyRandom } from './testing/fixture';

/** Every disk call of a broker's life on one of its two log dirs fails in turn. */
const TOPIC_CONFIG = {
  ...DEFAULT_LOG_CONFIG,
  segmentBytes: 700,
  segmentIndexBytes: 1200,
  indexIntervalBytes: 100,
  retentionMs: 100_000,
  flushMs: 20_000,
  fileDeleteDelayMs: 1000,
};
const isNew = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', isNew: true };

class World {
  readonly clock = new ManualClock(START_MS);
  readonly disk = new MemoryDisk(() => this.clock.nowMs());
  readonly failed: string[] = [];
  readonly unexpected: unknown[] = [];
  /** Last offset that each partition has acknowledged. */
  readonly acknowledged = new Map<string, number>();
  manager = this.newManager();

  private newManager(): LogManager {
    const manager = new LogManager({
      disk: this.disk,
      clock: this.clock,
      random: steadyRandom,
      loggers: silentLoggers,
      topicConfig: () => TOPIC_CONFIG,
      config: {
        logDirs: ['/a', '/b'],
        recoveryThreadsPerDataDir: 2,
        initialTaskDelayMs: 30_000,
        retentionCheckIntervalMs: 60_000,
        flushSchedulerIntervalMs: 30_000,
        flushOffsetCheckpointIntervalMs: 60_000,
        flushStartOffsetCheckpointIntervalMs: 60_000,
        producerIdExpirationCheckIntervalMs: 600_000,
        producerState: DEFAULT_PRODUCER_STATE_CONFIG,
      },
    });
    manager.onDirFailure((dir) => this.failed.push(dir));
    return manager;
  }

  async start(): Promise<void> {
    this.manager = this.newManager();
    const starting = this.manager.start();
    await this.clock.settle();
    await starting;
    for (const { dir, name } of this.manager.all()) {
      if (this.manager.offlineDirs.includes(dir)) this.unexpected.push(`${name} is served from ${dir}`);
    }
  }

  /** Runs what a request asks for: it may fail as Kafka's do, on the dir that fails, and in no other way. */
  attempt(action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (!(error instanceof KafkaError && error.error === 'KAFKA_STORAGE_ERROR')) this.unexpected.push(error);
      return false;
    }
  }

  create(topic: string, logDir: string): void {
    this.attempt(() => {
      this.manager.preferDir(topic, 0, logDir);
      this.manager.getOrCreate(topic, 0, isNew);
    });
  }

  /** A producer's next batch of two records. */
  produce(topic: string): void {
    this.attempt(() => {
      const log = this.manager.getOrCreate(topic, 0, { ...isNew, isNew: false });
      const baseSequence = log.logEndOffset;
      const info = append(log, batch(2, { bytes: 40, producerId: 9, producerEpoch: 0, baseSequence }));
      this.acknowledged.set(topic, info.lastOffset);
      log.setHighWatermark(log.logEndOffset);
    });
  }

  with(topic: string, action: (log: PartitionLog) => void): void {
    const log = this.manager.get(topic, 0);
    if (log !== null) this.attempt(() => action(log));
  }

  /** What a broker and its clients do in two lives: every path of the log to its disk. */
  async live(): Promise<void> {
    await this.start();
    this.create('a', '/a');
    this.create('cut', '/a');
    this.create('gone', '/a');
    this.create('b', '/b');
    for (let i = 0; i < 8; i++) for (const topic of ['a', 'cut', 'gone', 'b']) this.produce(topic);
    await this.clock.advance(61_000);
    this.with('a', (log) => void log.maybeIncrementLogStartOffset(5, 'test'));
    this.with('a', (log) => void readAll(log, 6));
    this.with('cut', (log) => void log.truncateTo(8));
    const cut = this.acknowledged.get('cut');
    if (cut !== undefined) this.acknowledged.set('cut', Math.min(7, cut));
    this.with('gone', () => this.manager.asyncDelete('gone', 0));
    this.acknowledged.delete('gone');
    this.manager.writeHighWatermarks([{ topic: 'a', partition: 0, offset: 3 }]);
    this.manager.describeDirs();
    await this.clock.advance(200_000);
    for (let i = 0; i < 4; i++) for (const topic of ['a', 'b']) this.produce(topic);
    await this.clock.advance(61_000);
    await this.end();
    await this.start();
    for (const topic of ['a', 'b']) this.produce(topic);
    this.disk.killProcess();
    await this.start();
    for (const topic of ['a', 'b']) this.produce(topic);
    await this.end();
  }

  async end(): Promise<void> {
    const stopping = this.manager.stop(1);
    await this.clock.settle();
    await stopping;
  }
}

/** The last offset in a log, all of whose batches are right. */
function lastOffset(log: PartitionLog): number {
  let last = log.logStartOffset - 1;
  while (last + 1 < log.logEndOffset) {
    const b = readAll(log, last + 1);
    const before = last;
    forEachBatch(b, (at) => {
      expect(isCrcValidAt(b, at)).toBe(true);
      last = lastOffsetAt(b, at);
    });
    expect(last).toBeGreaterThan(before);
  }
  return last;
}

const HEALTHY: (operation: DiskOperation, path: string) => Fault | null = () => null;
const inA = (path: string) => path === '/a' || path.startsWith('/a/');

async function callsOfALife(): Promise<number> {
  const world = new World();
  let calls = 0;
  world.disk.fault = (_operation, path) => {
    if (inA(path)) calls++;
    return null;
  };
  await world.live();
  expect(world.unexpected).toEqual([]);
  expect(world.failed).toEqual([]);
  return calls;
}

test.each<[string, Fault, boolean, number]>([
  ['fails once', { code: 'EIO' }, false, 1],
  ['fails from there on', { code: 'EIO' }, true, 5],
  ['takes a part and is full from there on', { code: 'ENOSPC', tornAfterBytes: 33 }, true, 5],
])(
  'a disk whose n-th call %s takes its dir offline and nothing else; healed, it has all that was acknowledged',
  async (_what, fault, staysBroken, step) => {
    const calls = await callsOfALife();
    expect(calls).toBeGreaterThan(300);
    for (let n = 1; n <= calls; n += step) {
      const world = new World();
      let seen = 0;
      let operationHit = '';
      world.disk.fault = (operation, path) => {
        if (!inA(path)) return null;
        seen++;
        if (seen === n) operationHit = `call ${n}: ${operation} ${path}`;
        return seen === n || (staysBroken && seen > n) ? fault : null;
      };
      try {
        await world.live();
        expect(world.unexpected).toEqual([]);
        expect(new Set(world.failed)).toEqual(new Set(world.failed.filter((dir) => dir === '/a')));
        expect(world.acknowledged.get('b')).toBe(2 * (8 + 4 + 1 + 1) - 1);
        expect(world.disk.openFiles).toBe(0);

        world.disk.fault = HEALTHY;
        world.disk.killProcess();
        await world.start();
        expect(world.manager.offlineDirs).toEqual([]);
        for (const [topic, acknowledged] of world.acknowledged) {
          const log = world.manager.get(topic, 0)!;
          expect(lastOffset(log)).toBeGreaterThanOrEqual(acknowledged);
          log.setHighWatermark(log.logEndOffset);
          world.produce(topic);
          expect(world.acknowledged.get(topic)).toBe(log.logEndOffset - 1);
        }
        await world.end();
        expect(world.unexpected).toEqual([]);
      } catch (error) {
        (error as Error).message += `\n\n${operationHit}`;
        throw error;
      }
    }
  },
  300_000,
);
