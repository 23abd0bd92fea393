import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as batch from '@odradek/protocol/records/batch';
import { readRecords } from '@odradek/protocol/records/record';
import { ManualClock } from '../../env/testing/clock';
import { MemoryDisk } from '../../env/testing/memory-disk';
import { openLog } from '../testing/fixture';
import { roundOf, runRound } from './testing/cleaning';

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
type Folder = Readonly<Record<string, readonly [base64: string, modifiedMs: number]>>;

const file = process.env['ODRADEK_CLEANINGS'] ?? join(__dirname, 'vectors', 'cleanings.jsonl.gz');
const cleanings: Cleaning[] = gunzipSync(readFileSync(file))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

const CONFIG = {
  cleanupCompact: true,
  cleanupDelete: false,
  segmentBytes: 3000,
  segmentIndexBytes: 2400,
  indexIntervalBytes: 200,
  deleteRetentionMs: 10_000,
};

function restored(folder: Folder, nowMs: number): { disk: MemoryDisk; clock: ManualClock } {
  const clock = new ManualClock(nowMs);
  const disk = new MemoryDisk(() => clock.nowMs());
  disk.makeFolder('/data/t-0');
  for (const [name, [base64, modifiedMs]] of Object.entries(folder)) {
    disk.replaceFile(`/data/t-0/${name}`, Buffer.from(base64, 'base64'));
    disk.setModified(`/data/t-0/${name}`, modifiedMs);
  }
  return { disk, clock };
}

/** What a log file says; of compressed batches not how, for compressors of one format differ. */
function told(b: Buffer): object[] {
  const rows: object[] = [];
  batch.forEachBatch(b, (at, size) => {
    const isCompressed = batch.isCompressedAt(b, at);
    expect(batch.isCrcValidAt(b, at)).toBe(true);
    rows.push({
      magic: batch.magicAt(b, at),
      attributes: batch.attributesAt(b, at),
      offsets: [batch.baseOffsetAt(b, at), batch.lastOffsetAt(b, at)],
      times: [batch.baseTimestampAt(b, at), batch.maxTimestampAt(b, at)],
      producer: [batch.producerIdAt(b, at), batch.producerEpochAt(b, at), batch.baseSequenceAt(b, at)],
      leaderEpoch: batch.partitionLeaderEpochAt(b, at),
      records: [...readRecords(b, at)].map(({ offset, timestamp, key, value }) => [
        offset,
        timestamp,
        key?.toString() ?? null,
        value?.toString() ?? null,
      ]),
      bytes: isCompressed ? null : b.subarray(at, at + size).toString('hex'),
    });
  });
  return rows;
}

describe.each(cleanings.map((cleaning) => [cleaning.name, cleaning] as const))('%s', (name, cleaning) => {
  const isCompressed = name.includes('-compressed-');

  test('a folder becomes what Apache makes of it', async () => {
    const { disk, clock } = restored(cleaning.before, cleaning.nowMs);
    const log = openLog(disk, clock, CONFIG);
    log.setHighWatermark(cleaning.highWatermark);
    const round = roundOf(log, disk, clock, cleaning.checkpoint, {
      dedupeBufferBytes: cleaning.mapBytes,
      ioBufferBytes: 2 * cleaning.ioBytes,
    });
    expect(round.dirtiness.cleanableBytes).toBe(cleaning.cleanableBytes);
    const { endOffset } = await runRound(round, clock);
    expect(endOffset).toBe(cleaning.endOffset);

    const expected = Object.keys(cleaning.after).filter((path) => !path.endsWith('.snapshot'));
    const found = disk.list('/data/t-0').filter((path) => /^\d+\.(log|index|timeindex|txnindex)$/.test(path));
    expect(found.sort()).toEqual(expected.sort());
    const active = expected
      .filter((path) => path.endsWith('.log'))
      .at(-1)!
      .slice(0, 20);
    for (const path of expected) {
      const [base64, modifiedMs] = cleaning.after[path]!;
      const theirs = Buffer.from(base64, 'base64');
      const ours = disk.readFile(`/data/t-0/${path}`)!;
      if (path.endsWith('.log')) {
        expect([path, told(ours)]).toEqual([path, told(theirs)]);
        expect(disk.stat(`/data/t-0/${path}`)!.modifiedMs).toBe(modifiedMs);
      } else if (path.endsWith('.txnindex') || (!isCompressed && !path.startsWith(active))) {
        // Indexes of compressed batches differ as their sizes do; those of the active segment are preallocated.
        expect([path, ours.toString('hex')]).toEqual([path, theirs.toString('hex')]);
      }
    }
  });
});
