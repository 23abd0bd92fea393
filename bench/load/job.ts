/** What a load process is told to do, as JSON in its last argument; it answers with a `Result`, as JSON on stdout. */
export type Job =
  | ProduceJob
  | FetchJob
  | CommittedFetchJob
  | LatencyJob
  | TransactionsJob
  | CommitJob
  | JoinJob
  | GroupsJob
  | CreateJob
  | OutageJob
  | CleaningJob;

interface Target {
  readonly port: number;
  /** The brokers' processes: their CPU time is read at both ends of the measured time. */
  readonly brokerPids: readonly number[];
  readonly topic: string;
  readonly partitions: number;
  /** 1 where it is not there. Of more, all but one must be in sync. */
  readonly replicationFactor?: number;
}

export interface BatchShape {
  readonly valueBytes: number;
  readonly records: number;
  readonly compression: 'none' | 'lz4';
  readonly idempotent: boolean;
}

interface Timed {
  /** Load that is not measured: JIT compilers work, caches fill. */
  readonly warmSeconds: number;
  readonly seconds: number;
}

/** As many requests as the broker takes, one batch each. Each connection's partitions must have one leader. */
export interface ProduceJob extends Target, Timed {
  readonly kind: 'produce';
  readonly batch: BatchShape;
  readonly connections: number;
  readonly inFlight: number;
}

/** Fills the topic with `fillBytes` first, then reads it round and round. */
export interface FetchJob extends Target, Timed {
  readonly kind: 'fetch';
  readonly batch: BatchShape;
  readonly connections: number;
  readonly fillBytes: number;
  readonly partitionMaxBytes: number;
}

/** As `FetchJob`, of transactions, some of them aborted; read to the end and to the last stable offset in turn. */
export interface CommittedFetchJob extends Target, Timed {
  readonly kind: 'committed-fetch';
  readonly batch: BatchShape;
  readonly connections: number;
  readonly fillBytes: number;
  /** Of each partition. */
  readonly batchesPerTransaction: number;
}

/** Producers that commit one transaction after the other: a batch to each partition. */
export interface TransactionsJob extends Target, Timed {
  readonly kind: 'transactions';
  readonly batch: BatchShape;
  readonly producers: number;
}

/** Batches at fixed times, whether earlier ones are answered or not. */
export interface LatencyJob extends Target, Timed {
  readonly kind: 'latency';
  readonly batch: BatchShape;
  readonly batchesPerSecond: number;
  readonly inFlight: number;
}

/** As many OffsetCommits as the broker takes, of all `partitions` each; a group for each connection. */
export interface CommitJob extends Target, Timed {
  readonly kind: 'commit';
  readonly connections: number;
  readonly inFlight: number;
}

/** Groups, one after the other, whose members all start at once; `coldGroups` of them before time is taken. */
export interface JoinJob extends Target {
  readonly kind: 'join';
  readonly groups: number;
  readonly coldGroups: number;
  readonly members: number;
  readonly heartbeatMs: number;
}

/** Makes groups with offsets, or waits until they are all there. The topic is made by `fill`, and stays. */
export interface GroupsJob extends Target {
  readonly kind: 'groups';
  readonly action: 'fill' | 'served';
  readonly groups: number;
}

/** Makes the topic and writes to each of its partitions once. */
export interface CreateJob extends Target {
  readonly kind: 'create';
}

/** Sends a signal to a broker: how long nobody could write (`outage`), or administer (`failover`). */
export interface OutageJob extends Target {
  readonly kind: 'outage' | 'failover';
  readonly signal: 'SIGTERM' | 'SIGKILL';
  readonly victim: 'leader' | 'controller';
  /** The brokers' processes by their ports. */
  readonly pids: Readonly<Record<number, number>>;
}

/** A compacted topic is filled, and then cleaned; with `latency` a producer writes to another one, before and meanwhile. */
export interface CleaningJob extends Target {
  readonly kind: 'cleaning';
  readonly fillBytes: number;
  readonly valueBytes: number;
  /** How many of the records are their key's last. */
  readonly liveShare: number;
  /** Where the broker keeps its logs. */
  readonly logDir: string;
  readonly latency?: Pick<LatencyJob, 'batch' | 'batchesPerSecond' | 'inFlight'>;
  /** How long latencies are measured before. */
  readonly seconds: number;
}

/** Of a `CleaningJob`. */
export interface CleaningResult {
  readonly seconds: number;
  readonly bytes: number;
  readonly peakRssMb: number;
  readonly p99Ms?: number;
  readonly quietP99Ms?: number;
  readonly p99Ratio?: number;
}

export interface Result {
  readonly seconds: number;
  readonly requests: number;
  readonly records: number;
  /** Of record batches. */
  readonly bytes: number;
  readonly brokerCpuSeconds: number;
  readonly ownCpuSeconds: number;
  /** Of a record, from the moment it was due; latency jobs only. */
  readonly latencyMs?: { readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number };
}

/** Of a `CommittedFetchJob`. */
export interface CommittedResult {
  readonly committedBytesPerSecond: number;
  /** Of what is read to the log's end in the same time. */
  readonly share: number;
}
