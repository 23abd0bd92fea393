import { KafkaError } from '@odradek/protocol/errors';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { Clock } from '../env/clock';
import type { Logger, Loggers } from '../env/logger';
import type { LeaderAppend, PartitionLog } from '../log/partition-log';
import { type AppendInfo, UnexpectedAppendOffsetError } from '../log/types';
import type { IsrChange } from './alter-partitions';
import {
  describeLaggard,
  type IsrAnswer,
  mayJoin,
  outOfSyncReplicas,
  proposeExpand,
  proposeShrink,
  verdictOn,
} from './isr-changes';
import {
  afterFetch,
  type HighWatermarkLimits,
  highWatermarkOf,
  isShort,
  isUnderMinIsr,
  type LeaderState,
  maximalIsr,
  newLeader,
  type PendingIsr,
} from './leader-state';
import { WaitList } from './wait-list';

/** A partition's state as LeaderAndIsr brings it, the same in all versions of that request. */
export interface PartitionOrder {
  readonly controllerEpoch: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  readonly partitionEpoch: number;
  readonly replicas: readonly number[];
  /** Those among them that a reassignment is adding (KIP-455); none where missing. */
  readonly addingReplicas?: readonly number[];
  /** And those that it removes; none where missing. */
  readonly removingReplicas?: readonly number[];
  readonly isNew: boolean;
}

/**
 * What this replica is. `none`: nothing was said yet, or the broker has resigned because its session is over; the next
 * LeaderAndIsr makes it one of the others. `leader` and `follower` follow each other with rising leader epochs. `lost`: its
 * log folder has failed; nothing follows.
 */
export type Role =
  | { readonly type: 'none' }
  | { readonly type: 'lost' }
  | { readonly type: 'leader'; readonly state: LeaderState }
  | { readonly type: 'follower'; readonly leaderId: number };

export interface PartitionOptions extends HighWatermarkLimits {
  readonly topic: string;
  readonly partition: number;
  readonly brokerId: number;
  readonly clock: Clock;
  readonly loggers: Loggers;
  /** Asks the controller for other in-sync replicas; `settled` is called later, with its answer. */
  readonly alterIsr: (change: IsrChange, settled: (answer: IsrAnswer) => void) => void;
  /** Of all partitions of this broker; counted here. */
  readonly isrCounts: IsrCounts;
  /** The log has been cut: the recovery points of its dir are to be written down. */
  readonly onTruncated: (dir: string) => void;
}

/** What a leader has sent to a follower. */
export interface FetchedRecords {
  readonly records: Buffer;
  readonly highWatermark: number;
  readonly logStartOffset: number;
}

/** Changes of in-sync replicas that this broker's leaders have made, and those that failed. */
export interface IsrCounts {
  shrinks: number;
  expands: number;
  failedUpdates: number;
}

/** One replica hosted by this broker: its log, and what it is in the partition (Kafka's Partition). */
export class Partition {
  readonly topic: string;
  readonly partition: number;
  role: Role = { type: 'none' };
  leaderEpoch = -1;
  partitionEpoch = -1;
  replicas: readonly number[] = [];
  addingReplicas: readonly number[] = [];
  removingReplicas: readonly number[] = [];
  /** Waiting fetches of clients and DeleteRecords; woken when the high watermark, the log start or the role moves. */
  readonly fetchers: WaitList;
  /** Waiting fetches of those who read to the log's end, followers above all; woken when that or the role moves. */
  readonly followers: WaitList;
  /** Produce requests that wait for their acknowledgement. */
  readonly producers: WaitList;
  /** The first start of the HW checkpoints follows the first LeaderAndIsr. */
  private resigned = false;

