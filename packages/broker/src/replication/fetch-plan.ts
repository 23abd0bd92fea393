import type { Fetch } from '@odradek/protocol/messages/fetch';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';

/** A replica that follows, as far as a fetch is concerned. */
export interface FollowedReplica {
  readonly topic: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly log: {
    readonly topicId: string | null;
    readonly logStartOffset: number;
    readonly logEndOffset: number;
    readonly latestEpoch: number | null;
  };
}

type Request = RequestInit<typeof Fetch>;
type Response = ResponseOf<typeof Fetch>;
type PartitionAsked = NonNullable<Request['topics']>[number]['partitions'][number];
interface TopicGroup<Item> {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: Item[];
}
export type PartitionAnswer = Response['responses'][number]['partitions'][number];

/** What is next to be asked of the leader. */
export interface FetchRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: TopicGroup<PartitionAsked>[];
  readonly forgottenTopicsData: TopicGroup<number>[];
  /** Else topics go by name, as up to version 12. */
  readonly usesTopicIds: boolean;
}

/** A replica in the plan, and what the leader was last asked for it. */
export interface Followed<Replica extends FollowedReplica> {
  topicId: string;
  replica: Replica;
  /** Null where the session does not hold it. */
  asked: PartitionAsked | null;
  /** How far it is behind the leader's high watermark; null until an answer has told. */
  lag: number | null;
  /** No longer followed; it is to be forgotten by the session. */
  isGone: boolean;
  /** Not asked for before this time; 0 for at once. */
  delayedUntilMs: number;
  /** How often in a row the leader has refused to answer. */
  refusals: number;
}

/** An answer for one partition, to a question that is still what would be asked. */
export interface CurrentAnswer<Replica extends FollowedReplica> {
  readonly followed: Followed<Replica>;
  readonly answer: PartitionAnswer;
  /** The leader's epoch at the time of the question. */
  readonly leaderEpoch: number;
}

export interface FetchPlanOptions {
  readonly partitionMaxBytes: number;
  /** Whether the version of Fetch that is in use has topic ids. */
  readonly supportsTopicIds: boolean;
  /** Whether it tells the leader the last epoch here, so that he tells where the logs part (KIP-595). */
  readonly truncatesOnFetch: boolean;
}

const INITIAL_EPOCH = 0;
const NO_SESSION = 0;
const MAX_EPOCH = 0x7fffffff;
const NO_EPOCH = -1;
/** Of a delay that somebody ends. */
export const NEVER_MS = Number.POSITIVE_INFINITY;

/**
 * What one fetcher asks its leader for: the replicas that follow, from their ends on, less what the session's other side
 * knows already (KIP-227; FetchSessionHandler and AbstractFetcherThread's partition states). An idle partition costs
 * nothing.
 */
export class FetchPlan<Replica extends FollowedReplica> {
  private readonly byName = new Map<string, Followed<Replica>>();
  /** What the session holds, or was asked to hold, by topic id (or name) and partition. */
  private readonly session = new Map<string, Map<number, Followed<Replica>>>();
  private sessionSize = 0;
  private sessionUsesTopicIds = true;
  private sessionId = NO_SESSION;
  private sessionEpoch = INITIAL_EPOCH;
  /** What may have to be asked differently from before. */
  private readonly changed = new Set<Followed<Replica>>();
  private readonly delayed = new Set<Followed<Replica>>();
  private withoutTopicId = 0;

  constructor(private readonly options: FetchPlanOptions) {}

  get size(): number {
    return this.byName.size;
  }

  /** Nothing to ask for, and nothing to have forgotten. */
  get isEmpty(): boolean {
    return this.byName.size === 0 && this.sessionSize === 0;
  }

  followed(): IterableIterator<Followed<Replica>> {
    return this.byName.values();
  }

  get(topic: string, partition: number): Followed<Replica> | undefined {
    return this.byName.get(`${topic}-${partition}`);
  }

  /** The replica follows from now on, from where its log ends; without delay, whatever went before. */
  add(replica: Replica): Followed<Replica> {
    this.remove(replica.topic, replica.partition);
    const topicId = replica.log.topicId ?? ZERO_UUID;
    const inSession = this.session.get(this.topicKey(replica.topic, topicId))?.get(replica.partition);
    const followed: Followed<Replica> = inSession ?? {
      topicId,
      replica,
      asked: null,
      lag: null,
      isGone: false,
      delayedUntilMs: 0,
      refusals: 0,
    };
    followed.topicId = topicId;
    followed.replica = replica;
    followed.isGone = false;
    followed.lag = null;
    followed.delayedUntilMs = 0;
    followed.refusals = 0;
    this.delayed.delete(followed);
    this.byName.set(`${replica.topic}-${replica.partition}`, followed);
    if (topicId === ZERO_UUID) this.withoutTopicId++;
    this.changed.add(followed);
    return followed;
  }

