import { Fetch } from '@odradek/protocol/messages/fetch';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { Writer } from '@odradek/protocol/wire/writer';
import type { BrokerEndpoint } from '../cluster/metadata';
import type { LeaderPeer } from '../cluster/peers';
import { batch } from '../log/testing/fixture';
import { ReplicaFetcher } from './replica-fetcher';
import { TestReplicas } from './testing/replicas';

const BACKOFF_MS = 1000;
const ENDPOINT: BrokerEndpoint = { host: 'a', port: 9092, securityProtocol: 0 };

type FetchAnswer = ResponseOf<typeof Fetch>;
type FetchQuestion = RequestInit<typeof Fetch>;

/** A fetcher of replica 1 and a leader, replica 0, which answers when told to. */
function setUp(fetchVersion = 17) {
  const world = new TestReplicas({});
  const [leader, follower] = [world.replica(0), world.replica(1)];
  const { clock } = world;
  const seen = { connects: [] as BrokerEndpoint[], asked: [] as FetchQuestion[], released: 0 };
  const link = { endpoint: ENDPOINT as BrokerEndpoint | null, refuses: false, pending: [] as PendingFetch[] };
  const peer = (): LeaderPeer => {
    let isOpen = true;
    const pending: PendingFetch[] = [];
    link.pending = pending;
    return {
      sendPooled: (_api: unknown, version: number, request: FetchQuestion) =>
        new Promise((resolve, reject) => {
          Fetch.requestCodec(version).encode(new Writer(), request as never);
          if (!isOpen) reject(new Error('closed'));
          seen.asked.push(request);
          const answer = (body: FetchAnswer): void => resolve({ body, release: () => void seen.released++ });
          pending.push({ request, answer, reject });
        }),
      close: () => {
        isOpen = false;
        for (const { reject } of pending.splice(0)) reject(new Error('closed'));
      },
    } as unknown as LeaderPeer;
  };
  const fetcher = new ReplicaFetcher({
    brokerId: 1,
    leaderId: 0,
    clientId: 'broker-1-fetcher-0',
    clock,
    logger: follower.loggers.logger('fetcher'),
    connect: async (endpoint) => {
      seen.connects.push(endpoint);
      if (link.refuses) throw new Error('refused');
      return peer();
    },
    endpoint: () => link.endpoint,
    brokerEpoch: () => 77,
    versions: { fetch: fetchVersion, listOffsets: 9, offsetForLeaderEpoch: 4, truncatesOnFetch: fetchVersion >= 12 },
    settings: {
      responseMaxBytes: 1000,
      partitionMaxBytes: 500,
      minBytes: 1,
      maxWaitMs: 500,
      backoffMs: BACKOFF_MS,
      socketTimeoutMs: 30_000,
    },
    throttle: follower.fetching,
    onFailed: () => {},
  });
  /** The leader answers what it is asked now. */
  const answer = async (): Promise<void> => {
    const { request, answer: send } = link.pending.shift()!;
    send(leader.answer(1, request as never, fetchVersion));
    await clock.settle();
  };
  const produce = (): void => void leader.partition.appendAsLeader(batch(1), 1, { origin: 'client' });
  return { world, leader, follower, clock, seen, link, fetcher, answer, produce };
}

interface PendingFetch {
  readonly request: FetchQuestion;
  answer(body: FetchAnswer): void;
  reject(error: Error): void;
}

