import { OffsetCommit } from '@odradek/protocol/messages/offset-commit';
import { OffsetFetch } from '@odradek/protocol/messages/offset-fetch';
import { ServerError, ToolError } from '../../tool-error';
import { sleep } from '../client';
import type { CoordinatorLink } from '../coordinator-link';
import type { TopicPartition } from '../partitions';
import type { GroupSettings } from './group-config';
import type { Membership } from './membership';
import { type CommittedOffset, commitFailures, commitRequest, fetchedOffsets, fetchRequest } from './offsets';

/** The group went on without this member: what it has not committed, another reads again. */
export class CommitFailedError extends ToolError {}

const outsideGroup = (): CommitFailedError =>
  new CommitFailedError(
    'org.apache.kafka.clients.consumer.CommitFailedException',
    'Offset commit cannot be completed since the consumer is not part of an active group for auto partition ' +
      'assignment; it is likely that the consumer was kicked out of the group.',
  );

const duringRebalance = (): CommitFailedError =>
  new CommitFailedError(
    'org.apache.kafka.common.errors.RebalanceInProgressException',
    'Offset commit cannot be completed since the consumer is undergoing a rebalance for auto partition assignment. ' +
      'You can try completing the rebalance by calling poll() and then retry the operation.',
  );

/** Writes and reads the offsets of a member's group. */
export class OffsetCommitter {
  constructor(
    private readonly coordinator: CoordinatorLink,
    private readonly membership: Membership,
    private readonly settings: GroupSettings,
  ) {}

  /**
   * Commits, again after whatever passes until `patienceMs` are over. Throws `CommitFailedError` where the group went on
   * without this member, else the broker's refusal as a `ToolError`.
   */
  async commit(offsets: readonly CommittedOffset[], patienceMs: number): Promise<void> {
    if (offsets.length === 0) return;
    const deadlineMs = Date.now() + patienceMs;
    for (;;) {
      try {
        await this.commitOnce(offsets);
        return;
      } catch (thrown) {
        const passes = thrown instanceof ServerError ? thrown.retriable : !(thrown instanceof CommitFailedError);
        if (!(thrown instanceof ToolError) || !passes || Date.now() >= deadlineMs) throw thrown;
        await sleep(this.settings.retryBackoffMs);
      }
    }
  }

  private async commitOnce(offsets: readonly CommittedOffset[]): Promise<void> {
    const { committer } = this.membership;
    if (committer.generationId < 0) throw outsideGroup();
    const failure = commitFailures(await this.coordinator.send(OffsetCommit, commitRequest(committer, offsets)))[0];
    if (!failure) return;
    const { error } = failure;
    switch (error.error) {
      case 'NOT_COORDINATOR':
      case 'COORDINATOR_NOT_AVAILABLE':
      case 'REQUEST_TIMED_OUT':
        this.coordinator.forget();
        throw error;
      case 'REBALANCE_IN_PROGRESS':
        if (!this.membership.needsJoin)
          this.membership.requestRejoin('offset commit failed since group is already rebalancing');
        throw duringRebalance();
      case 'UNKNOWN_MEMBER_ID':
      case 'ILLEGAL_GENERATION':
        this.membership.reset(error.error, 'OFFSET_COMMIT');
        throw outsideGroup();
      default:
        throw error;
    }
  }

  /** What the group committed for each of these partitions, null where nothing. Throws where one is to be asked again. */
  async fetch(
    partitions: readonly TopicPartition[],
  ): Promise<(TopicPartition & { readonly committed: CommittedOffset | null })[]> {
    if (partitions.length === 0) return [];
    // KIP-447: offsets of a transaction that is not over yet are waited for.
    const request = fetchRequest(this.coordinator.id, partitions, true);
    try {
      return fetchedOffsets(await this.coordinator.send(OffsetFetch, request)).map((each) => {
        if ('error' in each) throw each.error;
        return each;
      });
    } catch (thrown) {
      if (thrown instanceof ServerError && thrown.error === 'NOT_COORDINATOR') this.coordinator.forget();
      throw thrown;
    }
  }
}
