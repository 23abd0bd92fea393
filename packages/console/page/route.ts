/** What the address says (`#/topics/orders/messages?from=end`), and the address of what is shown. */

export const TABS = ['messages', 'partitions', 'configs', 'groups'] as const;
export type Tab = (typeof TABS)[number];

/** The fields of a search; each may be repeated. */
export type Query = Readonly<Record<string, readonly string[]>>;

export type Route =
  | { readonly name: 'cluster' }
  | { readonly name: 'topics' }
  | { readonly name: 'topic'; readonly topic: string; readonly tab: Tab; readonly query: Query }
  | { readonly name: 'groups' }
  | { readonly name: 'group'; readonly group: string }
  | { readonly name: 'broker'; readonly id: number }
  | { readonly name: 'zookeeper'; readonly path: string }
  | { readonly name: 'missing'; readonly hash: string };

/** Understands an address; whatever it cannot be is `missing`. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = split(hash.replace(/^#/, ''), '?');
  const missing: Route = { name: 'missing', hash };
  const parts = path.split('/').slice(1).map(decode);
  if (parts.includes(undefined)) return missing;
  const [first = '', second, third, ...rest] = parts as string[];
  if (first === 'zookeeper') return { name: 'zookeeper', path: pathOf((parts as string[]).slice(1)) };
  if (rest.length > 0) return missing;
  if (first === 'topics' && second) {
    const tab = TABS.find((name) => name === (third ?? 'messages'));
    return tab ? { name: 'topic', topic: second, tab, query: parseQuery(search) } : missing;
  }
  if (third !== undefined) return missing;
  if (first === 'groups' && second !== undefined) return { name: 'group', group: second };
  if (first === 'brokers' && second !== undefined) {
    return /^\d{1,10}$/.test(second) ? { name: 'broker', id: Number(second) } : missing;
  }
  if (second) return missing;
  if (first === '') return { name: 'cluster' };
  return first === 'topics' || first === 'groups' ? { name: first } : missing;
}

/** The address of a route, with its `#`. */
export function hrefOf(route: Route): string {
  switch (route.name) {
    case 'cluster':
      return '#/';
    case 'topics':
    case 'groups':
      return `#/${route.name}`;
    case 'topic':
      return `#/topics/${encodeURIComponent(route.topic)}/${route.tab}${formatQuery(route.query)}`;
    case 'group':
      return `#/groups/${encodeURIComponent(route.group)}`;
    case 'broker':
      return `#/brokers/${route.id}`;
    case 'zookeeper':
      return `#/zookeeper${route.path === '/' ? '' : route.path.split('/').map(encodeURIComponent).join('/')}`;
    case 'missing':
      return route.hash;
    default:
      return route satisfies never;
  }
}

export const topicHref = (topic: string, tab: Tab = 'messages', query: Query = {}): string =>
  hrefOf({ name: 'topic', topic, tab, query });
export const groupHref = (group: string): string => hrefOf({ name: 'group', group });
export const brokerHref = (id: number): string => hrefOf({ name: 'broker', id });
export const nodeHref = (path: string): string => hrefOf({ name: 'zookeeper', path });

/** Where Esc leads. */
export function parentOf(route: Route): Route {
  switch (route.name) {
    case 'topic':
      return { name: 'topics' };
    case 'group':
      return { name: 'groups' };
    case 'zookeeper':
      return route.path === '/' ? { name: 'cluster' } : { name: 'zookeeper', path: parentPath(route.path) };
    default:
      return { name: 'cluster' };
  }
}

export const parentPath = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
export const childPath = (path: string, name: string): string => (path === '/' ? `/${name}` : `${path}/${name}`);

/** `?a=1&a=2`, or nothing. */
export function formatQuery(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, values] of Object.entries(query)) for (const value of values) params.append(name, value);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

function parseQuery(search: string): Query {
  const params = new URLSearchParams(search);
  return Object.fromEntries([...new Set(params.keys())].map((name) => [name, params.getAll(name)]));
}

const pathOf = (names: readonly string[]): string => `/${names.filter((name) => name !== '').join('/')}`;

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
