import { type Family, gauge, type Sample, single } from './families';

/** What is read of a replica of this broker. */
export interface ObservedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
  /** Those among them that are being added by a reassignment. */
  readonly addingReplicas: readonly number[];
  /** And those that are being removed. */
  readonly removingReplicas: readonly number[];
  readonly role:
    | { readonly type: 'none' | 'lost' | 'follower' }
    | { readonly type: 'leader'; readonly state: { readonly isr: readonly number[] } };
  readonly log: {
    readonly size: number;
    readonly segmentCount: number;
    readonly logStartOffset: number;
    readonly logEndOffset: number;
  };
}

export interface ReplicaSource {
  readonly partitions: () => Iterable<ObservedPartition>;
  /** Replicas on log folders that have failed. */
  readonly offlineReplicas: () => number;
  readonly logDirs: () => readonly { readonly path: string; readonly isOffline: boolean }[];
  readonly minInsyncReplicas: (topic: string) => number;
  readonly isrCounts: { readonly shrinks: number; readonly expands: number; readonly failedUpdates: number };
}

const PREFIX = 'kafka_server_replicamanager';

/** The replicas of this broker (ReplicaManager, LogManager and Log of Kafka's JMX). */
export function replicaFamilies(source: ReplicaSource): Family[] {
  const count = (holds: (partition: ObservedPartition) => boolean): number => {
    let found = 0;
    for (const partition of source.partitions()) if (holds(partition)) found++;
    return found;
  };
  const isr = ({ role }: ObservedPartition): number | null => (role.type === 'leader' ? role.state.isr.length : null);
  const minIsr = ({ topic, replicas }: ObservedPartition): number =>
    Math.min(source.minInsyncReplicas(topic), replicas.length);
  const leads =
    (holds: (isrSize: number, partition: ObservedPartition) => boolean) => (partition: ObservedPartition) => {
      const size = isr(partition);
      return size !== null && holds(size, partition);
    };
  return [
    gauge(`${PREFIX}_partitioncount`, 'Replicas on this broker', () => count(() => true)),
    gauge(`${PREFIX}_leadercount`, 'Partitions that this broker leads', () => count(leads(() => true))),
    gauge(`${PREFIX}_underreplicatedpartitions`, 'Partitions led here of which a replica is not in sync', () =>
      // Replicas to come are no more than that (Partition.isUnderReplicated).
      count(leads((size, { replicas, addingReplicas }) => size < replicas.length - addingReplicas.length)),
    ),
    gauge(
      `${PREFIX}_underminisrpartitioncount`,
      'Partitions led here with fewer replicas in sync than min.insync.replicas',
      () => count(leads((size, partition) => size < minIsr(partition))),
    ),
    gauge(
      `${PREFIX}_atminisrpartitioncount`,
      'Partitions led here with just as many replicas in sync as min.insync.replicas',
      () => count(leads((size, partition) => size === minIsr(partition))),
    ),
    gauge(`${PREFIX}_reassigningpartitions`, 'Partitions led here that move to other replicas', () =>
      count(
        leads((_size, { addingReplicas, removingReplicas }) => addingReplicas.length + removingReplicas.length > 0),
      ),
    ),
    single(
      'counter',
      `${PREFIX}_isrshrinks_total`,
      'Changes of in-sync sets by which leaders here have dropped followers',
      () => source.isrCounts.shrinks,
    ),
    single(
      'counter',
      `${PREFIX}_isrexpands_total`,
      'Changes of in-sync sets by which leaders here have taken followers in',
      () => source.isrCounts.expands,
    ),
    single(
      'counter',
      `${PREFIX}_failedisrupdates_total`,
      'Changes of in-sync sets that the controller has refused, or that came too late',
      () => source.isrCounts.failedUpdates,
    ),
    gauge(`${PREFIX}_offlinereplicacount`, 'Replicas on log folders that have failed', source.offlineReplicas),
    gauge(
      'kafka_log_logmanager_offlinelogdirectorycount',
      'Log folders that have failed',
      () => source.logDirs().filter(({ isOffline }) => isOffline).length,
    ),
    {
      name: 'kafka_log_logmanager_logdirectoryoffline',
      help: 'Whether the log folder has failed',
      type: 'gauge',
      read: () =>
        source.logDirs().map(({ path, isOffline }) => ({ labels: { logdirectory: path }, value: Number(isOffline) })),
    },
    ofLogs(source, 'size', 'Bytes of the log', ({ size }) => size),
    ofLogs(source, 'numlogsegments', 'Segments of the log', ({ segmentCount }) => segmentCount),
    ofLogs(source, 'logstartoffset', 'First offset of the log', ({ logStartOffset }) => logStartOffset),
    ofLogs(source, 'logendoffset', 'Offset of the next record of the log', ({ logEndOffset }) => logEndOffset),
  ];
}

function ofLogs(
  { partitions }: ReplicaSource,
  name: string,
  help: string,
  value: (log: ObservedPartition['log']) => number,
): Family {
  return {
    name: `kafka_log_log_${name}`,
    help,
    type: 'gauge',
    *read(): Generator<Sample> {
      for (const { topic, partition, log } of partitions()) {
        yield { labels: { topic, partition: String(partition) }, value: value(log) };
      }
    },
  };
}
