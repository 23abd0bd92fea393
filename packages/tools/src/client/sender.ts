import { ERRORS, errorName } from '@odradek/protocol/errors';
import { Produce } from '@odradek/protocol/messages/produce';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { ServerError, ToolError, timeoutError } from '../tool-error';
import type { PartitionQueue, Sent } from './accumulator';
import type { KafkaClient } from './client';
import { type Connection, DisconnectError } from './connection';
import type { ProducerSettings } from './producer-config';
import type { ProducerIdentity } from './producer-identity';
import type { ProducerMetrics } from './producer-metrics';
import { type ErrorOf, recordFailures } from './record-errors';
import type { TopicMetadata } from './topic-metadata';

const SENDER = 'org.apache.kafka.clients.producer.internals.Sender';
const INT_MAX = 0x7fffffff;

/** What Java's InvalidMetadataException stands for. */
const OF_STALE_METADATA: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'LISTENER_NOT_FOUND',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
]);

type PartitionAnswer = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number];

/** Sends full or expired batches to their leaders (org.apache.kafka.clients.producer.internals.Sender). */
export class Sender {
  private readonly inFlightByNode = new Map<number, number>();
  private readonly idleWaiters: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private timerAtMs = Number.POSITIVE_INFINITY;
  private running = false;
  private again = false;
  private draining = 0;
  private backoffUntilMs = 0;

  constructor(
    private readonly client: KafkaClient,
    private readonly metadata: TopicMetadata,
    private readonly settings: ProducerSettings,
    private readonly queues: ReadonlyMap<string, PartitionQueue>,
    private readonly identity: ProducerIdentity,
    private readonly metrics?: ProducerMetrics,
  ) {}

  /** Looks for batches to send, in so many milliseconds at the latest. */
  wake(delayMs: number): void {
    if (delayMs > 0) {
      const atMs = Date.now() + delayMs;
      if (atMs >= this.timerAtMs) return;
      clearTimeout(this.timer);
      this.timerAtMs = atMs;
      this.timer = setTimeout(() => {
        this.timerAtMs = Number.POSITIVE_INFINITY;
        this.wake(0);
      }, delayMs);
      return;
    }
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    // A turn of its own, so that records sent in one go share their batches.
    setImmediate(() => void this.run());
  }

  /** Sends everything without lingering and waits for the answers. */
  async drain(): Promise<void> {
    this.draining++;
    while (this.isBusy()) {
      const idle = new Promise<void>((resolve) => this.idleWaiters.push(resolve));
      this.wake(0);
      await idle;
    }
    this.draining--;
    this.stopTimer();
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timerAtMs = Number.POSITIVE_INFINITY;
  }

  /** Fails all that waits. */
  abort(error: ToolError): void {
    this.stopTimer();
    for (const queue of this.queues.values()) {
      for (const batch of queue.batches.splice(0)) {
        this.identity.gaveUp(error, batch.baseSequence >= 0);
        batch.fail(queue.topic, queue.partition, error);
      }
    }
  }

  private isBusy(): boolean {
    for (const { batches, inFlight } of this.queues.values()) if (batches.length > 0 || inFlight > 0) return true;
    return false;
  }

  private async run(): Promise<void> {
    do {
      this.again = false;
      this.expire();
      try {
        if (await this.prepare()) await this.sendReady();
      } catch (thrown) {
        if (!(thrown instanceof ToolError)) throw thrown;
        this.backOff();
      }
    } while (this.again);
    this.running = false;
    if (!this.isBusy()) for (const resolve of this.idleWaiters.splice(0)) resolve();
  }

  private backOff(): void {
    this.backoffUntilMs = Date.now() + this.settings.retryBackoffMs;
    this.wake(this.settings.retryBackoffMs);
  }

  private expire(): void {
    const nowMs = Date.now();
    for (const queue of this.queues.values()) {
      const expired = queue.batches.filter(({ createdMs }) => nowMs - createdMs >= this.settings.deliveryTimeoutMs);
      for (const batch of expired) {
        queue.batches.splice(queue.batches.indexOf(batch), 1);
        this.giveUp({ queue, batch }, expiration({ queue, batch }, nowMs));
      }
    }
  }

  private giveUp({ queue, batch }: Sent, error: ToolError, errorOf?: ErrorOf): void {
    this.identity.gaveUp(error, batch.baseSequence >= 0);
    this.metrics?.failed(queue.topic, batch.recordCount);
    batch.fail(queue.topic, queue.partition, error, errorOf);
  }

  /** Whether there is a producer id to send under. While an old one is being given up nothing new is sent. */
  private async prepare(): Promise<boolean> {
    if (this.identity.isSettled) return true;
    if (!this.isBusy()) return false;
    const nowMs = Date.now();
    if (nowMs < this.backoffUntilMs) {
      this.wake(this.backoffUntilMs - nowMs);
      return false;
    }
    const isQuiet = [...this.queues.values()].every(({ inFlight }) => inFlight === 0);
    try {
      const outcome = await this.identity.prepare(isQuiet);
      if (outcome === 'new') this.restartSequences();
      return outcome !== 'none';
    } catch (thrown) {
      const passes = thrown instanceof DisconnectError || (thrown instanceof ServerError && thrown.retriable);
      if (thrown instanceof ToolError && !passes) this.abort(thrown);
      throw thrown;
    }
  }

