import { ERRORS, type ErrorName, KafkaError } from '@odradek/protocol/errors';
import { ZERO_UUID } from '@odradek/protocol/wire/uuid';
import type { MetadataCache } from '../cluster/metadata-cache';
import type { Clock } from '../env/clock';
import { type AbortedTransaction, EMPTY_SLICE, type FetchIsolation, type LogSlice } from '../log/types';
import type { FetchWish } from './fetch-sessions';
import type { Partition } from './partition';
import type { ReplicaManager } from './replica-manager';
import type { ReplicaSelector, ReplicaView } from './replica-selector';
import type { ReplicationThrottle } from './replication-throttles';

export interface FetchLimits {
  readonly maxBytes: number;
  /** Versions up to 2: nothing above the limits, not even a first batch. */
  readonly hardLimit: boolean;
  readonly isolation: FetchIsolation;
  /** The follower that asks; negative for a client. */
  readonly replicaId: number;
  /** Versions up to 10, and followers, are served by the leader only. */
  readonly leaderOnly: boolean;
  /** A consumer that would rather read nearby; null for one that cannot be sent elsewhere, and for followers. */
  readonly consumer: { readonly rack: string; readonly listenerName: string } | null;
}

export interface FetchReaderOptions {
  readonly replicas: ReplicaManager;
  readonly metadata: MetadataCache;
  readonly clock: Clock;
  /** Where consumers are sent (KIP-392); null where they read from leaders. */
  readonly selectReplica: ReplicaSelector | null;
  /** How much followers that catch up are sent. */
  readonly throttle: Pick<ReplicationThrottle, 'holdsBack'>;
}

/** What one partition gives to a fetch. The bytes are still in the log's file. */
export interface PartitionFetch {
  /** Kafka tells first what it has tried to read, then unknown topic ids, then unknown partitions. */
  readonly rank: 0 | 1 | 2;
  readonly error: KafkaError | null;
  readonly partition: Partition | null;
  readonly slice: LogSlice;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number } | null;
  /** The follower that the consumer is to read from instead; -1 for none. */
  readonly preferredReadReplica: number;
}

export interface FetchOutcome {
  readonly partitions: readonly PartitionFetch[];
  readonly bytes: number;
  /**
   * Nothing to read, or an error, a diverging epoch or another replica to read from where something was: the fetch is
   * answered at once. An unknown partition among others waits with them, but for followers.
   */
  readonly urgent: boolean;
}

const NO_REPLICA = -1;

function failure(error: KafkaError, partition: Partition | null = null): PartitionFetch {
  return {
    rank: 0,
    error,
    partition,
    slice: EMPTY_SLICE,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    divergingEpoch: null,
    preferredReadReplica: NO_REPLICA,
  };
}

function unknown(error: ErrorName, rank: 1 | 2): PartitionFetch {
  return { ...failure(new KafkaError(error)), rank, abortedTransactions: [] };
}

