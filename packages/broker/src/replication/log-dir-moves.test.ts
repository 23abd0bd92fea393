import { KafkaError } from '@odradek/protocol/errors';
import { silentLoggers } from '../env/logger';
import { ManualClock } from '../env/testing/clock';
import { MemoryDisk } from '../env/testing/memory-disk';
import { DEFAULT_LOG_CONFIG } from '../log/log-config';
import { LogManager } from '../log/log-manager';
import type { PartitionLog } from '../log/partition-log';
import { DEFAULT_PRODUCER_STATE_CONFIG } from '../log/producer-state';
import { append, batch, readAll, START_MS, steadyRandom } from '../log/testing/fixture';
import { LogDirMoves, type MovableReplica } from './log-dir-moves';

const isNew = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', isNew: true };
const BATCH = batch(2);
/** A piece is one batch. */
const CHUNK_BYTES = BATCH.length;

/** Partition 0 of topic t in /a, on a broker that has /b and /c as well; `logs` and `moves` are made anew by a restart. */
class World {
  readonly clock = new ManualClock(START_MS);
  readonly disk = new MemoryDisk(() => this.clock.nowMs());
  readonly failed: string[] = [];
  exceeded = false;
  logs = this.manager();
  moves = this.mover();
  replica!: MovableReplica;

  static async make(batches: number): Promise<World> {
    const world = new World();
    await world.load();
    world.logs.preferDir('t', 0, '/a');
    world.host(world.logs.getOrCreate('t', 0, isNew));
    for (let i = 0; i < batches; i++) append(world.log, batch(2));
    return world;
  }

  get log(): PartitionLog {
    return this.replica.log;
  }

  get future(): PartitionLog | null {
    return this.logs.future('t', 0);
  }

  async restart(): Promise<void> {
    this.moves.close();
    await this.logs.stop(1);
    this.logs = this.manager();
    await this.load();
    this.moves = this.mover();
    this.host(this.logs.get('t', 0)!);
  }

  /** So many turns of the event loop, in each of which a piece is copied. */
  async turns(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.clock.turnOver();
  }

  private host(log: PartitionLog): void {
    this.replica = { topic: 't', partition: 0, log };
  }

  private async load(): Promise<void> {
    const loading = this.logs.start();
    await this.clock.settle();
    await loading;
  }

