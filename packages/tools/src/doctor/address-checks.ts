import type { Address } from '../client/addresses';
import type { BrokerFacts, ClusterFacts, Dialled, Finding, Reach } from './facts';

export const addressText = ({ host, port }: Address): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

export const isLoopback = (host: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host);
const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::' || host === '';

const NAME_REMEDY = 'use an address that this machine knows, or make the name known to it (DNS, /etc/hosts)';

/** What is wrong with an address that a person gave. */
export function bootstrapFinding(dialled: Dialled): Finding | null {
  const address = addressText(dialled);
  const error = (problem: string, remedy: string): Finding => ({ level: 'error', problem, remedy });
  switch (dialled.reach.kind) {
    case 'served':
      return null;
    case 'unresolved':
      return error(
        `The name ${dialled.host} of the bootstrap address ${address} is not known here.`,
        `${NAME_REMEDY}.`,
      );
    case 'refused':
      return error(
        `Nothing listens at the bootstrap address ${address}.`,
        `start the broker (bin/kafka-server-start.sh), or give the port that its setting listeners names.${isLoopback(dialled.host) ? '' : ` One whose listeners names localhost or 127.0.0.1 is for its own machine alone: listeners=PLAINTEXT://:${dialled.port}.`}`,
      );
    case 'silent':
      return error(
        `The bootstrap address ${address} does not answer.`,
        'look whether the host is up, and whether a firewall or a missing port mapping of a container is in between.',
      );
    case 'unreachable':
      return error(
        `There is no way to the bootstrap address ${address} (${dialled.reach.code}).`,
        'give an address of a network that this machine is in.',
      );
    case 'strange':
      return error(
        `What listens at the bootstrap address ${address} does not answer as a broker does.`,
        'give the port of a PLAINTEXT listener: not one of SSL or SASL, of ZooKeeper (2181), or of the metrics.',
      );
  }
}

const REASONS: Readonly<Record<Exclude<Reach['kind'], 'served'>, string>> = {
  unresolved: 'a name that is not known here',
  refused: 'where nothing listens as seen from here',
  silent: 'which does not answer as seen from here',
  unreachable: 'to which there is no way from here',
  strange: 'where something answers that is no broker',
};

interface Listener extends Address {
  readonly name: string;
}

function listenersIn(list: string): Listener[] {
  const entries = list.split(',').map((entry) => /^\s*([^:]+):\/\/(.*):(\d+)\s*$/.exec(entry));
  return entries.flatMap((match) => (match ? [{ name: match[1]!, host: match[2]!, port: Number(match[3]) }] : []));
}

/** The name of the listener that clients came in by, as far as it can be told: the one with that address. */
function listenerAt({ settings, host, port }: BrokerFacts): string {
  const all = listenersIn(`${settings.get('advertised.listeners') ?? ''},${settings.get('listeners') ?? ''}`);
  const own = all.find((listener) => listener.host === host && listener.port === port);
  return own?.name ?? all.find((listener) => listener.port === port)?.name ?? 'PLAINTEXT';
}

/** Where a broker with these settings tells other brokers to find it; null where they do not say. */
export function interBrokerAddress(settings: BrokerFacts['settings']): Address | null {
  const name = settings.get('inter.broker.listener.name') ?? settings.get('security.inter.broker.protocol');
  const all = listenersIn(settings.get('advertised.listeners') ?? settings.get('listeners') ?? '');
  const own = all.find((listener) => listener.name === name);
  return own === undefined ? null : { host: own.host, port: own.port };
}

/** All that it advertises, or binds, with another address for one listener. */
function listWith(list: string | undefined, listener: string, address: string): string {
  const entries = (list ?? '').split(',').map((entry) => entry.trim());
  const own = `${listener}://${address}`;
  const isOwn = (entry: string): boolean => entry.startsWith(`${listener}://`);
  return entries.some(isOwn) ? entries.map((entry) => (isOwn(entry) ? own : entry)).join(',') : own;
}

/** The port of a broker's listener: the one that clients came in by, unless that is another listener's. */
function portOf({ settings }: BrokerFacts, name: string, through: Address): number {
  const bound = listenersIn(settings.get('listeners') ?? '');
  const isOthers = bound.some((listener) => listener.port === through.port && listener.name !== name);
  return (isOthers ? bound.find((listener) => listener.name === name)?.port : undefined) ?? through.port;
}

/**
 * How to make a broker answer at the address that it tells, where it listens for its own machine alone; null where that is not
 * what is wrong.
 */
