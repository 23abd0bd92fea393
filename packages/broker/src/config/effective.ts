import type { BrokerConfigValues } from './definitions';
import { parseCsvList } from './endpoint';
import { LONG_MAX, type Password } from './types';

/** What settings that overlap come to: the first that is set wins. */
export interface EffectiveConfig {
  /** -1 for ever. */
  readonly logRetentionMs: number;
  readonly logRollMs: number;
  readonly logRollJitterMs: number;
  readonly logFlushIntervalMs: number;
  readonly logDirs: readonly string[];
  readonly zookeeperConnectionTimeoutMs: number;
  readonly delegationTokenSecretKey: Password | null;
  readonly logMessageTimestampBeforeMaxMs: number;
  readonly logMessageTimestampAfterMaxMs: number;
  readonly numReplicaAlterLogDirsThreads: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const UNLIMITED = Number(LONG_MAX);

/** Resolves overlapping settings as KafkaConfig does. */
export function resolveEffective(values: BrokerConfigValues): EffectiveConfig {
  const logDirs = parseCsvList(values.logDirs ?? values.logDir);
  const difference = values.logMessageTimestampDifferenceMaxMs;
  const bound = (own: number): number => (own !== UNLIMITED ? own : difference);
  return {
    logRetentionMs: retentionMs(values),
    logRollMs: values.logRollMs ?? values.logRollHours * HOUR_MS,
    logRollJitterMs: values.logRollJitterMs ?? values.logRollJitterHours * HOUR_MS,
    logFlushIntervalMs: values.logFlushIntervalMs ?? values.logFlushSchedulerIntervalMs,
    logDirs,
    zookeeperConnectionTimeoutMs: values.zookeeperConnectionTimeoutMs ?? values.zookeeperSessionTimeoutMs,
    delegationTokenSecretKey: values.delegationTokenSecretKey ?? values.delegationTokenMasterKey,
    logMessageTimestampBeforeMaxMs: bound(values.logMessageTimestampBeforeMaxMs),
    logMessageTimestampAfterMaxMs: bound(values.logMessageTimestampAfterMaxMs),
    numReplicaAlterLogDirsThreads: values.numReplicaAlterLogDirsThreads ?? logDirs.length,
  };
}

function retentionMs({ logRetentionMs, logRetentionMinutes, logRetentionHours }: BrokerConfigValues): number {
  const minutesMs = logRetentionMinutes === null ? null : logRetentionMinutes * MINUTE_MS;
  const ms = logRetentionMs ?? minutesMs ?? logRetentionHours * HOUR_MS;
  return ms < 0 ? -1 : ms;
}
