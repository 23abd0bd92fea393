import { seededBelow } from '@odradek/protocol/testing/seeded';
import { ManualClock } from '../../env/testing/clock';
import { MemoryDisk } from '../../env/testing/memory-disk';
import type { PartitionLog } from '../partition-log';
import { openLog, START_MS } from '../testing/fixture';
import { type Row, roundOf, rowsOf, runRound } from './testing/cleaning';
import { endAfter } from './testing/ending';
import { expectRight, RANDOM_LOG_CONFIG, RandomWriter, UNVERIFIED } from './testing/random-log';

interface World {
  readonly clock: ManualClock;
  readonly disk: MemoryDisk;
  readonly writer: RandomWriter;
  readonly log: PartitionLog;
  readonly recoveryPoint: number;
  readonly checkpoint: number;
}

const open = (disk: MemoryDisk, clock: ManualClock, recoveryPoint: number, hadCleanShutdown = false): PartitionLog => {
  const options = { producerStateConfig: UNVERIFIED, recoveryPoint, hadCleanShutdown };
  const log = openLog(disk, clock, RANDOM_LOG_CONFIG, options);
  log.setHighWatermark(log.logEndOffset);
  return log;
};

/** A log that has been cleaned once and is to be cleaned again, the same for the same seed. */
async function world(seed: number): Promise<World> {
  const random = seededBelow(seed);
  const clock = new ManualClock(START_MS);
  const disk = new MemoryDisk(() => clock.nowMs());
  disk.makeFolder('/data');
  const log = open(disk, clock, 0, true);
  const writer = new RandomWriter(random, clock);
  writer.append(log, 20);
  log.roll();
  const { endOffset } = await runRound(roundOf(log, disk, clock), clock);
  await clock.advance(20_000);
  writer.append(log, 20);
  log.roll();
  await log.flush();
  return { clock, disk, writer, log, recoveryPoint: log.recoveryPoint, checkpoint: endOffset };
}

/** Cleans until the process ends at this change of the disk; true where the round was over before. */
async function cleanUntil({ disk, clock, log, checkpoint }: World, calls: number): Promise<boolean> {
  endAfter(disk, calls);
  try {
    await runRound(roundOf(log, disk, clock, checkpoint), clock);
    return true;
  } catch {
    return false;
  } finally {
    disk.fault = () => null;
  }
}

/** Markers are left out: the data of their transactions may have gone with the groups that were done before the end. */
const dataOf = (log: PartitionLog): Row[] => rowsOf(log).filter(({ key }) => key !== 'marker');

async function expectedAfter(seed: number): Promise<Row[]> {
  const one = await world(seed);
  expect(await cleanUntil(one, Number.POSITIVE_INFINITY)).toBe(true);
  return dataOf(one.log);
}

describe.each([
  ['kill -9', 1],
  ['a power cut', 2],
])('%s at each change of the disk (%i)', (how, seed) => {
  test('leaves a right log, and the next cleaning makes of it what the first would have', async () => {
    const expected = await expectedAfter(seed);
    const random = seededBelow(100 + seed);
    let [calls, over] = [0, false];
    for (; !over; calls++) {
      const at = await world(seed);
      over = await cleanUntil(at, calls);
      if (how === 'kill -9') at.disk.killProcess();
      else at.disk.cutPower((unflushed) => random(unflushed + 1));
      const log = open(at.disk, at.clock, at.recoveryPoint);
      const leftovers = at.disk.paths().filter((path) => /\.(cleaned|swap|deleted)$/.test(path));
      expect([calls, leftovers]).toEqual([calls, []]);
      expect([calls, log.logEndOffset]).toEqual([calls, at.log.logEndOffset]);
      expectRight(log, at.writer);
      await runRound(roundOf(log, at.disk, at.clock, at.checkpoint), at.clock);
      expectRight(log, at.writer);
      expect([calls, dataOf(log)]).toEqual([calls, expected]);
    }
    expect(calls).toBeGreaterThan(60);
  });
});
