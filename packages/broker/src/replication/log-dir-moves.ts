import { KafkaError } from '@odradek/protocol/errors';
import { baseOffsetAt } from '@odradek/protocol/records/batch';
import type { Clock, Timer } from '../env/clock';
import type { Logger, Loggers } from '../env/logger';
import type { LogManager } from '../log/log-manager';
import { isFutureNameTooLong } from '../log/names';
import type { PartitionLog } from '../log/partition-log';
import { truncationBeforeFetch, truncationFor } from './truncation';

/** How much of a broker's disks moves may take. */
export interface MoveQuota {
  /** What has been recorded lately. */
  readonly bytesPerSecond: number;
  isExceeded(): boolean;
  record(bytes: number): void;
}

/** A replica hosted here, whose log can be replaced by another one. */
export interface MovableReplica {
  readonly topic: string;
  readonly partition: number;
  log: PartitionLog;
}

export interface LogDirMovesOptions {
  readonly clock: Clock;
  readonly loggers: Loggers;
  readonly logs: LogManager;
  /** The replica hosted here. Throws `KafkaError` with the reason where there is none. */
  readonly replica: (topic: string, partition: number) => MovableReplica;
  /** Copied at a time: `replica.fetch.max.bytes`. */
  readonly chunkBytes: number;
  /** Until a move is tried again that got no further: `replica.fetch.backoff.ms`. */
  readonly backoffMs: number;
  readonly quota: MoveQuota;
}

interface Move {
  readonly partition: MovableReplica;
  /** Whether the copy is known to hold nothing but what the log does. */
  isCompared: boolean;
  notBeforeMs: number;
}

/** Until a quota that is exceeded is looked at again. */
const QUOTA_BACKOFF_MS = 100;

/**
 * Moves logs to other dirs of this broker (KIP-113; ReplicaAlterLogDirsManager and its threads): a copy is made piece by
 * piece beside the log, which goes on, and in the turn in which it has everything it takes the log's place. One log at a
 * time, in the order of their names, so that each is through soon.
 */
export class LogDirMoves {
  private readonly logger: Logger;
  private readonly moves = new Map<string, Move>();
  private isRunning = false;
  private isClosed = false;
  private timer: Timer | null = null;
  /** For one piece; grows with the largest batch. */
  private piece = Buffer.alloc(0);

  constructor(private readonly options: LogDirMovesOptions) {
    this.logger = options.loggers.logger('kafka.server.ReplicaAlterLogDirsManager');
  }

  /**
   * Moves a partition's log to `dir`; a move to somewhere else is given up. Where there is no replica yet it will be made
   * there (ReplicaManager.alterReplicaLogDirs). Throws `KafkaError`: INVALID_TOPIC_EXCEPTION, LOG_DIR_NOT_FOUND,
   * KAFKA_STORAGE_ERROR, REPLICA_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION.
   */
  moveTo(topic: string, partition: number, dir: string): void {
    const { logs } = this.options;
    if (isFutureNameTooLong(topic, partition)) {
      throw new KafkaError('INVALID_TOPIC_EXCEPTION', 'The topic name is too long.');
    }
    if (!logs.configuredDirs.includes(dir)) {
      throw new KafkaError('LOG_DIR_NOT_FOUND', `Log dir ${dir} is not found in the config.`);
    }
    if (!logs.liveDirs.includes(dir)) throw new KafkaError('KAFKA_STORAGE_ERROR', `Log directory ${dir} is offline`);
    const future = logs.future(topic, partition);
    if (future !== null && future.dir !== dir) this.giveUp(topic, partition);
    logs.preferDir(topic, partition, dir);
    const replica = this.replicaOf(topic, partition);
    if (replica.log.dir === dir || logs.future(topic, partition) !== null) return;
    logs.createFuture(replica.log, dir);
    this.resume(replica);
  }

  private replicaOf(topic: string, partition: number): MovableReplica {
    try {
      return this.options.replica(topic, partition);
    } catch (error) {
      // The code that clients of this API have always had for it.
      if (error instanceof KafkaError && error.error === 'NOT_LEADER_OR_FOLLOWER') {
        throw new KafkaError('REPLICA_NOT_AVAILABLE', error.message);
      }
      throw error;
    }
  }

  /** A replica is led or followed here from now on: a move of its log that was begun, perhaps before a restart, goes on. */
  resume(partition: MovableReplica): void {
    if (this.isClosed || this.options.logs.future(partition.topic, partition.partition) === null) return;
    const { name } = partition.log;
    if (this.moves.get(name)?.partition === partition) return;
    this.moves.set(name, { partition, isCompared: false, notBeforeMs: 0 });
    if (this.isRunning) return;
    this.isRunning = true;
    // Whoever begins the move is in the middle of something.
    this.wait(0);
  }

