import { errorName } from '@odradek/protocol/errors';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import type { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import { ServerError, ToolError } from '../tool-error';
import { type KafkaClient, sleep } from './client';
import { type ConsumerRecord, type Fetched, recordsOf } from './consumed';
import type { ConsumerSettings } from './consumer-config';
import { partitionText, type TopicPartition, toTopics } from './partitions';
import { TopicMetadata } from './topic-metadata';

const UNKNOWN_POSITION = -1;
const NO_SESSION = { sessionId: 0, sessionEpoch: -1 };
const READ_COMMITTED = 1;
const LAST_WITH_NAMES = 12;

/** Where a partition is to be read from: a special timestamp of ListOffsets, or an offset. */
export type Start = { readonly timestamp: number } | { readonly offset: number };

interface Position extends TopicPartition {
  offset: number;
  /** The special timestamp that an unknown offset stands for. */
  timestamp: number;
  leader: number;
  fetching: boolean;
}

/** What is to be read: one partition, or every partition of the topics that fit. */
export type Subscription =
  | { readonly topic: string; readonly partition: number; readonly start: Start }
  | { readonly topic: string }
  | { readonly pattern: RegExp; readonly excludeInternal: boolean };

type TopicAnswer = ResponseOf<typeof Metadata>['topics'][number];
type FetchAnswer = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number];

/**
 * A consumer without a group: reads all partitions of its subscription, notices new ones, follows leaders. Fetched data
 * waits in a queue of one fetch per broker, so a slow reader slows the fetching down.
 */
