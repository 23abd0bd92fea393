import { KafkaError } from '@odradek/protocol/errors';
import type { Background } from '../../env/background';
import type { Clock, Timer } from '../../env/clock';
import { DiskError } from '../../env/disk';
import type { Logger } from '../../env/logger';
import { unlessStorageFails } from '../loading';
import type { LogDir } from '../log-dir';
import type { PartitionLog } from '../partition-log';
import { type Dirtiness, dirtinessOf, filthiest } from './cleanable';
import { CleanerCheckpoints } from './cleaner-checkpoints';
import type { CleanerConfig } from './cleaner-config';
import { CleanerEndedError, CleanerStoppedError, CleanerThread } from './cleaner-thread';
import { CleaningAbortedError, CleaningRound, type RoundResult, SegmentSplitError } from './cleaning-round';

export interface LogCleanerOptions {
  readonly background: Background;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: () => CleanerConfig;
  readonly dirs: ReadonlyMap<string, LogDir>;
  /** Those in use, by `topic-N`. */
  readonly logs: ReadonlyMap<string, PartitionLog>;
  /** Copies in the making: their logs are not cleaned meanwhile. */
  readonly futures: ReadonlyMap<string, PartitionLog>;
  readonly onDiskError: (dir: string, error: DiskError) => void;
}

/** What a thread keeps after it has had nothing to do for so long is given back. */
const IDLE_MS = 30_000;

/** What it tells of itself, for metrics. */
export interface CleanerFacts {
  readonly maxDirtyRatio: number;
  readonly sinceLastRunMs: number;
  /** How many logs cannot be cleaned, by dir. */
  readonly uncleanable: ReadonlyMap<string, number>;
  readonly lastRound: { readonly seconds: number; readonly bytesRead: number; readonly bytesWritten: number } | null;
}

interface Candidate {
  readonly log: PartitionLog;
  readonly dirtiness: Dirtiness;
}

/**
 * Compacts logs, the dirtiest first, and deletes what retention no longer keeps of those
 * (kafka.log.LogCleaner, LogCleanerManager). What takes its time runs aside from this thread.
 */
export class LogCleaner {
  private readonly checkpoints: CleanerCheckpoints;
  /** Under way, by `topic-N`; one that was given up stays until its thread has let go. */
  private readonly rounds = new Map<string, CleaningRound>();
  /** What cannot be cleaned: not tried again before a restart. */
  private readonly uncleanable = new Set<PartitionLog>();
  /** At which a thread has ended: once may be chance, memory was short. Twice in a row is the log's. */
  private readonly suspects = new Set<PartitionLog>();
  private readonly threads = new Map<number, CleanerThread>();
  private readonly pauses = new Map<Timer, () => void>();
  private isStopped = false;
  private maxDirtyRatio = 0;
  private lastRunMs: number;
  private lastRound: CleanerFacts['lastRound'] = null;

  constructor(private readonly options: LogCleanerOptions) {
    this.checkpoints = new CleanerCheckpoints(options.dirs, options.onDiskError);
    this.lastRunMs = options.clock.monotonicMs();
  }

  /** The logs have been loaded. */
  start(): void {
    const { logs, logger } = this.options;
    logger.info('Starting the log cleaner');
    this.checkpoints.load((dir, name) => logs.get(name)?.dir === dir);
    this.resize();
  }

  /** The configuration has changed: as many threads as it says, and what they wait for is over. */
  resize(): void {
    if (this.isStopped) return;
    const { threads, ioBytesPerSecond } = this.options.config();
    for (const thread of this.threads.values()) thread.setRate(ioBytesPerSecond / threads);
    for (let index = 0; index < threads; index++) {
      if (this.threads.has(index)) continue;
      const thread = new CleanerThread(this.options.background);
      this.threads.set(index, thread);
      void this.work(index, thread);
    }
    this.endPauses();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.endPauses();
    for (const round of this.rounds.values()) round.abort();
    await Promise.all([...this.threads.values()].map((thread) => thread.stop()));
    await this.checkpoints.flush();
  }

