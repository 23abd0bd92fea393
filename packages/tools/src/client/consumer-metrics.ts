import type { Fetch } from '@odradek/protocol/messages/fetch';
import type { Metadata } from '@odradek/protocol/messages/metadata';
import { compressionAt, forEachBatch, magicAt, RECORD_BATCH_OVERHEAD } from '@odradek/protocol/records/batch';
import { decompress, MAX_DECOMPRESSED_BYTES } from '@odradek/protocol/records/compression';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { AnyApi, TrafficObserver } from './connection';
import type { ConsumerRecord } from './consumed';
import type { RebalanceListener } from './group-consumer';
import { partitionText, type TopicPartition } from './partitions';
import type { Metrics } from './producer-metrics';
import { Sampled } from './sampled';

const MAGIC_WITH_BATCHES = 2;
const PER_HOUR = 3600;

/** Requests of the coordinator that are counted and timed: what their metrics are called. */
const COORDINATOR = {
  Heartbeat: 'heartbeat',
  JoinGroup: 'join',
  OffsetCommit: 'commit',
  SyncGroup: 'sync',
} as const satisfies Record<string, string>;

type Counted = keyof typeof COORDINATOR;

const TIMED = ['partition-assigned', 'partition-lost', 'partition-revoked'] as const;

/** The size of records as Java's consumer counts it: uncompressed, without their batches' headers. */
export function recordsBytes(records: Buffer): number {
  let total = 0;
  forEachBatch(records, (at, size) => {
    if (magicAt(records, at) < MAGIC_WITH_BATCHES) {
      total += size;
      return;
    }
    const body = records.subarray(at + RECORD_BATCH_OVERHEAD, at + size);
    const codec = compressionAt(records, at);
    total += codec === 'none' ? body.length : decompress(codec, body, MAX_DECOMPRESSED_BYTES).length;
  });
  return total;
}

interface PartitionState extends TopicPartition {
  highWatermark: number;
  logStartOffset: number;
  readonly lag: Sampled;
  readonly lead: Sampled;
  lastLag: number;
  lastLead: number;
}

class Fetched {
  readonly bytes: Sampled;
  readonly records: Sampled;
  readonly requests: Sampled;

  constructor(now: () => number) {
    this.bytes = new Sampled(now);
    this.records = new Sampled(now);
    this.requests = new Sampled(now);
  }
}

/**
 * Counts what a group's member does, and gives it under the names of Java's consumer (FetchMetricsRegistry,
 * ConsumerCoordinatorMetrics): what of it is left once the consumer is closed.
 */
export class ConsumerMetrics implements TrafficObserver {
  private readonly requests: Record<Counted, Sampled>;
  private readonly callbacks = new Map<string, Sampled>();
  private readonly fetchLatency: Sampled;
  private readonly throttleTime: Sampled;
  private readonly rebalances: Sampled;
  private readonly all: Fetched;
  private readonly topics = new Map<string, Fetched>();
  private readonly partitions = new Map<string, PartitionState>();
  private readonly topicNames = new Map<string, string>();
  private rebalanceStartMs: number | undefined;
  private lastRebalanceMs: number | undefined;
  private lastHeartbeatMs: number | undefined;

  constructor(
    private readonly clientId: string,
    private readonly now: () => number = Date.now,
  ) {
    const names = Object.keys(COORDINATOR) as Counted[];
    this.requests = Object.fromEntries(names.map((name) => [name, new Sampled(now)])) as Record<Counted, Sampled>;
    for (const name of TIMED) this.callbacks.set(name, new Sampled(now));
    this.fetchLatency = new Sampled(now);
    this.throttleTime = new Sampled(now);
    this.rebalances = new Sampled(now);
    this.all = new Fetched(now);
  }

  opened(): void {}
  closed(): void {}
  sent(): void {}
  received(): void {}

  answered(_nodeId: number, { name }: AnyApi, latencyMs: number, response: unknown): void {
    if (name === 'Fetch') this.fetched(latencyMs, response as ResponseOf<typeof Fetch>);
    else if (name === 'Metadata') this.learnNames(response as ResponseOf<typeof Metadata>);
    else if (Object.hasOwn(COORDINATOR, name)) {
      this.coordinated(name as Counted, latencyMs, (response as { errorCode?: number }).errorCode ?? 0);
    }
  }

