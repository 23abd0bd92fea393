import {
  baseOffsetAt,
  forEachBatch,
  isCrcValidAt,
  lastOffsetAt,
  partitionLeaderEpochAt,
} from '@odradek/protocol/records/batch';
import { seededBelow } from '@odradek/protocol/testing/seeded';
import { ManualClock } from '../env/testing/clock';
import { MemoryDisk } from '../env/testing/memory-disk';
import type { PartitionLog } from './partition-log';
import { append, batch, openLog, readAll, START_MS } from './testing/fixture';

const ROUNDS = 50;
const CONFIG = { segmentBytes: 2500, indexIntervalBytes: 200, segmentIndexBytes: 2400, fileDeleteDelayMs: 1000 };

interface Written {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly epoch: number;
  readonly baseSequence: number;
  readonly count: number;
}

/** A leader's life up to a power cut, and what is left of it. */
class Round {
  readonly clock = new ManualClock(START_MS);
  readonly disk = new MemoryDisk(() => this.clock.nowMs());
  readonly random: (limit: number) => number;
  written: Written[] = [];
  checkpointed = 0;
  private sequence = 0;
  private epoch = 0;

  constructor(seed: number) {
    this.random = seededBelow(seed);
    this.disk.makeFolder('/data');
  }

  open(): PartitionLog {
    return openLog(this.disk, this.clock, CONFIG, { hadCleanShutdown: false, recoveryPoint: this.checkpointed });
  }

  produce(log: PartitionLog): void {
    if (this.random(12) === 0) this.epoch++;
    const count = 1 + this.random(3);
    const baseSequence = this.sequence;
    const bytes = 1 + this.random(300);
    const records = batch(count, { bytes, producerId: 5, producerEpoch: 0, baseSequence });
    const { firstOffset, lastOffset } = append(log, records, this.epoch);
    this.written.push({ firstOffset, lastOffset, epoch: this.epoch, baseSequence, count });
    this.sequence += count;
  }

  async live(log: PartitionLog): Promise<void> {
    for (let i = 10 + this.random(60); i > 0; i--) {
      this.produce(log);
      if (this.random(15) === 0) await log.flush();
      if (this.random(10) === 0) this.checkpointed = log.recoveryPoint;
      if (this.random(40) === 0) this.truncate(log);
      if (this.random(6) === 0) await this.clock.settle();
    }
  }

  private truncate(log: PartitionLog): void {
    const at = this.written[Math.max(0, this.written.length - 1 - this.random(8))]!;
    log.truncateTo(at.firstOffset);
    this.written = this.written.filter(({ firstOffset }) => firstOffset < at.firstOffset);
    this.sequence = at.baseSequence;
    this.epoch++;
    // As ReplicaManager does after every truncation.
    this.checkpointed = Math.min(this.checkpointed, log.recoveryPoint);
  }

  cutPower(): void {
    const damage = (bytes: Buffer): void => {
      if (bytes.length === 0 || this.random(2) === 0) return;
      const at = this.random(bytes.length);
      bytes.fill(this.random(2) === 0 ? 0 : 0xa5, at, Math.min(bytes.length, at + 1 + this.random(64)));
    };
    this.disk.cutPower((unflushed) => this.random(unflushed + 1), damage);
  }
}

/** Checks that a log holds a beginning of what was written and nothing else; returns what it holds. */
function survivors(log: PartitionLog, written: readonly Written[]): Written[] {
  const found: Written[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset; offset = found.at(-1)!.lastOffset + 1) {
    const b = readAll(log, offset);
    forEachBatch(b, (at) => {
      const expected = written[found.length]!;
      expect(isCrcValidAt(b, at)).toBe(true);
      const { firstOffset, lastOffset, epoch } = expected;
      expect([baseOffsetAt(b, at), lastOffsetAt(b, at), partitionLeaderEpochAt(b, at)]).toEqual([
        firstOffset,
        lastOffset,
        epoch,
      ]);
      expect(log.epochs.epochFor(firstOffset)).toBe(epoch);
      found.push(expected);
    });
    expect(found.at(-1)?.lastOffset).toBeGreaterThanOrEqual(offset);
  }
  return found;
}

test('after a power cut: what was flushed is there, nothing bad is, and producers go on where the log does', async () => {
  let lost = 0;
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const round = new Round(seed);
    let log = round.open();
    for (let life = 0; life < 3; life++) {
      await round.live(log);
      const { recoveryPoint } = log;
      round.cutPower();
      log = round.open();
      expect(log.logEndOffset).toBeGreaterThanOrEqual(recoveryPoint);
      const kept = survivors(log, round.written);
      expect(log.latestEpoch).toBe(kept.at(-1)?.epoch ?? null);
      expect(log.logEndOffset).toBe((kept.at(-1)?.lastOffset ?? -1) + 1);
      lost += round.written.length - kept.length;
      resend(log, round.written, kept);
      const next = log.logEndOffset;
      expect(next).toBe(round.written.at(-1)!.lastOffset + 1);
    }
  }
  expect(lost).toBeGreaterThan(ROUNDS);
});

/** The producer sends its last batch again, or what is lost of all: the broker tells one from the other. */
function resend(log: PartitionLog, written: readonly Written[], kept: readonly Written[]): void {
  const again = ({ count, baseSequence, epoch }: Written) =>
    append(log, batch(count, { producerId: 5, producerEpoch: 0, baseSequence }), epoch);
  const last = kept.at(-1);
  if (last !== undefined) expect(again(last)).toMatchObject({ duplicate: true, firstOffset: last.firstOffset });
  for (const gone of written.slice(kept.length)) {
    expect(again(gone)).toMatchObject({ duplicate: false, firstOffset: gone.firstOffset });
  }
}
