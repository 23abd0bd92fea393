import type { ConsumerRecord } from '@odradek/tools/client/consumed';
import type { CommittedOffset, GroupConsumer, RebalanceListener } from '@odradek/tools/client/group-consumer';
import { partitionText, type TopicPartition } from '@odradek/tools/client/partitions';
import type { ConnectHeader, SinkRecord } from '../data/record';
import { asToolError, ConnectError, isRetriable } from '../errors';
import type { Logger } from '../log';
import type { Props, SchemaAndValue, SinkOffset, SinkTask, SinkTaskContext } from '../plugins/api';
import { andThen, SkippedRecord } from './error-handling';
import { Serial } from './pace';
import type { Pipeline } from './source-task-runner';
import { type TargetState, type TaskListener, WorkerTask } from './task';
import { applyStage, closeStages } from './transformation-chain';

export interface SinkTaskParts extends Pipeline {
  readonly task: SinkTask;
  readonly props: Props;
  createConsumer(listener: RebalanceListener): Promise<GroupConsumer>;
  readonly commitIntervalMs: number;
  readonly used: (topic: string) => void;
  /** What ends when the task does: the dead letter queue. */
  readonly close: () => Promise<void>;
}

/** A group expects to hear of its members; while a task does not read, it polls at least this often. */
const KEEP_ALIVE_MS = 1_000;

/** Runs a sink task: reads, converts, puts, commits (WorkerSinkTask). */
export class SinkTaskRunner extends WorkerTask {
  protected readonly kind = 'WorkerSinkTask';
  private consumer: GroupConsumer | undefined;
  /** The calls into the task: rebalances come while it may be at work. */
  private readonly calls = new Serial();
  private readonly assigned = new Map<string, TopicPartition>();
  /** What was put, and what of it was committed. */
  private readonly delivered = new Map<string, SinkOffset>();
  private readonly committed = new Map<string, number>();
  /** Where reading began, as long as nothing is committed. */
  private readonly starts = new Map<string, number>();
  /** What was read but not put yet, and up to where that is. */
  private batch: SinkRecord[] = [];
  private batchEnds = new Map<string, SinkOffset>();
  private isRedelivery = false;
  private retryMs = -1;
  private nextCommitMs = 0;
  private commitRequested = false;

  constructor(
    name: string,
    target: TargetState,
    listener: TaskListener,
    log: Logger,
    private readonly parts: SinkTaskParts,
  ) {
    super(name, target, listener, log);
  }

  protected async initialize(): Promise<void> {
    const { task, props } = this.parts;
    this.consumer = await this.parts.createConsumer({
      onPartitionsAssigned: (partitions) => this.calls.run(() => this.open(partitions)),
      onPartitionsRevoked: (partitions) => this.calls.run(() => this.close(partitions, true)),
      onPartitionsLost: (partitions) => this.calls.run(() => this.close(partitions, false)),
    });
    await task.start(props, this.context());
    this.nextCommitMs = Date.now() + this.parts.commitIntervalMs;
    this.log.info(`${this} Sink task finished initialization and start`);
  }

  private context(): SinkTaskContext {
    const consumer = this.consumer!;
    return {
      log: this.log,
      assignment: () => consumer.assignment(),
      seek: (partition, offset) => this.seek({ ...partition, offset }),
      pause: (partitions) => consumer.pause(partitions),
      resume: (partitions) => consumer.resume(partitions),
      retryAfter: (ms) => {
        this.retryMs = ms;
      },
      requestCommit: () => {
        this.commitRequested = true;
      },
      reportErrant: (record, error) => this.reportErrant(record, error),
    };
  }

  private async reportErrant(record: SinkRecord, error: Error): Promise<void> {
    const original = sources.get(record) ?? this.serialize(record);
    // As WorkerErrantRecordReporter has it: not the task's own class.
    const className = 'org.apache.kafka.connect.sink.SinkTask';
    await this.parts.errors.failed({ record: original, stage: 'TASK_PUT', className, error: asToolError(error) });
  }

  /** A record that the task changed, or made itself: what it was read from is not known. */
  private serialize(record: SinkRecord): ConsumerRecord {
    const { keyConverter, valueConverter, headerConverter } = this.parts;
    const { topic, partition, offset, timestamp, timestampType, headers } = record;
    return {
      ...{ topic, partition: partition ?? -1, offset, timestamp: timestamp ?? -1, timestampType },
      key: keyConverter.fromConnectData(topic, record.keySchema, record.key),
      value: valueConverter.fromConnectData(topic, record.valueSchema, record.value),
      headers: headers.map((header) => ({ key: header.key, value: headerConverter.fromConnectHeader(topic, header) })),
    };
  }

