import { KafkaError } from '@odradek/protocol/errors';
import {
  baseOffsetAt,
  baseSequenceAt,
  forEachBatch,
  isControlAt,
  isTransactionalAt,
  lastSequenceAt,
  magicAt,
  NO_PRODUCER_ID,
  partitionLeaderEpochAt,
  producerEpochAt,
  producerIdAt,
} from '@odradek/protocol/records/batch';
import { type Analysis, analyze } from './analyze';
import type { JudgedRecords } from './judged-records';
import { LeaderEpochs } from './leader-epochs';
import type { ReadOptions } from './log-reader';
import type { PartitionLogOptions } from './log-state';
import { LogStorage, rollJitterMs } from './log-storage';
import { legacyOffsetsBefore, maxTimestampOffset, offsetForTimestamp } from './offset-search';
import type { BatchMetadata } from './producer-entry';
import { type PreparedAppend, ProducerState } from './producer-state';
import { loadLog } from './recovery';
import type { Segment } from './segment';
import type { VerificationGuard } from './transaction-verification';
import {
  type ActiveProducer,
  type AppendInfo,
  type AppendOrigin,
  type EpochEnd,
  type FetchIsolation,
  type LogRead,
  type TimestampAndOffset,
  UnexpectedAppendOffsetError,
} from './types';
import { validateAndAssignOffsets } from './validator';

export interface LeaderAppend {
  readonly leaderEpoch: number;
  readonly origin: 'client' | 'coordinator';
  /** What `startTransactionVerification` gave out, where it had to. */
  readonly verificationGuard?: VerificationGuard | null;
  /**
   * A coordinator's records of which nobody hears but the connection whose request is being handled, so that they may be
   * put off as a client's may (`GatheredWrites`).
   */
  readonly mayBePutOff?: boolean;
  /** What has been made of the records already, where judging them had taken long (`TakesLongError`). */
  readonly judged?: JudgedRecords | null;
}

const ANY_EPOCH = 0x7fffffff;

/**
 * A replica's log: segments, producers and leader epochs, and the offsets that bound them (kafka.log.UnifiedLog). All
 * that decides is synchronous; what can take long on a disk runs behind. A failure of the disk is reported once to the
 * owner of the dir and answered with KAFKA_STORAGE_ERROR.
 */
export class PartitionLog extends LogStorage {
  /** Reads the log from its folder, which it makes if need be. Yields between segments that it has to check. */
  static *open(options: PartitionLogOptions): Generator<void, PartitionLog, void> {
    const { pool, clock, topic, partition, producerStateConfig, logger } = options;
    const folder = `${options.dir}/${options.folderName}`;
    pool.disk.makeFolder(folder);
    const newProducerState = (): ProducerState =>
      new ProducerState(pool.disk, folder, `${topic}-${partition}`, producerStateConfig, logger);
    const epochs = new LeaderEpochs(pool.disk, folder);
    const producers = newProducerState();
    const loaded = yield* loadLog({
      ...options,
      folder,
      epochs,
      producers,
      newProducerState,
      log: logger,
      rollJitterMs: () => rollJitterMs(options.config, options.random),
    });
    return new PartitionLog(options, folder, epochs, producers, loaded, clock.nowMs());
  }

  /** Judges records, gives them offsets, in place, and appends them. Throws `KafkaError`; nothing is appended then. */
  appendAsLeader(records: Buffer, append: LeaderAppend): AppendInfo {
    this.checkOnline();
    try {
      return this.judgeAndAppend(records, append);
    } catch (error) {
      throw this.toldOf(error, 'appending records to');
    }
  }

