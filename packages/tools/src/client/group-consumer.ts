import { ServerError, ToolError } from '../tool-error';
import type { KafkaClient } from './client';
import type { ConsumerRecord } from './consumed';
import { CoordinatorLink } from './coordinator-link';
import { Fetcher } from './fetcher';
import { CommitFailedError, OffsetCommitter } from './group/committer';
import type { GroupSettings } from './group/group-config';
import { GroupTopics } from './group/group-topics';
import { Membership, POLLING } from './group/membership';
import type { CommittedOffset } from './group/offsets';
import { partitionText, type TopicPartition } from './partitions';
import type { TopicSelection } from './selection';
import { TopicMetadata } from './topic-metadata';
import { Wakeup } from './wakeup';

export type { CommittedOffset } from './group/offsets';

const CONSUMER_COORDINATOR = 'org.apache.kafka.clients.consumer.internals.ConsumerCoordinator';

/** Told of what a member gets and gives up (ConsumerRebalanceListener); a rebalance waits for what is returned. */
export interface RebalanceListener {
  /** What it got in addition to what it has; nothing at all where a rebalance changed nothing. */
  onPartitionsAssigned?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** What it is about to give up: the last chance to commit. */
  onPartitionsRevoked?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** What it has lost already; `onPartitionsRevoked` is told where this is left out. */
  onPartitionsLost?(partitions: readonly TopicPartition[]): void | Promise<void>;
}

const INTERNALS = 'org.apache.kafka.clients.consumer.internals.';

/** How a Java consumer that wants KIP-848's protocol ends on a broker that has none. */
async function refuseNewProtocol(client: KafkaClient): Promise<never> {
  await client.connectAny(Number.POSITIVE_INFINITY);
  const { log, logPrefix } = client.options;
  const why = 'GroupHeartbeatRequest failed due to UNSUPPORTED_VERSION: null';
  log('ERROR', logPrefix + why, `${INTERNALS}HeartbeatRequestManager`);
  const what = 'Member  with epoch 0 transitioned to FATAL state';
  log('ERROR', logPrefix + what, `${INTERNALS}MembershipManagerImpl`);
  throw new ServerError('UNSUPPORTED_VERSION');
}

/**
 * A member of a consumer group, by the classic protocol, dynamic or static, eager or cooperative. As in Java's consumer,
 * a rebalance begins in `poll` only, so nothing is taken away from whoever is busy with what the last poll gave.
 */
