import type { Logger } from '../env/logger';
import { type Connection, ConnectionRefusedError, type Network } from '../env/network';

const PATIENCE_MS = 3_000;

/** Where a listener of a broker is, or is said to be. */
export interface ListenerEndpoint {
  readonly listenerName: string;
  /** Null where none is named. */
  readonly host: string | null;
  readonly port: number;
}

export interface AdvertisedListenersParts {
  readonly endpoints: readonly ListenerEndpoint[];
  /** Where it listens; a host of null is every address. */
  readonly bound: readonly ListenerEndpoint[];
  readonly interBrokerListenerName: string;
  readonly network: Pick<Network, 'connect'>;
  readonly logger: Logger;
}

/**
 * Dials every address that this broker tells others, and warns of those where it does not find itself: most clients that
 * "cannot connect" have been sent to an address that only the broker's own network knows. It may be right nevertheless, seen
 * from elsewhere, so that nothing but a line in the log comes of it.
 */
export async function checkAdvertisedListeners(parts: AdvertisedListenersParts): Promise<void> {
  await Promise.all(parts.endpoints.map((endpoint) => check(endpoint, parts)));
}

const textOf = ({ listenerName, host, port }: ListenerEndpoint): string =>
  `${listenerName}://${host?.includes(':') ? `[${host}]` : (host ?? '')}:${port}`;

/** As the setting has it, with another address for one listener: what is typed replaces the whole value. */
const listWith = (endpoints: readonly ListenerEndpoint[], name: string, address: string): string =>
  endpoints.map((each) => (each.listenerName === name ? `${name}://${address}` : textOf(each))).join(',');

const isLoopback = (host: string | null): boolean =>
  host !== null && /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host);

function remedyFor({ listenerName, host }: ListenerEndpoint, { endpoints, bound }: AdvertisedListenersParts): string {
  const own = bound.find((each) => each.listenerName === listenerName);
  if (own !== undefined && isLoopback(own.host) && !isLoopback(host)) {
    return `set listeners=${listWith(bound, listenerName, `:${own.port}`)}, for it listens at ${own.host}, which is this machine alone, and start again.`;
  }
  return `set advertised.listeners=${listWith(endpoints, listenerName, 'HOST:PORT')} with the HOST and PORT where they reach it, and start again.`;
}

async function check(endpoint: ListenerEndpoint, parts: AdvertisedListenersParts): Promise<void> {
  const { listenerName, host, port } = endpoint;
  const { interBrokerListenerName, network, logger } = parts;
  if (host === null) return;
  let connection: Connection;
  try {
    connection = await network.connect({ host, port, timeoutMs: PATIENCE_MS });
  } catch (error) {
    const reason = error instanceof ConnectionRefusedError ? 'nothing listens there' : (error as Error).message;
    const remedy = remedyFor(endpoint, parts);
    if (listenerName === interBrokerListenerName) {
      logger.error(
        `Other brokers are told to reach this one at ${host}:${port}, but it cannot be reached there even from here (${reason}): the controller's orders will not arrive, and clients will find no leaders. To mend it, ${remedy}`,
      );
    } else {
      logger.warn(
        `Clients that come in by the listener ${listenerName} are sent to ${host}:${port}, which cannot be reached from here (${reason}). If it cannot from where they are, ${remedy}`,
      );
    }
    return;
  }
  connection.destroy();
}
