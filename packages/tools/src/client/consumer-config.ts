import type { Log } from '../print';
import { configException } from '../tool-error';
import { type Config, parseConfig, refusePlugins, requirePlaintext, warnOfStaticBackoff } from './config-def';
import { CONSUMER_CONFIGS } from './config-keys';
import type { Properties } from './properties';

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
const RESETS: Readonly<Record<string, number>> = { latest: LATEST, earliest: EARLIEST };

/** What a group's protocol has no use for may not be said with it (ConsumerConfig.checkUnsupportedConfigs). */
const UNSUPPORTED: Readonly<Record<string, readonly string[]>> = {
  CLASSIC: ['group.remote.assignor'],
  CONSUMER: ['partition.assignment.strategy', 'heartbeat.interval.ms', 'session.timeout.ms'],
};

/** Checks all of a consumer's properties (ConsumerConfig). Throws `ToolError` with Kafka's messages. */
export function consumerConfig(properties: Properties, log: Log): Config {
  const config = parseConfig(CONSUMER_CONFIGS, properties);
  warnOfStaticBackoff(config, log);
  const protocol = config.text('group.protocol')!.toUpperCase();
  const unsupported = UNSUPPORTED[protocol]!.filter((name) => config.isGiven(name));
  if (unsupported.length > 0) {
    throw configException(`${unsupported.join(', ')} cannot be set when group.protocol=${protocol}`);
  }
  requirePlaintext(config);
  refusePlugins(config, 'Failed to construct kafka consumer');
  return config;
}

/** A consumer's settings from its properties; `log` is told of what is doubtful. Throws `ToolError` with Kafka's messages. */
export const consumerSettings = (properties: Properties, log: Log = () => undefined): ConsumerSettings =>
  settingsOf(consumerConfig(properties, log));

/** A consumer's settings from its checked properties. */
export function settingsOf(config: Config): ConsumerSettings {
  return {
    bootstrapServers: config.text('bootstrap.servers')!,
    clientId: config.text('client.id')!,
    groupId: config.text('group.id') ?? '',
    isolationLevel: config.text('isolation.level') === 'read_committed' ? 1 : 0,
    resetTimestamp: RESETS[config.text('auto.offset.reset')!],
    fetchMaxWaitMs: config.number('fetch.max.wait.ms'),
    fetchMinBytes: config.number('fetch.min.bytes'),
    fetchMaxBytes: config.number('fetch.max.bytes'),
    maxPartitionFetchBytes: config.number('max.partition.fetch.bytes'),
    requestTimeoutMs: config.number('request.timeout.ms'),
    retryBackoffMs: config.number('retry.backoff.ms'),
    metadataMaxAgeMs: config.number('metadata.max.age.ms'),
    allowAutoCreateTopics: config.flag('allow.auto.create.topics'),
    excludeInternalTopics: config.flag('exclude.internal.topics'),
    rackId: config.text('client.rack')!,
    reconnectBackoffMs: config.number('reconnect.backoff.ms'),
    reconnectBackoffMaxMs: config.number('reconnect.backoff.max.ms'),
    connectTimeoutMs: config.number('socket.connection.setup.timeout.ms'),
  };
}
