import { KafkaError } from '@odradek/protocol/errors';
import type { Timer } from '../env/clock';
import { DiskError } from '../env/disk';
import type { Logger } from '../env/logger';
import { offsetsByDir, type PartitionOffset } from './checkpoint';
import { FilePool } from './file-pool';
import type { GatheredWrites } from './gathered-writes';
import { checkFolderName, duplicateFolders, eachBounded, innermostDir, runToEnd, unlessStorageFails } from './loading';
import { LogDeletions } from './log-deletions';
import {
  HIGH_WATERMARK_CHECKPOINT,
  LOG_START_CHECKPOINT,
  type LogDir,
  lockLogDirs,
  RECOVERY_POINT_CHECKPOINT,
} from './log-dir';
import type { CreateLogOptions, LogDirDescription, LogManagerOptions } from './log-manager-options';
import type { MetaProperties } from './meta-properties';
import { deleteFolderName, parsePartitionFolder, partitionFolderName } from './names';
import { PartitionLog } from './partition-log';

const REMOTE_LOG_INDEX_CACHE = 'remote-log-index-cache';
const UNIQUE_BYTES = 16;
/** As many as the thread pool runs at a time. */
const FLUSHES_AT_STOP = 4;

/**
 * All logs of a broker, on all its log dirs (kafka.log.LogManager). A dir whose disk fails goes offline with its logs;
 * the others go on.
 */
export class LogManager {
  private readonly pool: FilePool;
  private readonly log: Logger;
  private readonly dirs = new Map<string, LogDir>();
  private readonly offline = new Set<string>();
  private readonly logs = new Map<string, PartitionLog>();
  private readonly deletions: LogDeletions;
  /** Dirs whose logs have all been read: only those get the marker of a clean shutdown. */
  private readonly loadedDirs = new Set<string>();
  private readonly timers: Timer[] = [];
  private dirFailure: (dir: string) => void = () => {};

  constructor(private readonly options: LogManagerOptions) {
    this.pool = new FilePool(options.disk);
    this.pool.gathered.onFailure = (error) => {
      const dir = innermostDir(this.liveDirs, error.path);
      if (dir !== null) this.failDir(dir, error);
    };
    this.log = options.loggers.logger('kafka.log.LogManager');
    this.deletions = new LogDeletions({
      disk: options.disk,
      clock: options.clock,
      logger: this.log,
      onDiskError: (log, error) => this.failDir(log.dir, error),
    });
  }

  /** Small appends of one connection's read, put off until its answers leave. */
  get gatheredWrites(): GatheredWrites {
    return this.pool.gathered;
  }

