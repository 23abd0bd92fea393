// What a plug-in of a user's is made against. The build makes type declarations of this file as it is: it imports nothing.

/** Connect's types (org.apache.kafka.connect.data.Schema.Type). */
export type SchemaType =
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FLOAT32'
  | 'FLOAT64'
  | 'BOOLEAN'
  | 'STRING'
  | 'BYTES'
  | 'ARRAY'
  | 'MAP'
  | 'STRUCT';

export interface Field {
  readonly name: string;
  readonly index: number;
  readonly schema: Schema;
}

/** What any schema may say beside its type. */
export interface SchemaInit {
  readonly optional?: boolean;
  /** Undefined: none. */
  readonly defaultValue?: unknown;
  readonly name?: string | null;
  readonly version?: number | null;
  readonly doc?: string | null;
  readonly parameters?: ReadonlyMap<string, string> | null;
}

/** The type of data: what Connect's records are described by (org.apache.kafka.connect.data.Schema). Immutable. */
export interface Schema extends Required<SchemaInit> {
  readonly type: SchemaType;
  /** Null: none. */
  readonly defaultValue: unknown;
  /** The fields of a struct, in order. Throws for other types. */
  readonly fields: readonly Field[];
  /** A struct's field, undefined where it has none of that name. */
  field(name: string): Field | undefined;
  /** Of a map. */
  readonly keySchema: Schema;
  /** Of a map or an array. */
  readonly valueSchema: Schema;
  /** The same schema with other properties. */
  with(init: SchemaInit): Schema;
  equals(other: Schema): boolean;
}

export type ScalarType = Exclude<SchemaType, 'ARRAY' | 'MAP' | 'STRUCT'>;

/** A value of a struct schema (org.apache.kafka.connect.data.Struct). */
export interface Struct {
  readonly schema: Schema;
  /** The field's value; its default where it is null. Throws where there is no such field. */
  get(name: string): unknown;
  getWithoutDefault(name: string): unknown;
  /** Sets a field. Throws where the value does not fit the field's schema. */
  put(name: string, value: unknown): this;
  /** Throws where a field that must be there was never set. */
  validate(): void;
}

/** An exact decimal number, `unscaled × 10^-scale`: values of a schema named org.apache.kafka.connect.data.Decimal. */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
  toNumber(): number;
}

/** What data with a schema is made of. */
export interface PluginData {
  readonly Struct: new (schema: Schema) => Struct;
  readonly Decimal: {
    new (unscaled: bigint, scale: number): Decimal;
    /** Reads a number such as `-12.50`; undefined where the text is none. */
    parse(text: string): Decimal | undefined;
  };
  schemaOf(type: ScalarType, init?: SchemaInit): Schema;
  arrayOf(valueSchema: Schema, init?: SchemaInit): Schema;
  mapOf(keySchema: Schema, valueSchema: Schema, init?: SchemaInit): Schema;
  /** A struct's schema from its fields in order. Throws where a name stands twice. */
  structOf(fields: readonly (readonly [string, Schema])[], init?: SchemaInit): Schema;
}

export interface ConnectHeader {
  readonly key: string;
  readonly schema: Schema | null;
  readonly value: unknown;
}

/** What source and sink records have in common: what transformations work on. */
export interface ConnectRecord {
  readonly topic: string;
  /** Null: the producer chooses. */
  readonly partition: number | null;
  readonly keySchema: Schema | null;
  readonly key: unknown;
  readonly valueSchema: Schema | null;
  readonly value: unknown;
  /** Null: the time of sending. */
  readonly timestamp: number | null;
  readonly headers: readonly ConnectHeader[];
}

/** Names a source's part, or a place in it: a map of plain values. */
export type SourceMap = ReadonlyMap<string, unknown>;

export interface SourceRecord extends ConnectRecord {
  readonly sourcePartition: SourceMap | null;
  readonly sourceOffset: SourceMap | null;
}

/** A record as a task may give it: what it leaves out is null, or none. */
export type GivenRecord = Pick<SourceRecord, 'topic'> & Partial<SourceRecord>;

export interface SinkRecord extends ConnectRecord {
  readonly offset: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime' | undefined;
  /** Where it was read from, whatever transformations made of it. */
  readonly originalTopic: string;
  readonly originalPartition: number;
}

/** What org.apache.kafka.common.config.ConfigDef knows of a setting. */
export type ConfigType = 'BOOLEAN' | 'STRING' | 'INT' | 'SHORT' | 'LONG' | 'DOUBLE' | 'LIST' | 'CLASS' | 'PASSWORD';
export type Importance = 'HIGH' | 'MEDIUM' | 'LOW';
export type Width = 'NONE' | 'SHORT' | 'MEDIUM' | 'LONG';

/** Checks a parsed value. Throws what is wrong with it. */
export type Validator = (name: string, value: unknown) => void;

