import type { Background } from '../env/background';
import type { Clock } from '../env/clock';
import type { Disk } from '../env/disk';
import type { Loggers } from '../env/logger';
import type { Random } from '../env/random';
import type { CleanerConfig } from './cleaner/cleaner-config';
import type { LogConfig } from './log-config';
import type { PartitionLog } from './partition-log';
import type { ProducerStateConfig } from './producer-state';

export interface LogManagerConfig {
  /** `log.dirs`. */
  readonly logDirs: readonly string[];
  readonly recoveryThreadsPerDataDir: number;
  /** Retention first runs this long after the start. */
  readonly initialTaskDelayMs: number;
  readonly retentionCheckIntervalMs: number;
  readonly flushSchedulerIntervalMs: number;
  readonly flushOffsetCheckpointIntervalMs: number;
  readonly flushStartOffsetCheckpointIntervalMs: number;
  readonly producerIdExpirationCheckIntervalMs: number;
  readonly producerState: ProducerStateConfig;
}

export interface LogManagerOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly loggers: Loggers;
  readonly config: LogManagerConfig;
  /** The configuration of a topic's logs as it is now. */
  readonly topicConfig: (topic: string) => LogConfig;
  /** Absent where `log.cleaner.enable` is false. */
  readonly cleaner?: {
    readonly background: Background;
    readonly config: () => CleanerConfig;
  };
}

export interface CreateLogOptions {
  readonly topicId: string | null;
  /** The controller says that this replica has never been: elsewhere a missing log may be on a dir that is offline. */
  readonly isNew: boolean;
}

export interface LogDirDescription {
  readonly path: string;
  readonly isOffline: boolean;
  readonly totalBytes: number;
  readonly usableBytes: number;
  readonly logs: readonly PartitionLog[];
}
