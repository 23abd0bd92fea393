import { WriteTxnMarkers } from '@odradek/protocol/messages/write-txn-markers';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { BrokerEndpoint, TopicPartition } from '../cluster/metadata';
import type { ConnectPeer, Peer } from '../cluster/peers';
import type { Clock, Timer } from '../env/clock';
import type { EndedTransaction } from './transaction-types';

/** Markers on their way: of each transaction the partitions that lack one. */
export type Markers<T extends MarkedTransaction> = Map<T, TopicPartition[]>;

export interface MarkedTransaction {
  readonly transaction: EndedTransaction;
}

export interface MarkerChannelOptions<T extends MarkedTransaction> {
  readonly connect: ConnectPeer;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
  /** The version of WriteTxnMarkers that the brokers of this cluster speak among themselves. */
  readonly version: number;
  /** False for a transaction that is no more this broker's. */
  isWanted(transaction: T): boolean;
  answered(markers: Markers<T>, response: ResponseOf<typeof WriteTxnMarkers>): void;
  /** No answer came, so nobody knows which of them are written; to write one again is harmless. */
  failed(markers: Markers<T>, error: Error): void;
}

/** As NetworkClient is told to wait before it connects again. */
const RECONNECT_BACKOFF_MS = 50;

export function addMarkers<T extends MarkedTransaction>(
  markers: Markers<T>,
  transaction: T,
  partitions: readonly TopicPartition[],
): void {
  const known = markers.get(transaction);
  if (known === undefined) markers.set(transaction, [...partitions]);
  else known.push(...partitions);
}

/** The markers for the partitions that one broker leads: its connection, and what waits for a place on it. */
export class MarkerChannel<T extends MarkedTransaction> {
  private readonly queue: Markers<T> = new Map();
  /**
   * A broker answers a connection's requests one after another, each only once the in-sync replicas have its markers. None
   * lies there unread meanwhile: it could outlive the connection, and be written behind its own copy on the next one, when
   * the producer has begun another transaction. What comes goes with the next request, however much it is.
   */
  private isBusy = false;
  private peer: Promise<Peer> | null = null;
  /** What `peer` came to. */
  private connected: Peer | null = null;
  private pause: Timer | null = null;
  private isClosed = false;

  constructor(
    readonly endpoint: BrokerEndpoint,
    private readonly options: MarkerChannelOptions<T>,
  ) {}

  add(transaction: T, partitions: readonly TopicPartition[]): void {
    addMarkers(this.queue, transaction, partitions);
  }

  /** Sends what is there, as far as there is room. */
  flush(): void {
    if (this.isClosed || this.pause !== null || this.isBusy) return;
    const markers = this.take();
    if (markers.size === 0) return;
    this.isBusy = true;
    void this.exchange(markers);
  }

  /** Ends the connection, and returns what was not sent; what was sent fails. */
  close(): Markers<T> {
    this.isClosed = true;
    this.pause?.cancel();
    if (this.peer !== null) this.disconnect(this.peer);
    return this.take();
  }

  private take(): Markers<T> {
    const markers: Markers<T> = new Map();
    for (const [transaction, partitions] of this.queue) {
      if (this.options.isWanted(transaction)) markers.set(transaction, partitions);
    }
    this.queue.clear();
    return markers;
  }

  private async exchange(markers: Markers<T>): Promise<void> {
    const { requestTimeoutMs: timeoutMs, version } = this.options;
    const connection = this.connect();
    let response: ResponseOf<typeof WriteTxnMarkers>;
    try {
      const peer = await connection;
      response = await peer.send(WriteTxnMarkers, version, requestOf(markers), { timeoutMs });
    } catch (error) {
      this.isBusy = false;
      this.disconnect(connection);
      this.options.failed(markers, error as Error);
      return;
    }
    this.isBusy = false;
    this.options.answered(markers, response);
    this.flush();
  }

  private connect(): Promise<Peer> {
    if (this.connected?.isGone) this.peer = this.connected = null;
    this.peer ??= this.options.connect(this.endpoint).then((peer) => {
      this.connected = peer;
      return peer;
    });
    return this.peer;
  }

  private disconnect(connection: Promise<Peer>): void {
    // All that was in flight on it fails, one after another; there may be a new one by then.
    if (this.peer !== connection) return;
    this.peer = null;
    connection.then(
      (peer) => peer.close(),
      () => {},
    );
    if (this.isClosed) return;
    this.pause = this.options.clock.after(RECONNECT_BACKOFF_MS, () => {
      this.pause = null;
      this.flush();
    });
  }
}

function requestOf<T extends MarkedTransaction>(markers: Markers<T>): RequestInit<typeof WriteTxnMarkers> {
  return {
    markers: [...markers].map(([{ transaction }, partitions]) => {
      const { producerId, producerEpoch, isCommit, coordinatorEpoch } = transaction;
      const topics = new Map<string, number[]>();
      for (const { topic, partition } of partitions) {
        const indexes = topics.get(topic);
        if (indexes === undefined) topics.set(topic, [partition]);
        else indexes.push(partition);
      }
      return {
        producerId,
        producerEpoch,
        transactionResult: isCommit,
        topics: [...topics].map(([name, partitionIndexes]) => ({ name, partitionIndexes })),
        coordinatorEpoch,
      };
    }),
  };
}
