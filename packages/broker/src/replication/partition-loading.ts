import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import type { Clock } from '../env/clock';
import type { PartitionWriter } from './partition-writer';

/** What a log answers that is not this broker's to read any more. */
const LOST: ReadonlySet<ErrorName> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
  'KAFKA_STORAGE_ERROR',
]);
/** What is read in one turn of the event loop: a few milliseconds' work, and large enough to be read quickly. */
const CHUNK_BYTES = 256 * 1024;

/** What a coordinator makes of the records of one partition, from its first batch to its last. */
export interface PartitionReplay {
  /** Takes whole batches in. The chunk that they lie in is not kept. */
  add(batches: Buffer): void;
}

export interface PartitionLoadingOptions<Replay> {
  /** The topic that the coordinator keeps its state in. */
  readonly topic: string;
  readonly writer: PartitionWriter;
  readonly clock: Clock;
  /** The most that is read at once: offsets.load.buffer.size, transaction.state.log.load.buffer.size */
  readonly bufferBytes: number;
  readonly newReplay: () => Replay;
  /** Hears of what kept a partition from being read to its end. */
  readonly failed: (partition: number, error: Error) => void;
}

interface Load<Replay> {
  readonly partition: number;
  replay: Replay;
  readonly loaded: (replay: Replay) => void;
  nextOffset: number | null;
}

/**
 * Reads a coordinator's partitions back, one after another, a piece in each turn of the event loop: a broker that has
 * just become the coordinator of many groups or transactions serves everybody else meanwhile.
 */
export class PartitionLoading<Replay extends PartitionReplay> {
  private loads: Load<Replay>[] = [];
  private isScheduled = false;
  /** In this turn. */
  private readBytes = 0;

  constructor(private readonly options: PartitionLoadingOptions<Replay>) {}

  /** Calls `loaded` once the partition has been read to its log's end, unless it is cancelled before. */
  start(partition: number, loaded: (replay: Replay) => void): void {
    this.loads.push({ partition, replay: this.options.newReplay(), loaded, nextOffset: null });
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
      // A disk that fails takes its partitions away within the read: then this one is cancelled, and another is the first.
      if (outcome === 'more' || this.loads[0] !== load) continue;
      this.loads.shift();
      if (outcome === 'end') load.loaded(load.replay);
    }
  }

  private read(load: Load<Replay>): 'more' | 'end' | 'lost' {
    const { topic, writer, bufferBytes, newReplay, failed } = this.options;
    try {
      const chunk = writer.read(topic, load.partition, load.nextOffset, Math.min(bufferBytes, CHUNK_BYTES));
      if (chunk === null) return 'end';
      this.readBytes += chunk.batches.length;
      load.replay.add(chunk.batches);
      load.nextOffset = chunk.nextOffset;
      return 'more';
    } catch (error) {
      if (load.nextOffset !== null && error instanceof KafkaError && error.error === 'OFFSET_OUT_OF_RANGE') {
        // Retention has deleted what was to be read next: what is left counts.
        load.nextOffset = null;
        load.replay = newReplay();
        return 'more';
      }
      failed(load.partition, error as Error);
      // A log that this broker lost, or whose disk has failed, has its next coordinator soon. Of one with bytes that are
      // no records, what comes before them is all that anybody will ever know.
      return error instanceof KafkaError && LOST.has(error.error) ? 'lost' : 'end';
    }
  }
}
