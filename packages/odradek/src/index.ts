export type { BrokerSettings, Cluster, ClusterBroker, ClusterOptions, StartCluster } from './api';
export { startCluster } from './cluster';