  /** Called once for every dir that fails after `start`. */
  onDirFailure(callback: (dir: string) => void): void {
    this.dirFailure = callback;
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

  /** Reads the logs of all dirs, then starts what runs from time to time. */
  async start(): Promise<void> {
    if (this.dirs.size === 0) this.lockDirs();
    await Promise.all([...this.dirs.values()].map((dir) => this.loadDir(dir)));
    const { clock, config } = this.options;
    const every = (intervalMs: number, task: () => void): void => {
      this.timers.push(clock.every(intervalMs, task));
    };
    this.timers.push(
      clock.after(config.initialTaskDelayMs, () => {
        this.deleteOldSegments();
        every(config.retentionCheckIntervalMs, () => this.deleteOldSegments());
      }),
    );
    every(config.flushSchedulerIntervalMs, () => this.flushDirtyLogs());
    every(config.flushOffsetCheckpointIntervalMs, () => this.onDirs((dir, logs) => dir.checkpointRecoveryPoints(logs)));
    every(config.flushStartOffsetCheckpointIntervalMs, () =>
      this.onDirs((dir, logs) => dir.checkpointLogStartOffsets(logs)),
    );
    every(config.producerIdExpirationCheckIntervalMs, () => {
      for (const log of this.all()) log.removeExpiredProducers();
    });
  }

  private async loadDir(dir: LogDir): Promise<void> {
    const startedMs = this.options.clock.monotonicMs();
    try {
      dir.takeCleanShutdownMarker();
      const recoveryPoints = dir.readCheckpointOrNone(RECOVERY_POINT_CHECKPOINT);
      const logStartOffsets = dir.readCheckpointOrNone(LOG_START_CHECKPOINT);
      const folders = dir.folders().filter((name) => name !== REMOTE_LOG_INDEX_CACHE);
      for (const folder of folders) checkFolderName(dir.path, folder);
      const load = (folder: string) => this.loadFolder(dir, folder, recoveryPoints, logStartOffsets);
      await eachBounded(this.options.clock, folders, this.options.config.recoveryThreadsPerDataDir, load);
      this.loadedDirs.add(dir.path);
      const durationMs = Math.round(this.options.clock.monotonicMs() - startedMs);
      this.log.info(`Loaded ${folders.length} logs in ${durationMs}ms`, { dir: dir.path, clean: dir.hadCleanShutdown });
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.failDir(dir.path, error);
    }
  }

  private async loadFolder(
    dir: LogDir,
    folderName: string,
    recoveryPoints: ReadonlyMap<string, number>,
    logStartOffsets: ReadonlyMap<string, number>,
  ): Promise<void> {
    const { topic, partition, kind } = parsePartitionFolder(folderName)!;
    const name = `${topic}-${partition}`;
    const opening = this.open(dir.path, folderName, topic, partition, {
      recoveryPoint: recoveryPoints.get(name) ?? 0,
      logStartOffset: logStartOffsets.get(name) ?? 0,
      hadCleanShutdown: dir.hadCleanShutdown,
      isToBeDeleted: kind === 'delete',
    });
    let step = opening.next();
    while (step.done !== true) {
      await new Promise<void>((resolve) => this.options.clock.soon(resolve));
      step = opening.next();
    }
    // Another of its logs has met the dir's failure meanwhile.
    if (!this.dirs.has(dir.path)) step.value.markOffline();
    else if (kind === 'delete') this.deletions.add(step.value);
    else if (kind === 'current') this.addLoaded(step.value);
    else step.value.abandon();
  }

  private addLoaded(log: PartitionLog): void {
    const other = this.logs.get(log.name);
    if (other !== undefined) throw duplicateFolders(other.folder, log.folder);
    this.logs.set(log.name, log);
  }

  private open(
    dir: string,
    folderName: string,
    topic: string,
    partition: number,
    found: { recoveryPoint: number; logStartOffset: number; hadCleanShutdown: boolean; isToBeDeleted: boolean },
  ): Generator<void, PartitionLog, void> {
    const { clock, random, loggers, config } = this.options;
    return PartitionLog.open({
      ...found,
      pool: this.pool,
      clock,
      random,
      logger: loggers.logger('kafka.log.UnifiedLog', `[UnifiedLog partition=${topic}-${partition}, dir=${dir}] `),
      dir,
      folderName,
      topic,
      partition,
      config: this.options.topicConfig(topic),
      producerStateConfig: config.producerState,
      onDiskError: (error) => this.failDir(dir, error),
    });
  }

  get(topic: string, partition: number): PartitionLog | null {
    return this.logs.get(partitionFolderName(topic, partition)) ?? null;
  }

  all(): PartitionLog[] {
    return [...this.logs.values()];
  }

  /** The partition's log, made where it is missing. Throws KAFKA_STORAGE_ERROR, INCONSISTENT_TOPIC_ID. */
  getOrCreate(topic: string, partition: number, options: CreateLogOptions): PartitionLog {
    let log = this.get(topic, partition);
    if (log === null) {
      if (!options.isNew && this.offline.size > 0) {
        throw new KafkaError(
          'KAFKA_STORAGE_ERROR',
          `Can not create log for ${topic}-${partition} because log directories ${this.offlineDirs.join(',')} are offline`,
        );
      }
      log = this.create(topic, partition, options.logDir);
    }
    if (options.topicId !== null) log.assignTopicId(options.topicId);
    return log;
  }

  private create(topic: string, partition: number, wantedDir?: string): PartitionLog {
    const dir = wantedDir !== undefined && this.dirs.has(wantedDir) ? wantedDir : this.dirWithFewestLogs();
    const name = partitionFolderName(topic, partition);
    return this.guard(dir, () => {
      const found = { recoveryPoint: 0, logStartOffset: 0, hadCleanShutdown: true, isToBeDeleted: false };
      const log = runToEnd(this.open(dir, name, topic, partition, found));
      this.logs.set(name, log);
      this.log.info(`Created log for partition ${name} in ${log.folder}`);
      return log;
    });
  }

  private dirWithFewestLogs(): string {
    const counts = new Map(this.liveDirs.map((dir) => [dir, 0]));
    for (const { dir } of this.logs.values()) counts.set(dir, (counts.get(dir) ?? 0) + 1);
    const [fewest] = [...counts].sort(([, a], [, b]) => a - b);
    if (fewest === undefined) throw new KafkaError('KAFKA_STORAGE_ERROR', 'No log directory is online');
    return fewest[0];
  }

  /** Takes a partition's log out of use at once; its files go after `file.delete.delay.ms`. */
  asyncDelete(topic: string, partition: number): void {
    const log = this.get(topic, partition);
    if (log === null) {
      if (this.offline.size === 0) return;
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `Failed to delete log for ${topic}-${partition} because it may be in one of the offline directories ${this.offlineDirs.join(',')}`,
      );
    }
    log.renameFolder(deleteFolderName(topic, partition, this.options.random.bytes(UNIQUE_BYTES)));
    this.logs.delete(log.name);
    this.log.info(`Log for partition ${log.name} is renamed to ${log.folder} and is scheduled for deletion`);
    this.deletions.add(log);
    this.checkpointDir(log.dir);
  }

  /** The configuration of a topic, or of all where null, has changed. */
  updateTopicConfig(topic: string | null): void {
    for (const log of this.logs.values())
      if (topic === null || log.topic === topic) log.updateConfig(this.options.topicConfig(log.topic));
  }

