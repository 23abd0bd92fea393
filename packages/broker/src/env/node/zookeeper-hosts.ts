import { ZooKeeperError } from '../zookeeper';

/** Where ZooKeeper listens if a host names no port. */
const DEFAULT_PORT = 2181;

export interface ZooKeeperHost {
  readonly host: string;
  readonly port: number;
}

/**
 * `h1:2181,[::1]:2181/chroot` as hosts and chroot; the chroot is empty where there is none. An IPv6 host stands in
 * brackets where a port follows (as in Java's client). Throws BAD_ARGUMENTS for anything else.
 */
export function parseConnect(connect: string): { hosts: ZooKeeperHost[]; chroot: string } {
  const slash = connect.indexOf('/');
  const list = slash === -1 ? connect : connect.slice(0, slash);
  const chroot = slash === -1 ? '' : connect.slice(slash);
  const hosts = list
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map(parseHost);
  if (hosts.length === 0)
    throw new ZooKeeperError(
      'BAD_ARGUMENTS',
      '',
      `A HostProvider may not be empty: '${connect}' names no ZooKeeper server`,
    );
  return { hosts, chroot: chroot === '/' ? '' : chroot };
}

function parseHost(text: string): ZooKeeperHost {
  const [, bracketed, named, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::([0-9]+))?$/.exec(text) ?? [];
  const bare = (text.match(/:/g) ?? []).length > 1 && !text.includes('[') ? text : undefined;
  const host = bracketed ?? named ?? bare;
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (host === undefined || port > 65_535)
    throw new ZooKeeperError('BAD_ARGUMENTS', '', `'${text}' is not host:port of a ZooKeeper server`);
  return { host, port };
}

export function formatHost({ host, port }: ZooKeeperHost): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The hosts in random order, so that clients spread over the servers (Fisher-Yates). */
export function shuffled<Item>(items: readonly Item[]): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
