import { KafkaError } from '@odradek/protocol/errors';
import { ListOffsets } from '@odradek/protocol/messages/list-offsets';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import type { PartitionLog } from '../log/partition-log';
import { SearchTakesLongError } from '../log/record-search';
import type { TimestampAndOffset } from '../log/types';
import { checkLeaderEpoch } from '../replication/fetch-reader';
import type { Partition } from '../replication/partition';
import { type Handler, handler, type RequestContext } from './handler';
import { checkIsolationLevel } from './isolation-level';
import type { Services } from './services';

type Request = RequestOf<typeof ListOffsets>;
type Wish = Request['topics'][number]['partitions'][number];
type Response = ResponseInit<typeof ListOffsets>;
type PartitionEntry = NonNullable<Response['topics']>[number]['partitions'][number];

const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
/** The first version that may ask for each special timestamp (KIP-734, KIP-405, KIP-1005). */
const FIRST_VERSION: Readonly<Record<number, number>> = {
  [LATEST]: 0,
  [EARLIEST]: 0,
  [MAX_TIMESTAMP]: 7,
  [EARLIEST_LOCAL]: 8,
  [LATEST_TIERED]: 9,
};
const FIRST_VERSION_WITH_EPOCH = 4;
const FIRST_VERSION_WITH_OFFSET_NOT_AVAILABLE = 5;
const CONSUMER = -1;
const DEBUGGING_CONSUMER = -2;
const UNKNOWN = -1;

/** What has been found aside, where a search had taken long; if nothing, it goes on at `from`. */
interface Searched {
  readonly found: TimestampAndOffset | null;
  readonly from: number;
}

function failed(index: number, error: KafkaError): PartitionEntry {
  return { partitionIndex: index, errorCode: error.code, timestamp: UNKNOWN, offset: UNKNOWN };
}

/** Throws UNSUPPORTED_VERSION where a special timestamp is none, or newer than the request's version. */
function checkTimestamp(timestamp: number, version: number): void {
  if (timestamp >= 0 || version >= (FIRST_VERSION[timestamp] ?? Number.POSITIVE_INFINITY)) return;
  throw new KafkaError('UNSUPPORTED_VERSION');
}

