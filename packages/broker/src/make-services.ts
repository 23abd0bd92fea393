import type { Services } from './api/services';
import { Acquaintances } from './cluster/acquaintances';
import { ClientQuotaAdmin } from './cluster/client-quota-admin';
import { ControllerLink } from './cluster/controller-link';
import type { MetadataCache } from './cluster/metadata-cache';
import { PeerConnection } from './cluster/peer-connection';
import type { ConnectPeer } from './cluster/peers';
import { networkProcesses } from './cluster/processes';
import { allocateFromController, allocateFromZooKeeper } from './cluster/producer-id-allocation';
import { ProducerIds } from './cluster/producer-ids';
import { ScramAdmin } from './cluster/scram-admin';
import { GROUP_OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC } from './cluster/topic-names';
import { TopicSpread } from './cluster/topic-spread';
import type { BrokerConfig } from './config/broker-config';
import { versionAtLeast } from './config/metadata-version';
import { parseSeedTopics } from './config/seed-topics';
import { Controller } from './controller/controller';
import { TopicAdmin } from './controller/topic-admin';
import { TopicSeeds } from './controller/topic-seeds';
import { GroupCoordinator } from './groups/coordinator';
import { RecordsThread } from './log/records-thread';
import { makeLogDirMoves } from './make-log-dir-moves';
import { makeReplicaFetchers } from './make-replica-fetchers';
import { makeReplicationThrottles } from './make-replication-throttles';
import { BrokerTopicMetrics } from './metrics/broker-topic-metrics';
import type { ReceiveMemory } from './network/frames';
import type { BrokerPorts } from './ports';
import { Quotas } from './quotas/quotas';
import { FetchSessions } from './replication/fetch-sessions';
import { ReplicaWriter } from './replication/replica-writer';
import { TransactionCoordinator } from './transactions/coordinator';
import { MarkerSender } from './transactions/marker-sender';
import { TransactionVerifier } from './transactions/verifier';
import type { FeatureCache } from './zookeeper/feature-cache';
import type { ZooKeeperClient } from './zookeeper/session';
import type { ZooKeeperStore } from './zookeeper/store';

/** What `Broker` has made before anything can be served. */
export interface ServiceParts
  extends Pick<
    Services,
    | 'brokerId'
    | 'clusterId'
    | 'store'
    | 'metadata'
    | 'topicConfigs'
    | 'logs'
    | 'replicas'
    | 'configAdmin'
    | 'controllerLink'
  > {
  readonly ports: BrokerPorts;
  /** Connects to brokers, this one among them. */
  readonly connect: ConnectPeer;
  /** As in the file; what changes while the broker runs is in `configAdmin`. */
  readonly config: BrokerConfig;
  readonly memory: ReceiveMemory;
  readonly client: ZooKeeperClient;
  readonly features: FeatureCache;
  readonly hasMetrics: boolean;
  readonly registration: {
    /** The epoch of the current registration. */
    readonly epoch: () => number;
    /** That of the latest registration, whether or not its session is over. */
    readonly lastEpoch: () => number;
    /** Registers this broker again. */
    readonly renew: () => Promise<void>;
  };
}

