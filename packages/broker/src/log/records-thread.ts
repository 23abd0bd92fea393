import { KafkaError } from '@odradek/protocol/errors';
import type { LegacyMagic } from '@odradek/protocol/records/legacy';
import type { Background, Work } from '../env/background';
import type { Clock, Timer } from '../env/clock';
import type { Logger } from '../env/logger';
import type { JudgedRecords, TakesLongError } from './judged-records';
import type { SearchTakesLongError } from './record-search';
import {
  alone,
  bufferOf,
  RECORDS_WORK,
  type RecordsAnswer,
  type RecordsOutcome,
  type RecordsRequest,
  type RecordsTask,
} from './records-work';
import { RecordValidationError, type TimestampAndOffset } from './types';

/** Unused for so long it gives its memory back. */
const IDLE_MS = 60_000;

/** A task that the thread has ended with so often is taken for the reason. */
const MAX_ATTEMPTS = 2;

/** Is told how many milliseconds the thread has worked for somebody. */
type Spend = (durationMs: number) => void;

interface Waiting {
  readonly task: RecordsTask;
  readonly askedMs: number;
  readonly spend: Spend | undefined;
  attempts: number;
  resolve(outcome: RecordsOutcome): void;
  reject(error: Error): void;
}

/**
 * Background work on records that would hold everybody up (`RecordsWork`), as its owner sees it: started when needed,
 * gone when it has not been for a while.
 */
export class RecordsThread {
  private work: Work<RecordsRequest> | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  /** When it gave its last answer. */
  private answeredMs = 0;
  private idle: Timer | null = null;
  private isStopped = false;

  constructor(
    private readonly background: Background,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * Judges what the thread that serves has put off. Rejects with the `KafkaError` that `judgeRecords` would throw; with
   * REQUEST_TIMED_OUT where the thread could not do it, so that the producer tries again.
   */
  async judge({ records, rules }: TakesLongError, spend?: Spend): Promise<JudgedRecords> {
    const outcome = await this.ask({ kind: 'judge', records: alone(records), rules }, spend);
    if (outcome.kind !== 'judged') throw refusalOf(outcome);
    const { recordCount, maxTimestamp } = outcome;
    const isRewritten = outcome.records !== null;
    const judged = isRewritten ? bufferOf(outcome.records) : records;
    return { config: rules.config, records: judged, isRewritten, recordCount, maxTimestamp };
  }

  /** As `downConverted`. */
  async downConvert(records: Buffer, magic: LegacyMagic, fetchOffset: number): Promise<Buffer> {
    const outcome = await this.ask({ kind: 'down-convert', records: alone(records), magic, fetchOffset });
    if (outcome.kind !== 'converted') throw refusalOf(outcome);
    return bufferOf(outcome.records);
  }

  /** As `findRecordByTimestamp`. */
  async search(
    { batch, timestamp, startOffset }: SearchTakesLongError,
    spend?: Spend,
  ): Promise<TimestampAndOffset | null> {
    const outcome = await this.ask({ kind: 'search', records: alone(batch), timestamp, startOffset }, spend);
    if (outcome.kind !== 'searched') throw refusalOf(outcome);
    return outcome.found;
  }

  /** Whoever waits is told to ask another broker. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.end(new KafkaError('NOT_LEADER_OR_FOLLOWER'));
  }

  private ask(task: RecordsTask, spend?: Spend): Promise<RecordsOutcome> {
    if (this.isStopped) return Promise.reject(new KafkaError('NOT_LEADER_OR_FOLLOWER'));
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      try {
        // Throws where memory is too short for a thread or a copy: nobody answers that then.
        this.started().post({ id, task });
        this.waiting.set(id, { task, askedMs: this.clock.monotonicMs(), spend, attempts: 1, resolve, reject });
      } catch (error) {
        this.cannotGoOn(error);
        reject(failureOf(task));
      }
    });
  }

  private started(): Work<RecordsRequest> {
    this.idle?.cancel();
    this.idle = null;
    this.work ??= this.background.start<RecordsRequest, RecordsAnswer>(RECORDS_WORK, {
      onAnswer: (answer) => this.answered(answer),
      onFailure: (error) => {
        this.logger.error(`Background work on records has ended: ${error.message}`, { error });
        this.work = null;
        this.goOn();
      },
    });
    return this.work;
  }

  /**
   * The thread has ended by itself. Tasks are done in turn, so the first that waits is the one that it was at: that one is
   * tried once more, the others as if nothing had been.
   */
  private goOn(): void {
    const [first] = this.waiting;
    if (first === undefined) return;
    const [suspect, waiting] = first;
    if (waiting.attempts++ === MAX_ATTEMPTS) {
      this.waiting.delete(suspect);
      waiting.reject(failureOf(waiting.task));
    }
    if (this.waiting.size === 0) return;
    try {
      const work = this.started();
      for (const [id, { task }] of this.waiting) work.post({ id, task });
    } catch (error) {
      this.cannotGoOn(error);
      this.rejectAll(failureOf);
    }
  }

  private answered({ id, outcome }: RecordsAnswer): void {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (this.waiting.size === 0) this.idle = this.clock.after(IDLE_MS, () => void this.end(new Error('idle')));
    if (waiting === undefined) return;
    const nowMs = this.clock.monotonicMs();
    // One task after another: it was begun when the one before was done.
    waiting.spend?.(nowMs - Math.max(waiting.askedMs, this.answeredMs));
    this.answeredMs = nowMs;
    waiting.resolve(outcome);
  }

  private async end(reason: Error): Promise<void> {
    const { work } = this;
    this.idle?.cancel();
    this.idle = null;
    this.work = null;
    this.rejectAll(() => reason);
    await work?.stop();
  }

  private cannotGoOn(error: unknown): void {
    this.logger.error(`Background work on records cannot go on: ${(error as Error).message}`, { error });
  }

  private rejectAll(reasonOf: (task: RecordsTask) => Error): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { task, reject } of all) reject(reasonOf(task));
  }
}

/** Whoever reads knows no better error; a producer may send again what has not been appended. */
function failureOf({ kind }: RecordsTask): KafkaError {
  return new KafkaError(kind === 'judge' ? 'REQUEST_TIMED_OUT' : 'UNKNOWN_SERVER_ERROR');
}

function refusalOf(outcome: RecordsOutcome): Error {
  if (outcome.kind !== 'refused') return new Error(outcome.kind === 'failed' ? outcome.message : outcome.kind);
  const { error, message, recordErrors } = outcome;
  if (recordErrors === null) return new KafkaError(error, message);
  const code = error === 'INVALID_TIMESTAMP' ? error : 'INVALID_RECORD';
  return new RecordValidationError(code, message, recordErrors);
}
