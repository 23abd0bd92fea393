import { handlers } from './api';
import type { Services } from './api/services';
import type { RequestMetrics } from './metrics/request-metrics';
import { Dispatcher } from './network/dispatch';
import type { ReceiveMemory } from './network/frames';
import { SocketServer } from './network/server';
import type { BrokerPorts } from './ports';
import { serverOptions } from './server-options';

export interface SocketServerParts {
  readonly services: Services;
  readonly ports: BrokerPorts;
  readonly memory: ReceiveMemory;
  /** Undefined where nobody wants to know how long requests take. */
  readonly requests: RequestMetrics | undefined;
}

/** What clients talk to: sockets, and the handlers of all APIs behind them. */
export function makeSocketServer({ services, ports, memory, requests }: SocketServerParts): SocketServer {
  const { clock, network, loggers } = ports;
  const { brokerId } = services;
  const prefix = `[SocketServer listenerType=ZK_BROKER, nodeId=${brokerId}] `;
  return new SocketServer(
    {
      network,
      clock,
      logger: loggers.logger('kafka.network.SocketServer', prefix),
      dispatcher: new Dispatcher({
        handlers: handlers(services),
        clock,
        logger: loggers.logger('kafka.server.KafkaApis', `[KafkaApi-${brokerId}] `),
        ...(requests && { observe: (observation) => requests.observe(observation) }),
        measures: () => services.quotas.request.isEnabled,
      }),
      memory,
      putOff: services.logs.gatheredWrites,
    },
    serverOptions(services.config()),
  );
}
