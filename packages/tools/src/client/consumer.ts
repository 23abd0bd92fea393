import type { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { KafkaClient } from './client';
import type { ConsumerRecord } from './consumed';
import type { ConsumerSettings } from './consumer-config';
import type { Start } from './fetcher';
import { PolledFetcher } from './polled-fetcher';
import { isSelected, type TopicSelection } from './selection';

const LATEST = -1;

/** What is to be read: one partition, or every partition of the topics that fit. */
export type Subscription =
  | { readonly topics: readonly [string]; readonly partition: number; readonly start: Start }
  | TopicSelection;

type TopicAnswer = ResponseOf<typeof Metadata>['topics'][number];

/** A consumer without a group: reads all partitions of its subscription, notices new ones, follows leaders. */
export class Consumer {
  private readonly source: PolledFetcher;

  constructor(
    client: KafkaClient,
    private readonly settings: ConsumerSettings,
    private readonly subscription: Subscription,
  ) {
    this.source = new PolledFetcher(client, settings, { lookUp: () => this.lookUp() });
  }

  /** The next records of one partition, or undefined after so many milliseconds without any. */
  poll(timeoutMs: number): Promise<Iterable<ConsumerRecord> | undefined> {
    return this.source.poll(timeoutMs);
  }

  private async lookUp(): Promise<boolean> {
    const { subscription, settings } = this;
    const names = 'pattern' in subscription ? null : subscription.topics;
    const deadlineMs = Date.now() + settings.requestTimeoutMs;
    const answers = await this.source.metadata.refresh(names, deadlineMs, settings.allowAutoCreateTopics);
    let isComplete = true;
    for (const topic of answers) {
      if (topic.errorCode !== 0) isComplete = false;
      else if (isSelected(subscription, topic)) isComplete = this.adopt(topic) && isComplete;
    }
    return isComplete;
  }

  /** Takes a topic's partitions and leaders. Returns whether what is to be read is there. */
  private adopt(topic: TopicAnswer): boolean {
    const { subscription, settings } = this;
    const { fetcher } = this.source;
    const only = 'partition' in subscription ? subscription : undefined;
    fetcher.adopt(topic);
    for (const { partitionIndex, leaderId } of topic.partitions) {
      if (only && partitionIndex !== only.partition) continue;
      const partition = { topic: topic.name!, partition: partitionIndex };
      const start = only?.start ?? { timestamp: settings.resetTimestamp ?? LATEST };
      if (!fetcher.has(partition)) fetcher.add(partition, start, leaderId);
    }
    return !only || topic.partitions.some(({ partitionIndex }) => partitionIndex === only.partition);
  }

  /** Stops fetching and closes all connections. */
  close(): void {
    this.source.close();
  }
}
