import { ERRORS, type ErrorName } from '@odradek/protocol/errors';
import { TxnOffsetCommit } from '@odradek/protocol/messages/txn-offset-commit';
import { NO_SEQUENCE } from '@odradek/protocol/records/batch';
import type { RequestOf, ResponseInit } from '@odradek/protocol/schema/api';
import { GROUP_OFFSETS_TOPIC } from '../cluster/topic-names';
import type { OffsetCommit as Commit } from '../groups/offsets';
import { commitError } from '../groups/store-error';
import { existing, lastOfEach } from './commits';
import { type Handler, handler } from './handler';
import type { Services } from './services';
import { settled } from './settled';
import { TopicResults } from './topic-results';
import { guardOf } from './verification';

type Request = RequestOf<typeof TxnOffsetCommit>;
type Response = ResponseInit<typeof TxnOffsetCommit>;
type Topic = Request['topics'][number];

interface PartitionResult {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

interface Guard {
  readonly error: ErrorName;
  readonly guard: object | null;
}

type Done = (errorOf: (commit: Commit) => ErrorName) => void;

const NEVER = -1;
const UNAPPENDED = -1;
/** Clients of older versions take COORDINATOR_LOAD_IN_PROGRESS badly (KAFKA-7296). */
const FIRST_VERSION_THAT_KNOWS_LOADING = 2;
/** From this version on clients know that a transaction can only be aborted any more (KIP-890). */
const FIRST_ABORTABLE_VERSION = 4;

/** Keeps how far a group has read as part of a transaction: it counts if that commits (KIP-98, KIP-447). */
export function txnOffsetCommit(services: Services): Handler<typeof TxnOffsetCommit> {
  const { metadata, groups, clock } = services;

  function commitsOf(topics: readonly Topic[]): Commit[] {
    const commitTimestamp = clock.nowMs();
    return topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => ({
        topic: name,
        partition: partitionIndex,
        offset: committedOffset,
        leaderEpoch: committedLeaderEpoch,
        metadata: committedMetadata ?? '',
        commitTimestamp,
        expireTimestamp: NEVER,
        recordOffset: UNAPPENDED,
      })),
    );
  }

  /** What the append to the group's partition has to show, or why it cannot be made. */
  function verified(request: Request, apiVersion: number): Guard | Promise<Guard> {
    const { transactionalId, groupId, producerId, producerEpoch } = request;
    const refusal = groups.prepareTransactionalCommit(groupId);
    if (refusal !== 'NONE') return { error: refusal, guard: null };
    const [topic, partition] = [GROUP_OFFSETS_TOPIC, groups.partitionFor(groupId)];
    const guard = guardOf(services, topic, partition, producerId, producerEpoch, NO_SEQUENCE);
    if (typeof guard === 'string') return { error: commitError(guard), guard: null };
    if (guard === null) return { error: 'NONE', guard };
    const knowsAbortable = apiVersion >= FIRST_ABORTABLE_VERSION;
    const partitions = [{ topic, partition }];
    const verification = { transactionalId, producerId, producerEpoch, partitions, knowsAbortable };
    return new Promise((resolve) => {
      services.transactionVerifier.verify(verification, (errorOf) =>
        resolve({ error: commitError(errorOf(topic, partition)), guard }),
      );
    });
  }

  function commit(request: Request, { error, guard }: Guard, commits: readonly Commit[], done: Done): void {
    const { groupId, memberId, groupInstanceId, generationId, producerId, producerEpoch } = request;
    if (error !== 'NONE') {
      done(() => error);
      return;
    }
    const transaction = { producerId, producerEpoch, verificationGuard: guard };
    const committer = { memberId, groupInstanceId, generationId };
    groups.commitTransactionalOffsets(groupId, committer, transaction, commits, done);
  }

  return handler({
    api: TxnOffsetCommit,
    handle(request, { apiVersion }) {
      const results = new TopicResults<PartitionResult>();
      const add = (name: string, partitionIndex: number, error: ErrorName): void => {
        const isUnspeakable = error === 'COORDINATOR_LOAD_IN_PROGRESS' && apiVersion < FIRST_VERSION_THAT_KNOWS_LOADING;
        const { code: errorCode } = ERRORS[isUnspeakable ? 'COORDINATOR_NOT_AVAILABLE' : error];
        results.add(name, { partitionIndex, errorCode });
      };
      const topics = existing(metadata, request.topics, (name, partition) => {
        if (partition === null) results.touch(name);
        else add(name, partition.partitionIndex, 'UNKNOWN_TOPIC_OR_PARTITION');
      });
      if (topics.length === 0) return { topics: results.topics };
      const commits = lastOfEach(commitsOf(topics));
      const finish = (guard: Guard) =>
        settled<Response>((answer) =>
          commit(request, guard, commits, (errorOf) => {
            for (const it of commits) add(it.topic, it.partition, errorOf(it));
            answer({ topics: results.topics });
          }),
        );
      const guard = verified(request, apiVersion);
      return guard instanceof Promise ? guard.then(finish) : finish(guard);
    },
    fail: ({ code: errorCode }, { topics }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    }),
  });
}