  constructor(
    private readonly options: PartitionOptions,
    /** Another one takes its place when it is moved to another log dir. */
    public log: PartitionLog,
  ) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.fetchers = new WaitList(options.clock);
    this.followers = new WaitList(options.clock);
    this.producers = new WaitList(options.clock);
  }

  get isLeader(): boolean {
    return this.role.type === 'leader';
  }

  /** This leader's state. Throws NOT_LEADER_OR_FOLLOWER where it does not lead. */
  leaderState(): LeaderState {
    if (this.role.type === 'leader') return this.role.state;
    throw new KafkaError('NOT_LEADER_OR_FOLLOWER');
  }

  /** Whether an order with this leader epoch is news to this replica. */
  accepts(leaderEpoch: number): boolean {
    return leaderEpoch > this.leaderEpoch || (this.resigned && leaderEpoch === this.leaderEpoch);
  }

  /** Leads from here on: a new epoch starts at the log's end. */
  makeLeader(order: PartitionOrder): void {
    const { log, options } = this;
    log.assignEpochStartOffset(order.leaderEpoch, log.logEndOffset);
    const previous = this.role.type === 'leader' ? this.role.state : undefined;
    this.role = {
      type: 'leader',
      state: newLeader(
        {
          leaderId: options.brokerId,
          leaderEpoch: order.leaderEpoch,
          epochStartOffset: log.logEndOffset,
          replicas: order.replicas,
          isr: order.isr,
        },
        options.clock.monotonicMs(),
        previous,
      ),
    };
    this.take(order);
    this.advanceHighWatermark();
    this.wakeAll();
  }

  makeFollower(order: PartitionOrder): void {
    this.role = { type: 'follower', leaderId: order.leader };
    this.take(order);
    this.wakeAll();
  }

  /**
   * From now on nothing is acknowledged: `none` until a controller speaks (ZooKeeper says that this broker's session is
   * over, or the replica is stopped), `lost` for good.
   */
  resign(to: 'none' | 'lost' = 'none'): void {
    if (this.role.type === to) return;
    this.role = { type: to };
    this.resigned = true;
    this.wakeAll();
  }

  private take(order: PartitionOrder): void {
    this.leaderEpoch = order.leaderEpoch;
    this.partitionEpoch = order.partitionEpoch;
    this.replicas = order.replicas;
    this.addingReplicas = order.addingReplicas ?? [];
    this.removingReplicas = order.removingReplicas ?? [];
    this.resigned = false;
  }

  /**
   * Appends what a client or a coordinator sent. Throws `KafkaError`: NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS
   * (acks=all only; nothing was written), or what the log found wrong with the records.
   */
  appendAsLeader(records: Buffer, requiredAcks: number, options: Omit<LeaderAppend, 'leaderEpoch'>): AppendInfo {
    const state = this.leaderState();
    if (requiredAcks === -1 && isUnderMinIsr(state, this.options.minInsyncReplicas)) {
      throw new KafkaError(
        'NOT_ENOUGH_REPLICAS',
        `The size of the current ISR ${state.isr.length} is insufficient to satisfy the min.isr requirement of ${this.options.minInsyncReplicas()} for partition ${this.topic}-${this.partition}`,
      );
    }
    const { origin, verificationGuard = null, mayBePutOff = false, judged = null } = options;
    const { leaderEpoch } = state;
    const info = this.log.appendAsLeader(records, { leaderEpoch, origin, verificationGuard, mayBePutOff, judged });
    this.followers.wakeSoon();
    this.advanceHighWatermark();
    return info;
  }

  /**
   * How an acks=all append up to `requiredOffset` stands (Partition.checkEnoughReplicasReachOffset): null while it
   * waits, else the error to answer, NONE for success. Whoever waits is asked whenever the role changes, so one who
   * still waits has had the same leader all along, whatever its epoch.
   */
  acknowledgement(
    requiredOffset: number,
  ): 'NONE' | 'NOT_LEADER_OR_FOLLOWER' | 'KAFKA_STORAGE_ERROR' | 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' | null {
    if (this.role.type === 'lost') return 'KAFKA_STORAGE_ERROR';
    if (this.role.type !== 'leader') return 'NOT_LEADER_OR_FOLLOWER';
    if (this.log.highWatermark < requiredOffset) return null;
    const { state } = this.role;
    const isTooFew = isShort(maximalIsr(state), state.replicas, this.options.minInsyncReplicas);
    return isTooFew ? 'NOT_ENOUGH_REPLICAS_AFTER_APPEND' : 'NONE';
  }

  /**
   * A follower has fetched from `fetchOffset`: it has everything below. That may let it join the in-sync replicas, and
   * move the high watermark (Partition.updateFollowerFetchState).
   */
  onFollowerFetch(replica: number, fetchOffset: number, logStartOffset: number, brokerEpoch: number): void {
    if (this.role.type !== 'leader') return;
    const { log, options } = this;
    const { state } = this.role;
    const known = state.followers.get(replica);
    if (!known) return;
    const nowMs = options.clock.monotonicMs();
    state.followers.set(replica, afterFetch(known, fetchOffset, logStartOffset, brokerEpoch, log.logEndOffset, nowMs));
    if (mayJoin(state, replica, log.highWatermark, options.isBrokerAlive)) this.propose(proposeExpand(state, replica));
    const hasMoved = known.logEndOffset !== fetchOffset && this.advanceHighWatermark();
    // DeleteRecords waits for the log starts of all replicas.
    if (known.logStartOffset !== logStartOffset && !hasMoved) this.fetchers.wakeSoon();
  }

  /** Asks for an in-sync set without the followers that lag behind, if any does (Partition.maybeShrinkIsr). */
  maybeShrinkIsr(): void {
    if (this.role.type !== 'leader') return;
    // One that was about to join holds the high watermark no longer if it has stopped on the way.
    this.advanceHighWatermark();
    const { log, options } = this;
    const { state } = this.role;
    const nowMs = options.clock.monotonicMs();
    const lagging = outOfSyncReplicas(state, log.logEndOffset, options.replicaLagTimeMaxMs, nowMs);
    if (lagging.length === 0) return;
    const proposal = proposeShrink(state, lagging);
    const startedAtMs = options.clock.nowMs() - nowMs;
    const laggards = lagging.map((id) => describeLaggard(id, state.followers.get(id), startedAtMs));
    this.logger.info(
      `Shrinking ISR from ${state.isr} to ${proposal.isr}. Leader: (highWatermark: ${log.highWatermark}, endOffset: ${log.logEndOffset}). Out of sync replicas: ${laggards.join(' ')}.`,
    );
    this.propose(proposal);
  }

  private propose(proposal: PendingIsr): void {
    this.role = { type: 'leader', state: { ...this.leaderState(), pendingIsr: proposal } };
    this.submit(proposal);
  }

  private submit(proposal: PendingIsr): void {
    const { topic, partition, leaderEpoch, partitionEpoch } = this;
    this.options.alterIsr(
      { topic, topicId: this.log.topicId ?? ZERO_UUID, partition, leaderEpoch, isr: proposal.isr, partitionEpoch },
      (answer) => this.onIsrAnswer(proposal, answer),
    );
  }

  private onIsrAnswer(proposal: PendingIsr, answer: IsrAnswer): void {
    // Another state has come meanwhile: nobody knows what the answer still means.
    if (this.role.type !== 'leader' || this.role.state.pendingIsr !== proposal) return;
    const { isrCounts, minInsyncReplicas } = this.options;
    const { state } = this.role;
    const verdict = verdictOn(answer, this.leaderEpoch, this.partitionEpoch);
    if (verdict === 'commit' && answer.type === 'granted') {
      const committed = { ...state, isr: answer.isr, pendingIsr: null };
      this.role = { type: 'leader', state: committed };
      this.partitionEpoch = answer.partitionEpoch;
      const shortness = isUnderMinIsr(committed, minInsyncReplicas) ? '(under-min-isr)' : '';
      this.logger.info(`ISR updated to ${answer.isr} ${shortness} and version updated to ${this.partitionEpoch}`);
      if (proposal.type === 'expand') isrCounts.expands++;
      else isrCounts.shrinks++;
      this.advanceHighWatermark();
      return;
    }
    isrCounts.failedUpdates++;
    const reason = answer.type === 'refused' ? answer.error : 'an answer of another epoch';
    const change = `${proposal.type === 'expand' ? 'PendingExpandIsr' : 'PendingShrinkIsr'}(isr=${proposal.isr})`;
    if (verdict === 'roll-back') {
      this.role = { type: 'leader', state: { ...state, pendingIsr: null } };
      this.logger.info(
        `Failed to alter partition to ${change} since the controller rejected the request with ${reason}. Partition state has been reset to the latest committed state CommittedPartitionState(isr=${state.isr}).`,
      );
      // It may have waited for a replica that was to join and is gone.
      this.advanceHighWatermark();
    } else if (verdict === 'retry') {
      this.logger.warn(`Failed to update ISR to ${change} due to unexpected ${reason}. Retrying.`);
      this.submit(proposal);
    } else {
      this.logger.debug(
        `Failed to alter partition to ${change}: ${reason}. Partition state may be out of sync, awaiting new the latest metadata.`,
      );
    }
  }

  /** Made where it is needed: few partitions of a broker's thousands ever say anything. */
  private get logger(): Logger {
    const { loggers, brokerId } = this.options;
    return loggers.logger('kafka.cluster.Partition', `[Partition ${this.topic}-${this.partition} broker=${brokerId}] `);
  }

  /**
   * Appends what the leader of `leaderEpoch` has sent for this log's end, and follows its high watermark and its start
   * (ReplicaFetcherThread.processPartitionData). Throws what the log finds wrong with the records.
   */
  appendFetched({ records, highWatermark, logStartOffset }: FetchedRecords, leaderEpoch: number): void {
    const { log } = this;
    if (this.role.type !== 'follower' || this.leaderEpoch !== leaderEpoch) return;
    if (records.length > 0) {
      this.appendOrRestart(records, leaderEpoch);
      this.followers.wakeSoon();
    }
    const before = log.highWatermark;
    if (before !== highWatermark && log.setHighWatermark(highWatermark) !== before) this.fetchers.wakeSoon();
    if (logStartOffset > log.logStartOffset)
      log.maybeIncrementLogStartOffset(logStartOffset, 'leader offset increment');
  }

  /** A follower's empty log whose start lies within the leader's first batch begins with that batch. */
  private appendOrRestart(records: Buffer, leaderEpoch: number): void {
    const { log } = this;
    try {
      log.appendAsFollower(records, leaderEpoch);
    } catch (error) {
      if (!(error instanceof UnexpectedAppendOffsetError)) throw error;
      const { logEndOffset, logStartOffset } = log;
      const straddles = error.firstOffset < logEndOffset && error.lastOffset >= logEndOffset;
      if (logEndOffset !== logStartOffset || !straddles) throw error;
      this.restartAt(error.firstOffset);
      log.appendAsFollower(records, leaderEpoch);
    }
  }

  /** Cuts a follower's log so that it ends at `offset`, if it goes on beyond. */
  truncateTo(offset: number): void {
    if (this.log.truncateTo(offset)) this.options.onTruncated(this.log.dir);
  }

  /** Drops a follower's log; it begins anew at `offset`. */
  restartAt(offset: number): void {
    this.log.truncateFullyAndStartAt(offset);
    this.options.onTruncated(this.log.dir);
  }

  /** Moves the high watermark as far as the in-sync replicas allow and wakes those who wait for it. */
  advanceHighWatermark(): boolean {
    if (this.role.type !== 'leader') return false;
    const { state } = this.role;
    const nowMs = state.followers.size === 0 ? 0 : this.options.clock.monotonicMs();
    const candidate = highWatermarkOf(state, this.log.logEndOffset, this.options, nowMs);
    if (candidate === null || !this.log.maybeIncrementHighWatermark(candidate)) return false;
    this.fetchers.wakeSoon();
    if (this.producers.size > 0) this.producers.wake();
    return true;
  }

  /** DeleteRecords up to `offset`; -1 means the high watermark. Returns the offset deleted up to. */
  deleteRecordsUpTo(offset: number): number {
    this.leaderState();
    if (!this.log.config.cleanupDelete) {
      throw new KafkaError(
        'POLICY_VIOLATION',
        `Records of partition ${this.topic}-${this.partition} can not be deleted due to the configured policy`,
      );
    }
    const target = offset === -1 ? this.log.highWatermark : offset;
    if (target < 0) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `The offset ${target} for partition ${this.topic}-${this.partition} is not valid`,
      );
    }
    this.log.maybeIncrementLogStartOffset(target, 'client delete records request');
    this.fetchers.wakeSoon();
    return target;
  }

  /** The lowest log start offset over all live replicas: what DeleteRecords answers and waits for. */
  lowWatermark(): number {
    let lowest = this.log.logStartOffset;
    for (const [id, progress] of this.leaderState().followers) {
      if (this.options.isBrokerAlive(id)) lowest = Math.min(lowest, progress.logStartOffset);
    }
    return lowest;
  }

  wakeAll(): void {
    this.producers.wake();
    this.fetchers.wakeSoon();
    this.followers.wakeSoon();
  }
}