function listenEverywhere({ id, host, port, reach, settings }: BrokerFacts): string | null {
  if (reach.kind !== 'refused' || isLoopback(host)) return null;
  const list = settings.get('listeners');
  const bound = listenersIn(list ?? '');
  const told = listenersIn(settings.get('advertised.listeners') ?? '').find(
    (one) => one.host === host && one.port === port,
  );
  const own = bound.find(({ name }) => name === told?.name);
  if (own === undefined || !isLoopback(own.host)) return null;
  const value = listWith(list, own.name, `:${own.port}`);
  return `it listens at ${own.host}, which is its own machine alone: set listeners=${value} in the properties of broker ${id}, and start it again.`;
}

/** How to make a broker tell clients an address that they can use: the one where it answered, if it was the one that did. */
function advertise(broker: BrokerFacts, { through, throughId }: ClusterFacts): string {
  const elsewhere = listenEverywhere(broker);
  if (elsewhere !== null) return elsewhere;
  const isThrough = broker.id === throughId;
  const host = isLoopback(through.host) ? 'localhost' : through.host;
  const listener = listenerAt(broker);
  const address = addressText({ host, port: isThrough ? portOf(broker, listener, through) : broker.port });
  const value = listWith(broker.settings.get('advertised.listeners'), listener, address);
  const reason = isThrough ? 'where it answered just now' : 'or another address of it that this machine can use';
  return `set advertised.listeners=${value} (${reason}) in the properties of broker ${broker.id}, and start it again. Where clients of several networks need several addresses: a listener for each, as in listeners=INSIDE://:29092,OUTSIDE://:9092.`;
}

/** What is wrong where a broker knows nobody, not even itself: what its controller sends does not arrive. */
export function loneFinding(cluster: ClusterFacts): Finding {
  const { itself } = cluster;
  if (itself !== null && itself.reach.kind !== 'served') {
    const problem = `Broker ${itself.id} tells the controller to find it at ${addressText(itself)}, ${REASONS[itself.reach.kind]}: no orders reach it, and it knows of no brokers, not even of itself.`;
    return { level: 'error', problem, remedy: advertise(itself, cluster) };
  }
  if (itself !== null && itself.answeringId !== null && itself.answeringId !== itself.id) {
    const problem = `Broker ${itself.id} tells the controller to find it at ${addressText(itself)}, but broker ${itself.answeringId} answers there: no orders reach it, and it knows of no brokers, not even of itself.`;
    return { level: 'error', problem, remedy: advertise(itself, cluster) };
  }
  return {
    level: 'error',
    problem:
      'The broker that was asked has been told of no brokers, not even of itself: no orders of a controller reach it.',
    remedy:
      'look into its log. Where that says that its own address cannot be reached, set advertised.listeners=PLAINTEXT://HOST:PORT with a ' +
      `HOST that brokers and clients know, and start it again. Else ${LOOK_AT_ZOOKEEPER}`,
  };
}

export const LOOK_AT_ZOOKEEPER =
  'look whether ZooKeeper is up and whether zookeeper.connect names it (bin/zookeeper-shell.sh HOST:2181 get /controller).';

/** What is wrong with what brokers tell clients of where they are. */
export function advertisedFindings(cluster: ClusterFacts): Finding[] {
  const { brokers, through } = cluster;
  const findings: Finding[] = [];
  const error = (problem: string, remedy: string): void => void findings.push({ level: 'error', problem, remedy });
  for (const broker of brokers) {
    const { id, host, reach, answeringId } = broker;
    const address = addressText(broker);
    const tells = `Broker ${id} tells clients to go to ${address}`;
    if (isWildcard(host)) error(`${tells}, which is no address.`, advertise(broker, cluster));
    else if (isLoopback(host) && !isLoopback(through.host)) {
      error(`${tells}, which is every client's own machine.`, advertise(broker, cluster));
    } else if (reach.kind !== 'served') error(`${tells}, ${REASONS[reach.kind]}.`, advertise(broker, cluster));
    else if (answeringId !== null && answeringId !== id) {
      error(
        `${tells}, but broker ${answeringId} answers there.`,
        `give each broker an address of its own in advertised.listeners; a proxy in between must lead each address to its own broker.`,
      );
    }
  }
  return [...findings, ...sharedAddresses(brokers)];
}

function sharedAddresses(brokers: readonly BrokerFacts[]): Finding[] {
  const byAddress = new Map<string, number[]>();
  for (const broker of brokers) {
    const address = addressText(broker);
    byAddress.set(address, [...(byAddress.get(address) ?? []), broker.id]);
  }
  return [...byAddress]
    .filter(([, ids]) => ids.length > 1)
    .map(([address, ids]) => ({
      level: 'error',
      problem: `Brokers ${ids.join(' and ')} both tell clients to go to ${address}.`,
      remedy: 'give each broker an address of its own in advertised.listeners.',
    }));
}
