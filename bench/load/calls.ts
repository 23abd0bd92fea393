import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTopics } from '@odradek/protocol/messages/create-topics';
import { DeleteTopics } from '@odradek/protocol/messages/delete-topics';
import { InitProducerId } from '@odradek/protocol/messages/init-producer-id';
import { Metadata } from '@odradek/protocol/messages/metadata';
import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';

export const HOST = '127.0.0.1';
const CLIENT_ID = 'bench';
const POLL_MS = 20;
const PATIENCE_MS = 120_000;

/** A request as it goes over the wire, length included. */
export function encodeRequest<A extends Api>(api: A, version: number, body: RequestInit<A>): Buffer {
  const writer = new Writer();
  writer.int32(0);
  writer.int16(api.key);
  writer.int16(version);
  writer.int32(0);
  writer.string(CLIENT_ID);
  if (api.requestHeaderVersion(version) === 2) writer.uvarint(0);
  api.requestCodec(version).encode(writer, body as never);
  const bytes = writer.toBuffer();
  bytes.writeInt32BE(bytes.length - 4);
  return bytes;
}

export function decodeResponse<A extends Api>(api: A, version: number, frame: Buffer): ResponseOf<A> {
  const reader = new Reader(frame, 8);
  if (api.responseHeaderVersion(version) === 1) reader.skipTags();
  return api.responseCodec(version).decode(reader) as ResponseOf<A>;
}

/** One request on a connection of its own. */
export async function call<A extends Api>(
  port: number,
  api: A,
  version: number,
  body: RequestInit<A>,
): Promise<ResponseOf<A>> {
  const frame = await exchange(port, encodeRequest(api, version, body));
  return decodeResponse(api, version, frame);
}

/** Sends bytes and returns the frame that comes back, length included. */
export function exchange(port: number, request: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const socket = net.connect({ host: HOST, port, noDelay: true });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the broker closed the connection')));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      resolve(received);
      socket.destroy();
    });
    socket.write(request);
  });
}

const RECYCLED_SEGMENT_BYTES = 32 * 1024 * 1024;

/** How a topic is made. */
export interface TopicShape {
  readonly partitions: number;
  readonly replicationFactor: number;
  /**
   * Old segments go at once, so that new ones are written to memory that has just been used: on a fresh virtual machine
   * a page that is used for the first time, or again after seconds, costs more than the write itself.
   */
  readonly recycled: boolean;
}

const describe = (port: number, name: string) =>
  call(port, Metadata, 9, { topics: [{ name }], allowAutoTopicCreation: false });

/** The port of the cluster's controller. */
async function controllerPort(port: number): Promise<number> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const { brokers, controllerId } = await call(port, Metadata, 9, { topics: [], allowAutoTopicCreation: false });
    const controller = brokers.find(({ nodeId }) => nodeId === controllerId);
    if (controller) return controller.port;
  }
  throw new Error('no controller is known');
}

/** Makes a topic and waits until each partition has a leader and all its replicas in sync. */
export async function createTopic(port: number, name: string, shape: TopicShape): Promise<void> {
  const { partitions: numPartitions, replicationFactor, recycled } = shape;
  const configs = [{ name: 'file.delete.delay.ms', value: '0' }];
  if (recycled) {
    configs.push({ name: 'segment.bytes', value: String(RECYCLED_SEGMENT_BYTES) });
    configs.push({ name: 'retention.bytes', value: String(RECYCLED_SEGMENT_BYTES) });
  }
  if (replicationFactor > 1) configs.push({ name: 'min.insync.replicas', value: String(replicationFactor - 1) });
  const topic = { name, numPartitions, replicationFactor, assignments: [], configs };
  const request = { topics: [topic], timeoutMs: PATIENCE_MS };
  const { topics } = await call(await controllerPort(port), CreateTopics, 5, request);
  if (topics[0]!.errorCode !== 0) throw new Error(`topic ${name} not created: error ${topics[0]!.errorCode}`);
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const { partitions } = (await describe(port, name)).topics[0]!;
    const isWhole = partitions.every(
      ({ errorCode, isrNodes }) => errorCode === 0 && isrNodes.length === replicationFactor,
    );
    if (partitions.length === numPartitions && isWhole) return;
  }
  throw new Error(`topic ${name} has no leaders`);
}

/** For each partition the port of the broker that leads it. */
export async function leaderPorts(port: number, name: string): Promise<number[]> {
  const { brokers, topics } = await describe(port, name);
  const ports = new Map(brokers.map((broker) => [broker.nodeId, broker.port]));
  const partitions = topics[0]!.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex);
  return partitions.map(({ leaderId }) => ports.get(leaderId) ?? port);
}

export async function deleteTopic(port: number, name: string): Promise<void> {
  await call(await controllerPort(port), DeleteTopics, 5, { topicNames: [name], timeoutMs: PATIENCE_MS });
}

/** The coordinator may not be ready at once after the start. */
export async function newProducerId(port: number): Promise<number> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const init = { transactionalId: null, transactionTimeoutMs: PATIENCE_MS };
    const { errorCode, producerId } = await call(port, InitProducerId, 3, init);
    if (errorCode === 0) return producerId;
  }
  throw new Error('no producer id');
}
