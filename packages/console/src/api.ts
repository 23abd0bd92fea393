/**
 * What the console's server and its page say to each other: nothing but types, imported by both. Times are milliseconds
 * since 1970, offsets and sizes are numbers. Whatever names come from the cluster (topics, groups, clients, configs,
 * messages) are texts that anybody may have chosen: the page sets them as text, never as markup.
 */

export type * from './api-changes';

/** Every answer that is not 2xx. Kafka's errors keep their name: `UNKNOWN_TOPIC_OR_PARTITION: …`. */
export interface ErrorAnswer {
  readonly error: string;
  /** What to change or do, such as `odradek.console.changes=true`. */
  readonly remedy?: string;
}

/** GET /api/session */
export interface Session {
  readonly product: 'Odradek';
  readonly version: string;
  /** The broker whose process serves the console. */
  readonly brokerId: number;
  /** Whether POSTs are served. */
  readonly changes: boolean;
  /** Goes into `X-Odradek-Token` of every POST; null while there are no changes. Another after a restart: a 403 means ask again. */
  readonly token: string | null;
}

/** GET /api/cluster */
export interface Cluster {
  readonly clusterId: string | null;
  /** -1 while there is none. */
  readonly controllerId: number;
  /** By id; those that replicas name and that are not alive included. */
  readonly brokers: readonly Broker[];
  readonly totals: ClusterTotals;
  /** Partitions that want something, the worst first; no more than `MAX_TROUBLED` of them (totals count all). */
  readonly troubled: readonly TroubledPartition[];
  readonly atMs: number;
}

export interface Broker {
  readonly id: number;
  readonly alive: boolean;
  /** Null where it is not alive. */
  readonly host: string | null;
  readonly port: number | null;
  readonly rack: string | null;
  readonly isController: boolean;
  /** Whether it serves this console. */
  readonly isConsoleHost: boolean;
  /** Partitions that it leads, has a replica of, and is in sync of. */
  readonly leaders: number;
  readonly replicas: number;
  readonly inSync: number;
  /** What its logs hold; null where it could not be asked. */
  readonly bytes: number | null;
}

export interface ClusterTotals {
  readonly topics: number;
  readonly partitions: number;
  /** Partitions with fewer in-sync replicas than replicas. */
  readonly underReplicated: number;
  /** Partitions without a leader. */
  readonly offline: number;
  /** Partitions with fewer in-sync replicas than min.insync.replicas. */
  readonly underMinIsr: number;
  /** Bytes of all replicas that could be asked for. */
  readonly bytes: number;
}

export type Trouble = 'OFFLINE' | 'UNDER_MIN_ISR' | 'UNDER_REPLICATED';

export interface TroubledPartition {
  readonly topic: string;
  readonly partition: number;
  /** -1: none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly trouble: Trouble;
  /** In words, such as `broker 2 is not alive` or `broker 3 lags behind`. */
  readonly why: string;
}

/** GET /api/brokers/:id */
export interface BrokerDetails {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
  readonly isController: boolean;
  /** `advertised.listeners` as `NAME://host:port` each, as the broker registered itself. */
  readonly endpoints: readonly string[];
  /** APIs that it advertises. */
  readonly apis: readonly { readonly key: number; readonly name: string; readonly min: number; readonly max: number }[];
  readonly logDirs: readonly LogDir[];
  readonly configs: readonly Config[];
}

export interface LogDir {
  readonly path: string;
  /** What the logs in it hold. */
  readonly bytes: number;
  readonly replicas: number;
  /** Of its file system; null where the broker does not say. */
  readonly totalBytes: number | null;
  readonly usableBytes: number | null;
  /** Kafka's name of what is wrong with it, such as `KAFKA_STORAGE_ERROR`. */
  readonly error: string | null;
}