  private restartSequences(): void {
    for (const queue of this.queues.values()) {
      queue.nextSequence = 0;
      for (const batch of queue.batches) batch.baseSequence = -1;
    }
  }

  private isReady(queue: PartitionQueue, nowMs: number): boolean {
    const batch = queue.batches[0];
    if (!batch) return false;
    if (queue.inFlight > 0 && (queue.isRetrying || this.settings.maxInFlight === 1)) return false;
    const readyMs =
      batch.attempts > 0
        ? batch.notBeforeMs
        : queue.batches.length > 1 || batch.isFull || batch.isSplit || this.draining > 0
          ? nowMs
          : batch.createdMs + this.settings.lingerMs;
    if (readyMs > nowMs) this.wake(readyMs - nowMs);
    return readyMs <= nowMs;
  }

  private async sendReady(): Promise<void> {
    const nowMs = Date.now();
    const byNode = new Map<number, PartitionQueue[]>();
    const unknown = new Set<string>();
    for (const queue of this.queues.values()) {
      if (!this.isReady(queue, nowMs) || !this.identity.admits(queue)) continue;
      const leader = this.metadata.get(queue.topic)?.leaders[queue.partition] ?? -1;
      if (leader < 0) unknown.add(queue.topic);
      else if (byNode.has(leader)) byNode.get(leader)!.push(queue);
      else byNode.set(leader, [queue]);
    }
    if (unknown.size > 0) this.lookUp([...unknown]);
    await Promise.all([...byNode].map(([nodeId, queues]) => this.sendToNode(nodeId, queues)));
  }

  private lookUp(topics: string[]): void {
    this.metadata.refresh(topics, Date.now() + this.settings.requestTimeoutMs).then(
      () => this.wake(this.settings.retryBackoffMs),
      () => this.backOff(),
    );
  }

  private async sendToNode(nodeId: number, queues: readonly PartitionQueue[]): Promise<void> {
    if ((this.inFlightByNode.get(nodeId) ?? 0) >= this.settings.maxInFlight) return;
    let connection: Connection;
    try {
      connection = await this.client.connectTo(nodeId);
    } catch (thrown) {
      if (!(thrown instanceof DisconnectError)) throw thrown;
      for (const { topic } of queues) this.metadata.doubt(topic);
      this.backOff();
      return;
    }
    const sent = this.take(queues);
    const bytes = await Promise.all(sent.map(({ batch }) => batch.bytes()));
    this.inFlightByNode.set(nodeId, (this.inFlightByNode.get(nodeId) ?? 0) + 1);
    this.metrics?.requested(sent, bytes);
    void this.request(nodeId, connection, sent, bytes).then(() => {
      this.inFlightByNode.set(nodeId, this.inFlightByNode.get(nodeId)! - 1);
      this.metrics?.finished();
      this.wake(0);
    });
    if (queues.some((queue) => this.isReady(queue, Date.now()))) this.again = true;
  }

  /** Takes the first batch of each queue, as many as one request may hold. */
  private take(queues: readonly PartitionQueue[]): Sent[] {
    const sent: Sent[] = [];
    let bytes = 0;
    for (const queue of queues) {
      const batch = queue.batches[0];
      if (!batch || (sent.length > 0 && bytes + batch.sizeInBytes > this.settings.maxRequestBytes)) continue;
      bytes += batch.sizeInBytes;
      queue.batches.shift();
      batch.isClosed = true;
      queue.inFlight++;
      if (this.settings.idempotent && batch.baseSequence < 0) {
        const { producerId, producerEpoch, transactionalId } = this.identity;
        batch.setProducer(producerId, producerEpoch, queue.nextSequence, transactionalId !== null);
        queue.nextSequence = (queue.nextSequence + batch.recordCount) % (INT_MAX + 1);
      }
      sent.push({ queue, batch });
    }
    return sent;
  }

