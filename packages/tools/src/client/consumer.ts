import type { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { ServerError, ToolError } from '../tool-error';
import type { KafkaClient } from './client';
import type { ConsumerRecord } from './consumed';
import type { ConsumerSettings } from './consumer-config';
import { Fetcher, type Start } from './fetcher';
import { isSelected, type TopicSelection } from './selection';
import { TopicMetadata } from './topic-metadata';
import { Wakeup } from './wakeup';

const LATEST = -1;

/** What is to be read: one partition, or every partition of the topics that fit. */
export type Subscription =
  | { readonly topics: readonly [string]; readonly partition: number; readonly start: Start }
  | TopicSelection;

type TopicAnswer = ResponseOf<typeof Metadata>['topics'][number];

/** A consumer without a group: reads all partitions of its subscription, notices new ones, follows leaders. */
export class Consumer {
  private readonly metadata: TopicMetadata;
  private readonly fetcher: Fetcher;
  private readonly wakeup = new Wakeup();
  private failure: Error | undefined;
  private nextRefreshMs = 0;
  private lookingUp = false;
  private closed = false;

  constructor(
    private readonly client: KafkaClient,
    private readonly settings: ConsumerSettings,
    private readonly subscription: Subscription,
  ) {
    this.metadata = new TopicMetadata(client, settings.retryBackoffMs, settings.metadataMaxAgeMs);
    this.fetcher = new Fetcher(client, this.metadata, settings, (doubtful) => {
      if (doubtful) this.nextRefreshMs = 0;
      this.wakeup.wake();
    });
  }

  /** The next records of one partition, or undefined after so many milliseconds without any. */
  async poll(timeoutMs: number): Promise<Iterable<ConsumerRecord> | undefined> {
    const deadlineMs = Date.now() + timeoutMs;
    for (;;) {
      if (this.failure) throw this.failure;
      const records = this.fetcher.take();
      if (records) return records;
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0 || this.closed) return undefined;
      this.maintain();
      await this.wakeup.wait(Math.min(leftMs, Math.max(1, this.nextRefreshMs - Date.now())));
    }
  }

  /** Looks up the subscription where that is due. */
  private maintain(): void {
    if (this.lookingUp || Date.now() < this.nextRefreshMs) return;
    this.lookingUp = true;
    this.refresh()
      .catch((thrown: Error) => {
        const retriable = thrown instanceof ToolError && !(thrown instanceof ServerError && !thrown.retriable);
        if (!retriable) this.failure = thrown;
        this.nextRefreshMs = Date.now() + this.settings.retryBackoffMs;
      })
      .finally(() => {
        this.lookingUp = false;
        this.wakeup.wake();
      });
  }

  private async refresh(): Promise<void> {
    const { subscription, settings } = this;
    const names = 'pattern' in subscription ? null : subscription.topics;
    const deadlineMs = Date.now() + settings.requestTimeoutMs;
    const answers = await this.metadata.refresh(names, deadlineMs, settings.allowAutoCreateTopics);
    let isComplete = true;
    for (const topic of answers) {
      if (topic.errorCode !== 0) isComplete = false;
      else if (isSelected(subscription, topic)) isComplete = this.adopt(topic) && isComplete;
    }
    isComplete = (await this.fetcher.advance()) && isComplete;
    this.nextRefreshMs = Date.now() + (isComplete ? settings.metadataMaxAgeMs : settings.retryBackoffMs);
  }

  /** Takes a topic's partitions and leaders. Returns whether what is to be read is there. */
  private adopt(topic: TopicAnswer): boolean {
    const { subscription, settings, fetcher } = this;
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
    this.closed = true;
    this.fetcher.close();
    this.client.close();
    this.wakeup.wake();
  }
}