  private seek(offset: SinkOffset): void {
    const name = partitionText(offset);
    if (!this.assigned.has(name)) return;
    this.log.trace(`${this} Rewind ${name} to offset ${offset.offset}`);
    this.consumer!.seek(offset, offset.offset);
    this.delivered.set(name, offset);
    this.committed.set(name, offset.offset);
  }

  protected async iterate(): Promise<void> {
    const nowMs = Date.now();
    if (this.commitRequested || nowMs >= this.nextCommitMs) await this.commitInTurn();
    let timeoutMs = Math.max(0, this.nextCommitMs - Date.now());
    if (this.retryMs > 0) timeoutMs = Math.min(timeoutMs, this.retryMs);
    if (this.isRedelivery) await this.keepAlive(timeoutMs);
    else await this.read(Math.min(timeoutMs, KEEP_ALIVE_MS));
    await this.calls.run(() => this.deliver());
  }

  private async commitInTurn(): Promise<void> {
    this.commitRequested = false;
    this.nextCommitMs = Date.now() + this.parts.commitIntervalMs;
    await this.calls.run(async () => {
      if (this.delivered.size > 0) await this.commit([...this.delivered.values()], false);
    });
  }

  /** Polls without taking anything, so that the group keeps the member. */
  private async keepAlive(timeoutMs: number): Promise<void> {
    for (let leftMs = timeoutMs; leftMs > 0; leftMs -= KEEP_ALIVE_MS) {
      await this.consumer!.poll(0);
      if (!(await this.pace.sleep(Math.min(leftMs, KEEP_ALIVE_MS)))) return;
    }
  }

  protected async idle(): Promise<void> {
    await this.keepAlive(KEEP_ALIVE_MS);
    if (Date.now() >= this.nextCommitMs) await this.commitInTurn();
  }

  protected interrupt(): void {
    // The poll under way ends by itself within a second.
  }

  private async read(timeoutMs: number): Promise<void> {
    const records = await this.consumer!.poll(timeoutMs);
    if (!records) return;
    for (const record of records) {
      const { topic, partition, offset } = record;
      const name = partitionText(record);
      if (!this.starts.has(name)) this.starts.set(name, offset);
      this.batchEnds.set(name, { topic, partition, offset: offset + 1 });
      try {
        const converted = this.convert(record);
        const sinkRecord = converted instanceof Promise ? await converted : converted;
        if (!sinkRecord) continue;
        sources.set(sinkRecord, record);
        this.batch.push(sinkRecord);
      } catch (thrown) {
        if (!(thrown instanceof SkippedRecord)) throw thrown;
      }
    }
  }

  private convert(record: ConsumerRecord): SinkRecord | null | Promise<SinkRecord | null> {
    const { errors, keyConverter, valueConverter, headerConverter, classNames, stages } = this.parts;
    const { topic, partition, offset, timestamp, timestampType } = record;
    const toKey = () => keyConverter.toConnectData(topic, record.key);
    const toValue = () => valueConverter.toConnectData(topic, record.value);
    const toHeaders = () =>
      record.headers.map((header) => ({
        key: header.key,
        ...headerConverter.toConnectHeader(topic, header.key, header.value),
      }));
    const made = (k: SchemaAndValue, v: SchemaAndValue, headers: ConnectHeader[]): SinkRecord => ({
      topic,
      partition,
      keySchema: k.schema,
      key: k.value,
      valueSchema: v.schema,
      value: v.value,
      timestamp: timestamp < 0 ? null : timestamp,
      timestampType,
      headers,
      offset,
      originalTopic: topic,
      originalPartition: partition,
    });
    return andThen(errors.execute(record, 'KEY_CONVERTER', classNames.key, toKey), (key) =>
      andThen(errors.execute(record, 'VALUE_CONVERTER', classNames.value, toValue), (value) =>
        andThen(errors.execute(record, 'HEADER_CONVERTER', classNames.header, toHeaders), (headers) => {
          const sinkRecord = made(key, value, headers);
          return stages.length === 0 ? sinkRecord : this.transform(record, sinkRecord);
        }),
      ),
    );
  }

  private async transform(original: ConsumerRecord, record: SinkRecord): Promise<SinkRecord | null> {
    const { stages, errors } = this.parts;
    let current: SinkRecord | null = record;
    for (const stage of stages) {
      const from: SinkRecord = current;
      const applied = errors.execute(original, 'TRANSFORMATION', stage.className, () => applyStage(stage, from));
      current = applied instanceof Promise ? await applied : applied;
      if (!current) return null;
    }
    return current;
  }

