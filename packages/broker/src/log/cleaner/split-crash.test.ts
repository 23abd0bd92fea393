import { seededBelow } from '@odradek/protocol/testing/seeded';
import type { ManualClock } from '../../env/testing/clock';
import type { MemoryDisk } from '../../env/testing/memory-disk';
import type { PartitionLog } from '../partition-log';
import { openLog } from '../testing/fixture';
import { SegmentSplitError } from './cleaning-round';
import { roundOf, rowsOf, runRound } from './testing/cleaning';
import { Ended, endAfter } from './testing/ending';
import { LOG_CONFIG, restored } from './testing/folders';
import { oldLogs } from './testing/old-logs';

/** A folder with a segment that has to be split; its clock. */
interface World {
  readonly disk: MemoryDisk;
  readonly clock: ManualClock;
}

const world = (name: string): World => {
  const { before, nowMs } = oldLogs.find((log) => log.name === name)!;
  return restored(before, nowMs);
};

const open = ({ disk, clock }: World, hadCleanShutdown = false, recoveryPoint = 0): PartitionLog => {
  const log = openLog(disk, clock, LOG_CONFIG, { hadCleanShutdown, recoveryPoint });
  log.setHighWatermark(log.logEndOffset);
  return log;
};

const told = (log: PartitionLog) => ({
  rows: rowsOf(log),
  aborted: log.abortedTransactions(0, log.logEndOffset).map(({ firstOffset, lastOffset }) => [firstOffset, lastOffset]),
  endOffset: log.logEndOffset,
});
const basesOf = (log: PartitionLog): number[] => log.segmentList.map(({ baseOffset }) => baseOffset);
const leftovers = ({ disk }: World): string[] => disk.paths().filter((path) => /\.(cleaned|swap|deleted)$/.test(path));

function end({ disk }: World, how: string, random: (limit: number) => number): void {
  disk.fault = () => null;
  if (how === 'kill -9') disk.killProcess();
  else disk.cutPower((unflushed) => random(unflushed + 1));
}

test.each([
  ['kill -9', 'load-v2-9'],
  ['a power cut', 'load-transactional-2147483651'],
])(
  '%s at each change of the disk while %s is split at the start: the next start ends with the same log',
  (how, name) => {
    const random = seededBelow(7);
    const expected = open(world(name));
    let [changes, isOver] = [0, false];
    for (; !isOver; changes++) {
      const at = world(name);
      endAfter(at.disk, changes);
      try {
        open(at);
        isOver = true;
      } catch (error) {
        expect(error).toBeInstanceOf(Ended);
      }
      end(at, how, random);
      const log = open(at);
      expect([changes, leftovers(at), basesOf(log)]).toEqual([changes, [], basesOf(expected)]);
      expect([changes, told(log)]).toEqual([changes, told(expected)]);
    }
    expect(changes).toBeGreaterThan(60);
  },
);

/** What the segment that is split holds, and what follows: the one before it is cleaned first. */
const wideOnes = (log: PartitionLog) => rowsOf(log).filter(({ offset }) => offset >= log.segmentList[1]!.baseOffset);

/** A round in which a segment is split; true where the process lived to its end. */
async function split(at: World, log: PartitionLog): Promise<boolean> {
  try {
    await runRound(roundOf(log, at.disk, at.clock, 0), at.clock);
    return true;
  } catch (error) {
    return error instanceof SegmentSplitError;
  }
}

test.each([
  ['kill -9', 'clean-v2-0'],
  ['a power cut', 'clean-v0-2147483651'],
])(
  '%s at each change of the disk while %s is split by the cleaner: a right log, and the next rounds clean it',
  async (how, name) => {
    const random = seededBelow(8);
    const whole = world(name);
    const before = open(whole, true);
    const expected = wideOnes(before);
    await split(whole, before);
    const pieces = basesOf(before);
    await runRound(roundOf(before, whole.disk, whole.clock, 0), whole.clock);
    const cleaned = told(before);
    expect(pieces.length).toBeGreaterThan(2);
    let [changes, isOver] = [0, false];
    for (; !isOver; changes++) {
      const at = world(name);
      const log = open(at, true);
      endAfter(at.disk, changes);
      isOver = await split(at, log);
      end(at, how, random);
      const next = open(at, false, log.logEndOffset);
      expect([changes, leftovers(at), wideOnes(next)]).toEqual([changes, [], expected]);
      while (!(await isRoundThrough(at, next)));
      expect([changes, told(next)]).toEqual([changes, cleaned]);
    }
    expect(changes).toBeGreaterThan(40);
  },
);

async function isRoundThrough(at: World, log: PartitionLog): Promise<boolean> {
  try {
    await runRound(roundOf(log, at.disk, at.clock, 0), at.clock);
    return true;
  } catch (error) {
    if (error instanceof SegmentSplitError) return false;
    throw error;
  }
}
