import type { KafkaClient } from '@odradek/tools/client/client';
import type { ConsumerRecord } from '@odradek/tools/client/consumed';
import { consumerSettings } from '@odradek/tools/client/consumer-config';
import { PolledFetcher } from '@odradek/tools/client/polled-fetcher';
import { ServerError } from '@odradek/tools/tool-error';

const EARLIEST = -2;
/** New partitions are noticed, and a topic that was deleted, after so long. */
const METADATA_MAX_AGE_MS = 10_000;
const RETRY_BACKOFF_MS = 100;
/** Brokers have others to serve: pieces are small, and one is asked for at a time. */
const FETCH_BYTES = 1024 * 1024;
const PARTITION_BYTES = 256 * 1024;
const LEAST_PARTITION_BYTES = 16 * 1024;
/** What was fetched and not looked at yet, of all partitions together, about. */
const BUFFERED_BYTES = 16 * 1024 * 1024;

export interface ReaderOptions {
  readonly topic: string;
  readonly isCommittedOnly: boolean;
  /** Whether partitions that are added later are read as well. */
  readonly takesNew: boolean;
  /** Where each partition is read from. */
  readonly starts: ReadonlyMap<number, number>;
}

/** Reads partitions of a topic from wherever their leaders are, until it is closed. */
export class TopicReader {
  private readonly source: PolledFetcher;
  private readonly known = new Set<number>();

  constructor(
    private readonly client: KafkaClient,
    private readonly options: ReaderOptions,
  ) {
    const lookUp = (): Promise<boolean> => this.lookUp();
    this.source = new PolledFetcher(client, settingsOf(options), { lookUp, isFinal: isGone });
    for (const [partition, offset] of options.starts) {
      this.known.add(partition);
      this.source.fetcher.add({ topic: options.topic, partition }, { offset }, -1);
    }
  }

  /** The next records of one partition, to be taken all; undefined after so many milliseconds without any. Throws. */
  next(timeoutMs: number): Promise<Iterable<ConsumerRecord> | undefined> {
    return this.source.poll(timeoutMs);
  }

  /** The next offset of each partition that is read. */
  positions(): Map<number, number> {
    return new Map(this.source.fetcher.readPositions().map(({ partition, offset }) => [partition, offset]));
  }

  /** A partition is read no more. */
  remove(partition: number): void {
    this.source.fetcher.remove({ topic: this.options.topic, partition });
  }

  private async lookUp(): Promise<boolean> {
    const { topic: name, takesNew } = this.options;
    const { metadata, fetcher } = this.source;
    const deadlineMs = Date.now() + this.client.options.requestTimeoutMs;
    const [topic] = await metadata.refresh([name], deadlineMs, false);
    if (topic?.errorCode !== 0) throw new ServerError('UNKNOWN_TOPIC_OR_PARTITION');
    fetcher.adopt(topic);
    for (const { partitionIndex: partition, leaderId } of topic.partitions) {
      if (!takesNew || this.known.has(partition)) continue;
      this.known.add(partition);
      fetcher.add({ topic: name, partition }, { timestamp: EARLIEST }, leaderId);
    }
    return true;
  }

  /** Stops fetching and closes all connections. */
  close(): void {
    this.source.close();
  }
}

const isGone = (thrown: Error): boolean =>
  thrown instanceof ServerError && thrown.error === 'UNKNOWN_TOPIC_OR_PARTITION';

function settingsOf({ isCommittedOnly, starts }: ReaderOptions) {
  const share = Math.floor(BUFFERED_BYTES / Math.max(1, starts.size));
  const partitionBytes = Math.max(LEAST_PARTITION_BYTES, Math.min(PARTITION_BYTES, share));
  return consumerSettings(
    new Map([
      ['isolation.level', isCommittedOnly ? 'read_committed' : 'read_uncommitted'],
      // What was deleted meanwhile is passed over.
      ['auto.offset.reset', 'earliest'],
      ['fetch.max.bytes', String(FETCH_BYTES)],
      ['max.partition.fetch.bytes', String(partitionBytes)],
      ['retry.backoff.ms', String(RETRY_BACKOFF_MS)],
      ['metadata.max.age.ms', String(METADATA_MAX_AGE_MS)],
    ]),
  );
}
