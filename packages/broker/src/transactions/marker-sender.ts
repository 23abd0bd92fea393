import { type ErrorName, errorName } from '@odradek/protocol/errors';
import type { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { BrokerEndpoint, MetadataImage, TopicPartition } from '../cluster/metadata';
import type { MetadataCache } from '../cluster/metadata-cache';
import type { ConnectPeer } from '../cluster/peers';
import type { Clock, Timer } from '../env/clock';
import type { Logger } from '../env/logger';
import { addMarkers, MarkerChannel, type Markers } from './marker-channel';
import type { EndedTransaction, MarkersOutcome, TransactionMarkers } from './transaction-types';

export interface MarkerSenderOptions {
  readonly metadata: MetadataCache;
  readonly connect: ConnectPeer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The listener that brokers talk to each other on. */
  readonly listenerName: string;
  readonly requestTimeoutMs: number;
  /**
   * The partitions of those topics that ZooKeeper has, but for those about to be deleted; nothing that was there before the
   * call is missed. The metadata alone does not tell: a broker that has just started, or hears from a new controller, may
   * lead before it has heard of anybody else's partitions.
   */
  readonly existingPartitions: (topics: ReadonlySet<string>) => Promise<ReadonlyMap<string, ReadonlySet<number>>>;
  /** The version of WriteTxnMarkers that the brokers of this cluster speak among themselves. */
  readonly version: number;
}

/** A transaction some of whose partitions lack their marker. */
interface Pending {
  readonly transaction: EndedTransaction;
  /** `topic-N` of those. */
  readonly missing: Set<string>;
  readonly settled: (outcome: MarkersOutcome) => void;
  /** What was last told of it in the log: it may be refused the same way for hours. */
  lastRefusal: string;
}

/** Partitions of a transaction that nobody has told this broker of, while ZooKeeper is asked whether there are any. */
interface Doubt {
  readonly pending: Pending;
  partitions: readonly TopicPartition[];
}

/** How long a marker waits that was refused, or that has no leader to go to, where no news of leaders comes before. */
const RETRY_BACKOFF_MS = 50;
/** How long one waits for which ZooKeeper has been asked: it is news of leaders that will help, not to ask again. */
const DOUBT_BACKOFF_MS = 500;

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

/**
 * What a leader's answer means for a transaction's marker (TransactionMarkerRequestCompletionHandler): it is there or
 * needs not be (`done`), it is sent again, or nobody wants the transaction's markers any more.
 */
export function verdictOnMarker(error: ErrorName): 'done' | 'retry' | 'abandon' {
  switch (error) {
    case 'NONE':
    // The producer cannot have written anything there.
    case 'UNSUPPORTED_FOR_MESSAGE_FORMAT':
    case 'UNSUPPORTED_VERSION':
      return 'done';
    case 'INVALID_PRODUCER_EPOCH':
    case 'TRANSACTION_COORDINATOR_FENCED':
      return 'abandon';
    default:
      return 'retry';
  }
}

/** Errors that pass; others need somebody's hand before a marker can be written. */
const PASSING: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'REQUEST_TIMED_OUT',
  'KAFKA_STORAGE_ERROR',
]);

/**
 * Brings the markers of ended transactions to the leaders of their partitions, this broker among them, until each has
 * its own (TransactionMarkerChannelManager). All that goes to one broker in a turn goes in one request.
 */
export class MarkerSender implements TransactionMarkers {
  /** By transactional id. */
  private readonly pending = new Map<string, Pending>();
  /** By broker. */
  private readonly channels = new Map<number, MarkerChannel<Pending>>();
  /** To be taken to their leaders in the next turn. */
  private waiting: Markers<Pending> = new Map();
  /** As `waiting`, once the back-off is over or leaders change. */
  private putOff: Markers<Pending> = new Map();
  private readonly doubts = new Set<Doubt>();
  private isScheduled = false;
  private retry: Timer | null = null;
  private retryAtMs = 0;
  private isStopped = false;
  private readonly unfollow: () => void;

  constructor(private readonly options: MarkerSenderOptions) {
    this.unfollow = options.metadata.onUpdate((image) => this.onMetadata(image));
  }

  /** Transactions whose markers are not all written. */
  get size(): number {
    return this.pending.size;
  }

  send(transaction: EndedTransaction, settled: (outcome: MarkersOutcome) => void): void {
    const { transactionalId, partitions } = transaction;
    const missing = new Set(partitions.map(nameOf));
    const pending: Pending = { transaction, missing, settled, lastRefusal: '' };
    this.pending.set(transactionalId, pending);
    addMarkers(this.waiting, pending, partitions);
    this.schedule();
  }

