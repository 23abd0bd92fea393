import { configException } from '../tool-error';
import { booleanConfig, enumConfig, intConfig, longConfig, type Properties, requirePlaintext } from './properties';

/** A consumer's settings, under Kafka's names in camel case. */
export interface ConsumerSettings {
  readonly bootstrapServers: string;
  readonly clientId: string;
  readonly groupId: string;
  /** 0: read_uncommitted, 1: read_committed. */
  readonly isolationLevel: number;
  /** The special timestamp that auto.offset.reset stands for; undefined: none. */
  readonly resetTimestamp: number | undefined;
  readonly fetchMaxWaitMs: number;
  readonly fetchMinBytes: number;
  readonly fetchMaxBytes: number;
  readonly maxPartitionFetchBytes: number;
  readonly requestTimeoutMs: number;
  readonly retryBackoffMs: number;
  readonly metadataMaxAgeMs: number;
  readonly allowAutoCreateTopics: boolean;
  readonly excludeInternalTopics: boolean;
  readonly rackId: string;
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
  readonly connectTimeoutMs: number;
}

const LATEST = -1;
const EARLIEST = -2;

function resetOf(properties: Properties): number | undefined {
  const text = (properties.get('auto.offset.reset') ?? 'latest').toLowerCase();
  if (text === 'latest') return LATEST;
  if (text === 'earliest') return EARLIEST;
  if (text === 'none') return undefined;
  const value = properties.get('auto.offset.reset');
  throw configException(
    `Invalid value ${value} for configuration auto.offset.reset: String must be one of: latest, earliest, none`,
  );
}

/** Reads a consumer's properties (ConsumerConfig). Throws `ToolError` with Kafka's messages. */
export function consumerSettings(properties: Properties): ConsumerSettings {
  requirePlaintext(properties);
  const isolation = enumConfig(properties, 'isolation.level', 'read_uncommitted', [
    'read_committed',
    'read_uncommitted',
  ]);
  return {
    bootstrapServers: properties.get('bootstrap.servers') ?? '',
    clientId: properties.get('client.id') ?? '',
    groupId: properties.get('group.id') ?? '',
    isolationLevel: isolation === 'read_committed' ? 1 : 0,
    resetTimestamp: resetOf(properties),
    fetchMaxWaitMs: intConfig(properties, 'fetch.max.wait.ms', 500, { min: 0 }),
    fetchMinBytes: intConfig(properties, 'fetch.min.bytes', 1, { min: 0 }),
    fetchMaxBytes: intConfig(properties, 'fetch.max.bytes', 52_428_800, { min: 0 }),
    maxPartitionFetchBytes: intConfig(properties, 'max.partition.fetch.bytes', 1_048_576, { min: 0 }),
    requestTimeoutMs: intConfig(properties, 'request.timeout.ms', 30_000, { min: 0 }),
    retryBackoffMs: longConfig(properties, 'retry.backoff.ms', 100, { min: 0 }),
    metadataMaxAgeMs: longConfig(properties, 'metadata.max.age.ms', 300_000, { min: 0 }),
    allowAutoCreateTopics: booleanConfig(properties, 'allow.auto.create.topics', true),
    excludeInternalTopics: booleanConfig(properties, 'exclude.internal.topics', true),
    rackId: properties.get('client.rack') ?? '',
    reconnectBackoffMs: longConfig(properties, 'reconnect.backoff.ms', 50, { min: 0 }),
    reconnectBackoffMaxMs: longConfig(properties, 'reconnect.backoff.max.ms', 1_000, { min: 0 }),
    connectTimeoutMs: longConfig(properties, 'socket.connection.setup.timeout.ms', 10_000),
  };
}
