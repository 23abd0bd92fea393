import { type Disk, DiskError, type DiskLock } from '../env/disk';
import type { Logger } from '../env/logger';
import {
  type PartitionOffset,
  readOffsetCheckpoint,
  writeOffsetCheckpoint,
  writeOffsetCheckpointLater,
} from './checkpoint';
import { LogDirError, LogDirLockedError } from './log-dir-error';
import { type MetaProperties, readMetaProperties, writeMetaProperties } from './meta-properties';

const LOCK = '.lock';
const CLEAN_SHUTDOWN = '.kafka_cleanshutdown';
const CLEAN_SHUTDOWN_VERSION = 0;
export const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint';
export const LOG_START_CHECKPOINT = 'log-start-offset-checkpoint';
export const HIGH_WATERMARK_CHECKPOINT = 'replication-offset-checkpoint';
export const CLEANER_CHECKPOINT = 'cleaner-offset-checkpoint';

export type OffsetCheckpoint =
  | typeof RECOVERY_POINT_CHECKPOINT
  | typeof LOG_START_CHECKPOINT
  | typeof HIGH_WATERMARK_CHECKPOINT
  | typeof CLEANER_CHECKPOINT;

/** What checkpoints say of a log. */
interface CheckpointedLog {
  readonly topic: string;
  readonly partition: number;
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  readonly firstSegmentBaseOffset: number;
}

/**
 * Makes and locks log dirs; null stands for one whose disk fails. Throws `LogDirLockedError` where another process has
 * one, and a `DiskError` where all fail.
 */
export function lockLogDirs(disk: Disk, paths: readonly string[], logger: Logger): Map<string, LogDir | null> {
  const dirs = new Map<string, LogDir | null>();
  for (const path of paths) {
    const dir = new LogDir(disk, path, logger);
    if (dirs.has(path)) {
      for (const locked of dirs.values()) locked?.releaseLock();
      throw new LogDirError(`Duplicate log directory found: ${paths.join(', ')}. Name every folder in log.dirs once.`);
    }
    try {
      dir.make();
      dir.takeLock();
      dirs.set(path, dir);
    } catch (error) {
      if (error instanceof LogDirLockedError) for (const locked of dirs.values()) locked?.releaseLock();
      if (!(error instanceof DiskError)) throw error;
      logger.error(`Failed to create or validate data directory ${path}: ${error.message}`);
      dirs.set(path, null);
    }
  }
  if ([...dirs.values()].some((dir) => dir !== null)) return dirs;
  const all = paths.join(', ');
  const message = `Shutdown broker because none of the specified log dirs from ${all} can be created or validated`;
  throw new DiskError(all, message);
}

/** One of `log.dirs`: the files that lie directly in it. */
export class LogDir {
  private lock: DiskLock | null = null;
  hadCleanShutdown = false;

  constructor(
    private readonly disk: Disk,
    readonly path: string,
    private readonly logger: Logger,
  ) {}

  /** Makes the folder if need be. Throws `DiskError` where that or reading it fails. */
  make(): void {
    if (this.disk.stat(this.path) === null) {
      this.logger.info(`Log directory ${this.path} not found, creating it.`);
      this.disk.makeFolder(this.path);
    }
    this.disk.list(this.path);
  }

  /** Throws `LogDirLockedError`. */
  takeLock(): void {
    this.lock = this.disk.lock(`${this.path}/${LOCK}`);
    if (this.lock !== null) return;
    throw new LogDirLockedError(
      `Failed to acquire lock on file ${LOCK} in ${this.path}. A Kafka instance in another process or thread is using this directory.`,
    );
  }

  /** Whether nobody else can have it: the process that had it before is gone, wherever it ran. */
  get isSurelyOurs(): boolean {
    return this.lock?.isSystemLock === true;
  }

  /** Gives the dir up; as with Apache's broker the file goes too. */
  releaseLock(): void {
    if (this.lock === null) return;
    try {
      this.disk.removeNow(`${this.path}/${LOCK}`);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
    }
    this.lock.release();
    this.lock = null;
  }

  metaProperties(): MetaProperties | null {
    return readMetaProperties(this.disk, this.path);
  }

  writeMetaProperties(properties: MetaProperties, nowMs: number): void {
    writeMetaProperties(this.disk, this.path, properties, nowMs);
  }

  /** Looks for the marker of a clean shutdown and takes it away: it speaks for one start only. */
  takeCleanShutdownMarker(): void {
    const path = `${this.path}/${CLEAN_SHUTDOWN}`;
    this.hadCleanShutdown = this.disk.stat(path) !== null;
    if (!this.hadCleanShutdown) return;
    this.disk.removeNow(path);
    // Were it back after a power cut, records that are damaged would be taken for whole.
    this.disk.flushFolderNow(this.path);
  }

  writeCleanShutdownMarker(brokerEpoch: number): void {
    const content = JSON.stringify({ version: CLEAN_SHUTDOWN_VERSION, brokerEpoch });
    this.disk.replaceFile(`${this.path}/${CLEAN_SHUTDOWN}`, content);
  }

  /** Throws `DiskError` for a malformed file. */
  readCheckpoint(name: OffsetCheckpoint): PartitionOffset[] {
    return readOffsetCheckpoint(this.disk, `${this.path}/${name}`);
  }

  writeCheckpoint(name: OffsetCheckpoint, entries: readonly PartitionOffset[]): void {
    writeOffsetCheckpoint(this.disk, `${this.path}/${name}`, entries);
  }

  writeCheckpointLater(name: OffsetCheckpoint, entries: readonly PartitionOffset[]): Promise<void> {
    return writeOffsetCheckpointLater(this.disk, `${this.path}/${name}`, entries);
  }

  checkpointRecoveryPoints(logs: readonly CheckpointedLog[]): void {
    const entries = logs.map(({ topic, partition, recoveryPoint }) => ({ topic, partition, offset: recoveryPoint }));
    this.writeCheckpoint(RECOVERY_POINT_CHECKPOINT, entries);
  }

  /** Only of logs that begin later than their first segment says. */
  checkpointLogStartOffsets(logs: readonly CheckpointedLog[]): void {
    const cut = logs.filter((log) => log.logStartOffset > log.firstSegmentBaseOffset);
    const entries = cut.map(({ topic, partition, logStartOffset }) => ({ topic, partition, offset: logStartOffset }));
    this.writeCheckpoint(LOG_START_CHECKPOINT, entries);
  }

  /** As `readCheckpoint`, by `topic-N`; a file that cannot be read is as good as none, and is warned of. */
  readCheckpointOrNone(name: OffsetCheckpoint): Map<string, number> {
    let entries: PartitionOffset[] = [];
    try {
      entries = this.readCheckpoint(name);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.logger.warn(
        `Error occurred while reading ${name} file of directory ${this.path}, resetting to 0: ${message}`,
      );
    }
    return new Map(entries.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]));
  }

  /** Names of the folders in it. */
  folders(): string[] {
    return this.disk.list(this.path).filter((name) => this.disk.stat(`${this.path}/${name}`)?.isDirectory === true);
  }
}