  /** The replica's log has been cut: its copy may hold what the log does no longer. */
  onTruncated({ log }: MovableReplica): void {
    const move = this.moves.get(log.name);
    if (move) move.isCompared = false;
  }

  /** The replica is not hosted here any more, or its dir has failed. The copy is not touched. */
  stop({ log }: MovableReplica): void {
    this.moves.delete(log.name);
  }

  private giveUp(topic: string, partition: number): void {
    this.moves.delete(`${topic}-${partition}`);
    this.options.logs.deleteFuture(topic, partition);
  }

  /** From now on nothing is copied; copies stay as they are, and are gone on with after a restart. */
  close(): void {
    this.isClosed = true;
    this.timer?.cancel();
  }

  private wait(delayMs: number): void {
    const { clock } = this.options;
    if (delayMs > 0) this.timer = clock.after(delayMs, () => this.turn());
    else clock.soon(() => this.turn());
  }

  /** One piece of one log; the event loop has other things to do in between. */
  private turn(): void {
    this.isRunning = !this.isClosed && this.moves.size > 0;
    if (!this.isRunning) return;
    if (this.options.quota.isExceeded()) this.wait(QUOTA_BACKOFF_MS);
    else this.wait(this.advanceNext() ? 0 : this.options.backoffMs);
  }

  /** False where all moves have to wait. */
  private advanceNext(): boolean {
    const nowMs = this.options.clock.monotonicMs();
    const ready = [...this.moves].filter(([, { notBeforeMs }]) => notBeforeMs <= nowMs);
    if (ready.length === 0) return false;
    const [name, move] = ready.reduce((first, other) => (other[0] < first[0] ? other : first));
    if (this.advance(name, move)) this.moves.delete(name);
    return true;
  }

  /** Copies a piece, and lets the copy take the log's place once it has everything. True when the move is over. */
  private advance(name: string, move: Move): boolean {
    const { logs, clock, backoffMs } = this.options;
    const { partition } = move;
    const future = logs.future(partition.topic, partition.partition);
    if (future === null) return true;
    try {
      this.compare(move, future);
      const before = future.logEndOffset;
      this.copyPiece(partition.log, future);
      if (future.logEndOffset !== partition.log.logEndOffset) {
        if (future.logEndOffset === before) move.notBeforeMs = clock.monotonicMs() + backoffMs;
        return false;
      }
      takeEpochs(partition.log, future);
      partition.log = logs.replaceWithFuture(partition.topic, partition.partition);
      return true;
    } catch (error) {
      this.logger.error(`The move of ${name} to ${future.dir} has failed: ${(error as Error).message}`, { error });
      return true;
    }
  }

  /** Cuts the copy back to what the log still holds: the log may have been cut, and written on differently. */
  private compare(move: Move, future: PartitionLog): void {
    if (move.isCompared) return;
    move.isCompared = true;
    const { log } = move.partition;
    const blind = truncationBeforeFetch(future);
    if (blind !== null) future.truncateTo(Math.min(blind, log.logEndOffset));
    for (let isComplete = blind !== null; !isComplete; ) {
      const epoch = future.latestEpoch;
      if (epoch === null) break;
      const truncation = truncationFor(log.endOffsetForEpoch(epoch), future, future.highWatermark);
      future.truncateTo(Math.min(truncation.offset, log.logEndOffset));
      isComplete = truncation.isComplete;
    }
  }

  private copyPiece(log: PartitionLog, future: PartitionLog): void {
    const { chunkBytes, quota } = this.options;
    if (future.logEndOffset < log.logStartOffset) future.truncateFullyAndStartAt(log.logStartOffset);
    const from = future.logEndOffset;
    const { slice } = log.read(from, { maxBytes: chunkBytes, minOneMessage: true, isolation: 'log-end' });
    if (slice.bytes > 0) {
      if (this.piece.length < slice.bytes) this.piece = Buffer.allocUnsafeSlow(slice.bytes);
      const records = this.piece.subarray(0, slice.readInto(this.piece, 0));
      if (records.length === 0) return;
      // The log's start lies within a batch: the copy begins with the whole of it.
      const first = baseOffsetAt(records, 0);
      if (first < from && future.logStartOffset === from) future.truncateFullyAndStartAt(first);
      future.appendAsFollower(records);
      quota.record(records.length);
    }
    future.setHighWatermark(log.highWatermark);
    const startOffset = Math.min(log.logStartOffset, future.highWatermark);
    if (startOffset > future.logStartOffset)
      future.maybeIncrementLogStartOffset(startOffset, 'leader offset increment');
  }
}

/** Epochs of leaders that have written nothing yet are in no record. */
function takeEpochs(log: PartitionLog, future: PartitionLog): void {
  const latest = future.latestEpoch ?? -1;
  for (const { epoch, startOffset } of log.epochs.all) {
    if (epoch > latest) future.assignEpochStartOffset(epoch, startOffset);
  }
}