  private async request(
    nodeId: number,
    connection: Connection,
    sent: readonly Sent[],
    records: readonly Buffer[],
  ): Promise<void> {
    const byTopic = new Map<string, { index: number; records: Buffer }[]>();
    for (const [at, { queue }] of sent.entries()) {
      const partition = { index: queue.partition, records: records[at]! };
      if (byTopic.has(queue.topic)) byTopic.get(queue.topic)!.push(partition);
      else byTopic.set(queue.topic, [partition]);
    }
    const { acks, requestTimeoutMs } = this.settings;
    const request = {
      transactionalId: this.identity.transactionalId,
      acks,
      timeoutMs: requestTimeoutMs,
      topicData: [...byTopic].map(([name, partitionData]) => ({ name, partitionData })),
    };
    let response: ResponseOf<typeof Produce> | undefined;
    let failure: ServerError | undefined;
    let correlationId = -1;
    try {
      if (acks === 0) connection.sendUnanswered(Produce, request);
      else {
        const answered = connection.send(Produce, request, requestTimeoutMs);
        correlationId = connection.lastCorrelationId;
        const sentMs = Date.now();
        response = await answered;
        this.metrics?.produced(nodeId, Date.now() - sentMs, response.throttleTimeMs);
      }
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      failure = requestError(thrown, nodeId);
    }
    for (const each of sent) {
      each.queue.inFlight--;
      const answer = response?.responses
        .find(({ name }) => name === each.queue.topic)
        ?.partitionResponses.find(({ index }) => index === each.queue.partition);
      if (acks === 0 && !failure) each.batch.complete(each.queue.topic, each.queue.partition, -1);
      else if (answer?.errorCode === 0) each.batch.complete(each.queue.topic, each.queue.partition, answer.baseOffset);
      else this.failed(each, failure ?? answerError(answer), correlationId, answer && recordFailures(answer));
    }
  }

  private failed(sent: Sent, error: ServerError, correlationId: number, errorOf?: ErrorOf): void {
    const { queue, batch } = sent;
    const { retries, idempotent } = this.settings;
    if (error.error === 'MESSAGE_TOO_LARGE' && batch.recordCount > 1) {
      this.warnOf(
        sent,
        `in correlation id ${correlationId}`,
        'splitting and retrying',
        retries - batch.attempts,
        error,
      );
      this.metrics?.split();
      for (const part of batch.split().reverse()) queue.putBack(part);
      return;
    }
    // The batch was written before, and its first answer lost: it is where it should be (its offset is unknown).
    if (error.error === 'DUPLICATE_SEQUENCE_NUMBER') {
      batch.complete(queue.topic, queue.partition, -1);
      return;
    }
    const outOfOrder = idempotent && error.error === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && queue.isRetrying;
    this.metadata.doubt(queue.topic);
    if ((error.retriable || outOfOrder) && batch.attempts < retries) this.retry(sent, error, correlationId);
    else this.giveUp(sent, error, errorOf);
    this.warnOfMetadata(queue.name, error);
  }

  private retry(sent: Sent, error: ServerError, correlationId: number): void {
    const { queue, batch } = sent;
    const left = this.settings.retries - batch.attempts - 1;
    this.warnOf(sent, `with correlation id ${correlationId}`, 'retrying', left, error);
    this.metrics?.retried(queue.topic, batch.recordCount);
    batch.attempts++;
    batch.notBeforeMs = Date.now() + this.retryDelayMs(batch.attempts);
    queue.putBack(batch);
  }

  private warnOf({ queue }: Sent, which: string, what: string, attemptsLeft: number, error: ServerError): void {
    const isOwn = error.message !== ERRORS[error.error].message;
    const text = isOwn ? `${error.error}. Error Message: ${error.message}` : error.error;
    this.warn(
      `Got error produce response ${which} on topic-partition ${queue.name}, ${what} ` +
        `(${attemptsLeft} attempts left). Error: ${text}`,
    );
  }

  private warnOfMetadata(partition: string, error: ServerError): void {
    if (!OF_STALE_METADATA.has(error.error)) return;
    this.warn(
      error.error === 'UNKNOWN_TOPIC_OR_PARTITION'
        ? `Received unknown topic or partition error in produce request on partition ${partition}. ` +
            'The topic-partition may not exist or the user may not have Describe access to it'
        : `Received invalid metadata error in produce request on partition ${partition} due to ${error} ` +
            'Going to request metadata update now',
    );
  }

  private warn(message: string): void {
    const { log, logPrefix } = this.client.options;
    log('WARN', logPrefix + message, SENDER);
  }

  private retryDelayMs(attempts: number): number {
    const { retryBackoffMs, retryBackoffMaxMs } = this.settings;
    return Math.min(retryBackoffMs * 2 ** (attempts - 1), Math.max(retryBackoffMs, retryBackoffMaxMs));
  }
}

function requestError(thrown: ToolError, nodeId: number): ServerError {
  if (thrown instanceof ServerError) return thrown;
  return thrown instanceof DisconnectError
    ? new ServerError('NETWORK_EXCEPTION', `Disconnected from node ${nodeId}`)
    : new ServerError('REQUEST_TIMED_OUT', `Disconnected from node ${nodeId} due to timeout`);
}

function answerError(answer: PartitionAnswer | undefined): ServerError {
  if (!answer) return new ServerError('UNKNOWN_SERVER_ERROR');
  return new ServerError(errorName(answer.errorCode), answer.errorMessage);
}

function expiration({ queue, batch }: Sent, nowMs: number): ToolError {
  const waitedMs = nowMs - batch.createdMs;
  return timeoutError(
    `Expiring ${batch.recordCount} record(s) for ${queue.name}:${waitedMs} ms has passed since batch creation`,
  );
}
