import { ERRORS, KafkaError } from '@odradek/protocol/errors';
import { Fetch } from '@odradek/protocol/messages/fetch';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import {
  codeOfFetch,
  type FetchLimits,
  type FetchOutcome,
  FetchReader,
  hasHint,
  type PartitionFetch,
} from '../replication/fetch-reader';
import type { FetchContext, FetchWish } from '../replication/fetch-sessions';
import type { Partition } from '../replication/partition';
import { replicaSelectorOf } from '../replication/replica-selector';
import { DelayedRequest } from '../replication/wait-list';
import { convertedRecords, entryForVersion, needsOldFormat, type Records } from './fetch-conversion';
import { fetchableBytes, throttledFetch } from './fetch-quota';
import { readLater, SliceReader } from './fetch-reads';
import { Answer, type Handler, type HandlerResult, handler, type RequestContext } from './handler';
import { checkIsolationLevel, READ_COMMITTED } from './isolation-level';
import { currentLeader, nodeEndpoints } from './leader-hints';
import type { Services } from './services';
import { chargeSince } from './throttle';

type Request = RequestOf<typeof Fetch>;
type Response = ResponseInit<typeof Fetch>;
type TopicEntry = NonNullable<Response['responses']>[number];
type PartitionEntry = TopicEntry['partitions'][number];

const DEBUGGING_CONSUMER = -2;
const FUTURE_REPLICA = -3;
const NO_EPOCH = -1;
/** From this version on answers name topics by id (KIP-516). */
const TOPIC_ID_VERSION = 13;
const LEADER_HINT_VERSION = 16;
/** From this version on consumers may read from followers (KIP-392). */
const ANY_REPLICA_VERSION = 11;
/**
 * What answers on their way may hold in memory together: each takes at most its share of what is left, so that one that
 * comes alone may have all that `fetch.max.bytes` grants, and one among hundreds of slow readers the least.
 */
const MAX_ANSWERS_BYTES = 256 * 1024 * 1024;
const ANSWER_SHARE = 4;
const MIN_ANSWER_BYTES = 64 * 1024;

function isolationOf(request: Request, replicaId: number): FetchLimits['isolation'] {
  if (replicaId >= 0 || replicaId === DEBUGGING_CONSUMER || replicaId === FUTURE_REPLICA) return 'log-end';
  return request.isolationLevel === READ_COMMITTED ? 'committed' : 'high-watermark';
}

