import type { ErrorName } from '@odradek/protocol/errors';
import { UnencodableValueError } from '@odradek/protocol/wire/errors';
import { Writer } from '@odradek/protocol/wire/writer';
import { deadline, type Timer } from '../env/clock';
import type { Appended } from '../replication/partition-writer';
import type { Group } from './group';
import type { GroupShell } from './group-shell';
import type { Effect, GroupMetadata, JoinAnswer, SyncAnswer } from './group-types';
import type { GroupOffsets, OffsetCommit, TopicPartition } from './offsets';
import {
  groupKey,
  groupValue,
  OffsetKeys,
  offsetKey,
  offsetsBatch,
  offsetValue,
  recordsBatch,
  type TransactionalProducer,
} from './records';
import { commitError } from './store-error';

/** About what a key and its value take: group and topic names, and a little metadata. */
const COMMIT_BYTES = 160;

export type AnswerJoin = (answer: JoinAnswer) => void;
export type AnswerSync = (answer: SyncAnswer) => void;

/** The transaction that a commit is part of, and proof that its coordinator knows of that (KIP-890). */
export interface OffsetsTransaction extends TransactionalProducer {
  readonly verificationGuard: object | null;
}

/** One group of this coordinator: carries out what its core and its offsets decide. */
export class RunningGroup {
  private readonly effects: Effect[] = [];
  private isRunning = false;
  private timer: Timer | null = null;
  private timerAtMs = 0;

  constructor(
    readonly partition: number,
    readonly core: Group,
    readonly offsets: GroupOffsets,
    private readonly shell: GroupShell,
  ) {}

  get groupId(): string {
    return this.core.groupId;
  }

  /** Carries effects out, in order; those that come of them follow. */
  run(effects: readonly Effect[]): void {
    // There may be a hundred thousand: too many for arguments, or to be shifted one by one.
    for (const effect of effects) this.effects.push(effect);
    if (this.isRunning) return;
    this.isRunning = true;
    let done = 0;
    try {
      while (done < this.effects.length) this.carryOut(this.effects[done++]!);
    } finally {
      this.effects.splice(0, done);
      this.isRunning = false;
    }
    this.arm();
  }

