import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as batch from '@odradek/protocol/records/batch';
import { readLegacyRecords } from '@odradek/protocol/records/legacy';
import { readRecords } from '@odradek/protocol/records/record';
import { ManualClock } from '../../../env/testing/clock';
import { MemoryDisk } from '../../../env/testing/memory-disk';

/** A partition's files as Apache's broker had them, each with its time. */
export type Folder = Readonly<Record<string, readonly [base64: string, modifiedMs: number]>>;

/** The settings of the logs that Apache's broker had. */
export const LOG_CONFIG = {
  cleanupCompact: true,
  cleanupDelete: false,
  segmentBytes: 3000,
  segmentIndexBytes: 2400,
  indexIntervalBytes: 200,
  deleteRetentionMs: 10_000,
};

/** What one of the Java programs in `vectors/` has written: a line of JSON each. */
export function readVectors<T>(file: string): T[] {
  return gunzipSync(readFileSync(file))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A disk with these files in `/data/t-0`. */
export function restored(folder: Folder, nowMs: number): { disk: MemoryDisk; clock: ManualClock } {
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
      // Of a wrapper those of the messages in it.
      formats: batch.magicAt(b, at) < 2 ? readLegacyRecords(b, at).map(({ magic }) => magic) : [],
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

/**
 * Compares the segments that a disk has in `/data/t-0` with Apache's, byte by byte, but for compressed payloads.
 *
 * @param hasOwnIndexes they differ as the sizes of compressed batches do
 */
export function expectFolder(disk: MemoryDisk, theirs: Folder, { hasOwnIndexes }: { hasOwnIndexes: boolean }): void {
  const expected = Object.keys(theirs).filter((path) => !path.endsWith('.snapshot'));
  const found = disk.list('/data/t-0').filter((path) => /^\d+\.(log|index|timeindex|txnindex)$/.test(path));
  expect(found.sort()).toEqual(expected.sort());
  const active = expected
    .filter((path) => path.endsWith('.log'))
    .at(-1)!
    .slice(0, 20);
  for (const path of expected) {
    const [base64, modifiedMs] = theirs[path]!;
    const content = Buffer.from(base64, 'base64');
    const ours = disk.readFile(`/data/t-0/${path}`)!;
    if (path.endsWith('.log')) {
      expect([path, told(ours)]).toEqual([path, told(content)]);
      expect(disk.stat(`/data/t-0/${path}`)!.modifiedMs).toBe(modifiedMs);
    } else if (path.endsWith('.txnindex') || (!hasOwnIndexes && !path.startsWith(active))) {
      // Those of the active segment are preallocated.
      expect([path, ours.toString('hex')]).toEqual([path, content.toString('hex')]);
    }
  }
}
