import { type AddressInfo, connect as connectPlain, createServer, type Socket } from 'node:net';
import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import fc from 'fast-check';
import type { Handler } from '../../api/handler';
import { BufferPool } from '../../network/buffer-pool';
import { Dispatcher } from '../../network/dispatch';
import { SocketServer } from '../../network/server';
import { apiVersionsHandler, heartbeat, heldHeartbeats, requestFrame } from '../../network/testing';
import { type Connection, ConnectionRefusedError, type Listening, type Receiver } from '../network';
import { MemoryLoggers } from '../testing/logger';
import { nodeClock } from './clock';
import { nodeNetwork } from './network';
import { receiveByCopy, receiveInto } from './receiving-socket';

/** Collects bytes; `until` resolves when so many are there. */
class Collector implements Receiver {
  readonly memory = Buffer.alloc(4096);
  readonly parts: Buffer[] = [];
  bytes = 0;
  mayRead = true;
  reason: Error | undefined;
  readonly over: Promise<void>;
  private resolveOver!: () => void;
  private waiting: { bytes: number; resolve: () => void } | null = null;

  constructor() {
    this.over = new Promise((resolve) => {
      this.resolveOver = resolve;
    });
  }

  target(): Buffer {
    return this.memory;
  }

  received(bytes: number): boolean {
    this.parts.push(Buffer.from(this.memory.subarray(0, bytes)));
    this.bytes += bytes;
    if (this.waiting && this.bytes >= this.waiting.bytes) this.waiting.resolve();
    return this.mayRead;
  }

  closed(reason?: Error): void {
    this.reason = reason;
    this.resolveOver();
  }

  async until(bytes: number): Promise<Buffer> {
    if (this.bytes < bytes) {
      await new Promise<void>((resolve) => {
        this.waiting = { bytes, resolve };
      });
    }
    return Buffer.concat(this.parts);
  }
}

const patterned = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, i) => i * 31));

async function pair(): Promise<{ client: Connection; server: Connection; listening: Listening }> {
  let accepted!: (connection: Connection) => void;
  const server = new Promise<Connection>((resolve) => {
    accepted = resolve;
  });
  const listening = await nodeNetwork.listen({ host: '127.0.0.1', port: 0, backlog: 5 }, (one) => accepted(one));
  const client = await nodeNetwork.connect({ host: '127.0.0.1', port: listening.port, timeoutMs: 5000 });
  return { client, server: await server, listening };
}

