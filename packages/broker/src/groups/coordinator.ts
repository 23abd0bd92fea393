import { type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from '@odradek/protocol/records/batch';
import type { Timer } from '../env/clock';
import { partitionFor } from '../replication/coordinator-partition';
import { GroupShell, type GroupShellOptions } from './group-shell';
import {
  type Committer,
  type GroupDescription,
  type GroupOverview,
  type HeartbeatRequest,
  type JoinRequest,
  joinError,
  type LeaveResult,
  type LeavingMember,
  type Rebalance,
  type SyncRequest,
  syncError,
} from './group-types';
import { HostedGroups } from './hosted-groups';
import type { GroupOffsets, OffsetCommit, TopicPartition } from './offsets';
import { GROUP_OFFSETS_TOPIC } from './records';
import type { AnswerJoin, AnswerSync, OffsetsTransaction, RunningGroup } from './running-group';

/** Groups looked at in one turn of the event loop when offsets expire, or topics are deleted. */
const CLEANED_PER_TURN = 100;

/** What a string of an answer or a record can hold. */
const MAX_STRING_BYTES = 0x7fff;

/** No request has one that long, but bytes of it that are no UTF-8 have become three each. */
const isTooLong = (text: string, moreBytes = 0): boolean =>
  text.length > (MAX_STRING_BYTES - moreBytes) / 3 && Buffer.byteLength(text) + moreBytes > MAX_STRING_BYTES;

/** Why a member could not be told of: one such would spoil the answers that list it among others. */
function unspeakable({ clientId, groupInstanceId, memberIdSuffix, protocolType, protocols }: JoinRequest) {
  const suffixBytes = 1 + memberIdSuffix.length;
  if (isTooLong(groupInstanceId ?? '', suffixBytes) || isTooLong(clientId, suffixBytes)) return 'UNKNOWN_SERVER_ERROR';
  const isNamed = !isTooLong(protocolType) && !protocols.some(({ name }) => isTooLong(name));
  return isNamed ? null : 'INCONSISTENT_GROUP_PROTOCOL';
}

const DEAD: GroupDescription = { groupState: 'Dead', protocolType: '', protocolData: '', members: [] };

/**
 * The groups whose partition of `__consumer_offsets` this broker leads (GroupCoordinator and GroupMetadataManager). No
 * call waits: answers that have to wait for others, or for the in-sync replicas, are given through the callback that came
 * with the question.
 */
export class GroupCoordinator {
  readonly hosted: HostedGroups;
  private readonly shell: GroupShell;
  private partitionCount: number;
  private isActive = false;
  private expiry: Timer | null = null;

  constructor(options: GroupShellOptions) {
    this.shell = new GroupShell(options);
    this.hosted = new HostedGroups(this.shell);
    this.partitionCount = options.values.offsetsTopicNumPartitions;
  }

  /** @param partitionCount of `__consumer_offsets`, where it exists: what was once set decides where groups live */
  start(partitionCount: number | null): void {
    const { offsetsRetentionCheckIntervalMs } = this.shell.values;
    this.partitionCount = partitionCount ?? this.partitionCount;
    this.isActive = true;
    this.expiry = this.shell.clock.every(offsetsRetentionCheckIntervalMs, () => this.expireOffsets());
    this.shell.logger.info('Startup complete.');
  }

  /** Everyone who waits is sent to look for another coordinator. */
  stop(): void {
    this.isActive = false;
    this.expiry?.cancel();
    this.hosted.stop();
    this.shell.logger.info('Shutdown complete.');
  }

  /** The partition of `__consumer_offsets` whose leader is the group's coordinator. */
  partitionFor(groupId: string): number {
    return partitionFor(groupId, this.partitionCount);
  }

  /** NONE, or why this broker cannot speak for the group (GroupCoordinator.validateGroupStatus). */
  private refusal(groupId: string, mayBeEmpty: boolean): ErrorName {
    if ((groupId === '' && !mayBeEmpty) || isTooLong(groupId)) return 'INVALID_GROUP_ID';
    if (!this.isActive) return 'COORDINATOR_NOT_AVAILABLE';
    const status = this.hosted.statusOf(this.partitionFor(groupId));
    switch (status) {
      case 'loaded':
        return 'NONE';
      case 'loading':
        return 'COORDINATOR_LOAD_IN_PROGRESS';
      case 'elsewhere':
        return 'NOT_COORDINATOR';
      default:
        return status satisfies never;
    }
  }

  private check(groupId: string, mayBeEmpty: boolean): void {
    const refusal = this.refusal(groupId, mayBeEmpty);
    if (refusal !== 'NONE') throw new KafkaError(refusal);
  }

  private find(groupId: string): RunningGroup | undefined {
    return this.hosted.find(this.partitionFor(groupId), groupId);
  }

  private create(groupId: string): RunningGroup {
    return this.hosted.create(this.partitionFor(groupId), groupId);
  }

  // Membership

  join(groupId: string, request: JoinRequest, answer: AnswerJoin): void {
    const group = this.groupToJoin(groupId, request);
    if (typeof group === 'string') answer(joinError(group, request.memberId));
    else group.run(group.core.join(request, answer, this.shell.steadyMs()));
  }

  private groupToJoin(groupId: string, request: JoinRequest): RunningGroup | ErrorName {
    const { memberId, sessionTimeoutMs } = request;
    const refusal = this.refusal(groupId, false);
    if (refusal !== 'NONE') return refusal;
    const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = this.shell.values;
    if (sessionTimeoutMs < groupMinSessionTimeoutMs || sessionTimeoutMs > groupMaxSessionTimeoutMs) {
      return 'INVALID_SESSION_TIMEOUT';
    }
    const error = unspeakable(request);
    if (error !== null) return error;
    return this.find(groupId) ?? (memberId === '' ? this.create(groupId) : 'UNKNOWN_MEMBER_ID');
  }

  sync(groupId: string, request: SyncRequest, answer: AnswerSync): void {
    const refusal = this.refusal(groupId, false);
    // Its rebalance is lost with the old coordinator: the member may join again without looking for another one.
    const error = refusal === 'COORDINATOR_LOAD_IN_PROGRESS' ? 'REBALANCE_IN_PROGRESS' : refusal;
    const group = error === 'NONE' ? this.find(groupId) : undefined;
    if (group === undefined) answer(syncError(error === 'NONE' ? 'UNKNOWN_MEMBER_ID' : error));
    else group.run(group.core.sync(request, answer, this.shell.steadyMs()));
  }

  heartbeat(groupId: string, request: HeartbeatRequest): ErrorName {
    const refusal = this.refusal(groupId, false);
    // Nobody can know better yet.
    if (refusal === 'COORDINATOR_LOAD_IN_PROGRESS') return 'NONE';
    if (refusal !== 'NONE') return refusal;
    const group = this.find(groupId);
    if (group === undefined) return 'UNKNOWN_MEMBER_ID';
    const error = group.core.heartbeat(request, this.shell.steadyMs());
    if (error === 'FENCED_INSTANCE_ID') this.shell.logger.info(group.core.fencedText(request, 'heartbeat'));
    group.arm();
    return error;
  }

  leave(groupId: string, members: readonly LeavingMember[]): { error: ErrorName; results: LeaveResult[] } {
    const refusal = this.refusal(groupId, false);
    if (refusal !== 'NONE') return { error: refusal, results: [] };
    const group = this.find(groupId);
    if (group === undefined) {
      const results = members.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId }));
      return { error: 'NONE', results: results.map((member) => ({ ...member, error: 'UNKNOWN_MEMBER_ID' })) };
    }
    const { error, results, effects } = group.core.leave(members, this.shell.steadyMs());
    group.run(effects);
    return { error, results };
  }

  /** A group that is not there is Dead. Throws `KafkaError`. */
  describe(groupId: string): GroupDescription {
    this.check(groupId, true);
    return this.find(groupId)?.core.describe() ?? DEAD;
  }

  /** The rebalance under way, or the last one since the group was loaded. */
  lastRebalance(groupId: string): Rebalance | null {
    return this.find(groupId)?.core.lastRebalance ?? null;
  }

  /** All groups that are known, with COORDINATOR_LOAD_IN_PROGRESS while there may be more. */
  list(): { error: ErrorName; groups: GroupOverview[] } {
    if (!this.isActive) return { error: 'COORDINATOR_NOT_AVAILABLE', groups: [] };
    const groups = [...this.hosted.groups()].map(({ core }) => core.overview());
    return { error: this.hosted.isLoading ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NONE', groups };
  }

  // Offsets

  /** `done` tells for each commit NONE, or why it does not count. */
  commitOffsets(
    groupId: string,
    committer: Committer,
    commits: readonly OffsetCommit[],
    done: (errorOf: (commit: OffsetCommit) => ErrorName) => void,
  ): void {
    const group = this.groupToCommit(groupId, committer);
    if (typeof group === 'string') done(() => group);
    else this.storeOffsets(group, commits, null, done);
  }

  /**
   * NONE where the group's coordinator is here, or why not; the group is made if need be. To be asked before the
   * transaction of a commit is verified.
   */
  prepareTransactionalCommit(groupId: string): ErrorName {
    const refusal = this.refusal(groupId, false);
    if (refusal === 'NONE' && this.find(groupId) === undefined) this.create(groupId);
    return refusal;
  }

  /** As `commitOffsets`, for offsets that count once the transaction commits. */
  commitTransactionalOffsets(
    groupId: string,
    committer: Omit<Committer, 'isTransactional'>,
    transaction: OffsetsTransaction,
    commits: readonly OffsetCommit[],
    done: (errorOf: (commit: OffsetCommit) => ErrorName) => void,
  ): void {
    // It may have been unloaded, or deleted, while the transaction was verified.
    const refusal = this.prepareTransactionalCommit(groupId);
    const group = refusal === 'NONE' ? this.groupToCommit(groupId, { ...committer, isTransactional: true }) : refusal;
    if (typeof group === 'string') done(() => group);
    // Of no producer it is a commit like any other.
    else if (transaction.producerId === NO_PRODUCER_ID) this.storeOffsets(group, commits, null, done);
    // There can be no such batch.
    else if (transaction.producerEpoch === NO_PRODUCER_EPOCH) done(() => 'UNKNOWN_SERVER_ERROR');
    else {
      this.hosted.noteProducer(transaction.producerId, group);
      this.storeOffsets(group, commits, transaction, done);
    }
  }

  /** The producer's transaction has ended, and its marker is committed in this partition of `__consumer_offsets`. */
  transactionCompleted(offsetsPartition: number, producerId: number, isCommit: boolean): void {
    this.hosted.completeTransaction(offsetsPartition, producerId, isCommit);
  }

  private storeOffsets(
    group: RunningGroup,
    commits: readonly OffsetCommit[],
    transaction: OffsetsTransaction | null,
    done: (errorOf: (commit: OffsetCommit) => ErrorName) => void,
  ): void {
    const { offsetMetadataMaxBytes } = this.shell.values;
    // Kafka counts characters.
    const isTooLarge = ({ metadata }: OffsetCommit): boolean => metadata.length > offsetMetadataMaxBytes;
    const accepted = commits.some(isTooLarge) ? commits.filter((commit) => !isTooLarge(commit)) : commits;
    const finish = (error: ErrorName): void =>
      done((commit) => (isTooLarge(commit) ? 'OFFSET_METADATA_TOO_LARGE' : error));
    if (accepted.length === 0) finish('NONE');
    else group.storeOffsets(accepted, transaction, finish);
  }

  private groupToCommit(groupId: string, committer: Committer): RunningGroup | ErrorName {
    const refusal = this.refusal(groupId, true);
    if (refusal !== 'NONE') return refusal;
    // Whoever is in no generation only keeps offsets here.
    const group = this.find(groupId) ?? (committer.generationId < 0 ? this.create(groupId) : null);
    if (group === null) return 'ILLEGAL_GENERATION';
    const error = group.core.checkCommit(committer, this.shell.steadyMs());
    if (error === 'FENCED_INSTANCE_ID') {
      const operation = committer.isTransactional ? 'txn-offset-commit' : 'offset-commit';
      this.shell.logger.info(group.core.fencedText(committer, operation));
    }
    group.arm();
    return error === 'NONE' ? group : error;
  }

  /** What the group has committed; null where there is no such group. Consumers ask often while their groups are read. */
  offsetsOf(groupId: string): { readonly error: ErrorName; readonly offsets: GroupOffsets | null } {
    const error = this.refusal(groupId, true);
    return { error, offsets: error === 'NONE' ? (this.find(groupId)?.offsets ?? null) : null };
  }

  /** Throws `KafkaError` for the group as a whole; returns each partition's error. */
  deleteOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): (TopicPartition & { readonly error: ErrorName })[] {
    this.check(groupId, false);
    const group = this.find(groupId);
    if (group === undefined) throw new KafkaError('GROUP_ID_NOT_FOUND');
    const { core } = group;
    if (core.state !== 'Empty' && core.protocolType !== 'consumer') throw new KafkaError('NON_EMPTY_GROUP');
    const isConsumed = ({ topic }: TopicPartition) => core.state !== 'Empty' && core.isSubscribedToTopic(topic);
    const results = partitions.map((it) => ({
      ...it,
      error: isConsumed(it) ? ('GROUP_SUBSCRIBED_TO_TOPIC' as const) : ('NONE' as const),
    }));
    const deletable = results.filter(({ error }) => error === 'NONE');
    if (deletable.length > 0) {
      const removed = this.cleanUp(group, group.offsets.remove(deletable));
      const names = deletable.map(({ topic, partition }) => `${topic}-${partition}`).join(', ');
      this.shell.logger.info(
        `The following offsets of the group ${groupId} were deleted: ${names}. A total of ${removed} offsets were removed.`,
      );
    }
    return results;
  }

  /** NONE, or why the group is not deleted. */
  deleteGroup(groupId: string): ErrorName {
    const refusal = this.refusal(groupId, true);
    if (refusal !== 'NONE') return refusal;
    const group = this.find(groupId);
    if (group === undefined) return 'GROUP_ID_NOT_FOUND';
    if (group.core.state !== 'Empty') return 'NON_EMPTY_GROUP';
    // Also one that open transactions may bring offsets to: they come to nothing.
    const removed = this.cleanUp(group, group.offsets.removeAll(), true);
    this.shell.logger.info(
      `The following groups were deleted: ${groupId}. A total of ${removed} offsets were removed.`,
    );
    return 'NONE';
  }

  /** These partitions are no more, and so are all offsets in them. */
  partitionsDeleted(partitions: readonly TopicPartition[]): void {
    const names = partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(', ');
    this.cleanUpAll(
      (group) => group.offsets.remove(partitions),
      (removed) => this.shell.logger.info(`Removed ${removed} offsets associated with deleted partitions: ${names}.`),
    );
  }

  private expireOffsets(): void {
    const startMs = this.shell.clock.monotonicMs();
    const retentionMs = this.shell.values.offsetsRetentionMinutes * 60_000;
    this.cleanUpAll(
      (group) => group.expireOffsets(retentionMs),
      (removed) => {
        const durationMs = Math.round(this.shell.clock.monotonicMs() - startMs);
        if (removed > 0) this.shell.logger.info(`Removed ${removed} expired offsets in ${durationMs} milliseconds.`);
      },
    );
  }

  /** Goes through all groups that there are now, some per turn of the event loop. `done` is told how many offsets went. */
  private cleanUpAll(
    remove: (group: RunningGroup) => readonly TopicPartition[],
    done: (removed: number) => void,
  ): void {
    const groups = [...this.hosted.groups()];
    let removed = 0;
    const turn = (): void => {
      for (const group of groups.splice(-CLEANED_PER_TURN)) {
        // It may have been deleted or unloaded since.
        if (this.find(group.groupId) === group) removed += this.cleanUp(group, remove(group));
      }
      if (groups.length > 0) this.shell.clock.soon(turn);
      else done(removed);
    };
    turn();
  }

  /**
   * Writes tombstones of offsets that are gone, and ends a group that is empty and has none left. Returns how many
   * offsets are gone for good (GroupMetadataManager.cleanupGroupMetadata).
   */
  private cleanUp(group: RunningGroup, removed: readonly TopicPartition[], isDeleted = false): number {
    const { groupId, core } = group;
    const { generation } = core;
    const isOver = isDeleted || (core.state === 'Empty' && group.offsets.isEmpty);
    if (isOver) {
      this.shell.logger.info(`Group ${groupId} transitioned to Dead in generation ${generation}`);
      group.die();
      this.hosted.remove(group);
    }
    try {
      // A group of generation 0 never had a record.
      group.appendTombstones(removed, isOver && generation > 0);
      return removed.length;
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      // They expire again at the next coordinator, or at this one's next start.
      this.shell.logger.error(
        `Failed to append ${removed.length} tombstones to ${GROUP_OFFSETS_TOPIC}-${group.partition} for expired/deleted offsets and/or metadata for group ${groupId}: ${error.message}`,
      );
      return 0;
    }
  }
}
