import type { ErrorName } from '@odradek/protocol/errors';
import { COMPRESSION_TYPES, type CompressionType } from '@odradek/protocol/records/batch';
import type { BrokerConfigValues } from '../config/definitions';
import type { Clock } from '../env/clock';
import type { Logger, Loggers } from '../env/logger';
import type { Appended, AppendTerms, PartitionWriter } from '../replication/partition-writer';
import { appendAndSettle } from '../replication/settled-append';
import { GROUP_OFFSETS_TOPIC, recordsBatch } from './records';

export interface GroupShellOptions {
  readonly brokerId: number;
  readonly writer: PartitionWriter;
  readonly clock: Clock;
  readonly loggers: Loggers;
  /** None of a group coordinator's settings changes while the broker runs. */
  readonly values: BrokerConfigValues;
}

const NO_ACKS = 0;
/** Room in a batch of tombstones for its header and the records' own lengths. */
const TOMBSTONE_OVERHEAD_BYTES = 32;

/** What all groups of a coordinator share: time, the log of events, and the partitions that they are kept in. */
export class GroupShell {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly writer: PartitionWriter;
  readonly values: BrokerConfigValues;
  readonly compression: CompressionType;
  private readonly steadyBaseMs: number;

  constructor({ brokerId, writer, clock, loggers, values }: GroupShellOptions) {
    this.clock = clock;
    this.logger = loggers.logger('kafka.coordinator.group.GroupCoordinator', `[GroupCoordinator ${brokerId}]: `);
    this.writer = writer;
    this.values = values;
    this.compression = COMPRESSION_TYPES[values.offsetsTopicCompressionCodec]!;
    this.steadyBaseMs = clock.nowMs() - Math.floor(clock.monotonicMs());
  }

  /** The clock that groups live by: it goes at the wall clock's pace, but never jumps, and no session ends with it. */
  steadyMs(monotonicMs = this.clock.monotonicMs()): number {
    return this.steadyBaseMs + Math.floor(monotonicMs);
  }

  /** By how much the wall clock has jumped. */
  get jumpMs(): number {
    return this.clock.nowMs() - this.steadyMs();
  }

  /** As `appendAndSettle`, on the terms of committed offsets. */
  append(
    partition: number,
    batch: Buffer,
    settled: (error: ErrorName | null, appended: Appended | null) => void,
    { mayBePutOff = false, verificationGuard = null }: Pick<AppendTerms, 'mayBePutOff' | 'verificationGuard'> = {},
  ): void {
    const { offsetsCommitRequiredAcks: requiredAcks, offsetsCommitTimeoutMs: timeoutMs } = this.values;
    const target = { writer: this.writer, logger: this.logger, topic: GROUP_OFFSETS_TOPIC, partition };
    appendAndSettle(target, batch, { requiredAcks, timeoutMs, mayBePutOff, verificationGuard }, settled);
  }

  /** Appends tombstones of these keys, without waiting for anybody. Throws `KafkaError`. */
  appendTombstones(partition: number, keys: readonly Buffer[]): void {
    const timestamp = this.clock.nowMs();
    const limit = this.writer.maxBatchBytes(GROUP_OFFSETS_TOPIC, partition) / 2;
    let from = 0;
    while (from < keys.length) {
      let to = from;
      for (let bytes = 0; to < keys.length && (to === from || bytes < limit); to++) {
        bytes += keys[to]!.length + TOMBSTONE_OVERHEAD_BYTES;
      }
      const records = keys.slice(from, to).map((key) => ({ timestamp, key, value: null }));
      const terms = { requiredAcks: NO_ACKS, timeoutMs: 0 };
      this.writer.append(GROUP_OFFSETS_TOPIC, partition, recordsBatch(records, this.compression), terms, () => {});
      from = to;
    }
  }
}
