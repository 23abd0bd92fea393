import { ERRORS, KafkaError } from '@odradek/protocol/errors';
import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import { ControlledShutdown } from '@odradek/protocol/messages/controlled-shutdown';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { Produce } from '@odradek/protocol/messages/produce';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import { Answer, CLOSE_CONNECTION, type Handler, handler, NO_ANSWER } from '../api/handler';
import { apiVersionsHandler, heartbeat, heldHeartbeats, makeServer, requestFrame, withLength } from './testing';

const untyped = (declared: unknown): Handler => declared as Handler;

const produceFrame = (correlationId: number, acks: number, records: Buffer | null): Buffer =>
  requestFrame(Produce, 3, correlationId, {
    acks,
    timeoutMs: 1000,
    topicData: [{ name: 't', partitionData: [{ index: 0, records }] }],
  });

/** Remembers the records, and answers acks 0 with nothing, 7 with a closed connection. */
function produceHandler(seen: Buffer[]): Handler {
  return untyped(
    handler<typeof Produce>({
      api: Produce,
      consumesInPlace: true,
      handle: ({ acks, topicData }) => {
        seen.push(Buffer.from(topicData[0]!.partitionData[0]!.records!));
        if (acks === 0) return NO_ANSWER;
        return acks === 7 ? CLOSE_CONNECTION : { responses: [] };
      },
      fail: () => CLOSE_CONNECTION,
    }),
  );
}

describe('order and pipelining', () => {
  test('answers come in the order of the requests, one request being handled at a time', async () => {
    const held = heldHeartbeats();
    const { clock, connect } = await makeServer([held.handler, untyped(apiVersionsHandler)]);
    const client = await connect();
    const frames = [
      heartbeat(1, 'a'),
      requestFrame(ApiVersions, 0, 2, {}),
      heartbeat(3, 'b'),
      heartbeat(4, 'now'),
      heartbeat(5, 'now'),
    ];
    client.connection.write([Buffer.concat(frames)]);
    await clock.settle();
    expect(held.seen).toEqual(['a']);
    expect(client.frames()).toEqual([]);
    held.release('a');
    await clock.settle();
    expect(held.seen).toEqual(['a', 'b']);
    expect(client.correlationIds()).toEqual([1, 2]);
    held.release('b');
    await clock.settle();
    expect(client.correlationIds()).toEqual([1, 2, 3, 4, 5]);
  });

  test('the answers of one read leave in one write', async () => {
    const { clock, connect } = await makeServer([untyped(apiVersionsHandler)]);
    const client = await connect();
    const peer = (client.connection as unknown as { peer: { write: (chunks: Buffer[]) => void } }).peer;
    const write = jest.spyOn(peer, 'write');
    client.connection.write([Buffer.concat([1, 2, 3].map((id) => requestFrame(ApiVersions, 3, id, {})))]);
    await clock.settle();
    expect(client.correlationIds()).toEqual([1, 2, 3]);
    expect(write).toHaveBeenCalledTimes(1);
  });

  test('requests that arrived before the client left are still handled', async () => {
    const held = heldHeartbeats();
    const seen: Buffer[] = [];
    const { clock, connect, memory } = await makeServer([held.handler, produceHandler(seen)]);
    const client = await connect();
    const records = [1, 2, 3].map((seed) => Buffer.alloc(2000, seed));
    client.connection.write([heartbeat(1, 'a'), ...records.map((record, id) => produceFrame(id, 0, record))]);
    await clock.settle();
    client.connection.destroy();
    await clock.settle();
    expect(seen).toEqual([]);
    held.release('a');
    await clock.settle();
    expect(seen).toEqual(records);
    expect(memory.pool.takenBytes).toBe(0);
  });

  test('thousands of requests in one read do not hold up others; those of a client that left are handled as well', async () => {
    const served: number[] = [];
    const { clock, connect, memory } = await makeServer([
      untyped(
        handler<typeof ApiVersions>({
          api: ApiVersions,
          handle: (_request, { clientId }) => {
            clock.spend(1);
            served.push(Number(clientId));
            if (clientId === '2') leaving.connection.destroy();
            return { errorCode: 0, apiKeys: [] };
          },
          fail: ({ code }) => ({ errorCode: code, apiKeys: [] }),
        }),
      ),
    ]);
    const ask = (from: number): Buffer => requestFrame(ApiVersions, 0, from, {}, String(from));
    const [flooding, leaving, other] = [await connect(), await connect(), await connect()];
    flooding.connection.write([Buffer.concat(Array.from({ length: 200 }, () => ask(1)))]);
    leaving.connection.write([Buffer.concat(Array.from({ length: 200 }, () => ask(2)))]);
    other.connection.write([ask(3)]);
    await clock.settle();
    expect(served.indexOf(3)).toBeLessThan(30);
    expect(served.length).toBe(401);
    expect(flooding.frames().length).toBe(200);
    expect(memory.pool.takenBytes).toBe(0);
  });

  test('a frame larger than staging arrives whole, also behind a request in flight', async () => {
    const held = heldHeartbeats();
    const seen: Buffer[] = [];
    const { clock, connect, memory } = await makeServer([held.handler, produceHandler(seen)]);
    const client = await connect();
    const records = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => i * 31));
    client.connection.write([heartbeat(1, 'a'), produceFrame(2, 1, records), produceFrame(3, 1, records)]);
    await clock.settle();
    expect(seen).toEqual([]);
    held.release('a');
    await clock.settle();
    expect(seen.map((bytes) => bytes.equals(records))).toEqual([true, true]);
    expect(client.correlationIds()).toEqual([1, 2, 3]);
    expect(memory.pool.takenBytes).toBe(0);
  });
});