export interface ConfigKey {
  readonly name: string;
  readonly type: ConfigType;
  /** What is taken where the setting is missing; left out: it must be given. */
  readonly fallback?: string | null;
  readonly validate?: Validator;
  readonly importance: Importance;
  readonly documentation: string;
  readonly group?: string | null;
  readonly order?: number;
  readonly width?: Width;
  readonly displayName?: string;
  /** For a CLASS: the full name of the plug-in that a name or alias stands for; undefined where there is none. */
  readonly resolve?: (name: string) => string | undefined;
  /** What it may be set to, for whoever asks. */
  readonly recommended?: () => readonly string[];
}

/** Properties under their names. */
export type Props = ReadonlyMap<string, string>;

/** Writes lines to the worker's log. */
export interface PluginLog {
  error(message: string, thrown?: unknown): void;
  warn(message: string, thrown?: unknown): void;
  info(message: string): void;
  debug(message: string): void;
  trace(message: string): void;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Where a record went. */
export interface RecordMetadata extends TopicPartition {
  /** -1 where the broker was not asked to answer. */
  readonly offset: number;
}

/** Data and what describes it; a null schema: none. */
export interface SchemaAndValue {
  readonly schema: Schema | null;
  readonly value: unknown;
}

/** Between Connect's data and the bytes of records' keys or values. */
export interface Converter {
  /** Throws for settings that it cannot take. */
  configure(props: Props, isKey: boolean): void;
  /** Null: a record without that part. Throws. */
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
  configure(params: Props, log: PluginLog): void;
  /** The values of those keys that it knows; an empty path: none was given. Throws. */
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
  /** Throws for settings that it cannot take. */
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
  readonly log: PluginLog;
  /** Where the source left off in a part; null where nothing is known. */
  offset(partition: SourceMap): SourceMap | null;
  /** Resolves after so many milliseconds, at once when the task is to stop. */
  sleep(ms: number): Promise<void>;
}

/** Brings records in. Its methods are called one after another, but for `stop`. */
export interface SourceTask {
  start(props: Props, context: SourceTaskContext): void | Promise<void>;
  /** The next records, or null; may wait a while where there are none. What fails with `retriable: true` is tried again. */
  poll(): Promise<readonly GivenRecord[] | null> | readonly GivenRecord[] | null;
  /** Ends what `poll` waits for. */
  stop(): void | Promise<void>;
  /** Called after offsets were written. */
  commit?(): void | Promise<void>;
  /** Called for each record that was written, or left out (null). */
  commitRecord?(record: SourceRecord, metadata: RecordMetadata | null): void | Promise<void>;
}

export interface SinkTaskContext {
  readonly log: PluginLog;
  assignment(): readonly TopicPartition[];
  /** Reads these partitions from there on after `put` returns. */
  seek(partition: TopicPartition, offset: number): void;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** How long to wait before records that failed with `retriable: true` come again. */
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
  /** Takes records over. After an error with `retriable: true` the same come again; anything else ends the task. */
  put(records: readonly SinkRecord[]): void | Promise<void>;
  /** Makes durable what was put; what has been read until then is committed. */
  flush?(offsets: readonly SinkOffset[]): void | Promise<void>;
  /** Instead of `flush`: returns what may be committed. */
  preCommit?(offsets: readonly SinkOffset[]): readonly SinkOffset[] | Promise<readonly SinkOffset[]>;
  close?(partitions: readonly TopicPartition[]): void | Promise<void>;
  stop(): void | Promise<void>;
}

/** Changes one record at a time (org.apache.kafka.connect.transforms.Transformation). */
export interface Transformation {
  /** Throws for settings that it cannot take. */
  configure(props: Props): void;
  /** Null: the record goes no further. Throws. */
  apply<R extends ConnectRecord>(record: R): R | null;
  close?(): void;
}

/** Says which records a transformation is for (org.apache.kafka.connect.transforms.predicates.Predicate). */
export interface Predicate {
  configure(props: Props): void;
  test(record: ConnectRecord): boolean;
  close?(): void;
}

/** What a plug-in of each kind is made as. */
export interface PluginKinds {
  readonly sink: SinkConnector;
  readonly source: SourceConnector;
  readonly converter: Converter;
  readonly header_converter: HeaderConverter;
  readonly transformation: Transformation;
  readonly predicate: Predicate;
  readonly config_provider: ConfigProvider;
}

export type PluginType = keyof PluginKinds;

/** A plug-in of one kind, as a module declares it. */
export interface PluginDeclarationOf<T extends PluginType> {
  /** The name that `connector.class` (or `transforms.x.type`, `key.converter`) gives. */
  readonly className: string;
  readonly type: T;
  readonly version?: string;
  /** The settings that it takes, in the order in which they are shown. */
  readonly config?: readonly ConfigKey[];
  create(data: PluginData): PluginKinds[T];
}

/** A module on plugin.path exports a list of these as `plugins`. */
export type PluginDeclaration = { [T in PluginType]: PluginDeclarationOf<T> }[PluginType];
