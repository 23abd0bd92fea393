import { type ErrorName, errorName, KafkaError } from '@odradek/protocol/errors';
import type { Fetch } from '@odradek/protocol/messages/fetch';
import { CorruptRecordError, InvalidRecordError } from '@odradek/protocol/records/errors';
import type { ResponseOf } from '@odradek/protocol/schema/api';
import type { Peer } from '../cluster/peers';
import type { Clock } from '../env/clock';
import type { Logger } from '../env/logger';
import type { EpochEnd } from '../log/types';
import { type CurrentAnswer, FetchPlan, type FetchRequest, type Followed, NEVER_MS } from './fetch-plan';
import type { LeaderBounds, LeaderQuestions, PartitionQuestion, Told } from './leader-questions';
import type { Partition } from './partition';
import type { ReplicationThrottle } from './replication-throttles';
import { resetFor, truncationBeforeFetch, truncationFor } from './truncation';

export interface FollowerStatesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly questions: LeaderQuestions;
  /** Leaders tell in their answers where a follower's log parts from theirs (KIP-595). */
  readonly truncatesOnFetch: boolean;
  readonly supportsTopicIds: boolean;
  readonly partitionMaxBytes: number;
  readonly backoffMs: number;
  /** How much replicas that catch up may fetch. */
  readonly throttle: Pick<ReplicationThrottle, 'holdsBack' | 'record'>;
  /** The replica is not followed any more until the next LeaderAndIsr names its leader. */
  readonly onFailed: (partition: Partition) => void;
}

/**
 * What has to be asked of the leader before a replica is fetched for again. `bounds`: its log holds nothing at this
 * one's end. `epoch`: where the logs part, of a leader that does not tell by itself.
 */
interface Doubt {
  readonly about: 'bounds' | 'epoch';
  notBeforeMs: number;
}

interface Question extends PartitionQuestion {
  readonly followed: Followed<Partition>;
  readonly leaderEpoch: number;
}

const EMPTY = Buffer.alloc(0);
const NO_EPOCH = -1;
const FIRST_RETRY_MS = 50;
/** Until a quota that is exceeded is looked at again. */
const QUOTA_BACKOFF_MS = 100;

/**
 * The replicas that follow one leader: what is asked for them next, and what becomes of their logs by the answers
 * (AbstractFetcherThread).
 */
export class FollowerStates {
  private readonly plan: FetchPlan<Partition>;
  private readonly doubts = new Map<Followed<Partition>, Doubt>();
  /** Replicas that leave room for others: the quota was exceeded when they were last to be asked for. */
  private readonly heldBack = new Set<Followed<Partition>>();
  private refusedSessions = 0;
  /** Bytes of records that leaders have sent. */
  bytesIn = 0;

  constructor(private readonly options: FollowerStatesOptions) {
    this.plan = new FetchPlan(options);
  }

  get size(): number {
    return this.plan.size;
  }

  /** Each replica's distance from the leader's high watermark, as the last answer had it. */
  *lags(): Generator<{ partition: Partition; lag: number }> {
    for (const { replica, lag } of this.plan.followed()) if (lag !== null) yield { partition: replica, lag };
  }

  /** The replica is fetched for from where its log ends. Throws KAFKA_STORAGE_ERROR. */
  add(partition: Partition): void {
    this.remove(partition);
    const offset = truncationBeforeFetch(partition.log);
    if (offset !== null) this.truncateTo(partition, offset, 'no epoch of it is known');
    const followed = this.plan.add(partition);
    if (offset === null && !this.options.truncatesOnFetch) this.doubt(followed, 'epoch');
    this.maybeHoldBack(followed);
  }

  remove({ topic, partition }: Partition): void {
    const followed = this.plan.get(topic, partition);
    if (followed) this.doubts.delete(followed);
    this.plan.remove(topic, partition);
  }

  /** Whether there is anything to ask the leader. */
  isReady(): boolean {
    const nowMs = this.options.clock.monotonicMs();
    return this.plan.isReady(nowMs) || this.doubtsDueMs <= nowMs;
  }

  /** When there will be something to ask, if nothing else happens; infinite for never. */
  get nextDueMs(): number {
    return Math.min(this.plan.nextDueMs, this.doubtsDueMs);
  }

  private get doubtsDueMs(): number {
    let dueMs = NEVER_MS;
    for (const { notBeforeMs } of this.doubts.values()) dueMs = Math.min(dueMs, notBeforeMs);
    return dueMs;
  }

  /** See `FetchPlan.next`. */
  next(): FetchRequest | null {
    for (const followed of this.heldBack) this.maybeHoldBack(followed);
    return this.plan.next(this.options.clock.monotonicMs());
  }

  /** A throttled replica that is behind is not asked for while the quota is exceeded; one in sync always is (KIP-73). */
  private maybeHoldBack(followed: Followed<Partition>): void {
    const { topic, partition } = followed.replica;
    if (followed.isGone || followed.lag === 0 || !this.options.throttle.holdsBack(topic, partition)) {
      this.heldBack.delete(followed);
      return;
    }
    this.heldBack.add(followed);
    this.plan.delay(followed, this.options.clock.monotonicMs() + QUOTA_BACKOFF_MS);
  }

