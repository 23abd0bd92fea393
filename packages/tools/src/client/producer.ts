import type { RecordInit } from '@odradek/protocol/records/builder';
import type { Log } from '../print';
import { kafkaException, ServerError, ToolError, timeoutError } from '../tool-error';
import { PartitionQueue, ProducerBatch, type SendCallback } from './accumulator';
import { KafkaClient } from './client';
import { partitionForKey, StickyPartitioner } from './partitioner';
import type { ProducerSettings } from './producer-config';
import { IdempotentIdentity, NO_IDENTITY, type ProducerIdentity } from './producer-identity';
import type { ProducerMetrics, ProducerState, TransactionStep } from './producer-metrics';
import { upperBoundBytes } from './record-size';
import { Sender } from './sender';
import { type TopicInfo, TopicMetadata } from './topic-metadata';
import { TransactionManager } from './transaction-manager';

export interface ProducerRecord extends RecordInit {
  readonly topic: string;
  /** The producer chooses where this is left out. */
  readonly partition?: number | undefined;
}

const ABORTED = 'org.apache.kafka.common.errors.TransactionAbortedException';

const constructionError = (thrown: unknown): unknown =>
  thrown instanceof ToolError ? kafkaException('Failed to construct kafka producer', thrown) : thrown;

function constructing<T>(construct: () => T): T {
  try {
    return construct();
  } catch (thrown) {
    throw constructionError(thrown);
  }
}

const noSuchPartition = (partition: number, count: number): ToolError =>
  kafkaException(`Invalid partition given with record: ${partition} is not in the range [0...${count}).`);

/**
 * A Kafka producer: records are batched by partition up to `batch.size` or `linger.ms`, sent with up to
 * `max.in.flight.requests.per.connection` requests per broker, retried in order, once only where idempotent.
 */
export class Producer {
  private readonly client: KafkaClient;
  private readonly metadata: TopicMetadata;
  private readonly sender: Sender;
  private readonly manager: TransactionManager | undefined;
  private readonly queues = new Map<string, PartitionQueue>();
  private readonly sticky = new Map<string, StickyPartitioner>();
  private readonly turns = new Map<string, number>();
  private readonly memoryWaiters: (() => void)[] = [];
  private bufferedBytes = 0;

  constructor(
    private readonly settings: ProducerSettings,
    log: Log,
    private readonly metrics?: ProducerMetrics,
  ) {
    this.client = constructing(
      () =>
        new KafkaClient({
          ...settings,
          logPrefix: `[Producer clientId=${settings.clientId}] `,
          log,
          reportsBootstrap: true,
          observer: metrics,
        }),
    );
    this.metadata = new TopicMetadata(this.client, settings.retryBackoffMs, settings.metadataMaxAgeMs);
    const { transactionalId } = settings;
    if (transactionalId !== undefined) {
      this.manager = new TransactionManager(this.client, settings, transactionalId);
    }
    const identity: ProducerIdentity =
      this.manager ??
      (settings.idempotent ? new IdempotentIdentity(this.client, settings.requestTimeoutMs) : NO_IDENTITY);
    this.sender = new Sender(this.client, this.metadata, settings, this.queues, identity, metrics);
  }

  /** Checks that some bootstrap name resolves, as creating Java's producer does. */
  async start(): Promise<void> {
    try {
      await this.client.checkBootstrap();
    } catch (thrown) {
      throw constructionError(thrown);
    }
  }

  /**
   * Buffers a record. Returns undefined where that was done at once, else a promise that resolves when it was: while
   * metadata is missing or the buffer is full. Failures go to the callback; that there is no transaction to be part of is
   * thrown, or rejected with.
   */
  send(record: ProducerRecord, callback: SendCallback): Promise<void> | undefined {
    // While leaders are looked for anew records go on to be buffered: the sender knows not to send them.
    const info = this.metadata.last(record.topic);
    const bytes = upperBoundBytes(record);
    if (bytes > this.settings.maxRequestBytes || bytes > this.settings.bufferBytes) {
      this.refuseTooLarge(record, bytes, callback);
      return undefined;
    }
    if (info && this.bufferedBytes + bytes <= this.settings.bufferBytes) {
      this.append(record, info, bytes, callback);
      return undefined;
    }
    return this.sendLater(record, bytes, callback);
  }

  private refuseTooLarge(record: ProducerRecord, bytes: number, callback: SendCallback): void {
    const { maxRequestBytes } = this.settings;
    const [what, limit, why] =
      bytes > maxRequestBytes
        ? ['which is larger than', maxRequestBytes, 'which is the value of the max.request.size configuration.']
        : [
            'which is larger than the total memory buffer you have configured with the buffer.memory configuration.',
            '',
            '',
          ];
    const tail = limit === '' ? what : `${what} ${limit}, ${why}`;
    const message = `The message is ${bytes} bytes when serialized ${tail}`;
    callback(new ServerError('MESSAGE_TOO_LARGE', message), { topic: record.topic, partition: -1, offset: -1 });
  }

  private async sendLater(record: ProducerRecord, bytes: number, callback: SendCallback): Promise<void> {
    const { maxBlockMs, bufferBytes } = this.settings;
    const startMs = Date.now();
    let info = this.metadata.last(record.topic);
    try {
      if (!info) {
        info = await this.metadata.wait(record.topic, maxBlockMs);
        this.metrics?.waitedForMetadata(Date.now() - startMs);
      }
      while (this.bufferedBytes + bytes > bufferBytes) {
        const leftMs = maxBlockMs - (Date.now() - startMs);
        if (leftMs <= 0) {
          this.metrics?.exhausted();
          throw timeoutError(
            `Failed to allocate ${bytes} bytes within the configured max blocking time ${maxBlockMs} ms.`,
          );
        }
        const waitingMs = Date.now();
        await this.memoryFreed(leftMs);
        this.metrics?.waitedForMemory(Date.now() - waitingMs);
      }
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      callback(thrown, { topic: record.topic, partition: -1, offset: -1 });
      return;
    }
    this.append(record, this.metadata.last(record.topic) ?? info, bytes, callback);
  }