/** Reads records: long polling, sessions, all isolations. Bytes go from the file to the socket through one pooled buffer. */
export function fetch(services: Services): Handler<typeof Fetch> {
  const { replicas, metadata, clock } = services;
  const selectReplica = replicaSelectorOf(services.config().values.replicaSelectorClass);
  const throttle = services.throttles.leader;
  const slicesRead = new SliceReader(clock);
  const reader = new FetchReader({ replicas, metadata, clock, selectReplica, throttle });

  /** A leader may have been told of a topic before the metadata that has it; its followers ask at once. */
  const nameOf = (topicId: string, replicaId: number): string | undefined =>
    metadata.image.topicNames.get(topicId) ?? (replicaId >= 0 ? replicas.topicName(topicId) : undefined);

  function wishesOf(request: Request, version: number, replicaId: number): FetchWish[] {
    const wishes = request.topics.flatMap(({ topic, topicId, partitions }) => {
      const name = version >= TOPIC_ID_VERSION ? (nameOf(topicId, replicaId) ?? null) : topic;
      return partitions.map((wish) => ({
        topic: name,
        topicId: version >= TOPIC_ID_VERSION ? topicId : ZERO_UUID,
        partition: wish.partition,
        fetchOffset: wish.fetchOffset,
        maxBytes: wish.partitionMaxBytes,
        currentLeaderEpoch: Math.max(NO_EPOCH, wish.currentLeaderEpoch),
        lastFetchedEpoch: wish.lastFetchedEpoch,
        logStartOffset: wish.logStartOffset,
      }));
    });
    return withoutRepeats(wishes);
  }

  /** A session remembers a topic by id; its name may have become known since. */
  function named(wish: FetchWish, replicaId: number): FetchWish {
    if (wish.topic !== null || wish.topicId === ZERO_UUID) return wish;
    const topic = nameOf(wish.topicId, replicaId);
    return topic === undefined ? wish : { ...wish, topic };
  }

  const isKnown = ({ topic, partition }: FetchWish): boolean =>
    topic !== null && services.metadata.contains(topic, partition);

  function noteFollower(
    request: Request,
    replicaId: number,
    wishes: readonly FetchWish[],
    outcome: FetchOutcome,
  ): void {
    if (replicaId < 0) return;
    for (const [index, fetched] of outcome.partitions.entries()) {
      const wish = wishes[index]!;
      if (fetched.error || fetched.divergingEpoch || !fetched.partition) continue;
      fetched.partition.onFollowerFetch(
        replicaId,
        wish.fetchOffset,
        wish.logStartOffset,
        request.replicaState.replicaEpoch,
      );
    }
  }

  function partitionEntry(wish: FetchWish, fetched: PartitionFetch, records: Records): PartitionEntry {
    return {
      partitionIndex: wish.partition,
      errorCode: codeOfFetch(fetched),
      highWatermark: fetched.highWatermark,
      lastStableOffset: fetched.lastStableOffset,
      logStartOffset: fetched.logStartOffset,
      abortedTransactions: fetched.abortedTransactions,
      ...(fetched.divergingEpoch ? { divergingEpoch: fetched.divergingEpoch } : {}),
      preferredReadReplica: fetched.preferredReadReplica,
      records: records instanceof KafkaError ? null : records,
    };
  }

  function respond(
    context: RequestContext,
    session: FetchContext,
    wishes: readonly FetchWish[],
    outcome: FetchOutcome,
  ): HandlerResult<Response> | Promise<HandlerResult<Response>> {
    const states = outcome.partitions.map((fetched) => ({
      errorCode: codeOfFetch(fetched),
      highWatermark: fetched.highWatermark,
      logStartOffset: fetched.logStartOffset,
      recordBytes: fetched.slice.bytes,
      hasHint: hasHint(fetched),
    }));
    const throttled = throttledFetch(services, context, session, wishes, outcome.partitions, states);
    if (throttled) return throttled;
    services.traffic?.fetched(wishes, outcome.partitions, session.isFollower);
    const { sessionId, send } = session.finish(states);
    const sent = inOrder(outcome.partitions).filter(send);
    if (session.isFollower) noteSent(wishes, outcome, sent);
    const pooled = services.buffers.take(Math.max(1, outcome.bytes));
    const readAtMs = services.quotas.request.isEnabled ? services.clock.monotonicMs() : 0;
    const answer = (records: readonly Records[]): HandlerResult<Response> => {
      const entries = entriesOf(context, wishes, outcome, sent, records);
      if (readAtMs > 0 && !session.isFollower) chargeSince(services, context, readAtMs);
      return new Answer({ sessionId, ...entries }, () => pooled.release());
    };
    const failed = (error: unknown): never => {
      pooled.release();
      throw error;
    };
    const slices = sent.map((index) => outcome.partitions[index]!.slice);
    try {
      if (needsOldFormat(context.apiVersion)) {
        const reading = readLater(slices, pooled.bytes);
        return reading
          .then((read) => converted(context, wishes, sent, read))
          .then(answer)
          .catch(failed);
      }
      const read = slicesRead.read(slices, pooled.bytes);
      return read instanceof Promise ? read.then(answer).catch(failed) : answer(read);
    } catch (error) {
      return failed(error);
    }
  }

  function noteSent(wishes: readonly FetchWish[], { partitions }: FetchOutcome, sent: readonly number[]): void {
    for (const index of sent) {
      const { topic, partition } = wishes[index]!;
      if (topic !== null) throttle.record(topic, partition, partitions[index]!.slice.bytes);
    }
  }

  /** One after another: each may fill memory. */
  async function converted(
    context: RequestContext,
    wishes: readonly FetchWish[],
    sent: readonly number[],
    records: readonly Buffer[],
  ): Promise<Records[]> {
    const results: Records[] = [];
    for (const [place, index] of sent.entries()) {
      const { topic, fetchOffset } = wishes[index]!;
      if (topic === null) continue;
      const config = services.topicConfigs.get(topic);
      const thread = services.recordsThread;
      results[place] = await convertedRecords(thread, records[place]!, context.apiVersion, config, fetchOffset);
    }
    return results;
  }

  /** The partitions to send, with their records. */
  function entriesOf(
    context: RequestContext,
    wishes: readonly FetchWish[],
    outcome: FetchOutcome,
    sent: readonly number[],
    records: readonly Records[],
  ): Pick<Response, 'responses' | 'nodeEndpoints'> {
    const version = context.apiVersion;
    const topics: (TopicEntry & { partitions: PartitionEntry[] })[] = [];
    const leaders = new Set<number>();
    for (const [place, index] of sent.entries()) {
      const fetched = outcome.partitions[index]!;
      const wish = wishes[index]!;
      let entry = partitionEntry(wish, fetched, records[place]!);
      if (wish.topic !== null)
        entry = entryForVersion(entry, version, services.topicConfigs.get(wish.topic), records[place]!);
      if (version >= LEADER_HINT_VERSION && wish.topic !== null && isLeaderError(entry.errorCode)) {
        const leader = currentLeader(services, wish.topic, wish.partition);
        leaders.add(leader.leaderId);
        entry = { ...entry, currentLeader: leader };
      }
      // Only neighbours share an entry of their topic, as in FetchResponse.toMessage.
      let topic = topics.at(-1);
      const name = wish.topic ?? '';
      if (topic?.topicId !== wish.topicId || topic.topic !== name) {
        topic = { topic: name, topicId: wish.topicId, partitions: [] };
        topics.push(topic);
      }
      topic.partitions.push(entry);
    }
    return {
      responses: topics,
      ...(leaders.size > 0 ? { nodeEndpoints: nodeEndpoints(services, leaders, context.listenerName) } : {}),
    };
  }

  /** As `reader.read`, within the room that answers on their way have left: peers that do not read must not fill memory. */
  function read(wishes: readonly FetchWish[], limits: FetchLimits): FetchOutcome {
    const leftBytes = MAX_ANSWERS_BYTES - services.buffers.takenBytes;
    const roomBytes = Math.max(MIN_ANSWER_BYTES, Math.floor(leftBytes / ANSWER_SHARE));
    return reader.read(wishes, roomBytes < limits.maxBytes ? { ...limits, maxBytes: roomBytes } : limits);
  }

  function handle(
    request: Request,
    context: RequestContext,
  ): HandlerResult<Response> | Promise<HandlerResult<Response>> {
    const version = context.apiVersion;
    const replicaId = version >= 15 ? request.replicaState.replicaId : request.replicaId;
    const session = services.fetchSessions.begin(
      {
        sessionId: request.sessionId,
        sessionEpoch: request.sessionEpoch,
        isFollower: replicaId >= 0,
        usesTopicIds: version >= TOPIC_ID_VERSION,
        wishes: wishesOf(request, version, replicaId),
        forgotten: request.forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
          partitions.map((partition) => ({ topic, topicId, partition })),
        ),
      },
      services.clock.monotonicMs(),
    );
    if (session.error) {
      const failed = { errorCode: ERRORS[session.error].code, sessionId: 0, responses: [] };
      return throttledFetch(services, context, session, [], [], []) ?? failed;
    }
    const wishes = session.wishes.map((wish) => named(wish, replicaId));
    // Kafka looks at it when it reads.
    if (wishes.some(isKnown)) checkIsolationLevel(request.isolationLevel);
    const quotaBytes = replicaId >= 0 ? Number.POSITIVE_INFINITY : fetchableBytes(services, context);
    const maxBytes = Math.min(request.maxBytes, services.config().values.fetchMaxBytes, quotaBytes);
    const limits: FetchLimits = {
      maxBytes,
      hardLimit: version <= 2,
      isolation: isolationOf(request, replicaId),
      replicaId,
      leaderOnly: replicaId >= 0 || version < ANY_REPLICA_VERSION,
      consumer:
        replicaId >= 0 || version < ANY_REPLICA_VERSION
          ? null
          : { rack: request.rackId, listenerName: context.listenerName },
    };
    const minBytes = Math.min(request.minBytes, maxBytes);
    const first = read(wishes, limits);
    noteFollower(request, replicaId, wishes, first);
    if (request.maxWaitMs <= 0 || wishes.length === 0 || first.bytes >= minBytes || first.urgent) {
      return respond(context, session, wishes, first);
    }
    return waitForData(request, context, session, wishes, limits, minBytes, first);
  }

  function waitForData(
    request: Request,
    context: RequestContext,
    session: FetchContext,
    wishes: readonly FetchWish[],
    limits: FetchLimits,
    minBytes: number,
    first: FetchOutcome,
  ): Promise<HandlerResult<Response>> {
    const partitions = new Set(
      first.partitions.map(({ partition }) => partition).filter((it): it is Partition => it !== null),
    );
    return new Promise((resolve, reject) => {
      const answer = (outcome: FetchOutcome): void => resolve(respond(context, session, wishes, outcome));
      const attempt = (): boolean => {
        if (context.closed()) {
          resolve({ sessionId: 0, responses: [] });
          return true;
        }
        const outcome = read(wishes, limits);
        if (outcome.bytes < minBytes && !outcome.urgent) return false;
        answer(outcome);
        return true;
      };
      new DelayedRequest(
        [...partitions].map(({ fetchers, followers }) => (limits.isolation === 'log-end' ? followers : fetchers)),
        attempt,
        () => answer(read(wishes, limits)),
        reject,
      ).start(services.clock, request.maxWaitMs);
    });
  }

  return handler({
    api: Fetch,
    handle,
    // By id there is no telling which topics are meant (FetchRequest.getErrorResponse).
    fail: ({ code }, request, { apiVersion }) => ({
      errorCode: code,
      sessionId: request.sessionId,
      responses: (apiVersion < TOPIC_ID_VERSION ? request.topics : []).map(({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: partitions.map(({ partition }) => ({
          partitionIndex: partition,
          errorCode: code,
          highWatermark: -1,
          records: null,
        })),
      })),
    }),
  });
}

/** A partition that is there more than once keeps its first place and its last wish. */
function withoutRepeats(wishes: FetchWish[]): FetchWish[] {
  if (wishes.length < 2) return wishes;
  const byPartition = new Map(wishes.map((wish) => [`${wish.topicId} ${wish.topic} ${wish.partition}`, wish]));
  return byPartition.size === wishes.length ? wishes : [...byPartition.values()];
}

/** The places of what was fetched, in the order in which it is told. */
function inOrder(partitions: readonly PartitionFetch[]): number[] {
  const places = partitions.map((_, index) => index);
  if (partitions.every(({ rank }) => rank === 0)) return places;
  return places.sort((a, b) => partitions[a]!.rank - partitions[b]!.rank || a - b);
}

const isLeaderError = (code: number): boolean =>
  code === ERRORS.NOT_LEADER_OR_FOLLOWER.code || code === ERRORS.FENCED_LEADER_EPOCH.code;
