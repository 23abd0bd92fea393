import { ConfigException, demand } from './errors';
import { javaTrim } from './types';

export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';

const SECURITY_PROTOCOLS: readonly string[] = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'];

/** One address of a broker (kafka.cluster.EndPoint). */
export interface EndPoint {
  /** Upper case. */
  readonly listenerName: string;
  readonly securityProtocol: SecurityProtocol;
  /** Null where none was given: every interface to bind to, the machine's own name to advertise. */
  readonly host: string | null;
  readonly port: number;
}

const LISTENER = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/;
const FORM = 'Write NAME://host:port, several separated by commas.';

/** CoreUtils.parseCsvList: split at commas, trimmed, empty items dropped. */
export function parseCsvList(text: string | null): string[] {
  return (text ?? '')
    .split(/\s*,\s*/)
    .map(javaTrim)
    .filter((item) => item !== '');
}

/**
 * CoreUtils.parseCsvMap: `k:v,k:v`, split at the last colon of each item.
 * @throws ConfigException where an item has none
 */
export function parseCsvMap(key: string, text: string): Map<string, string> {
  const map = new Map<string, string>();
  for (const item of text.replace(/(\s*,\s*)+$/, '').split(/\s*,\s*/)) {
    if (text === '') break;
    const colon = item.lastIndexOf(':');
    if (colon < 0)
      throw new ConfigException(
        `Error parsing configuration property '${key}': begin 0, end -1, length ${item.length}`,
        [key],
        `Write name:value for each item; '${item}' has no colon.`,
      );
    map.set(javaTrim(item.slice(0, colon)), javaTrim(item.slice(colon + 1)));
  }
  return map;
}

/** ListenerName.normalised */
export function normalisedListenerName(name: string, key: string): string {
  if (javaTrim(name) === '')
    throw new ConfigException('The provided listener name is null or empty string', [key], FORM);
  return name.toUpperCase();
}

/** The security protocol of a text, as `listener.security.protocol.map` and its like hold it. */
export function securityProtocol(text: string, key: string): SecurityProtocol {
  const upper = text.toUpperCase();
  if (!SECURITY_PROTOCOLS.includes(upper))
    throw new ConfigException(
      `Invalid security protocol \`${text}\` defined in ${key}`,
      [key],
      `Use one of ${SECURITY_PROTOCOLS.join(', ')}.`,
    );
  return upper as SecurityProtocol;
}

/** `listener.security.protocol.map`, listener names in upper case. */
export function parseProtocolMap(text: string): Map<string, SecurityProtocol> {
  const key = 'listener.security.protocol.map';
  const map = new Map<string, SecurityProtocol>();
  for (const [name, protocol] of parseCsvMap(key, text))
    map.set(normalisedListenerName(name, key), securityProtocol(protocol, key));
  return map;
}

/**
 * Parses `listeners` or `advertised.listeners` (CoreUtils.listenerListToEndPoints).
 * @throws ConfigException where an entry is no address, its listener has no protocol, or names or ports clash
 */
export function parseListeners(
  key: 'listeners' | 'advertised.listeners',
  text: string,
  protocols: ReadonlyMap<string, SecurityProtocol>,
): EndPoint[] {
  const endPoints = parseCsvList(text).map((entry) => parseEndPoint(key, text, entry, protocols));
  const names = new Set(endPoints.map(({ listenerName }) => listenerName));
  demand(
    names.size === endPoints.length,
    `Each listener must have a different name, listeners: ${text}`,
    [key],
    'Give every listener a name of its own, and name its protocol in listener.security.protocol.map.',
  );
  if (key === 'listeners') checkPorts(text, endPoints);
  return endPoints;
}

function parseEndPoint(
  key: string,
  text: string,
  entry: string,
  protocols: ReadonlyMap<string, SecurityProtocol>,
): EndPoint {
  const refuse = (problem: string, remedy: string) =>
    new ConfigException(`Error creating broker listeners from '${text}': ${problem}`, [key], remedy);
  const match = LISTENER.exec(entry);
  if (match === null) throw refuse(`Unable to parse ${entry} to a broker endpoint`, FORM);
  const [, name, host, digits] = match as unknown as [string, string, string, string];
  if (javaTrim(name) === '') throw refuse('The provided listener name is null or empty string', FORM);
  const port = Number(digits);
  if (port > 0x7fffffff || port < -0x80000000)
    throw refuse(`For input string: "${digits}"`, 'A port is a number from 0 to 65535.');
  const listenerName = name.toUpperCase();
  const protocol = protocols.get(listenerName);
  if (protocol === undefined)
    throw refuse(
      `No security protocol defined for listener ${listenerName}`,
      `Add ${listenerName}:PLAINTEXT (or its real protocol) to listener.security.protocol.map.`,
    );
  return { listenerName, securityProtocol: protocol, host: host === '' ? null : host, port };
}

/** Ports differ, but that one IPv4 and one IPv6 address may share theirs; port 0 is chosen by the system. */
function checkPorts(text: string, endPoints: readonly EndPoint[]): void {
  const byPort = new Map<number, EndPoint[]>();
  for (const endPoint of endPoints)
    if (endPoint.port !== 0) byPort.set(endPoint.port, [...(byPort.get(endPoint.port) ?? []), endPoint]);
  for (const [port, sharing] of byPort) {
    if (sharing.length < 2) continue;
    const addresses = sharing.map(({ host }) => addressFamily(host)).filter((family) => family !== null);
    const named = sharing.length - addresses.length;
    const remedy = 'Give every listener a port of its own.';
    demand(named < 2, `Each listener must have a different port, listeners: ${text}`, ['listeners'], remedy);
    // With one address among names Apache's match falls through to its last case, too.
    if (addresses.length !== 2)
      throw new ConfigException(
        `Each listener must have a different port unless exactly one listener has an IPv4 address and the other IPv6 address, listeners: ${text}, port: ${port}`,
        ['listeners'],
        remedy,
      );
    const shared = `If you have two listeners on the same port then one needs to be IPv4 and the other IPv6, listeners: ${text}, port: ${port}`;
    demand(addresses[0] !== addresses[1], shared, ['listeners'], remedy);
    if (named > 0) throw new ConfigException(shared, ['listeners'], remedy);
  }
}

/** 4 or 6 for a literal address, null for a name. */
function addressFamily(host: string | null): 4 | 6 | null {
  if (host === null) return null;
  const octets = host.split('.');
  if (octets.length === 4 && octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) <= 255)) return 4;
  return isIPv6(host) ? 6 : null;
}

function isIPv6(host: string): boolean {
  const [written, ...zone] = host.split('%') as [string, ...string[]];
  // The last 32 bits may be written as an IPv4 address: two groups.
  const address = written.replace(/(?<=:)\d{1,3}(\.\d{1,3}){3}$/, '0:0');
  const halves = address.split('::');
  if (zone.length > 1 || halves.length > 2 || !address.includes(':')) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const whole = halves.length === 1 ? groups.length === 8 : groups.length < 8;
  return whole && groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group));
}
