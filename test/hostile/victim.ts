import fs from 'node:fs';
import net from 'node:net';
import { PeerConnection } from '@odradek/broker/cluster/peer-connection';
import { nodeClock } from '@odradek/broker/env/node/clock';
import { nodeNetwork } from '@odradek/broker/env/node/network';
import { BufferPool } from '@odradek/broker/network/buffer-pool';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { Produce } from '@odradek/protocol/messages/produce';
import { buildBatch } from '@odradek/protocol/records/builder';
import { Writer } from '@odradek/protocol/wire/writer';
import type { Broker } from '../support/broker';
import { RECENT_MS } from '../support/recent';

/** Request frames by hand: what a client that lies would send. */
export function frame(apiKey: number, version: number, body: Buffer, correlationId = 7): Buffer {
  const header = Buffer.alloc(14);
  header.writeInt32BE(10 + body.length, 0);
  header.writeInt16BE(apiKey, 4);
  header.writeInt16BE(version, 6);
  header.writeInt32BE(correlationId, 8);
  header.writeInt16BE(-1, 12);
  return Buffer.concat([header, body]);
}

/** Opens a connection; it is the caller's to end. */
export function dial(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port }, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/** What came back until the broker closed, or `enough` said so. */
export async function provoke(
  port: number,
  bytes: Buffer,
  enough: (start: Buffer, length: number) => boolean = () => false,
): Promise<{ answer: Buffer; closed: boolean }> {
  const socket = await dial(port);
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve) => {
    const settle = (closed: boolean): void => {
      socket.destroy();
      resolve({ answer: Buffer.concat(chunks), closed });
    };
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      length += chunk.length;
      if (enough(chunks[0]!, length)) settle(false);
    });
    socket.on('close', () => settle(true));
    socket.write(bytes);
  });
}

export const wholeFrame = (start: Buffer, length: number): boolean =>
  start.length >= 4 && length >= 4 + start.readInt32BE(0);

export const residentBytes = (pid: number): number =>
  Number(fs.readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;

/** How many sockets a process has open. */
export const openSockets = (pid: number): number =>
  fs.readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
    } catch {
      return false; // closed meanwhile
    }
  }).length;

/** A well-behaved client that goes on working while others misbehave. */
export class Bystander {
  private running = true;
  private readonly work: Promise<void>;
  rounds = 0;
  /** `stop` says why. */
  hasFailed = false;
  slowestMs = 0;

  private constructor(
    private readonly peer: PeerConnection,
    private readonly topic: string,
  ) {
    this.work = this.run();
    this.work.catch(() => {
      this.hasFailed = true;
    });
  }

  static async start(broker: Broker, topic = 'bystander'): Promise<Bystander> {
    const peer = await connect(broker);
    await createTopic(peer, topic);
    return new Bystander(peer, topic);
  }

  private async run(): Promise<void> {
    while (this.running) {
      const startedMs = performance.now();
      const value = Buffer.from(String(this.rounds));
      const offset = await produce(this.peer, this.topic, buildBatch({ records: [{ timestamp: RECENT_MS, value }] }));
      if (offset !== this.rounds) throw new Error(`appended at ${offset} instead of ${this.rounds}`);
      const bytes = await fetchBytes(this.peer, this.topic, offset);
      if (bytes === 0) throw new Error(`nothing at ${offset}`);
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs);
      this.rounds++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Throws what went wrong meanwhile. */
  async stop(): Promise<void> {
    this.running = false;
    await this.work;
    this.peer.close();
  }
}

export function connect(broker: Broker): Promise<PeerConnection> {
  const memory = { staging: Buffer.allocUnsafeSlow(64 * 1024), pool: new BufferPool() };
  return PeerConnection.connect(
    { network: nodeNetwork, clock: nodeClock, memory },
    { host: '127.0.0.1', port: broker.port, clientId: 'bystander', connectTimeoutMs: 5000 },
  );
}

const FETCH_VERSION = 11;
const TIMEOUT = { timeoutMs: 20_000 };

export async function createTopic(
  peer: PeerConnection,
  name: string,
  configs: { name: string; value: string }[] = [],
  numPartitions = 1,
) {
  const request = {
    topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs }],
    timeoutMs: 10_000,
  };
  const { topics } = await peer.send(CreateTopics, 7, request, TIMEOUT);
  if (topics[0]!.errorCode !== 0) throw new Error(`CreateTopics: ${topics[0]!.errorMessage}`);
}

/** The offset that the batch was appended at, or minus its error's code. */
export async function produce(peer: PeerConnection, topic: string, records: Buffer): Promise<number> {
  const request = {
    transactionalId: null,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  };
  const { responses } = await peer.send(Produce, 9, request, TIMEOUT);
  const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!;
  return errorCode === 0 ? baseOffset : -errorCode;
}

const fetchRequest = (topic: string, fetchOffset: number, bytes: number, wait = { maxWaitMs: 0, minBytes: 0 }) => ({
  ...wait,
  maxBytes: bytes,
  topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: bytes }] }],
});

/** A Fetch as `frame` makes them. */
export function fetchFrame(...args: Parameters<typeof fetchRequest>): Buffer {
  const writer = new Writer();
  Fetch.requestCodec(FETCH_VERSION).encode(writer, fetchRequest(...args));
  return frame(Fetch.key, FETCH_VERSION, Buffer.concat(writer.chunks()));
}

async function fetchBytes(peer: PeerConnection, topic: string, offset: number): Promise<number> {
  const { responses } = await peer.send(Fetch, FETCH_VERSION, fetchRequest(topic, offset, 1_000_000), TIMEOUT);
  const { errorCode, records } = responses[0]!.partitions[0]!;
  if (errorCode !== 0) throw new Error(`Fetch: error ${errorCode}`);
  return records?.length ?? 0;
}
