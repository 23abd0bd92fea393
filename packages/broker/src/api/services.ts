import type { ClientQuotaAdmin } from '../cluster/client-quota-admin';
import type { ConfigAdmin } from '../cluster/config-admin';
import type { ControllerLink } from '../cluster/controller-link';
import type { MetadataCache } from '../cluster/metadata-cache';
import type { ProducerIds } from '../cluster/producer-ids';
import type { ScramAdmin } from '../cluster/scram-admin';
import type { TopicConfigs } from '../cluster/topic-configs';
import type { BrokerConfig } from '../config/broker-config';
import type { Controller } from '../controller/controller';
import type { TopicAdmin } from '../controller/topic-admin';
import type { TopicSeeds } from '../controller/topic-seeds';
import type { Clock } from '../env/clock';
import type { Loggers } from '../env/logger';
import type { Random } from '../env/random';
import type { GroupCoordinator } from '../groups/coordinator';
import type { LogManager } from '../log/log-manager';
import type { RecordsThread } from '../log/records-thread';
import type { BrokerTopicMetrics } from '../metrics/broker-topic-metrics';
import type { BufferPool } from '../network/buffer-pool';
import type { Quotas } from '../quotas/quotas';
import type { FetchSessions } from '../replication/fetch-sessions';
import type { LogDirMoves } from '../replication/log-dir-moves';
import type { ReplicaFetchers } from '../replication/replica-fetchers';
import type { ReplicaManager } from '../replication/replica-manager';
import type { ReplicationThrottles } from '../replication/replication-throttles';
import type { TransactionCoordinator } from '../transactions/coordinator';
import type { TransactionVerifier } from '../transactions/verifier';
import type { ZooKeeperStore } from '../zookeeper/store';

/** What handlers work with; made once in `broker.ts`. */
export interface Services {
  readonly brokerId: number;
  readonly clusterId: string;
  /** The epoch of the current registration: fences requests meant for the process before this one. */
  readonly brokerEpoch: () => number;
  /** The version of `/feature`; -1 before it was read. */
  readonly finalizedFeaturesEpoch: () => number;
  readonly config: () => BrokerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly loggers: Loggers;
  readonly store: ZooKeeperStore;
  readonly metadata: MetadataCache;
  readonly topicConfigs: TopicConfigs;
  readonly logs: LogManager;
  readonly recordsThread: RecordsThread;
  readonly replicas: ReplicaManager;
  readonly logDirMoves: LogDirMoves;
  readonly throttles: ReplicationThrottles;
  readonly replicaFetchers: ReplicaFetchers;
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly transactionVerifier: TransactionVerifier;
  readonly controller: Controller;
  /** To whichever broker is the controller. */
  readonly controllerLink: ControllerLink;
  readonly topicAdmin: TopicAdmin;
  readonly topicSeeds: TopicSeeds;
  readonly configAdmin: ConfigAdmin;
  readonly clientQuotaAdmin: ClientQuotaAdmin;
  readonly scram: ScramAdmin;
  readonly producerIds: ProducerIds;
  readonly fetchSessions: FetchSessions;
  readonly buffers: BufferPool;
  readonly quotas: Quotas;
  /** What goes through the topics; null where nobody wants to know. */
  readonly traffic: BrokerTopicMetrics | null;
}