  private memoryFreed(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.memoryWaiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private partitionerOf(topic: string): StickyPartitioner {
    let partitioner = this.sticky.get(topic);
    if (!partitioner) {
      partitioner = new StickyPartitioner(Math.max(1, this.settings.batchBytes));
      this.sticky.set(topic, partitioner);
    }
    return partitioner;
  }

  private choosePartition({ topic, key }: ProducerRecord, keyed: boolean, { leaders, available }: TopicInfo): number {
    if (this.settings.takesTurns) {
      const turn = this.turns.get(topic) ?? 0;
      this.turns.set(topic, turn + 1);
      return available[turn % available.length] ?? turn % leaders.length;
    }
    return keyed ? partitionForKey(key!, leaders.length) : this.partitionerOf(topic).choose(available);
  }

  private append(record: ProducerRecord, info: TopicInfo, bytes: number, callback: SendCallback): void {
    const { topic } = record;
    const { takesTurns, ignoresKeys } = this.settings;
    const keyed = record.key != null && !ignoresKeys;
    const isSticky = record.partition === undefined && !keyed && !takesTurns;
    const partition = record.partition ?? this.choosePartition(record, keyed, info);
    if (partition >= info.leaders.length) {
      callback(noSuchPartition(partition, info.leaders.length), { topic, partition, offset: -1 });
      return;
    }
    try {
      this.manager?.add({ topic, partition });
    } catch (thrown) {
      // What a broker refused is the record's failure; that there is no transaction is the caller's mistake.
      if (!(thrown instanceof ServerError)) throw thrown;
      callback(thrown, { topic, partition: -1, offset: -1 });
      return;
    }
    const queue = this.queueOf(topic, partition);
    this.bufferedBytes += bytes;
    const counted: SendCallback = (error, metadata) => {
      this.release(bytes);
      callback(error, metadata);
    };
    const last = queue.batches.at(-1);
    if (!last || last.isRetry || last.isClosed || !last.tryAppend(record, counted)) {
      const init = { compression: this.settings.compression, level: this.settings.compressionLevel };
      const batch = new ProducerBatch(init, Date.now(), this.settings.batchBytes);
      batch.tryAppend(record, counted);
      queue.batches.push(batch);
    }
    const isBatchFull = queue.batches.length > 1 || queue.batches[0]!.isFull;
    if (isSticky) this.partitionerOf(topic).produced(bytes, isBatchFull, info.available);
    this.sender.wake(isBatchFull ? 0 : this.settings.lingerMs);
  }

  private queueOf(topic: string, partition: number): PartitionQueue {
    const name = `${topic}-${partition}`;
    let queue = this.queues.get(name);
    if (!queue) {
      queue = new PartitionQueue(topic, partition);
      this.queues.set(name, queue);
    }
    return queue;
  }

  private release(bytes: number): void {
    this.bufferedBytes -= bytes;
    for (const wake of this.memoryWaiters.splice(0)) wake();
  }

  /** What its metrics say of the present. */
  get state(): ProducerState {
    return {
      bufferedBytes: this.bufferedBytes,
      waiting: this.memoryWaiters.length,
      metadataMs: this.metadata.refreshedMs,
    };
  }

  /**
   * Takes the transactional id over from whoever had it: to be called once, before the first transaction. Throws
   * `ToolError` as Java's producer does, which all of the following do.
   */
  initTransactions(): Promise<void> {
    return this.timed('init', () => this.transactions.initialize());
  }

  beginTransaction(): void {
    this.transactions.begin();
  }

  /** Flushes and commits. Throws what went wrong with any record of the transaction. */
  commitTransaction(): Promise<void> {
    return this.timed('commit', async () => {
      await this.sender.drain();
      await this.transactions.commit();
    });
  }

  /** Drops what was not sent yet and aborts. */
  abortTransaction(): Promise<void> {
    return this.timed('abort', async () => {
      this.sender.abort(new ToolError(ABORTED, 'Failing batch since transaction was aborted'));
      await this.sender.drain();
      await this.transactions.abort();
    });
  }

  private get transactions(): TransactionManager {
    if (this.manager) return this.manager;
    const why = 'Cannot use transactional methods without enabling transactions by setting the transactional.id';
    throw new ToolError('java.lang.IllegalStateException', `${why} configuration property`);
  }

  private async timed(what: TransactionStep, step: () => Promise<void>): Promise<void> {
    const startMs = Date.now();
    await step();
    this.metrics?.transactionStep(what, Date.now() - startMs);
  }

  /** Sends what is buffered at once and waits until all of it is answered. */
  async flush(): Promise<void> {
    const startMs = Date.now();
    await this.sender.drain();
    this.metrics?.flushed(Date.now() - startMs);
  }

  /** Flushes, then closes all connections. */
  async close(): Promise<void> {
    await this.flush();
    this.client.close();
  }

  /** Gives up: whatever is not answered fails. */
  abort(): void {
    this.sender.abort(kafkaException('Producer closed while send in progress'));
    this.client.close();
  }
}
