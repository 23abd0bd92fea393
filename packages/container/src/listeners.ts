import { type Variables, VariablesError } from './variables';

const DEFAULT_PORT = 9092;

function portIn(variables: Variables, name: string): number | null {
  const text = variables[name];
  // Kubernetes' own KAFKA_PORT, of a service called `kafka`, is an address.
  if (text === undefined || text === '' || text.startsWith('tcp://')) return null;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new VariablesError(`${name}=${text} is no port: give a number from 1 to 65535.`);
}

/** `NAME://host:port` on all addresses of the container. */
const onAllAddresses = (listeners: string): string =>
  listeners
    .split(',')
    .map((listener) => listener.trim().replace(/:\/\/.*:(\d+)$/, '://:$1'))
    .join(',');

/**
 * Completes `listeners` and `advertised.listeners`: what is not given follows from the other, or from the variables that
 * brokers before 3.0 had (KAFKA_ADVERTISED_HOST_NAME, KAFKA_ADVERTISED_PORT, KAFKA_HOST_NAME, KAFKA_PORT).
 */
export function completeListeners(settings: Map<string, string>, variables: Variables): void {
  const port = portIn(variables, 'KAFKA_PORT') ?? DEFAULT_PORT;
  const advertisedHost = variables['KAFKA_ADVERTISED_HOST_NAME'] || null;
  const advertisedPort = portIn(variables, 'KAFKA_ADVERTISED_PORT') ?? port;
  const advertised = settings.get('advertised.listeners');
  if (!settings.has('listeners')) {
    const host = variables['KAFKA_HOST_NAME'] ?? '';
    settings.set('listeners', advertised === undefined ? `PLAINTEXT://${host}:${port}` : onAllAddresses(advertised));
  }
  if (advertised === undefined && advertisedHost !== null) {
    const [first = ''] = settings.get('listeners')!.split(',');
    const name = first.slice(0, Math.max(0, first.indexOf('://'))).trim() || 'PLAINTEXT';
    settings.set('advertised.listeners', `${name}://${advertisedHost}:${advertisedPort}`);
  }
}
