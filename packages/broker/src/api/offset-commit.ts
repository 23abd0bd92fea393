import { ERRORS, type ErrorName } from '@odradek/protocol/errors';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import type { OffsetCommit as Commit } from '../groups/offsets';
import { existing, lastOfEach } from './commits';
import { checkStaticMembership } from './group-instance';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { settled } from './settled';
import { TopicResults } from './topic-results';

type Request = RequestOf<typeof OffsetCommit>;
type Response = ResponseInit<typeof OffsetCommit>;
type Topic = Request['topics'][number];

interface PartitionResult {
  readonly partitionIndex: number;
  errorCode: number;
}

const NO_TIMESTAMP = -1;
const NO_RETENTION = -1;
const NEVER = -1;
const UNAPPENDED = -1;

const failed = ({ partitionIndex }: { readonly partitionIndex: number }, error: ErrorName): PartitionResult => ({
  partitionIndex,
  errorCode: ERRORS[error].code,
});

/** Keeps how far a group has read. Version 0 speaks of offsets in ZooKeeper. */
export function offsetCommit(services: Services): Handler<typeof OffsetCommit> {
  const { metadata, groups, store, clock } = services;

  function commitsOf(topics: readonly Topic[], retentionTimeMs: number): Commit[] {
    const nowMs = clock.nowMs();
    const expireTimestamp = retentionTimeMs === NO_RETENTION ? NEVER : nowMs + retentionTimeMs;
    const commits: Commit[] = [];
    for (const { name, partitions } of topics) {
      for (const partition of partitions) {
        commits.push({
          topic: name,
          partition: partition.partitionIndex,
          offset: partition.committedOffset,
          leaderEpoch: partition.committedLeaderEpoch,
          metadata: partition.committedMetadata ?? '',
          commitTimestamp: partition.commitTimestamp === NO_TIMESTAMP ? nowMs : partition.commitTimestamp,
          expireTimestamp,
          recordOffset: UNAPPENDED,
        });
      }
    }
    return commits;
  }

  function commit(request: Request, topics: readonly Topic[], results: TopicResults<PartitionResult>) {
    const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request;
    const committer = { memberId, groupInstanceId, generationId, isTransactional: false };
    const commits = lastOfEach(commitsOf(topics, request.retentionTimeMs));
    return settled<Response>((answer) =>
      groups.commitOffsets(groupId, committer, commits, (errorOf) => {
        for (const it of commits) results.add(it.topic, failed({ partitionIndex: it.partition }, errorOf(it)));
        answer({ topics: results.topics });
      }),
    );
  }

  async function commitToZooKeeper(
    { groupId }: Request,
    topics: readonly Topic[],
    results: TopicResults<PartitionResult>,
  ) {
    const { offsetMetadataMaxBytes } = services.config().values;
    for (const { name, partitions } of topics) {
      for (const partition of partitions) {
        const isTooLarge = (partition.committedMetadata?.length ?? 0) > offsetMetadataMaxBytes;
        const error = isTooLarge
          ? 'OFFSET_METADATA_TOO_LARGE'
          : await store.consumerOffsets.set(groupId, name, partition.partitionIndex, partition.committedOffset).then(
              () => 'NONE' as const,
              () => 'UNKNOWN_SERVER_ERROR' as const,
            );
        results.add(name, failed(partition, error));
      }
    }
    return { topics: results.topics };
  }

  return handler({
    api: OffsetCommit,
    handle(request, { apiVersion }) {
      checkStaticMembership(services, request.groupInstanceId);
      const results = new TopicResults<PartitionResult>();
      const topics = existing(metadata, request.topics, (name, partition) => {
        if (partition === null) results.touch(name);
        else results.add(name, failed(partition, 'UNKNOWN_TOPIC_OR_PARTITION'));
      });
      if (topics.length === 0) return { topics: results.topics };
      return apiVersion === 0 ? commitToZooKeeper(request, topics, results) : commit(request, topics, results);
    },
    fail: ({ code: errorCode }, { topics }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    }),
  });
}
