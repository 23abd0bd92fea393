import type { Logger } from '../env/logger';
import { type Connection, ConnectionRefusedError, type Network } from '../env/network';

const PATIENCE_MS = 3_000;

/** Where a broker says that it is, as others read it. */
export interface AdvertisedEndpoint {
  readonly listenerName: string;
  /** Null where the registration names none. */
  readonly host: string | null;
  readonly port: number;
}

export interface AdvertisedListenersParts {
  readonly endpoints: readonly AdvertisedEndpoint[];
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

const textOf = ({ listenerName, host, port }: AdvertisedEndpoint): string =>
  `${listenerName}://${host?.includes(':') ? `[${host}]` : (host ?? '')}:${port}`;

async function check(
  { listenerName, host, port }: AdvertisedEndpoint,
  { endpoints, interBrokerListenerName, network, logger }: AdvertisedListenersParts,
): Promise<void> {
  if (host === null) return;
  let connection: Connection;
  try {
    connection = await network.connect({ host, port, timeoutMs: PATIENCE_MS });
  } catch (error) {
    const reason = error instanceof ConnectionRefusedError ? 'nothing listens there' : (error as Error).message;
    // The whole value: what is typed replaces all of it.
    const value = endpoints.map((each) =>
      each.listenerName === listenerName ? `${listenerName}://HOST:PORT` : textOf(each),
    );
    const remedy = `set advertised.listeners=${value.join(',')} with the HOST and PORT where they reach it, and start again.`;
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
