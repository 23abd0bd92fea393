import type { SendCallback } from '@odradek/tools/client/accumulator';
import type { Producer, ProducerRecord } from '@odradek/tools/client/producer';
import { ToolError } from '@odradek/tools/tool-error';
import { type ConnectRecord, type GivenRecord, type SourceRecord, wholeRecord } from '../data/record';
import { asToolError, ConnectError, isRetriable } from '../errors';
import type { Logger } from '../log';
import type { SourceOffsets } from '../offsets/source-offsets';
import type { Converter, HeaderConverter, Props, SourceOffset, SourceTask } from '../plugins/api';
import { andThen, type ErrorHandling, SkippedRecord } from './error-handling';
import { Serial } from './pace';
import { SubmittedRecords } from './submitted-records';
import { type TargetState, type TaskListener, WorkerTask } from './task';
import type { TopicMaker } from './topic-maker';
import { applyStage, closeStages, type TransformationStage } from './transformation-chain';

/** What a task's records go through between it and the topics. */
export interface Pipeline {
  readonly keyConverter: Converter;
  readonly valueConverter: Converter;
  readonly headerConverter: HeaderConverter;
  /** The converters' Java classes, for error reports. */
  readonly classNames: { readonly key: string; readonly value: string; readonly header: string };
  readonly stages: readonly TransformationStage[];
  readonly errors: ErrorHandling;
}

export interface SourceTaskParts extends Pipeline {
  readonly task: SourceTask;
  readonly props: Props;
  readonly producer: Producer;
  readonly offsets: SourceOffsets;
  readonly topics: TopicMaker | undefined;
  readonly flushIntervalMs: number;
  readonly flushTimeoutMs: number;
  /** Called with every topic that records went to. */
  readonly used: (topic: string) => void;
}

/** How long nothing is done while a task is paused. */
const PAUSED_SLEEP_MS = 60_000;

const SEND_BACKOFF_MS = 100;

/** Runs a source task: polls it, sends its records, commits its offsets (WorkerSourceTask). */
export class SourceTaskRunner extends WorkerTask {
  protected readonly kind = 'WorkerSourceTask';
  private readonly submitted = new SubmittedRecords();
  private readonly commits = new Serial();
  /** What could not be written down yet, in order. */
  private unsaved: SourceOffset[] = [];
  private flushTimer: NodeJS.Timeout | undefined;
  private sendFailure: ToolError | undefined;
  private stopping: Promise<void> | undefined;

  constructor(
    name: string,
    target: TargetState,
    listener: TaskListener,
    log: Logger,
    private readonly parts: SourceTaskParts,
  ) {
    super(name, target, listener, log);
  }

  protected async initialize(): Promise<void> {
    const { task, props, offsets, producer } = this.parts;
    await producer.start();
    const context = {
      log: this.log,
      offset: (partition: ReadonlyMap<string, unknown>) => offsets.get(partition),
      sleep: async (ms: number) => void (await this.pace.sleep(ms)),
    };
    await task.start(props, context);
    this.log.info(`${this} Source task finished initialization and start`);
    this.flushTimer = setInterval(() => void this.commits.run(() => this.commit()), this.parts.flushIntervalMs);
  }