export class GroupConsumer {
  private readonly owned = new Map<string, TopicPartition>();
  /** Paused partitions and where reading them goes on. */
  private readonly paused = new Map<string, CommittedOffset | undefined>();
  private readonly wakeup = new Wakeup();
  private readonly coordinator: CoordinatorLink;
  private readonly topics: GroupTopics;
  private readonly fetcher: Fetcher;
  private readonly membership: Membership;
  private readonly committer: OffsetCommitter;
  private readonly isCooperative: boolean;
  /** The fetch that records are taken of; what one poll leaves of it, the next goes on with. */
  private current: Iterator<ConsumerRecord> | undefined;
  private failure: Error | undefined;
  private rebalancing: Promise<void> | undefined;
  private refreshing = false;
  /** Between the last commit before a join and the join's end nothing may be taken that the group gives to another. */
  private preparing = false;
  private nextCommitMs: number;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly client: KafkaClient,
    private readonly settings: GroupSettings,
    selection: TopicSelection,
    private readonly listener: RebalanceListener,
  ) {
    const metadata = new TopicMetadata(client, settings.retryBackoffMs, settings.metadataMaxAgeMs);
    this.isCooperative = settings.assignors.every((assignor) => assignor.isCooperative);
    this.nextCommitMs = Date.now() + settings.autoCommitIntervalMs;
    this.coordinator = new CoordinatorLink(client, 'GROUP', settings.groupId);
    this.fetcher = new Fetcher(client, metadata, settings, (doubtful) => {
      if (doubtful) this.topics.doubt();
      this.wakeup.wake();
    });
    this.topics = new GroupTopics(metadata, settings, selection, this.fetcher);
    const state = {
      subscribedTopics: () => this.topics.subscribed,
      ownedPartitions: () => this.assignment(),
      partitionCounts: (topics: readonly string[]) => this.topics.partitionCounts(topics),
    };
    this.membership = new Membership(this.coordinator, settings, state, client.options.log, (failure) => {
      if (failure) this.failure = failure;
      this.wakeup.wake();
    });
    this.committer = new OffsetCommitter(this.coordinator, this.membership, settings);
  }

  /** The partitions that this member has now. */
  assignment(): TopicPartition[] {
    return [...this.owned.values()];
  }

  /** Where reading goes on, for each partition where that is known. */
  positions(): CommittedOffset[] {
    return [...this.fetcher.readPositions(), ...[...this.paused.values()].filter((each) => each !== undefined)];
  }

  /** Reads an owned partition from there on. */
  seek(partition: TopicPartition, offset: number): void {
    const name = partitionText(partition);
    if (!this.owned.has(name)) return;
    if (this.paused.has(name)) {
      this.paused.set(name, { ...partition, offset });
      return;
    }
    this.fetcher.remove(partition);
    this.fetcher.add(partition, { offset }, this.topics.leaderOf(partition));
    this.run(this.start());
  }

  /** Reads these of its partitions no further until they are resumed or given up. What was fetched of them is dropped. */
  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const name = partitionText(partition);
      if (!this.owned.has(name) || this.paused.has(name)) continue;
      const position = this.fetcher.readPositions().find((each) => partitionText(each) === name);
      this.paused.set(name, position && { ...partition, offset: position.offset, leaderEpoch: position.leaderEpoch });
      this.fetcher.remove(partition);
    }
  }

  /** Reads these partitions again, from where they were paused. */
  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const name = partitionText(partition);
      const position = this.paused.get(name);
      if (!this.paused.delete(name) || !position) continue;
      this.fetcher.add(partition, position, this.topics.leaderOf(partition));
    }
    this.run(this.start());
  }

  /**
   * Records of one or more partitions, at most max.poll.records, or undefined after so many milliseconds without any. A
   * record counts as consumed, for commits, when it is taken out of what this returns. Throws what ends the membership.
   */
  async poll(timeoutMs: number): Promise<Iterable<ConsumerRecord> | undefined> {
    this.membership.lastPollMs = POLLING;
    try {
      return await this.pollUntil(Date.now() + timeoutMs);
    } finally {
      this.membership.lastPollMs = Date.now();
    }
  }

  private async pollUntil(deadlineMs: number): Promise<Iterable<ConsumerRecord> | undefined> {
    if (this.settings.protocol === 'consumer') await refuseNewProtocol(this.client);
    for (;;) {
      if (this.failure) throw this.failure;
      if (this.closing) return undefined;
      this.maintain();
      if (!this.preparing && (this.current || this.fetcher.isReady)) return this.take();
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0) return undefined;
      await this.wakeup.wait(Math.min(leftMs, this.nextTaskMs() - Date.now()));
    }
  }

  private *take(): Generator<ConsumerRecord> {
    for (let left = this.settings.maxPollRecords; left > 0; ) {
      this.current ??= this.fetcher.take()?.[Symbol.iterator]();
      if (!this.current) return;
      // By hand: leaving a for-of loop would end the iterator, and what is left of the fetch with it.
      const next = this.current.next();
      if (next.done) {
        this.current = undefined;
        continue;
      }
      left--;
      yield next.value;
    }
  }

  private nextTaskMs(): number {
    const commits = this.settings.autoCommits && !this.rebalancing;
    const commitMs = commits ? this.nextCommitMs : Number.POSITIVE_INFINITY;
    const refreshMs = this.refreshing ? Number.POSITIVE_INFINITY : this.topics.nextRefreshMs;
    return Math.max(Date.now() + 1, Math.min(commitMs, refreshMs));
  }

  /** Starts whatever is due; nothing here is waited for. */
  private maintain(): void {
    const nowMs = Date.now();
    if (!this.refreshing && nowMs >= this.topics.nextRefreshMs) {
      this.refreshing = true;
      this.run(this.refresh(), () => {
        this.refreshing = false;
      });
    }
    if (this.membership.needsJoin && !this.rebalancing && this.topics.areKnown) {
      this.rebalancing = this.rebalance();
      this.run(this.rebalancing, () => {
        this.rebalancing = undefined;
        this.run(this.start());
      });
    } else if (this.settings.autoCommits && nowMs >= this.nextCommitMs && !this.rebalancing) {
      this.nextCommitMs = nowMs + this.settings.autoCommitIntervalMs;
      void this.autoCommit('Asynchronous', 0);
    }
  }

  private run(task: Promise<void>, done: () => void = () => undefined): void {
    task
      .catch((thrown: Error) => {
        if (!this.closing) this.failure ??= thrown;
      })
      .finally(() => {
        done();
        this.wakeup.wake();
      });
  }

  private async refresh(): Promise<void> {
    const news = await this.topics.refresh(this.membership.isLeader);
    if (news) this.membership.requestRejoin(news);
    await this.start();
  }

  /** Reads what is owned and has no position yet from where the group left off. */
  private async start(): Promise<void> {
    if (this.closing) return;
    const isUnread = (partition: TopicPartition): boolean =>
      !this.fetcher.has(partition) && !this.paused.has(partitionText(partition));
    const unread = this.rebalancing ? [] : this.assignment().filter(isUnread);
    try {
      for (const { committed, ...partition } of await this.committer.fetch(unread)) {
        if (!this.owned.has(partitionText(partition)) || !isUnread(partition)) continue;
        if (!committed && this.settings.resetTimestamp === undefined) throw noOffset(unread);
        const start = committed ?? { timestamp: this.settings.resetTimestamp! };
        this.fetcher.add(partition, start, this.topics.leaderOf(partition));
      }
      if (!(await this.fetcher.advance())) this.topics.retrySoon();
    } catch (thrown) {
      const passes = thrown instanceof ToolError && (!(thrown instanceof ServerError) || thrown.retriable);
      if (!passes || thrown instanceof NoOffsetError) throw thrown;
      this.topics.retrySoon();
    }
  }

  private async rebalance(): Promise<void> {
    this.preparing = true;
    try {
      await this.prepareJoin();
    } finally {
      this.preparing = false;
    }
    const assigned = await this.membership.join();
    if (this.closing) return;
    await this.completeJoin(assigned);
    this.nextCommitMs = Date.now() + this.settings.autoCommitIntervalMs;
  }

  /** Gives up what must be given up before others may have it (ConsumerCoordinator.onJoinPrepare). */
  private async prepareJoin(): Promise<void> {
    if (this.settings.autoCommits && this.membership.hasGeneration) {
      await this.autoCommit('Asynchronous', this.settings.maxPollIntervalMs);
    }
    const all = this.assignment();
    if (!this.membership.hasGeneration) {
      if (all.length > 0) await this.giveUp(all, 'lost');
      return;
    }
    const gone = this.isCooperative ? all.filter(({ topic }) => !this.topics.subscribed.includes(topic)) : all;
    if (!this.isCooperative || gone.length > 0) await this.giveUp(gone, 'revoked');
  }

  private async completeJoin(assigned: readonly TopicPartition[]): Promise<void> {
    const names = new Set(assigned.map(partitionText));
    const revoked = this.assignment().filter((partition) => !names.has(partitionText(partition)));
    if (revoked.length > 0) {
      await this.giveUp(revoked, 'revoked');
      this.membership.requestRejoin('need to revoke partitions and re-join');
    }
    const added = assigned.filter((partition) => !this.owned.has(partitionText(partition)));
    for (const partition of added) this.owned.set(partitionText(partition), partition);
    await this.listener.onPartitionsAssigned?.(added);
  }

  private async giveUp(partitions: readonly TopicPartition[], how: 'revoked' | 'lost'): Promise<void> {
    const { listener } = this;
    if (how === 'lost' && listener.onPartitionsLost) await listener.onPartitionsLost(partitions);
    else await listener.onPartitionsRevoked?.(partitions);
    for (const partition of partitions) {
      this.owned.delete(partitionText(partition));
      this.paused.delete(partitionText(partition));
      this.fetcher.remove(partition);
    }
  }

  /**
   * Commits offsets, those given or all positions, and waits for it. Throws `CommitFailedError` where the group went on
   * without this member, another `ToolError` where a broker refuses or none answers for default.api.timeout.ms.
   */
  commit(offsets: readonly CommittedOffset[] = this.positions()): Promise<void> {
    return this.committer.commit(offsets, this.settings.defaultApiTimeoutMs);
  }

  private async autoCommit(how: 'Asynchronous' | 'Synchronous', patienceMs: number): Promise<void> {
    const offsets = this.positions();
    try {
      await this.committer.commit(offsets, patienceMs);
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      const { log, logPrefix } = this.client.options;
      const list = offsets.map((each) => `${partitionText(each)}=${offsetText(each)}`).join(', ');
      const message = `${how} auto-commit of offsets {${list}} failed: ${thrown.message}`;
      // The group has gone on, or will: its next member reads from the last commit that succeeded.
      if (!this.closing || !(thrown instanceof CommitFailedError))
        log('WARN', logPrefix + message, CONSUMER_COORDINATOR);
    }
  }

  /** Commits, if that is its way, gives everything up, leaves the group and closes all connections. */
  close(): Promise<void> {
    this.closing ??= this.stop();
    return this.closing;
  }

  private async stop(): Promise<void> {
    this.fetcher.close();
    this.wakeup.wake();
    const hadGeneration = this.membership.hasGeneration;
    if (this.settings.autoCommits && hadGeneration && this.coordinator.isKnown) await this.autoCommit('Synchronous', 0);
    if (this.owned.size > 0) await this.giveUp(this.assignment(), hadGeneration ? 'revoked' : 'lost');
    await this.membership.close();
    this.client.close();
  }
}

const offsetText = ({ offset, leaderEpoch = -1, metadata = '' }: CommittedOffset): string =>
  `OffsetAndMetadata{offset=${offset}, leaderEpoch=${(leaderEpoch ?? -1 >= 0) ? leaderEpoch : 'null'}, metadata='${metadata}'}`;

class NoOffsetError extends ToolError {}

const noOffset = (partitions: readonly TopicPartition[]): NoOffsetError =>
  new NoOffsetError(
    'org.apache.kafka.clients.consumer.NoOffsetForPartitionException',
    `Undefined offset with no reset policy for partitions: [${partitions.map(partitionText).join(', ')}]`,
  );
