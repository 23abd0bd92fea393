import { ApiVersions } from '@odradek/protocol/messages/api-versions';
import { Fetch } from '@odradek/protocol/messages/fetch';
import { Heartbeat } from '@odradek/protocol/messages/heartbeat';
import { SyncGroup } from '@odradek/protocol/messages/sync-group';
import { type Handler, handler } from '../api/handler';
import { apiVersionsHandler, heldHeartbeats, makeServer } from '../network/testing';
import { PeerConnection, PeerDisconnectedError } from './peer-connection';

const untyped = (declared: unknown): Handler => declared as Handler;
const records = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => i * 13));
const inTime = { timeoutMs: 1000 };
const beat = (memberId: string) => ({ groupId: 'g', generationId: 1, memberId });

const fetchHandler = untyped(
  handler<typeof Fetch>({
    api: Fetch,
    handle: ({ maxBytes }) => ({
      responses: [
        {
          topic: 't',
          partitions: [{ partitionIndex: 0, errorCode: 0, highWatermark: 1, records: records.subarray(0, maxBytes) }],
        },
      ],
    }),
    fail: ({ code }) => ({ errorCode: code, responses: [] }),
  }),
);

const syncGroupHandler = untyped(
  handler<typeof SyncGroup>({
    api: SyncGroup,
    handle: ({ memberId }) => ({ errorCode: 0, assignment: Buffer.alloc(20_000, memberId) }),
    fail: ({ code }) => ({ errorCode: code, assignment: Buffer.alloc(0) }),
  }),
);

async function connected() {
  const held = heldHeartbeats();
  const world = await makeServer([held.handler, fetchHandler, syncGroupHandler, untyped(apiVersionsHandler)]);
  const { network, clock, memory } = world;
  const port = world.server.boundPort('PLAINTEXT');
  const options = { host: 'localhost', port, clientId: 'broker-1', connectTimeoutMs: 1000 };
  const peer = await PeerConnection.connect({ network, clock, memory }, options);
  return { ...world, held, peer, options };
}

describe('peer connection', () => {
  test('answers find their requests, in every header version', async () => {
    const { clock, peer } = await connected();
    const answers = Promise.all([
      peer.send(ApiVersions, 0, {}, inTime),
      peer.send(ApiVersions, 4, { clientSoftwareName: 'a', clientSoftwareVersion: '1' }, inTime),
      peer.send(Heartbeat, 4, beat('now'), inTime),
    ]);
    expect(peer.inFlight).toBe(3);
    await clock.settle();
    const [first, second, third] = await answers;
    expect(first.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }]);
    expect(second.finalizedFeaturesEpoch).toBe(-1);
    expect(third.errorCode).toBe(0);
    expect(clock.timers).toBe(1);
  });

  test('record bytes stay in pooled memory until released', async () => {
    const { clock, peer, memory } = await connected();
    const request = (maxBytes: number) => ({
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes,
      topics: [],
      forgottenTopicsData: [],
    });
    const answers = Promise.all(
      [300_000, 50_000, 0].map((bytes) => peer.sendPooled(Fetch, 12, request(bytes), inTime)),
    );
    await clock.settle();
    const [large, small, none] = await answers;
    const bytesOf = (answer: typeof large): Buffer => answer!.body.responses[0]!.partitions[0]!.records!;
    expect(bytesOf(large).equals(records)).toBe(true);
    expect(bytesOf(small).equals(records.subarray(0, 50_000))).toBe(true);
    expect(bytesOf(none)).toHaveLength(0);
    expect(memory.pool.takenBytes).toBeGreaterThan(300_000);
    for (const answer of [large, small, none]) answer!.release();
    expect(memory.pool.takenBytes).toBe(0);
  });

  test("bytes of a plain answer are the caller's", async () => {
    const { clock, peer, memory } = await connected();
    const ask = (memberId: string) => peer.send(SyncGroup, 0, { ...beat(memberId), assignments: [] }, inTime);
    const answers = Promise.all([ask('a'), ask('b')]);
    await clock.settle();
    const [first, second] = await answers;
    expect(first.assignment.equals(Buffer.alloc(20_000, 'a'))).toBe(true);
    expect(second.assignment.equals(Buffer.alloc(20_000, 'b'))).toBe(true);
    expect(memory.pool.takenBytes).toBe(0);
  });

  test('an answer overdue fails all that is pending and ends the connection', async () => {
    const { clock, peer, server } = await connected();
    const answers = Promise.allSettled([
      peer.send(Heartbeat, 0, beat('a'), { timeoutMs: 100 }),
      peer.send(ApiVersions, 0, {}, inTime),
    ]);
    await clock.advance(100);
    for (const answer of await answers)
      expect(answer).toMatchObject({
        reason: { message: expect.stringMatching(/no answer to Heartbeat within 100 ms/) },
      });
    expect(peer.isGone).toBe(true);
    await expect(peer.send(ApiVersions, 0, {}, inTime)).rejects.toBeInstanceOf(PeerDisconnectedError);
    await clock.settle();
    expect(server.connectionCount).toBe(0);
  });

  test('a disconnect fails all that is pending', async () => {
    const { clock, peer, server } = await connected();
    const answer = peer.send(Heartbeat, 0, beat('a'), inTime);
    const failed = expect(answer).rejects.toThrow('was disconnected');
    await clock.settle();
    const stopped = server.stop();
    await clock.settle();
    await Promise.all([failed, stopped]);
  });

  test('nobody there', async () => {
    const { network, clock, memory, options } = await connected();
    const connect = PeerConnection.connect({ network, clock, memory }, { ...options, port: 1 });
    await expect(connect).rejects.toThrow('Connection to localhost:1 could not be established: connect ECONNREFUSED');
  });

  test.each([
    ['an answer to nothing', Buffer.from('0000000400000009', 'hex')],
    ['an answer cut short', Buffer.from('000000050000000000', 'hex')],
    ['a length below zero', Buffer.from('ffffffff', 'hex')],
    ['half a correlation id', Buffer.from('000000020000', 'hex')],
  ])('%s ends the connection', async (_, bytes) => {
    const { network, clock, memory } = await connected();
    const listening = await network.listen({ host: '', port: 0, backlog: 1 }, (connection) =>
      connection.write([bytes]),
    );
    const options = { host: 'localhost', port: listening.port, clientId: 'x', connectTimeoutMs: 1000 };
    const peer = await PeerConnection.connect({ network, clock, memory }, options);
    const failed = expect(peer.send(ApiVersions, 0, {}, inTime)).rejects.toBeInstanceOf(PeerDisconnectedError);
    await clock.settle();
    await failed;
    expect(memory.pool.takenBytes).toBe(0);
  });
});
