import { KafkaError } from '@odradek/protocol/errors';
import { DiskError } from '../env/disk';
import type { Logger } from '../env/logger';
import { offsetsByDir, type PartitionOffset } from './checkpoint';
import { unlessStorageFails } from './loading';
import { HIGH_WATERMARK_CHECKPOINT, type LogDir, lockLogDirs } from './log-dir';
import type { LogManagerOptions } from './log-manager-options';
import type { MetaProperties } from './meta-properties';
import type { PartitionLog } from './partition-log';

/** A broker's log dirs, what they hold besides logs, and what follows when one fails. */
export abstract class LogDirs {
  protected readonly log: Logger;
  protected readonly dirs = new Map<string, LogDir>();
  protected readonly offline = new Set<string>();
  /** Those that are in use, by `topic-N`. */
  protected readonly logs = new Map<string, PartitionLog>();
  /** Copies in the making, in other dirs than the logs that they are to replace (KIP-113), by `topic-N`. */
  protected readonly futures = new Map<string, PartitionLog>();
  /** Those whose checkpoints are written in the next turn. */
  private readonly changed = new Set<string>();
  protected dirFailure: (dir: string) => void = () => {};

  constructor(protected readonly options: LogManagerOptions) {
    this.log = options.loggers.logger('kafka.log.LogManager');
  }

  /** Takes a dir and its logs offline: its disk has failed, or somebody else says so. */
  abstract failDir(path: string, error: DiskError): void;

  /** Called once for every dir that fails after `start`. */
  onDirFailure(callback: (dir: string) => void): void {
    this.dirFailure = callback;
  }

  /** `log.dirs`. */
  get configuredDirs(): readonly string[] {
    return this.options.config.logDirs;
  }

  get liveDirs(): string[] {
    return [...this.dirs.keys()];
  }

  get offlineDirs(): string[] {
    return [...this.offline];
  }

  /**
   * Makes and locks the dirs, those that fail are offline; returns those that, for sure, no other process works on.
   * Throws `LogDirLockedError` where one does, and a `DiskError` where none is left. Comes before `metaProperties`.
   */
  lockDirs(): string[] {
    for (const [path, dir] of lockLogDirs(this.options.disk, this.options.config.logDirs, this.log)) {
      if (dir === null) this.offline.add(path);
      else this.dirs.set(path, dir);
    }
    return [...this.dirs.values()].filter((dir) => dir.isSurelyOurs).map(({ path }) => path);
  }

  /** Gives the dirs up; those that `stop` or a failure has released already are left alone. */
  releaseLocks(): void {
    this.changed.clear();
    for (const dir of this.dirs.values()) dir.releaseLock();
  }

  /** What each live dir says of the broker that it belongs to. Throws for a file that cannot be right. */
  metaProperties(): Map<string, MetaProperties | null> {
    return new Map([...this.dirs].map(([path, dir]) => [path, dir.metaProperties()]));
  }

  /** Writes `meta.properties` in every dir that lacks it or says otherwise. */
  writeMetaProperties(properties: MetaProperties): void {
    for (const [path, dir] of [...this.dirs]) {
      this.guard(path, () => {
        const found = dir.metaProperties();
        const wanted = { ...properties, directoryId: found?.directoryId ?? null };
        if (JSON.stringify(found) !== JSON.stringify(wanted))
          dir.writeMetaProperties(wanted, this.options.clock.nowMs());
      });
    }
  }

  /**
   * High watermarks of the logs in use as checkpointed, by `topic-N`; copies in the making take theirs. A malformed file
   * takes its dir offline.
   */
  readHighWatermarks(): Map<string, number> {
    const found = new Map<string, number>();
    for (const [path, dir] of [...this.dirs]) {
      unlessStorageFails(() => {
        const entries = this.guard(path, () => dir.readCheckpoint(HIGH_WATERMARK_CHECKPOINT));
        for (const { topic, partition, offset } of entries) {
          const name = `${topic}-${partition}`;
          const future = this.futures.get(name);
          if (future?.dir === path) future.setHighWatermark(offset);
          else if ((this.logs.get(name)?.dir ?? path) === path) found.set(name, offset);
        }
      });
    }
    return found;
  }

  /** Checkpoints high watermarks of logs, each in the dir that its log is in, and those of copies in the making. */
  writeHighWatermarks(entries: readonly PartitionOffset[]): void {
    for (const [path, ofDir] of this.highWatermarksByDir(entries))
      this.quietly(path, (dir) => dir.writeCheckpoint(HIGH_WATERMARK_CHECKPOINT, ofDir));
  }

  /** As `writeHighWatermarks`, without stopping for the disk; to be awaited before either is called again. */
  async writeHighWatermarksLater(entries: readonly PartitionOffset[]): Promise<void> {
    for (const [path, ofDir] of this.highWatermarksByDir(entries)) {
      try {
        await this.dirs.get(path)?.writeCheckpointLater(HIGH_WATERMARK_CHECKPOINT, ofDir);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        this.failDir(path, error);
      }
    }
  }

  private highWatermarksByDir(entries: readonly PartitionOffset[]): Map<string, PartitionOffset[]> {
    const byDir = offsetsByDir(entries, this.liveDirs, (name) => this.logs.get(name)?.dir);
    for (const { topic, partition, dir, highWatermark } of this.futures.values())
      byDir.get(dir)?.push({ topic, partition, offset: highWatermark });
    return byDir;
  }

  /** As `checkpointDir`, once for all that happens in this turn: where a leader goes, many logs are cut. */
  checkpointDirSoon(path: string): void {
    if (this.changed.size === 0) {
      this.options.clock.soon(() => {
        for (const dir of this.changed) this.checkpointDir(dir);
        this.changed.clear();
      });
    }
    this.changed.add(path);
  }

  /** Recovery points and log start offsets of a dir: to be called after a truncation. */
  checkpointDir(path: string): void {
    this.quietly(path, (dir) => {
      dir.checkpointRecoveryPoints(this.logsOf(dir.path));
      dir.checkpointLogStartOffsets(this.logsOf(dir.path));
    });
  }

  protected onDirs(action: (dir: LogDir, logs: readonly PartitionLog[]) => void): void {
    for (const path of this.liveDirs) this.quietly(path, (dir) => action(dir, this.logsOf(path)));
  }

  /** All logs, copies in the making too. */
  protected everyLog(): PartitionLog[] {
    return [...this.logs.values(), ...this.futures.values()];
  }

  protected logsOf(path: string): PartitionLog[] {
    return this.everyLog().filter((log) => log.dir === path);
  }

  /** Runs `action` on a dir: a failure of its disk takes it offline and is thrown as KAFKA_STORAGE_ERROR. */
  protected guard<T>(path: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.failDir(path, error);
      throw new KafkaError('KAFKA_STORAGE_ERROR', `Error while using log dir ${path}: ${error.message}`);
    }
  }

  /** As `guard`, for tasks that nobody waits for. */
  protected quietly(path: string, action: (dir: LogDir) => void): void {
    const dir = this.dirs.get(path);
    if (dir !== undefined) unlessStorageFails(() => this.guard(path, () => action(dir)));
  }
}
