import { ERRORS, type ErrorName } from '@odradek/protocol/errors';
import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import type { OffsetCommit as Commit } from '../groups/offsets';
import { checkStaticMembership } from './group-instance';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { settled } from './settled';
import { TopicResults } from './topic-results';

type Request = RequestOf<typeof OffsetCommit>;
type Response = ResponseInit<typeof OffsetCommit>;
type Topic = Request['topics'][number];
type Partition = Topic['partitions'][number];

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

  /** Answers for what does not exist; returns what does, named by the one string that the metadata has for a topic. */
  function existing(topics: readonly Topic[], results: TopicResults<PartitionResult>): Topic[] {
    const valid: Topic[] = [];
    for (const { name, partitions } of topics) {
      const known = metadata.image.topics.get(name);
      if (known === undefined) results.touch(name);
      const isKnown = ({ partitionIndex }: Partition) => known?.partitions.has(partitionIndex) === true;
      for (const partition of partitions) {
        if (!isKnown(partition)) results.add(name, failed(partition, 'UNKNOWN_TOPIC_OR_PARTITION'));
      }
      const rest = partitions.filter(isKnown);
      if (known !== undefined && rest.length > 0) valid.push({ name: known.name, partitions: rest });
    }
    return valid;
  }

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
      const topics = existing(request.topics, results);
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

/** A partition that is there more than once counts as it is there last. */
function lastOfEach(commits: Commit[]): Commit[] {
  if (isAscending(commits)) return commits;
  const byPartition = new Map(commits.map((commit) => [`${commit.topic}-${commit.partition}`, commit]));
  return byPartition.size === commits.length ? commits : [...byPartition.values()];
}

/** One topic's partitions in order, as clients send them: none is there twice. */
function isAscending(commits: readonly Commit[]): boolean {
  for (let index = 1; index < commits.length; index++) {
    const [before, commit] = [commits[index - 1]!, commits[index]!];
    if (commit.topic !== before.topic || commit.partition <= before.partition) return false;
  }
  return true;
}