  facts(): CleanerFacts {
    const { dirs, clock } = this.options;
    const countIn = (dir: string): number => [...this.uncleanable].filter((log) => log.dir === dir).length;
    return {
      maxDirtyRatio: this.maxDirtyRatio,
      sinceLastRunMs: clock.monotonicMs() - this.lastRunMs,
      uncleanable: new Map([...dirs.keys()].map((dir) => [dir, countIn(dir)])),
      lastRound: this.lastRound,
    };
  }

  /** Up to where a log has been cleaned, or null. */
  cleanedUpTo(log: PartitionLog): number | null {
    return this.checkpoints.get(log.dir, log.name);
  }

  /** Gives up what is under way with a log: it is about to change otherwise. */
  abort(name: string): void {
    this.rounds.get(name)?.abort();
  }

  /** The end of a log has been cut: what was there is no longer clean. */
  onCut(dir: string, name: string): void {
    const log = this.options.logs.get(name);
    if (log === undefined || log.dir !== dir) return;
    const activeBaseOffset = log.segmentList.at(-1)!.baseOffset;
    const checkpoint = this.cleanedUpTo(log);
    if (checkpoint !== null && checkpoint > activeBaseOffset) this.checkpoints.set(dir, log, activeBaseOffset);
    this.abort(name);
  }

  /** A log is out of use. */
  onRemoved(log: PartitionLog): void {
    this.abort(log.name);
    this.uncleanable.delete(log);
    this.suspects.delete(log);
    this.checkpoints.remove(log.dir, log.name);
  }

  /** A copy has taken the log's place: it is as clean as that was. */
  onMoved(from: PartitionLog, to: PartitionLog): void {
    const checkpoint = this.cleanedUpTo(from);
    this.onRemoved(from);
    if (checkpoint !== null) this.checkpoints.set(to.dir, to, checkpoint);
  }

  onDirFailure(dir: string): void {
    for (const round of this.rounds.values()) if (round.log.dir === dir) round.abort();
    for (const logs of [this.uncleanable, this.suspects]) {
      for (const log of logs) if (log.dir === dir) logs.delete(log);
    }
    this.checkpoints.forget(dir);
  }

  private async work(index: number, thread: CleanerThread): Promise<void> {
    const { clock, config } = this.options;
    let lastRoundMs = clock.monotonicMs();
    while (!this.isStopped && index < config().threads) {
      const hasCleaned = await this.cleanFilthiest(thread);
      if (this.isStopped) return;
      this.deleteOldSegments();
      if (hasCleaned) {
        lastRoundMs = clock.monotonicMs();
        continue;
      }
      if (clock.monotonicMs() - lastRoundMs > IDLE_MS) await thread.stop();
      await this.pause(config().backoffMs);
    }
    this.threads.delete(index);
    await thread.stop();
  }

