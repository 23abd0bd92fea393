import { Fetch } from '@odradek/protocol/messages/fetch';
import type { ResponseInit } from '@odradek/protocol/schema/api';
import { Writer } from '@odradek/protocol/wire/writer';
import { codeOfFetch, type PartitionFetch } from '../replication/fetch-reader';
import type { FetchContext, FetchedState, FetchWish } from '../replication/fetch-sessions';
import type { RequestContext } from './handler';
import type { Services } from './services';
import { chargeTime, countExempt, quotaClientOf } from './throttle';

type Response = ResponseInit<typeof Fetch>;
type TopicEntry = NonNullable<Response['responses']>[number];

const EMPTY = Buffer.alloc(0);
const LENGTH_BYTES = 4;

/** What a client may fetch at once: an answer larger than its quota's whole window would be throttled every time. */
export function fetchableBytes({ quotas }: Services, context: RequestContext): number {
  if (!quotas.fetch.isEnabled) return Number.POSITIVE_INFINITY;
  return Math.floor(quotas.fetch.maxInWindow(quotaClientOf(context)));
}

/**
 * Charges a fetch to its client before its answer is made. Where that exceeds a quota the answer is empty, its bytes are
 * taken back, and the session has not learnt of what was read: the client will ask again. Null where it may be answered.
 */
export function throttledFetch(
  services: Services,
  context: RequestContext,
  session: FetchContext,
  wishes: readonly FetchWish[],
  partitions: readonly PartitionFetch[],
  states: readonly FetchedState[],
): Response | null {
  const { quotas } = services;
  if (!quotas.isEnabled) return null;
  if (session.isFollower) {
    countExempt(services, context);
    return null;
  }
  const requestThrottleMs = chargeTime(services, context);
  const client = quotaClientOf(context);
  const bytes = quotas.fetch.isEnabled
    ? answerBytes(context.apiVersion, wishes, partitions, session.preview(states))
    : 0;
  const fetchThrottleMs = quotas.fetch.record(client, bytes);
  const throttleTimeMs = Math.max(requestThrottleMs, fetchThrottleMs);
  if (throttleTimeMs <= 0) return null;
  quotas.fetch.unrecord(client, bytes);
  (fetchThrottleMs > requestThrottleMs ? quotas.fetch : quotas.request).noteThrottle(client, throttleTimeMs);
  context.mute(throttleTimeMs);
  return { throttleTimeMs, sessionId: session.throttledSessionId, responses: [] };
}

/** The size of an answer, from what is known before its records are read (FetchResponse.sizeOf). */
function answerBytes(
  version: number,
  wishes: readonly FetchWish[],
  partitions: readonly PartitionFetch[],
  isSent: (index: number) => boolean,
): number {
  const topics: (TopicEntry & { partitions: TopicEntry['partitions'][number][] })[] = [];
  const isFlexible = Fetch.isFlexible(version);
  let recordBytes = 0;
  for (const [index, fetched] of partitions.entries()) {
    if (!isSent(index)) continue;
    const wish = wishes[index]!;
    recordBytes += fetched.slice.bytes + (isFlexible ? lengthBytes(fetched.slice.bytes) - lengthBytes(0) : 0);
    let topic = topics.at(-1);
    if (topic?.topicId !== wish.topicId || topic.topic !== (wish.topic ?? '')) {
      topic = { topic: wish.topic ?? '', topicId: wish.topicId, partitions: [] };
      topics.push(topic);
    }
    topic.partitions.push({
      partitionIndex: wish.partition,
      errorCode: codeOfFetch(fetched),
      highWatermark: fetched.highWatermark,
      abortedTransactions: fetched.abortedTransactions,
      ...(fetched.divergingEpoch ? { divergingEpoch: fetched.divergingEpoch } : {}),
      records: EMPTY,
    });
  }
  const writer = new Writer();
  Fetch.responseCodec(version).encode(writer, { responses: topics });
  return LENGTH_BYTES + writer.length + recordBytes;
}

/** Bytes of the varint that stands before so many bytes in flexible versions, which count from 1. */
function lengthBytes(bytes: number): number {
  return Math.max(1, Math.ceil(Math.log2(bytes + 2) / 7));
}
