import { errorName } from '@odradek/protocol/errors';
import type { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import { ServerError, ToolError, timeoutError } from '../tool-error';
import { type KafkaClient, sleep } from './client';

const NETWORK_CLIENT = 'org.apache.kafka.clients.NetworkClient';
const METADATA = 'org.apache.kafka.clients.Metadata';

const DOUBTED = Number.NEGATIVE_INFINITY;

export interface TopicInfo {
  readonly topic: string;
  readonly topicId: string;
  /** Leader by partition; -1 where there is none. */
  readonly leaders: number[];
  /** Partitions that have a leader. */
  readonly available: number[];
  readonly fetchedMs: number;
}

type Topic = ResponseOf<typeof Metadata>['topics'][number];

/** What a producer or consumer knows of topics, and how it asks for it: topics are created where the broker does so. */
export class TopicMetadata {
  private readonly topics = new Map<string, TopicInfo>();
  private correlationId = 0;
  /** When brokers answered last; undefined: never. */
  refreshedMs: number | undefined;

  constructor(
    private readonly client: KafkaClient,
    private readonly retryBackoffMs: number,
    private readonly maxAgeMs: number,
  ) {}

  /** What is known and not too old. */
  get(topic: string): TopicInfo | undefined {
    const info = this.topics.get(topic);
    return info && Date.now() - info.fetchedMs < this.maxAgeMs ? info : undefined;
  }

  /** What was known last, however old or doubtful. */
  last(topic: string): TopicInfo | undefined {
    return this.topics.get(topic);
  }

  /** The topic's id; the zero id where the broker has none. */
  idOf(topic: string): string {
    return this.trusted(topic)?.topicId ?? ZERO_UUID;
  }

  /** Something showed that what is known may be wrong: it is to be asked for again. */
  doubt(topic: string): void {
    const info = this.topics.get(topic);
    if (info) this.topics.set(topic, { ...info, fetchedMs: DOUBTED });
  }

  private trusted(topic: string): TopicInfo | undefined {
    const info = this.topics.get(topic);
    return info && info.fetchedMs !== DOUBTED ? info : undefined;
  }

  /** Asks until the topic has a partition with a leader. Throws `ToolError` after `maxBlockMs` or where it never will. */
  async wait(topic: string, maxBlockMs: number): Promise<TopicInfo> {
    const deadlineMs = Date.now() + maxBlockMs;
    for (;;) {
      try {
        await this.refresh([topic], deadlineMs);
      } catch (thrown) {
        if (!(thrown instanceof ToolError) || (thrown instanceof ServerError && !thrown.retriable)) throw thrown;
      }
      const info = this.trusted(topic);
      if (info && info.available.length > 0) return info;
      if (Date.now() + this.retryBackoffMs >= deadlineMs) {
        await sleep(Math.max(0, deadlineMs - Date.now()));
        throw timeoutError(`Topic ${topic} not present in metadata after ${maxBlockMs} ms.`);
      }
      await sleep(this.retryBackoffMs);
    }
  }

  /** Asks for these topics once, remembers what is there and reports what is not. Returns the topics' answers. */
  async refresh(names: readonly string[] | null, deadlineMs: number, allowAutoTopicCreation = true): Promise<Topic[]> {
    this.correlationId++;
    const { topics } = await this.client.metadata(names, deadlineMs, allowAutoTopicCreation);
    this.refreshedMs = Date.now();
    const failures = topics.filter(({ errorCode }) => errorCode !== 0);
    if (failures.length > 0) this.report(failures);
    for (const topic of topics) {
      if (topic.errorCode !== 0) this.topics.delete(topic.name!);
      else this.topics.set(topic.name!, infoOf(topic));
    }
    this.refuse(failures);
    return topics;
  }

  private report(failures: readonly Topic[]): void {
    const { log, logPrefix } = this.client.options;
    const list = failures.map(({ name, errorCode }) => `${name}=${errorName(errorCode)}`).join(', ');
    const what = `The metadata response from the cluster reported a recoverable issue with correlation id`;
    log('WARN', `${logPrefix}${what} ${this.correlationId} : {${list}}`, NETWORK_CLIENT);
  }

  private refuse(failures: readonly Topic[]): void {
    const { log, logPrefix } = this.client.options;
    const namesWith = (error: string): string | undefined => {
      const failed = failures.filter(({ errorCode }) => errorName(errorCode) === error);
      return failed.length === 0 ? undefined : failed.map(({ name }) => name).join(', ');
    };
    const invalid = namesWith('INVALID_TOPIC_EXCEPTION');
    if (invalid !== undefined) {
      log('ERROR', `${logPrefix}Metadata response reported invalid topics [${invalid}]`, METADATA);
      throw new ServerError('INVALID_TOPIC_EXCEPTION', `Invalid topics: [${invalid}]`);
    }
    const unauthorized = namesWith('TOPIC_AUTHORIZATION_FAILED');
    if (unauthorized !== undefined) {
      log('ERROR', `${logPrefix}Topic authorization failed for topics [${unauthorized}]`, METADATA);
      throw new ServerError('TOPIC_AUTHORIZATION_FAILED', `Not authorized to access topics: [${unauthorized}]`);
    }
  }
}

function infoOf(topic: Topic): TopicInfo {
  const leaders = new Array<number>(topic.partitions.length).fill(-1);
  for (const { partitionIndex, leaderId } of topic.partitions) leaders[partitionIndex] = leaderId;
  const available = leaders.flatMap((leader, partition) => (leader < 0 ? [] : [partition]));
  return { topic: topic.name!, topicId: topic.topicId, leaders, available, fetchedMs: Date.now() };
}
