import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { Random } from '../env/random';
import { type FetchedState, FetchSessions, type FetchWish } from './fetch-sessions';

function counting(): Random {
  let next = 0;
  return { below: () => next++, bytes: (length) => Buffer.alloc(length), uuid: () => '' };
}

const wish = (partition: number, topic = 't'): FetchWish => ({
  topic,
  topicId: ZERO_UUID,
  partition,
  fetchOffset: 0,
  maxBytes: 100,
  currentLeaderEpoch: -1,
  lastFetchedEpoch: -1,
  logStartOffset: -1,
});
const quiet: FetchedState = { errorCode: 0, highWatermark: 5, logStartOffset: 0, recordBytes: 0, hasHint: false };
const request = (sessionId: number, sessionEpoch: number, wishes: FetchWish[] = [], more = {}) => ({
  sessionId,
  sessionEpoch,
  isFollower: false,
  usesTopicIds: false,
  wishes,
  forgotten: [],
  ...more,
});

function opened(sessions: FetchSessions, partitions: number[], nowMs = 0, more = {}): number {
  const context = sessions.begin(
    request(
      0,
      0,
      partitions.map((it) => wish(it)),
      more,
    ),
    nowMs,
  );
  return context.finish(partitions.map(() => quiet)).sessionId;
}

test('a full fetch opens a session, incremental ones tell only what is new', () => {
  const sessions = new FetchSessions(10, counting());
  const id = opened(sessions, [0, 1]);
  expect(id).toBeGreaterThan(0);
  const context = sessions.begin(request(id, 1), 1);
  expect(context.wishes.map(({ partition }) => partition)).toEqual([0, 1]);
  const { send, sessionId } = context.finish([quiet, { ...quiet, recordBytes: 9 }]);
  expect([send(0), send(1), sessionId]).toEqual([false, true, id]);
  const moved = sessions.begin(request(id, 2), 2);
  const told = moved.finish([
    { ...quiet, highWatermark: 6 },
    { ...quiet, logStartOffset: 1 },
  ]);
  expect([told.send(0), told.send(1)]).toEqual([true, true]);
});

test('a partition that had data goes to the end of the order', () => {
  const sessions = new FetchSessions(10, counting());
  const id = opened(sessions, [0, 1, 2]);
  sessions.begin(request(id, 1), 1).finish([{ ...quiet, recordBytes: 9 }, quiet, quiet]);
  expect(sessions.begin(request(id, 2), 2).wishes.map(({ partition }) => partition)).toEqual([1, 2, 0]);
});

test('the end of an error is told', () => {
  const sessions = new FetchSessions(10, counting());
  const id = opened(sessions, [0]);
  expect(
    sessions
      .begin(request(id, 1), 1)
      .finish([{ ...quiet, errorCode: 3 }])
      .send(0),
  ).toBe(true);
  expect(sessions.begin(request(id, 2), 2).finish([quiet]).send(0)).toBe(true);
  expect(sessions.begin(request(id, 3), 3).finish([quiet]).send(0)).toBe(false);
});

test('partitions are added, changed and forgotten', () => {
  const sessions = new FetchSessions(10, counting());
  const id = opened(sessions, [0, 1]);
  const changed = { ...wish(0), fetchOffset: 7 };
  const more = { forgotten: [{ topic: 't', topicId: ZERO_UUID, partition: 1 }] };
  const { wishes } = sessions.begin(request(id, 1, [changed, wish(2)], more), 1);
  expect(wishes.map(({ partition, fetchOffset }) => [partition, fetchOffset])).toEqual([
    [0, 7],
    [2, 0],
  ]);
});

test('wrong ids, epochs and kinds are refused', () => {
  const sessions = new FetchSessions(10, counting());
  const id = opened(sessions, [0]);
  expect(sessions.begin(request(id + 99, 1), 1).error).toBe('FETCH_SESSION_ID_NOT_FOUND');
  expect(sessions.begin(request(id, 5), 1).error).toBe('INVALID_FETCH_SESSION_EPOCH');
  expect(sessions.begin(request(id, 1, [], { usesTopicIds: true }), 1).error).toBe('FETCH_SESSION_TOPIC_ID_ERROR');
  expect(sessions.begin(request(id, 1), 1).error).toBeUndefined();
});

test('a session ends when asked to, and when nothing is left in it', () => {
  const sessions = new FetchSessions(10, counting());
  const id = opened(sessions, [0]);
  sessions.begin(request(id, -1, [wish(0)]), 1);
  expect(sessions.size).toBe(0);
  const other = opened(sessions, [0]);
  const forgotten = [{ topic: 't', topicId: ZERO_UUID, partition: 0 }];
  expect(sessions.begin(request(other, 1, [], { forgotten }), 1).finish([]).sessionId).toBe(0);
  expect(sessions.size).toBe(0);
});

test('a full cache gives way to no one but the stale, and the small to the large after two minutes', () => {
  const sessions = new FetchSessions(1, counting());
  const id = opened(sessions, [0]);
  expect(opened(sessions, [0, 1], 1000)).toBe(0);
  sessions.begin(request(id, 1), 100_000).finish([quiet]);
  expect(opened(sessions, [0], 130_000)).toBe(0);
  expect(opened(sessions, [0, 1], 130_000)).toBeGreaterThan(0);
  expect(opened(sessions, [0], 130_001, { isFollower: true })).toBe(0);
  expect(opened(sessions, [0], 130_000 + 120_001)).toBeGreaterThan(0);
  expect(sessions.size).toBe(1);
});