/** Offsets by time: the ends of a log, the record with the largest timestamp, the first at or after a time. */
export function listOffsets(services: Services): Handler<typeof ListOffsets> {
  /** The end of what the asker may see (Partition.fetchOffsetForTimestamp). */
  function bound(partition: Partition, request: Request): number {
    const { log } = partition;
    if (request.replicaId >= 0 || request.replicaId === DEBUGGING_CONSUMER) return log.logEndOffset;
    return request.isolationLevel === 1 ? log.lastStableOffset : log.highWatermark;
  }

  /**
   * Throws OFFSET_NOT_AVAILABLE where a client asks a new leader what is committed, and it does not know yet: what the
   * leaders before it have acknowledged may lie beyond its high watermark (KIP-207).
   */
  function checkKnown({ role, log }: Partition, request: Request, version: number): void {
    if (role.type !== 'leader' || request.replicaId !== CONSUMER) return;
    if (role.state.epochStartOffset <= log.highWatermark) return;
    throw new KafkaError(
      version < FIRST_VERSION_WITH_OFFSET_NOT_AVAILABLE ? 'LEADER_NOT_AVAILABLE' : 'OFFSET_NOT_AVAILABLE',
    );
  }

  function lookUp(
    partition: Partition,
    wish: Wish,
    request: Request,
    version: number,
    searched: Searched | null,
  ): TimestampAndOffset {
    const { log } = partition;
    const end = bound(partition, request);
    switch (wish.timestamp) {
      case LATEST:
        checkKnown(partition, request, version);
        return { offset: end, timestamp: UNKNOWN, leaderEpoch: partition.leaderEpoch };
      case EARLIEST:
      case EARLIEST_LOCAL:
        return {
          offset: log.logStartOffset,
          timestamp: UNKNOWN,
          leaderEpoch: log.epochs.epochFor(log.logStartOffset) ?? UNKNOWN,
        };
      case LATEST_TIERED:
        return { offset: UNKNOWN, timestamp: UNKNOWN, leaderEpoch: UNKNOWN };
      default: {
        const found = searched?.found ?? find(log, wish.timestamp, end, searched);
        if (found && found.offset < end) return found;
        checkKnown(partition, request, version);
        return { offset: UNKNOWN, timestamp: UNKNOWN, leaderEpoch: UNKNOWN };
      }
    }
  }

  function answerOne(
    topic: string,
    wish: Wish,
    request: Request,
    { apiVersion }: RequestContext,
    searched: Searched | null,
  ): PartitionEntry {
    checkTimestamp(wish.timestamp, apiVersion);
    const partition = services.replicas.get(topic, wish.partitionIndex);
    checkLeaderEpoch(partition, wish.currentLeaderEpoch);
    const fromClient = request.replicaId !== DEBUGGING_CONSUMER;
    if (fromClient) partition.leaderState();
    const { offset, timestamp, leaderEpoch } = lookUp(partition, wish, request, apiVersion, searched);
    const found = { partitionIndex: wish.partitionIndex, errorCode: 0, offset, timestamp };
    // Not ignorable in Kafka's schema: an older version must not be given one.
    return apiVersion < FIRST_VERSION_WITH_EPOCH ? found : { ...found, leaderEpoch };
  }

  /** Version 0: the starts of the newest segments that are not younger than the time (KIP-79 has replaced it). */
  function answerOld(topic: string, wish: Wish, request: Request): PartitionEntry {
    checkTimestamp(wish.timestamp, 0);
    const partition = services.replicas.get(topic, wish.partitionIndex);
    partition.leaderState();
    // Kafka trips over a negative maximum.
    if (wish.maxNumOffsets < 0) throw new KafkaError('UNKNOWN_SERVER_ERROR');
    const offsets = partition.log.legacyOffsetsBefore(wish.timestamp, wish.maxNumOffsets);
    const limit = bound(partition, request);
    const visible = offsets.some((offset) => offset > limit)
      ? [limit, ...offsets.filter((offset) => offset <= limit)]
      : offsets;
    return { partitionIndex: wish.partitionIndex, errorCode: 0, oldStyleOffsets: [...new Set(visible)] };
  }

  /** Throws `SearchTakesLongError`. */
  function answer(
    topic: string,
    wish: Wish,
    request: Request,
    context: RequestContext,
    isTwice: boolean,
    searched: Searched | null = null,
  ): PartitionEntry {
    try {
      if (context.apiVersion === 0) return answerOld(topic, wish, request);
      if (isTwice) throw new KafkaError('INVALID_REQUEST');
      return answerOne(topic, wish, request, context, searched);
    } catch (error) {
      if (error instanceof KafkaError) return failed(wish.partitionIndex, error);
      throw error;
    }
  }

  /** One partition after another, so that one batch that is searched aside is in memory at a time. */
  async function answerInTurn(
    request: Request,
    context: RequestContext,
    twice: ReadonlySet<string>,
  ): Promise<Response> {
    const topics: NonNullable<Response['topics']>[number][] = [];
    for (const { name, partitions } of request.topics) {
      const entries: PartitionEntry[] = [];
      for (const wish of partitions) {
        const isTwice = twice.has(`${name}-${wish.partitionIndex}`);
        entries.push(await answerAside(name, wish, request, context, isTwice));
      }
      topics.push({ name, partitions: entries });
    }
    return { topics };
  }

  /** After each search the partition is looked at again: it may have another leader by then. */
  async function answerAside(
    topic: string,
    wish: Wish,
    request: Request,
    context: RequestContext,
    isTwice: boolean,
  ): Promise<PartitionEntry> {
    let searched: Searched | null = null;
    const spend = (durationMs: number): void => {
      context.elsewhereMs += durationMs;
    };
    for (;;) {
      try {
        return answer(topic, wish, request, context, isTwice, searched);
      } catch (error) {
        if (!(error instanceof SearchTakesLongError)) throw error;
        const found = await services.recordsThread.search(error, spend).catch(refusalOf);
        if (found instanceof KafkaError) return failed(wish.partitionIndex, found);
        searched = { found, from: error.lastOffset + 1 };
      }
    }
  }

  return handler({
    api: ListOffsets,
    handle(request, context) {
      checkIsolationLevel(request.isolationLevel);
      const twice = duplicatesIn(request);
      try {
        return {
          topics: request.topics.map(({ name, partitions }) => ({
            name,
            partitions: partitions.map((wish) =>
              answer(name, wish, request, context, twice.has(`${name}-${wish.partitionIndex}`)),
            ),
          })),
        };
      } catch (error) {
        if (error instanceof SearchTakesLongError) return answerInTurn(request, context, twice);
        throw error;
      }
    },
    fail: ({ code }, request) => ({
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: code,
          timestamp: UNKNOWN,
          offset: UNKNOWN,
        })),
      })),
    }),
  });
}

function refusalOf(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  throw error;
}

function find(log: PartitionLog, timestamp: number, end: number, searched: Searched | null): TimestampAndOffset | null {
  // Where the largest timestamp of all is not found in its batch, no other batch has it.
  if (timestamp === MAX_TIMESTAMP) return searched === null ? log.maxTimestampOffset() : null;
  return log.offsetForTimestamp(timestamp, end, searched?.from);
}

function duplicatesIn(request: Request): Set<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}-${partitionIndex}`;
      if (seen.has(key)) twice.add(key);
      seen.add(key);
    }
  }
  return twice;
}