  /** No answer will come; the next request asks for everything. */
  beginAnew(): void {
    this.plan.failed();
  }

  /** No answer came: all wait for a while. */
  failed(): void {
    this.plan.failed();
    this.backOff();
  }

  private backOff(): void {
    const untilMs = this.retryAtMs();
    this.plan.delayAll(untilMs);
    for (const doubt of this.doubts.values()) doubt.notBeforeMs = untilMs;
  }

  /** What waits after a failure waits no longer. */
  retryNow(): void {
    this.plan.undelayAll();
    for (const doubt of this.doubts.values()) doubt.notBeforeMs = 0;
  }

  private retryAtMs(): number {
    return this.options.clock.monotonicMs() + this.options.backoffMs;
  }

  /**
   * A leader that hears of a new partition, or of its new epoch, a moment after its followers refuses them first: they
   * ask again soon, then at longer and longer intervals, up to the back-off that Apache's followers begin with.
   */
  private nextTryAtMs(followed: Followed<Partition>): number {
    const { clock, backoffMs } = this.options;
    return clock.monotonicMs() + Math.min(backoffMs, FIRST_RETRY_MS * 2 ** followed.refusals++);
  }

  /** Takes a fetch's answer in: logs grow, are cut, or wait. Nothing of the answer's memory is kept. */
  take(response: ResponseOf<typeof Fetch>): void {
    const answers = this.plan.answered(response);
    if (answers === null) {
      this.options.logger.info(
        `The leader was unable to process the fetch request: ${errorName(response.errorCode)}. The next one begins a new session`,
      );
      if (this.refusedSessions++ > 0) this.backOff();
      return;
    }
    this.refusedSessions = 0;
    if (answers.length === 0) this.plan.review();
    for (const answer of answers) this.takeOne(answer);
  }

  private takeOne({ followed, answer, leaderEpoch }: CurrentAnswer<Partition>): void {
    // An answer before this one may have ended the log dir that both lie in.
    if (followed.isGone) return;
    if (answer.errorCode === 0) {
      followed.refusals = 0;
      this.attempt(followed, () => {
        const { divergingEpoch } = answer;
        if (divergingEpoch.epoch > NO_EPOCH) {
          this.truncateBy(followed, { leaderEpoch: divergingEpoch.epoch, endOffset: divergingEpoch.endOffset });
        } else this.append(followed, answer, leaderEpoch);
      });
      return;
    }
    const error = errorName(answer.errorCode);
    if (error === 'OFFSET_OUT_OF_RANGE') this.doubt(followed, 'bounds');
    else if (this.refused(followed, error)) this.plan.delay(followed, this.nextTryAtMs(followed));
  }

  private append(
    followed: Followed<Partition>,
    { records, highWatermark, logStartOffset }: CurrentAnswer<Partition>['answer'],
    leaderEpoch: number,
  ): void {
    const { replica } = followed;
    replica.appendFetched({ records: records ?? EMPTY, highWatermark, logStartOffset }, leaderEpoch);
    followed.lag = Math.max(0, highWatermark - replica.log.logEndOffset);
    const bytes = records?.length ?? 0;
    this.bytesIn += bytes;
    this.options.throttle.record(replica.topic, replica.partition, bytes);
    this.maybeHoldBack(followed);
  }

  /** The leader refuses to answer about a replica. Returns whether it is to be asked again after a while. */
  private refused(followed: Followed<Partition>, error: ErrorName): boolean {
    const { logger } = this.options;
    const { topic, partition, leaderEpoch } = followed.replica;
    const name = `${topic}-${partition}`;
    switch (error) {
      case 'FENCED_LEADER_EPOCH':
        logger.info(
          `Partition ${name} has an older epoch (${leaderEpoch}) than the current leader. Will await the new LeaderAndIsr state before resuming fetching.`,
        );
        this.fail(followed);
        return false;
      case 'UNKNOWN_LEADER_EPOCH':
        logger.debug(
          `Remote broker has a smaller leader epoch for partition ${name} than this replica's current leader epoch of ${leaderEpoch}.`,
        );
        return true;
      case 'NOT_LEADER_OR_FOLLOWER':
        logger.debug(
          `Remote broker is not the leader for partition ${name}, which could indicate that the partition is being moved`,
        );
        return true;
      case 'UNKNOWN_TOPIC_OR_PARTITION':
      case 'UNKNOWN_TOPIC_ID':
      case 'INCONSISTENT_TOPIC_ID':
        logger.warn(
          `Received ${error} from the leader for partition ${name}. This error may be returned transiently when the partition is being created or deleted, but it is not expected to persist.`,
        );
        return true;
      default:
        logger.error(`Error for partition ${name} at offset ${followed.replica.log.logEndOffset}: ${error}`);
        return true;
    }
  }

