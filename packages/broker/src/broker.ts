import type { Services } from './api/services';
import { checkAdvertisedListeners } from './cluster/advertised-listeners';
import { ClientQuotaConfigs } from './cluster/client-quota-configs';
import { ConfigAdmin } from './cluster/config-admin';
import { controlledShutdown } from './cluster/controlled-shutdown';
import { MetadataCache } from './cluster/metadata-cache';
import type { ConnectPeer } from './cluster/peers';
import { TopicConfigs } from './cluster/topic-configs';
import { GROUP_OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC } from './cluster/topic-names';
import type { BrokerConfig } from './config/broker-config';
import { DynamicBrokerConfig } from './config/dynamic';
import { ConfigException } from './config/errors';
import { resolveTopicConfig } from './config/topic-config';
import type { Controller } from './controller/controller';
import { DiskError } from './env/disk';
import type { Logger } from './env/logger';
import { ZooKeeperError } from './env/zookeeper';
import { IdentityError, resolveIdentity } from './identity';
import type { LogManager } from './log/log-manager';
import { makeLogManager } from './log-settings';
import { startConsole } from './make-console';
import { BrokerMetrics } from './make-metrics';
import { connector, makeControllerLink, makeServices } from './make-services';
import { makeSocketServer } from './make-socket-server';
import { BufferPool } from './network/buffer-pool';
import type { ReceiveMemory } from './network/frames';
import type { SocketServer } from './network/server';
import type { BrokerPorts } from './ports';
import { AlterPartitions } from './replication/alter-partitions';
import { ReplicaManager } from './replication/replica-manager';
import { brokerInfo, dynamicServerOptions, listenersOf } from './server-options';
import { refuseUnsupported } from './unsupported';
import { ChangeNotifications } from './zookeeper/change-notifications';
import { FeatureCache } from './zookeeper/feature-cache';
import { KeptSessions } from './zookeeper/kept-session';
import { AdvertisedListenerInUseError } from './zookeeper/registration';
import { ZooKeeperClient } from './zookeeper/session';
import { ZooKeeperStore } from './zookeeper/store';

export interface StartedBroker {
  readonly brokerId: number;
  readonly clusterId: string;
  readonly port: (listenerName: string) => number;
  /** Null where no console is served. */
  readonly consolePort: number | null;
}

const STAGING_BYTES = 256 * 1024;
const UNREGISTERED = -1;
/**
 * One broker: the only place that knows every part. `start` brings them up in Kafka's order (KafkaServer.startup),
 * `stop` takes them down in reverse.
 */
export class Broker {
  private readonly logger: Logger;
  private readonly memory: ReceiveMemory = { staging: Buffer.allocUnsafeSlow(STAGING_BYTES), pool: new BufferPool() };
  private readonly stops: { readonly what: string; readonly run: () => Promise<unknown> | unknown }[] = [];
  private halt: (reason: string) => void = () => {};
  private zooKeeperClient: ZooKeeperClient | null = null;
  private controller: Controller | null = null;
  /** Null where nobody wants them. */
  private metrics: BrokerMetrics | null = null;
  private epoch = UNREGISTERED;
  /** The session that `epoch` belongs to is over, and the next registration has not been made. */
  private isSessionOver = false;

  /** Throws `ConfigError` for settings that cannot be kept. */
  constructor(
    private readonly config: BrokerConfig,
    private readonly ports: BrokerPorts,
  ) {
    this.logger = ports.loggers.logger('kafka.server.KafkaServer');
    refuseUnsupported(config);
  }

  /** Called when the broker cannot go on: its last log folder has failed. */
  onHalt(listener: (reason: string) => void): void {
    this.halt = listener;
  }

  private onStop(what: string, run: () => Promise<unknown> | unknown): void {
    this.stops.push({ what, run });
  }

