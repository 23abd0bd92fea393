import type { Services } from './api/services';
import type { BrokerConfig } from './config/broker-config';
import { ConfigError } from './config/errors';
import { parseHttpListener } from './config/http-listener';
import { cleanerFamilies } from './metrics/cleaner-families';
import { controllerFamilies } from './metrics/controller-families';
import { MetricsEndpoint } from './metrics/endpoint';
import { Exposition } from './metrics/exposition';
import type { Family } from './metrics/families';
import { followerFamilies } from './metrics/follower-families';
import { groupFamilies } from './metrics/group-families';
import { quotaFamilies } from './metrics/quota-families';
import { replicaFamilies } from './metrics/replica-families';
import { replicationFamilies } from './metrics/replication-families';
import { RequestMetrics } from './metrics/request-metrics';
import { serverFamilies, ZooKeeperSessionMetrics } from './metrics/server-families';
import type { BrokerPorts } from './ports';
import type { ZooKeeperClient } from './zookeeper/session';

/** As `kafka.server:type=KafkaServer,name=BrokerState` counts. */
const BROKER_STATE = { starting: 1, running: 3, stopping: 7 } as const;

const LOGGER = 'kafka.server.KafkaServer';

/** What metrics look at, once it is there. */
export interface ObservedParts {
  readonly services: Services;
  readonly client: ZooKeeperClient;
  readonly connections: () => number;
  /** Whether ZooKeeper has not said that this broker's registration is gone. */
  readonly isRegistered: () => boolean;
}

/**
 * The metrics of one broker and where they are served. From the first moment of a start on it says whether the process
 * lives; numbers follow with the parts they are about.
 */
export class BrokerMetrics {
  readonly requests: RequestMetrics;
  private state: keyof typeof BROKER_STATE = 'starting';
  private notReady: () => readonly string[] = () => [];
  private readonly endpoint: MetricsEndpoint;

  private constructor(
    private readonly exposition: Exposition,
    { clock, loggers }: BrokerPorts,
  ) {
    this.requests = new RequestMetrics(clock);
    const reasons = (): readonly string[] =>
      this.state === 'running' ? this.notReady() : [`the broker is ${this.state}`];
    this.endpoint = new MetricsEndpoint(exposition, reasons, loggers.logger(LOGGER));
  }

  /** Null where `odradek.metrics.listener` is empty. Throws `ConfigError` where the address cannot be bound. */
  static async start({ odradek }: BrokerConfig, ports: BrokerPorts): Promise<BrokerMetrics | null> {
    const text = odradek.odradekMetricsListener;
    const address = parseHttpListener(text);
    if (address === null) return null;
    const metrics = new BrokerMetrics(await Exposition.create(ports.clock), ports);
    const port = await metrics.endpoint.listen(ports.http, address).catch((error: Error) => {
      throw new ConfigError(`odradek.metrics.listener=${text}: cannot listen there: ${error.message}`);
    });
    ports.loggers.logger(LOGGER).info(`Metrics are served on ${address.host}, port ${port}`);
    return metrics;
  }

  /** The broker runs: from now on it is ready unless something is amiss, and its numbers are told. */
  publish(parts: ObservedParts): void {
    const { services, isRegistered } = parts;
    this.exposition.add([...this.requests.families(), ...familiesOf(parts, () => BROKER_STATE[this.state])]);
    this.notReady = () => [
      ...(isRegistered() ? [] : ['the broker is not registered in ZooKeeper']),
      ...(services.metadata.image.controllerId === null ? ['no controller is known'] : []),
      ...services.topicSeeds.missing,
      ...(services.groups.hosted.isLoading ? ['the group coordinator is loading'] : []),
    ];
    this.state = 'running';
  }

  stopping(): void {
    this.state = 'stopping';
  }

  close(): Promise<void> {
    return this.endpoint.close();
  }
}

function familiesOf({ services, client, connections }: ObservedParts, brokerState: () => number): Family[] {
  const { replicas, replicaFetchers, logs, topicConfigs, controller, groups, traffic } = services;
  const zooKeeper = new ZooKeeperSessionMetrics();
  client.onState((state) => zooKeeper.entered(state));
  return [
    ...(traffic?.families() ?? []),
    ...replicaFamilies({
      partitions: () => replicas.partitions(),
      offlineReplicas: () => replicas.offlineCount,
      logDirs: () => [
        ...logs.liveDirs.map((path) => ({ path, isOffline: false })),
        ...logs.offlineDirs.map((path) => ({ path, isOffline: true })),
      ],
      minInsyncReplicas: (topic) => topicConfigs.get(topic).minInsyncReplicas,
      isrCounts: replicas.isrCounts,
    }),
    ...cleanerFamilies(() => logs.cleanerFacts()),
    ...followerFamilies({
      lags: () => replicaFetchers.lags(),
      failedCount: () => replicaFetchers.failedCount,
      bytesIn: () => replicaFetchers.bytesIn,
    }),
    ...replicationFamilies(services.throttles),
    ...quotaFamilies(services.quotas),
    ...controllerFamilies(() => controller.facts(), controller.elections),
    ...groupFamilies({
      groups: () => groups.hosted.groups(),
      highWatermarkOf(topic, partition) {
        const replica = replicas.find(topic, partition);
        return replica?.isLeader ? replica.log.highWatermark : null;
      },
    }),
    ...serverFamilies({ brokerState, connections, zooKeeper }),
  ];
}