  private carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'answer-join':
        (effect.ticket as AnswerJoin)(effect.answer);
        return;
      case 'answer-sync':
        (effect.ticket as AnswerSync)(effect.answer);
        return;
      case 'persist':
        this.persist(effect.token, effect.value);
        return;
      case 'log':
        this.shell.logger[effect.level](effect.message);
        return;
      case 'rebalanced': {
        const { type: _, ...fields } = effect;
        this.shell.logger.info(
          `Rebalanced group ${fields.group} to generation ${fields.generation} with ${fields.members} members in ${fields.durationMs} ms (reason: ${fields.reason})`,
          fields,
        );
        return;
      }
      default:
        effect satisfies never;
    }
  }

  private persist(token: number, value: GroupMetadata): void {
    const settled = (error: ErrorName | null): void =>
      this.run(this.core.persisted(token, error, this.shell.steadyMs()));
    const batch = this.batchOf(value);
    if (batch === null) settled('UNKNOWN_SERVER_ERROR');
    else this.shell.append(this.partition, batch, settled);
  }

  /** Null where a record cannot hold what clients call themselves: ids that are made of long names are longer. */
  private batchOf(value: GroupMetadata): Buffer | null {
    const { clock, compression, logger, jumpMs } = this.shell;
    try {
      const key = groupKey(this.groupId);
      const record = { timestamp: clock.nowMs(), key, value: groupValue(moved(value, jumpMs)) };
      return recordsBatch([record], compression);
    } catch (error) {
      if (!(error instanceof UnencodableValueError)) throw error;
      logger.error(`The record of group ${this.groupId} cannot be written: ${error.message}`);
      return null;
    }
  }

  /** Sets the timer for what is due next. One that comes too early does nothing but set it anew. */
  arm(): void {
    const deadlineMs = this.core.nextDeadlineMs();
    if (deadlineMs === null) return;
    if (this.timer !== null && this.timerAtMs <= deadlineMs) return;
    const { shell } = this;
    this.timer?.cancel();
    this.timerAtMs = deadlineMs;
    this.timer = deadline(shell.clock, Math.max(0, deadlineMs - shell.steadyMs()), (heardUntilMs) => {
      this.timer = null;
      this.run(this.core.tick(shell.steadyMs(), shell.steadyMs(heardUntilMs)));
    });
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  /** The group is not this coordinator's any more: whoever waits is told to look for another one. */
  unload(): void {
    this.run(this.core.unload(this.shell.steadyMs()));
    this.disarm();
  }

  /** An empty group is gone for good. */
  die(): void {
    this.core.die(this.shell.steadyMs());
    this.disarm();
  }

  /**
   * Appends commits that the group has agreed to; they count once they are settled, or not at all. `done` gets NONE, or
   * why they do not (GroupMetadataManager.storeOffsets). Those of a transaction wait for its end after that.
   */
  storeOffsets(
    commits: readonly OffsetCommit[],
    transaction: OffsetsTransaction | null,
    done: (error: ErrorName) => void,
  ): void {
    const { clock, compression } = this.shell;
    const timestamp = clock.nowMs();
    const writer = new Writer(COMMIT_BYTES * commits.length);
    const keys = new OffsetKeys(this.groupId, writer);
    const records = commits.map((commit) => ({
      timestamp,
      key: keys.key(commit.topic, commit.partition),
      value: offsetValue(commit, writer),
    }));
    let isSettled = false;
    let isPending = false;
    const settled = (error: ErrorName | null, appended: Appended | null): void => {
      isSettled = true;
      if (this.core.state !== 'Dead') {
        if (error === null) this.takeOffsets(commits, transaction, appended!.baseOffset, isPending);
        else if (transaction === null) this.offsets.fail(commits);
        else this.offsets.failTransactional(transaction.producerId, commits);
      }
      done(error === null ? 'NONE' : commitError(error));
    };
    // Only who commits hears of it.
    const { verificationGuard = null } = transaction ?? {};
    const batch = offsetsBatch(records, compression, transaction);
    this.shell.append(this.partition, batch, settled, { mayBePutOff: true, verificationGuard });
    if (isSettled) return;
    isPending = true;
    if (transaction === null) this.offsets.prepare(commits);
    else this.offsets.prepareTransactional(transaction.producerId, commits);
  }

  private takeOffsets(
    commits: readonly OffsetCommit[],
    transaction: OffsetsTransaction | null,
    recordOffset: number,
    wasPending: boolean,
  ): void {
    for (const commit of commits) commit.recordOffset = recordOffset;
    if (transaction !== null) {
      if (!wasPending) this.offsets.prepareTransactional(transaction.producerId, commits);
    } else if (wasPending) this.offsets.complete(commits);
    else for (const commit of commits) this.offsets.apply(commit);
  }

  /** Takes away what has expired. */
  expireOffsets(retentionMs: number): TopicPartition[] {
    const { state, protocolType, currentStateTimestamp, subscribedTopics } = this.core;
    const sinceMs = currentStateTimestamp === null ? null : currentStateTimestamp + this.shell.jumpMs;
    const group = { state, protocolType, subscribedTopics, currentStateTimestamp: sinceMs };
    return this.offsets.removeExpired(group, this.shell.clock.nowMs(), retentionMs);
  }

  /** Writes that these offsets, and perhaps the group, are no more. */
  appendTombstones(offsets: readonly TopicPartition[], withGroup: boolean): void {
    const keys = offsets.map(({ topic, partition }) => offsetKey(this.groupId, topic, partition));
    if (withGroup) keys.push(groupKey(this.groupId));
    if (keys.length > 0) this.shell.appendTombstones(this.partition, keys);
  }
}

/** A group's record with the time of its state moved: groups live by the steady clock, records by the wall's. */
export function moved(value: GroupMetadata, byMs: number): GroupMetadata {
  if (byMs === 0 || value.currentStateTimestamp === -1) return value;
  return { ...value, currentStateTimestamp: value.currentStateTimestamp + byMs };
}
