import { type Disk, DiskError } from '../env/disk';

/** Where a partition stands: a line of a checkpoint. */
export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface EpochEntry {
  readonly epoch: number;
  readonly startOffset: number;
}

const VERSION = '0';
const NEWLINE = 0x0a;

/** Reads `topic partition offset` lines. A malformed file is a `DiskError`: its log dir is not to be trusted. */
export function readOffsetCheckpoint(disk: Disk, path: string): PartitionOffset[] {
  return readCheckpoint(disk, path, (fields) => {
    const [topic, partition, offset] = fields;
    if (fields.length !== 3 || topic === undefined || topic === '') return null;
    const entry = { topic, partition: wholeNumber(partition), offset: wholeNumber(offset) };
    return Number.isNaN(entry.partition) || Number.isNaN(entry.offset) ? null : entry;
  });
}

export function writeOffsetCheckpoint(disk: Disk, path: string, entries: readonly PartitionOffset[]): void {
  disk.replaceFile(path, offsetText(entries));
}

/** As `writeOffsetCheckpoint`, on the disk's own time: behind gigabytes that are yet to be written an fsync takes long. */
export function writeOffsetCheckpointLater(
  disk: Disk,
  path: string,
  entries: readonly PartitionOffset[],
): Promise<void> {
  return disk.replaceFileLater(path, offsetText(entries));
}

const offsetText = (entries: readonly PartitionOffset[]): string =>
  checkpointText(entries.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`));

/**
 * Reads `epoch startOffset` lines (LeaderEpochCheckpointFile). The file may have been torn by a power cut, even within
 * its last number: only the last line's end says that it was not.
 */
export function readEpochCheckpoint(disk: Disk, path: string): EpochEntry[] {
  const content = disk.readFile(path);
  if (content !== null && content.length > 0 && content.at(-1) !== NEWLINE) {
    throw new DiskError(path, `Checkpoint file (${path}) ends within a line`);
  }
  return readCheckpoint(disk, path, (fields) => {
    const entry = { epoch: wholeNumber(fields[0]), startOffset: wholeNumber(fields[1]) };
    return fields.length !== 2 || Number.isNaN(entry.epoch) || Number.isNaN(entry.startOffset) ? null : entry;
  });
}

/** Not flushed: recovery makes lost entries anew from the batches. */
export function writeEpochCheckpoint(disk: Disk, path: string, entries: readonly EpochEntry[]): void {
  const lines = entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`);
  disk.replaceFile(path, checkpointText(lines), 'unflushed');
}

/** Version, number of entries, entries: a line each (org.apache.kafka.server.common.CheckpointFile). */
function checkpointText(lines: readonly string[]): string {
  return [VERSION, lines.length, ...lines, ''].join('\n');
}

function readCheckpoint<T>(disk: Disk, path: string, parse: (fields: readonly string[]) => T | null): T[] {
  const content = disk.readFile(path);
  if (content === null || content.length === 0) return [];
  const lines = content.toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const [version, count, ...entryLines] = lines;
  if (Number.isNaN(wholeNumber(version))) throw malformed(path, version ?? '');
  if (version !== VERSION) {
    throw new DiskError(path, `Unrecognized version of the checkpoint file (${path}): ${version}`);
  }
  if (Number.isNaN(wholeNumber(count))) throw malformed(path, count ?? '');
  const entries = entryLines.map((line) => {
    const entry = parse(line.split(/\s+/));
    if (entry === null) throw malformed(path, line);
    return entry;
  });
  if (entries.length !== Number(count)) {
    throw new DiskError(
      path,
      `Expected ${count} entries in checkpoint file (${path}), but found only ${entries.length}`,
    );
  }
  return entries;
}

function wholeNumber(text: string | undefined): number {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
}

function malformed(path: string, line: string): DiskError {
  return new DiskError(path, `Malformed line in checkpoint file (${path}): '${line}'`);
}

/** Entries by the dir that their log is in; every dir is there, entries without a log are not. */
export function offsetsByDir(
  entries: readonly PartitionOffset[],
  dirs: readonly string[],
  dirOf: (name: string) => string | undefined,
): Map<string, PartitionOffset[]> {
  const byDir = new Map<string, PartitionOffset[]>(dirs.map((dir) => [dir, []]));
  for (const entry of entries) byDir.get(dirOf(`${entry.topic}-${entry.partition}`) ?? '')?.push(entry);
  return byDir;
}