  partitionResigned(txnPartition: number): void {
    for (const { transaction } of this.pending.values()) {
      if (transaction.txnPartition === txnPartition) this.pending.delete(transaction.transactionalId);
    }
  }

  stop(): void {
    this.isStopped = true;
    this.unfollow();
    this.retry?.cancel();
    this.pending.clear();
    for (const channel of this.channels.values()) channel.close();
    this.channels.clear();
  }

  private isWanted(pending: Pending): boolean {
    return this.pending.get(pending.transaction.transactionalId) === pending;
  }

  private schedule(): void {
    if (this.isScheduled || this.isStopped) return;
    this.isScheduled = true;
    this.options.clock.soon(() => {
      this.isScheduled = false;
      this.route();
    });
  }

  private retryLater(pending: Pending, partitions: readonly TopicPartition[], backoffMs = RETRY_BACKOFF_MS): void {
    const { clock } = this.options;
    addMarkers(this.putOff, pending, partitions);
    const atMs = clock.monotonicMs() + backoffMs;
    if (this.retry !== null && this.retryAtMs <= atMs) return;
    this.retry?.cancel();
    this.retryAtMs = atMs;
    this.retry = clock.after(backoffMs, () => this.retryNow());
  }

  private retryNow(): void {
    this.retry?.cancel();
    this.retry = null;
    for (const [pending, partitions] of this.putOff) addMarkers(this.waiting, pending, partitions);
    this.putOff.clear();
    this.schedule();
  }

  /** Leaders that were not known, or had moved, may be known by now. */
  private onMetadata(image: MetadataImage): void {
    for (const [broker, channel] of this.channels) {
      const endpoint = this.endpoint(image, broker);
      if (endpoint?.host === channel.endpoint.host && endpoint.port === channel.endpoint.port) continue;
      this.channels.delete(broker);
      for (const [pending, partitions] of channel.close()) addMarkers(this.waiting, pending, partitions);
    }
    this.resolveDoubts(image);
    if (this.putOff.size > 0) this.retryNow();
    else if (this.waiting.size > 0) this.schedule();
  }

  /** ZooKeeper's word may be long in coming: what has been heard of since does not wait for it. */
  private resolveDoubts({ topics }: MetadataImage): void {
    const isKnown = ({ topic, partition }: TopicPartition) => topics.get(topic)?.partitions.has(partition) === true;
    for (const doubt of this.doubts) {
      const known = doubt.partitions.filter(isKnown);
      if (known.length === 0) continue;
      doubt.partitions = doubt.partitions.filter((partition) => !isKnown(partition));
      addMarkers(this.waiting, doubt.pending, known);
    }
  }

  private endpoint({ brokers }: MetadataImage, broker: number): BrokerEndpoint | undefined {
    return brokers.get(broker)?.endpoints.get(this.options.listenerName);
  }

  /** Takes what waits to the leaders of its partitions. */
  private route(): void {
    if (this.isStopped) return;
    const { waiting } = this;
    this.waiting = new Map();
    const doubts: Doubt[] = [];
    for (const [pending, partitions] of waiting) {
      if (!this.isWanted(pending)) continue;
      const unknown = this.routeTransaction(pending, partitions);
      if (unknown.length > 0) doubts.push({ pending, partitions: unknown });
      this.settleIfDone(pending);
    }
    for (const channel of this.channels.values()) channel.flush();
    if (doubts.length > 0) void this.lookUp(doubts);
  }

  /** Returns the partitions that nobody has told this broker of. */
  private routeTransaction(pending: Pending, partitions: readonly TopicPartition[]): TopicPartition[] {
    const { metadata } = this.options;
    const byBroker = new Map<number, TopicPartition[]>();
    const homeless: TopicPartition[] = [];
    const unknown: TopicPartition[] = [];
    for (const partition of partitions) {
      const known = metadata.partition(partition.topic, partition.partition);
      if (known === undefined) unknown.push(partition);
      else if (this.channelTo(known.leader) === null) homeless.push(partition);
      else {
        const led = byBroker.get(known.leader);
        if (led === undefined) byBroker.set(known.leader, [partition]);
        else led.push(partition);
      }
    }
    for (const [broker, led] of byBroker) this.channels.get(broker)!.add(pending, led);
    if (homeless.length > 0) this.retryLater(pending, homeless);
    return unknown;
  }

