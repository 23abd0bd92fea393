import { expect, test } from '@jest/globals';
import type { ToolError } from '../tool-error';
import { validateTopicConfigs } from './topic-configs';

const refusal = (configs: Record<string, string>): string | undefined => {
  try {
    validateTopicConfigs(new Map(Object.entries(configs)));
    return undefined;
  } catch (thrown) {
    return (thrown as ToolError).line.replace(/^org\.apache\.kafka\.common\./, '');
  }
};

test('a topic’s configs are refused in the words of LogConfig', () => {
  const invalid = 'config.ConfigException: Invalid value';
  expect(refusal({ 'cleanup.policy': 'delete,x' })).toBe(
    `${invalid} x for configuration cleanup.policy: String must be one of: compact, delete`,
  );
  expect(refusal({ 'min.cleanable.dirty.ratio': '-1' })).toBe(
    `${invalid} -1.0 for configuration min.cleanable.dirty.ratio: Value must be at least 0`,
  );
  expect(refusal({ 'min.insync.replicas': '0', 'segment.bytes': '13' })).toBe(
    `${invalid} 13 for configuration segment.bytes: Value must be at least 14`,
  );
  expect(refusal({ 'message.format.version': 'x' })).toBe(
    `${invalid} x for configuration message.format.version: Version x is not a valid version`,
  );
  expect(refusal({ 'leader.replication.throttled.replicas': '0:0,1' })).toBe(
    `${invalid} [0:0, 1] for configuration leader.replication.throttled.replicas: leader.replication.throttled.replicas must be the ` +
      "literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...",
  );
  expect(refusal({ foo: '1', 'retention.ms': 'x' })).toBe(
    'errors.InvalidConfigurationException: Unknown topic config name: foo',
  );
  expect(refusal({ 'min.compaction.lag.ms': '9223372036854775807', 'max.compaction.lag.ms': '5' })).toBe(
    'errors.InvalidConfigurationException: conflict topic config setting min.compaction.lag.ms (9223372036854775807) > max.compaction.lag.ms (5)',
  );
});

test('what a topic may have is taken, and so is what only its broker can judge', () => {
  expect(
    refusal({
      'cleanup.policy': 'delete, compact',
      'retention.ms': '-1',
      'message.format.version': '2.8',
      'follower.replication.throttled.replicas': '*',
      'remote.storage.enable': 'true',
    }),
  ).toBeUndefined();
});