describe('TCP', () => {
  test('bytes, both ways, in one write of many chunks; addresses; an orderly end', async () => {
    const { client, server, listening } = await pair();
    const [atClient, atServer] = [new Collector(), new Collector()];
    client.start(atClient);
    server.start(atServer);
    const bytes = patterned(3_000_000);
    const written = new Promise<void>((resolve) => {
      client.write([bytes.subarray(0, 10), bytes.subarray(10, 1_000_000), bytes.subarray(1_000_000)], resolve);
    });
    expect((await atServer.until(bytes.length)).equals(bytes)).toBe(true);
    await written;
    expect(client.queuedBytes).toBe(0);
    server.write([Buffer.from('answer')]);
    expect(String(await atClient.until(6))).toBe('answer');
    expect(server.remoteAddress).toBe('127.0.0.1');
    expect(server.localPort).toBe(listening.port);
    expect(server.remotePort).toBe(client.localPort);
    client.end();
    await Promise.all([atServer.over, atClient.over]);
    expect(atServer.reason).toBeUndefined();
    await listening.close();
  });

  test('a pause holds until resume', async () => {
    const { client, server, listening } = await pair();
    const atServer = new Collector();
    client.start(new Collector());
    atServer.mayRead = false;
    server.start(atServer);
    const bytes = patterned(100_000);
    client.write([bytes]);
    await atServer.until(1);
    // Anything that were read in spite of the pause would come before this echo on another connection.
    const other = await pair();
    const echo = new Collector();
    other.server.start(new Collector());
    other.client.start(echo);
    other.server.write([Buffer.from('x')]);
    await echo.until(1);
    expect(atServer.bytes).toBeLessThanOrEqual(4096);
    atServer.mayRead = true;
    server.resume();
    expect((await atServer.until(bytes.length)).equals(bytes)).toBe(true);
    for (const end of [client, other.client]) end.destroy();
    await atServer.over;
    await Promise.all([listening.close(), other.listening.close()]);
  });

  test('`written` is called and `closed` comes, also where the peer takes nothing and goes', async () => {
    const { client, server, listening } = await pair();
    const atServer = new Collector();
    server.start(atServer);
    let calls = 0;
    const bytes = Buffer.alloc(20_000_000);
    for (let index = 0; index < 3; index++) server.write([bytes], () => calls++);
    expect(server.queuedBytes).toBeGreaterThan(20_000_000);
    client.destroy();
    await atServer.over;
    expect(calls).toBe(3);
    const late = new Promise<void>((resolve) => server.write([bytes], resolve));
    await late;
    await listening.close();
  });

  test('who stood still too long has connected in time all the same', async () => {
    const listening = await nodeNetwork.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, (server) =>
      server.destroy(),
    );
    const connecting = nodeNetwork.connect({ host: '127.0.0.1', port: listening.port, timeoutMs: 20 });
    // The system goes on meanwhile.
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    (await connecting).destroy();
    await listening.close();
  });

  test('a port that is taken, and one where nobody listens', async () => {
    const { client, server, listening } = await pair();
    const again = nodeNetwork.listen({ host: '127.0.0.1', port: listening.port, backlog: 5 }, () => {});
    await expect(again).rejects.toThrow('EADDRINUSE');
    const { port } = listening;
    client.destroy();
    server.destroy();
    await listening.close();
    // By its address, and by a name that stands for two of them.
    for (const host of ['127.0.0.1', 'localhost']) {
      const refused = nodeNetwork.connect({ host, port, timeoutMs: 5000 });
      await expect(refused).rejects.toBeInstanceOf(ConnectionRefusedError);
    }
    const nowhere = nodeNetwork.connect({ host: 'no-such-host.invalid', port, timeoutMs: 5000 });
    await expect(nowhere).rejects.not.toBeInstanceOf(ConnectionRefusedError);
  });

  test.each([
    ['in place', receiveInto],
    ['by copy', receiveByCopy],
  ])('received %s, with a pause after every read', async (_, receive) => {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const client = connectPlain((server.address() as AddressInfo).port, '127.0.0.1');
    const bytes = patterned(300_000);
    client.end(bytes);
    const collector = new Collector();
    collector.mayRead = false;
    const receiving = receive(await accepted, {
      target: () => collector.target(),
      received: (count) => {
        setImmediate(() => receiving.resume());
        return collector.received(count);
      },
      closed: () => {},
    });
    receiving.socket.once('end', () => receiving.socket.end());
    const ended = new Promise<void>((resolve) => receiving.socket.once('close', () => resolve()));
    expect((await collector.until(bytes.length)).equals(bytes)).toBe(true);
    expect(collector.parts.length).toBeGreaterThanOrEqual(Math.ceil(bytes.length / 4096));
    await ended;
    await new Promise((resolve) => server.close(resolve));
  });

  test('an accepted socket is received in place on this version of Node', async () => {
    const { client, server, listening } = await pair();
    const before = (server as unknown as { socket: Socket }).socket;
    server.start(new Collector());
    expect((server as unknown as { socket: Socket }).socket).not.toBe(before);
    client.destroy();
    server.destroy();
    await listening.close();
  });
});