export class Consumer {
  private readonly positions = new Map<string, Position>();
  private readonly metadata: TopicMetadata;
  private readonly queue: Fetched[] = [];
  private readonly waiters: (() => void)[] = [];
  private readonly loops = new Set<number>();
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
  }

  /** The next records of one partition, or undefined after so many milliseconds without any. */
  async poll(timeoutMs: number): Promise<Iterable<ConsumerRecord> | undefined> {
    const deadlineMs = Date.now() + timeoutMs;
    for (;;) {
      if (this.failure) throw this.failure;
      const fetched = this.queue.shift();
      if (fetched) return this.consume(fetched);
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0 || this.closed) return undefined;
      this.maintain();
      await this.changed(Math.min(leftMs, Math.max(1, this.nextRefreshMs - Date.now())));
    }
  }

  private *consume(fetched: Fetched): Generator<ConsumerRecord> {
    const position = this.positions.get(partitionText(fetched));
    let next = fetched.fetchOffset;
    try {
      yield* recordsOf(fetched, (nextOffset) => {
        next = Math.max(next, nextOffset);
      });
    } finally {
      if (position) {
        position.offset = next;
        position.fetching = false;
        this.fetchFrom(position.leader);
      }
    }
  }

  private changed(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(timeoutMs, 0x7fffffff));
      this.waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private notify(): void {
    for (const wake of this.waiters.splice(0)) wake();
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
        this.notify();
      });
  }

  private async refresh(): Promise<void> {
    const { subscription, settings } = this;
    const names = 'pattern' in subscription ? null : [subscription.topic];
    const deadlineMs = Date.now() + settings.requestTimeoutMs;
    const answers = await this.metadata.refresh(names, deadlineMs, settings.allowAutoCreateTopics);
    let isComplete = true;
    for (const topic of answers) {
      if (topic.errorCode !== 0) isComplete = false;
      else if (this.wants(topic)) isComplete = this.adopt(topic) && isComplete;
    }
    await this.findPositions();
    for (const leader of new Set([...this.positions.values()].map(({ leader }) => leader))) this.fetchFrom(leader);
    isComplete &&= [...this.positions.values()].every(({ offset, leader }) => offset >= 0 && leader >= 0);
    this.nextRefreshMs = Date.now() + (isComplete ? settings.metadataMaxAgeMs : settings.retryBackoffMs);
  }

  private wants({ name, isInternal }: TopicAnswer): boolean {
    if (!('pattern' in this.subscription)) return name === this.subscription.topic;
    return this.subscription.pattern.test(name!) && !(this.subscription.excludeInternal && isInternal);
  }

  /** Takes a topic's partitions and leaders. Returns whether all of them have a leader. */
  private adopt(topic: TopicAnswer): boolean {
    const { subscription, settings } = this;
    const only = 'partition' in subscription ? subscription : undefined;
    let isComplete = !only || topic.partitions.some(({ partitionIndex }) => partitionIndex === only.partition);
    for (const { partitionIndex, leaderId } of topic.partitions) {
      if (only && partitionIndex !== only.partition) continue;
      const partition = { topic: topic.name!, partition: partitionIndex };
      const known = this.positions.get(partitionText(partition));
      if (known) known.leader = leaderId;
      else {
        const start = only?.start ?? { timestamp: settings.resetTimestamp ?? UNKNOWN_POSITION };
        const offset = 'offset' in start ? start.offset : UNKNOWN_POSITION;
        const timestamp = 'timestamp' in start ? start.timestamp : UNKNOWN_POSITION;
        const position = { ...partition, offset, timestamp, leader: leaderId, fetching: false };
        this.positions.set(partitionText(partition), position);
      }
      if (leaderId < 0) isComplete = false;
    }
    return isComplete;
  }

  /** Asks leaders for the offsets that positions start from. Those that fail stay unknown and are asked for again. */
  private async findPositions(): Promise<void> {
    const unknown = [...this.positions.values()].filter(({ offset, leader }) => offset < 0 && leader >= 0);
    const groups = new Map<number, Position[]>();
    for (const position of unknown) groups.set(position.leader, [...(groups.get(position.leader) ?? []), position]);
    await Promise.all([...groups].map(([leader, positions]) => this.askOffsets(leader, positions)));
  }

  private async askOffsets(leader: number, positions: readonly Position[]): Promise<void> {
    const at = (topic: string, partition: number): Position =>
      positions.find((position) => position.topic === topic && position.partition === partition)!;
    const topics = toTopics(positions).map(({ topic, partitions }) => ({
      name: topic,
      partitions: partitions.map((partitionIndex) => ({
        partitionIndex,
        timestamp: at(topic, partitionIndex).timestamp,
      })),
    }));
    const { isolationLevel } = this.settings;
    const response = await this.client.sendTo(leader, ListOffsets, { replicaId: -1, isolationLevel, topics });
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode, offset } of partitions) {
        if (errorCode === 0) at(name, partitionIndex).offset = offset;
      }
    }
  }

  private fetchFrom(leader: number): void {
    if (leader < 0 || this.closed || this.loops.has(leader)) return;
    this.loops.add(leader);
    this.fetchLoop(leader).catch((thrown: Error) => {
      this.loops.delete(leader);
      this.failure ??= thrown;
      this.notify();
    });
  }

  private async fetchLoop(leader: number): Promise<void> {
    for (;;) {
      const wanted = [...this.positions.values()].filter(
        (position) => position.leader === leader && position.offset >= 0 && !position.fetching,
      );
      if (wanted.length === 0 || this.closed) {
        // In the same turn as the look above, so that nobody who frees a partition meanwhile takes the loop for alive.
        this.loops.delete(leader);
        return;
      }
      try {
        await this.fetchOnce(leader, wanted);
      } catch (thrown) {
        if (this.closed) return;
        if (!(thrown instanceof ToolError) || (thrown instanceof ServerError && !thrown.retriable)) throw thrown;
        // The leader is out of reach: perhaps another broker leads by now.
        this.nextRefreshMs = 0;
        this.notify();
        await sleep(this.settings.retryBackoffMs);
      }
    }
  }

  private async fetchOnce(leader: number, wanted: readonly Position[]): Promise<void> {
    const connection = await this.client.connectTo(leader);
    const version = connection.versionFor(Fetch) ?? Fetch.range.to;
    const { settings } = this;
    const topicsById = new Map<string, string>();
    const topics = toTopics(wanted).map(({ topic, partitions }) => {
      const topicId = this.metadata.idOf(topic);
      topicsById.set(topicId, topic);
      return {
        topic,
        topicId,
        partitions: partitions.map((partition) => ({
          partition,
          fetchOffset: this.positions.get(partitionText({ topic, partition }))!.offset,
          partitionMaxBytes: settings.maxPartitionFetchBytes,
        })),
      };
    });
    const request = {
      maxWaitMs: settings.fetchMaxWaitMs,
      minBytes: settings.fetchMinBytes,
      maxBytes: settings.fetchMaxBytes,
      isolationLevel: settings.isolationLevel,
      ...NO_SESSION,
      topics,
      forgottenTopicsData: [],
      rackId: settings.rackId,
    };
    // From version 13 on topics go by id, which topics made by old tools lack until a controller gives them one.
    const sent = topics.some(({ topicId }) => topicId === ZERO_UUID) ? Math.min(version, LAST_WITH_NAMES) : version;
    const timeoutMs = settings.requestTimeoutMs;
    const response = await connection.sendVersion(Fetch, sent, request, timeoutMs);
    if (response.errorCode !== 0) throw new ServerError(errorName(response.errorCode));
    for (const { topic, topicId, partitions } of response.responses) {
      const name = sent > LAST_WITH_NAMES ? topicsById.get(topicId) : topic;
      for (const answer of partitions) {
        const position = this.positions.get(`${name}-${answer.partitionIndex}`);
        if (position) this.take(position, answer);
      }
    }
  }

  private take(position: Position, answer: FetchAnswer): void {
    if (answer.errorCode === 0) {
      const records = answer.records as Buffer | null;
      if (!records || records.length === 0) return;
      position.fetching = true;
      const { topic, partition, offset: fetchOffset } = position;
      const aborted = this.settings.isolationLevel === READ_COMMITTED ? (answer.abortedTransactions ?? []) : null;
      this.queue.push({ topic, partition, records, fetchOffset, aborted });
      this.notify();
      return;
    }
    const error = new ServerError(errorName(answer.errorCode));
    if (error.error === 'OFFSET_OUT_OF_RANGE') this.reset(position);
    else if (error.retriable) position.leader = -1;
    else throw error;
    this.nextRefreshMs = 0;
    this.notify();
  }

  private reset(position: Position): void {
    const { resetTimestamp } = this.settings;
    if (resetTimestamp === undefined) {
      throw new ToolError(
        'org.apache.kafka.clients.consumer.OffsetOutOfRangeException',
        `Fetch position is out of range for partition ${partitionText(position)} and no reset policy is configured`,
      );
    }
    position.timestamp = resetTimestamp;
    position.offset = UNKNOWN_POSITION;
  }

  /** Stops fetching and closes all connections. */
  close(): void {
    this.closed = true;
    this.client.close();
    this.notify();
  }
}
