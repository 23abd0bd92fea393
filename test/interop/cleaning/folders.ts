import fs from 'node:fs';
import path from 'node:path';
import * as batch from '@odradek/protocol/records/batch';
import { readRecords } from '@odradek/protocol/records/record';

export interface Comparison {
  readonly files: number;
  readonly batches: number;
  readonly problems: readonly string[];
}

/** Compares the segments of two log dirs that were cleaned at different times by different brokers. */
export function differences(one: string, other: string): Comparison {
  const problems: string[] = [];
  let [files, batches] = [0, 0];
  const [left, right] = [one, other].map(segmentFiles) as [string[], string[]];
  if (left.join() !== right.join()) {
    const odd = [...left.filter((name) => !right.includes(name)), ...right.filter((name) => !left.includes(name))];
    problems.push(`files differ: ${odd.join(' ')}`);
  }
  for (const name of left.filter((it) => right.includes(it))) {
    const [a, b] = [one, other].map((dir) => fs.readFileSync(path.join(dir, name))) as [Buffer, Buffer];
    files++;
    if (name.endsWith('.log')) {
      const [rows, others] = [rowsOf(a), rowsOf(b)];
      batches += rows.length;
      const index = rows.findIndex((row, i) => row !== others[i]);
      if (index >= 0 || rows.length !== others.length) {
        problems.push(
          `${name}: batch ${index} of ${rows.length} and ${others.length}\n  ${rows[index]}\n  ${others[index]}`,
        );
      }
    } else if (!isCompressed(name) && !a.equals(b)) problems.push(`${name}: ${a.toString('hex')} ${b.toString('hex')}`);
  }
  return { files, batches, problems };
}

/** Indexes of compressed batches differ as their sizes do. */
const isCompressed = (name: string): boolean => /-(gzip|snappy|lz4|zstd)-0\/\d+\.(index|timeindex)$/.test(name);

function segmentFiles(dir: string): string[] {
  const names = fs.readdirSync(dir, { recursive: true }) as string[];
  return names.filter((name) => /\/\d{20}\.(log|index|timeindex|txnindex)$/.test(name)).sort();
}

/** How many batches hold tombstones or markers that are to go at `nowMs`. */
export function expiredBatches(dir: string, nowMs: number): number {
  let count = 0;
  for (const name of segmentFiles(dir).filter((it) => it.endsWith('.log'))) {
    const b = fs.readFileSync(path.join(dir, name));
    batch.forEachBatch(b, (at) => {
      if (batch.hasDeleteHorizonAt(b, at) && batch.baseTimestampAt(b, at) <= nowMs) count++;
    });
  }
  return count;
}

/** What batches say, but for when their delete horizon was set, and how they are compressed. */
function rowsOf(b: Buffer): string[] {
  const rows: string[] = [];
  batch.forEachBatch(b, (at, size) => {
    const hasHorizon = batch.hasDeleteHorizonAt(b, at);
    if (!batch.isCrcValidAt(b, at)) rows.push('bad checksum');
    const records = [...readRecords(b, at)].map(({ offset, timestamp, key, value, headers }) => [
      offset,
      timestamp,
      key?.toString('latin1') ?? null,
      value?.toString('latin1') ?? null,
      headers.map((header) => [header.key, header.value?.toString('hex') ?? null]),
    ]);
    rows.push(
      JSON.stringify([
        [batch.magicAt(b, at), batch.attributesAt(b, at), batch.partitionLeaderEpochAt(b, at)],
        [batch.baseOffsetAt(b, at), batch.lastOffsetAt(b, at), batch.recordCountAt(b, at)],
        [hasHorizon ? null : batch.baseTimestampAt(b, at), batch.maxTimestampAt(b, at)],
        [batch.producerIdAt(b, at), batch.producerEpochAt(b, at), batch.baseSequenceAt(b, at)],
        records,
        hasHorizon || batch.isCompressedAt(b, at) ? null : b.toString('base64', at, at + size),
      ]),
    );
  });
  return rows;
}
