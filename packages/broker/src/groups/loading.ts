import { KafkaError } from '@odradek/protocol/errors';
import type { Clock } from '../env/clock';
import type { Logger } from '../env/logger';
import type { PartitionWriter } from '../replication/partition-writer';
import { GROUP_OFFSETS_TOPIC } from './records';
import { Replay } from './replay';

/** What is read in one turn of the event loop: a few milliseconds' work, and large enough to be read quickly. */
const CHUNK_BYTES = 256 * 1024;

export interface LoadingOptions {
  readonly writer: PartitionWriter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** offsets.load.buffer.size */
  readonly bufferBytes: number;
}

interface Load {
  readonly partition: number;
  replay: Replay;
  readonly loaded: (replay: Replay) => void;
  nextOffset: number | null;
}

/**
 * Reads partitions of `__consumer_offsets` back, one after another, a piece in each turn of the event loop: a broker
 * that has just become the coordinator of many groups serves everybody else meanwhile.
 */
export class Loading {
  private loads: Load[] = [];
  private isScheduled = false;
  /** In this turn. */
  private readBytes = 0;

  constructor(private readonly options: LoadingOptions) {}

  /** Calls `loaded` once the partition has been read to its log's end, unless it is cancelled before. */
  start(partition: number, loaded: (replay: Replay) => void): void {
    this.loads.push({ partition, replay: new Replay(), loaded, nextOffset: null });
    this.schedule();
  }

  cancel(partition: number): void {
    this.loads = this.loads.filter((load) => load.partition !== partition);
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.options.clock.soon(() => {
      this.isScheduled = false;
      this.turn();
      if (this.loads.length > 0) this.schedule();
    });
  }

  /** Reads about a piece, of as many partitions as that is. */
  private turn(): void {
    this.readBytes = 0;
    for (let load = this.loads[0]; load !== undefined && this.readBytes < CHUNK_BYTES; load = this.loads[0]) {
      const outcome = this.read(load);
      if (outcome === 'more') continue;
      this.loads.shift();
      if (outcome === 'end') this.finish(load);
    }
  }

  private read(load: Load): 'more' | 'end' | 'lost' {
    const { writer, logger, bufferBytes } = this.options;
    const name = `${GROUP_OFFSETS_TOPIC}-${load.partition}`;
    try {
      const chunk = writer.read(
        GROUP_OFFSETS_TOPIC,
        load.partition,
        load.nextOffset,
        Math.min(bufferBytes, CHUNK_BYTES),
      );
      if (chunk === null) return 'end';
      this.readBytes += chunk.batches.length;
      load.replay.add(chunk.batches);
      load.nextOffset = chunk.nextOffset;
      return 'more';
    } catch (error) {
      if (load.nextOffset !== null && error instanceof KafkaError && error.error === 'OFFSET_OUT_OF_RANGE') {
        // Retention has deleted what was to be read next: what is left counts.
        load.nextOffset = null;
        load.replay = new Replay();
        return 'more';
      }
      logger.error(`Error loading offsets from ${name}: ${(error as Error).message}`, { error });
      // A log that this broker lost, or whose disk has failed, has its next coordinator soon. Of one with bytes that are
      // no records, what comes before them is all that anybody will ever know.
      return error instanceof KafkaError ? 'lost' : 'end';
    }
  }

  private finish({ partition, replay, loaded }: Load): void {
    const { logger } = this.options;
    const name = `${GROUP_OFFSETS_TOPIC}-${partition}`;
    for (const [version, count] of replay.unknownKeys) {
      logger.warn(
        `Unknown message key with version ${version} while loading offsets and group metadata from ${name}. Ignoring ${count} of them. It could be a left over from an aborted upgrade.`,
      );
    }
    for (const { offset, reason } of replay.damaged) {
      logger.error(`The record at offset ${offset} of ${name} cannot be read and is left out: ${reason}`);
    }
    loaded(replay);
  }
}