  remove(topic: string, partition: number): void {
    const name = `${topic}-${partition}`;
    const followed = this.byName.get(name);
    if (followed === undefined) return;
    this.byName.delete(name);
    this.delayed.delete(followed);
    if (followed.topicId === ZERO_UUID) this.withoutTopicId--;
    followed.isGone = true;
    if (followed.asked === null) this.changed.delete(followed);
    else this.changed.add(followed);
  }

  /** Is not asked for until then (`NEVER_MS`: until `undelay`); one that is delayed for longer stays so. */
  delay(followed: Followed<Replica>, untilMs: number): void {
    if (followed.isGone || followed.delayedUntilMs >= untilMs) return;
    followed.delayedUntilMs = untilMs;
    this.delayed.add(followed);
    this.changed.add(followed);
  }

  delayAll(untilMs: number): void {
    for (const followed of this.byName.values()) this.delay(followed, untilMs);
  }

  /** Is asked for from now on. */
  undelay(followed: Followed<Replica>): void {
    if (!this.delayed.delete(followed)) return;
    followed.delayedUntilMs = 0;
    this.changed.add(followed);
  }

  /** As `undelay`, for all whose delay has an end. */
  undelayAll(): void {
    for (const followed of this.delayed) if (followed.delayedUntilMs < NEVER_MS) this.undelay(followed);
  }

  /** Has the log starts of all replicas looked at: they move without the leader, where retention is ahead of his. */
  review(): void {
    for (const followed of this.byName.values()) {
      const { asked, replica } = followed;
      if (asked !== null && asked.logStartOffset !== replica.log.logStartOffset) this.changed.add(followed);
    }
  }

  /** When the first of what is delayed is due; infinite where nothing is. */
  get nextDueMs(): number {
    let dueMs = NEVER_MS;
    for (const { delayedUntilMs } of this.delayed) dueMs = Math.min(dueMs, delayedUntilMs);
    return dueMs;
  }

  /** Whether `next` would ask for anything. */
  isReady(nowMs: number): boolean {
    if (this.sessionSize > 0 || this.byName.size > this.delayed.size) return true;
    return this.nextDueMs <= nowMs;
  }

  /** The next request; null where there is nothing to ask for. Its answer, or its failure, is to be told before the one after. */
  next(nowMs: number): FetchRequest | null {
    for (const followed of this.delayed) if (followed.delayedUntilMs <= nowMs) this.undelay(followed);
    const usesTopicIds = this.options.supportsTopicIds && this.withoutTopicId === 0;
    // A session names topics in one way only.
    if (usesTopicIds !== this.sessionUsesTopicIds) this.reset(this.sessionId);
    this.sessionUsesTopicIds = usesTopicIds;
    const topics = new Map<string, TopicGroup<PartitionAsked>>();
    const forgotten = new Map<string, TopicGroup<number>>();
    for (const followed of this.changed) {
      const { topic, partition } = followed.replica;
      const { topicId } = followed;
      const key = this.topicKey(topic, topicId);
      if (followed.isGone || followed.delayedUntilMs > 0) {
        if (this.forget(key, followed)) itemsOf(forgotten, key, topic, topicId).push(partition);
      } else {
        const wish = this.wishFor(followed);
        if (followed.asked !== null && isSame(followed.asked, wish)) continue;
        this.hold(key, followed, wish);
        itemsOf(topics, key, topic, topicId).push(wish);
      }
    }
    this.changed.clear();
    if (this.sessionSize === 0 && forgotten.size === 0) return null;
    return {
      sessionId: this.sessionId,
      sessionEpoch: this.sessionEpoch,
      topics: [...topics.values()],
      forgottenTopicsData: [...forgotten.values()],
      usesTopicIds,
    };
  }

