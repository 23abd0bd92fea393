import { join } from 'node:path';
import { openLog } from '../testing/fixture';
import { roundOf, runRound } from './testing/cleaning';
import { expectFolder, type Folder, LOG_CONFIG, readVectors, restored } from './testing/folders';

/** What Apache's cleaner made of a log (vectors/CleanerVectors.java): a folder's files, each with its time. */
interface Cleaning {
  readonly name: string;
  readonly nowMs: number;
  readonly checkpoint: number;
  readonly highWatermark: number;
  readonly mapBytes: number;
  readonly ioBytes: number;
  readonly endOffset: number;
  readonly cleanableBytes: number;
  readonly before: Folder;
  readonly after: Folder;
}

const file = process.env['ODRADEK_CLEANINGS'] ?? join(__dirname, 'vectors', 'cleanings.jsonl.gz');
const cleanings = readVectors<Cleaning>(file);

describe.each(cleanings.map((cleaning) => [cleaning.name, cleaning] as const))('%s', (name, cleaning) => {
  const isCompressed = name.includes('-compressed-');

  test('a folder becomes what Apache makes of it', async () => {
    const { disk, clock } = restored(cleaning.before, cleaning.nowMs);
    const log = openLog(disk, clock, LOG_CONFIG);
    log.setHighWatermark(cleaning.highWatermark);
    const round = roundOf(log, disk, clock, cleaning.checkpoint, {
      dedupeBufferBytes: cleaning.mapBytes,
      ioBufferBytes: 2 * cleaning.ioBytes,
    });
    expect(round.dirtiness.cleanableBytes).toBe(cleaning.cleanableBytes);
    const { endOffset } = await runRound(round, clock);
    expect(endOffset).toBe(cleaning.endOffset);

    expectFolder(disk, cleaning.after, { hasOwnIndexes: isCompressed });
  });
});
