import { errorName } from '@odradek/protocol/errors';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import type { Metadata } from '@odradek/protocol/messages/metadata';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import { ServerError, ToolError } from '../tool-error';
import { type KafkaClient, sleep } from './client';
import { type ConsumerRecord, type Cursor, type Fetched, recordsOf } from './consumed';
import type { ConsumerSettings } from './consumer-config';
import { partitionText, type TopicPartition, toTopics } from './partitions';
import type { TopicMetadata } from './topic-metadata';

const UNKNOWN_POSITION = -1;
const NO_EPOCH = -1;
const NO_SESSION = { sessionId: 0, sessionEpoch: -1 };
const READ_COMMITTED = 1;
const LAST_WITH_NAMES = 12;

/** Where a partition is to be read from: a special timestamp of ListOffsets, or an offset. */
export type Start = { readonly timestamp: number } | { readonly offset: number; readonly leaderEpoch?: number };

interface Position extends TopicPartition, Cursor {
  /** The special timestamp that an unknown offset stands for; undefined: there is nowhere to read from. */
  timestamp: number | undefined;
  leader: number;
  fetching: boolean;
  /** Set once the partition is read no more, whoever still holds this. */
  removed: boolean;
}

/** Where reading goes on: the offset after the last record that was taken. */
export type ReadPosition = TopicPartition & Readonly<Cursor>;

type TopicAnswer = ResponseOf<typeof Metadata>['topics'][number];
type FetchAnswer = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number];

/**
 * Fetches the partitions that it is given from their leaders. What it got waits in a queue of one fetch per partition,
 * so a slow reader slows the fetching down.
 */
export class Fetcher {
  private readonly positions = new Map<string, Position>();
  private readonly queue: { readonly position: Position; readonly fetched: Fetched }[] = [];
  private readonly loops = new Set<number>();
  private failure: Error | undefined;
  private closed = false;

  /** @param changed called when there are records, a failure, or a leader to be looked up again (`doubtful`) */
  constructor(
    private readonly client: KafkaClient,
    private readonly metadata: TopicMetadata,
    private readonly settings: ConsumerSettings,
    private readonly changed: (doubtful: boolean) => void,
  ) {}

  has(partition: TopicPartition): boolean {
    return this.positions.has(partitionText(partition));
  }

  /** Begins to read a partition; `advance` gets it going. */
  add(partition: TopicPartition, start: Start, leader = -1): void {
    const offset = 'offset' in start ? start.offset : UNKNOWN_POSITION;
    const leaderEpoch = ('offset' in start ? start.leaderEpoch : undefined) ?? NO_EPOCH;
    const timestamp = 'timestamp' in start ? start.timestamp : this.settings.resetTimestamp;
    this.positions.set(partitionText(partition), {
      topic: partition.topic,
      partition: partition.partition,
      offset,
      leaderEpoch,
      timestamp,
      leader,
      fetching: false,
      removed: false,
    });
  }

  /** Reads a partition no more; what was fetched of it is dropped. */
  remove(partition: TopicPartition): void {
    const position = this.positions.get(partitionText(partition));
    if (!position) return;
    position.removed = true;
    this.positions.delete(partitionText(partition));
  }

  /** Takes the leaders of those of the topic's partitions that are read. */
  adopt(topic: TopicAnswer): void {
    for (const { partitionIndex, leaderId } of topic.partitions) {
      const position = this.positions.get(`${topic.name}-${partitionIndex}`);
      if (position) position.leader = leaderId;
    }
  }

  /** The known positions of what is read. */
  readPositions(): ReadPosition[] {
    return [...this.positions.values()].filter(({ offset }) => offset >= 0);
  }

  /** Finds positions that are not known yet and fetches. Returns whether every partition has a position and a leader. */
  async advance(): Promise<boolean> {
    await this.findPositions();
    const all = [...this.positions.values()];
    for (const leader of new Set(all.map((position) => position.leader))) this.fetchFrom(leader);
    return all.every(({ offset, leader }) => offset >= 0 && leader >= 0);
  }

