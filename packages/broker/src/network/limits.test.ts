import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import { ListGroups } from '@odradek/protocol/messages/list-groups';
import { Produce } from '@odradek/protocol/messages/produce';
import { type Handler, handler } from '../api/handler';
import { apiVersionsHandler, heartbeat, heldHeartbeats, makeServer, requestFrame } from './testing';

const untyped = (declared: unknown): Handler => declared as Handler;
const apiVersions = untyped(apiVersionsHandler);
const listener = (name: string) => ({ name, securityProtocol: 'PLAINTEXT', host: '', port: 0 });
const ask = requestFrame(ApiVersions, 0, 1, {});

describe('connections', () => {
  test('beyond max.connections wait until one leaves', async () => {
    const { clock, connect, server } = await makeServer([apiVersions], { maxConnections: 2 });
    const clients = [await connect(), await connect(), await connect()];
    for (const client of clients) client.connection.write([ask]);
    await clock.settle();
    expect(clients.map((client) => client.correlationIds().length)).toEqual([1, 1, 0]);
    expect(server.connectionCount).toBe(2);
    clients[0]!.connection.destroy();
    await clock.settle();
    expect(clients[2]!.correlationIds()).toEqual([1]);
    expect(server.connectionCount).toBe(2);
  });

  test('waiting ones are no more than the backlog', async () => {
    const { clock, connect } = await makeServer([apiVersions], { maxConnections: 0, backlog: 2 });
    const clients = [await connect(), await connect(), await connect()];
    for (const client of clients) client.connection.write([ask]);
    await clock.settle();
    expect(clients.map((client) => client.closed)).toEqual([false, false, true]);
  });

  test('a limit of one listener leaves the others alone', async () => {
    const { clock, connect } = await makeServer([apiVersions], {
      listeners: [listener('PLAINTEXT'), listener('EXTERNAL')],
      listenerLimits: new Map([['EXTERNAL', { maxConnections: 1 }]]),
    });
    const clients = [await connect('EXTERNAL'), await connect('EXTERNAL'), await connect('PLAINTEXT')];
    for (const client of clients) client.connection.write([ask]);
    await clock.settle();
    expect(clients.map((client) => client.correlationIds().length)).toEqual([1, 0, 1]);
  });

  test('the inter-broker listener takes a place from the connection that has been quiet longest', async () => {
    const { clock, connect, server } = await makeServer([apiVersions], {
      listeners: [listener('PLAINTEXT'), listener('EXTERNAL')],
      maxConnections: 2,
    });
    const clients = [await connect('EXTERNAL'), await connect('EXTERNAL')];
    await clock.advance(10);
    clients[0]!.connection.write([ask]);
    await clock.settle();
    const broker = await connect('PLAINTEXT');
    broker.connection.write([ask]);
    await clock.settle();
    expect(broker.correlationIds()).toEqual([1]);
    expect(clients.map((client) => client.closed)).toEqual([false, true]);
    expect(server.connectionCount).toBe(2);
  });

  test('beyond max.connections.per.ip are turned away, with one line', async () => {
    const { clock, connect, loggers, server, limits } = await makeServer([apiVersions], { maxConnectionsPerIp: 1 });
    const clients = [await connect(), await connect()];
    await clock.settle();
    expect(clients.map((client) => client.closed)).toEqual([false, true]);
    expect(loggers.messages('info').at(-1)).toBe(
      'Rejected connection from /127.0.0.1, address already has the configured maximum of 1 connections.',
    );
    server.update({ ...limits, maxConnectionsPerIpOverrides: new Map([['127.0.0.1', 2]]) });
    const third = await connect();
    third.connection.write([ask]);
    await clock.settle();
    expect(third.correlationIds()).toEqual([1]);
    expect(server.connectionCount).toBe(2);
  });

  test('come in no faster than max.connection.creation.rate', async () => {
    const { clock, connect, server } = await makeServer([apiVersions], { maxConnectionCreationRate: 2 });
    for (let index = 0; index < 26; index++) await connect();
    expect(server.connectionCount).toBe(20);
    await clock.advance(1000);
    expect(server.connectionCount).toBe(22);
    // Kafka's rate is taken over ten seconds and a bit, and falls back to ten with each whole one that has passed.
    await clock.advance(2000);
    expect(server.connectionCount).toBe(24);
    await clock.advance(2000);
    expect(server.connectionCount).toBe(26);
  });

  test('beyond connection_creation_rate of their address are left waiting, then turned away', async () => {
    const { clock, connect, server } = await makeServer([apiVersions], { maxConnectionCreationRate: 100 });
    server.setAddressRate(null, 1);
    server.setAddressRate('127.0.0.2', 1000);
    const clients: Awaited<ReturnType<typeof connect>>[] = [];
    for (let index = 0; index < 12; index++) clients.push(await connect());
    for (const client of clients) client.connection.write([ask]);
    await clock.settle();
    const answered = (): number => clients.filter((client) => client.correlationIds().length > 0).length;
    const closed = (): number => clients.filter((client) => client.closed).length;
    expect([answered(), closed(), server.connectionCount]).toEqual([10, 0, 10]);
    await clock.advance(999);
    expect(closed()).toBe(0);
    await clock.advance(1);
    expect([answered(), closed()]).toEqual([10, 2]);
    server.setAddressRate('127.0.0.1', 100);
    const [later] = [await connect()];
    later.connection.write([ask]);
    await clock.settle();
    expect(later.correlationIds()).toEqual([1]);
  });

  test('that came too soon do not outlive the server, and are not too many', async () => {
    const { clock, connect, server } = await makeServer([apiVersions]);
    server.setAddressRate(null, 0);
    const clients = [];
    for (let index = 0; index < 1002; index++) clients.push(await connect());
    await clock.settle();
    expect(clients.filter((client) => client.closed).length).toBe(2);
    await server.stop();
    await clock.settle();
    expect(clients.every((client) => client.closed)).toBe(true);
    expect(clock.timers).toBe(0);
  });

  test('are closed after connections.max.idle.ms without a request, but not while one is under way', async () => {
    const held = heldHeartbeats();
    const { clock, connect } = await makeServer([apiVersions, held.handler], { connectionsMaxIdleMs: 1000 });
    const [quiet, busy, waiting] = [await connect(), await connect(), await connect()];
    waiting.connection.write([heartbeat(1, 'a')]);
    await clock.advance(600);
    busy.connection.write([ask]);
    await clock.advance(400);
    expect([quiet.closed, busy.closed, waiting.closed]).toEqual([true, false, false]);
    await clock.advance(620);
    expect([busy.closed, waiting.closed]).toEqual([true, false]);
    held.release('a');
    await clock.settle();
    expect(waiting.correlationIds()).toEqual([1]);
    await clock.advance(1020);
    expect(waiting.closed).toBe(true);
  });

  test('are not idle where a request of theirs lies unread, however long the process stood still', async () => {
    const { clock, connect } = await makeServer([apiVersions], { connectionsMaxIdleMs: 1000 });
    const [quiet, unread] = [await connect(), await connect()];
    clock.spend(5000);
    const soon = clock.soon.bind(clock);
    clock.soon = (callback) => {
      clock.soon = soon;
      unread.connection.write([ask]);
      // This network takes one turn from end to end, and the next one to be read.
      soon(() => soon(callback));
    };
    await clock.advance(0);
    expect([quiet.closed, unread.closed]).toEqual([true, false]);
    expect(unread.correlationIds()).toHaveLength(1);
  });

  test('that come before `serve` are answered after it; none is left after `stop`', async () => {
    const { clock, connect, server } = await makeServer([apiVersions]);
    const clients = [await connect(), await connect()];
    for (const client of clients) client.connection.write([ask]);
    await clock.settle();
    const stopped = server.stop();
    await clock.settle();
    await stopped;
    expect(clients.map((client) => client.closed)).toEqual([true, true]);
    expect(server.connectionCount).toBe(0);
    expect(clock.timers).toBe(0);
    await expect(connect()).rejects.toThrow('ECONNREFUSED');
  });

  test('a port that is taken is named', async () => {
    const first = await makeServer([]);
    const port = first.server.boundPort('PLAINTEXT');
    const { SocketServer } = await import('./server');
    const { network, clock, loggers, memory, limits } = first;
    const logger = loggers.logger('x');
    const options = { ...limits, listeners: [{ ...listener('PLAINTEXT'), port }] };
    const second = new SocketServer({ network, clock, logger, memory, dispatcher: null as never }, options);
    await expect(second.bind()).rejects.toThrow(`Socket server failed to bind to 0.0.0.0:${port}: `);
  });
});

