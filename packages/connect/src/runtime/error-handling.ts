import type { ConsumerRecord } from '@odradek/tools/client/consumed';
import type { ToolError } from '@odradek/tools/tool-error';
import type { ParsedConfig } from '../config/config-def';
import type { SourceRecord } from '../data/record';
import { asToolError, ConnectError, isRetriable } from '../errors';
import { javaText } from '../java/text';
import type { Logger } from '../log';

/** What a worker does with a record: error reports name it. */
export type Stage =
  | 'TASK_POLL'
  | 'TRANSFORMATION'
  | 'KEY_CONVERTER'
  | 'VALUE_CONVERTER'
  | 'HEADER_CONVERTER'
  | 'TASK_PUT'
  | 'KAFKA_PRODUCE';

/** A failure on a record's way. */
export interface Failure {
  readonly record: ConsumerRecord | SourceRecord;
  readonly stage: Stage;
  /** The Java class that was at work. */
  readonly className: string;
  readonly error: ToolError;
}

export interface ErrorReporter {
  report(failure: Failure): Promise<void>;
}

const LEAST_DELAY_MS = 300;

/** Thrown where a record is to be left out. */
export class SkippedRecord extends Error {}

/** Retries what may pass, and tolerates failures as `errors.*` says (RetryWithToleranceOperator). */
export class ErrorHandling {
  private readonly retryTimeoutMs: number;
  private readonly maxDelayMs: number;
  readonly toleratesAll: boolean;

  constructor(
    config: ParsedConfig,
    private readonly reporters: readonly ErrorReporter[],
    private readonly sleep: (ms: number) => Promise<boolean>,
  ) {
    this.retryTimeoutMs = config.number('errors.retry.timeout');
    this.maxDelayMs = config.number('errors.retry.delay.max.ms');
    this.toleratesAll = config.string('errors.tolerance') === 'all';
  }

  /**
   * Runs one step. Throws `SkippedRecord` where it failed and that is tolerated, `ConnectError` where it is not. Steps are
   * synchronous, so that nothing is waited for on the way of a record that is well.
   */
  execute<T>(record: Failure['record'], stage: Stage, className: string, step: () => T): T | Promise<T> {
    try {
      return step();
    } catch (thrown) {
      return this.recover(record, stage, className, step, thrown);
    }
  }

  private async recover<T>(
    record: Failure['record'],
    stage: Stage,
    className: string,
    step: () => T,
    thrown: unknown,
  ): Promise<T> {
    const deadlineMs = this.retryTimeoutMs < 0 ? Number.POSITIVE_INFINITY : Date.now() + this.retryTimeoutMs;
    let failure = thrown;
    let attempt = 1;
    while (isRetriable(failure) && Date.now() < deadlineMs) {
      const delayMs = Math.min(LEAST_DELAY_MS * 2 ** (attempt - 1), this.maxDelayMs, deadlineMs - Date.now());
      if (!(await this.sleep(delayMs))) break;
      attempt++;
      try {
        return step();
      } catch (again) {
        failure = again;
      }
    }
    const error = asToolError(failure);
    await this.failed({ record, stage, className, error });
    throw new SkippedRecord(error.message);
  }

  /** Reports a failure. Throws `ConnectError` where it is not tolerated. */
  async failed(failure: Failure): Promise<void> {
    await Promise.all(this.reporters.map((reporter) => reporter.report(failure)));
    if (!this.toleratesAll) throw new ConnectError('Tolerance exceeded in error handler', failure.error);
  }
}

/** Goes on with a step's outcome, at once where it is there: after a failure nothing more is tried with the record. */
export const andThen = <A, B>(outcome: A | Promise<A>, next: (value: A) => B | Promise<B>): B | Promise<B> =>
  outcome instanceof Promise ? outcome.then(next) : next(outcome);

/** Writes failures to the log (LogReporter). */
export class LogReporter implements ErrorReporter {
  constructor(
    private readonly taskName: string,
    private readonly log: Logger,
    private readonly includesMessages: boolean,
  ) {}

  report({ record, stage, className, error }: Failure): Promise<void> {
    const shown = this.includesMessages ? `, where ${recordText(record)}` : '';
    const what = `Error encountered in task ${this.taskName}. Executing stage '${stage}' with class '${className}'`;
    this.log.error(`${what}${shown}.`, error);
    return Promise.resolve();
  }
}

function recordText(record: Failure['record']): string {
  if ('sourcePartition' in record) return `source record is = ${sourceRecordText(record)}`;
  const { topic, partition, offset, timestamp, timestampType } = record;
  const time = timestamp >= 0 ? `, timestamp=${timestamp}, timestampType=${timestampType}` : '';
  return `consumed record is {topic='${topic}', partition=${partition}, offset=${offset}${time}}`;
}

/** SourceRecord.toString. */
function sourceRecordText({ sourcePartition, sourceOffset, ...record }: SourceRecord): string {
  const { topic, partition, key, keySchema, value, valueSchema, timestamp, headers } = record;
  const shownHeaders = headers.map(
    (header) =>
      `ConnectHeader(key=${header.key}, value=${javaText(header.value, header.schema)}, schema=${header.schema})`,
  );
  const parts = [
    `topic='${topic}', kafkaPartition=${partition}`,
    `key=${javaText(key, keySchema)}, keySchema=${keySchema}`,
    `value=${javaText(value, valueSchema)}, valueSchema=${valueSchema}`,
    `timestamp=${timestamp}`,
    `headers=ConnectHeaders(headers=${headers.length === 0 ? '' : `[${shownHeaders.join(', ')}]`})`,
  ];
  const place = `sourcePartition=${javaText(sourcePartition)}, sourceOffset=${javaText(sourceOffset)}`;
  return `SourceRecord{${place}} ConnectRecord{${parts.join(', ')}}`;
}