  /** On the hot path: no closures, and no spreads, whose objects V8 gives a new hidden class each. */
  private judgeAndAppend(records: Buffer, append: LeaderAppend): AppendInfo {
    const { origin, leaderEpoch } = append;
    const config = this.currentConfig;
    const partitionName = this.name;
    const found = analyze(records, { partitionName, origin, leaderEpoch, maxMessageBytes: config.maxMessageBytes });
    if (found.validBytes === 0) return this.nothingAppended(found);
    const nowMs = this.options.clock.nowMs();
    const valid = validateAndAssignOffsets(wholeBatches(records, found), {
      partitionName,
      origin,
      config,
      leaderEpoch,
      nextOffset: this.endOffset,
      nowMs,
      sourceCompression: found.sourceCompression,
      judged: append.judged ?? null,
    });
    found.firstOffset = this.endOffset;
    found.lastOffset = valid.lastOffset;
    found.maxTimestamp = valid.maxTimestamp;
    found.recordCount = valid.recordCount;
    const logAppendTimeMs = config.messageTimestampType === 'LogAppendTime' ? nowMs : -1;
    return this.append(valid.records, found, origin, nowMs, logAppendTimeMs, append);
  }

  /**
   * Appends what a leader has accepted, offsets as they are; batches of epochs above `leaderEpoch` are left out. Throws
   * `UnexpectedAppendOffsetError` where they begin before the log's end.
   */
  appendAsFollower(records: Buffer, leaderEpoch = ANY_EPOCH): AppendInfo {
    return this.onDisk('appending records to', () => {
      const origin = 'replication';
      const maxMessageBytes = Number.POSITIVE_INFINITY;
      const found = analyze(records, { partitionName: this.name, origin, leaderEpoch, maxMessageBytes });
      if (found.validBytes === 0) return this.nothingAppended(found);
      const first = found.firstOffset === -1 ? found.lastOffsetOfFirstBatch : found.firstOffset;
      if (!found.isMonotonic) {
        throw new KafkaError('UNKNOWN_SERVER_ERROR', `Out of order offsets found in append to ${this.name}`);
      }
      if (first < this.endOffset) throw this.unexpectedOffset(records, found, first);
      return this.append(wholeBatches(records, found), found, origin, this.options.clock.nowMs(), -1, null);
    });
  }

  private append(
    records: Buffer,
    found: Analysis,
    origin: AppendOrigin,
    nowMs: number,
    logAppendTimeMs: number,
    leader: LeaderAppend | null,
  ): AppendInfo {
    this.writeTopicId();
    this.takeEpochs(records);
    // What the leader has is to be here, too: its segments may be larger than those to come (segment.bytes has been lowered).
    if (records.length > this.currentConfig.segmentBytes && origin !== 'replication') {
      throw new KafkaError(
        'RECORD_LIST_TOO_LARGE',
        `Message batch size is ${records.length} bytes in append to partition ${this.name}, which exceeds the maximum configured segment size of ${this.currentConfig.segmentBytes}.`,
      );
    }
    const segment = this.maybeRoll(records.length, found, nowMs);
    const prepared = this.prepareProducers(records, origin, leader?.verificationGuard ?? null);
    if (prepared !== null && 'lastSequence' in prepared) return this.duplicateOf(prepared, found);

    const { lastOffset } = found;
    const firstOffset = found.firstOffset === -1 ? found.lastOffsetOfFirstBatch : found.firstOffset;
    segment.append(records, firstOffset, lastOffset, this.currentConfig.indexIntervalBytes);
    // Only a client's append is answered on the connection that waits for what is put off (`GatheredWrites`).
    if (origin !== 'client' && leader?.mayBePutOff !== true) segment.file.writeGathered();
    this.endOffset = lastOffset + 1;
    if (prepared !== null) this.commitProducers(prepared, segment);
    this.producers.mapEndOffset = this.endOffset;
    if (prepared !== null) this.updateFirstUnstable();
    if (this.endOffset - this.flushedOffset >= this.currentConfig.flushMessages) this.flushNow();
    return this.appendInfo(found, found.firstOffset, lastOffset, logAppendTimeMs, false);
  }

