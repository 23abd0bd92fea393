import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { forEachBatch, lastOffsetAt } from '@odradek/protocol/records/batch';
import type { Clock } from '../env/clock';
import type { Logger } from '../env/logger';
import type { AppendInfo } from '../log/types';
import { FailedAppends } from './failed-appends';
import type { Partition } from './partition';
import type { Appended, AppendTerms, LogChunk, PartitionWriter } from './partition-writer';
import type { ReplicaManager } from './replica-manager';
import { DelayedRequest } from './wait-list';

/** After this long a wait for the in-sync replicas that nobody gives up begins anew. */
const COMMIT_WAIT_MS = 30_000;

/** Writes for coordinators to the replicas that this broker leads (ReplicaManager.appendForGroup). */
export class ReplicaWriter implements PartitionWriter {
  private readonly failed: FailedAppends;

  constructor(
    private readonly replicas: Pick<ReplicaManager, 'get'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.failed = new FailedAppends(logger, clock);
  }

  append(
    topic: string,
    index: number,
    batch: Buffer,
    { requiredAcks, timeoutMs, mayBePutOff = false, verificationGuard = null }: AppendTerms,
    settled: (error: ErrorName | null, appended: Appended) => void,
  ): void {
    if (requiredAcks < -1 || requiredAcks > 1) throw new KafkaError('INVALID_REQUIRED_ACKS');
    const partition = this.replicas.get(topic, index);
    const { firstOffset, lastOffset } = this.appendTo(partition, batch, requiredAcks, {
      origin: 'coordinator',
      mayBePutOff,
      verificationGuard,
    });
    const appended = { baseOffset: firstOffset, leaderEpoch: partition.leaderEpoch };
    if (requiredAcks !== -1) settled(null, appended);
    else this.settle(partition, lastOffset + 1, timeoutMs, (error) => settled(error, appended));
  }

  private appendTo(partition: Partition, ...append: Parameters<Partition['appendAsLeader']>): AppendInfo {
    try {
      return partition.appendAsLeader(...append);
    } catch (error) {
      if (error instanceof KafkaError) this.failed.refused(`${partition.topic}-${partition.partition}`, error);
      throw error;
    }
  }

  private settle(
    partition: Partition,
    requiredOffset: number,
    timeoutMs: number,
    settled: (error: ErrorName | null) => void,
  ): void {
    const attempt = (): boolean => {
      const outcome = partition.acknowledgement(requiredOffset);
      if (outcome === null) return false;
      settled(outcome === 'NONE' ? null : outcome);
      return true;
    };
    if (attempt()) return;
    const timedOut = (): void => settled('REQUEST_TIMED_OUT');
    const failed = (error: unknown): void => {
      const name = `${partition.topic}-${partition.partition}`;
      this.logger.error(`Error after an append of a coordinator to ${name}: ${(error as Error).message}`, { error });
    };
    new DelayedRequest([partition.producers], attempt, timedOut, failed).start(this.clock, timeoutMs);
  }

  whenCommitted(topic: string, index: number, settled: (error: ErrorName | null) => void): void {
    const partition = this.replicas.get(topic, index);
    partition.leaderState();
    const { logEndOffset } = partition.log;
    const wait = (): void =>
      this.settle(partition, logEndOffset, COMMIT_WAIT_MS, (error) => {
        if (error === 'REQUEST_TIMED_OUT') wait();
        // The high watermark has passed: how many replicas there are now says nothing of what was read.
        else settled(error === 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' ? null : error);
      });
    wait();
  }

  maxBatchBytes(topic: string, index: number): number {
    return this.replicas.get(topic, index).log.config.maxMessageBytes;
  }

  read(topic: string, index: number, from: number | null, maxBytes: number): LogChunk | null {
    const partition = this.replicas.get(topic, index);
    partition.leaderState();
    const { log } = partition;
    const offset = from ?? log.logStartOffset;
    if (offset >= log.logEndOffset) return null;
    const { slice } = log.read(offset, { maxBytes, minOneMessage: true, isolation: 'log-end' });
    const bytes = Buffer.allocUnsafe(slice.bytes);
    if (slice.readInto(bytes, 0) < bytes.length) throw new KafkaError('KAFKA_STORAGE_ERROR');
    let nextOffset = offset;
    const end = forEachBatch(bytes, (at) => {
      nextOffset = lastOffsetAt(bytes, at) + 1;
    });
    return end === 0 ? null : { batches: bytes.subarray(0, end), nextOffset };
  }
}
