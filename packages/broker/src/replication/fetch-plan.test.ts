import type { Fetch } from '@odradek/protocol/messages/fetch';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import { FetchPlan, type FetchRequest, type FollowedReplica, NEVER_MS } from './fetch-plan';

const ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const OTHER_ID = 'AAAAAAAAAAAAAAAAAAAAAg';
const SESSION = 5;
const OPTIONS = { partitionMaxBytes: 1000, supportsTopicIds: true, truncatesOnFetch: true };
const [NONE, FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH] = [0, 70, 71];

type Answer = ResponseOf<typeof Fetch>;
type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };
type Replica = Mutable<Omit<FollowedReplica, 'log'>> & { log: Mutable<FollowedReplica['log']> };

function replica(partition: number, topicId: string | null = ID): Replica {
  const log = { topicId, logStartOffset: 0, logEndOffset: 10, latestEpoch: 3 };
  return { topic: 't', partition, leaderEpoch: 4, log };
}

/** An answer for these partitions, of a session. */
function answer(partitions: readonly number[], sessionId = SESSION, topicId = ID): Answer {
  const entries = partitions.map((partitionIndex) => ({ partitionIndex, errorCode: NONE, highWatermark: 1 }));
  return { errorCode: NONE, sessionId, responses: [{ topic: 't', topicId, partitions: entries }] } as unknown as Answer;
}

const failure = (errorCode: number): Answer => ({ errorCode, sessionId: 0, responses: [] }) as unknown as Answer;

/** What a request asks for and has forgotten, and under which session. */
function shape(request: FetchRequest | null) {
  if (request === null) return null;
  const { sessionId, sessionEpoch, topics, forgottenTopicsData } = request;
  return {
    session: [sessionId, sessionEpoch],
    asks: topics.flatMap(({ partitions }) => partitions.map(({ partition }) => partition)),
    forgets: forgottenTopicsData.flatMap(({ partitions }) => partitions),
  };
}

/** A plan whose session holds some replicas. */
function setUp({ partitions = [0, 1, 2], supportsTopicIds = true } = {}) {
  const plan = new FetchPlan<Replica>({ ...OPTIONS, supportsTopicIds });
  const replicas = partitions.map((partition) => replica(partition));
  for (const it of replicas) plan.add(it);
  plan.next(0);
  plan.answered(answer(partitions));
  return { plan, replicas };
}

describe('what is asked', () => {
  test('everything at first, with offsets and epochs', () => {
    const plan = new FetchPlan<Replica>(OPTIONS);
    plan.add(replica(0));
    plan.add({ ...replica(1), log: { ...replica(1).log, latestEpoch: null } });
    expect(plan.next(0)).toEqual({
      sessionId: 0,
      sessionEpoch: 0,
      topics: [
        {
          topic: 't',
          topicId: ID,
          partitions: [0, 1].map((partition) => ({
            partition,
            currentLeaderEpoch: 4,
            fetchOffset: 10,
            lastFetchedEpoch: partition === 0 ? 3 : -1,
            logStartOffset: 0,
            partitionMaxBytes: 1000,
          })),
        },
      ],
      forgottenTopicsData: [],
      usesTopicIds: true,
    });
  });

  test('then what has changed', () => {
    const { plan, replicas } = setUp();
    expect(shape(plan.next(0))).toEqual({ session: [SESSION, 1], asks: [], forgets: [] });
    replicas[1]!.log.logEndOffset = 20;
    plan.answered(answer([0, 1]));
    expect(shape(plan.next(0))).toEqual({ session: [SESSION, 2], asks: [1], forgets: [] });
  });

  test('the log start of an idle replica, once it is looked at', () => {
    const { plan, replicas } = setUp();
    plan.next(0);
    plan.answered(answer([]));
    replicas[2]!.log.logStartOffset = 7;
    plan.review();
    expect(shape(plan.next(0))?.asks).toEqual([2]);
  });

  test('what is new and what is to be forgotten', () => {
    const { plan } = setUp();
    plan.remove('t', 1);
    plan.add(replica(5));
    expect(shape(plan.next(0))).toEqual({ session: [SESSION, 1], asks: [5], forgets: [1] });
  });

  test('a replica that is followed again is asked for anew, and never forgotten in the same request', () => {
    const { plan } = setUp();
    plan.remove('t', 1);
    plan.add({ ...replica(1), leaderEpoch: 9 });
    expect(shape(plan.next(0))).toEqual({ session: [SESSION, 1], asks: [1], forgets: [] });
  });

  test('a topic that was made again is another topic', () => {
    const { plan } = setUp({ partitions: [0] });
    plan.add(replica(0, OTHER_ID));
    const request = plan.next(0)!;
    expect(request.topics.map(({ topicId }) => topicId)).toEqual([OTHER_ID]);
    expect(request.forgottenTopicsData).toEqual([{ topic: 't', topicId: ID, partitions: [0] }]);
  });

  test('by name it is the same topic', () => {
    const { plan } = setUp({ partitions: [0], supportsTopicIds: false });
    plan.add({ ...replica(0, OTHER_ID), leaderEpoch: 5 });
    expect(shape(plan.next(0))).toEqual({ session: [SESSION, 1], asks: [0], forgets: [] });
  });

  test('names instead of ids, in a session of its own, while one topic has no id', () => {
    const { plan } = setUp();
    plan.add({ ...replica(0, null), topic: 'old' });
    const request = plan.next(0)!;
    expect([request.usesTopicIds, request.sessionId, request.sessionEpoch]).toEqual([false, SESSION, 0]);
    expect(request.topics.map(({ topic, topicId }) => [topic, topicId])).toEqual([
      ['t', ID],
      ['old', ZERO_UUID],
    ]);
    plan.remove('old', 0);
    expect(plan.next(0)?.usesTopicIds).toBe(true);
  });

  test('nothing where nothing is followed; the session is told to forget the last one', () => {
    const { plan } = setUp({ partitions: [0] });
    plan.remove('t', 0);
    expect(shape(plan.next(0))).toEqual({ session: [SESSION, 1], asks: [], forgets: [0] });
    expect(plan.answered(answer([], 0))).toEqual([]);
    expect(plan.next(0)).toBeNull();
    expect(plan.isReady(0)).toBe(false);
    expect(plan.isEmpty).toBe(true);
  });
});

