import type { Sent } from './accumulator';
import type { TrafficObserver } from './connection';
import type { ProducerSettings } from './producer-config';
import { NO_AUTHENTICATION, RuntimeMetrics } from './runtime-metrics';
import { Sampled } from './sampled';

/** A metric as Kafka's tools name it: `group:name:{tags}`. */
export type Metrics = ReadonlyMap<string, number | string>;

type Statistics = Readonly<Record<string, Sampled>>;

/** What a statistic is shown as: each with its rate and total, or its average and maximum. */
type Shape = 'rate' | 'average';

const TRAFFIC = {
  'incoming-byte': 'rate',
  'outgoing-byte': 'rate',
  request: 'rate',
  response: 'rate',
  'request-size': 'average',
  'request-latency': 'average',
} as const satisfies Record<string, Shape>;

const RECORDS = { 'record-send': 'rate', 'record-error': 'rate', 'record-retry': 'rate' } as const;

const PRODUCER = {
  ...TRAFFIC,
  ...RECORDS,
  'batch-size': 'average',
  'batch-split': 'rate',
  'connection-creation': 'rate',
  'connection-close': 'rate',
  'buffer-exhausted': 'rate',
  'produce-throttle-time': 'average',
  'record-queue-time': 'average',
  'record-size': 'average',
} as const satisfies Record<string, Shape>;

/** What a transactional producer waits for (offsets are sent by none of the tools, and to begin takes no time). */
export type TransactionStep = 'init' | 'commit' | 'abort';

const NS_PER_MS = 1_000_000;

/** What a producer is busy with that it does not report as it happens. */
export interface ProducerState {
  /** Memory in use by records that wait for an answer. */
  readonly bufferedBytes: number;
  /** Sends that wait for memory. */
  readonly waiting: number;
  /** When metadata came last; undefined: never. */
  readonly metadataMs: number | undefined;
}

const TOPIC = { ...RECORDS, byte: 'rate' } as const;

/** Counts what a producer does, and gives it under the names of Java's producer (SenderMetricsRegistry, Selector). */
export class ProducerMetrics implements TrafficObserver {
  private readonly startMs: number;
  private readonly producer: Record<keyof typeof PRODUCER, Sampled>;
  private readonly nodes = new Map<number, Record<keyof typeof TRAFFIC, Sampled>>();
  private readonly topics = new Map<string, Record<keyof typeof TOPIC, Sampled> & { ratio: Sampled }>();
  private readonly ratio: Sampled;
  private readonly recordsPerRequest: Sampled;
  private readonly memoryWaitMs: Sampled;
  private readonly runtime: RuntimeMetrics;
  private metadataWaitMs = 0;
  private flushMs = 0;
  private readonly transactionMs: Record<TransactionStep, number> = { init: 0, commit: 0, abort: 0 };
  private connections = 0;
  private inFlight = 0;

  constructor(
    private readonly settings: ProducerSettings,
    private readonly now: () => number = Date.now,
  ) {
    this.startMs = now();
    this.producer = this.statistics(PRODUCER);
    this.ratio = new Sampled(now);
    this.recordsPerRequest = new Sampled(now);
    this.memoryWaitMs = new Sampled(now);
    this.runtime = new RuntimeMetrics(this.startMs, now);
  }

  /** A send waited for metadata. */
  waitedForMetadata(ms: number): void {
    this.metadataWaitMs += ms;
  }

  /** A send waited for memory. */
  waitedForMemory(ms: number): void {
    this.memoryWaitMs.record(ms);
  }

  /** A send was given up because no memory became free. */
  exhausted(): void {
    this.producer['buffer-exhausted'].record(1);
  }

  /** Somebody waited until all was sent. */
  flushed(ms: number): void {
    this.flushMs += ms;
  }

  /** A step of a transaction was waited for. */
  transactionStep(step: TransactionStep, ms: number): void {
    this.transactionMs[step] += ms;
  }

  private transactionTimes(): Readonly<Record<string, number>> {
    const { init, commit, abort } = this.transactionMs;
    const times = { abort, begin: 0, commit, init, 'send-offsets': 0 };
    return Object.fromEntries(Object.entries(times).map(([step, ms]) => [`txn-${step}-time-ns-total`, ms * NS_PER_MS]));
  }

  private statistics<K extends string>(shapes: Record<K, Shape>): Record<K, Sampled> {
    const names = Object.keys(shapes) as K[];
    return Object.fromEntries(names.map((name) => [name, new Sampled(this.now)])) as Record<K, Sampled>;
  }

  private node(nodeId: number) {
    if (!this.nodes.has(nodeId)) this.nodes.set(nodeId, this.statistics(TRAFFIC));
    return this.nodes.get(nodeId)!;
  }

  private topic(name: string) {
    if (!this.topics.has(name)) {
      this.topics.set(name, { ...this.statistics(TOPIC), ratio: new Sampled(this.now) });
    }
    return this.topics.get(name)!;
  }

  opened(nodeId: number): void {
    this.connections++;
    this.node(nodeId);
    this.producer['connection-creation'].record(1);
  }

  closed(): void {
    this.connections--;
    this.producer['connection-close'].record(1);
  }

  sent(nodeId: number, bytes: number): void {
    for (const each of [this.producer, this.node(nodeId)]) {
      each['outgoing-byte'].record(bytes);
      each.request.record(1);
      each['request-size'].record(bytes);
    }
  }

