import { join } from 'node:path';
import { type Folder, readVectors } from './folders';

/** What Apache makes of what brokers of long ago have left (vectors/OldLogVectors.java). */
export interface OldLog {
  readonly name: string;
  readonly mode: 'load' | 'clean';
  readonly nowMs: number;
  readonly before: Folder;
  /** After the start; after each cleaning, of which the last goes through. */
  readonly steps: readonly Folder[];
}

export const oldLogs: readonly OldLog[] = readVectors(join(__dirname, '../vectors/old-logs.jsonl.gz'));
