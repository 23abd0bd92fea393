import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import type { ZooKeeperSession } from '@odradek/broker/env/zookeeper';
import { Metadata } from '@odradek/protocol/messages/metadata';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';
import { framed, header, type Pair } from './both';
import { Link } from './link';
import { chroot, SIDES, type World } from './world';

const PATIENCE_MS = 10_000;
const POLL_MS = 50;
const METADATA_VERSION = 4;
const ANY_VERSION = -1;
const TOPIC_NODE = /^\/brokers\/topics\/[^/]+$/;

/** Does something in ZooKeeper for each broker, below its own path. */
async function onBoth<T>(
  { zooKeeper }: World,
  run: (session: ZooKeeperSession, root: string) => Promise<T>,
): Promise<Pair<T>> {
  const options = { sessionTimeoutMs: PATIENCE_MS, connectionTimeoutMs: PATIENCE_MS, connect: zooKeeper };
  const session = await new NodeZooKeeper(silentLoggers).connect(options);
  try {
    return { ours: await run(session, `/${chroot('ours')}`), apache: await run(session, `/${chroot('apache')}`) };
  } finally {
    await session.close();
  }
}

/** Creates a znode for both brokers, as if an administrator had. */
export async function createZNode(world: World, path: string, content: string): Promise<void> {
  await onBoth(world, (session, root) => session.create(`${root}${path}`, Buffer.from(content), 'persistent'));
}

export async function deleteZNode(world: World, path: string): Promise<void> {
  await onBoth(world, (session, root) => session.delete(`${root}${path}`, ANY_VERSION));
}

/** Apache's broker does not start while what its killed predecessor has registered is there. */
export async function forgetKilled(world: World): Promise<void> {
  await onBoth(world, async (session, root) => {
    for (const path of ['/brokers/ids/0', '/controller']) await session.delete(`${root}${path}`, ANY_VERSION);
  });
}

/** What a znode holds on each side. */
export function readZNode(world: World, path: string): Promise<Pair<string>> {
  return onBoth(world, async (session, root) => String((await session.getData(`${root}${path}`)).data));
}

/** How often a znode has been written on each side. */
export function readVersion(world: World, path: string): Promise<Pair<number>> {
  return onBoth(world, async (session, root) => (await session.getData(`${root}${path}`)).stat.version);
}

export function isZNodeThere(world: World, path: string): Promise<Pair<boolean>> {
  return onBoth(world, async (session, root) => (await session.exists(`${root}${path}`)) !== null);
}

/**
 * Registers a broker beside each of both while `run` lasts: it lives, for all that a controller can tell, and answers
 * nothing.
 */
export async function withBrokerBeside(
  world: World,
  id: number,
  rack: string,
  run: () => Promise<void>,
): Promise<void> {
  const registration = {
    version: 5,
    host: '127.0.0.1',
    port: 1,
    jmx_port: -1,
    endpoints: ['PLAINTEXT://127.0.0.1:1'],
    listener_security_protocol_map: { PLAINTEXT: 'PLAINTEXT' },
    features: {},
    rack,
    timestamp: '1700000000000',
  };
  await createZNode(world, `/brokers/ids/${id}`, JSON.stringify(registration));
  try {
    await run();
  } finally {
    await unregister(world, [id]);
  }
}

/** Ends the registrations of brokers that were only registered, and waits until neither controller counts on them. */
export async function unregister(world: World, ids: readonly number[]): Promise<void> {
  for (const id of ids) await deleteZNode(world, `/brokers/ids/${id}`);
  await untilTold(world, `of ${ids} no more`, [], ({ brokers }) => !brokers.some(({ nodeId }) => ids.includes(nodeId)));
}

/** The epoch of a broker's registration, which is the id of the transaction that made it. */
export function brokerEpochs(world: World, id: number): Promise<Pair<number>> {
  return onBoth(world, async (session, root) =>
    Number((await session.getData(`${root}/brokers/ids/${id}`)).stat.czxid),
  );
}

/** What concerns topics of a name, and what the controller is asked for: path and content, ids and times left out. */
export function trees(world: World, topicPrefix: string): Promise<Pair<Record<string, string>>> {
  return onBoth(world, async (session, root) => {
    const found: Record<string, string> = {};
    const visit = async (path: string): Promise<void> => {
      // What is gone between two readings is gone.
      const node = await session.getData(`${root}${path}`).catch(() => null);
      if (!node) return;
      const content = String(node.data ?? '').replace(/"(topic_id|timestamp)":"[^"]*"/, '"$1":"…"');
      // The partitions of a topic come in the order of a hash map; parsed, in that of their numbers.
      found[path] = TOPIC_NODE.test(path) ? JSON.stringify(JSON.parse(content)) : content;
      for (const child of await childrenOf(path)) await visit(`${path}/${child}`);
    };
    const childrenOf = async (path: string): Promise<string[]> => {
      const { children } = await session.getChildren(`${root}${path}`).catch(() => ({ children: [] }));
      return [...children].sort();
    };
    for (const parent of ['/brokers/topics', '/config/topics', '/admin/delete_topics']) {
      for (const child of await childrenOf(parent))
        if (child.startsWith(topicPrefix)) await visit(`${parent}/${child}`);
    }
    for (const path of ['/isr_change_notification', '/log_dir_event_notification', '/controller', '/feature']) {
      await visit(path);
    }
    for (const child of await childrenOf('/admin')) if (child !== 'delete_topics') await visit(`/admin/${child}`);
    return found;
  });
}

/** Waits until both brokers say that every partition of the topic has a leader. */
export function untilLed(world: World, topic: string): Promise<void> {
  return untilTold(world, `that ${topic} is led`, [{ name: topic }], ({ topics: [found] }) => {
    return found?.errorCode === 0 && found.partitions.every(({ leaderId }) => leaderId >= 0);
  });
}

/** Waits until both brokers tell in Metadata what `holds`. */
async function untilTold(
  world: World,
  what: string,
  topics: RequestInit<typeof Metadata>['topics'],
  holds: (told: ResponseOf<typeof Metadata>) => boolean,
): Promise<void> {
  for (const side of SIDES) {
    const link = new Link(world.sides[side].port);
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (let told = await ask(link, topics); told === null || !holds(told); told = await ask(link, topics)) {
      if (performance.now() > deadlineMs) throw new Error(`${side} does not tell ${what}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    link.close();
  }
}

async function ask(
  link: Link,
  topics: RequestInit<typeof Metadata>['topics'],
): Promise<ResponseOf<typeof Metadata> | null> {
  const writer = new Writer();
  Metadata.requestCodec(METADATA_VERSION).encode(writer, { topics, allowAutoTopicCreation: false });
  const head = header(Metadata.key, METADATA_VERSION, 1, Metadata.requestHeaderVersion(METADATA_VERSION));
  const outcome = await link.exchange(framed(head, writer.toBuffer()), PATIENCE_MS);
  if (outcome.kind !== 'answer') return null;
  return Metadata.responseCodec(METADATA_VERSION).decode(new Reader(outcome.frame, 4, outcome.frame.length));
}
