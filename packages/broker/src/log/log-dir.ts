import { type Disk, DiskError } from '../env/disk';
import type { Logger } from '../env/logger';
import { type PartitionOffset, readOffsetCheckpoint, writeOffsetCheckpoint } from './checkpoint';
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

/** Another process uses the log dir. */
export class LogDirLockedError extends Error {
  override readonly name = 'LogDirLockedError';
}

/** One of `log.dirs`: the files that lie directly in it. */
export class LogDir {
  private lock: { release(): void } | null = null;
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
    if (this.hadCleanShutdown) this.disk.removeNow(path);
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