/** Throws FENCED_LEADER_EPOCH or UNKNOWN_LEADER_EPOCH where a client's epoch is not this replica's (KIP-320). */
export function checkLeaderEpoch(partition: Partition, currentLeaderEpoch: number): void {
  if (currentLeaderEpoch === -1 || currentLeaderEpoch === partition.leaderEpoch) return;
  throw new KafkaError(currentLeaderEpoch < partition.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH');
}

/** Throws where a broker asks that is none of the partition's followers (Partition.followerReplicaOrThrow). */
function checkFollower(partition: Partition, replicaId: number, currentLeaderEpoch: number): void {
  if (replicaId < 0 || partition.leaderState().followers.has(replicaId)) return;
  throw new KafkaError(currentLeaderEpoch < 0 ? 'NOT_LEADER_OR_FOLLOWER' : 'UNKNOWN_LEADER_EPOCH');
}

/** The end of what a reader may see. */
function endFor({ log }: Partition, isolation: FetchIsolation): number {
  if (isolation === 'log-end') return log.logEndOffset;
  return isolation === 'committed' ? log.lastStableOffset : log.highWatermark;
}

/** Reads partitions for fetches, as far as their isolation allows (ReplicaManager.readFromLog). */
export class FetchReader {
  constructor(private readonly options: FetchReaderOptions) {}

  /** One pass over the wishes, in order: the first partition with data may go beyond the limits by a whole batch. */
  read(wishes: readonly FetchWish[], limits: FetchLimits): FetchOutcome {
    let left = limits.maxBytes;
    let minOneMessage = !limits.hardLimit;
    let bytes = 0;
    let urgent = false;
    let nothingToRead = true;
    const partitions = wishes.map((wish) => {
      const fetched = this.unknown(wish, limits) ?? this.readOne(wish, limits, left, minOneMessage);
      if (fetched.rank > 0) {
        // A new partition's follower asks again soon; it would not hear of it while its other partitions stand still.
        if (limits.replicaId >= 0) urgent = true;
        return fetched;
      }
      nothingToRead = false;
      const size = fetched.slice.bytes;
      if (size > 0) minOneMessage = false;
      bytes += size;
      left = Math.max(0, left - size);
      if (fetched.error !== null || hasHint(fetched)) urgent = true;
      return fetched;
    });
    return { partitions, bytes, urgent: urgent || nothingToRead };
  }

  private unknown({ topic, partition }: FetchWish, { replicaId }: FetchLimits): PartitionFetch | null {
    if (topic === null) return unknown('UNKNOWN_TOPIC_ID', 1);
    const { metadata, replicas } = this.options;
    if (metadata.contains(topic, partition)) return null;
    // A leader that the controller has told to lead serves its followers, whoever leads in the metadata it has yet to hear.
    if (replicaId >= 0 && replicas.find(topic, partition)) return null;
    return unknown('UNKNOWN_TOPIC_OR_PARTITION', 2);
  }

  private readOne(wish: FetchWish, limits: FetchLimits, left: number, minOneMessage: boolean): PartitionFetch {
    let partition: Partition | null = null;
    try {
      partition = this.options.replicas.get(wish.topic!, wish.partition);
      const { log } = partition;
      if (wish.topicId !== ZERO_UUID && log.topicId !== null && log.topicId !== wish.topicId) {
        throw new KafkaError('INCONSISTENT_TOPIC_ID');
      }
      const preferredReadReplica = this.preferredReplica(partition, wish.fetchOffset, limits.consumer);
      checkLeaderEpoch(partition, wish.currentLeaderEpoch);
      if (partition.role.type === 'none' || (limits.leaderOnly && !partition.isLeader)) {
        throw new KafkaError('NOT_LEADER_OR_FOLLOWER');
      }
      checkFollower(partition, limits.replicaId, wish.currentLeaderEpoch);
      const isElsewhere = preferredReadReplica !== NO_REPLICA;
      const diverging = isElsewhere ? null : this.divergence(partition, wish);
      const maxBytes = Math.min(wish.maxBytes, left);
      const read =
        diverging || isElsewhere
          ? null
          : log.read(wish.fetchOffset, { maxBytes, minOneMessage, isolation: limits.isolation });
      // Kafka's segments trip over a negative maximum, where there is something to read.
      if (maxBytes < 0 && !isElsewhere && wish.fetchOffset < endFor(partition, limits.isolation)) {
        throw new KafkaError('UNKNOWN_SERVER_ERROR');
      }
      // From version 3 on nobody is sent a cut first batch: it would be of no use (KIP-74).
      const isUseless = !read || (read.firstEntryIncomplete && !limits.hardLimit);
      const slice = isUseless || this.isHeldBack(partition, limits.replicaId) ? EMPTY_SLICE : read.slice;
      return {
        rank: 0,
        error: null,
        partition,
        slice,
        highWatermark: log.highWatermark,
        lastStableOffset: log.lastStableOffset,
        logStartOffset: log.logStartOffset,
        abortedTransactions: read?.abortedTransactions ?? null,
        divergingEpoch: diverging,
        preferredReadReplica,
      };
    } catch (error) {
      if (error instanceof KafkaError) return failure(error, partition);
      throw error;
    }
  }

  /** A throttled follower that is not in sync is sent nothing while the quota is exceeded (KIP-73; shouldLeaderThrottle). */
  private isHeldBack(partition: Partition, replicaId: number): boolean {
    if (replicaId < 0 || partition.leaderState().isr.includes(replicaId)) return false;
    return this.options.throttle.holdsBack(partition.topic, partition.partition);
  }

  /** The follower that a consumer had better read from; -1 where that is this leader (ReplicaManager.findPreferredReadReplica). */
  private preferredReplica(partition: Partition, fetchOffset: number, consumer: FetchLimits['consumer']): number {
    const { selectReplica, metadata, clock } = this.options;
    if (!selectReplica || !consumer || partition.role.type !== 'leader') return NO_REPLICA;
    const { brokers } = metadata.image;
    const { state } = partition.role;
    const nodeOf = (id: number) => {
      const broker = brokers.get(id);
      return broker?.endpoints.has(consumer.listenerName) ? broker : undefined;
    };
    const nowMs = clock.monotonicMs();
    const replicas: ReplicaView[] = [];
    for (const [id, { logEndOffset, logStartOffset, lastCaughtUpMs }] of state.followers) {
      // One that lags would be chosen again and again, and fall behind whoever writes.
      if (!state.isr.includes(id) || logEndOffset < fetchOffset || logStartOffset > fetchOffset) continue;
      replicas.push({ id, rack: nodeOf(id)?.rack ?? null, logEndOffset, sinceCaughtUpMs: nowMs - lastCaughtUpMs });
    }
    const { logEndOffset } = partition.log;
    const leader = { id: state.leaderId, rack: nodeOf(state.leaderId)?.rack ?? null, logEndOffset, sinceCaughtUpMs: 0 };
    const { id } = selectReplica(consumer.rack, [...replicas, leader], leader);
    return id === leader.id || !nodeOf(id) ? NO_REPLICA : id;
  }

  /** KIP-595: where the reader's log parts from this one, if it does. Throws OFFSET_OUT_OF_RANGE if that is too long ago. */
  private divergence(partition: Partition, wish: FetchWish): { epoch: number; endOffset: number } | null {
    if (wish.lastFetchedEpoch < 0) return null;
    const { log } = partition;
    const end = log.endOffsetForEpoch(wish.lastFetchedEpoch);
    if (end.endOffset === -1 || end.leaderEpoch === -1) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `Could not determine the end offset of the last fetched epoch ${wish.lastFetchedEpoch} from the request`,
      );
    }
    if (wish.fetchOffset < log.logStartOffset) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `Received request for offset ${wish.fetchOffset} for partition ${partition.topic}-${partition.partition}, but we only have log segments in the range ${log.logStartOffset} to ${log.logEndOffset}.`,
      );
    }
    if (end.leaderEpoch >= wish.lastFetchedEpoch && end.endOffset >= wish.fetchOffset) return null;
    return { epoch: end.leaderEpoch, endOffset: end.endOffset };
  }
}

/** Whether the answer tells a reader something that it must hear. */
export const hasHint = ({ divergingEpoch, preferredReadReplica }: PartitionFetch): boolean =>
  divergingEpoch !== null || preferredReadReplica !== NO_REPLICA;

export const codeOfFetch = (fetch: PartitionFetch): number => fetch.error?.code ?? ERRORS.NONE.code;