export type ConfigSource =
  | 'DYNAMIC_TOPIC_CONFIG'
  | 'DYNAMIC_BROKER_LOGGER_CONFIG'
  | 'DYNAMIC_BROKER_CONFIG'
  | 'DYNAMIC_DEFAULT_BROKER_CONFIG'
  | 'STATIC_BROKER_CONFIG'
  | 'DEFAULT_CONFIG'
  | 'UNKNOWN';

export interface Config {
  readonly name: string;
  /** Null where it is sensitive, or has none. */
  readonly value: string | null;
  readonly source: ConfigSource;
  readonly isDefault: boolean;
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  /** `BOOLEAN`, `STRING`, `INT`, `SHORT`, `LONG`, `DOUBLE`, `LIST`, `CLASS`, `PASSWORD` or `UNKNOWN`. */
  readonly type: string;
  readonly documentation: string | null;
}

/** One of GET /api/topics, sorted by name. */
export interface TopicSummary {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly underReplicated: number;
  readonly offline: number;
  /** End offsets less start offsets, summed; null where a leader could not be asked. Compaction makes the true number smaller. */
  readonly records: number | null;
  /** End offsets, summed: grows with every record, whatever retention deletes; null where a leader could not be asked. */
  readonly endOffsets: number | null;
  /** What its leaders' logs hold; null where one could not be asked. */
  readonly bytes: number | null;
}

/** GET /api/topics/:topic */
export interface TopicDetails extends TopicSummary {
  readonly partitionList: readonly Partition[];
  readonly configs: readonly Config[];
  /** Groups that committed offsets of it, or read it now; sorted by id. */
  readonly groups: readonly TopicGroup[];
}

export interface Partition {
  readonly partition: number;
  /** -1: none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Replicas that are not alive. */
  readonly offline: readonly number[];
  /** Null where its leader could not be asked. */
  readonly startOffset: number | null;
  readonly endOffset: number | null;
  /** What each replica's log holds, by broker id; brokers that could not be asked are absent. */
  readonly bytes: Readonly<Record<string, number>>;
}

export interface TopicGroup {
  readonly groupId: string;
  readonly state: GroupState;
  /** In this topic; null where unknown. */
  readonly lag: number | null;
  /** Of its members, those that read this topic. */
  readonly members: number;
}

/** As Kafka 3.9 names them. */
export type GroupState = 'Unknown' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead' | 'Empty';

/** One of GET /api/groups, sorted by id. */
export interface GroupSummary {
  readonly groupId: string;
  readonly state: GroupState;
  readonly protocolType: string;
  /** The assignor, such as `range`; empty where there is none. */
  readonly protocol: string;
  /** The broker that coordinates it. */
  readonly coordinator: number;
  readonly members: number;
  /** Topics with committed offsets or members; sorted. */
  readonly topics: readonly string[];
  /** Over all its partitions with a committed offset; null where there are none, or the end of one is not known. */
  readonly lag: number | null;
  readonly lastRebalance: Rebalance | null;
  /** Why it could not be described (Kafka's name of the error), with what is known of it above. */
  readonly error: string | null;
}

/** The last rebalance of a group; only our brokers tell (null from others). */
export interface Rebalance {
  readonly reason: string;
  /** Empty: no single member. */
  readonly memberId: string;
  readonly atMs: number;
  /** Null while it lasts. */
  readonly durationMs: number | null;
}

/** GET /api/groups/:group */
export interface GroupDetails extends GroupSummary {
  readonly memberList: readonly Member[];
  /** Every partition that is assigned or has a committed offset, by topic and number. */
  readonly offsets: readonly GroupOffset[];
}

export interface Member {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  readonly assignment: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  /** Null: nothing committed. */
  readonly committed: number | null;
  /** Null where its leader could not be asked. */
  readonly end: number | null;
  readonly lag: number | null;
  /** Who reads it now. */
  readonly memberId: string | null;
  readonly metadata: string;
}

