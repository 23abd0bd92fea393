import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import type { Api, RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import type { Fields } from '@odradek/protocol/schema/fields';
import { RequestHeader } from '@odradek/protocol/wire/headers';
import { Reader } from '@odradek/protocol/wire/reader';
import { Writer } from '@odradek/protocol/wire/writer';
import { type Handler, handler } from '../api/handler';
import type { Connection } from '../env/network';
import { ManualClock } from '../env/testing/clock';
import { MemoryLoggers } from '../env/testing/logger';
import { MemoryNetwork } from '../env/testing/network';
import { BufferPool } from './buffer-pool';
import { Dispatcher, type RequestObservation } from './dispatch';
import type { PutOffWork } from './put-off';
import { SocketServer, type SocketServerOptions } from './server';

/** A request frame, length included. */
export function requestFrame<A extends Api<Fields, Fields>>(
  api: A,
  version: number,
  correlationId: number,
  body: RequestInit<A>,
  clientId: string | null = 'test',
): Buffer {
  const writer = new Writer();
  const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId };
  RequestHeader.codec(api.requestHeaderVersion(version)).encode(writer, header);
  api.requestCodec(version).encode(writer, body as never);
  return withLength(writer.toBuffer());
}

export function withLength(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** Collects what a server sends, as frames. */
export class TestClient {
  closed = false;
  /** Set to leave what arrives where it is. */
  reading = true;
  private bytes = Buffer.alloc(0);
  private readonly memory = Buffer.alloc(64 * 1024);

  constructor(readonly connection: Connection) {
    connection.start({
      target: () => this.memory,
      received: (count) => {
        this.bytes = Buffer.concat([this.bytes, this.memory.subarray(0, count)]);
        return this.reading;
      },
      closed: () => {
        this.closed = true;
      },
    });
  }

  /** The frames that have come, without their lengths. */
  frames(): Buffer[] {
    const frames: Buffer[] = [];
    let at = 0;
    while (at + 4 <= this.bytes.length && at + 4 + this.bytes.readInt32BE(at) <= this.bytes.length) {
      const size = this.bytes.readInt32BE(at);
      frames.push(this.bytes.subarray(at + 4, at + 4 + size));
      at += 4 + size;
    }
    return frames;
  }

  correlationIds(): number[] {
    return this.frames().map((frame) => frame.readInt32BE(0));
  }

  response<A extends Api<Fields, Fields>>(api: A, version: number, index = 0): ResponseOf<A> {
    const reader = new Reader(this.frames()[index]!, 4);
    if (api.responseHeaderVersion(version) === 1) reader.skipTags();
    const body = api.responseCodec(version).decode(reader) as ResponseOf<A>;
    expect(reader.remaining).toBe(0);
    return body;
  }
}

export const apiVersionsHandler = handler<typeof ApiVersions>({
  api: ApiVersions,
  handle: () => ({ errorCode: 0, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }] }),
  fail: ({ code }) => ({ errorCode: code, apiKeys: [] }),
});

/** Answers Heartbeat when told to: `member` 'now' at once, any other once its promise is resolved. */
export function heldHeartbeats(): { handler: Handler; release: (member: string) => void; seen: string[] } {
  const waiting = new Map<string, () => void>();
  const seen: string[] = [];
  return {
    seen,
    release: (member) => waiting.get(member)!(),
    handler: handler<typeof Heartbeat>({
      api: Heartbeat,
      handle: ({ memberId }) => {
        seen.push(memberId);
        if (memberId === 'now') return { errorCode: 0 };
        return new Promise((resolve) => {
          waiting.set(memberId, () => resolve({ errorCode: 0 }));
        });
      },
      fail: ({ code }) => ({ errorCode: code }),
    }) as unknown as Handler,
  };
}

export const heartbeat = (correlationId: number, memberId: string): Buffer =>
  requestFrame(Heartbeat, 0, correlationId, { groupId: 'g', generationId: 1, memberId });

/** A server on a network in memory. */
export async function makeServer(
  handlers: readonly Handler[],
  options: Partial<SocketServerOptions> = {},
  putOff?: PutOffWork,
  measures?: () => boolean,
) {
  const clock = new ManualClock();
  const network = new MemoryNetwork(clock);
  const loggers = new MemoryLoggers();
  const memory = { staging: Buffer.alloc(16 * 1024), pool: new BufferPool() };
  const logger = loggers.logger('kafka.network.SocketServer');
  const observed: RequestObservation[] = [];
  const observe = (observation: RequestObservation): void => void observed.push(observation);
  const dispatcher = new Dispatcher({ handlers, clock, logger, observe, measures });
  const limits: SocketServerOptions = {
    listeners: [{ name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: '', port: 0 }],
    interBrokerListenerName: 'PLAINTEXT',
    backlog: 50,
    maxRequestBytes: 1_000_000,
    maxQueuedRequestBytes: -1,
    maxConnections: 0x7fffffff,
    maxConnectionsPerIp: 0x7fffffff,
    maxConnectionsPerIpOverrides: new Map(),
    maxConnectionCreationRate: 0x7fffffff,
    listenerLimits: new Map(),
    connectionsMaxIdleMs: 600_000,
    rateWindows: { samples: 11, windowMs: 1000 },
    ...options,
  };
  const server = new SocketServer({ network, clock, logger, dispatcher, memory, putOff }, limits);
  await server.bind();
  server.serve();
  const connect = async (listenerName = limits.listeners[0]!.name): Promise<TestClient> =>
    new TestClient(await network.connect({ host: 'localhost', port: server.boundPort(listenerName), timeoutMs: 1000 }));
  return { clock, network, loggers, memory, server, limits, connect, observed };
}
