import { BrokerConfig } from './broker-config';
import { brokerConfig } from './definitions';
import { type DescribedConfig, describeBroker, describeBrokerDefaults, describeTopic } from './describe';
import { DynamicBrokerConfig } from './dynamic';
import vectors from './vectors/describe.json';

const mapOf = (props: object) => new Map<string, string>(Object.entries(props));

// The broker whose answers are in the vectors.
const broker = new DynamicBrokerConfig(
  BrokerConfig.parse(
    mapOf({
      'broker.id': '0',
      listeners: 'PLAINTEXT://localhost:19201',
      'log.dirs': '/var/lib/kafka/logs',
      'zookeeper.connect': 'localhost:19200',
      'offsets.topic.replication.factor': '1',
      'log.retention.hours': '168',
      'log.retention.check.interval.ms': '300000',
      'password.encoder.secret': 'encoder-secret',
      'my.custom': '1',
      'num.partitions': '1',
      'group.initial.rebalance.delay.ms': '0',
    }),
  ),
);
broker.updateDefault(
  mapOf({
    'num.io.threads': '10',
    'log.retention.ms': '3600000',
    'my.default': 'd',
    'log.local.retention.bytes': '-1',
  }),
);
broker.updateBroker(
  mapOf({
    'log.retention.ms': '7200000',
    'listener.name.plaintext.ssl.keystore.password': 'geheim',
    'listener.name.plaintext.ssl.client.auth': 'none',
    'log.cleanup.policy': 'compact , delete',
    'my.dynamic': 'd',
    'log.local.retention.bytes': '-1',
  }),
);

const all = { includeSynonyms: true, includeDocumentation: false, keys: null };
const SOURCES = [
  '',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
];
const TYPES = ['UNKNOWN', 'BOOLEAN', 'STRING', 'INT', 'SHORT', 'LONG', 'DOUBLE', 'LIST', 'CLASS', 'PASSWORD'];

const rows = (entries: readonly DescribedConfig[]) =>
  entries.map((entry) => [
    entry.name,
    entry.value,
    SOURCES[entry.configSource],
    entry.isSensitive,
    entry.readOnly,
    TYPES[entry.configType],
    entry.synonyms.map(({ name, value, source }) => [name, value, SOURCES[source]]),
  ]);

describe("DescribeConfigs answers as Apache's broker", () => {
  test('a broker', () => expect(rows(describeBroker(broker, all))).toEqual(vectors['BROKER:0']));
  test('the default of all brokers', () =>
    expect(rows(describeBrokerDefaults(broker, all))).toEqual(vectors['BROKER:']));
  test('a topic without settings', () =>
    expect(rows(describeTopic(new Map(), broker, all))).toEqual(vectors['TOPIC:t2']));
  test('a topic with settings', () => {
    const overrides = mapOf({
      'retention.ms': '+5',
      'segment.bytes': '1000000',
      'cleanup.policy': 'delete , compact',
      'leader.replication.throttled.replicas': '0:0',
    });
    expect(rows(describeTopic(overrides, broker, all))).toEqual(vectors['TOPIC:t3']);
  });
});

describe('options', () => {
  test('keys choose, synonyms and words come when asked for', () => {
    const keys = ['retention.ms', 'nonsense'];
    const [entry, ...others] = describeTopic(new Map(), broker, {
      includeSynonyms: false,
      includeDocumentation: true,
      keys,
    });
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ name: 'retention.ms', configSource: 2, synonyms: [] });
    expect(entry!.documentation).toContain('Age at which segments');
  });

  test('no keys are all keys, and each that Kafka knows has words', () => {
    const entries = describeBroker(broker, { includeSynonyms: true, includeDocumentation: true, keys: [] });
    expect(entries).toHaveLength(vectors['BROKER:0'].length);
    const wordless = entries.filter(({ documentation }) => documentation === null).map(({ name }) => name);
    expect(wordless.filter((name) => brokerConfig(name) !== undefined)).toEqual([]);
    expect(wordless).not.toEqual([]);
  });
});