  /** Resolves once the broker is registered and serves. Rejects with a reason that a person can act on. */
  async start(): Promise<StartedBroker> {
    this.logger.info('starting');
    this.metrics = await BrokerMetrics.start(this.config, this.ports);
    this.onStop('metrics', () => this.metrics?.close());
    const { client, store } = await this.connectZooKeeper();
    const clusterId = await store.clusterId();
    this.logger.info(`Cluster ID = ${clusterId}`);
    const metadata = new MetadataCache(this.ports.clock);
    const dynamic = new DynamicBrokerConfig(this.config);
    const topicConfigs = new TopicConfigs((overrides) => resolveTopicConfig(overrides, dynamic.current));
    const logs = makeLogManager(dynamic, this.ports, topicConfigs);
    const ownDirs = logs.lockDirs();
    this.onStop('locks of log folders', () => logs.releaseLocks());
    const brokerId = await this.identify(logs, store, clusterId);
    const { disk } = this.ports;
    const keptSessions = new KeptSessions({ disk, client, logger: this.logger, clusterId, brokerId });
    await keptSessions.endPredecessor(ownDirs);
    const configAdmin = new ConfigAdmin({
      brokerId,
      store,
      metadata,
      dynamic,
      topicConfigs,
      random: this.ports.random,
      logger: this.ports.loggers.logger('kafka.server.DynamicBrokerConfig'),
      loggers: this.ports.loggers,
      onTopicConfig: (topic) => logs.updateTopicConfig(topic),
      onBrokerConfig: () => this.onBrokerConfig(dynamic.current),
      onUncleanElection: (topic) => this.onUncleanElection(topic),
    });
    await configAdmin.loadBrokerLevels();
    // Nobody else can be the controller while this one's session lasts: it works until the logs are closed.
    this.onStop('controller', () => this.controller?.stop());
    await this.loadLogs(logs, store, topicConfigs);
    const features = new FeatureCache(client, store);
    await features.start();
    const forLinks = { brokerId, config: this.config, memory: this.memory, ports: this.ports };
    const connect = connector(forLinks);
    const controllerLink = makeControllerLink(forLinks, metadata, connect);
    this.onStop('channel to the controller', () => controllerLink.close());
    const replicas = this.makeReplicas(brokerId, { logs, metadata, topicConfigs, store, controllerLink });
    client.onExpired({
      before: () => {
        this.isSessionOver = true;
        replicas.resignAll();
      },
    });
    const server = await this.makeServer(
      makeServices({
        ports: this.ports,
        config: this.config,
        memory: this.memory,
        registration: {
          epoch: () => this.registeredEpoch(),
          lastEpoch: () => this.epoch,
          renew: () => this.register(),
        },
        brokerId,
        clusterId,
        connect,
        controllerLink,
        client,
        store,
        metadata,
        topicConfigs,
        logs,
        replicas,
        features,
        configAdmin,
        hasMetrics: this.metrics !== null,
      }),
    );
    const { controller, groups, transactions, transactionVerifier, recordsThread } = server.services;
    this.onStop('work on records', () => recordsThread.stop());
    const topics = await store.getTopicAssignments([GROUP_OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC]);
    groups.start(topics.get(GROUP_OFFSETS_TOPIC)?.partitions.size ?? null);
    this.onStop('group coordinator', () => groups.stop());
    transactions.start(topics.get(TRANSACTION_STATE_TOPIC)?.partitions.size ?? null);
    this.onStop('transaction coordinator', () => transactions.stop());
    this.onStop('transaction verifier', () => transactionVerifier.stop());
    const info = () =>
      brokerInfo(dynamic.current, brokerId, this.ports.hostname, (name) => server.sockets.boundPort(name));
    const register = async (): Promise<void> => {
      this.epoch = (await store.registerBroker(info())).brokerEpoch;
      this.isSessionOver = false;
      keptSessions.keep(this.epoch, logs.liveDirs);
    };
    await register();
    this.onStop('kept session', () => keptSessions.forget());
    this.register = () => register().catch((error) => this.onLostRegistration(brokerId, error));
    this.onUncleanElection = (topic) => controller.onUncleanElectionEnabled(topic);
    this.controller = controller;
    await controller.start();
    await this.followConfigChanges(client, configAdmin, server);
    this.onBrokerConfig = async (config) => {
      await server.sockets.setListeners(listenersOf(config));
      server.sockets.update(dynamicServerOptions(config));
      server.services.replicaFetchers.resize();
      logs.onBrokerConfig();
      await store.updateBroker(info());
    };
    server.sockets.update(dynamicServerOptions(dynamic.current));
    server.sockets.serve();
    void checkAdvertisedListeners({
      endpoints: info().endpoints,
      bound: this.config.listeners,
      interBrokerListenerName: this.config.interBrokerListenerName,
      network: this.ports.network,
      logger: this.logger,
    });
    server.services.topicSeeds.start();
    this.onStop('topics to be created', () => server.services.topicSeeds.stop());
    this.metrics?.publish({
      services: server.services,
      client,
      connections: () => server.sockets.connectionCount,
      isRegistered: () => !this.isSessionOver,
    });
    this.onStop('leadership', () => this.handLeadershipOver(brokerId, metadata, connect));
    const webConsole = await startConsole(this.config, this.ports, brokerId, (name) => server.sockets.boundPort(name));
    this.onStop('console', () => webConsole?.stop());
    this.logger.info(`[KafkaServer id=${brokerId}] started`);
    const consolePort = webConsole?.port ?? null;
    return { brokerId, clusterId, port: (name) => server.sockets.boundPort(name), consolePort };
  }

