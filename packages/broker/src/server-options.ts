import type { BrokerConfig } from './config/broker-config';
import type { EndPoint } from './config/endpoint';
import type { DynamicServerOptions, Listener, SocketServerOptions } from './network/server';
import type { BrokerInfo } from './zookeeper/broker-info';

const WILDCARD_HOST = '0.0.0.0';
/** What `/brokers/ids/<id>` is written as since inter.broker.protocol.version 2.7. */
const BROKER_INFO_VERSION = 5;

/** The socket server's limits that a dynamic update may change. */
export function dynamicServerOptions(config: BrokerConfig): DynamicServerOptions {
  const { values } = config;
  const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
  const listenerLimits = config.listeners.map(({ listenerName }) => {
    const own = config.listenerOverrides(listenerName);
    return [
      listenerName,
      {
        maxConnections: numberOf(own.get('max.connections')),
        maxConnectionCreationRate: numberOf(own.get('max.connection.creation.rate')),
      },
    ] as const;
  });
  return {
    maxConnections: values.maxConnections,
    maxConnectionsPerIp: values.maxConnectionsPerIp,
    maxConnectionsPerIpOverrides: config.maxConnectionsPerIpOverrides,
    maxConnectionCreationRate: values.maxConnectionCreationRate,
    listenerLimits: new Map(listenerLimits),
    connectionsMaxIdleMs: values.connectionsMaxIdleMs,
  };
}

/** Where to listen. */
export function listenersOf(config: BrokerConfig): Listener[] {
  return config.listeners.map(({ listenerName, securityProtocol, host, port }) => ({
    name: listenerName,
    securityProtocol,
    host: host === null || host === WILDCARD_HOST ? '' : host,
    port,
  }));
}

export function serverOptions(config: BrokerConfig): SocketServerOptions {
  const { values } = config;
  return {
    ...dynamicServerOptions(config),
    listeners: listenersOf(config),
    interBrokerListenerName: config.interBrokerListenerName,
    backlog: values.socketListenBacklogSize,
    maxRequestBytes: values.socketRequestMaxBytes,
    maxQueuedRequestBytes: values.queuedMaxRequestBytes,
    rateWindows: { samples: values.quotaWindowNum, windowMs: values.quotaWindowSizeSeconds * 1000 },
  };
}

/** What this broker says of itself, once its listeners are bound. */
export function brokerInfo(
  config: BrokerConfig,
  brokerId: number,
  hostname: string,
  boundPort: (listenerName: string) => number,
): BrokerInfo {
  const advertised = ({ listenerName, securityProtocol, host, port }: EndPoint) => ({
    listenerName,
    securityProtocol,
    host: host === null || host === '' ? hostname : host,
    port: port === 0 ? boundPort(listenerName) : port,
  });
  return {
    id: brokerId,
    version: BROKER_INFO_VERSION,
    endpoints: config.advertisedListeners.map(advertised),
    rack: config.values.brokerRack,
    jmxPort: -1,
    features: new Map(),
  };
}
