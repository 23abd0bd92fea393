import type { RecordMetadata } from '@odradek/tools/client/accumulator';
import type { TopicPartition } from '@odradek/tools/client/partitions';
import type { ConnectHeader, GivenRecord, SinkRecord, SourceMap, SourceRecord } from '../data/record';
import type { Schema } from '../data/schema';
import type { Logger } from '../log';

/** Properties under their names. */
export type Props = ReadonlyMap<string, string>;

/** Data and what describes it; a null schema: none. */
export interface SchemaAndValue {
  readonly schema: Schema | null;
  readonly value: unknown;
}

export const NOTHING: SchemaAndValue = { schema: null, value: null };

/** Between Connect's data and the bytes of records' keys or values. */
export interface Converter {
  /** Throws `ToolError` for settings that it cannot take. */
  configure(props: Props, isKey: boolean): void;
  /** Null: a record without that part. Throws `DataError`. */
  fromConnectData(topic: string, schema: Schema | null, value: unknown): Buffer | null;
  toConnectData(topic: string, bytes: Buffer | null): SchemaAndValue;
}

/** The same for headers. */
export interface HeaderConverter {
  configure(props: Props): void;
  fromConnectHeader(topic: string, header: ConnectHeader): Buffer | null;
  toConnectHeader(topic: string, key: string, bytes: Buffer | null): SchemaAndValue;
}

/** What a config provider gives: values by key, and after how many milliseconds they no longer hold. */
export interface ConfigData {
  readonly data: ReadonlyMap<string, string>;
  readonly ttlMs?: number;
}

/** Knows values that settings refer to, as `${name:path:key}`: secrets above all. */
export interface ConfigProvider {
  /** @param params the settings under `config.providers.NAME.param.` */
  configure(params: Props, log: Logger): void;
  /** The values of those keys that it knows; an empty path: none was given. Throws `ToolError`. */
  get(path: string, keys: ReadonlySet<string>): ConfigData | Promise<ConfigData>;
  close?(): void;
}

/** What a connector may use of its worker. */
export interface ConnectorContext {
  /** Asks for new task configurations: what is to be copied has changed. */
  requestTaskReconfiguration(): void;
  /** Ends the connector: its state becomes FAILED. */
  raiseError(error: Error): void;
}

/** Says what is to be copied and divides it among tasks. */
export interface Connector {
  /** The Java class that its tasks would have; it shows in their configurations. */
  readonly taskClass: string;
  /** Throws `ToolError` for settings that it cannot take. */
  start(props: Props, context: ConnectorContext): void | Promise<void>;
  /** The configurations of at most so many tasks. Where it throws, the connector is FAILED until it is restarted. */
  taskConfigs(maxTasks: number): readonly Props[] | Promise<readonly Props[]>;
  stop?(): void | Promise<void>;
  /** What is wrong with the settings together, by the name of one of them. */
  validate?(props: Props): ReadonlyMap<string, string>;
  /**
   * Called before offsets are changed through REST. Throws where they may not be. A connector without it is taken to keep
   * offsets of its own elsewhere.
   */
  alterOffsets?(props: Props, offsets: readonly SourceOffset[]): void | Promise<void>;
}

export interface SourceConnector extends Connector {
  createTask(): SourceTask;
}

export interface SinkConnector extends Connector {
  createTask(): SinkTask;
}

/** Where a source stands in one of its parts; a null offset: nowhere. */
export interface SourceOffset {
  readonly partition: SourceMap | null;
  readonly offset: SourceMap | null;
}

export interface SourceTaskContext {
  readonly log: Logger;
  /** Where the source left off in a part; null where nothing is known. */
  offset(partition: SourceMap): SourceMap | null;
  /** Resolves after so many milliseconds, at once when the task is to stop. */
  sleep(ms: number): Promise<void>;
}

/** Brings records in. Its methods are called one after another, but for `stop`. */
export interface SourceTask {
  start(props: Props, context: SourceTaskContext): void | Promise<void>;
  /** The next records, or null; may wait a while where there are none. A `RetriableError` is tried again. */
  poll(): Promise<readonly GivenRecord[] | null> | readonly GivenRecord[] | null;
  /** Ends what `poll` waits for. */
  stop(): void | Promise<void>;
  /** Called after offsets were written. */
  commit?(): void | Promise<void>;
  /** Called for each record that was written, or left out (null). */
  commitRecord?(record: SourceRecord, metadata: RecordMetadata | null): void | Promise<void>;
}

export interface SinkTaskContext {
  readonly log: Logger;
  assignment(): readonly TopicPartition[];
  /** Reads these partitions from there on after `put` returns. */
  seek(partition: TopicPartition, offset: number): void;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** How long to wait before records that met a `RetriableError` come again. */
  retryAfter(ms: number): void;
  requestCommit(): void;
  /** Reports a record that could not be written: to the log and the dead letter queue (KIP-610). */
  reportErrant(record: SinkRecord, error: Error): Promise<void>;
}

/** A place that reading goes on from. */
export interface SinkOffset extends TopicPartition {
  readonly offset: number;
}

/** Takes records out. Its methods are called one after another. */
export interface SinkTask {
  start(props: Props, context: SinkTaskContext): void | Promise<void>;
  open?(partitions: readonly TopicPartition[]): void | Promise<void>;
  /** Takes records over. After a `RetriableError` the same come again; anything else ends the task. */
  put(records: readonly SinkRecord[]): void | Promise<void>;
  /** Makes durable what was put; what has been read until then is committed. */
  flush?(offsets: readonly SinkOffset[]): void | Promise<void>;
  /** Instead of `flush`: returns what may be committed. */
  preCommit?(offsets: readonly SinkOffset[]): readonly SinkOffset[] | Promise<readonly SinkOffset[]>;
  close?(partitions: readonly TopicPartition[]): void | Promise<void>;
  stop(): void | Promise<void>;
}