  /** The controlled shutdown (KIP-47): before anything is closed, other brokers lead. */
  private async handLeadershipOver(brokerId: number, metadata: MetadataCache, connect: ConnectPeer): Promise<void> {
    const { values, interBrokerListenerName } = this.config;
    if (!values.controlledShutdownEnable) return;
    await controlledShutdown({
      brokerId,
      brokerEpoch: () => this.epoch,
      metadata,
      connect,
      clock: this.ports.clock,
      logger: this.logger,
      interBrokerListenerName,
      isZooKeeperReachable: () => this.zooKeeperClient?.isConnected === true,
      maxRetries: values.controlledShutdownMaxRetries,
      retryBackoffMs: values.controlledShutdownRetryBackoffMs,
      requestTimeoutMs: values.requestTimeoutMs,
    });
  }

  /**
   * Between two registrations it is one that no registration has: what is meant for the one before must not make this
   * broker lead again, and what is meant for the next may come before this broker itself knows that one's epoch.
   */
  private registeredEpoch(): number {
    return this.isSessionOver ? this.epoch + 1 : this.epoch;
  }

  private register: () => Promise<void> = async () => {};

  /** After a lost session: another process has taken this broker's id, or its address, and this one must not go on. */
  private onLostRegistration(brokerId: number, error: unknown): never {
    const isTaken = error instanceof ZooKeeperError && error.code === 'NODE_EXISTS';
    if (isTaken || error instanceof AdvertisedListenerInUseError) {
      this.halt(
        `Broker ${brokerId} could not be registered again after its ZooKeeper session was lost: ${(error as Error).message}`,
      );
    }
    throw error;
  }
  private onBrokerConfig: (config: BrokerConfig) => Promise<void> = async () => {};

  private onUncleanElection: (topic: string | null) => void = () => {};

  private async followConfigChanges(
    client: ZooKeeperClient,
    configAdmin: ConfigAdmin,
    { services, sockets }: { services: Services; sockets: SocketServer },
  ): Promise<void> {
    const { clock, loggers, network } = this.ports;
    const quotaConfigs = new ClientQuotaConfigs({
      store: services.store,
      network,
      logger: loggers.logger('kafka.server.QuotaConfigHandler'),
      onClient: (entity, config) => services.quotas.update(entity, config),
      onIp: (address, rate) => sockets.setAddressRate(address, rate),
    });
    const changes = new ChangeNotifications(client, clock, loggers, async (entityPath) => {
      await configAdmin.onChange(entityPath);
      await quotaConfigs.onChange(entityPath);
    });
    // What changes meanwhile, `start` tells of.
    await quotaConfigs.load();
    await changes.start();
    this.onStop('config changes', () => changes.stop());
  }

