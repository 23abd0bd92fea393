import { lookup } from 'node:dns/promises';
import { configException } from '../tool-error';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const MAX_PORT = 65_535;

// org.apache.kafka.common.utils.Utils: whatever precedes (a protocol, say) is skipped, IPv6 stands in brackets.
const HOST_PORT = /^.*?\[?([0-9a-zA-Z\-%._:]*)\]?:([0-9]+)$/;

/** `host:port` as Kafka's clients read it, or undefined where it has no port. */
export function parseAddress(text: string): Address | undefined {
  const match = HOST_PORT.exec(text);
  return match ? { host: match[1]!, port: Number(match[2]) } : undefined;
}

/** The entries of a list config: separated by commas, with any blanks round them. */
export const listEntries = (list: string): string[] => {
  const text = list.trim();
  return text === '' ? [] : text.split(/\s*,\s*/);
};

/**
 * The addresses of a `bootstrap.servers` value. Empty entries count for nothing (ClientUtils.parseAndValidateAddresses): whoever types
 * `--bootstrap-server a:9092, b:9092` gives the tool `a:9092,` and an argument that it passes over. Throws `ToolError` with the client's messages.
 */
export function parseBootstrapServers(list: string): Address[] {
  const entries = listEntries(list).filter((entry) => entry !== '');
  return entries.map((entry) => {
    const address = parseAddress(entry);
    if (!address || address.host === '') throw configException(`Invalid url in bootstrap.servers: ${entry}`);
    if (address.port > MAX_PORT) throw configException(`Invalid port in bootstrap.servers: ${entry}`);
    return address;
  });
}

/** Whether a tool that checks before it connects takes the list (ToolsUtils.validateBootstrapServer). */
export function isValidBootstrapList(list: string): boolean {
  // Java's split drops empty strings at the end.
  const entries = list.replace(/,+$/, '').split(',');
  return entries.every((entry) => parseAddress(entry) !== undefined);
}

/** The IP addresses of a host, IPv4 first as the JVM prefers. Throws where the name is unknown. */
export async function resolveHost(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true });
  const family = found.some(({ family }) => family === 4) ? 4 : 6;
  return found.filter((address) => address.family === family).map(({ address }) => address);
}
