import { BrokerConfig } from '../config/broker-config';
import { DynamicBrokerConfig } from '../config/dynamic';
import { ConfigException } from '../config/errors';
import { resolveTopicConfig } from '../config/topic-config';
import { silentLoggers } from '../env/logger';
import type { EntityConfig } from '../zookeeper/znodes';
import { ConfigAdmin, type ConfigAdminOptions } from './config-admin';
import { TopicConfigs } from './topic-configs';

const dynamic = new DynamicBrokerConfig(BrokerConfig.parse(new Map([['zookeeper.connect', 'localhost:2181']])));
const makeConfigs = () => new TopicConfigs((overrides) => resolveTopicConfig(overrides, dynamic.current));
const BAD = { 'retention.ms': 'soon' };

test('settings that make no sense leave those that were known', () => {
  const configs = makeConfigs();
  configs.set('t', { 'retention.ms': '5' });
  expect(() => configs.set('t', BAD)).toThrow(ConfigException);
  expect(configs.get('t').values.retentionMs).toBe(5);
  configs.invalidate();
  expect(configs.get('t').values.retentionMs).toBe(5);
});

test('where none were known nothing can be opened with them', () => {
  const configs = makeConfigs();
  expect(() => configs.set('t', BAD)).toThrow(ConfigException);
  expect(() => configs.get('t')).toThrow(ConfigException);
});

describe('before a log is made', () => {
  const stored: Record<string, EntityConfig> = {};
  const configs = makeConfigs();
  const admin = new ConfigAdmin({
    store: { configs: { get: async (_type: string, topic: string) => stored[topic] ?? {} } },
    topicConfigs: configs,
    dynamic,
    logger: silentLoggers.logger('test'),
    onTopicConfig: () => {},
  } as unknown as ConfigAdminOptions);

  test('its settings are read, whatever a former topic of that name had', async () => {
    configs.set('again', { 'retention.ms': '5' });
    stored['again'] = { 'retention.ms': '7' };
    await admin.loadTopics(['again']);
    expect(configs.get('again').values.retentionMs).toBe(7);
  });

  test('one whose settings make no sense holds up no other', async () => {
    stored['bad'] = BAD;
    stored['good'] = { 'retention.ms': '9' };
    await admin.loadTopics(['bad', 'good']);
    expect(configs.get('good').values.retentionMs).toBe(9);
    expect(() => configs.get('bad')).toThrow(ConfigException);
  });
});
