import type { TopicConfigs } from '../cluster/topic-configs';

export type ThrottledSide = 'leader' | 'follower';

interface Listing {
  /** The setting that this was read from: it is replaced as a whole. */
  readonly source: readonly string[];
  readonly partitions: ReadonlySet<number> | 'all';
}

/**
 * Which of this broker's replicas are throttled when they lead, or when they follow: `partition:broker` by
 * `partition:broker` or `*`, in the settings of their topics (TopicConfigHandler.parseThrottledPartitions).
 */
export class ThrottledReplicas {
  private readonly read = new Map<string, Listing>();

  constructor(
    private readonly brokerId: number,
    private readonly topicConfigs: TopicConfigs,
    private readonly side: ThrottledSide,
  ) {}

  has(topic: string, partition: number): boolean {
    const { leaderReplicationThrottledReplicas, followerReplicationThrottledReplicas } =
      this.topicConfigs.get(topic).values;
    const source = this.side === 'leader' ? leaderReplicationThrottledReplicas : followerReplicationThrottledReplicas;
    if (source.length === 0) return false;
    let listing = this.read.get(topic);
    if (listing?.source !== source) {
      listing = { source, partitions: this.parse(source) };
      this.read.set(topic, listing);
    }
    return listing.partitions === 'all' || listing.partitions.has(partition);
  }

  private parse(source: readonly string[]): Listing['partitions'] {
    if (source.length === 1 && source[0]!.trim() === '*') return 'all';
    const pairs = source.map((pair) => pair.split(':').map(Number));
    return new Set(pairs.filter(([, broker]) => broker === this.brokerId).map(([partition]) => partition!));
  }
}
