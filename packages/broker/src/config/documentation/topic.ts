import type { TopicConfigName } from '../definitions/topic';

/** What DescribeConfigs says of each topic config when asked for documentation. */
export const TOPIC_DOCUMENTATION: Readonly<Record<TopicConfigName, string>> = {
  'cleanup.policy':
    'What becomes of old segments: delete drops them, compact keeps the last record of each key; both may be given.',
  'compression.gzip.level': 'Level at which the broker compresses with gzip.',
  'compression.lz4.level': 'Level at which the broker compresses with lz4; 9, the default, is the fast one.',
  'compression.type': 'Codec in which the log is stored; producer keeps whatever the producer used.',
  'compression.zstd.level': 'Level at which the broker compresses with zstd.',
  'delete.retention.ms': 'How long the tombstones of a compacted topic stay readable.',
  'file.delete.delay.ms': 'How long a segment that left the log stays on disk.',
  'flush.messages': 'Number of records after which the log is forced to disk; replication usually makes this needless.',
  'flush.ms': 'Time after which the log is forced to disk; replication usually makes this needless.',
  'follower.replication.throttled.replicas':
    'Replicas (partition:broker) that are throttled where they fetch; * means all.',
  'index.interval.bytes': 'Bytes of log between two entries of the offset index.',
  'leader.replication.throttled.replicas':
    'Replicas (partition:broker) that are throttled where they are fetched from; * means all.',
  'local.retention.bytes':
    'With tiered storage, bytes of a partition that stay on the broker; -2 follows retention.bytes.',
  'local.retention.ms': 'With tiered storage, how long segments stay on the broker; -2 follows retention.ms.',
  'max.compaction.lag.ms': 'Time within which every record becomes eligible for compaction.',
  'max.message.bytes': 'Largest record batch that is accepted, measured as it is sent, compressed.',
  'message.downconversion.enable': 'Whether batches are rewritten for consumers that know older formats only.',
  'message.format.version': 'Deprecated and without effect since 3.0.',
  'message.timestamp.after.max.ms': "How far a record's own timestamp may be ahead of the broker's clock.",
  'message.timestamp.before.max.ms': "How far a record's own timestamp may be behind the broker's clock.",
  'message.timestamp.difference.max.ms':
    'Deprecated: one bound for both directions, which the newer before and after bounds replace.',
  'message.timestamp.type': 'Whose clock stamps the records: CreateTime the producer, LogAppendTime the broker.',
  'min.cleanable.dirty.ratio': 'Share of the log that must be uncompacted before it is compacted again.',
  'min.compaction.lag.ms': 'Time for which a record is certain not to be compacted away.',
  'min.insync.replicas': 'Replicas that must be in sync for a write with acks=all to be accepted.',
  preallocate: 'Whether new segment files are given their whole size at once.',
  'remote.log.copy.disable': 'Stops copying to tiered storage; needs KRaft.',
  'remote.log.delete.on.disable': 'Deletes tiered data when tiered storage is turned off; needs KRaft.',
  'remote.storage.enable': 'Whether old segments move to tiered storage.',
  'retention.bytes': 'Size at which the oldest segments of a partition are deleted; -1 sets no bound.',
  'retention.ms': 'Age at which segments are deleted; -1 sets no bound.',
  'segment.bytes': 'Size at which a new segment file is begun.',
  'segment.index.bytes': 'Largest size of the index of a segment.',
  'segment.jitter.ms': 'Random time by which segments roll earlier, so that not all roll at once.',
  'segment.ms': 'Age at which a new segment file is begun, full or not.',
  'unclean.leader.election.enable':
    'Whether a replica that is not in sync may lead when no other is left, at the price of records.',
};