  protected async iterate(): Promise<void> {
    const records = await this.poll();
    if (this.sendFailure) throw this.sendFailure;
    if (this.isCancelled) return;
    // A task that neither has records nor waits for them would not let anything else run.
    if (!records || records.length === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    else await this.send(records);
  }

  protected async idle(): Promise<void> {
    await this.pace.sleep(PAUSED_SLEEP_MS);
  }

  protected interrupt(): void {
    void this.stopTask().catch(() => undefined);
  }

  /** Stops the task, once: while it polls, so that it ends what it waits for. */
  private stopTask(): Promise<void> {
    this.stopping ??= Promise.resolve().then(() => this.parts.task.stop());
    return this.stopping;
  }

  private async poll(): Promise<readonly GivenRecord[] | null> {
    try {
      return await this.parts.task.poll();
    } catch (thrown) {
      if (!isRetriable(thrown)) throw thrown;
      this.log.warn(`${this} failed to poll records from SourceTask. Will retry operation.`, thrown);
      return null;
    }
  }

  private async send(records: readonly GivenRecord[]): Promise<void> {
    for (const given of records) {
      const record = wholeRecord(given);
      let outgoing: ProducerRecord | null;
      try {
        const converted = this.convert(record);
        outgoing = converted instanceof Promise ? await converted : converted;
      } catch (thrown) {
        if (!(thrown instanceof SkippedRecord)) throw thrown;
        outgoing = null;
      }
      if (outgoing === null) {
        await this.commitRecord(record, null);
        continue;
      }
      if (!(await this.makeTopic(outgoing.topic)) || this.isCancelled) return;
      const buffered = this.parts.producer.send(outgoing, this.sent(record, outgoing));
      if (buffered) await buffered;
      if (this.sendFailure) throw this.sendFailure;
    }
  }

  /** Makes a topic where that is to be done here, as long as brokers take to be there. False: the task is to stop. */
  private async makeTopic(topic: string): Promise<boolean> {
    for (;;) {
      try {
        await this.parts.topics?.ensure(topic);
        return true;
      } catch (thrown) {
        if (!isRetriable(thrown)) throw thrown;
        this.log.warn(`${this} Failed to send record to topic '${topic}'. Backing off before retrying: `, thrown);
        if (!(await this.pace.sleep(SEND_BACKOFF_MS))) return false;
      }
    }
  }

  private sent(record: SourceRecord, { topic }: ProducerRecord): SendCallback {
    const done = this.submitted.submit(record);
    return (error, metadata) => {
      if (!error) {
        done();
        this.parts.used(topic);
        void this.commitRecord(record, metadata);
        return;
      }
      this.log.error(`${this} failed to send record to ${topic}: `, error);
      void this.giveUp(record, error, done);
    };
  }

  private async giveUp(record: SourceRecord, error: ToolError, done: () => void): Promise<void> {
    const className = 'org.apache.kafka.connect.runtime.WorkerSourceTask';
    try {
      await this.parts.errors.failed({ record, stage: 'KAFKA_PRODUCE', className, error });
      done();
      await this.commitRecord(record, null);
    } catch {
      this.sendFailure ??= new ConnectError('Unrecoverable exception from producer send callback', error);
      this.pace.wake();
    }
  }

  private async commitRecord(record: SourceRecord, metadata: Parameters<SendCallback>[1] | null): Promise<void> {
    try {
      await this.parts.task.commitRecord?.(record, metadata);
    } catch (thrown) {
      this.log.error(`${this} Exception thrown while calling task.commitRecord()`, asToolError(thrown));
    }
  }

  /** What becomes of a record on its way to its topic; null: nothing. Waits only where a step has to be tried again. */
  private convert(record: SourceRecord): ProducerRecord | null | Promise<ProducerRecord | null> {
    const { stages, errors } = this.parts;
    let current: SourceRecord | null = record;
    for (const [index, stage] of stages.entries()) {
      const from: SourceRecord = current;
      const applied = errors.execute(record, 'TRANSFORMATION', stage.className, () => applyStage(stage, from));
      if (applied instanceof Promise) return applied.then((next) => next && this.convertFrom(record, next, index + 1));
      if (!applied) return null;
      current = applied;
    }
    return this.serialize(record, current);
  }

  private async convertFrom(original: SourceRecord, from: SourceRecord, index: number): Promise<ProducerRecord | null> {
    const { stages, errors } = this.parts;
    let current: SourceRecord | null = from;
    for (const stage of stages.slice(index)) {
      const next: SourceRecord = current;
      current = await errors.execute(original, 'TRANSFORMATION', stage.className, () => applyStage(stage, next));
      if (!current) return null;
    }
    return this.serialize(original, current);
  }

  private serialize(original: SourceRecord, record: SourceRecord): ProducerRecord | Promise<ProducerRecord> {
    const { errors, keyConverter, valueConverter, headerConverter, classNames } = this.parts;
    const { topic, partition, timestamp } = record;
    const toHeaders = () => headersOf(record, headerConverter);
    const toKey = () => keyConverter.fromConnectData(topic, record.keySchema, record.key);
    const toValue = () => valueConverter.fromConnectData(topic, record.valueSchema, record.value);
    return andThen(errors.execute(original, 'HEADER_CONVERTER', classNames.header, toHeaders), (headers) =>
      andThen(errors.execute(original, 'KEY_CONVERTER', classNames.key, toKey), (key) =>
        andThen(errors.execute(original, 'VALUE_CONVERTER', classNames.value, toValue), (value) => {
          const place = { topic, ...(partition !== null && { partition }), timestamp: checkedTime(timestamp) };
          return { ...place, headers, key, value };
        }),
      ),
    );
  }

  /** Writes down how far the source was read. Failures are told of and tried again at the next turn. */
  private async commit(): Promise<void> {
    if (this.isCancelled) return;
    this.unsaved.push(...this.submitted.committable());
    try {
      if (this.unsaved.length > 0) await this.parts.offsets.set(this.unsaved);
      this.unsaved = [];
    } catch (thrown) {
      this.log.error(`${this} Failed to flush offsets to storage: `, asToolError(thrown));
      return;
    }
    try {
      await this.parts.task.commit?.();
    } catch (thrown) {
      this.log.error(`${this} Exception thrown while calling task.commit()`, asToolError(thrown));
    }
  }

  /** Its place may have been taken: what it sends and writes down from now on would be another task's business. */
  protected abandon(): void {
    clearInterval(this.flushTimer);
    this.parts.producer.abort();
  }

  protected async finish(): Promise<void> {
    clearInterval(this.flushTimer);
    const { producer, flushTimeoutMs, stages } = this.parts;
    try {
      await this.stopTask();
    } catch (thrown) {
      this.log.warn('Could not stop task', asToolError(thrown));
    }
    void producer.flush();
    const settled = await this.submitted.settled(this.sendFailure ? 0 : flushTimeoutMs);
    await this.commits.run(() => this.commit());
    if (settled) await producer.close();
    else producer.abort();
    this.parts.topics?.close();
    closeStages(stages);
  }
}

function headersOf({ headers, topic }: ConnectRecord, converter: HeaderConverter) {
  return headers.map((header) => ({ key: header.key, value: converter.fromConnectHeader(topic, header) }));
}

function checkedTime(timestamp: number | null): number {
  if (timestamp === null) return Date.now();
  if (timestamp >= 0) return timestamp;
  throw new ToolError('org.apache.kafka.common.InvalidRecordException', `Invalid record timestamp ${timestamp}`);
}
