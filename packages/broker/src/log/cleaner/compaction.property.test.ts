import { seededBelow } from '@odradek/protocol/testing/seeded';
import { ManualClock } from '../../env/testing/clock';
import { MemoryDisk } from '../../env/testing/memory-disk';
import type { PartitionLog } from '../partition-log';
import { openLog, START_MS } from '../testing/fixture';
import { roundOf, runRound } from './testing/cleaning';
import { expectRight, RANDOM_LOG_CONFIG, RandomWriter, readCommitted, UNVERIFIED } from './testing/random-log';

const ROUNDS = 15;

/** What producers may go on with after a restart: all that a log knows of them. */
const producersOf = (log: PartitionLog) =>
  log.activeProducers().map(({ producerId, producerEpoch, lastSequence, currentTxnStartOffset }) => ({
    producerId,
    producerEpoch,
    lastSequence,
    currentTxnStartOffset,
  }));

test('whatever is written and however often it is cleaned, the last values are there and nothing comes back', async () => {
  let removed = 0;
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const random = seededBelow(seed);
    const clock = new ManualClock(START_MS);
    const disk = new MemoryDisk(() => clock.nowMs());
    disk.makeFolder('/data');
    const open = (hadCleanShutdown: boolean): PartitionLog =>
      openLog(disk, clock, RANDOM_LOG_CONFIG, { producerStateConfig: UNVERIFIED, hadCleanShutdown });
    let log = open(true);
    const writer = new RandomWriter(random, clock);
    let checkpoint = 0;
    for (let life = 0; life < 6; life++) {
      writer.append(log, 5 + random(40));
      log.roll();
      // Room for a few keys only, at times: what did not fit is cleaned the next time.
      const dedupeBufferBytes = random(3) === 0 ? 24 * (3 + random(12)) : 1 << 20;
      const round = roundOf(log, disk, clock, checkpoint, { dedupeBufferBytes });
      if (round.dirtiness.cleanableBytes > 0) checkpoint = (await runRound(round, clock)).endOffset;
      expect(checkpoint).toBeLessThanOrEqual(log.lastStableOffset);
      expectRight(log, writer);
      expectOncePerKey(log, dedupeBufferBytes >= 1 << 20 ? checkpoint : 0);
      removed += writer.written.length - readCommitted(log).length;
      await clock.advance(random(8_000));
      const before = producersOf(log);
      if (random(2) === 0) log.close();
      else disk.killProcess();
      log = open(false);
      log.setHighWatermark(log.logEndOffset);
      expect(producersOf(log).sort(byId)).toEqual(before.sort(byId));
      expectRight(log, writer);
    }
  }
  expect(removed).toBeGreaterThan(ROUNDS * 100);
});

const byId = (a: { producerId: number }, b: { producerId: number }): number => a.producerId - b.producerId;

/** In what has been cleaned with room for all keys. */
function expectOncePerKey(log: PartitionLog, upTo: number): void {
  const cleaned = readCommitted(log).filter(({ offset }) => offset < upTo);
  expect(new Set(cleaned.map(({ key }) => key)).size).toBe(cleaned.length);
}