  received(nodeId: number, bytes: number): void {
    for (const each of [this.producer, this.node(nodeId)]) {
      each['incoming-byte'].record(bytes);
      each.response.record(1);
    }
  }

  /** Batches were put into a request, in so many bytes each. */
  requested(sent: readonly Sent[], bytes: readonly Buffer[]): void {
    let records = 0;
    this.inFlight++;
    for (const [at, { queue, batch }] of sent.entries()) {
      const { length } = bytes[at]!;
      const topic = this.topic(queue.topic);
      records += batch.recordCount;
      topic['record-send'].record(batch.recordCount);
      topic.byte.record(length);
      for (const ratio of [this.ratio, topic.ratio]) ratio.record(length / batch.sizeInBytes);
      this.producer['batch-size'].record(length);
      this.producer['record-queue-time'].record(this.now() - batch.createdMs);
      this.producer['record-size'].record(batch.maxRecordBytes);
    }
    this.producer['record-send'].record(records);
    this.recordsPerRequest.record(records);
  }

  /** A request is done with: answered, lost, or none awaits an answer. */
  finished(): void {
    this.inFlight--;
  }

  produced(nodeId: number, latencyMs: number, throttleTimeMs: number): void {
    this.producer['request-latency'].record(latencyMs);
    this.node(nodeId)['request-latency'].record(latencyMs);
    this.producer['produce-throttle-time'].record(throttleTimeMs);
  }

  split(): void {
    this.producer['batch-split'].record(1);
  }

  retried(topic: string, records: number): void {
    for (const each of [this.producer, this.topic(topic)]) each['record-retry'].record(records);
  }

  failed(topic: string, records: number): void {
    for (const each of [this.producer, this.topic(topic)]) each['record-error'].record(records);
  }

  /** All metrics by their names. */
  all({ bufferedBytes, waiting, metadataMs }: ProducerState): Metrics {
    const { clientId, bufferBytes } = this.settings;
    const metrics = new Map<string, number | string>();
    const tags = `client-id=${clientId}`;
    const add = (group: string, name: string, tags: string, value: number | string): void => {
      metrics.set(`${group}:${name}:{${tags}}`, value);
    };
    const addAll = (group: string, tags: string, shapes: Record<string, Shape>, statistics: Statistics): void => {
      for (const [name, shape] of Object.entries(shapes)) {
        const { perSecond, total, average, max } = statistics[name]!;
        add(group, `${name}-${shape === 'rate' ? 'rate' : 'avg'}`, tags, shape === 'rate' ? perSecond : average);
        add(group, `${name}-${shape === 'rate' ? 'total' : 'max'}`, tags, shape === 'rate' ? total : max);
      }
    };
    const addEach = (group: string, values: Readonly<Record<string, number | string>>): void => {
      for (const [name, value] of Object.entries(values)) add(group, name, tags, value);
    };
    const waitNs = this.memoryWaitMs.total * NS_PER_MS;
    addEach('app-info', this.runtime.appInfo());
    addAll('producer-metrics', tags, PRODUCER, this.producer);
    addEach('producer-metrics', {
      ...this.runtime.selector(this.producer.request.total + this.producer.response.total),
      ...NO_AUTHENTICATION,
      ...this.transactionTimes(),
      'bufferpool-wait-ratio': this.memoryWaitMs.perSecond / 1000,
      'bufferpool-wait-time-ns-total': waitNs,
      'bufferpool-wait-time-total': waitNs,
      'flush-time-ns-total': this.flushMs * NS_PER_MS,
      'metadata-age': metadataMs === undefined ? Number.NaN : (this.now() - metadataMs) / 1000,
      'metadata-wait-time-ns-total': this.metadataWaitMs * NS_PER_MS,
      'waiting-threads': waiting,
    });
    add('producer-metrics', 'buffer-available-bytes', tags, bufferBytes - bufferedBytes);
    add('producer-metrics', 'buffer-total-bytes', tags, bufferBytes);
    add('producer-metrics', 'compression-rate-avg', tags, this.ratio.average);
    add('producer-metrics', 'connection-count', tags, this.connections);
    add('producer-metrics', 'records-per-request-avg', tags, this.recordsPerRequest.average);
    add('producer-metrics', 'requests-in-flight', tags, this.inFlight);
    for (const [nodeId, node] of this.nodes) {
      addAll('producer-node-metrics', `${tags}, node-id=node-${nodeId}`, TRAFFIC, node);
    }
    for (const [name, topic] of this.topics) {
      addAll('producer-topic-metrics', `${tags}, topic=${name}`, TOPIC, topic);
      add('producer-topic-metrics', 'compression-rate', `${tags}, topic=${name}`, topic.ratio.average);
    }
    add('kafka-metrics-count', 'count', tags, metrics.size + 1);
    return metrics;
  }
}

/** Sorted lines, as org.apache.kafka.tools.ToolsUtils.printMetrics lays them out. */
export function metricLines(metrics: Metrics): string[] {
  const width = Math.max(0, ...[...metrics.keys()].map(({ length }) => length));
  const sorted = [...metrics].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = sorted.map(([name, value]) => {
    const text = typeof value === 'string' ? value : Number.isNaN(value) ? 'NaN' : value.toFixed(3);
    return `${name.padEnd(width)} : ${text}`;
  });
  return ['', `${'Metric Name'.padEnd(width)}   Value`, ...lines];
}
