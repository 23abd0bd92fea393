import { type Family, gauge, single } from './families';

/** What is read of the replicas that follow. */
export interface FollowerSource {
  /** How far each is behind its leader's high watermark. */
  readonly lags: () => Iterable<{
    readonly partition: { readonly topic: string; readonly partition: number };
    readonly lag: number;
  }>;
  readonly failedCount: () => number;
  readonly bytesIn: () => number;
}

const MANAGER = 'kafka_server_replicafetchermanager';

/** The followers of this broker (ReplicaFetcherManager and FetcherLagMetrics of Kafka's JMX). */
export function followerFamilies({ lags, failedCount, bytesIn }: FollowerSource): Family[] {
  return [
    gauge(`${MANAGER}_maxlag`, 'Largest distance of a replica here from its leader’s high watermark', () => {
      let largest = 0;
      for (const { lag } of lags()) largest = Math.max(largest, lag);
      return largest;
    }),
    gauge(
      `${MANAGER}_failedpartitionscount`,
      'Replicas here that have stopped following, until their leader is named anew',
      failedCount,
    ),
    {
      name: 'kafka_server_fetcherlagmetrics_consumerlag',
      help: 'Distance of the replica from its leader’s high watermark',
      type: 'gauge',
      *read() {
        for (const { partition: replica, lag } of lags()) {
          yield { labels: { topic: replica.topic, partition: String(replica.partition) }, value: lag };
        }
      },
    },
    single(
      'counter',
      'kafka_server_brokertopicmetrics_replicationbytesin_total',
      'Bytes of record batches read from leaders',
      bytesIn,
    ),
  ];
}
