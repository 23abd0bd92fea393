import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import type { BrokerConfigValues } from '../config/definitions';
import type { Clock } from '../env/clock';
import type { Logger, Loggers } from '../env/logger';
import type { PartitionWriter } from '../replication/partition-writer';
import { appendAndSettle } from '../replication/settled-append';
import { TRANSACTION_STATE_TOPIC } from './records';
import type { TransactionMarkers } from './transaction-types';

export interface TransactionShellOptions {
  readonly brokerId: number;
  readonly writer: PartitionWriter;
  readonly markers: TransactionMarkers;
  readonly clock: Clock;
  readonly loggers: Loggers;
  /** None of a transaction coordinator's settings changes while the broker runs. */
  readonly values: BrokerConfigValues;
}

/** Whatever the settings of the topic say: nothing of a transaction is true before all in-sync replicas have it. */
const ALL_IN_SYNC = -1;

/** What all transactions of a coordinator share. */
export class TransactionShell {
  readonly clock: Clock;
  readonly writer: PartitionWriter;
  readonly markers: TransactionMarkers;
  readonly values: BrokerConfigValues;
  /** By the names that Kafka's users know. */
  readonly loggers: Readonly<Record<'TransactionCoordinator' | 'TransactionStateManager', Logger>>;

  constructor({ brokerId, writer, markers, clock, loggers, values }: TransactionShellOptions) {
    this.clock = clock;
    this.writer = writer;
    this.markers = markers;
    this.values = values;
    const room = 'kafka.coordinator.transaction';
    this.loggers = {
      TransactionCoordinator: loggers.logger(
        `${room}.TransactionCoordinator`,
        `[TransactionCoordinator id=${brokerId}] `,
      ),
      TransactionStateManager: loggers.logger(
        `${room}.TransactionStateManager`,
        `[Transaction State Manager ${brokerId}]: `,
      ),
    };
  }

  /** Appends a batch to a partition of `__transaction_state`. `settled` gets null once it is committed. */
  append(partition: number, batch: Buffer, settled: (error: ErrorName | null) => void): void {
    const { writer, loggers, values } = this;
    const target = { writer, logger: loggers.TransactionStateManager, topic: TRANSACTION_STATE_TOPIC, partition };
    appendAndSettle(target, batch, { requiredAcks: ALL_IN_SYNC, timeoutMs: values.requestTimeoutMs }, settled);
  }

  /** Calls `committed` once all that the partition's log has is committed, unless this broker ceases to lead it. */
  whenCommitted(partition: number, committed: () => void): void {
    try {
      this.writer.whenCommitted(TRANSACTION_STATE_TOPIC, partition, (error) => {
        if (error === null) committed();
      });
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
    }
  }
}