/** GET /api/zookeeper?path=/… */
export interface ZooKeeperNode {
  readonly path: string;
  readonly stat: ZooKeeperStat;
  /** As text where it is UTF-8 (JSON as it is stored: the page makes it pretty), else in base64; null: none. Credentials are masked. */
  readonly data: string | null;
  readonly encoding: Encoding;
  readonly isMasked: boolean;
  /** Sorted by name; no more than `MAX_CHILDREN` (stat counts all). */
  readonly children: readonly { readonly name: string; readonly numChildren: number }[];
}

export interface ZooKeeperStat {
  /** 64-bit ids, in hexadecimal with `0x`. */
  readonly czxid: string;
  readonly mzxid: string;
  readonly pzxid: string;
  readonly ctimeMs: number;
  readonly mtimeMs: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  /** The session that holds it, in hexadecimal with `0x`; `0x0` where it is no ephemeral node. */
  readonly ephemeralOwner: string;
  readonly dataLength: number;
  readonly numChildren: number;
}

export type Encoding = 'utf8' | 'base64';

/**
 * The query of GET /api/topics/:topic/messages, whose answer is a stream of server-sent events (`MessageEvents`).
 * - `from`: `beginning`, `end` (default), `offset:N`, `time:MS`, `last:N` (the newest N of all partitions together)
 * - `until=MS`: no records that are newer
 * - `partition=N`, may be repeated
 * - `key=TEXT`: exactly this key
 * - `grep=REGEX`: searched in the value, as `kafka-console-consumer --grep`; may be repeated: all must match
 * - `text=TEXT`: the same with a plain text
 * - `header=NAME` or `NAME=VALUE`; may be repeated: all of them
 * - `limit=N`: done after so many matches (default 500, at most 10,000; with `follow` none)
 * - `follow=1`: goes on with what comes after the end
 * - `isolation=committed`: nothing of aborted or open transactions
 */
export type MessagesQuery = {
  readonly from?: string;
  readonly until?: string;
  readonly partition?: string | readonly string[];
  readonly key?: string;
  readonly grep?: string | readonly string[];
  readonly text?: string;
  readonly header?: string | readonly string[];
  readonly limit?: string;
  readonly follow?: '1';
  readonly isolation?: 'committed' | 'uncommitted';
};

/** Events of a search or tail, by their name. A query that is wrong is answered with 400 and `ErrorAnswer` instead. */
export interface MessageEvents {
  /** Several records at a time, in the order in which they were found. */
  records: readonly MessageRecord[];
  /** Every half second or so, while something moves. */
  progress: SearchProgress;
  /** The last event: nothing comes after it (the page closes its EventSource, which would ask again). */
  done: { readonly reason: 'limit' | 'end' };
  /** Also the last one. */
  failed: ErrorAnswer;
}

export interface MessageRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: 'CreateTime' | 'LogAppendTime' | 'NoTimestampType';
  readonly key: Payload | null;
  /** Null: a tombstone. */
  readonly value: Payload | null;
  readonly headers: readonly { readonly key: string; readonly value: Payload | null }[];
}

export interface Payload {
  /** Text where it is UTF-8, else base64. */
  readonly data: string;
  readonly encoding: Encoding;
  /** In full. */
  readonly bytes: number;
  /** Whether `data` is only its beginning (64 KiB). */
  readonly isCut: boolean;
}

export interface SearchProgress {
  readonly scanned: number;
  readonly matched: number;
  /** Records that were there at the beginning, about: what `scanned` goes towards. Null: not known. */
  readonly total: number | null;
  /** Where each partition stands: the next offset to be read, and the end. */
  readonly partitions: readonly { readonly partition: number; readonly offset: number; readonly end: number }[];
  /** Everything that was there at the beginning has been read. */
  readonly caughtUp: boolean;
  /** Partitions that have no leader now: they were not read. */
  readonly unavailable: readonly number[];
  /** Matches that were left out: of a tail because more came than can be shown, of the newest because they are too large. */
  readonly dropped: number;
}