describe('bytes of a request', () => {
  test('stay until the answer where a handler answers later, whatever is read meanwhile', async () => {
    const held: (() => void)[] = [];
    const syncGroup = handler<typeof SyncGroup>({
      api: SyncGroup,
      handle: ({ assignments }) =>
        new Promise((resolve) => {
          held.push(() => resolve({ errorCode: 0, assignment: assignments[0]!.assignment }));
        }),
      fail: ({ code }) => ({ errorCode: code, assignment: Buffer.alloc(0) }),
    });
    const { clock, connect, memory } = await makeServer([untyped(syncGroup), untyped(apiVersionsHandler)]);
    const [client, other] = [await connect(), await connect()];
    for (const bytes of [100, 12_000, 100_000]) {
      const assignment = Buffer.alloc(bytes, bytes);
      const request = { groupId: 'g', generationId: 1, memberId: 'm', assignments: [{ memberId: 'm', assignment }] };
      client.connection.write([requestFrame(SyncGroup, 0, bytes, request)]);
      await clock.settle();
      other.connection.write([Buffer.concat(Array.from({ length: 1000 }, () => requestFrame(ApiVersions, 0, 1, {})))]);
      await clock.settle();
      held.pop()!();
      await clock.settle();
      const index = client.frames().length - 1;
      expect(client.response(SyncGroup, 0, index).assignment.equals(assignment)).toBe(true);
    }
    expect(memory.pool.takenBytes).toBe(0);
  });
});

