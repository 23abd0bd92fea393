import type { GroupState } from './group-types';
import type { CommittedOffset } from './records';
import { TopicPartitions } from './topic-partitions';

/** An offset on its way into a group's state, or in it. */
export interface OffsetCommit extends CommittedOffset {
  readonly topic: string;
  readonly partition: number;
  /** Where the batch with its record begins: of two commits the later in the log counts. -1 until it is appended. */
  recordOffset: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What the expiry of offsets depends on. */
export interface ExpiringGroup {
  readonly state: GroupState;
  readonly protocolType: string | null;
  /** When the group took its state, as the wall clock had it; null in groups of old records. */
  readonly currentStateTimestamp: number | null;
  /** Null where it cannot be known. */
  readonly subscribedTopics: ReadonlySet<string> | null;
}

const CONSUMER = 'consumer';
const NO_TOPICS: ReadonlySet<string> = new Set();
const NEVER = -1;

/**
 * The offsets of one group: those that count, those that are appended but not yet committed to by the in-sync replicas,
 * and those of transactions that are open (the offsets half of kafka.coordinator.group.GroupMetadata).
 */
export class GroupOffsets {
  private readonly committed = new TopicPartitions<OffsetCommit>();
  /** Made on first use: on a single replica nothing is ever pending. */
  private pending: TopicPartitions<OffsetCommit> | null = null;
  private transactional: Map<number, TopicPartitions<OffsetCommit>> | null = null;

  get size(): number {
    return this.committed.size;
  }

  get isEmpty(): boolean {
    return this.committed.size === 0 && (this.pending?.size ?? 0) === 0 && (this.transactional?.size ?? 0) === 0;
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.committed.get(topic, partition);
  }

  all(): Iterable<[topic: string, partition: number, offset: CommittedOffset]> {
    return this.committed;
  }

  /** Whether a commit or a transaction may still change the offset (KIP-447). */
  isUnstable(topic: string, partition: number): boolean {
    if (this.pending?.get(topic, partition) !== undefined) return true;
    for (const offsets of this.transactional?.values() ?? []) {
      if (offsets.get(topic, partition) !== undefined) return true;
    }
    return false;
  }

  /** These are appended, and wait for the in-sync replicas. */
  prepare(commits: readonly OffsetCommit[]): void {
    this.pending ??= new TopicPartitions();
    for (const commit of commits) this.pending.set(commit.topic, commit.partition, commit);
  }

  /** The one is committed. What was prepared and is not pending any more has lost its topic meanwhile. */
  complete(commits: readonly OffsetCommit[]): void {
    for (const commit of commits) {
      if (this.pending?.get(commit.topic, commit.partition) === undefined) continue;
      this.apply(commit);
      this.forget(commit);
    }
  }

  /** They failed: whatever was committed before counts on. */
  fail(commits: readonly OffsetCommit[]): void {
    for (const commit of commits) this.forget(commit);
  }

  /** A later commit of the same partition may have taken the place. */
  private forget(commit: OffsetCommit): void {
    if (this.pending?.get(commit.topic, commit.partition) === commit) {
      this.pending.delete(commit.topic, commit.partition);
    }
  }

  /** Takes a commit that nothing can undo any more, unless a later one is there. */
  apply(commit: OffsetCommit): void {
    const known = this.committed.get(commit.topic, commit.partition);
    if (known === undefined || known.recordOffset <= commit.recordOffset) {
      this.committed.set(commit.topic, commit.partition, commit);
    }
  }

  /** An offset that counts once its producer's transaction commits. */
  applyTransactional(producerId: number, commit: OffsetCommit): void {
    this.transactional ??= new Map();
    let offsets = this.transactional.get(producerId);
    if (offsets === undefined) {
      offsets = new TopicPartitions();
      this.transactional.set(producerId, offsets);
    }
    offsets.set(commit.topic, commit.partition, commit);
  }

