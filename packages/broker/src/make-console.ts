import type { BrokerConfig } from './config/broker-config';
import { ConfigError } from './config/errors';
import { parseHttpListener } from './config/http-listener';
import type { RunningConsole } from './env/console';
import type { BrokerPorts } from './ports';

const LOGGER = 'odradek.Console';
const WILDCARD_HOSTS: readonly (string | null)[] = [null, '', '0.0.0.0', '::'];

const hostAndPort = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** What the console asks first: this broker, on the listener on which brokers reach each other. */
function bootstrapServers(config: BrokerConfig, boundPort: (listenerName: string) => number): string {
  const name = config.interBrokerListenerName;
  const { host } = config.listeners.find(({ listenerName }) => listenerName === name)!;
  return hostAndPort(WILDCARD_HOSTS.includes(host) ? '127.0.0.1' : host!, boundPort(name));
}

/**
 * Starts the web console; null where `odradek.console.listener` is empty. What becomes of it later is no reason for a broker
 * to end. Throws `ConfigError` where it cannot listen.
 */
export async function startConsole(
  config: BrokerConfig,
  ports: BrokerPorts,
  brokerId: number,
  boundPort: (listenerName: string) => number,
): Promise<RunningConsole | null> {
  const { odradekConsoleListener: text, odradekConsoleChanges: changes, odradekConsoleAllowedHosts } = config.odradek;
  const listener = parseHttpListener(text);
  if (listener === null) return null;
  const logger = ports.loggers.logger(LOGGER);
  const settings = {
    listener,
    brokerId,
    bootstrapServers: bootstrapServers(config, boundPort),
    zookeeperConnect: config.values.zookeeperConnect!,
    changes,
    allowedHosts: odradekConsoleAllowedHosts,
  };
  const events = {
    onError: (error: string) => logger.error(`Something went wrong in the console, which goes on: ${error}`),
    onChange: (what: string) => logger.info(`By the console: ${what}`),
    onEnd: (reason: string) => logger.error(`The console has ended, the broker serves on without: ${reason}`),
  };
  const running = await ports.console.start(settings, events).catch((error: Error) => {
    throw new ConfigError(`odradek.console.listener=${text}: cannot be served there: ${error.message}`);
  });
  const address = `http://${hostAndPort(WILDCARD_HOSTS.includes(listener.host) ? 'localhost' : listener.host, running.port)}`;
  logger.info(`The web console is served on ${address}${changes ? ', and may change things' : ''}`);
  return running;
}