test('listeners come and go while the server runs', async () => {
  const { server, connect, clock } = await makeServer([apiVersions]);
  const staying = await connect('PLAINTEXT');
  await server.setListeners([listener('PLAINTEXT'), listener('OTHER')]);
  const leaving = await connect('OTHER');
  leaving.connection.write([ask]);
  await clock.settle();
  expect(leaving.correlationIds()).toEqual([1]);
  await server.setListeners([listener('PLAINTEXT')]);
  await clock.settle();
  expect(leaving.closed).toBe(true);
  expect(staying.closed).toBe(false);
  expect(() => server.boundPort('OTHER')).toThrow('listener OTHER is not bound');
  staying.connection.write([ask]);
  await clock.settle();
  expect(staying.correlationIds()).toEqual([1]);
});

describe('back-pressure', () => {
  /** Answers with 100 KB, and counts. */
  const large = (counted: { requests: number }): Handler =>
    untyped(
      handler<typeof ListGroups>({
        api: ListGroups,
        handle: () => {
          counted.requests++;
          return { errorCode: 0, groups: [{ groupId: 'g'.repeat(30_000), protocolType: 'p'.repeat(30_000) }] };
        },
        fail: ({ code }) => ({ errorCode: code, groups: [] }),
      }),
    );

  test('a client that does not read its answers is not served on, and harms nobody', async () => {
    const counted = { requests: 0 };
    const { clock, connect } = await makeServer([large(counted), apiVersions]);
    const [slow, other] = [await connect(), await connect()];
    slow.reading = false;
    const requests = 100;
    slow.connection.write([
      Buffer.concat(Array.from({ length: requests }, (_, id) => requestFrame(ListGroups, 0, id, {}))),
    ]);
    await clock.settle();
    expect(counted.requests).toBeGreaterThan(10);
    expect(counted.requests).toBeLessThan(40);
    other.connection.write([ask]);
    await clock.settle();
    expect(other.correlationIds()).toEqual([1]);
    slow.reading = true;
    slow.connection.resume();
    await clock.settle();
    expect(counted.requests).toBe(requests);
    expect(slow.correlationIds()).toEqual(Array.from({ length: requests }, (_, id) => id));
  });

  test('requests wait for memory once queued.max.request.bytes are held', async () => {
    const handled: number[] = [];
    const produce = handler<typeof Produce>({
      api: Produce,
      consumesInPlace: true,
      handle: ({ timeoutMs }) => {
        handled.push(timeoutMs);
        return { responses: [] };
      },
      fail: () => ({ responses: [] }),
    });
    const { clock, connect, memory } = await makeServer([untyped(produce)], { maxQueuedRequestBytes: 150_000 });
    const frame = (id: number): Buffer =>
      requestFrame(Produce, 3, id, {
        acks: 1,
        timeoutMs: id,
        topicData: [{ name: 't', partitionData: [{ index: 0, records: Buffer.alloc(100_000) }] }],
      });
    const clients = [await connect(), await connect(), await connect()];
    for (const [id, client] of clients.entries()) client.connection.write([frame(id).subarray(0, 50_000)]);
    await clock.settle();
    for (const [id, client] of clients.entries()) {
      if (id > 0) client.connection.write([frame(id).subarray(50_000)]);
    }
    await clock.settle();
    // Two frames are let in (the second crosses the limit); the third gets in when the second is done.
    expect(handled).toEqual([1, 2]);
    clients[0]!.connection.write([frame(0).subarray(50_000)]);
    await clock.settle();
    expect(handled).toEqual([1, 2, 0]);
    expect(memory.pool.takenBytes).toBe(0);
  });

  test('requests wait for what a handler holds beyond its frame', async () => {
    const handled: number[] = [];
    let release = (): void => {};
    const produce = handler<typeof Produce>({
      api: Produce,
      consumesInPlace: true,
      handle: ({ timeoutMs }, context) => {
        handled.push(timeoutMs);
        if (timeoutMs === 0) release = context.hold(150_000);
        return { responses: [] };
      },
      fail: () => ({ responses: [] }),
    });
    const { clock, connect } = await makeServer([untyped(produce)], { maxQueuedRequestBytes: 150_000 });
    const frame = (id: number, bytes: number): Buffer =>
      requestFrame(Produce, 3, id, {
        acks: 1,
        timeoutMs: id,
        topicData: [{ name: 't', partitionData: [{ index: 0, records: Buffer.alloc(bytes) }] }],
      });
    const [first, second] = [await connect(), await connect()];
    first.connection.write([frame(0, 10)]);
    await clock.settle();
    second.connection.write([frame(1, 100_000).subarray(0, 50_000)]);
    await clock.settle();
    second.connection.write([frame(1, 100_000).subarray(50_000)]);
    await clock.settle();
    expect(handled).toEqual([0]);
    release();
    await clock.settle();
    expect(handled).toEqual([0, 1]);
  });

  test('memory that a lost client held is given to those who wait', async () => {
    const held = heldHeartbeats();
    const { clock, connect, memory } = await makeServer([held.handler], { maxQueuedRequestBytes: 50_000 });
    const [first, second] = [await connect(), await connect()];
    const stuck = Buffer.alloc(30_000);
    stuck.writeInt32BE(100_000);
    first.connection.write([stuck]);
    await clock.settle();
    const body = heartbeat(1, 'now');
    const long = Buffer.concat([body, Buffer.alloc(40_000)]);
    long.writeInt32BE(long.length - 4);
    second.connection.write([long]);
    await clock.settle();
    expect(second.frames()).toEqual([]);
    first.connection.destroy();
    await clock.settle();
    expect(second.correlationIds()).toEqual([1]);
    expect(memory.pool.takenBytes).toBe(0);
  });
});