  private takeEpochs(records: Buffer): void {
    const { latestEpoch } = this.epochs;
    forEachBatch(records, (at) => {
      const epoch = partitionLeaderEpochAt(records, at);
      if (magicAt(records, at) >= 2 && epoch >= 0) this.epochs.assign(epoch, baseOffsetAt(records, at));
    });
    if (this.epochs.latestEpoch !== latestEpoch) this.keepEpochs();
  }

  /** Batches that are left of a compacted log do not tell where its epochs began: the file must not be lost in a power cut. */
  private keepEpochs(): void {
    if (this.currentConfig.cleanupCompact) this.inBackground(async () => void (await this.epochs.flush()));
  }

  /** What the append does to its producers; the batch that it repeats; or null where no producer has an id. */
  private prepareProducers(
    records: Buffer,
    origin: AppendOrigin,
    guard: VerificationGuard | null,
  ): PreparedAppend | BatchMetadata | null {
    let prepared: PreparedAppend | null = null;
    let duplicate: BatchMetadata | null = null;
    forEachBatch(records, (at) => {
      const producerId = producerIdAt(records, at);
      if (producerId <= NO_PRODUCER_ID || duplicate !== null) return;
      if (origin === 'client') {
        const [epoch, first, last] = [
          producerEpochAt(records, at),
          baseSequenceAt(records, at),
          lastSequenceAt(records, at),
        ];
        duplicate = this.producers.entry(producerId)?.findDuplicate(epoch, first, last) ?? null;
        if (duplicate !== null) return;
      }
      if (origin !== 'replication' && isTransactionalAt(records, at))
        this.checkVerified(records, at, producerId, guard);
      prepared ??= { producers: new Map(), completed: [] };
      this.producers.prepare(records, at, origin, prepared);
    });
    return duplicate ?? prepared;
  }

  /** A transactional batch needs an open transaction, or proof that the coordinator knows of one (KIP-890). */
  private checkVerified(b: Buffer, at: number, producerId: number, guard: VerificationGuard | null): void {
    if (this.producers.hasOngoingTransaction(producerId) || isControlAt(b, at)) return;
    if (!this.producers.config.transactionVerificationEnable) return;
    if (this.producers.verification.isValid(producerId, guard)) return;
    throw new KafkaError('INVALID_TXN_STATE', 'Record was not part of an ongoing transaction');
  }

  private commitProducers(prepared: PreparedAppend, segment: Segment): void {
    this.producers.update(prepared);
    for (const completed of prepared.completed) {
      const lastStableOffset = this.producers.lastStableOffset(completed);
      if (completed.isAborted) segment.txnIndex.append({ ...completed, lastStableOffset });
      this.producers.completeTxn(completed);
    }
  }

  private appendInfo(
    found: Analysis,
    firstOffset: number,
    lastOffset: number,
    logAppendTimeMs: number,
    duplicate: boolean,
  ): AppendInfo {
    const { maxTimestamp, validBytes, recordCount, lastLeaderEpoch } = found;
    const { logStartOffset } = this;
    return {
      firstOffset,
      lastOffset,
      maxTimestamp,
      logAppendTimeMs,
      logStartOffset,
      duplicate,
      validBytes,
      recordCount,
      lastLeaderEpoch,
    };
  }

  private duplicateOf(batch: BatchMetadata, found: Analysis): AppendInfo {
    return this.appendInfo(found, batch.firstOffset, batch.lastOffset, batch.timestamp, true);
  }

  private nothingAppended(found: Analysis): AppendInfo {
    return this.appendInfo(found, -1, -1, -1, false);
  }

  private unexpectedOffset(records: Buffer, found: Analysis, first: number): UnexpectedAppendOffsetError {
    const what = found.firstOffset === -1 ? 'Last offset of the first batch' : 'First offset';
    return new UnexpectedAppendOffsetError(
      `Unexpected offset in append to ${this.name}. ${what} ${first} is less than the next offset ${this.endOffset}. Last offset in append: ${found.lastOffset}. Log start offset = ${this.startOffset}`,
      baseOffsetAt(records, 0),
      found.lastOffset,
    );
  }

