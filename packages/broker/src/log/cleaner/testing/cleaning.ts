import { forEachBatch, isControlAt } from '@odradek/protocol/records/batch';
import { readRecords } from '@odradek/protocol/records/record';
import type { Disk } from '../../../env/disk';
import { InTurns } from '../../../env/in-turns';
import type { ManualClock } from '../../../env/testing/clock';
import type { PartitionLog } from '../../partition-log';
import { readAll } from '../../testing/fixture';
import { dirtinessOf } from '../cleanable';
import type { CleanerConfig } from '../cleaner-config';
import { CleanerThread } from '../cleaner-thread';
import { CLEANER_WORK, CleanerWork } from '../cleaner-work';
import { CleaningRound, type RoundResult } from '../cleaning-round';

export const CLEANER_CONFIG: CleanerConfig = {
  threads: 1,
  dedupeBufferBytes: 2 << 20,
  loadFactor: 0.9,
  ioBufferBytes: 512 * 1024,
  ioBytesPerSecond: Number.MAX_VALUE,
  backoffMs: 15_000,
  maxMessageBytes: 1_048_588,
};

export function background(disk: Disk, clock: ManualClock): InTurns {
  return new InTurns(clock, { [CLEANER_WORK]: (port) => new CleanerWork(port, disk, clock) });
}

/** A round that is about to run, of a log that was clean up to `checkpoint`. */
export function roundOf(
  log: PartitionLog,
  disk: Disk,
  clock: ManualClock,
  checkpoint: number | null = null,
  config: Partial<CleanerConfig> = {},
): CleaningRound {
  const { segmentList: segments, logStartOffset, logEndOffset, lastStableOffset } = log;
  const state = { segments, logStartOffset, logEndOffset, lastStableOffset, config: log.config };
  const dirtiness = dirtinessOf(state, checkpoint, clock.nowMs());
  const thread = new CleanerThread(background(disk, clock));
  return new CleaningRound(log, dirtiness, thread, { ...CLEANER_CONFIG, ...config }, clock);
}

/** Runs a round to its end. */
export async function runRound(round: CleaningRound, clock: ManualClock): Promise<RoundResult> {
  const running = round.run();
  running.catch(() => {});
  await clock.settle();
  return running;
}

export interface Row {
  readonly offset: number;
  /** `marker` for those of control batches. */
  readonly key: string | null;
  readonly value: string | null;
}

/** All records of a log, as text. */
export function rowsOf(log: PartitionLog): Row[] {
  const rows = new Map<number, Row>();
  for (const { baseOffset } of log.segmentList) {
    if (baseOffset === log.logEndOffset) continue;
    const b = readAll(log, Math.max(baseOffset, log.logStartOffset));
    forEachBatch(b, (at) => {
      for (const { offset, key, value } of readRecords(b, at)) {
        const isControl = isControlAt(b, at);
        rows.set(offset, {
          offset,
          key: isControl ? 'marker' : (key?.toString() ?? null),
          value: isControl ? null : (value?.toString() ?? null),
        });
      }
    });
  }
  return [...rows.values()];
}
