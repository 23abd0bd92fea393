import { KafkaError } from '@odradek/protocol/errors';
import type { MetadataCache } from '../cluster/metadata-cache';
import type { SeedTopic } from '../config/seed-topics';
import type { Clock, Timer } from '../env/clock';
import type { Logger } from '../env/logger';
import type { TopicAdmin } from './topic-admin';

const RETRY_MS = 250;
/** Brokers that are started together are there by then: for others somebody has to do something. */
const PATIENCE_MS = 10_000;

export interface TopicSeedsOptions {
  readonly topics: readonly SeedTopic[];
  readonly admin: Pick<TopicAdmin, 'create'>;
  readonly metadata: Pick<MetadataCache, 'image'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Makes the topics that a cluster is to have from its first moment on (`odradek.create.topics`), each as soon as there are
 * brokers enough for its replicas. Every broker may be told: whoever comes second finds them there.
 */
export class TopicSeeds {
  private readonly open: Map<string, SeedTopic>;
  private timer: Timer | null = null;
  private isStopped = false;
  /** When the first attempt was made. */
  private sinceMs: number | null = null;
  private hasWarned = false;

  constructor(private readonly options: TopicSeedsOptions) {
    this.open = new Map(options.topics.map((topic) => [topic.name, topic]));
  }

  /** A sentence for each topic that is not there yet: what it waits for. */
  get missing(): string[] {
    const count = this.options.metadata.image.brokers.size;
    const brokers = count === 1 ? 'is 1 broker' : `are ${count} brokers`;
    return [...this.open.values()].map(({ name, replicationFactor }) => {
      const why =
        replicationFactor > count ? `: it is to have ${replicationFactor} replicas, and there ${brokers}` : '';
      return `topic ${name} is not created yet${why}`;
    });
  }

  start(): void {
    void this.attempt();
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
  }

  private async attempt(): Promise<void> {
    for (const topic of [...this.open.values()]) {
      if (!this.isStopped) await this.make(topic);
    }
    if (this.open.size === 0 || this.isStopped) return;
    this.warnWhenLate();
    this.timer = this.options.clock.after(RETRY_MS, () => this.start());
  }

  private warnWhenLate(): void {
    const { clock, logger } = this.options;
    this.sinceMs ??= clock.monotonicMs();
    if (this.hasWarned || clock.monotonicMs() - this.sinceMs < PATIENCE_MS) return;
    this.hasWarned = true;
    logger.warn(`${this.missing.join('; ')} (odradek.create.topics)`);
  }

  private async make(topic: SeedTopic): Promise<void> {
    const { admin, metadata, logger } = this.options;
    const { name, partitions: numPartitions, replicationFactor, cleanupPolicy } = topic;
    const { image } = metadata;
    if (image.topics.has(name)) {
      this.open.delete(name);
      return;
    }
    if (image.brokers.size < replicationFactor) return;
    const configs = cleanupPolicy === null ? [] : [{ name: 'cleanup.policy', value: cleanupPolicy }];
    try {
      await admin.create({ name, numPartitions, replicationFactor, assignments: [], configs }, false, () => {});
      logger.info(`Created topic ${name} with ${numPartitions} partitions and replication factor ${replicationFactor}`);
    } catch (error) {
      if (!(error instanceof KafkaError)) {
        logger.warn(`Topic ${name} could not be created yet: ${(error as Error).message}`);
      } else if (error.error !== 'TOPIC_ALREADY_EXISTS') {
        // Nothing that time would heal.
        logger.error(`Topic ${name} of odradek.create.topics cannot be created: ${error.message}`);
        this.open.delete(name);
      }
    }
  }
}
