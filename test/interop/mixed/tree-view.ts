import type { ZooKeeperSession } from '@odradek/broker/env/zookeeper';

/** Paths, each with what it holds and what ZooKeeper knows of it. */
export type Tree = Readonly<Record<string, string>>;

const NO_OWNER = /^0+$/;
/** Where partitions lie that the brokers have made by themselves is random, and so is what becomes of them. */
const BY_ITSELF = '/brokers/topics/__';

/** What two clusters cannot have in common: ids, times, ports, salts. */
const OWN: readonly (readonly [RegExp, string])[] = [
  [/"(topic_id|timestamp|id)":"[^"]*"/g, '"$1":"…"'],
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:…'],
  [/"port":\d+/g, '"port":…'],
];

/** Who is controller after the one before was killed, and which broker asked for ids first, is a matter of luck. */
const LUCK: Readonly<Record<string, RegExp>> = {
  '/controller': /"brokerid":\d+/,
  '/latest_producer_id_block': /"broker":\d+/,
};

/** How often it is written: where several partitions move Apache writes it for each of them, and we once. */
const TOPIC = /^\/brokers\/topics\/[^/]+$/;

/** The partitions of a topic, and settings, come in the order of a hash map. */
const IN_ANY_ORDER = /^(\/brokers\/topics\/[^/]+|\/config\/.+\/.+)$/;

const sorted = (_key: string, value: unknown): unknown => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
};

function textOf(path: string, data: Buffer | null): string {
  if (data === null) return 'null';
  let text = String(data);
  if (IN_ANY_ORDER.test(path)) text = JSON.stringify(JSON.parse(text), sorted);
  for (const [pattern, instead] of OWN) text = text.replace(pattern, instead);
  const luck = LUCK[path];
  if (luck) text = text.replace(luck, '…');
  if (!path.startsWith(BY_ITSELF)) return text;
  return text
    .replace(/\[[\d,]+\]/g, (ids) => `${ids.split(',').length} brokers`)
    .replace(/"(leader|leader_epoch)":\d+/g, '"$1":…');
}

/** All below a root but what ZooKeeper itself has there. */
export async function treeOf(session: ZooKeeperSession, root: string): Promise<Tree> {
  const found: Record<string, string> = {};
  const visit = async (path: string): Promise<void> => {
    // What is gone between two readings is gone.
    const [node, granted] = await Promise.all([
      session.getData(`${root}${path}`).catch(() => null),
      session.getAcl(`${root}${path}`).catch(() => null),
    ]);
    if (!node || !granted) return;
    const acls = granted.acls.map(({ scheme, id, permissions }) => `${scheme}:${id}:${permissions}`);
    const owner = NO_OWNER.test(node.stat.ephemeralOwner) ? 'persistent' : 'ephemeral';
    const writes = TOPIC.test(path) || path.startsWith(BY_ITSELF) ? '' : ` written ${node.stat.version} times,`;
    found[path || '/'] = `${textOf(path, node.data)} ${owner},${writes} ${acls}`;
    const { children } = await session.getChildren(`${root}${path}`).catch(() => ({ children: [] }));
    await Promise.all([...children].sort().map((child) => visit(`${path}/${child}`)));
  };
  await visit('');
  return found;
}

/** How often the state of a partition has changed. */
const uncounted = (text: string | undefined): string | undefined =>
  text?.replace(/"leader_epoch":\d+/, '"leader_epoch":…').replace(/written \d+ times/, 'written');

/** A line for each path that is not the same in both. */
export function treeDifferences(ours: Tree, apache: Tree, areStatesCounted: boolean): string[] {
  const paths = [...new Set([...Object.keys(ours), ...Object.keys(apache)])].sort();
  const isSame = (path: string): boolean => {
    if (areStatesCounted || !path.endsWith('/state')) return ours[path] === apache[path];
    return uncounted(ours[path]) === uncounted(apache[path]);
  };
  const unlike = paths.filter((path) => !isSame(path));
  return unlike.map((path) => `${path}\n          ours   ${ours[path]}\n          Apache ${apache[path]}`);
}
