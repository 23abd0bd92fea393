import type { PooledFile } from './file-pool';
import type { LogConfig } from './log-config';

/**
 * Gives the file of a new segment the size that it may grow to, where its topic wants that (`preallocate`,
 * FileRecords.open). A size, no blocks: nothing is reserved on the disk, as with Apache.
 */
export function preallocateFile(file: PooledFile, config: Pick<LogConfig, 'preallocate' | 'segmentBytes'>): void {
  if (config.preallocate) file.truncate(config.segmentBytes);
}

/** Cuts a segment's file to its records: what follows them has been preallocated. */
export function trimFile(file: PooledFile, size: number): void {
  if (file.size() > size) file.truncate(size);
}
