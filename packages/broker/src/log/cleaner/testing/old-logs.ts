import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Folder } from './folders';

/** What Apache makes of what brokers of long ago have left (vectors/OldLogVectors.java). */
export interface OldLog {
  readonly name: string;
  readonly mode: 'load' | 'clean';
  readonly nowMs: number;
  readonly before: Folder;
  /** After the start; after each cleaning, of which the last goes through. */
  readonly steps: readonly Folder[];
}

export const oldLogs: readonly OldLog[] = gunzipSync(readFileSync(join(__dirname, '../vectors/old-logs.jsonl.gz')))
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

/** Of the logs that Apache had. */
export const OLD_LOG_CONFIG = {
  cleanupCompact: true,
  cleanupDelete: false,
  segmentBytes: 3000,
  segmentIndexBytes: 2400,
  indexIntervalBytes: 200,
  deleteRetentionMs: 10_000,
};