  /** These are appended as part of the producer's transaction, and wait for the in-sync replicas. */
  prepareTransactional(producerId: number, commits: readonly OffsetCommit[]): void {
    for (const commit of commits) this.applyTransactional(producerId, commit);
  }

  /** They failed: the transaction does not bring them. */
  failTransactional(producerId: number, commits: readonly OffsetCommit[]): void {
    for (const commit of commits) {
      const { topic, partition } = commit;
      // A later commit of the same partition may have taken the place.
      if (this.transactional?.get(producerId)?.get(topic, partition) !== commit) continue;
      this.deleteTransactional(producerId, topic, partition);
    }
  }

  /** Producers whose open transactions bring offsets. */
  producers(): Iterable<number> {
    return this.transactional?.keys() ?? [];
  }

  /** The producer's transaction has ended. */
  completeTransaction(producerId: number, isCommit: boolean): void {
    const offsets = this.transactional?.get(producerId);
    if (offsets === undefined) return;
    this.transactional!.delete(producerId);
    if (isCommit) for (const [, , commit] of offsets) this.apply(commit);
  }

  /** Takes a committed offset away; what is pending stays. */
  delete(topic: string, partition: number): void {
    this.committed.delete(topic, partition);
  }

  deleteTransactional(producerId: number, topic: string, partition: number): void {
    const offsets = this.transactional?.get(producerId);
    if (offsets?.delete(topic, partition) && offsets.size === 0) this.transactional!.delete(producerId);
  }

  /**
   * Takes all that is known of these partitions away. Returns those that had a committed offset. Open transactions of the
   * group are that until they end.
   */
  remove(partitions: Iterable<TopicPartition>): TopicPartition[] {
    const removed: TopicPartition[] = [];
    for (const { topic, partition } of partitions) {
      this.pending?.delete(topic, partition);
      for (const offsets of this.transactional?.values() ?? []) offsets.delete(topic, partition);
      if (this.committed.delete(topic, partition)) removed.push({ topic, partition });
    }
    return removed;
  }

  removeAll(): TopicPartition[] {
    return this.remove([...this.committed].map(([topic, partition]) => ({ topic, partition })));
  }

  /** Takes away what has expired at `nowMs`, and returns it (KIP-211, GroupMetadata.removeExpiredOffsets). */
  removeExpired(group: ExpiringGroup, nowMs: number, retentionMs: number): TopicPartition[] {
    const rule = expiryRule(group);
    if (rule === null) return [];
    const expired: TopicPartition[] = [];
    for (const [topic, partition, commit] of this.committed) {
      if (rule.subscribedTopics.has(topic)) continue;
      const isExpired =
        commit.expireTimestamp === NEVER
          ? nowMs - (rule.sinceMs ?? commit.commitTimestamp) >= retentionMs
          : nowMs >= commit.expireTimestamp;
      // What a transaction may still bring does not keep what was there before it.
      if (isExpired && this.pending?.get(topic, partition) === undefined) expired.push({ topic, partition });
    }
    for (const { topic, partition } of expired) this.committed.delete(topic, partition);
    return expired;
  }
}

interface ExpiryRule {
  /** From when on retention is counted; null for each offset's own commit. */
  readonly sinceMs: number | null;
  readonly subscribedTopics: ReadonlySet<string>;
}

/** Null where nothing expires. */
function expiryRule({
  state,
  protocolType,
  currentStateTimestamp,
  subscribedTopics,
}: ExpiringGroup): ExpiryRule | null {
  // Nobody ever joined: the group only keeps offsets.
  if (protocolType === null) return { sinceMs: null, subscribedTopics: NO_TOPICS };
  if (state === 'Empty') return { sinceMs: currentStateTimestamp, subscribedTopics: NO_TOPICS };
  if (state === 'Stable' && protocolType === CONSUMER && subscribedTopics !== null) {
    return { sinceMs: null, subscribedTopics };
  }
  return null;
}
