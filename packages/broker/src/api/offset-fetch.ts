import { ERRORS, type ErrorName } from '@odradek/protocol/errors';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import type { GroupOffsets } from '../groups/offsets';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { TopicResults } from './topic-results';

type Request = RequestOf<typeof OffsetFetch>;
type Response = ResponseInit<typeof OffsetFetch>;
/** The offsets of all partitions are wanted where `topics` is null. */
type Group = Pick<Request['groups'][number], 'groupId' | 'topics'>;

interface PartitionResult {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string;
  readonly errorCode: number;
}

const FIRST_TOP_LEVEL_ERROR_VERSION = 2;
const FIRST_BATCHED_VERSION = 8;
const UNKNOWN_OFFSET = -1;
const UNKNOWN_EPOCH = -1;

const without = (partitionIndex: number, error: ErrorName): PartitionResult => ({
  partitionIndex,
  committedOffset: UNKNOWN_OFFSET,
  committedLeaderEpoch: UNKNOWN_EPOCH,
  metadata: '',
  errorCode: ERRORS[error].code,
});

function offsetOf(offsets: GroupOffsets | null, topic: string, partition: number, requireStable: boolean) {
  if (requireStable && offsets?.isUnstable(topic, partition)) return without(partition, 'UNSTABLE_OFFSET_COMMIT');
  const found = offsets?.get(topic, partition);
  if (found === undefined) return without(partition, 'NONE');
  return {
    partitionIndex: partition,
    committedOffset: found.offset,
    committedLeaderEpoch: found.leaderEpoch,
    metadata: found.metadata,
    errorCode: 0,
  };
}

/** What is wanted of a group, each partition once. */
function* wantedOf({ topics }: Group, offsets: GroupOffsets | null): Generator<[topic: string, partition: number]> {
  if (topics === null) {
    for (const [topic, partition] of offsets?.all() ?? []) yield [topic, partition];
    return;
  }
  const seen = new Set<string>();
  for (const { name, partitionIndexes } of topics) {
    for (const partition of partitionIndexes) {
      const key = `${name}-${partition}`;
      if (seen.has(key)) continue;
      seen.add(key);
      yield [name, partition];
    }
  }
}

/** How far groups have read (KIP-447: only what no open transaction can change, if so wished). Version 0 asks ZooKeeper. */
export function offsetFetch(services: Services): Handler<typeof OffsetFetch> {
  const { groups, metadata, store } = services;

  function answerGroup(group: Group, requireStable: boolean) {
    const { groupId } = group;
    const { error, offsets } = groups.offsetsOf(groupId);
    if (error !== 'NONE') return { groupId, topics: [], errorCode: ERRORS[error].code };
    const results = new TopicResults<PartitionResult>();
    for (const [topic, partition] of wantedOf(group, offsets)) {
      results.add(topic, offsetOf(offsets, topic, partition, requireStable));
    }
    return { groupId, topics: results.topics, errorCode: 0 };
  }

  async function fromZooKeeper(group: Group): Promise<Response> {
    const results = new TopicResults<PartitionResult>();
    for (const [topic, partition] of wantedOf(group, null)) {
      results.add(topic, await zooKeeperOffset(group.groupId, topic, partition));
    }
    return { topics: results.topics };
  }

  async function zooKeeperOffset(groupId: string, topic: string, partition: number): Promise<PartitionResult> {
    if (!metadata.contains(topic, partition)) return without(partition, 'UNKNOWN_TOPIC_OR_PARTITION');
    try {
      const committedOffset = await store.consumerOffsets.get(groupId, topic, partition);
      if (committedOffset === null) return without(partition, 'UNKNOWN_TOPIC_OR_PARTITION');
      return { ...without(partition, 'NONE'), committedOffset };
    } catch {
      return without(partition, 'UNKNOWN_SERVER_ERROR');
    }
  }

  return handler({
    api: OffsetFetch,
    handle(request, { apiVersion }) {
      if (apiVersion === 0) return fromZooKeeper(request);
      const { requireStable } = request;
      if (apiVersion >= FIRST_BATCHED_VERSION) {
        return { groups: request.groups.map((group) => answerGroup(group, requireStable)) };
      }
      const { topics, errorCode } = answerGroup(request, requireStable);
      return { topics, errorCode };
    },
    fail: ({ code }, request, { apiVersion }) => failed(request, code, apiVersion),
  });
}

function failed({ groups, topics }: Request, errorCode: number, version: number): Response {
  if (version >= FIRST_BATCHED_VERSION)
    return { groups: groups.map(({ groupId }) => ({ groupId, topics: [], errorCode })) };
  if (version >= FIRST_TOP_LEVEL_ERROR_VERSION) return { errorCode };
  return {
    topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((index) => ({ ...without(index, 'NONE'), errorCode })),
    })),
  };
}