  /** Puts what was read. What meets a `RetriableError` stays, to be put again. */
  private async deliver(): Promise<void> {
    if (this.batchEnds.size === 0) return;
    try {
      await this.parts.task.put(this.batch);
    } catch (thrown) {
      if (!isRetriable(thrown)) {
        const error = asToolError(thrown);
        const fate = 'Task is being killed and will not recover until manually restarted.';
        const what = `${this} Task threw an uncaught and unrecoverable exception. ${fate} Error: ${error.message}`;
        this.log.error(what, error);
        throw new ConnectError('Exiting WorkerSinkTask due to unrecoverable exception.', error);
      }
      this.log.error(`${this} RetriableException from SinkTask:`, asToolError(thrown));
      this.isRedelivery = true;
      return;
    }
    for (const topic of new Set(this.batch.map(({ originalTopic }) => originalTopic))) this.parts.used(topic);
    for (const [name, end] of this.batchEnds) this.delivered.set(name, end);
    this.batch = [];
    this.batchEnds = new Map();
    this.isRedelivery = false;
    this.retryMs = -1;
  }

  private async open(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) this.assigned.set(partitionText(partition), partition);
    if (partitions.length > 0) await this.parts.task.open?.(partitions);
  }

  /** Gives partitions up, after a last commit where they are still ours. */
  private async close(partitions: readonly TopicPartition[], isOurs: boolean): Promise<void> {
    if (partitions.length === 0) return;
    const names = new Set(partitions.map(partitionText));
    const ends = [...this.delivered].filter(([name]) => names.has(name)).map(([, end]) => end);
    if (isOurs && ends.length > 0) await this.commit(ends, true);
    await this.parts.task.close?.(partitions);
    this.batch = this.batch.filter(
      ({ originalTopic: topic, originalPartition: partition }) => !names.has(partitionText({ topic, partition })),
    );
    for (const name of names) {
      for (const map of [this.assigned, this.delivered, this.committed, this.starts, this.batchEnds]) map.delete(name);
    }
    // Where nothing is left to be put again, reading goes on.
    if (this.batchEnds.size === 0) this.isRedelivery = false;
  }

  /** Commits what the task says may be. Where it cannot tell, reading goes back to the last commit. */
  private async commit(ends: readonly SinkOffset[], closing: boolean): Promise<void> {
    let offsets: readonly SinkOffset[];
    try {
      offsets = await this.preCommit(ends);
    } catch (thrown) {
      if (closing) {
        this.log.warn(`${this} Offset commit failed during close`, asToolError(thrown));
        return;
      }
      this.log.error(`${this} Offset commit failed, rewinding to last committed offsets`, asToolError(thrown));
      this.rewind();
      return;
    }
    const changed = offsets.filter((each) => this.isNew(each));
    if (changed.length === 0) return;
    try {
      await this.consumer!.commit(changed satisfies readonly CommittedOffset[]);
      for (const each of changed) this.committed.set(partitionText(each), each.offset);
    } catch (thrown) {
      this.log.error(`${this} Commit of offsets threw an unexpected exception`, asToolError(thrown));
    }
  }

  private async preCommit(ends: readonly SinkOffset[]): Promise<readonly SinkOffset[]> {
    const { task } = this.parts;
    if (task.preCommit) return task.preCommit(ends);
    await task.flush?.(ends);
    return ends;
  }

  /** Whether a task's offset may be committed, and has not been yet. */
  private isNew(offset: SinkOffset): boolean {
    const name = partitionText(offset);
    const end = this.delivered.get(name)?.offset ?? -1;
    if (!this.assigned.has(name) || offset.offset > end) {
      this.log.warn(`${this} Ignoring invalid task provided offset ${name}/${offset.offset} -- not yet consumed`);
      return false;
    }
    return this.committed.get(name) !== offset.offset;
  }

  private rewind(): void {
    for (const [name, partition] of this.assigned) {
      const offset = this.committed.get(name) ?? this.starts.get(name);
      if (offset !== undefined) this.seek({ ...partition, offset });
    }
    this.batch = [];
    this.batchEnds = new Map();
    this.isRedelivery = false;
  }

  protected async finish(): Promise<void> {
    // The consumer gives its partitions up, which commits and closes them.
    try {
      await this.consumer?.close();
    } finally {
      await this.calls
        .run(() => this.parts.task.stop())
        .catch((thrown) => this.log.warn('Could not stop task', asToolError(thrown)));
      closeStages(this.parts.stages);
      await this.parts.close();
    }
  }

  protected abandon(): void {
    // Its partitions are its own as long as the group keeps it; once it has lost them its commits are refused.
  }
}

/** The records that sink records were made of, as they were read. */
const sources = new WeakMap<SinkRecord, ConsumerRecord>();
