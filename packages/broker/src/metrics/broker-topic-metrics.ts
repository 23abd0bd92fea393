import type { Family, Sample } from './families';

/** Errors that say nothing about this broker: clients and leaders that moved bring them about (ReplicaManager). */
const EXPECTED_FETCH: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'NOT_LEADER_OR_FOLLOWER',
  'UNKNOWN_LEADER_EPOCH',
  'FENCED_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_OUT_OF_RANGE',
]);
const TOO_LARGE: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

class TopicCounters {
  messagesIn = 0;
  bytesIn = 0;
  bytesOut = 0;
  bytesRejected = 0;
  totalProduceRequests = 0;
  totalFetchRequests = 0;
  failedProduceRequests = 0;
  failedFetchRequests = 0;
  replicationBytesOut = 0;
}

type Counter = keyof TopicCounters;

const HELP: Readonly<Record<Counter, string>> = {
  messagesIn: 'Records appended by clients',
  bytesIn: 'Bytes of record batches appended by clients',
  bytesOut: 'Bytes of record batches read by consumers',
  bytesRejected: 'Bytes refused because a batch was larger than max.message.bytes',
  totalProduceRequests: 'Appends asked for, one for each partition of a Produce request',
  totalFetchRequests: 'Reads asked for, one for each partition of a Fetch request',
  failedProduceRequests: 'Appends that failed for a reason that lies with the records or this broker',
  failedFetchRequests: 'Reads that failed for a reason that lies with this broker',
  replicationBytesOut: 'Bytes of record batches read by other brokers',
};

/** What was read of one partition. */
interface Fetched {
  readonly error: { readonly error: string } | null;
  readonly slice: { readonly bytes: number };
}

/**
 * What goes through the topics (BrokerTopicMetrics): plain numbers, counted where it happens. Those of topics that this
 * broker no longer has are forgotten when they are read; what they added to the numbers of all topics stays.
 */
export class BrokerTopicMetrics {
  private readonly all = new TopicCounters();
  private readonly topics = new Map<string, TopicCounters>();

  /** @param hasTopic whether this broker has a replica of the topic, now */
  constructor(private readonly hasTopic: (topic: string) => boolean) {}

  /** Records of a client have been appended. */
  appended(topic: string, { recordCount, validBytes }: { recordCount: number; validBytes: number }): void {
    for (const counters of [this.all, this.of(topic)]) {
      counters.totalProduceRequests++;
      counters.messagesIn += recordCount;
      counters.bytesIn += validBytes;
    }
  }

  /**
   * Records of a client were refused.
   * @param isFailure whether that lies with the records or this broker
   */
  appendFailed(topic: string, error: string, isFailure: boolean, bytes: number): void {
    const known = this.hasTopic(topic) ? [this.all, this.of(topic)] : [this.all];
    for (const counters of known) {
      counters.totalProduceRequests++;
      if (isFailure) counters.failedProduceRequests++;
      if (TOO_LARGE.has(error)) counters.bytesRejected += bytes;
    }
  }

  /** A Fetch request is answered; `partitions` are what became of `wishes`, in their order. */
  fetched(
    wishes: readonly { readonly topic: string | null }[],
    partitions: readonly Fetched[],
    isFollower: boolean,
  ): void {
    for (const [index, { error, slice }] of partitions.entries()) {
      const { topic } = wishes[index]!;
      const known = topic !== null && this.hasTopic(topic) ? [this.all, this.of(topic)] : [this.all];
      for (const counters of known) {
        counters.totalFetchRequests++;
        if (error !== null && !EXPECTED_FETCH.has(error.error)) counters.failedFetchRequests++;
        if (isFollower) counters.replicationBytesOut += slice.bytes;
        else counters.bytesOut += slice.bytes;
      }
    }
  }

  private of(topic: string): TopicCounters {
    let counters = this.topics.get(topic);
    if (!counters) {
      counters = new TopicCounters();
      this.topics.set(topic, counters);
    }
    return counters;
  }

  families(): Family[] {
    return (Object.keys(HELP) as Counter[]).map((counter) => ({
      name: `kafka_server_brokertopicmetrics_${counter.toLowerCase()}_total`,
      help: `${HELP[counter]}; without a topic: of all together`,
      type: 'counter',
      read: () => this.read(counter),
    }));
  }

  private *read(counter: Counter): Generator<Sample> {
    yield { value: this.all[counter] };
    for (const [topic, counters] of this.topics) {
      if (!this.hasTopic(topic)) this.topics.delete(topic);
      // What goes to other brokers is not told by topic, as in Kafka.
      else if (counter !== 'replicationBytesOut') yield { labels: { topic }, value: counters[counter] };
    }
  }
}