describe('a server on TCP', () => {
  const start = async () => {
    const held = heldHeartbeats();
    const loggers = new MemoryLoggers();
    const logger = loggers.logger('kafka.network.SocketServer');
    const memory = { staging: Buffer.alloc(64 * 1024), pool: new BufferPool() };
    const handlers = [apiVersionsHandler as unknown as Handler, held.handler];
    const dispatcher = new Dispatcher({ handlers, clock: nodeClock, logger });
    const server = new SocketServer(
      { network: nodeNetwork, clock: nodeClock, logger, dispatcher, memory },
      {
        listeners: [{ name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: '127.0.0.1', port: 0 }],
        interBrokerListenerName: 'PLAINTEXT',
        backlog: 50,
        maxRequestBytes: 100_000_000,
        maxQueuedRequestBytes: -1,
        maxConnections: 0x7fffffff,
        maxConnectionsPerIp: 0x7fffffff,
        maxConnectionsPerIpOverrides: new Map(),
        maxConnectionCreationRate: 0x7fffffff,
        rateWindows: { samples: 11, windowMs: 1000 },
        listenerLimits: new Map(),
        connectionsMaxIdleMs: 600_000,
      },
    );
    await server.bind();
    server.serve();
    const connect = async (): Promise<{ connection: Connection; collector: Collector }> => {
      const port = server.boundPort('PLAINTEXT');
      const connection = await nodeNetwork.connect({ host: '127.0.0.1', port, timeoutMs: 5000 });
      const collector = new Collector();
      connection.start(collector);
      return { connection, collector };
    };
    return { server, connect, memory, held };
  };

  test('pipelined requests of many clients', async () => {
    const { server, connect, memory } = await start();
    const clients = await Promise.all(Array.from({ length: 10 }, connect));
    const requests = 500;
    for (const { connection } of clients) {
      for (let id = 0; id < requests; id++)
        connection.write([id % 2 ? requestFrame(ApiVersions, 0, id, {}) : heartbeat(id, 'now')]);
    }
    const bytes = (requests / 2) * (4 + 4 + 2) + (requests / 2) * (4 + 4 + 2 + 4 + 6);
    for (const { collector } of clients) {
      const all = await collector.until(bytes);
      expect(all.length).toBe(bytes);
      for (let at = 0, id = 0; at < all.length; at += 4 + all.readInt32BE(at), id++)
        expect(all.readInt32BE(at + 4)).toBe(id);
    }
    await server.stop();
    expect(memory.pool.takenBytes).toBe(0);
  });

  test('a client that half-closes still gets its answers', async () => {
    const { server, held } = await start();
    const client = connectPlain({ port: server.boundPort('PLAINTEXT'), host: '127.0.0.1', allowHalfOpen: true });
    const answers: Buffer[] = [];
    client.on('data', (bytes) => answers.push(bytes as Buffer));
    const ended = new Promise<void>((resolve) => client.once('end', resolve));
    client.end(Buffer.concat([heartbeat(1, 'now'), heartbeat(2, 'a'), heartbeat(3, 'now')]));
    while (held.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
    held.release('a');
    await ended;
    expect(Buffer.concat(answers)).toHaveLength(30);
    expect(held.seen).toEqual(['now', 'a', 'now']);
    await server.stop();
  });

  test('random bytes close their connection and nothing else', async () => {
    const { server, connect, memory } = await start();
    const witness = await connect();
    let asked = 0;
    const header = fc.record({ key: fc.integer({ min: -2, max: 100 }), version: fc.integer({ min: -2, max: 20 }) });
    const framed = fc.tuple(header, fc.uint8Array({ maxLength: 200 })).map(([{ key, version }, rest]) => {
      const bytes = Buffer.concat([Buffer.alloc(8), rest]);
      bytes.writeInt32BE(bytes.length - 4);
      bytes.writeInt16BE(key, 4);
      bytes.writeInt16BE(version, 6);
      return bytes;
    });
    const raw = fc.uint8Array({ minLength: 1, maxLength: 3000 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(framed, raw), { minLength: 1, maxLength: 5 }), async (chunks) => {
        const { connection, collector } = await connect();
        connection.write(chunks);
        connection.end();
        await collector.over;
        witness.connection.write([heartbeat(asked, 'now')]);
        asked++;
        await witness.collector.until(asked * 10);
      }),
      { numRuns: 300, seed: 11 },
    );
    expect(server.connectionCount).toBe(1);
    await server.stop();
    expect(memory.pool.takenBytes).toBe(0);
  });
});