  /**
   * Takes an answer in, and returns what it says of partitions of which the same would be asked again; null where it
   * cannot be used at all: the session begins anew then.
   */
  answered(response: Response): CurrentAnswer<Replica>[] | null {
    if (response.errorCode !== 0) {
      // Of an unknown session there is nothing to be closed.
      this.reset(response.errorCode === FETCH_SESSION_ID_NOT_FOUND ? NO_SESSION : this.sessionId);
      return null;
    }
    const isFull = this.sessionEpoch === INITIAL_EPOCH;
    const answers: CurrentAnswer<Replica>[] = [];
    let answered = 0;
    for (const { topic, topicId, partitions } of response.responses) {
      const held = this.session.get(this.topicKey(topic, topicId));
      for (const answer of partitions) {
        const followed = held?.get(answer.partitionIndex);
        if (followed?.asked == null) {
          this.reset(isFull ? NO_SESSION : this.sessionId);
          return null;
        }
        answered++;
        const current = currentAnswer(followed, answer);
        if (current !== null) answers.push(current);
        this.changed.add(followed);
      }
    }
    if (isFull && answered !== this.sessionSize) {
      this.reset(NO_SESSION);
      return null;
    }
    if (response.sessionId === NO_SESSION) this.reset(NO_SESSION);
    else {
      this.sessionId = response.sessionId;
      this.sessionEpoch = this.sessionEpoch === MAX_EPOCH ? 1 : this.sessionEpoch + 1;
    }
    return answers;
  }

  /** No answer came: whether the session has moved on nobody knows, so that the next request begins a new one. */
  failed(): void {
    this.reset(this.sessionId);
  }

  /** Begins a new session, which closes that of `sessionId`. What the old one held is no reason to ask any more. */
  private reset(sessionId: number): void {
    this.sessionId = sessionId;
    this.sessionEpoch = INITIAL_EPOCH;
    for (const held of this.session.values()) for (const followed of held.values()) followed.asked = null;
    this.session.clear();
    this.sessionSize = 0;
    this.changed.clear();
    for (const followed of this.byName.values()) this.changed.add(followed);
  }

  private hold(key: string, followed: Followed<Replica>, wish: PartitionAsked): void {
    if (followed.asked === null) {
      let held = this.session.get(key);
      if (held === undefined) {
        held = new Map();
        this.session.set(key, held);
      }
      if (!held.has(wish.partition)) this.sessionSize++;
      held.set(wish.partition, followed);
    }
    followed.asked = wish;
  }

  private forget(key: string, followed: Followed<Replica>): boolean {
    followed.asked = null;
    const { partition } = followed.replica;
    const held = this.session.get(key);
    if (held?.get(partition) !== followed) return false;
    held.delete(partition);
    if (held.size === 0) this.session.delete(key);
    this.sessionSize--;
    return true;
  }

  private wishFor({ replica }: Followed<Replica>): PartitionAsked {
    const { logEndOffset, logStartOffset, latestEpoch } = replica.log;
    return {
      partition: replica.partition,
      currentLeaderEpoch: replica.leaderEpoch,
      fetchOffset: logEndOffset,
      lastFetchedEpoch: (this.options.truncatesOnFetch ? latestEpoch : null) ?? NO_EPOCH,
      logStartOffset,
      partitionMaxBytes: this.options.partitionMaxBytes,
    };
  }

  private topicKey(topic: string, topicId: string): string {
    return this.sessionUsesTopicIds ? topicId : topic;
  }
}

const FETCH_SESSION_ID_NOT_FOUND = 70;

/** Null where the replica has another leader or end by now, or none: what was asked in another state is of no use. */
function currentAnswer<Replica extends FollowedReplica>(
  followed: Followed<Replica>,
  answer: PartitionAnswer,
): CurrentAnswer<Replica> | null {
  const { asked, replica, isGone, delayedUntilMs } = followed;
  if (asked === null || isGone || delayedUntilMs > 0) return null;
  const leaderEpoch = asked.currentLeaderEpoch ?? NO_EPOCH;
  if (leaderEpoch !== replica.leaderEpoch || asked.fetchOffset !== replica.log.logEndOffset) return null;
  return { followed, answer, leaderEpoch };
}

function isSame(a: PartitionAsked, b: PartitionAsked): boolean {
  return (
    a.fetchOffset === b.fetchOffset &&
    a.currentLeaderEpoch === b.currentLeaderEpoch &&
    a.lastFetchedEpoch === b.lastFetchedEpoch &&
    a.logStartOffset === b.logStartOffset
  );
}

/** The partitions of a topic among `groups`, where it may be the first time that they are asked for. */
function itemsOf<Item>(groups: Map<string, TopicGroup<Item>>, key: string, topic: string, topicId: string): Item[] {
  let group = groups.get(key);
  if (group === undefined) {
    group = { topic, topicId, partitions: [] };
    groups.set(key, group);
  }
  return group.partitions;
}