describe('replica fetcher', () => {
  test('asks for the whole once and then for what has changed, as soon as an answer was appended', async () => {
    const { world, clock, fetcher, follower, seen, answer, produce } = setUp();
    world.elect(0);
    produce();
    fetcher.follow(follower.partition);
    await clock.settle();
    await answer();
    await answer();
    await answer();
    expect(seen.connects).toEqual([ENDPOINT]);
    expect(follower.log.highWatermark).toBe(1);
    expect(
      seen.asked.map(({ sessionEpoch, topics }) => [
        sessionEpoch,
        topics.flatMap(({ partitions }) => partitions.map(({ fetchOffset }) => fetchOffset)),
      ]),
    ).toEqual([
      [0, [0]],
      [1, [1]],
      [2, []],
      [3, []],
    ]);
    expect(seen.asked[0]).toMatchObject({
      replicaState: { replicaId: 1, replicaEpoch: 77 },
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 1000,
      isolationLevel: 0,
    });
    expect(seen.released).toBe(3);
    await fetcher.stop();
    expect(clock.timers).toBe(0);
  });

  // All that inter.broker.protocol.version may ask for.
  test.each([0, 1, 2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17])('asks in version %i', async (version) => {
    const { world, clock, fetcher, follower, answer, produce } = setUp(version);
    world.elect(0);
    produce();
    fetcher.follow(follower.partition);
    await clock.settle();
    expect(follower.loggers.messages('warn', 'error')).toEqual([]);
    await answer();
    await answer();
    await answer();
    expect([follower.log.logEndOffset, follower.log.highWatermark]).toEqual([1, 1]);
    await fetcher.stop();
  });

  test('a leader that is not alive is waited for, and followed when it is', async () => {
    const { world, clock, fetcher, follower, seen, link, answer, produce } = setUp();
    link.endpoint = null;
    world.elect(0);
    produce();
    fetcher.follow(follower.partition);
    await clock.advance(5 * BACKOFF_MS + 1);
    expect(seen.connects).toEqual([]);
    expect(follower.loggers.messages('warn')).toHaveLength(1);
    link.endpoint = ENDPOINT;
    fetcher.onMetadata();
    await clock.settle();
    await answer();
    expect(follower.log.logEndOffset).toBe(1);
    await fetcher.stop();
    expect(clock.timers).toBe(0);
  });

  test('a leader that refuses connections is tried after the back-off, and at once where it has moved', async () => {
    const { world, clock, fetcher, follower, seen, link, answer, produce } = setUp();
    link.refuses = true;
    world.elect(0);
    produce();
    fetcher.follow(follower.partition);
    await clock.advance(0);
    expect(seen.connects).toHaveLength(1);
    fetcher.onMetadata();
    await clock.advance(BACKOFF_MS - 1);
    expect(seen.connects).toHaveLength(1);
    await clock.advance(1);
    expect(seen.connects).toHaveLength(2);
    link.refuses = false;
    link.endpoint = { ...ENDPOINT, port: 9093 };
    fetcher.onMetadata();
    await clock.settle();
    await answer();
    expect(seen.connects.at(-1)?.port).toBe(9093);
    expect(follower.log.logEndOffset).toBe(1);
    await fetcher.stop();
  });

  test('a broken connection begins a new session, after the back-off or with the next order', async () => {
    const { world, clock, fetcher, follower, seen, link, answer, produce } = setUp();
    world.elect(0);
    produce();
    fetcher.follow(follower.partition);
    await clock.settle();
    await answer();
    link.pending.shift()!.reject(new Error('reset'));
    await clock.settle();
    expect(seen.connects).toHaveLength(1);
    fetcher.unfollow(follower.partition);
    world.elect(0);
    fetcher.follow(follower.partition);
    await clock.settle();
    expect(seen.connects).toHaveLength(2);
    expect(seen.asked.at(-1)).toMatchObject({ sessionEpoch: 0 });
    expect(seen.asked.at(-1)?.sessionId).toBeGreaterThan(0);
    produce();
    await answer();
    expect(follower.log.logEndOffset).toBe(2);
    await fetcher.stop();
  });

  test('a refusal is asked again soon, then at longer intervals', async () => {
    const { world, clock, fetcher, follower, link, seen } = setUp();
    world.elect(0);
    fetcher.follow(follower.partition);
    const refusedAtMs: number[] = [];
    await clock.settle();
    while (refusedAtMs.length < 8) {
      const pending = link.pending.shift();
      if (!pending) {
        await clock.advance(10);
        continue;
      }
      if (pending.request.topics.length > 0) refusedAtMs.push(clock.monotonicMs());
      pending.answer(refusal(pending.request));
      await clock.settle();
    }
    const waits = refusedAtMs.slice(1).map((atMs, index) => atMs - refusedAtMs[index]!);
    expect(waits).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
    expect(seen.connects).toHaveLength(1);
    await fetcher.stop();
  });

  test('a leader does not wait with its answer beyond the time when a replica is due', async () => {
    const { world, clock, fetcher, follower, link, seen } = setUp();
    world.elect(0);
    fetcher.follow(follower.partition);
    await clock.settle();
    const refused = link.pending.shift()!;
    await clock.advance(5);
    refused.answer(refusal(refused.request));
    await clock.settle();
    expect(seen.asked.map(({ maxWaitMs }) => maxWaitMs)).toEqual([500, 50]);
    await fetcher.stop();
  });

  test('a replica that comes while the leader waits is asked for soon: the request begins anew', async () => {
    const { world, clock, fetcher, follower, seen, answer } = setUp();
    world.elect(0);
    fetcher.follow(follower.partition);
    await clock.settle();
    await answer();
    expect(seen.asked).toHaveLength(2);
    world.elect(0);
    fetcher.follow(follower.partition);
    await clock.advance(9);
    expect(seen.asked).toHaveLength(2);
    await clock.advance(1);
    expect(seen.connects).toHaveLength(2);
    expect(seen.asked.map(({ sessionEpoch }) => sessionEpoch)).toEqual([0, 1, 0]);
    // Not again at once: for its leader a whole request is work.
    world.elect(0);
    fetcher.follow(follower.partition);
    await clock.advance(40);
    expect(seen.asked).toHaveLength(3);
    await clock.advance(11);
    expect(seen.asked).toHaveLength(4);
    expect(follower.loggers.messages('warn')).toEqual([]);
    await fetcher.stop();
    expect(clock.timers).toBe(0);
  });

  test('an answer that comes in time keeps the session', async () => {
    const { world, clock, fetcher, follower, seen, answer } = setUp();
    world.elect(0);
    fetcher.follow(follower.partition);
    await clock.settle();
    world.elect(0);
    fetcher.follow(follower.partition);
    await clock.advance(5);
    await answer();
    await clock.advance(100);
    expect(seen.connects).toHaveLength(1);
    expect(seen.asked.map(({ sessionEpoch }) => sessionEpoch)).toEqual([0, 1]);
    await fetcher.stop();
    expect(clock.timers).toBe(0);
  });

  test('the connection ends with the last replica', async () => {
    const { world, clock, fetcher, follower, link, answer } = setUp();
    world.elect(0);
    fetcher.follow(follower.partition);
    await clock.settle();
    fetcher.unfollow(follower.partition);
    // The session is told to forget it, and there is nothing left to ask.
    await answer();
    await answer();
    expect(link.pending).toEqual([]);
    expect(clock.timers).toBe(0);
    await fetcher.stop();
  });
});

const NOT_LEADER_OR_FOLLOWER = 6;

function refusal({ topics, sessionEpoch }: FetchQuestion): FetchAnswer {
  const responses = topics.map(({ topicId, partitions }) => ({
    topic: '',
    topicId,
    partitions: partitions.map(({ partition }) => ({
      partitionIndex: partition,
      errorCode: NOT_LEADER_OR_FOLLOWER,
      records: null,
    })),
  }));
  const sessionId = topics.length === 0 && sessionEpoch !== 0 ? 0 : 9;
  return { errorCode: 0, sessionId, responses } as unknown as FetchAnswer;
}
