import type { Log } from '../../print';
import { illegalArgument, kafkaException, ToolError } from '../../tool-error';
import { listEntries } from '../addresses';
import { type ConsumerSettings, consumerConfig, settingsOf } from '../consumer-config';
import type { Properties } from '../properties';
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

/** Reads a group member's properties (ConsumerConfig). Throws `ToolError` with Kafka's messages. */
export function groupSettings(properties: Properties, log: Log): GroupSettings {
  const config = consumerConfig(properties, log);
  const settings: GroupSettings = {
    ...settingsOf(config),
    protocol: config.text('group.protocol')!.toLowerCase() as GroupSettings['protocol'],
    groupInstanceId: config.text('group.instance.id') ?? null,
    sessionTimeoutMs: config.number('session.timeout.ms'),
    heartbeatIntervalMs: config.number('heartbeat.interval.ms'),
    maxPollIntervalMs: config.number('max.poll.interval.ms'),
    maxPollRecords: config.number('max.poll.records'),
    autoCommits: config.flag('enable.auto.commit'),
    autoCommitIntervalMs: config.number('auto.commit.interval.ms'),
    defaultApiTimeoutMs: config.number('default.api.timeout.ms'),
    assignors: assignorsOf(listEntries(config.text('partition.assignment.strategy')!)),
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