  private coordinated(name: Counted, latencyMs: number, errorCode: number): void {
    const joins = name === 'JoinGroup' || name === 'SyncGroup';
    if (name === 'JoinGroup') this.rebalanceStartMs ??= this.now() - latencyMs;
    if (name === 'Heartbeat') this.lastHeartbeatMs = this.now();
    if (joins && errorCode !== 0) return;
    this.requests[name].record(latencyMs);
    if (name !== 'SyncGroup') return;
    this.rebalances.record(this.now() - this.rebalanceStartMs!);
    this.rebalanceStartMs = undefined;
    this.lastRebalanceMs = this.now();
  }

  private learnNames({ topics }: ResponseOf<typeof Metadata>): void {
    for (const { topicId, name } of topics) if (name !== null) this.topicNames.set(topicId, name);
  }

  private topic(name: string): Fetched {
    if (!this.topics.has(name)) this.topics.set(name, new Fetched(this.now));
    return this.topics.get(name)!;
  }

  private fetched(latencyMs: number, { throttleTimeMs, responses }: ResponseOf<typeof Fetch>): void {
    this.fetchLatency.record(latencyMs);
    this.throttleTime.record(throttleTimeMs);
    let total = 0;
    for (const { topic, topicId, partitions } of responses) {
      const name = topic || (this.topicNames.get(topicId) ?? topicId);
      let bytes = 0;
      for (const { partitionIndex, highWatermark, logStartOffset, records } of partitions) {
        Object.assign(this.partition({ topic: name, partition: partitionIndex }), { highWatermark, logStartOffset });
        if (records) bytes += recordsBytes(records as Buffer);
      }
      if (bytes > 0) this.topic(name).bytes.record(bytes);
      total += bytes;
    }
    if (total > 0) this.all.bytes.record(total);
  }

  private partition({ topic, partition }: TopicPartition): PartitionState {
    const name = partitionText({ topic, partition });
    let state = this.partitions.get(name);
    if (!state) {
      const statistics = { lag: new Sampled(this.now), lead: new Sampled(this.now) };
      const unknown = { highWatermark: Number.NaN, logStartOffset: Number.NaN };
      state = { topic, partition, ...unknown, ...statistics, lastLag: Number.NaN, lastLead: Number.NaN };
      this.partitions.set(name, state);
    }
    return state;
  }

  /** A poll gave these records. */
  consumed(records: readonly ConsumerRecord[]): void {
    const last = new Map<string, ConsumerRecord>();
    const counts = new Map<string, number>();
    for (const record of records) {
      last.set(partitionText(record), record);
      counts.set(record.topic, (counts.get(record.topic) ?? 0) + 1);
    }
    for (const [topic, count] of counts) this.topic(topic).records.record(count);
    this.all.records.record(records.length);
    for (const record of last.values()) {
      const state = this.partition(record);
      state.lastLag = Math.max(0, state.highWatermark - record.offset - 1);
      state.lastLead = record.offset + 1 - state.logStartOffset;
      state.lag.record(state.lastLag);
      state.lead.record(state.lastLead);
    }
  }

  /** The listener, timed. */
  timed(listener: RebalanceListener): RebalanceListener {
    const timed = async (name: (typeof TIMED)[number], run: () => void | Promise<void>): Promise<void> => {
      const startMs = this.now();
      await run();
      this.callbacks.get(name)!.record(this.now() - startMs);
    };
    return {
      onPartitionsAssigned: (partitions) =>
        timed('partition-assigned', () => listener.onPartitionsAssigned?.(partitions)),
      onPartitionsRevoked: (partitions) => timed('partition-revoked', () => listener.onPartitionsRevoked?.(partitions)),
      onPartitionsLost: (partitions) =>
        timed('partition-lost', () =>
          (listener.onPartitionsLost ?? listener.onPartitionsRevoked)?.call(listener, partitions),
        ),
    };
  }

  private secondsSince(timeMs: number | undefined): number {
    return timeMs === undefined ? -1 : Math.floor((this.now() - timeMs) / 1000);
  }

