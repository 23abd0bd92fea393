import { errorName } from '@odradek/protocol/errors';
import type { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import type { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import type { RequestInit, ResponseOf } from '@odradek/protocol/schema/api';
import { ServerError } from '../../tool-error';
import { partitionText, type TopicPartition, toTopics } from '../partitions';

/** An offset as it is committed: where reading goes on. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  /** -1 or nothing: not known. */
  readonly leaderEpoch?: number;
  readonly metadata?: string;
}

/** Who commits; without a generation a group that has no members is written to from outside. */
export interface Committer {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

const NO_OFFSET = -1;
const NO_EPOCH = -1;
const FIRST_WITH_EPOCH = 6;
const FIRST_WITH_INSTANCE = 7;
/** From this version on one request asks for several groups (KIP-709). */
const FIRST_WITH_GROUPS = 8;
const FIRST_WITH_STABLE = 7;

/** An OffsetCommit request in whatever version. */
export const commitRequest =
  ({ groupId, generationId, memberId, groupInstanceId }: Committer, offsets: readonly CommittedOffset[]) =>
  (version: number): RequestInit<typeof OffsetCommit> => {
    const at = new Map(offsets.map((each) => [partitionText(each), each]));
    const topics = toTopics(offsets).map(({ topic, partitions }) => ({
      name: topic,
      partitions: partitions.map((partitionIndex) => {
        const { offset, leaderEpoch = NO_EPOCH, metadata = '' } = at.get(`${topic}-${partitionIndex}`)!;
        const committedLeaderEpoch = version < FIRST_WITH_EPOCH ? NO_EPOCH : leaderEpoch;
        return { partitionIndex, committedOffset: offset, committedLeaderEpoch, committedMetadata: metadata };
      }),
    }));
    const instance = version < FIRST_WITH_INSTANCE ? {} : { groupInstanceId };
    return { groupId, generationIdOrMemberEpoch: generationId, memberId, ...instance, topics };
  };

interface PartitionErrors {
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[];
  }[];
}

/** What an OffsetCommit or OffsetDelete answer refused. */
export const commitFailures = ({ topics }: PartitionErrors): (TopicPartition & { error: ServerError })[] =>
  topics.flatMap(({ name: topic, partitions }) =>
    partitions
      .filter(({ errorCode }) => errorCode !== 0)
      .map(({ partitionIndex: partition, errorCode }) => {
        return { topic, partition, error: new ServerError(errorName(errorCode)) };
      }),
  );

/** An OffsetFetch request in whatever version. `null`: every partition that the group committed. */
export const fetchRequest =
  (groupId: string, partitions: readonly TopicPartition[] | null, requireStable: boolean) =>
  (version: number): RequestInit<typeof OffsetFetch> => {
    const topics = partitions
      ? toTopics(partitions).map(({ topic, partitions: indexes }) => ({ name: topic, partitionIndexes: indexes }))
      : null;
    const stable = version < FIRST_WITH_STABLE ? {} : { requireStable };
    if (version >= FIRST_WITH_GROUPS) return { groups: [{ groupId, topics }], ...stable };
    return { groupId, topics, ...stable };
  };

/** An answered partition: its committed offset, null where there is none. */
export type FetchedOffset = TopicPartition &
  ({ readonly committed: CommittedOffset | null } | { readonly error: ServerError });

/** The offsets of an OffsetFetch answer. Throws `ServerError` where the whole group was refused. */
export function fetchedOffsets(response: ResponseOf<typeof OffsetFetch>): FetchedOffset[] {
  const group = response.groups[0] ?? response;
  if (group.errorCode !== 0) throw new ServerError(errorName(group.errorCode));
  return group.topics.flatMap(({ name: topic, partitions }) =>
    partitions.map((answer): FetchedOffset => {
      const { partitionIndex: partition, committedOffset, committedLeaderEpoch, metadata, errorCode } = answer;
      if (errorCode !== 0) return { topic, partition, error: new ServerError(errorName(errorCode)) };
      if (committedOffset === NO_OFFSET) return { topic, partition, committed: null };
      const offset = { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata: metadata ?? '' };
      return { topic, partition, committed: { topic, partition, ...offset } };
    }),
  );
}
