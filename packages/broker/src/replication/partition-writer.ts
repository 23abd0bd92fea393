import type { ErrorName } from '@odradek/protocol/errors';

/** Where an append went. */
export interface Appended {
  readonly baseOffset: number;
  /** The leader epoch that the records carry. */
  readonly leaderEpoch: number;
}

export interface AppendTerms {
  /** -1: all in-sync replicas have the records before they count; 1 and 0: this broker's log is enough. */
  readonly requiredAcks: number;
  /** How long to wait for the in-sync replicas. */
  readonly timeoutMs: number;
  /** Nobody hears of the outcome but the connection whose request is being handled: the write may be put off to its end. */
  readonly mayBePutOff?: boolean;
  /** What was given out before the batch's transaction was verified (KIP-890); compared by identity. */
  readonly verificationGuard?: object | null;
}

/** Whole batches of a partition's log, one after another. */
export interface LogChunk {
  readonly batches: Buffer;
  /** Where to read on. */
  readonly nextOffset: number;
}

/**
 * All that a coordinator may do with the partition that it keeps its state in. It appends what it has built itself
 * (offsets and epoch are filled in), makes it visible once that is settled, and reads it back after a change of leaders.
 */
export interface PartitionWriter {
  /**
   * Appends one batch as the partition's leader, in this turn. Throws `KafkaError` where nothing was appended:
   * UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR, NOT_ENOUGH_REPLICAS, MESSAGE_TOO_LARGE,
   * RECORD_LIST_TOO_LARGE, or what the log found wrong with the records.
   *
   * After that `settled` is called exactly once, with null when the high watermark has passed the batch, and before
   * `append` returns where there is nothing to wait for. Its errors leave the batch in the log, fate unknown:
   * REQUEST_TIMED_OUT, NOT_LEADER_OR_FOLLOWER, NOT_ENOUGH_REPLICAS_AFTER_APPEND.
   */
  append(
    topic: string,
    partition: number,
    batch: Buffer,
    terms: AppendTerms,
    settled: (error: ErrorName | null, appended: Appended) => void,
  ): void;

  /**
   * Calls `settled` once: with null when all that the partition's log has by now is committed, with an error where this
   * broker has ceased to lead it before. What a new leader finds beyond the high watermark may be lost with it. Throws
   * `KafkaError` where this broker does not lead the partition.
   */
  whenCommitted(topic: string, partition: number, settled: (error: ErrorName | null) => void): void;

  /** The largest batch that the partition takes. Throws `KafkaError` where it is not here. */
  maxBatchBytes(topic: string, partition: number): number;

  /**
   * Whole batches from `offset` on, or from the log's start where it is null; at most `maxBytes`, if the first one is not
   * larger. Null at the log's end, beyond the high watermark: a leader's log is what will be. Throws `KafkaError` where
   * this broker does not lead the partition (any more).
   */
  read(topic: string, partition: number, offset: number | null, maxBytes: number): LogChunk | null;
}

/** Told in the turn in which it happens; a coordinator lives on each partition that this broker leads. */
export interface LeadershipListener {
  /** This broker leads the partition from now on. */
  elected(partition: number, leaderEpoch: number): void;
  /** It does not, any more. The epoch of the leader that follows, or null where it is not known. */
  resigned(partition: number, leaderEpoch: number | null): void;
}
