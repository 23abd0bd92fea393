import type { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { ServerError, ToolError } from '../../tool-error';
import type { ConsumerSettings } from '../consumer-config';
import type { Fetcher } from '../fetcher';
import type { TopicPartition } from '../partitions';
import { isSelected, type TopicSelection } from '../selection';
import type { TopicMetadata } from '../topic-metadata';

type TopicAnswer = ResponseOf<typeof Metadata>['topics'][number];

/** What a member knows of topics: those that it subscribes to and, where it leads its group, those of all members. */
export class GroupTopics {
  /** The topics that this member subscribes to. */
  subscribed: readonly string[];
  /** When to look again. */
  nextRefreshMs = 0;
  /** False until a pattern has been looked at once. */
  areKnown: boolean;
  /** What the leader divided last: partitions by topic, 0 for one that does not exist. */
  private divided: ReadonlyMap<string, number> = new Map();

  constructor(
    private readonly metadata: TopicMetadata,
    private readonly settings: ConsumerSettings,
    private readonly selection: TopicSelection,
    private readonly fetcher: Fetcher,
  ) {
    this.areKnown = 'topics' in selection;
    this.subscribed = 'topics' in selection ? selection.topics : [];
  }

  /** Something showed that a leader moved. */
  doubt(): void {
    this.nextRefreshMs = 0;
  }

  retrySoon(): void {
    this.nextRefreshMs = Math.min(this.nextRefreshMs, Date.now() + this.settings.retryBackoffMs);
  }

  leaderOf({ topic, partition }: TopicPartition): number {
    return this.metadata.last(topic)?.leaders[partition] ?? -1;
  }

  /** Partitions by topic, of those that exist: what a leader divides. */
  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const unknown = topics.filter((topic) => !this.metadata.get(topic));
    if (unknown.length > 0) await this.ask(unknown);
    this.divided = new Map(topics.map((topic) => [topic, this.countOf(topic)]));
    return new Map([...this.divided].filter(([, count]) => count > 0));
  }

  private countOf(topic: string): number {
    return this.metadata.get(topic)?.leaders.length ?? 0;
  }

  private ask(topics: readonly string[] | null): Promise<TopicAnswer[]> {
    const { requestTimeoutMs, allowAutoCreateTopics } = this.settings;
    return this.metadata.refresh(topics, Date.now() + requestTimeoutMs, allowAutoCreateTopics);
  }

  /** Looks at the topics again. Returns why the group has to be divided anew, undefined where it has not. */
  async refresh(isLeader: boolean): Promise<string | undefined> {
    // A refresh that fails half-way, and what happens meanwhile, shall lead to another soon.
    this.nextRefreshMs = Date.now() + this.settings.retryBackoffMs;
    const watched = isLeader ? [...this.divided.keys()] : [];
    let answers: TopicAnswer[];
    try {
      answers = await this.ask('pattern' in this.selection ? null : [...new Set([...this.subscribed, ...watched])]);
    } catch (thrown) {
      if (!(thrown instanceof ToolError) || (thrown instanceof ServerError && !thrown.retriable)) throw thrown;
      this.nextRefreshMs = Date.now() + this.settings.retryBackoffMs;
      return undefined;
    }
    const good = answers.filter(({ errorCode }) => errorCode === 0);
    for (const topic of good) this.fetcher.adopt(topic);
    const hasLeaders = good.every(({ partitions }) => partitions.every(({ leaderId }) => leaderId >= 0));
    const isComplete = hasLeaders && good.length === answers.length;
    this.nextRefreshMs = Date.now() + (isComplete ? this.settings.metadataMaxAgeMs : this.settings.retryBackoffMs);
    return this.newSubscription(good) ?? (isLeader ? this.newPartitions() : undefined);
  }

  private newSubscription(topics: readonly TopicAnswer[]): string | undefined {
    const { selection } = this;
    if (!('pattern' in selection)) return undefined;
    const names = topics.filter((topic) => isSelected(selection, topic)).map(({ name }) => name!);
    const isSame =
      this.areKnown && names.length === this.subscribed.length && names.every((name) => this.subscribed.includes(name));
    this.areKnown = true;
    if (isSame) return undefined;
    this.subscribed = names.sort();
    return 'the subscription has changed';
  }

  private newPartitions(): string | undefined {
    const changed = [...this.divided].some(([topic, count]) => this.countOf(topic) !== count);
    return changed ? 'cached metadata has changed' : undefined;
  }
}