describe('what is refused', () => {
  test.each([5, 99, 32_767, -1])('ApiVersions %d is answered in version 0', async (version) => {
    const { clock, connect } = await makeServer([untyped(apiVersionsHandler)]);
    const client = await connect();
    const frame = requestFrame(ApiVersions, version < 0 ? 0 : 4, 7, version < 0 ? {} : { clientSoftwareName: 'x' });
    frame.writeInt16BE(version, 6);
    client.connection.write([frame, requestFrame(ApiVersions, 4, 8, {})]);
    await clock.settle();
    expect(client.response(ApiVersions, 0)).toMatchObject({
      errorCode: 35,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
    });
    expect(client.response(ApiVersions, 4, 1)).toMatchObject({ errorCode: 0 });
  });

  const header = (key: number, version: number): Buffer => {
    const bytes = Buffer.alloc(10);
    bytes.writeInt16BE(key, 0);
    bytes.writeInt16BE(version, 2);
    bytes.writeInt16BE(-1, 8);
    return bytes;
  };

  test.each([
    ['an unknown key', header(999, 0), 'Error parsing request header. Our best guess of the apiKey is: 999;'],
    ['a negative key', header(-3, 0), 'Our best guess of the apiKey is: -3;'],
    [
      'a version too high',
      Buffer.concat([header(12, 5), Buffer.alloc(1)]),
      'Received request api key HEARTBEAT with version 5 which is not enabled',
    ],
    ['a negative version', header(12, -1), 'HEARTBEAT with version -1 which is not enabled'],
    [
      'half a header',
      header(12, 0).subarray(0, 5),
      'Error parsing request header. Our best guess of the apiKey is: 12: ',
    ],
    [
      'a body cut short',
      requestFrame(Heartbeat, 0, 1, { groupId: 'g', generationId: 1, memberId: 'm' }).subarray(4, 20),
      'Error getting request for apiKey: HEARTBEAT: ',
    ],
  ])('%s closes the connection with one line', async (_, body, message) => {
    const { clock, connect, loggers } = await makeServer([heldHeartbeats().handler, untyped(apiVersionsHandler)]);
    const client = await connect();
    client.connection.write([requestFrame(ApiVersions, 0, 1, {}), withLength(body)]);
    await clock.settle();
    expect(client.correlationIds()).toEqual([1]);
    expect(client.closed).toBe(true);
    const lines = loggers.messages('warn', 'error');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^Exception while processing request from 127\.0\.0\.1:\d+-127\.0\.0\.1:\d+-0: /);
    expect(lines[0]).toContain(message);
  });

  test.each([
    [0, 'Invalid receive (size = 0)'],
    [-5, 'Invalid receive (size = -5)'],
    [1_000_001, 'Invalid receive (size = 1000001 larger than 1000000); the limit is socket.request.max.bytes'],
  ])('a frame of %d bytes closes the connection with one line', async (size, message) => {
    const { clock, connect, loggers, memory } = await makeServer([]);
    const client = await connect();
    const bytes = Buffer.alloc(100);
    bytes.writeInt32BE(size);
    client.connection.write([bytes]);
    await clock.settle();
    expect(client.closed).toBe(true);
    expect(loggers.messages('warn', 'error')).toHaveLength(1);
    expect(loggers.messages('warn')[0]).toContain(message);
    expect(memory.pool.takenBytes).toBe(0);
  });

  test('a peer that goes on with rubbish does not fill the log', async () => {
    const { clock, connect, loggers } = await makeServer([]);
    for (let index = 0; index < 50; index++) {
      const client = await connect();
      client.connection.write([withLength(header(1, 1))]);
      await clock.settle();
      expect(client.closed).toBe(true);
    }
    expect(loggers.messages('error')).toHaveLength(5);
    await clock.advance(10_000);
    (await connect()).connection.write([withLength(header(1, 1))]);
    await clock.settle();
    expect(loggers.messages('error')[5]).toContain('45 more from /127.0.0.1 not logged');
  });

  test('ControlledShutdown 0 has no client id', async () => {
    const seen: unknown[] = [];
    const declared = handler<typeof ControlledShutdown>({
      api: ControlledShutdown,
      handle: ({ brokerId }, { clientId }) => {
        seen.push([brokerId, clientId]);
        return { errorCode: 0, remainingPartitions: [] };
      },
      fail: ({ code }) => ({ errorCode: code, remainingPartitions: [] }),
    });
    const { clock, connect } = await makeServer([untyped(declared)]);
    const client = await connect();
    client.connection.write([requestFrame(ControlledShutdown, 0, 9, { brokerId: 5 })]);
    await clock.settle();
    expect(seen).toEqual([[5, '']]);
    expect(client.correlationIds()).toEqual([9]);
  });
});