  private manager(): LogManager {
    const made = new LogManager({
      disk: this.disk,
      clock: this.clock,
      random: steadyRandom,
      loggers: silentLoggers,
      topicConfig: () => DEFAULT_LOG_CONFIG,
      config: {
        logDirs: ['/a', '/b', '/c'],
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
    made.onDirFailure((dir) => this.failed.push(dir));
    return made;
  }

  private mover(): LogDirMoves {
    return new LogDirMoves({
      clock: this.clock,
      loggers: silentLoggers,
      logs: this.logs,
      replica: (topic, partition) => {
        if (topic === 't' && partition === 0) return this.replica;
        throw new KafkaError(topic === 't' ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_TOPIC_OR_PARTITION');
      },
      chunkBytes: CHUNK_BYTES,
      backoffMs: 1000,
      quota: { bytesPerSecond: 0, isExceeded: () => this.exceeded, record: () => {} },
    });
  }
}

const bytesOf = (log: PartitionLog): Buffer => readAll(log, log.logStartOffset);

test('a log moves to another dir while records are appended to it', async () => {
  const w = await World.make(3);
  const before = w.log;
  before.setHighWatermark(5);
  w.moves.moveTo('t', 0, '/b');
  await w.turns(1);
  expect([w.future!.logEndOffset, w.log]).toEqual([2, before]);
  append(before, batch(2), 1);
  await w.turns(3);
  expect(w.log).not.toBe(before);
  expect([w.log.dir, w.log.folder, w.log.highWatermark, w.future]).toEqual(['/b', '/b/t-0', 5, null]);
  expect(bytesOf(w.log)).toEqual(bytesOf(before));
  expect(w.log.epochs.all).toEqual(before.epochs.all);
  expect(append(w.log, batch(2), 1)).toMatchObject({ firstOffset: 8 });
});

test('epochs of leaders that have written nothing yet move too', async () => {
  const w = await World.make(1);
  w.log.assignEpochStartOffset(7, 2);
  w.moves.moveTo('t', 0, '/b');
  await w.clock.settle();
  expect([w.log.dir, w.log.latestEpoch]).toEqual(['/b', 7]);
});

test('a log whose start lies within a batch', async () => {
  const w = await World.make(3);
  w.log.setHighWatermark(6);
  w.log.maybeIncrementLogStartOffset(3, 'test');
  w.moves.moveTo('t', 0, '/b');
  await w.clock.settle();
  expect([w.log.dir, w.log.logStartOffset, w.log.logEndOffset]).toEqual(['/b', 3, 6]);
});

test('records that are deleted meanwhile are deleted in the copy, or never copied', async () => {
  const w = await World.make(5);
  w.log.setHighWatermark(10);
  w.moves.moveTo('t', 0, '/b');
  await w.turns(2);
  expect(w.future!.logEndOffset).toBe(4);
  w.log.maybeIncrementLogStartOffset(8, 'test');
  await w.clock.settle();
  expect([w.log.dir, w.log.logStartOffset, w.log.logEndOffset]).toEqual(['/b', 8, 10]);
});

test('a copy follows its log that is cut and written on by another leader', async () => {
  const w = await World.make(4);
  w.log.setHighWatermark(2);
  w.moves.moveTo('t', 0, '/b');
  await w.turns(3);
  expect(w.future!.logEndOffset).toBe(6);
  w.log.truncateTo(4);
  append(w.log, batch(2, { bytes: 99 }), 1);
  append(w.log, batch(2, { bytes: 99 }), 1);
  w.moves.onTruncated(w.replica);
  const expected = bytesOf(w.log);
  await w.clock.settle();
  expect([w.log.dir, w.log.logEndOffset]).toEqual(['/b', 8]);
  expect(bytesOf(w.log)).toEqual(expected);
});

test('after a restart a copy that was half made is gone on with, less what its log has lost', async () => {
  const w = await World.make(4);
  w.log.setHighWatermark(2);
  w.moves.moveTo('t', 0, '/b');
  await w.turns(3);
  const folder = w.future!.folder;
  const closing = w.restart();
  await w.clock.settle();
  await closing;
  expect([w.future!.folder, w.future!.logEndOffset]).toEqual([folder, 6]);
  w.log.truncateTo(2);
  append(w.log, batch(2, { bytes: 50 }), 3);
  const expected = bytesOf(w.log);
  w.moves.resume(w.replica);
  await w.clock.settle();
  expect([w.log.dir, w.future]).toEqual(['/b', null]);
  expect(bytesOf(w.log)).toEqual(expected);
});

test('a move to another dir takes the place of the first, a move to where the log is gives it up', async () => {
  const w = await World.make(4);
  w.moves.moveTo('t', 0, '/b');
  await w.turns(1);
  w.moves.moveTo('t', 0, '/b');
  expect([w.future!.dir, w.future!.logEndOffset]).toEqual(['/b', 2]);
  w.moves.moveTo('t', 0, '/c');
  expect([w.future!.dir, w.future!.logEndOffset]).toEqual(['/c', 0]);
  await w.turns(1);
  w.moves.moveTo('t', 0, '/a');
  await w.clock.settle();
  expect([w.log.dir, w.future]).toEqual(['/a', null]);
});

test('a replica that is not there yet will be made where it is wanted', async () => {
  const w = await World.make(1);
  expect(() => w.moves.moveTo('t', 1, '/c')).toThrow(expect.objectContaining({ error: 'REPLICA_NOT_AVAILABLE' }));
  expect(w.logs.getOrCreate('t', 1, isNew).dir).toBe('/c');
});

test('what cannot be done is refused', async () => {
  const w = await World.make(1);
  const refusal = (topic: string, dir: string): string => {
    try {
      w.moves.moveTo(topic, 0, dir);
      return 'none';
    } catch (error) {
      return (error as KafkaError).error;
    }
  };
  expect(refusal('t', '/elsewhere')).toBe('LOG_DIR_NOT_FOUND');
  expect(refusal('u', '/b')).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  expect(refusal('t'.repeat(249), '/b')).toBe('INVALID_TOPIC_EXCEPTION');
  w.disk.fault = (operation, path) => (operation === 'replace' && path.startsWith('/c/') ? { code: 'EIO' } : null);
  w.logs.checkpointDir('/c');
  expect(refusal('t', '/c')).toBe('KAFKA_STORAGE_ERROR');
  // A dir that is offline may hold the log that is to be made.
  expect(refusal('t', '/b')).toBe('KAFKA_STORAGE_ERROR');
});

test('a log that cannot be read for now is tried again after a while', async () => {
  const w = await World.make(2);
  const read = w.log.read.bind(w.log);
  let attempts = 0;
  w.log.read = (...args) => {
    attempts++;
    const found = read(...args);
    return attempts > 3 ? found : { ...found, slice: { ...found.slice, readInto: () => 0 } };
  };
  w.moves.moveTo('t', 0, '/b');
  await w.clock.settle();
  expect([attempts, w.log.dir]).toEqual([1, '/a']);
  await w.clock.advance(10_000);
  expect(w.log.dir).toBe('/b');
});

test('while the quota is exceeded nothing is copied', async () => {
  const w = await World.make(2);
  w.exceeded = true;
  w.moves.moveTo('t', 0, '/b');
  await w.clock.advance(60_000);
  expect(w.future!.logEndOffset).toBe(0);
  w.exceeded = false;
  await w.clock.advance(1000);
  expect(w.log.dir).toBe('/b');
});

test.each([
  ['/b', '/a'],
  ['/a', null],
])('%s fails in the middle of a move: what is left serves on, and the move is over', async (dir, left) => {
  const w = await World.make(4);
  w.moves.moveTo('t', 0, '/b');
  await w.turns(2);
  w.disk.fault = (_operation, path) => (path.startsWith(`${dir}/`) ? { code: 'EIO' } : null);
  await w.clock.settle();
  // Reading may be answered from what the process holds; writing down where the logs end is not.
  w.logs.checkpointDir(dir);
  expect([w.failed, w.logs.get('t', 0)?.dir ?? null]).toEqual([[dir], left]);
  w.disk.fault = () => null;
  await w.clock.advance(60_000);
  expect(w.logs.get('t', 0)?.dir ?? null).toBe(left);
  w.moves.close();
});

test.each(['/a', '/b'])('whichever call to the disk of %s fails in a move, nothing is lost', async (dir) => {
  let reached = true;
  let failing = 0;
  for (; reached; failing++) {
    const w = await World.make(3);
    w.log.setHighWatermark(6);
    const expected = bytesOf(w.log);
    let calls = 0;
    w.disk.fault = (_operation, path) => {
      if (!path.startsWith(`${dir}/`) || calls++ !== failing) return null;
      return { code: 'EIO' };
    };
    try {
      w.moves.moveTo('t', 0, '/b');
    } catch (error) {
      expect(error).toMatchObject({ error: 'KAFKA_STORAGE_ERROR' });
    }
    await w.clock.settle();
    reached = calls > failing;
    w.disk.fault = () => null;
    const left = w.logs.get('t', 0);
    if (left !== null) expect(bytesOf(left)).toEqual(expected);
    else expect(w.failed).toEqual([dir]);
    if (!reached) expect([w.failed, left?.dir]).toEqual([[], '/b']);
    w.moves.close();
    await w.logs.stop(1);
    await w.restart();
    expect(bytesOf(w.log)).toEqual(expected);
  }
  expect(failing).toBeGreaterThan(5);
});
