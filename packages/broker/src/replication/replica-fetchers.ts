import type { MetadataCache } from '../cluster/metadata-cache';
import type { ConnectLeader } from '../cluster/peers';
import type { Clock } from '../env/clock';
import type { Logger, Loggers } from '../env/logger';
import type { FollowerStatesOptions } from './follower-states';
import type { ReplicationVersions } from './leader-questions';
import type { Partition } from './partition';
import { type FetchSettings, ReplicaFetcher } from './replica-fetcher';

export interface ReplicaFetchersOptions {
  readonly brokerId: number;
  readonly brokerEpoch: () => number;
  readonly metadata: MetadataCache;
  readonly connect: ConnectLeader;
  readonly clock: Clock;
  readonly loggers: Loggers;
  readonly interBrokerListenerName: string;
  readonly versions: ReplicationVersions;
  readonly settings: FetchSettings;
  readonly throttle: FollowerStatesOptions['throttle'];
  /** num.replica.fetchers: connections to each leader. */
  readonly fetchersPerLeader: () => number;
}

/** The fetchers of all replicas of this broker that follow (ReplicaFetcherManager). */
export class ReplicaFetchers {
  private readonly logger: Logger;
  /** By leader and number. */
  private readonly fetchers = new Map<string, ReplicaFetcher>();
  private readonly byPartition = new Map<Partition, ReplicaFetcher>();
  /** Replicas whose logs cannot be copied until the next LeaderAndIsr says otherwise. */
  private readonly failed = new Set<Partition>();
  private readonly unsubscribe: () => void;
  private fetchersPerLeader: number;
  private isStopped = false;

  constructor(private readonly options: ReplicaFetchersOptions) {
    const { brokerId, loggers, metadata } = options;
    const prefix = `[ReplicaFetcherManager on broker ${brokerId}] `;
    this.logger = loggers.logger('kafka.server.ReplicaFetcherManager', prefix);
    this.fetchersPerLeader = options.fetchersPerLeader();
    this.unsubscribe = metadata.onUpdate(() => {
      for (const fetcher of this.fetchers.values()) fetcher.onMetadata();
    });
  }

  /** Copies the leader's log from now on, from where the replica's ends. Throws KAFKA_STORAGE_ERROR. */
  follow(partition: Partition, leaderId: number): void {
    this.unfollow(partition);
    if (this.isStopped) return;
    const number = fetcherNumber(partition.topic, partition.partition, this.fetchersPerLeader);
    const fetcher = this.fetcher(leaderId, number);
    fetcher.follow(partition);
    this.byPartition.set(partition, fetcher);
    this.logger.debug(
      `Added fetcher ${number} to broker ${leaderId} for partition ${partition.topic}-${partition.partition} from offset ${partition.log.logEndOffset} in epoch ${partition.leaderEpoch}`,
    );
  }

  /** From now on nothing is appended to the replica's log, whatever is still on its way. */
  unfollow(partition: Partition): void {
    this.failed.delete(partition);
    this.byPartition.get(partition)?.unfollow(partition);
    this.byPartition.delete(partition);
  }

  /** Settings have changed: where there are more or fewer fetchers, replicas go on with the one that is theirs now. */
  resize(): void {
    const count = this.options.fetchersPerLeader();
    if (count === this.fetchersPerLeader) return;
    this.logger.info(`Resizing fetcher thread pool size from ${this.fetchersPerLeader} to ${count}`);
    this.fetchersPerLeader = count;
    for (const partition of [...this.byPartition.keys()]) {
      if (partition.role.type === 'follower') this.follow(partition, partition.role.leaderId);
    }
  }

  /** Replicas that have stopped following until the next LeaderAndIsr. */
  get failedCount(): number {
    return this.failed.size;
  }

  /** Bytes of records that leaders have sent. */
  get bytesIn(): number {
    let bytes = 0;
    for (const fetcher of this.fetchers.values()) bytes += fetcher.bytesIn;
    return bytes;
  }

  /** How far each replica is behind its leader's high watermark, where an answer has told. */
  *lags(): Generator<{ partition: Partition; lag: number }> {
    for (const fetcher of this.fetchers.values()) yield* fetcher.lags();
  }

  /** Resolves when no fetcher runs any more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.unsubscribe();
    await Promise.all([...this.fetchers.values()].map((fetcher) => fetcher.stop()));
  }

  private fetcher(leaderId: number, number: number): ReplicaFetcher {
    const key = `${leaderId} ${number}`;
    let fetcher = this.fetchers.get(key);
    if (fetcher === undefined) {
      fetcher = this.makeFetcher(leaderId, number);
      this.fetchers.set(key, fetcher);
    }
    return fetcher;
  }

  private makeFetcher(leaderId: number, number: number): ReplicaFetcher {
    const { brokerId, loggers, metadata, interBrokerListenerName } = this.options;
    const prefix = `[ReplicaFetcher replicaId=${brokerId}, leaderId=${leaderId}, fetcherId=${number}] `;
    return new ReplicaFetcher({
      ...this.options,
      leaderId,
      clientId: `broker-${brokerId}-fetcher-${number}`,
      logger: loggers.logger('kafka.server.ReplicaFetcherThread', prefix),
      endpoint: () => metadata.image.brokers.get(leaderId)?.endpoints.get(interBrokerListenerName) ?? null,
      onFailed: (partition) => {
        this.byPartition.delete(partition);
        this.failed.add(partition);
      },
    });
  }
}

/** Which of a leader's fetchers has a partition (AbstractFetcherManager.getFetcherId, with Java's hash of a string). */
export function fetcherNumber(topic: string, partition: number, fetchers: number): number {
  let hash = 0;
  for (let i = 0; i < topic.length; i++) hash = (Math.imul(31, hash) + topic.charCodeAt(i)) | 0;
  const sum = (Math.imul(31, hash) + partition) | 0;
  // Java has no positive counterpart of its smallest number.
  return sum === -0x80000000 ? 0 : Math.abs(sum) % fetchers;
}
