import { silentLoggers } from '@odradek/broker/env/logger';
import { NodeZooKeeper } from '@odradek/broker/env/node/zookeeper';
import { Metadata } from '@odradek/protocol/messages/metadata';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';
import { framed, header } from './both';
import { Link } from './link';
import { chroot, SIDES, type World } from './world';

const PATIENCE_MS = 10_000;
const POLL_MS = 50;
const METADATA_VERSION = 4;

/** Creates a znode for both brokers, each below its own path, as if an administrator had. */
export async function createZNode({ zooKeeper }: World, path: string, content: string): Promise<void> {
  const options = { sessionTimeoutMs: PATIENCE_MS, connectionTimeoutMs: PATIENCE_MS, connect: zooKeeper };
  const session = await new NodeZooKeeper(silentLoggers).connect(options);
  try {
    for (const side of SIDES) {
      await session.create(`/${chroot(side)}${path}`, Buffer.from(content), 'persistent');
    }
  } finally {
    await session.close();
  }
}

/** Waits until both brokers say that every partition of the topic has a leader. */
export async function untilLed(world: World, topic: string): Promise<void> {
  for (const side of SIDES) {
    const link = new Link(world.sides[side].port);
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (!(await isLed(link, topic))) {
      if (performance.now() > deadlineMs) throw new Error(`${side}: ${topic} is not led`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    link.close();
  }
}

async function isLed(link: Link, topic: string): Promise<boolean> {
  const writer = new Writer();
  const codec = Metadata.requestCodec(METADATA_VERSION);
  codec.encode(writer, { topics: [{ name: topic }], allowAutoTopicCreation: false });
  const head = header(Metadata.key, METADATA_VERSION, 1, Metadata.requestHeaderVersion(METADATA_VERSION));
  const outcome = await link.exchange(framed(head, writer.toBuffer()), PATIENCE_MS);
  if (outcome.kind !== 'answer') return false;
  const reader = new Reader(outcome.frame, 4, outcome.frame.length);
  const [found] = Metadata.responseCodec(METADATA_VERSION).decode(reader).topics;
  return found?.errorCode === 0 && found.partitions.every(({ leaderId }) => leaderId >= 0);
}
