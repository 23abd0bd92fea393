import { KafkaError } from '@odradek/protocol/errors';
import type { Timer } from '../env/clock';
import { DiskError } from '../env/disk';
import { type CleanerFacts, LogCleaner } from './cleaner/log-cleaner';
import { FilePool } from './file-pool';
import type { GatheredWrites } from './gathered-writes';
import { checkFolderName, eachBounded, innermostDir, runToEnd, spareOf, unlessStorageFails } from './loading';
import { LogDeletions } from './log-deletions';
import { LOG_START_CHECKPOINT, type LogDir, RECOVERY_POINT_CHECKPOINT } from './log-dir';
import { LogDirError } from './log-dir-error';
import { LogDirs } from './log-dirs';
import type { CreateLogOptions, LogDirDescription, LogManagerOptions } from './log-manager-options';
import { deleteFolderName, futureFolderName, parsePartitionFolder, partitionFolderName, UNIQUE_BYTES } from './names';
import { PartitionLog } from './partition-log';

const REMOTE_LOG_INDEX_CACHE = 'remote-log-index-cache';
/** As many as the thread pool runs at a time. */
const FLUSHES_AT_STOP = 4;

/**
 * All logs of a broker, on all its log dirs (kafka.log.LogManager). A dir whose disk fails goes offline with its logs;
 * the others go on.
 */
export class LogManager extends LogDirs {
  private readonly pool: FilePool;
  private readonly deletions: LogDeletions;
  /** Dirs whose logs have all been read: only those get the marker of a clean shutdown. */
  private readonly loadedDirs = new Set<string>();
  private readonly timers: Timer[] = [];
  /** Where logs that are yet to be made are wanted (KIP-113), by `topic-N`. */
  private readonly preferredDirs = new Map<string, string>();
  private readonly cleaner: LogCleaner | null;

  constructor(options: LogManagerOptions) {
    super(options);
    this.pool = new FilePool(options.disk);
    this.pool.gathered.onFailure = (error) => {
      const dir = innermostDir(this.liveDirs, error.path);
      if (dir !== null) this.failDir(dir, error);
    };
    this.deletions = new LogDeletions({
      disk: options.disk,
      clock: options.clock,
      logger: this.log,
      onDiskError: (log, error) => this.failDir(log.dir, error),
    });
    this.cleaner = this.makeCleaner();
  }

  private makeCleaner(): LogCleaner | null {
    const { clock, loggers, cleaner } = this.options;
    if (cleaner === undefined) return null;
    const { dirs, logs, futures } = this;
    const logger = loggers.logger('kafka.log.LogCleaner');
    const onDiskError = (dir: string, error: DiskError): void => this.failDir(dir, error);
    return new LogCleaner({ ...cleaner, clock, logger, dirs, logs, futures, onDiskError });
  }

  /** Null where nobody cleans. */
  cleanerFacts(): CleanerFacts | null {
    return this.cleaner?.facts() ?? null;
  }

  /** The broker's configuration has changed. */
  onBrokerConfig(): void {
    this.cleaner?.resize();
  }

