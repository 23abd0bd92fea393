import { type Family, gauge, oneOf, single } from './families';

/** How often a session with ZooKeeper has come into each state; made to listen to the client. */
export class ZooKeeperSessionMetrics {
  state = 'connected';
  private readonly counts = new Map<string, number>();

  /** A session is in another state now, such as `disconnected`. */
  entered(state: string): void {
    this.state = state;
    this.counts.set(state, (this.counts.get(state) ?? 0) + 1);
  }

  count(state: string): number {
    return this.counts.get(state) ?? 0;
  }
}

export interface ServerSource {
  readonly brokerState: () => number;
  readonly connections: () => number;
  readonly zooKeeper: ZooKeeperSessionMetrics;
}

const LISTENER = 'kafka_server_sessionexpirelistener';
const SESSION_STATES = ['connected', 'disconnected', 'expired', 'auth-failed', 'closed'];

/** The process as a server, and its ZooKeeper session (KafkaServer, SessionExpireListener, socket-server-metrics). */
export function serverFamilies({ brokerState, connections, zooKeeper }: ServerSource): Family[] {
  const counted = (name: string, help: string, state: string): Family =>
    single('counter', `${LISTENER}_${name}_total`, help, () => zooKeeper.count(state));
  return [
    gauge('kafka_server_kafkaserver_brokerstate', '1 starting, 3 running, 7 shutting down', brokerState),
    gauge('kafka_server_socket_server_metrics_connection_count', 'Open connections of clients', connections),
    oneOf(`${LISTENER}_sessionstate`, 'State of the ZooKeeper session', SESSION_STATES, () => zooKeeper.state),
    counted('zookeepersyncconnects', 'Connections to ZooKeeper that were made again', 'connected'),
    counted('zookeeperdisconnects', 'Connections to ZooKeeper that were lost', 'disconnected'),
    counted('zookeeperexpires', 'ZooKeeper sessions that have expired', 'expired'),
    counted('zookeeperauthfailures', 'Refusals by ZooKeeper to authenticate', 'auth-failed'),
  ];
}