  /**
   * Partitions that are no more need no marker; others wait until they are heard of. A question is answered to those who ask
   * it in one turn and to nobody who comes later: what their transactions have may be newer than the answer.
   */
  private async lookUp(doubts: readonly Doubt[]): Promise<void> {
    for (const doubt of doubts) this.doubts.add(doubt);
    const topics = new Set(doubts.flatMap(({ partitions }) => partitions.map(({ topic }) => topic)));
    const existing = await this.options.existingPartitions(topics).catch(() => null);
    for (const doubt of doubts) this.doubts.delete(doubt);
    if (this.isStopped) return;
    for (const { pending, partitions } of doubts) {
      if (!this.isWanted(pending)) continue;
      const isGone = ({ topic, partition }: TopicPartition) =>
        existing !== null && existing.get(topic)?.has(partition) !== true;
      const waiting = partitions.filter((partition) => !isGone(partition));
      if (waiting.length > 0) this.retryLater(pending, waiting, DOUBT_BACKOFF_MS);
      this.skip(pending, partitions.filter(isGone));
    }
  }

  private skip(pending: Pending, gone: readonly TopicPartition[]): void {
    if (gone.length === 0) return;
    this.options.logger.info(
      `Couldn't find leader endpoint for partitions ${gone.map(nameOf).join(',')} while trying to send transaction markers for ${pending.transaction.transactionalId}, these partitions are likely deleted already and hence can be skipped`,
    );
    for (const partition of gone) pending.missing.delete(nameOf(partition));
    this.settleIfDone(pending);
  }

  private channelTo(broker: number): MarkerChannel<Pending> | null {
    const known = this.channels.get(broker);
    if (known !== undefined) return known;
    const { metadata, connect, clock, requestTimeoutMs, version } = this.options;
    const endpoint = this.endpoint(metadata.image, broker);
    if (endpoint === undefined) return null;
    const channel = new MarkerChannel<Pending>(endpoint, {
      connect,
      clock,
      requestTimeoutMs,
      version,
      isWanted: (pending) => this.isWanted(pending),
      answered: (markers, response) => this.answered(broker, markers, response),
      failed: (markers, error) => this.failed(broker, markers, error),
    });
    this.channels.set(broker, channel);
    return channel;
  }

  private failed(broker: number, markers: Markers<Pending>, error: Error): void {
    if (this.isStopped) return;
    this.options.logger.info(`Transaction markers for broker ${broker} were not answered: ${error.message}`);
    for (const [pending, partitions] of markers) this.retryLater(pending, partitions);
  }

  private answered(broker: number, markers: Markers<Pending>, response: ResponseOf<typeof WriteTxnMarkers>): void {
    const answers = errorsOf(response);
    for (const [pending, partitions] of markers) {
      if (this.isWanted(pending)) this.judge(broker, pending, partitions, answers);
    }
  }

  private judge(
    broker: number,
    pending: Pending,
    partitions: readonly TopicPartition[],
    answers: ReadonlyMap<string, ErrorName>,
  ): void {
    const { transactionalId, producerId } = pending.transaction;
    for (const partition of partitions) {
      const error = answers.get(`${producerId} ${nameOf(partition)}`) ?? 'UNKNOWN_SERVER_ERROR';
      const verdict = verdictOnMarker(error);
      if (verdict === 'abandon') {
        this.options.logger.info(
          `Sending ${transactionalId}'s transaction marker for partition ${nameOf(partition)} has permanently failed with error ${error}; cancel sending any more transaction markers`,
        );
        this.settle(pending, 'abandoned');
        return;
      }
      if (verdict === 'done') pending.missing.delete(nameOf(partition));
      else {
        this.tellOfRefusal(broker, pending, partition, error);
        this.retryLater(pending, [partition]);
      }
    }
    this.settleIfDone(pending);
  }

  private tellOfRefusal(broker: number, pending: Pending, partition: TopicPartition, error: ErrorName): void {
    const refusal = `${error} of ${nameOf(partition)} on broker ${broker}`;
    if (pending.lastRefusal === refusal) return;
    pending.lastRefusal = refusal;
    this.options.logger[PASSING.has(error) ? 'info' : 'error'](
      `Sending ${pending.transaction.transactionalId}'s transaction marker for partition ${nameOf(partition)} has failed on broker ${broker} with error ${error}, it is sent again`,
    );
  }

  private settleIfDone(pending: Pending): void {
    if (pending.missing.size === 0) this.settle(pending, 'complete');
  }

  private settle(pending: Pending, outcome: MarkersOutcome): void {
    this.pending.delete(pending.transaction.transactionalId);
    pending.settled(outcome);
  }
}

/** By producer and `topic-N`. */
function errorsOf({ markers }: ResponseOf<typeof WriteTxnMarkers>): Map<string, ErrorName> {
  const errors = new Map<string, ErrorName>();
  for (const { producerId, topics } of markers) {
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        errors.set(`${producerId} ${name}-${partitionIndex}`, errorName(errorCode));
      }
    }
  }
  return errors;
}