describe('what waits', () => {
  test('is forgotten by the session, and asked for again when it is due', () => {
    const { plan } = setUp();
    plan.delay(plan.get('t', 1)!, 500);
    expect(shape(plan.next(0))).toEqual({ session: [SESSION, 1], asks: [], forgets: [1] });
    expect(plan.nextDueMs).toBe(500);
    plan.answered(answer([]));
    expect(shape(plan.next(499))?.asks).toEqual([]);
    plan.answered(answer([]));
    expect(shape(plan.next(500))?.asks).toEqual([1]);
    expect(plan.nextDueMs).toBe(NEVER_MS);
  });

  test('waits as long as it was told last, unless that is sooner', () => {
    const { plan } = setUp({ partitions: [0] });
    plan.delay(plan.get('t', 0)!, 500);
    plan.delayAll(300);
    expect(plan.nextDueMs).toBe(500);
    plan.delayAll(800);
    expect(plan.nextDueMs).toBe(800);
  });

  test('is no reason to ask after a failure, also once its time is over and it fails again', () => {
    const { plan } = setUp();
    plan.next(0);
    plan.failed();
    plan.delayAll(1000);
    expect(plan.isReady(999)).toBe(false);
    expect(plan.isReady(1000)).toBe(true);
    plan.failed();
    plan.delayAll(2000);
    expect(plan.isReady(1999)).toBe(false);
    expect(shape(plan.next(2000))).toEqual({ session: [SESSION, 0], asks: [0, 1, 2], forgets: [] });
  });

  test('waits no longer when it is followed anew, and for ever only until it is told to go on', () => {
    const { plan } = setUp();
    plan.delayAll(NEVER_MS);
    plan.undelayAll();
    expect(plan.nextDueMs).toBe(NEVER_MS);
    plan.undelay(plan.get('t', 2)!);
    plan.add(replica(0));
    expect(shape(plan.next(0))).toEqual({ session: [SESSION, 1], asks: [], forgets: [1] });
  });
});

describe('answers', () => {
  test('count for replicas that are as they were when they were asked for', () => {
    const { plan, replicas } = setUp({ partitions: [0, 1, 2, 3, 4] });
    plan.next(0);
    replicas[1]!.log.logEndOffset++;
    replicas[2]!.leaderEpoch++;
    plan.remove('t', 3);
    plan.delay(plan.get('t', 4)!, 100);
    const current = plan.answered(answer([0, 1, 2, 3, 4]));
    expect(current?.map(({ followed, leaderEpoch }) => [followed.replica.partition, leaderEpoch])).toEqual([[0, 4]]);
  });

  test.each([
    ['an unknown session', FETCH_SESSION_ID_NOT_FOUND, 0],
    ['a session in another state', INVALID_FETCH_SESSION_EPOCH, SESSION],
  ])('%s begins anew', (_name, error, closes) => {
    const { plan } = setUp();
    plan.next(0);
    expect(plan.answered(failure(error))).toBeNull();
    expect(shape(plan.next(0))).toEqual({ session: [closes, 0], asks: [0, 1, 2], forgets: [] });
  });

  test('of a whole that lack a partition, or have one too many, are of no use', () => {
    const plan = new FetchPlan<Replica>(OPTIONS);
    plan.add(replica(0));
    plan.add(replica(1));
    plan.next(0);
    expect(plan.answered(answer([0]))).toBeNull();
    plan.next(0);
    expect(plan.answered(answer([0, 1, 2]))).toBeNull();
    plan.next(0);
    expect(plan.answered(answer([0, 1]))).toHaveLength(2);
  });

  test('about what the session does not hold are of no use', () => {
    const { plan } = setUp();
    plan.next(0);
    expect(plan.answered(answer([9]))).toBeNull();
    expect(shape(plan.next(0))?.session).toEqual([SESSION, 0]);
  });

  test('of a leader without sessions, or that has closed it, are followed by a whole request', () => {
    const { plan } = setUp();
    plan.next(0);
    expect(plan.answered(answer([1], 0))).toHaveLength(1);
    expect(shape(plan.next(0))).toEqual({ session: [0, 0], asks: [0, 1, 2], forgets: [] });
  });
});
