import { AllocateProducerIds } from '@odradek/protocol/messages/allocate-producer-ids';
import { KafkaError } from '@odradek/protocol/errors';
import { handlers } from './api';
import type { Services } from './api/services';
import { ConfigAdmin } from './cluster/config-admin';
import type { BrokerEndpoint } from './cluster/metadata';
import { MetadataCache } from './cluster/metadata-cache';
import { PeerConnection } from './cluster/peer-connection';
import type { ConnectPeer } from './cluster/peers';
import { ProducerIds } from './cluster/producer-ids';
import { TopicConfigs } from './cluster/topic-configs';
import type { BrokerConfig } from './config/broker-config';
import { DynamicBrokerConfig } from './config/dynamic';
import { resolveTopicConfig } from './config/topic-config';
import { Controller } from './controller/controller';
import { TopicAdmin } from './controller/topic-admin';
import type { Clock } from './env/clock';
import type { Disk } from './env/disk';
import type { Logger, Loggers } from './env/logger';
import type { Network } from './env/network';
import type { Random } from './env/random';
import type { ZooKeeper } from './env/zookeeper';
import { LogManager } from './log/log-manager';
import { BufferPool } from './network/buffer-pool';
import { Dispatcher } from './network/dispatch';
import { SocketServer } from './network/server';
import { FetchSessions } from './replication/fetch-sessions';
import { ReplicaManager } from './replication/replica-manager';
import { brokerInfo, dynamicServerOptions, serverOptions } from './server-options';
import { ChangeNotifications } from './zookeeper/change-notifications';
import { ZooKeeperClient } from './zookeeper/session';
import { ZooKeeperStore } from './zookeeper/store';
import { paths } from './zookeeper/znodes';

/** The world that a broker lives in. */
export interface BrokerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
  readonly zookeeper: ZooKeeper;
  readonly loggers: Loggers;
  /** The machine's own name: advertised where a listener names no host. */
  readonly hostname: string;
}

const STAGING_BYTES = 256 * 1024;

/**
 * One broker: the only place that knows every part. `start` brings them up in Kafka's order (KafkaServer.startup),
 * `stop` takes them down in reverse.
 */
export class Broker {
  private readonly logger: Logger;
  private readonly stops: { readonly what: string; readonly run: () => Promise<void> | void }[] = [];
  private halt: (reason: string) => void = () => {};
  private epoch = -1;

  constructor(
    private readonly config: BrokerConfig,
    private readonly ports: BrokerPorts,
  ) {
    this.logger = ports.loggers.logger('kafka.server.KafkaServer');
  }

  /** Called when the broker cannot go on: its last log folder is gone, or an invariant is broken. */
  onHalt(listener: (reason: string) => void): void {
    this.halt = listener;
  }

  private onStop(what: string, run: () => Promise<void> | void): void {
    this.stops.push({ what, run });
  }