  private async pause(durationMs: number): Promise<void> {
    if (this.isStopped) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        this.pauses.delete(timer);
        resolve();
      };
      const timer = this.options.clock.after(durationMs, end);
      this.pauses.set(timer, end);
    });
  }

  private endPauses(): void {
    for (const [timer, end] of [...this.pauses]) {
      timer.cancel();
      end();
    }
  }

  /** False where there was nothing to clean, or that went wrong. */
  private async cleanFilthiest(thread: CleanerThread): Promise<boolean> {
    const candidates = this.candidates();
    this.lastRunMs = this.options.clock.monotonicMs();
    this.maxDirtyRatio = candidates.reduce((most, { dirtiness }) => Math.max(most, dirtiness.cleanableRatio), 0);
    const chosen = filthiest(candidates);
    if (chosen === null) return false;
    const { log, dirtiness } = chosen;
    const { clock, config, logger } = this.options;
    const startedMs = clock.monotonicMs();
    const round = new CleaningRound(log, dirtiness, thread, config(), clock);
    this.rounds.set(log.name, round);
    try {
      const result = await round.run();
      if (round.isAborted) return true;
      this.checkpoints.set(log.dir, log, result.endOffset);
      this.suspects.delete(log);
      const durationMs = Math.round(clock.monotonicMs() - startedMs);
      const { bytesRead, bytesWritten } = result;
      this.lastRound = { seconds: durationMs / 1000, bytesRead, bytesWritten };
      logger.info(cleanedMessage(log, dirtiness, result), { partition: log.name, durationMs });
      return true;
    } catch (error) {
      return this.isHandled(log, error);
    } finally {
      this.rounds.delete(log.name);
    }
  }

  /** Whether it is no fault of the log's that it could not be cleaned. */
  private isHandled(log: PartitionLog, error: unknown): boolean {
    if (error instanceof SegmentSplitError) this.options.logger.info(error.message, { partition: log.name });
    if (error instanceof CleaningAbortedError || error instanceof CleanerStoppedError) return true;
    // Its dir is offline already.
    if (error instanceof KafkaError && error.error === 'KAFKA_STORAGE_ERROR') return true;
    if (error instanceof DiskError) {
      this.options.onDiskError(log.dir, error);
      return true;
    }
    // It has gone meanwhile: whatever was wrong with it has gone, too.
    if (this.options.logs.get(log.name) !== log) return true;
    if (error instanceof CleanerEndedError && !this.suspects.has(log)) {
      this.suspects.add(log);
      this.options.logger.warn(`Cleaning ${log.name} is tried once more: ${error.message}`, { error });
      return false;
    }
    this.suspects.delete(log);
    this.uncleanable.add(log);
    this.options.logger.warn(
      `Unexpected exception thrown when cleaning log ${log.folder}. Marking its partition (${log.name}) as uncleanable`,
      { error },
    );
    return false;
  }

  private candidates(): Candidate[] {
    const nowMs = this.options.clock.nowMs();
    const candidates: Candidate[] = [];
    for (const log of this.cleanable()) {
      try {
        candidates.push({ log, dirtiness: this.judge(log, nowMs) });
      } catch (error) {
        this.isHandled(log, error);
      }
    }
    return candidates;
  }

  private judge(log: PartitionLog, nowMs: number): Dirtiness {
    const { segmentList: segments, logStartOffset, logEndOffset, lastStableOffset, config } = log;
    const checkpoint = this.cleanedUpTo(log);
    const state = { segments, logStartOffset, logEndOffset, lastStableOffset, config };
    const dirtiness = dirtinessOf(state, checkpoint, nowMs);
    const { checkpointProblem, firstDirtyOffset } = dirtiness;
    if (checkpointProblem === null) return dirtiness;
    this.checkpoints.set(log.dir, log, firstDirtyOffset);
    // Where retention deletes, too, that the log begins later than before is as it should be.
    const isExpected = config.cleanupDelete && checkpoint! < logStartOffset;
    if (!isExpected) {
      this.options.logger.warn(
        `Resetting first dirty offset of ${log.name} to ${firstDirtyOffset}: ${checkpointProblem}`,
      );
    }
    return dirtiness;
  }

  /** What the cleaner may touch now. */
  private cleanable(): PartitionLog[] {
    const { logs, futures } = this.options;
    return [...logs.values()].filter(
      (log) =>
        log.config.cleanupCompact && !this.rounds.has(log.name) && !futures.has(log.name) && !this.uncleanable.has(log),
    );
  }

  private deleteOldSegments(): void {
    const nowMs = this.options.clock.nowMs();
    for (const log of this.cleanable()) unlessStorageFails(() => void log.deleteOldSegments(nowMs));
  }
}

function cleanedMessage(log: PartitionLog, { firstDirtyOffset }: Dirtiness, result: RoundResult): string {
  const { endOffset, keys, bytesRead, bytesWritten, keylessRecords } = result;
  const size = `${bytesRead} bytes became ${bytesWritten}, ${keys} keys`;
  const keyless = keylessRecords === 0 ? '' : `, ${keylessRecords} records without a key discarded`;
  return `Cleaned log ${log.name} (dirty section = [${firstDirtyOffset}, ${endOffset})): ${size}${keyless}`;
}