  /** Small appends of one connection's read, put off until its answers leave. */
  get gatheredWrites(): GatheredWrites {
    return this.pool.gathered;
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
      for (const log of this.everyLog()) log.removeExpiredProducers();
    });
    this.cleaner?.start();
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
    else if (kind === 'future') this.addLoadedFuture(step.value);
    else step.value.abandon();
  }

  private addLoaded(log: PartitionLog): void {
    const other = this.logs.get(log.name);
    if (other === undefined) {
      this.logs.set(log.name, log);
      return;
    }
    const spare = spareOf(other, log);
    if (spare === other) this.logs.set(log.name, log);
    this.log.warn(`Deleting ${spare.folder}, which another folder was about to replace, and holds the same`);
    spare.renameFolder(deleteFolderName(log.topic, log.partition, this.options.random.bytes(UNIQUE_BYTES)));
    this.deletions.add(spare);
  }

  private addLoadedFuture(log: PartitionLog): void {
    const other = this.futures.get(log.name);
    if (other !== undefined) throw new LogDirError(`Duplicate log directories found: ${log.folder}, ${other.folder}`);
    this.futures.set(log.name, log);
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
      onCut: () => this.cleaner?.onCut(dir, `${topic}-${partition}`),
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
      log = this.create(topic, partition);
    }
    if (options.topicId !== null) log.assignTopicId(options.topicId);
    return log;
  }

  private create(topic: string, partition: number): PartitionLog {
    const name = partitionFolderName(topic, partition);
    const wanted = this.preferredDirs.get(name);
    this.preferredDirs.delete(name);
    const dir = wanted !== undefined && this.dirs.has(wanted) ? wanted : this.dirWithFewestLogs();
    const log = this.make(dir, name, topic, partition);
    this.logs.set(name, log);
    this.log.info(`Created log for partition ${name} in ${log.folder}`);
    return log;
  }

  private make(dir: string, folderName: string, topic: string, partition: number): PartitionLog {
    const found = { recoveryPoint: 0, logStartOffset: 0, hadCleanShutdown: true, isToBeDeleted: false };
    return this.guard(dir, () => runToEnd(this.open(dir, folderName, topic, partition, found)));
  }

  /** A log that is yet to be made is to be made in this dir. */
  preferDir(topic: string, partition: number, dir: string): void {
    const name = partitionFolderName(topic, partition);
    if (this.logs.get(name)?.dir !== dir && this.futures.get(name)?.dir !== dir) this.preferredDirs.set(name, dir);
  }

  /** The copy in the making of a partition's log, if it is being moved to another dir. */
  future(topic: string, partition: number): PartitionLog | null {
    return this.futures.get(partitionFolderName(topic, partition)) ?? null;
  }

  /** Begins a copy of a partition's log in another dir. Throws KAFKA_STORAGE_ERROR. */
  createFuture({ topic, partition, name, topicId }: PartitionLog, dir: string): PartitionLog {
    if (this.offline.size > 0) {
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `Can not create log for ${name} because log directories ${this.offlineDirs.join(',')} are offline`,
      );
    }
    const folderName = futureFolderName(topic, partition, this.options.random.bytes(UNIQUE_BYTES));
    const log = this.make(dir, folderName, topic, partition);
    this.preferredDirs.delete(name);
    this.cleaner?.abort(name);
    this.futures.set(name, log);
    if (topicId !== null) log.assignTopicId(topicId);
    this.log.info(`Created future log for partition ${name} in ${log.folder}`);
    return log;
  }

  /** Takes a copy in the making out of use; its files go after `file.delete.delay.ms`. */
  deleteFuture(topic: string, partition: number): void {
    const log = this.future(topic, partition);
    if (log === null) return;
    this.discard(log);
  }

  /**
   * The copy, which holds all that the log does, takes its place, and the log goes (LogManager.replaceCurrentWithFutureLog).
   * Were the process to end between the two renamings, both folders would have the partition's name: `addLoaded`.
   */
  replaceWithFuture(topic: string, partition: number): PartitionLog {
    const [log, future] = [this.get(topic, partition), this.future(topic, partition)];
    if (log === null || future === null) {
      const which = log === null ? 'current' : 'future';
      throw new KafkaError('KAFKA_STORAGE_ERROR', `The ${which} replica for ${topic}-${partition} is offline`);
    }
    this.log.info(`Attempting to replace current log ${log.folder} with ${future.folder} for ${log.name}`);
    future.renameFolder(log.name);
    future.setHighWatermark(log.highWatermark);
    this.futures.delete(log.name);
    this.logs.set(log.name, future);
    this.cleaner?.onMoved(log, future);
    // Durable before the files that it has been copied from are deleted; its name at once.
    this.quietly(future.dir, ({ path }) => this.options.disk.flushFolderNow(path));
    void future.flush();
    try {
      this.discard(log);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      log.markOffline();
    }
    for (const dir of [log.dir, future.dir]) this.checkpointDir(dir);
    this.log.info(`The current replica is successfully replaced with the future replica for ${log.name}`);
    return future;
  }

  private discard(log: PartitionLog): void {
    if (this.logs.get(log.name) === log) this.cleaner?.onRemoved(log);
    log.renameFolder(deleteFolderName(log.topic, log.partition, this.options.random.bytes(UNIQUE_BYTES)));
    for (const logs of [this.logs, this.futures]) if (logs.get(log.name) === log) logs.delete(log.name);
    this.log.info(`Log for partition ${log.name} is renamed to ${log.folder} and is scheduled for deletion`);
    this.deletions.add(log);
    this.checkpointDirSoon(log.dir);
  }

  private dirWithFewestLogs(): string {
    const counts = new Map(this.liveDirs.map((dir) => [dir, 0]));
    for (const { dir } of this.everyLog()) counts.set(dir, (counts.get(dir) ?? 0) + 1);
    const [fewest] = [...counts].sort(([, a], [, b]) => a - b);
    if (fewest === undefined) throw new KafkaError('KAFKA_STORAGE_ERROR', 'No log directory is online');
    return fewest[0];
  }

  /** Takes a partition's log out of use at once; its files go after `file.delete.delay.ms`. */
  asyncDelete(topic: string, partition: number): void {
    this.deleteFuture(topic, partition);
    const log = this.get(topic, partition);
    if (log === null) {
      if (this.offline.size === 0) return;
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `Failed to delete log for ${topic}-${partition} because it may be in one of the offline directories ${this.offlineDirs.join(',')}`,
      );
    }
    this.discard(log);
  }

  /** The configuration of a topic, or of all where null, has changed. */
  updateTopicConfig(topic: string | null): void {
    for (const log of this.everyLog()) {
      if (topic !== null && log.topic !== topic) continue;
      log.updateConfig(this.options.topicConfig(log.topic));
      if (!log.config.cleanupCompact) this.cleaner?.abort(log.name);
    }
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

  private deleteOldSegments(): void {
    const nowMs = this.options.clock.nowMs();
    for (const log of this.all()) {
      // Compacted logs are the cleaner's, retention included.
      if (!log.config.cleanupCompact) unlessStorageFails(() => void log.deleteOldSegments(nowMs));
    }
  }

  private flushDirtyLogs(): void {
    const nowMs = this.options.clock.nowMs();
    for (const log of this.everyLog()) if (nowMs - log.lastFlushMs >= log.config.flushMs) void log.flush();
  }

  /** Flushes and closes everything, and says so on the disk. `brokerEpoch` -1 where the broker never registered. */
  async stop(brokerEpoch: number): Promise<void> {
    for (const timer of this.timers.splice(0)) timer.cancel();
    this.deletions.stop();
    await this.cleaner?.stop();
    await eachBounded(this.options.clock, this.everyLog(), FLUSHES_AT_STOP, async (log) => {
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
    this.futures.clear();
  }

  /** Takes a dir and its logs offline: its disk has failed, or somebody else says so. */
  failDir(path: string, error: DiskError): void {
    const dir = this.dirs.get(path);
    if (dir === undefined) return;
    this.log.error(`Stopping serving logs in dir ${path}: ${error.message}`, { file: error.path });
    this.dirs.delete(path);
    this.offline.add(path);
    this.cleaner?.onDirFailure(path);
    for (const log of this.logsOf(path)) {
      (this.futures.get(log.name) === log ? this.futures : this.logs).delete(log.name);
      log.markOffline();
    }
    this.pool.closeBelow(path);
    dir.releaseLock();
    this.dirFailure(path);
  }
}