  private maybeRoll(bytes: number, found: Analysis, nowMs: number): Segment {
    const { active } = this.segments;
    const { segmentMs, segmentBytes } = this.currentConfig;
    const { maxTimestamp, lastOffset } = found;
    if (!active.shouldRoll({ segmentMs, segmentBytes, maxTimestamp, lastOffset, bytes, nowMs })) return active;
    // An old format does not tell its first offset: this one is low enough, and the indexes can still express it.
    return this.rollTo(found.firstOffset === -1 ? lastOffset - ANY_EPOCH : found.firstOffset);
  }

  /** Throws OFFSET_OUT_OF_RANGE. */
  read(offset: number, options: ReadOptions): LogRead {
    return this.onDisk('reading from', () => {
      const { name, logStartOffset, logEndOffset } = this;
      const bounds = { partitionName: name, logStartOffset, logEndOffset, upTo: this.boundOf(options.isolation) };
      return this.reader.read(offset, bounds, options);
    });
  }

  /** The offset that readers with this isolation do not see past. */
  boundOf(isolation: FetchIsolation): number {
    switch (isolation) {
      case 'log-end':
        return this.endOffset;
      case 'high-watermark':
        return this.watermark;
      case 'committed':
        return this.lastStableOffset;
    }
  }

  /** The first record at or after `timestamp` whose offset is between `from` and `upTo`, or null. Throws `SearchTakesLongError`. */
  offsetForTimestamp(timestamp: number, upTo: number, from = 0): TimestampAndOffset | null {
    return this.onDisk('reading from', () => {
      const found = offsetForTimestamp(this.segments.all, timestamp, Math.max(from, this.startOffset));
      return found !== null && found.offset < upTo ? found : null;
    });
  }

  /** The record with the largest timestamp, or null where no record has one. Throws `SearchTakesLongError`. */
  maxTimestampOffset(): TimestampAndOffset | null {
    return this.onDisk('reading from', () => maxTimestampOffset(this.segments.all));
  }

  /** What ListOffsets 0 answers: offsets where segments begin, newest first. `timestamp` -1 and -2 are special. */
  legacyOffsetsBefore(timestamp: number, maxOffsets: number): number[] {
    return this.onDisk('reading from', () => {
      const { logStartOffset, logEndOffset } = this;
      const nowMs = this.options.clock.nowMs();
      return legacyOffsetsBefore(this.segments.all, { timestamp, maxOffsets, logStartOffset, logEndOffset, nowMs });
    });
  }

  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.epochs.endOffsetFor(epoch, this.endOffset);
  }

  /** A leader of `epoch` writes from `offset` on. */
  assignEpochStartOffset(epoch: number, offset: number): void {
    this.onDisk('assigning an epoch to', () => this.epochs.assign(epoch, offset));
    this.keepEpochs();
  }

  /** Producers that may still write, for DescribeProducers. */
  activeProducers(): ActiveProducer[] {
    return this.producers.active();
  }

  removeExpiredProducers(): void {
    this.producers.removeExpired(this.options.clock.nowMs());
  }

  hasOngoingTransaction(producerId: number): boolean {
    return this.producers.hasOngoingTransaction(producerId);
  }

  /** The guard that a transactional append needs, or null where it needs none: its transaction is open already. */
  startTransactionVerification(producerId: number, sequence: number, epoch: number): VerificationGuard | null {
    if (this.producers.hasOngoingTransaction(producerId)) return null;
    return this.producers.verification.start(producerId, sequence, epoch, this.options.clock.nowMs());
  }
}

function wholeBatches(records: Buffer, { validBytes }: Analysis): Buffer {
  return validBytes === records.length ? records : records.subarray(0, validBytes);
}