describe('handlers', () => {
  const failing = (thrown: unknown, later: boolean): Handler =>
    untyped(
      handler<typeof Heartbeat>({
        api: Heartbeat,
        handle: () => {
          if (later) return Promise.reject(thrown);
          throw thrown;
        },
        fail: ({ code }) => ({ errorCode: code }),
      }),
    );

  test.each([
    ['at once', false],
    ['later', true],
  ])('what a handler throws %s becomes its error answer', async (_, later) => {
    const cases = [
      { thrown: new KafkaError('REBALANCE_IN_PROGRESS'), code: ERRORS.REBALANCE_IN_PROGRESS.code, lines: 0 },
      { thrown: new Error('ours'), code: -1, lines: 1 },
    ];
    for (const { thrown, code, lines } of cases) {
      const { clock, connect, loggers } = await makeServer([failing(thrown, later)]);
      const client = await connect();
      client.connection.write([heartbeat(1, 'x')]);
      await clock.settle();
      expect(client.response(Heartbeat, 0).errorCode).toBe(code);
      expect(loggers.messages('error')).toHaveLength(lines);
    }
  });

  test('an answer that cannot be encoded becomes an error answer', async () => {
    const declared = handler<typeof Heartbeat>({
      api: Heartbeat,
      handle: () => ({ errorCode: 100_000 }),
      fail: ({ code }) => ({ errorCode: code }),
    });
    const { clock, connect } = await makeServer([untyped(declared)]);
    const client = await connect();
    client.connection.write([heartbeat(1, 'x')]);
    await clock.settle();
    expect(client.response(Heartbeat, 0).errorCode).toBe(-1);
  });

  test('no answer leaves the connection open; a closed connection is the answer of last resort', async () => {
    const seen: Buffer[] = [];
    const { clock, connect } = await makeServer([produceHandler(seen)]);
    const client = await connect();
    client.connection.write([produceFrame(1, 0, Buffer.from('a')), produceFrame(2, 1, Buffer.from('b'))]);
    await clock.settle();
    expect(client.correlationIds()).toEqual([2]);
    expect(client.closed).toBe(false);
    client.connection.write([produceFrame(3, 7, Buffer.from('c')), produceFrame(4, 1, Buffer.from('d'))]);
    await clock.settle();
    expect(client.correlationIds()).toEqual([2]);
    expect(client.closed).toBe(true);
    expect(seen.map(String)).toEqual(['a', 'b', 'c']);
  });

  test('`sent` is called once on every path', async () => {
    const sent: string[] = [];
    const declared = handler<typeof Heartbeat>({
      api: Heartbeat,
      handle: async ({ memberId }) => {
        const errorCode = memberId === 'unencodable' ? 100_000 : 0;
        if (memberId === 'late') await gate;
        return new Answer({ errorCode }, () => sent.push(memberId));
      },
      fail: ({ code }) => ({ errorCode: code }),
    });
    let open!: () => void;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { clock, connect } = await makeServer([untyped(declared)]);
    const client = await connect();
    client.connection.write([heartbeat(1, 'ok'), heartbeat(2, 'unencodable'), heartbeat(3, 'late')]);
    await clock.settle();
    expect(sent).toEqual(['unencodable', 'ok']);
    client.connection.destroy();
    await clock.settle();
    open();
    await clock.settle();
    expect(sent).toEqual(['unencodable', 'ok', 'late']);
  });

  test('a muted connection is read on after its time (KIP-219)', async () => {
    const declared = handler<typeof Heartbeat>({
      api: Heartbeat,
      handle: ({ memberId }, { mute }) => {
        if (memberId === 'fast') mute(500);
        return { errorCode: 0 };
      },
      fail: ({ code }) => ({ errorCode: code }),
    });
    const { clock, connect } = await makeServer([untyped(declared)]);
    const client = await connect();
    client.connection.write([heartbeat(1, 'fast'), heartbeat(2, 'x')]);
    await clock.settle();
    client.connection.write([heartbeat(3, 'y')]);
    await clock.advance(499);
    expect(client.correlationIds()).toEqual([1]);
    await clock.advance(1);
    expect(client.correlationIds()).toEqual([1, 2, 3]);
  });

  test('each request is observed', async () => {
    const { clock, connect, observed } = await makeServer([untyped(apiVersionsHandler)]);
    const client = await connect();
    const frame = requestFrame(ApiVersions, 0, 1, {});
    client.connection.write([frame]);
    await clock.settle();
    expect(observed).toMatchObject([
      { version: 0, requestBytes: frame.length - 4, responseBytes: client.frames()[0]!.length },
    ]);
    expect(observed[0]!.api.name).toBe('ApiVersions');
    expect(observed[0]!.context).toMatchObject({
      clientId: 'test',
      clientHost: '/127.0.0.1',
      listenerName: 'PLAINTEXT',
    });
  });
});
