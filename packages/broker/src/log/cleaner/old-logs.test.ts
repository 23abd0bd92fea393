import { openLog } from '../testing/fixture';
import { SegmentSplitError } from './cleaning-round';
import { roundOf, runRound } from './testing/cleaning';
import { expectFolder, LOG_CONFIG, restored } from './testing/folders';
import { type OldLog, oldLogs } from './testing/old-logs';

const of = (mode: OldLog['mode']) => oldLogs.filter((log) => log.mode === mode).map((log) => [log.name, log] as const);

test.each(of('load'))(
  '%s: becomes what Apache makes of it after an unclean shutdown',
  (_name, { before, nowMs, steps }) => {
    const { disk, clock } = restored(before, nowMs);
    openLog(disk, clock, LOG_CONFIG, { hadCleanShutdown: false });
    expectFolder(disk, steps[0]!, { hasOwnIndexes: false });
    expect(disk.list('/data/t-0').filter((path) => /cleaned|swap|deleted/.test(path))).toEqual([]);
  },
);

test.each(of('clean'))('%s: is cleaned as Apache cleans it', async (name, { before, nowMs, steps }) => {
  const { disk, clock } = restored(before, nowMs);
  const log = openLog(disk, clock, LOG_CONFIG);
  log.setHighWatermark(log.logEndOffset);
  for (const [index, step] of steps.entries()) {
    const running = runRound(roundOf(log, disk, clock, 0, { ioBufferBytes: 2 << 12 }), clock);
    if (index < steps.length - 1) await expect(running).rejects.toThrow(SegmentSplitError);
    else await running;
    expectFolder(disk, step, { hasOwnIndexes: name.includes('gzip') || name.includes('mixed') });
  }
});
