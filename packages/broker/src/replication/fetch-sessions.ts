import type { Random } from '../env/random';

/** What a fetch wants of one partition. Names may be missing where only an unknown topic id was given. */
export interface FetchWish {
  readonly topic: string | null;
  readonly topicId: string;
  readonly partition: number;
  readonly fetchOffset: number;
  readonly maxBytes: number;
  /** -1 for none. */
  readonly currentLeaderEpoch: number;
  readonly lastFetchedEpoch: number;
  readonly logStartOffset: number;
}

/** What a partition's answer holds that a session compares with the one before. */
export interface FetchedState {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  readonly recordBytes: number;
  /** A preferred read replica or a diverging epoch: always told. */
  readonly hasHint: boolean;
}

interface CachedPartition {
  wish: FetchWish;
  highWatermark: number;
  logStartOffset: number;
}

interface Session {
  readonly id: number;
  readonly privileged: boolean;
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  lastUsedMs: number;
  epoch: number;
  /** In fetch order: a partition that had data goes to the end. */
  readonly partitions: Map<string, CachedPartition>;
  cachedSize: number;
}

export interface FetchSessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly isFollower: boolean;
  readonly usesTopicIds: boolean;
  readonly wishes: readonly FetchWish[];
  readonly forgotten: readonly {
    readonly topic: string | null;
    readonly topicId: string;
    readonly partition: number;
  }[];
}

/** How one fetch relates to its session. */
export interface FetchContext {
  /** The whole request fails with this. */
  readonly error?: 'FETCH_SESSION_ID_NOT_FOUND' | 'INVALID_FETCH_SESSION_EPOCH' | 'FETCH_SESSION_TOPIC_ID_ERROR';
  /** The partitions to read, in order. */
  readonly wishes: readonly FetchWish[];
  readonly isFollower: boolean;
  /** The session that an answer names which a quota has emptied (FetchContext.getThrottledResponse). */
  readonly throttledSessionId: number;
  /** Which answers `finish` would send; nothing is noted. */
  preview(states: readonly FetchedState[]): (index: number) => boolean;
  /** Notes the answers and says which of them to send. Called once, when the answer is made. */
  finish(states: readonly FetchedState[]): { sessionId: number; send: (index: number) => boolean };
}

const INITIAL_EPOCH = 0;
const FINAL_EPOCH = -1;
const INVALID_SESSION_ID = 0;
const MIN_EVICTION_MS = 120_000;
const EMPTY_STATE = { highWatermark: -1, logStartOffset: -1 };
const ALL = (): boolean => true;

const keyOf = (wish: { topic: string | null; topicId: string; partition: number }, usesTopicIds: boolean): string =>
  `${usesTopicIds ? wish.topicId : wish.topic}-${wish.partition}`;

const nextEpoch = (epoch: number): number => (epoch < 0 ? FINAL_EPOCH : epoch === 0x7fffffff ? 1 : epoch + 1);

/** Incremental fetch sessions (KIP-227): a bounded cache of what each fetcher asked for and was told. */
export class FetchSessions {
  private readonly sessions = new Map<number, Session>();

  constructor(
    private readonly maxSessions: number,
    private readonly random: Random,
  ) {}

  get size(): number {
    return this.sessions.size;
  }