  /** Resolves once the broker is registered and serves. Rejects with a reason that a person can act on. */
  async start(): Promise<{ brokerId: number; clusterId: string; port: (listenerName: string) => number }> {
    const { config, ports } = this;
    const { clock, random, loggers } = ports;
    const { values } = config;
    this.logger.info('starting');
    this.logger.info(`Connecting to zookeeper on ${values.zookeeperConnect}`);
    const client = new ZooKeeperClient(ports.zookeeper, clock, loggers, {
      connect: values.zookeeperConnect!,
      sessionTimeoutMs: values.zookeeperSessionTimeoutMs,
      connectionTimeoutMs: config.effective.zookeeperConnectionTimeoutMs,
      maxInFlightRequests: values.zookeeperMaxInFlightRequests,
      isSecure: values.zookeeperSetAcl,
    });
    await client.start();
    this.onStop('ZooKeeper session', () => client.close());
    const store = new ZooKeeperStore(client, clock, random, loggers);
    await store.createTopLevelPaths();
    const clusterId = await store.clusterId();
    this.logger.info(`Cluster ID = ${clusterId}`);

    const metadata = new MetadataCache(clock);
    let dynamic: DynamicBrokerConfig | null = null;
    const current = (): BrokerConfig => dynamic?.current ?? config;
    const topicConfigs = new TopicConfigs((overrides) => resolveTopicConfig(overrides, current()));
    const logs = new LogManager({
      disk: ports.disk,
      clock,
      random,
      loggers,
      logDirs: config.effective.logDirs,
      clusterId,
      configuredBrokerId: values.brokerId,
      generateBrokerId: values.brokerIdGenerationEnable
        ? () => store.generateBrokerId(values.reservedBrokerMaxId)
        : null,
      config: current,
      topicConfig: (topic) => topicConfigs.get(topic),
    });
    const brokerId = await logs.open();
    this.onStop('log folders', () => logs.close());
    dynamic = new DynamicBrokerConfig(config, brokerId, ports.random);
    dynamic.load(await store.configs.get('brokers', '<default>'), await store.configs.get('brokers', String(brokerId)));
    for (const [topic, overrides] of await store.configs.getAll('topics')) topicConfigs.set(topic, overrides);
    await logs.load(new Set(await store.getTopics()));
    this.onStop('logs', () => logs.stop());

    let featureEpoch = -1;
    const readFeature = async (): Promise<void> => {
      featureEpoch = (await store.readFeature())?.zkVersion ?? -1;
    };
    client.registerChangeHandler(paths.feature, {
      created: () => void readFeature(),
      dataChanged: () => void readFeature(),
      deleted: () => void readFeature(),
    });
    await readFeature();

    const replicas = new ReplicaManager({
      brokerId,
      clock,
      loggers,
      logs,
      metadata,
      topicConfigs,
      replicaLagTimeMaxMs: values.replicaLagTimeMaxMs,
      highWatermarkCheckpointIntervalMs: values.replicaHighWatermarkCheckpointIntervalMs,
    });
    this.onStop('replicas', () => replicas.stop());

    const connect: ConnectPeer = ({ host, port }) =>
      PeerConnection.connect({
        network: ports.network,
        clock,
        host,
        port,
        clientId: String(brokerId),
        timeoutMs: values.controllerSocketTimeoutMs,
      });
    let register: () => Promise<void> = async () => {};
    const controller = new Controller({
      brokerId,
      store,
      client,
      connect,
      clock,
      random,
      loggers,
      controlListenerName: config.controlPlaneListenerName ?? config.interBrokerListenerName,
      socketTimeoutMs: values.controllerSocketTimeoutMs,
      deleteTopicEnabled: values.deleteTopicEnable,
      uncleanElectionEnabled: (topic) => topicConfigs.get(topic).uncleanLeaderElectionEnable,
      registerBroker: () => register(),
    });
    client.onExpired({ before: () => replicas.resignAll() });

    const controllerEndpoint = (): BrokerEndpoint => {
      const { controllerId, brokers } = metadata.image;
      const endpoint = brokers.get(controllerId ?? -1)?.endpoints.get(config.interBrokerListenerName);
      if (!endpoint) throw new KafkaError('COORDINATOR_NOT_AVAILABLE', 'no controller is known');
      return endpoint;
    };
    const producerIds = new ProducerIds(
      async () => {
        const peer = await connect(controllerEndpoint());
        try {
          const answer = await peer.send(
            AllocateProducerIds,
            0,
            { brokerId, brokerEpoch: this.epoch },
            { timeoutMs: values.requestTimeoutMs },
          );
          if (answer.errorCode !== 0) throw new Error(`error ${answer.errorCode}`);
          const first = answer.producerIdStart;
          return { firstProducerId: first, lastProducerId: first + answer.producerIdLen - 1 };
        } finally {
          peer.close();
        }
      },
      loggers.logger('kafka.coordinator.transaction.RPCProducerIdManager', `[RPC ProducerId Manager ${brokerId}]: `),
    );

    const buffers = new BufferPool();
    const configAdmin = new ConfigAdmin({ brokerId, store, metadata, dynamic, topicConfigs });
    const services: Services = {
      brokerId,
      clusterId,
      brokerEpoch: () => this.epoch,
      finalizedFeaturesEpoch: () => featureEpoch,
      config: current,
      clock,
      random,
      loggers,
      store,
      metadata,
      topicConfigs,
      logs,
      replicas,
      controller,
      topicAdmin: new TopicAdmin({ store, metadata, config: current, random }),
      configAdmin,
      producerIds,
      fetchSessions: new FetchSessions(values.maxIncrementalFetchSessionCacheSlots, random),
      buffers,
    };
    const server = new SocketServer(
      {
        network: ports.network,
        clock,
        logger: loggers.logger('kafka.network.SocketServer', `[SocketServer listenerType=ZK_BROKER, nodeId=${brokerId}] `),
        dispatcher: new Dispatcher({
          handlers: handlers(services),
          clock,
          logger: loggers.logger('kafka.server.KafkaApis', `[KafkaApi-${brokerId}] `),
        }),
        memory: { staging: Buffer.allocUnsafeSlow(STAGING_BYTES), pool: buffers },
      },
      serverOptions(config),
    );
    await server.bind();
    this.onStop('listeners', () => server.stop());

    register = async () => {
      const info = brokerInfo(current(), brokerId, ports.hostname, (name) => server.boundPort(name));
      this.epoch = (await store.registerBroker(info)).brokerEpoch;
    };
    await register();
    await controller.start();
    this.onStop('controller', () => controller.stop());

    const changes = new ChangeNotifications(client, clock, loggers, (entityPath) => configAdmin.onChange(entityPath));
    dynamic.onChange((next) => {
      topicConfigs.invalidate();
      server.update(dynamicServerOptions(next));
      logs.reconfigure();
    });
    await changes.start();
    this.onStop('config changes', () => changes.stop());
    logs.onDirFailure((partitions) => {
      replicas.onLogDirFailure(partitions);
      void store.propagateLogDirEvent(brokerId);
      if (logs.liveDirs.length === 0) {
        this.halt(`Shutdown broker because all log dirs in ${config.effective.logDirs.join(', ')} have failed`);
      }
    });
    logs.startTasks();
    server.serve();
    this.logger.info(`[KafkaServer id=${brokerId}] started`);
    return { brokerId, clusterId, port: (name) => server.boundPort(name) };
  }

  /** Stops what has been started, in reverse order. A part that fails does not keep the others from stopping. */
  async stop(): Promise<void> {
    this.logger.info('shutting down');
    for (const { what, run } of this.stops.splice(0).reverse()) {
      try {
        await run();
      } catch (error) {
        this.logger.error(`Error while stopping ${what}: ${(error as Error).message}`, { error });
      }
    }
    this.logger.info('shut down completed');
  }
}