  /** Whether `take` has something. */
  get isReady(): boolean {
    while (this.queue[0]?.position.removed) this.queue.shift();
    return this.queue.length > 0;
  }

  /** Records that were fetched, of one partition. Each moves its position as it is taken. Throws what made fetching end. */
  take(): Iterable<ConsumerRecord> | undefined {
    if (this.failure) throw this.failure;
    if (!this.isReady) return undefined;
    const { position, fetched } = this.queue.shift()!;
    return this.consume(position, fetched);
  }

  private *consume(position: Position, fetched: Fetched): Generator<ConsumerRecord> {
    try {
      for (const record of recordsOf(fetched, position)) {
        if (position.removed) return;
        yield record;
      }
    } finally {
      position.fetching = false;
      if (!position.removed) this.fetchFrom(position.leader);
    }
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
        timestamp: at(topic, partitionIndex).timestamp ?? UNKNOWN_POSITION,
      })),
    }));
    const { isolationLevel } = this.settings;
    const response = await this.client.sendTo(leader, ListOffsets, { replicaId: -1, isolationLevel, topics });
    for (const { name, partitions } of response.topics) {
      for (const { partitionIndex, errorCode, offset } of partitions) {
        // Not the answer's epoch: it is not that of a record that was read (OffsetFetcher.resetPositionIfNeeded).
        if (errorCode === 0) Object.assign(at(name, partitionIndex), { offset, leaderEpoch: NO_EPOCH });
      }
    }
  }

  private fetchFrom(leader: number): void {
    if (leader < 0 || this.closed || this.loops.has(leader)) return;
    this.loops.add(leader);
    this.fetchLoop(leader).catch((thrown: Error) => {
      this.loops.delete(leader);
      this.failure ??= thrown;
      this.changed(false);
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
        this.changed(true);
        await sleep(this.settings.retryBackoffMs);
      }
    }
  }

  private async fetchOnce(leader: number, wanted: readonly Position[]): Promise<void> {
    const connection = await this.client.connectTo(leader);
    const version = connection.versionFor(Fetch) ?? Fetch.range.to;
    const { settings } = this;
    const asked = new Map(wanted.map((position) => [partitionText(position), { position, offset: position.offset }]));
    const topicsById = new Map<string, string>();
    const topics = toTopics(wanted).map(({ topic, partitions }) => {
      const topicId = this.metadata.idOf(topic);
      topicsById.set(topicId, topic);
      return {
        topic,
        topicId,
        partitions: partitions.map((partition) => ({
          partition,
          fetchOffset: asked.get(partitionText({ topic, partition }))!.offset,
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
    const response = await connection.sendVersion(Fetch, sent, request, settings.requestTimeoutMs);
    if (response.errorCode !== 0) throw new ServerError(errorName(response.errorCode));
    for (const { topic, topicId, partitions } of response.responses) {
      const name = sent > LAST_WITH_NAMES ? topicsById.get(topicId) : topic;
      for (const answer of partitions) {
        const { position, offset } = asked.get(`${name}-${answer.partitionIndex}`) ?? {};
        // What was taken away meanwhile, or given back with another position, is none of this answer's business.
        if (position && !position.removed && position.offset === offset) this.receive(position, answer);
      }
    }
  }

  private receive(position: Position, answer: FetchAnswer): void {
    if (answer.errorCode === 0) {
      const records = answer.records as Buffer | null;
      if (!records || records.length === 0) return;
      position.fetching = true;
      const { topic, partition, offset: fetchOffset } = position;
      const aborted = this.settings.isolationLevel === READ_COMMITTED ? (answer.abortedTransactions ?? []) : null;
      this.queue.push({ position, fetched: { topic, partition, records, fetchOffset, aborted } });
      this.changed(false);
      return;
    }
    const error = new ServerError(errorName(answer.errorCode));
    if (error.error === 'OFFSET_OUT_OF_RANGE') this.reset(position);
    else if (error.retriable) position.leader = -1;
    else throw error;
    this.changed(true);
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

  /** Stops fetching. */
  close(): void {
    this.closed = true;
  }
}