/** Makes what handlers work with: wires the parts of one broker to each other. */
export function makeServices(parts: ServiceParts): Services {
  const { configAdmin, features, registration } = parts;
  const { clock, random, loggers } = parts.ports;
  const config = (): BrokerConfig => configAdmin.dynamic.current;
  const throttles = makeReplicationThrottles(parts);
  const topicAdmin = makeTopicAdmin(parts, config);
  const producerIds = makeProducerIds(parts);
  const transactions = makeTransactions(parts, producerIds);
  return {
    ...parts,
    brokerEpoch: registration.epoch,
    finalizedFeaturesEpoch: () => features.epoch,
    config,
    clock,
    random,
    loggers,
    controller: makeController(parts),
    topicAdmin,
    topicSeeds: makeTopicSeeds(parts, topicAdmin),
    scram: new ScramAdmin(
      parts.store.configs,
      loggers.logger('kafka.server.ZkAdminManager', `[Admin Manager on Broker ${parts.brokerId}]: `),
    ),
    groups: makeGroups(parts),
    recordsThread: new RecordsThread(parts.ports.background, clock, loggers.logger('kafka.log.LogValidator')),
    transactions,
    transactionVerifier: makeTransactionVerifier(parts, transactions),
    replicaFetchers: makeReplicaFetchers(parts, throttles.follower),
    logDirMoves: makeLogDirMoves(parts, throttles.logDirMoves),
    throttles,
    producerIds,
    fetchSessions: new FetchSessions(parts.config.values.maxIncrementalFetchSessionCacheSlots, random),
    buffers: parts.memory.pool,
    quotas: new Quotas(clock, parts.config.values, loggers.logger('kafka.server.ClientQuotaManager')),
    traffic: parts.hasMetrics ? new BrokerTopicMetrics((topic) => parts.replicas.hasTopic(topic)) : null,
    clientQuotaAdmin: new ClientQuotaAdmin(parts.store, parts.ports.network),
  };
}

function makeTopicAdmin(parts: ServiceParts, config: () => BrokerConfig): TopicAdmin {
  const { brokerId, store, metadata, connect } = parts;
  const { clock, random, loggers } = parts.ports;
  const { interBrokerListenerName: listenerName } = parts.config;
  const spread = new TopicSpread({ brokerId, metadata, connect, clock, listenerName });
  const logger = loggers.logger('kafka.server.ZkAdminManager', `[Admin Manager on Broker ${brokerId}]: `);
  return new TopicAdmin({ store, metadata, spread, config, random, clock, logger });
}

function makeTopicSeeds({ config, metadata, ports }: ServiceParts, admin: TopicAdmin): TopicSeeds {
  const topics = parseSeedTopics(config.odradek.odradekCreateTopics) ?? [];
  const { clock, loggers } = ports;
  return new TopicSeeds({ topics, admin, metadata, clock, logger: loggers.logger('kafka.server.KafkaServer') });
}

function makeController(parts: ServiceParts): Controller {
  const { brokerId, store, client, connect, topicConfigs, config } = parts;
  const { clock, random, loggers } = parts.ports;
  return new Controller({
    brokerId,
    store,
    client,
    connect,
    processes: config.odradek.odradekEarlyFailureDetectionEnable
      ? networkProcesses(parts.ports, connect, new Acquaintances(parts.metadata, clock))
      : null,
    clock,
    random,
    loggers,
    controlListenerName: config.controlPlaneListenerName ?? config.interBrokerListenerName,
    socketTimeoutMs: config.values.controllerSocketTimeoutMs,
    deleteTopicEnabled: config.values.deleteTopicEnable,
    leaderBalance: config.values.autoLeaderRebalanceEnable
      ? {
          checkIntervalMs: config.values.leaderImbalanceCheckIntervalSeconds * 1000,
          perBrokerPercentage: config.values.leaderImbalancePerBrokerPercentage,
        }
      : null,
    loadTopicConfigs: (topics) => parts.configAdmin.loadTopics(topics),
    uncleanElectionEnabled: (topic) => topicConfigs.get(topic).uncleanLeaderElectionEnable,
    registerBroker: parts.registration.renew,
  });
}

function makeGroups({ brokerId, config, replicas, ports: { clock, loggers } }: ServiceParts): GroupCoordinator {
  const logger = loggers.logger('kafka.server.ReplicaManager', `[ReplicaManager broker=${brokerId}] `);
  const writer = new ReplicaWriter(replicas, clock, logger);
  const groups = new GroupCoordinator({ brokerId, writer, clock, loggers, values: config.values });
  replicas.onLeadership(GROUP_OFFSETS_TOPIC, groups.hosted);
  return groups;
}