  describeDirs(): LogDirDescription[] {
    return this.options.config.logDirs.map((path) => {
      const unknown = { path, isOffline: true, totalBytes: -1, usableBytes: -1, logs: [] };
      if (!this.dirs.has(path)) return unknown;
      try {
        return { path, isOffline: false, ...this.options.disk.space(path), logs: this.logsOf(path) };
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        this.failDir(path, error);
        return unknown;
      }
    });
  }

  /** High watermarks as checkpointed, by `topic-N`. A malformed file takes its dir offline. */
  readHighWatermarks(): Map<string, number> {
    const found = new Map<string, number>();
    for (const [path, dir] of [...this.dirs]) {
      unlessStorageFails(() => {
        const entries = this.guard(path, () => dir.readCheckpoint(HIGH_WATERMARK_CHECKPOINT));
        for (const { topic, partition, offset } of entries) found.set(`${topic}-${partition}`, offset);
      });
    }
    return found;
  }

  /** Checkpoints high watermarks of logs, each in the dir that its log is in. */
  writeHighWatermarks(entries: readonly PartitionOffset[]): void {
    for (const [path, ofDir] of offsetsByDir(entries, this.liveDirs, (name) => this.logs.get(name)?.dir))
      this.quietly(path, (dir) => dir.writeCheckpoint(HIGH_WATERMARK_CHECKPOINT, ofDir));
  }

  /** As `writeHighWatermarks`, without stopping for the disk; to be awaited before either is called again. */
  async writeHighWatermarksLater(entries: readonly PartitionOffset[]): Promise<void> {
    for (const [path, ofDir] of offsetsByDir(entries, this.liveDirs, (name) => this.logs.get(name)?.dir)) {
      try {
        await this.dirs.get(path)?.writeCheckpointLater(HIGH_WATERMARK_CHECKPOINT, ofDir);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        this.failDir(path, error);
      }
    }
  }

  /** Recovery points and log start offsets of a dir: to be called after a truncation. */
  checkpointDir(path: string): void {
    this.quietly(path, (dir) => {
      dir.checkpointRecoveryPoints(this.logsOf(dir.path));
      dir.checkpointLogStartOffsets(this.logsOf(dir.path));
    });
  }

  private onDirs(action: (dir: LogDir, logs: readonly PartitionLog[]) => void): void {
    for (const path of this.liveDirs) this.quietly(path, (dir) => action(dir, this.logsOf(path)));
  }

  private logsOf(path: string): PartitionLog[] {
    return this.all().filter((log) => log.dir === path);
  }

  private deleteOldSegments(): void {
    const nowMs = this.options.clock.nowMs();
    for (const log of this.all()) {
      // Compacted logs are the cleaner's, retention included.
      if (!log.config.cleanupCompact) unlessStorageFails(() => void log.deleteOldSegments(nowMs));
    }
  }

  private flushDirtyLogs(): void {
    const nowMs = this.options.clock.nowMs();
    for (const log of this.all()) if (nowMs - log.lastFlushMs >= log.config.flushMs) void log.flush();
  }

  /** Flushes and closes everything, and says so on the disk. `brokerEpoch` -1 where the broker never registered. */
  async stop(brokerEpoch: number): Promise<void> {
    for (const timer of this.timers.splice(0)) timer.cancel();
    this.deletions.stop();
    await eachBounded(this.options.clock, this.all(), FLUSHES_AT_STOP, async (log) => {
      await log.flush();
      unlessStorageFails(() => log.close());
    });
    for (const path of this.liveDirs) {
      this.quietly(path, (dir) => {
        dir.checkpointRecoveryPoints(this.logsOf(path));
        dir.checkpointLogStartOffsets(this.logsOf(path));
        if (dir.hadCleanShutdown || this.loadedDirs.has(path)) dir.writeCleanShutdownMarker(brokerEpoch);
      });
    }
    this.releaseLocks();
    this.logs.clear();
  }

  /** Takes a dir and its logs offline: its disk has failed, or somebody else says so. */
  failDir(path: string, error: DiskError): void {
    const dir = this.dirs.get(path);
    if (dir === undefined) return;
    this.log.error(`Stopping serving logs in dir ${path}: ${error.message}`, { file: error.path });
    this.dirs.delete(path);
    this.offline.add(path);
    for (const log of this.logsOf(path)) {
      this.logs.delete(log.name);
      log.markOffline();
    }
    this.pool.closeBelow(path);
    dir.releaseLock();
    this.dirFailure(path);
  }

  /** Runs `action` on a dir: a failure of its disk takes it offline and is thrown as KAFKA_STORAGE_ERROR. */
  private guard<T>(path: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.failDir(path, error);
      throw new KafkaError('KAFKA_STORAGE_ERROR', `Error while using log dir ${path}: ${error.message}`);
    }
  }

  /** As `guard`, for tasks that nobody waits for. */
  private quietly(path: string, action: (dir: LogDir) => void): void {
    const dir = this.dirs.get(path);
    if (dir !== undefined) unlessStorageFails(() => this.guard(path, () => action(dir)));
  }
}
