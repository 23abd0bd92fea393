import { listEntries } from '../client/addresses';
import { type ConfigKey, type ConfigKeys, parseConfig } from '../client/config-def';
import { refuseGzipLevel } from '../client/config-keys';
import type { Properties } from '../client/properties';
import { metadataLevel } from '../features/metadata-version';
import { hashMapOrder, stringHash } from '../java-order';
import { configException, ServerError } from '../tool-error';

const CLEANUP_POLICIES = ['compact', 'delete'];
const CODECS = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'];
const LONG_MAX = 2n ** 63n - 1n;

const flag: ConfigKey = { type: 'BOOLEAN' };
const int = (min: number, max?: number): ConfigKey => ({ type: 'INT', min, ...(max === undefined ? {} : { max }) });
const long = (min: number): ConfigKey => ({ type: 'LONG', min });

/** ThrottledReplicaListValidator, which shows the value as Java shows a list. */
const throttledReplicas = (name: string): ConfigKey => ({
  type: 'LIST',
  refuse: (value) => {
    const entries = listEntries(value as string);
    if ((entries.length === 1 && entries[0] === '*') || entries.every((entry) => /^(\d+:\d+)?$/.test(entry))) return;
    throw configException(
      `Invalid value [${entries.join(', ')}] for configuration ${name}: ${name} must be the literal '*' or a list of ` +
        'replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...',
    );
  },
});

/** ConfigDef.ValidList, which names the entry, not the value. */
function refusePolicies(value: unknown): undefined {
  const wrong = listEntries(value as string).find((entry) => !CLEANUP_POLICIES.includes(entry));
  if (wrong === undefined) return;
  throw configException(
    `Invalid value ${wrong} for configuration cleanup.policy: String must be one of: ${CLEANUP_POLICIES.join(', ')}`,
  );
}

/** The limits are whole numbers, and shown as such. */
function refuseRatio(value: unknown): string | undefined {
  const ratio = value as number;
  if (ratio < 0) return 'Value must be at least 0';
  return ratio > 1 ? 'Value must be no more than 1' : undefined;
}

/** What Kafka's LogConfig says of a topic's configs, in the order in which it checks them. */
const TOPIC_CONFIGS: ConfigKeys = [
  ['segment.bytes', int(14)],
  ['segment.ms', long(1)],
  ['segment.jitter.ms', long(0)],
  ['segment.index.bytes', int(4)],
  ['flush.messages', long(1)],
  ['flush.ms', long(0)],
  ['retention.bytes', { type: 'LONG' }],
  ['retention.ms', long(-1)],
  ['max.message.bytes', int(0)],
  ['index.interval.bytes', int(0)],
  ['delete.retention.ms', long(0)],
  ['min.compaction.lag.ms', long(0)],
  ['max.compaction.lag.ms', long(1)],
  ['file.delete.delay.ms', long(0)],
  ['min.cleanable.dirty.ratio', { type: 'DOUBLE', refuse: refuseRatio }],
  ['cleanup.policy', { type: 'LIST', refuse: refusePolicies }],
  ['unclean.leader.election.enable', flag],
  ['min.insync.replicas', int(1)],
  ['compression.type', { type: 'STRING', oneOf: CODECS }],
  ['compression.gzip.level', { type: 'INT', refuse: refuseGzipLevel }],
  ['compression.lz4.level', int(1, 17)],
  ['compression.zstd.level', int(-131_072, 22)],
  ['preallocate', flag],
  [
    'message.format.version',
    {
      type: 'STRING',
      refuse: (value) =>
        metadataLevel(value as string) === undefined ? `Version ${value} is not a valid version` : undefined,
    },
  ],
  ['message.timestamp.type', { type: 'STRING', oneOf: ['CreateTime', 'LogAppendTime'] }],
  ['message.timestamp.difference.max.ms', long(0)],
  ['message.timestamp.before.max.ms', long(0)],
  ['message.timestamp.after.max.ms', long(0)],
  ['leader.replication.throttled.replicas', throttledReplicas('leader.replication.throttled.replicas')],
  ['follower.replication.throttled.replicas', throttledReplicas('follower.replication.throttled.replicas')],
  ['message.downconversion.enable', flag],
  ['remote.storage.enable', flag],
  ['local.retention.ms', long(-2)],
  ['local.retention.bytes', long(-2)],
  ['remote.log.copy.disable', flag],
  ['remote.log.delete.on.disable', flag],
];

/**
 * Checks a topic's configs as Kafka's tool does before it asks a broker (LogConfig.validate). What depends on the
 * broker's own configs is left to it. Throws `ToolError` at the first that is refused.
 */
export function validateTopicConfigs(configs: Properties): void {
  const known = new Set(TOPIC_CONFIGS.map(([name]) => name));
  const unknown = hashMapOrder([...configs.keys()], stringHash).find((name) => !known.has(name));
  if (unknown !== undefined) throw new ServerError('INVALID_CONFIG', `Unknown topic config name: ${unknown}`);
  parseConfig(TOPIC_CONFIGS, configs);
  const minLag = BigInt(configs.get('min.compaction.lag.ms') ?? 0);
  const maxLag = BigInt(configs.get('max.compaction.lag.ms') ?? LONG_MAX);
  if (minLag <= maxLag) return;
  throw new ServerError(
    'INVALID_CONFIG',
    `conflict topic config setting min.compaction.lag.ms (${minLag}) > max.compaction.lag.ms (${maxLag})`,
  );
}