function makeTransactions(parts: ServiceParts, producerIds: ProducerIds): TransactionCoordinator {
  const { brokerId, config, replicas, metadata, connect } = parts;
  const { clock, loggers } = parts.ports;
  const logger = loggers.logger('kafka.server.ReplicaManager', `[ReplicaManager broker=${brokerId}] `);
  const transactions = new TransactionCoordinator({
    brokerId,
    writer: new ReplicaWriter(replicas, clock, logger),
    markers: new MarkerSender({
      metadata,
      connect,
      clock,
      logger: loggers.logger(
        'kafka.coordinator.transaction.TransactionMarkerChannelManager',
        `[Transaction Marker Channel Manager ${brokerId}]: `,
      ),
      listenerName: config.interBrokerListenerName,
      requestTimeoutMs: config.values.requestTimeoutMs,
      existingPartitions: (topics) => existingPartitions(parts.store, topics),
      version: versionAtLeast(config.metadataVersion, '2.8-IV0') ? 1 : 0,
    }),
    producerIds,
    clock,
    loggers,
    values: config.values,
  });
  replicas.onLeadership(TRANSACTION_STATE_TOPIC, transactions.hosted);
  return transactions;
}

function makeTransactionVerifier(
  { brokerId, config, metadata, connect, ports }: ServiceParts,
  transactions: TransactionCoordinator,
): TransactionVerifier {
  return new TransactionVerifier({
    metadata,
    connect,
    logger: ports.loggers.logger(
      'kafka.server.AddPartitionsToTxnManager',
      `[AddPartitionsToTxnSenderThread-${brokerId}]: `,
    ),
    listenerName: config.interBrokerListenerName,
    requestTimeoutMs: config.values.requestTimeoutMs,
    partitionFor: (transactionalId) => transactions.partitionFor(transactionalId),
  });
}

async function existingPartitions(store: ZooKeeperStore, topics: Iterable<string>): Promise<Map<string, Set<number>>> {
  await store.catchUp();
  const [assignments, deletions] = await Promise.all([store.getTopicAssignments(topics), store.getTopicDeletions()]);
  for (const topic of deletions) assignments.delete(topic);
  return new Map(Array.from(assignments, ([topic, { partitions }]) => [topic, new Set(partitions.keys())]));
}

function makeProducerIds({ brokerId, controllerLink, registration, config, ports, store }: ServiceParts): ProducerIds {
  const allocation = {
    brokerId,
    brokerEpoch: registration.epoch,
    controller: controllerLink,
    timeoutMs: config.values.requestTimeoutMs,
  };
  // Controllers of older brokers do not know the request (KafkaServer.startup).
  const hasRequest = versionAtLeast(config.metadataVersion, '3.0-IV0');
  return new ProducerIds(
    () => (hasRequest ? allocateFromController(allocation) : allocateFromZooKeeper(store, brokerId)),
    ports.clock,
    ports.loggers.logger(
      'kafka.coordinator.transaction.RPCProducerIdManager',
      `[RPC ProducerId Manager ${brokerId}]: `,
    ),
  );
}

/** Connects to brokers by messages (`PeerConnection`). */
export function connector({
  brokerId,
  config,
  memory,
  ports,
}: Pick<ServiceParts, 'brokerId' | 'config' | 'memory' | 'ports'>): ConnectPeer {
  const { network, clock } = ports;
  const connectTimeoutMs = config.values.controllerSocketTimeoutMs;
  return ({ host, port }) =>
    PeerConnection.connect({ network, clock, memory }, { host, port, clientId: String(brokerId), connectTimeoutMs });
}

/** The broker's channel to the controller, over `connect`. */
export function makeControllerLink(
  { brokerId, config, ports }: Pick<ServiceParts, 'brokerId' | 'config' | 'ports'>,
  metadata: MetadataCache,
  connect: ConnectPeer,
): ControllerLink {
  return new ControllerLink({
    metadata,
    connect,
    clock: ports.clock,
    logger: ports.loggers.logger(
      'kafka.server.NodeToControllerRequestThread',
      `[broker-${brokerId}-to-controller-channel-manager]: `,
    ),
    listenerName: config.controlPlaneListenerName ?? config.interBrokerListenerName,
    socketTimeoutMs: config.values.controllerSocketTimeoutMs,
  });
}
