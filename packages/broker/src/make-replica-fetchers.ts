import { PeerConnection } from './cluster/peer-connection';
import type { ConnectLeader } from './cluster/peers';
import { interBrokerVersion, versionAtLeast } from './config/metadata-version';
import type { ServiceParts } from './make-services';
import { ReplicaFetchers } from './replication/replica-fetchers';
import type { ReplicationThrottle } from './replication/replication-throttles';

/** From here on a leader's answers tell followers where their logs part from his (KIP-595). */
const TRUNCATION_ON_FETCH = '2.7-IV1';

/** Makes what copies leaders' logs, for the replicas that follow. */
export function makeReplicaFetchers(parts: ServiceParts, throttle: ReplicationThrottle): ReplicaFetchers {
  const { brokerId, config, metadata, replicas, registration, configAdmin, ports } = parts;
  const { values, metadataVersion, interBrokerListenerName } = config;
  const fetchers = new ReplicaFetchers({
    brokerId,
    throttle,
    brokerEpoch: registration.lastEpoch,
    metadata,
    connect: leaderConnector(parts),
    clock: ports.clock,
    loggers: ports.loggers,
    interBrokerListenerName,
    versions: {
      fetch: interBrokerVersion('fetch', metadataVersion),
      listOffsets: interBrokerVersion('listOffsets', metadataVersion),
      offsetForLeaderEpoch: interBrokerVersion('offsetForLeaderEpoch', metadataVersion),
      truncatesOnFetch: versionAtLeast(metadataVersion, TRUNCATION_ON_FETCH),
    },
    settings: {
      responseMaxBytes: values.replicaFetchResponseMaxBytes,
      partitionMaxBytes: values.replicaFetchMaxBytes,
      minBytes: values.replicaFetchMinBytes,
      maxWaitMs: values.replicaFetchWaitMaxMs,
      backoffMs: values.replicaFetchBackoffMs,
      socketTimeoutMs: values.replicaSocketTimeoutMs,
    },
    fetchersPerLeader: () => configAdmin.dynamic.current.values.numReplicaFetchers,
  });
  replicas.followWith(fetchers);
  return fetchers;
}

function leaderConnector({ config, memory, ports }: ServiceParts): ConnectLeader {
  const { network, clock } = ports;
  const connectTimeoutMs = config.values.replicaSocketTimeoutMs;
  return ({ host, port }, clientId) =>
    PeerConnection.connect({ network, clock, memory }, { host, port, clientId, connectTimeoutMs });
}