  private coordinatorMetrics(): Record<string, number> {
    const values: Record<string, number> = { 'assigned-partitions': 0 };
    for (const [api, name] of Object.entries(COORDINATOR) as [Counted, string][]) {
      const statistic = this.requests[api];
      values[`${name}-rate`] = statistic.countPerSecond;
      values[`${name}-total`] = statistic.count;
      const what =
        name === 'heartbeat' ? 'heartbeat-response-time' : `${name}-${name === 'commit' ? 'latency' : 'time'}`;
      values[`${what}-max`] = statistic.max;
      if (name !== 'heartbeat') values[`${what}-avg`] = statistic.average;
    }
    for (const [name, { average, max }] of this.callbacks) {
      values[`${name}-latency-avg`] = average;
      values[`${name}-latency-max`] = max;
    }
    const { average, max, total, count, countPerSecond } = this.rebalances;
    return {
      ...values,
      // A rebalance that fails is tried again until it succeeds or ends the tool, which then prints no metrics.
      'failed-rebalance-rate-per-hour': 0,
      'failed-rebalance-total': 0,
      'last-heartbeat-seconds-ago': this.secondsSince(this.lastHeartbeatMs),
      'last-rebalance-seconds-ago': this.secondsSince(this.lastRebalanceMs),
      'rebalance-latency-avg': average,
      'rebalance-latency-max': max,
      'rebalance-latency-total': total,
      'rebalance-rate-per-hour': countPerSecond * PER_HOUR,
      'rebalance-total': count,
    };
  }

  private fetchedMetrics({ bytes, records }: Fetched): Record<string, number> {
    return {
      'bytes-consumed-rate': bytes.perSecond,
      'bytes-consumed-total': bytes.total,
      'fetch-size-avg': bytes.average,
      'fetch-size-max': bytes.max,
      'records-consumed-rate': records.perSecond,
      'records-consumed-total': records.total,
      'records-per-request-avg': records.total / bytes.count,
    };
  }

  private fetchMetrics(): Record<string, number> {
    const states = [...this.partitions.values()];
    const extreme = (pick: (...values: number[]) => number, values: number[]): number => {
      const known = values.filter((value) => !Number.isNaN(value));
      return known.length === 0 ? Number.NaN : pick(...known);
    };
    return {
      ...this.fetchedMetrics(this.all),
      'fetch-latency-avg': this.fetchLatency.average,
      'fetch-latency-max': this.fetchLatency.max,
      'fetch-rate': this.fetchLatency.countPerSecond,
      'fetch-throttle-time-avg': this.throttleTime.average,
      'fetch-throttle-time-max': this.throttleTime.max,
      'fetch-total': this.fetchLatency.count,
      'records-lag-max': extreme(
        Math.max,
        states.map(({ lag }) => lag.max),
      ),
      'records-lead-min': extreme(
        Math.min,
        states.map(({ lead }) => lead.min),
      ),
    };
  }

  /** All metrics by their names. */
  get values(): Metrics {
    const metrics = new Map<string, number | string>();
    const client = `client-id=${this.clientId}`;
    const addEach = (group: string, tags: string, values: Readonly<Record<string, number | string>>): void => {
      for (const [name, value] of Object.entries(values)) metrics.set(`${group}:${name}:{${tags}}`, value);
    };
    addEach('consumer-coordinator-metrics', client, this.coordinatorMetrics());
    addEach('consumer-fetch-manager-metrics', client, this.fetchMetrics());
    // Dots of topics are underscores in metrics' tags.
    const tagOf = (topic: string): string => `${client}, topic=${topic.replaceAll('.', '_')}`;
    for (const [topic, fetched] of this.topics) {
      addEach('consumer-fetch-manager-metrics', tagOf(topic), this.fetchedMetrics(fetched));
    }
    for (const { topic, partition, lag, lead, lastLag, lastLead } of this.partitions.values()) {
      addEach('consumer-fetch-manager-metrics', `${tagOf(topic)}, partition=${partition}`, {
        'preferred-read-replica': '-1',
        'records-lag': lastLag,
        'records-lag-avg': lag.average,
        'records-lag-max': lag.max,
        'records-lead': lastLead,
        'records-lead-avg': lead.average,
        'records-lead-min': lead.min,
      });
    }
    addEach('kafka-metrics-count', client, { count: metrics.size + 1 });
    return metrics;
  }
}