  /** Finds or makes the session of a request and merges the request into it. */
  begin(request: FetchSessionRequest, nowMs: number): FetchContext {
    const { sessionId, sessionEpoch } = request;
    if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
      if (sessionId !== INVALID_SESSION_ID) this.sessions.delete(sessionId);
      return sessionEpoch === FINAL_EPOCH ? sessionless(request.wishes, request) : this.full(request, nowMs);
    }
    const session = this.sessions.get(sessionId);
    if (!session) return failed('FETCH_SESSION_ID_NOT_FOUND', request);
    if (session.epoch !== sessionEpoch) return failed('INVALID_FETCH_SESSION_EPOCH', request);
    if (session.usesTopicIds !== request.usesTopicIds) return failed('FETCH_SESSION_TOPIC_ID_ERROR', request);
    return this.incremental(session, request, nowMs);
  }

  private full(request: FetchSessionRequest, nowMs: number): FetchContext {
    return {
      ...sessionless(request.wishes, request),
      finish: (states) => {
        const session = this.create(request, nowMs);
        if (!session) return { sessionId: INVALID_SESSION_ID, send: ALL };
        for (const [index, wish] of request.wishes.entries()) {
          const { highWatermark, logStartOffset } = states[index] ?? EMPTY_STATE;
          session.partitions.set(keyOf(wish, request.usesTopicIds), { wish, highWatermark, logStartOffset });
        }
        return { sessionId: session.id, send: ALL };
      },
    };
  }

  private incremental(session: Session, request: FetchSessionRequest, nowMs: number): FetchContext {
    for (const wish of request.wishes) {
      const key = keyOf(wish, session.usesTopicIds);
      const known = session.partitions.get(key);
      if (known) known.wish = { ...wish, topic: wish.topic ?? known.wish.topic };
      else session.partitions.set(key, { wish, ...EMPTY_STATE });
    }
    for (const forgotten of request.forgotten) session.partitions.delete(keyOf(forgotten, session.usesTopicIds));
    if (session.partitions.size === 0) {
      this.sessions.delete(session.id);
      return sessionless([], request);
    }
    session.epoch = nextEpoch(session.epoch);
    session.lastUsedMs = nowMs;
    session.cachedSize = session.partitions.size;
    const entries = [...session.partitions];
    return {
      wishes: entries.map(([, { wish }]) => wish),
      isFollower: request.isFollower,
      throttledSessionId: session.id,
      preview: (states) => (index) => isNews(entries[index]![1], states[index]!),
      finish: (states) => {
        const sent = entries.map(([key, cached], index) => noteAnswer(session, key, cached, states[index]!));
        return { sessionId: session.id, send: (index) => sent[index]! };
      },
    };
  }

  /** Null where the cache is full of sessions that are used, larger or more privileged. */
  private create({ isFollower, usesTopicIds, wishes }: FetchSessionRequest, nowMs: number): Session | null {
    if (this.maxSessions <= 0) return null;
    if (this.sessions.size >= this.maxSessions && !this.evict(isFollower, wishes.length, nowMs)) return null;
    let id = 0;
    while (id === INVALID_SESSION_ID || this.sessions.has(id)) id = 1 + this.random.below(0x7ffffffe);
    const session: Session = {
      id,
      privileged: isFollower,
      usesTopicIds,
      createdMs: nowMs,
      lastUsedMs: nowMs,
      epoch: 1,
      partitions: new Map(),
      cachedSize: wishes.length,
    };
    this.sessions.set(id, session);
    return session;
  }

  private evict(privileged: boolean, size: number, nowMs: number): boolean {
    const all = [...this.sessions.values()];
    const stale = all.reduce<Session | null>((a, b) => (a === null || b.lastUsedMs < a.lastUsedMs ? b : a), null);
    if (stale && nowMs - stale.lastUsedMs > MIN_EVICTION_MS) return this.sessions.delete(stale.id);
    const rank = (session: { privileged: boolean; cachedSize: number }): number =>
      (session.privileged ? 1e12 : 0) + session.cachedSize;
    const candidates = all.filter((session) => nowMs - session.createdMs > MIN_EVICTION_MS);
    const least = candidates.reduce<Session | null>((a, b) => (a === null || rank(b) < rank(a) ? b : a), null);
    if (least && rank(least) < rank({ privileged, cachedSize: size })) return this.sessions.delete(least.id);
    return false;
  }
}

function sessionless(
  wishes: readonly FetchWish[],
  { isFollower }: Pick<FetchSessionRequest, 'isFollower'>,
): FetchContext {
  return {
    wishes,
    isFollower,
    throttledSessionId: INVALID_SESSION_ID,
    preview: () => ALL,
    finish: () => ({ sessionId: INVALID_SESSION_ID, send: ALL }),
  };
}

function failed(error: NonNullable<FetchContext['error']>, request: FetchSessionRequest): FetchContext {
  return { ...sessionless([], request), error };
}

/** Whether a cached partition's answer is news (CachedPartition.maybeUpdateResponseData). */
function isNews(cached: CachedPartition, state: FetchedState): boolean {
  return (
    state.recordBytes > 0 ||
    state.hasHint ||
    state.errorCode !== 0 ||
    cached.highWatermark !== state.highWatermark ||
    cached.logStartOffset !== state.logStartOffset
  );
}

function noteAnswer(session: Session, key: string, cached: CachedPartition, state: FetchedState): boolean {
  const send = isNews(cached, state);
  cached.highWatermark = state.highWatermark;
  cached.logStartOffset = state.logStartOffset;
  // So that the end of an error is told too, also where nothing else has changed.
  if (state.errorCode !== 0) cached.highWatermark = -1;
  if (state.recordBytes > 0 && session.partitions.get(key) === cached) {
    session.partitions.delete(key);
    session.partitions.set(key, cached);
  }
  return send;
}