  private async connectZooKeeper(): Promise<{ client: ZooKeeperClient; store: ZooKeeperStore }> {
    const { values, effective } = this.config;
    const { zookeeper, clock, random, loggers } = this.ports;
    this.logger.info(`Connecting to zookeeper on ${values.zookeeperConnect}`);
    const client = new ZooKeeperClient(zookeeper, clock, loggers, {
      connect: values.zookeeperConnect!,
      sessionTimeoutMs: values.zookeeperSessionTimeoutMs,
      connectionTimeoutMs: effective.zookeeperConnectionTimeoutMs,
      maxInFlightRequests: values.zookeeperMaxInFlightRequests,
      isSecure: values.zookeeperSetAcl,
    });
    this.zooKeeperClient = client;
    this.onStop('ZooKeeper session', () => client.close());
    await client.start();
    const store = new ZooKeeperStore(client, clock, random, loggers);
    await store.createTopLevelPaths();
    return { client, store };
  }

  private async identify(logs: LogManager, store: ZooKeeperStore, clusterId: string): Promise<number> {
    const known = resolveIdentity(logs.metaProperties(), clusterId, this.config.values.brokerId);
    const brokerId = known ?? (await this.generateId(store));
    logs.writeMetaProperties({ version: 0, brokerId, clusterId, directoryId: null });
    return brokerId;
  }

  private async loadLogs(logs: LogManager, store: ZooKeeperStore, topicConfigs: TopicConfigs): Promise<void> {
    for (const [topic, overrides] of await store.configs.getAll('topics')) {
      try {
        topicConfigs.set(topic, overrides);
      } catch (error) {
        if (!(error instanceof ConfigException)) throw error;
        // Fatal where one of its logs is here, and nothing to us where none is.
        this.logger.error(`The settings of topic ${topic} cannot be applied: ${error.message}`);
      }
    }
    await logs.start();
    this.onStop('logs', () => logs.stop(this.epoch));
  }

  private generateId(store: ZooKeeperStore): Promise<number> {
    const { brokerIdGenerationEnable, reservedBrokerMaxId } = this.config.values;
    if (brokerIdGenerationEnable) return store.generateBrokerId(reservedBrokerMaxId);
    throw new IdentityError('broker.id is not set and broker.id.generation.enable is false: set broker.id');
  }

  private makeReplicas(
    brokerId: number,
    parts: Pick<Services, 'logs' | 'metadata' | 'topicConfigs' | 'store' | 'controllerLink'>,
  ): ReplicaManager {
    const { values } = this.config;
    const { clock, loggers } = this.ports;
    const replicas = new ReplicaManager({
      ...parts,
      brokerId,
      clock,
      loggers,
      alterPartitions: new AlterPartitions({
        brokerId,
        brokerEpoch: () => this.registeredEpoch(),
        controller: parts.controllerLink,
        clock,
        logger: loggers.logger('kafka.server.DefaultAlterPartitionManager'),
      }),
      replicaLagTimeMaxMs: values.replicaLagTimeMaxMs,
      highWatermarkCheckpointIntervalMs: values.replicaHighWatermarkCheckpointIntervalMs,
    });
    this.onStop('replicas', () => replicas.shutdown());
    // Reading logs and high watermarks may have shown that no folder works.
    if (parts.logs.liveDirs.length === 0) {
      throw new DiskError(this.config.effective.logDirs.join(', '), allDirsFailed(this.config));
    }
    parts.logs.onDirFailure((dir) => {
      replicas.onLogDirFailure(dir);
      if (parts.logs.liveDirs.length === 0) {
        this.halt(allDirsFailed(this.config));
        return;
      }
      parts.store.propagateLogDirEvent(brokerId).catch((error: Error) => {
        this.logger.error(`The controller could not be told of the failure of ${dir}: ${error.message}`);
      });
    });
    return replicas;
  }

  private async makeServer(services: Services): Promise<{ sockets: SocketServer; services: Services }> {
    const { ports, memory } = this;
    const sockets = makeSocketServer({ services, ports, memory, requests: this.metrics?.requests });
    await sockets.bind();
    this.onStop('listeners', () => sockets.stop());
    return { sockets, services };
  }

  /** Stops what has been started, in reverse order. A part that fails does not keep the others from stopping. */
  async stop(): Promise<void> {
    this.logger.info('shutting down');
    this.metrics?.stopping();
    this.zooKeeperClient?.stopWaiting();
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

function allDirsFailed({ effective }: BrokerConfig): string {
  return `Shutdown broker because all log dirs in ${effective.logDirs.join(', ')} have failed`;
}
