import type { Clock, Timer } from '../env/clock';
import { type Disk, DiskError } from '../env/disk';
import type { Logger } from '../env/logger';
import type { PartitionLog } from './partition-log';

export interface LogDeletionsOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The disk has failed under a folder that was to go. */
  readonly onDiskError: (log: PartitionLog, error: DiskError) => void;
}

/** Logs that are out of use and whose folders go after their topic's `file.delete.delay.ms`. */
export class LogDeletions {
  private readonly waiting = new Map<PartitionLog, Timer | null>();

  constructor(private readonly options: LogDeletionsOptions) {}

  /** The log's folder has its name for deletion already. */
  add(log: PartitionLog): void {
    this.waiting.set(log, null);
    const timer = this.options.clock.after(log.config.fileDeleteDelayMs, () => {
      this.waiting.delete(log);
      void this.removeFolder(log);
    });
    if (this.waiting.has(log)) this.waiting.set(log, timer);
  }

  /** Lets go of what still waits: it is found by its name at the next start. */
  stop(): void {
    for (const [log, timer] of this.waiting) {
      timer?.cancel();
      log.abandon();
    }
    this.waiting.clear();
  }

  private async removeFolder(log: PartitionLog): Promise<void> {
    const { disk, logger, onDiskError } = this.options;
    log.abandon();
    try {
      await disk.removeFolder(log.folder);
      logger.info(`Deleted log for partition ${log.name} in ${log.folder}.`);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      onDiskError(log, error);
    }
  }
}
