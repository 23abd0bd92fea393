import { configException, illegalArgument, kafkaException, ToolError } from '../../tool-error';
import { listEntries } from '../addresses';
import { type ConsumerSettings, consumerSettings } from '../consumer-config';
import { booleanConfig, intConfig, type Properties } from '../properties';
import { type Assignor, assignorsOf } from './assignors';

/** The settings of a member of a group, under Kafka's names in camel case. */
export interface GroupSettings extends ConsumerSettings {
  /** Null: a dynamic member. */
  readonly groupInstanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How long a member may not poll, and how long the others wait for it in a rebalance. */
  readonly maxPollIntervalMs: number;
  readonly maxPollRecords: number;
  readonly autoCommits: boolean;
  readonly autoCommitIntervalMs: number;
  readonly defaultApiTimeoutMs: number;
  readonly assignors: readonly Assignor[];
  /** `consumer` is KIP-848's, which no broker in ZooKeeper mode speaks. */
  readonly protocol: 'classic' | 'consumer';
}

const PACKAGE = 'org.apache.kafka.clients.consumer.';
const DEFAULT_ASSIGNORS = `${PACKAGE}RangeAssignor, ${PACKAGE}CooperativeStickyAssignor`;

/** Reads a group member's properties (ConsumerConfig). Throws `ToolError` with Kafka's messages. */
export function groupSettings(properties: Properties): GroupSettings {
  const protocol = protocolOf(properties.get('group.protocol') ?? 'classic');
  if (properties.get('group.instance.id') === '') {
    throw configException('Invalid value  for configuration group.instance.id: String must be non-empty');
  }
  const settings: GroupSettings = {
    ...consumerSettings(properties),
    protocol,
    groupInstanceId: properties.get('group.instance.id') ?? null,
    sessionTimeoutMs: intConfig(properties, 'session.timeout.ms', 45_000),
    heartbeatIntervalMs: intConfig(properties, 'heartbeat.interval.ms', 3_000),
    maxPollIntervalMs: intConfig(properties, 'max.poll.interval.ms', 300_000, { min: 1 }),
    maxPollRecords: intConfig(properties, 'max.poll.records', 500, { min: 1 }),
    autoCommits: booleanConfig(properties, 'enable.auto.commit', true),
    autoCommitIntervalMs: intConfig(properties, 'auto.commit.interval.ms', 5_000, { min: 0 }),
    defaultApiTimeoutMs: intConfig(properties, 'default.api.timeout.ms', 60_000, { min: 0 }),
    assignors: assignorsOf(listEntries(properties.get('partition.assignment.strategy') ?? DEFAULT_ASSIGNORS)),
  };
  if (settings.assignors.length === 0) {
    const message =
      'Must configure at least one partition assigner class name to partition.assignment.strategy configuration property';
    throw new ToolError('java.lang.IllegalStateException', message);
  }
  if (settings.heartbeatIntervalMs >= settings.sessionTimeoutMs) {
    const cause = illegalArgument('Heartbeat must be set lower than the session timeout');
    throw kafkaException('Failed to construct kafka consumer', cause);
  }
  return settings;
}

function protocolOf(text: string): GroupSettings['protocol'] {
  const protocol = text.toLowerCase();
  if (protocol === 'classic' || protocol === 'consumer') return protocol;
  throw configException(
    `Invalid value ${text} for configuration group.protocol: String must be one of (case insensitive): CONSUMER, CLASSIC`,
  );
}