  /** Changes a replica's log; a failure is that replica's alone. */
  private attempt(followed: Followed<Partition>, change: () => void): void {
    try {
      change();
    } catch (error) {
      const { logger } = this.options;
      const { topic, partition, log } = followed.replica;
      const where = `for partition ${topic}-${partition} at offset ${log.logEndOffset}`;
      if (error instanceof CorruptRecordError || error instanceof InvalidRecordError) {
        // The leader's log may have been cut while it was read: the next answer can be whole.
        logger.error(`Found invalid messages during fetch ${where}: ${error.message}`);
        this.plan.delay(followed, this.retryAtMs());
        return;
      }
      const isStorage = error instanceof KafkaError && error.error === 'KAFKA_STORAGE_ERROR';
      const what = isStorage ? 'Error' : 'Unexpected error occurred';
      logger.error(`${what} while processing data ${where}: ${(error as Error).message}`, { error });
      this.fail(followed);
    }
  }

  private fail(followed: Followed<Partition>): void {
    if (followed.isGone) return;
    this.remove(followed.replica);
    this.options.onFailed(followed.replica);
  }

  /** Cuts the log where it parts from the leader's. False where the leader has to be asked again about what is left. */
  private truncateBy({ replica }: Followed<Partition>, leaderEnd: EpochEnd): boolean {
    const { log } = replica;
    const initialOffset = this.options.truncatesOnFetch ? log.logEndOffset : log.highWatermark;
    const { offset, isComplete } = truncationFor(leaderEnd, log, initialOffset);
    this.truncateTo(replica, offset, `the leader's epoch ${leaderEnd.leaderEpoch} ends at ${leaderEnd.endOffset}`);
    return isComplete;
  }

  private truncateTo(partition: Partition, offset: number, why: string): void {
    const { logger } = this.options;
    const { log, topic } = partition;
    const name = `${topic}-${partition.partition}`;
    if (offset < log.highWatermark) {
      logger.warn(`Truncating ${name} to offset ${offset} below high watermark ${log.highWatermark}`);
    }
    if (offset < log.logEndOffset) logger.info(`Truncating partition ${name} to ${offset}: ${why}`);
    partition.truncateTo(offset);
  }

  private doubt(followed: Followed<Partition>, about: Doubt['about']): void {
    this.plan.delay(followed, NEVER_MS);
    this.doubts.set(followed, { about, notBeforeMs: 0 });
  }

  /** Asks the leader what is in doubt. Rejects as `Peer.send` does. */
  async resolveDoubts(peer: Peer): Promise<void> {
    if (this.doubts.size === 0) return;
    const { questions } = this.options;
    const lost = this.questionsAbout('bounds');
    if (lost.length > 0) {
      const told = await questions.bounds(peer, lost);
      this.settle(lost, told, ({ replica }, bounds) => this.reset(replica, bounds));
    }
    const diverged = this.questionsAbout('epoch');
    if (diverged.length > 0) {
      const told = await questions.epochEnds(peer, diverged);
      this.settle(diverged, told, (followed, end) => this.truncateBy(followed, end));
    }
  }

  private questionsAbout(about: Doubt['about']): Question[] {
    const nowMs = this.options.clock.monotonicMs();
    const questions: Question[] = [];
    for (const [followed, doubt] of this.doubts) {
      if (doubt.about !== about || doubt.notBeforeMs > nowMs) continue;
      const { topic, partition, leaderEpoch: currentLeaderEpoch, log } = followed.replica;
      questions.push({ followed, topic, partition, currentLeaderEpoch, leaderEpoch: log.latestEpoch ?? NO_EPOCH });
    }
    return questions;
  }

  /** Lets replicas that are still in doubt go on by what they were told; not those that `resolve` leaves in doubt. */
  private settle<Value>(
    questions: readonly Question[],
    told: readonly Told<Value>[],
    resolve: (followed: Followed<Partition>, value: Value) => boolean,
  ): void {
    for (const [index, { followed, currentLeaderEpoch }] of questions.entries()) {
      const doubt = this.doubts.get(followed);
      if (doubt === undefined || followed.replica.leaderEpoch !== currentLeaderEpoch) continue;
      const answer = told[index]!;
      if (answer.error !== null) {
        if (this.refused(followed, answer.error)) doubt.notBeforeMs = this.nextTryAtMs(followed);
        continue;
      }
      this.attempt(followed, () => {
        if (!resolve(followed, answer.value)) return;
        this.doubts.delete(followed);
        this.plan.undelay(followed);
      });
    }
  }

  private reset(replica: Partition, leader: LeaderBounds): true {
    const { logger } = this.options;
    const { logEndOffset } = replica.log;
    const name = `${replica.topic}-${replica.partition}`;
    const reset = resetFor(leader, logEndOffset);
    switch (reset.type) {
      case 'truncate':
        logger.warn(
          `Reset fetch offset for partition ${name} from ${logEndOffset} to current leader's latest offset ${reset.offset}`,
        );
        this.truncateTo(replica, reset.offset, `the leader's log ends at ${leader.logEndOffset}`);
        return true;
      case 'restart':
        logger.warn(
          `Reset fetch offset for partition ${name} from ${logEndOffset} to current leader's start offset ${reset.offset}`,
        );
        replica.restartAt(reset.offset);
        return true;
      case 'stay':
        return true;
    }
  }
}
