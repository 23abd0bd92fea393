import { defaultAcls, OPEN_ACL } from './acls';
import { type BrokerInfo, decodeBrokerInfo, encodeBrokerInfo } from './broker-info';
import { entityPathOf } from './change-notifications';
import { ZNodeFormatError } from './json';
import { checkAdvertisedListeners } from './registration';
// Written by the codecs of Apache Kafka 3.9.1 (kafka.zk.ZkData).
import apache from './vectors/apache-3.9.1.json';
import {
  ClusterIdZNode,
  ConfigChangeNotificationZNode,
  ConfigEntityZNode,
  ControllerEpochZNode,
  ControllerZNode,
  desanitize,
  FeatureZNode,
  IsrChangeNotificationZNode,
  LogDirEventNotificationZNode,
  PreferredReplicaElectionZNode,
  ProducerIdBlockZNode,
  ReassignPartitionsZNode,
  type ReplicaAssignment,
  sanitize,
  sequenceNumberOf,
  TopicPartitionStateZNode,
  TopicZNode,
} from './znodes';

const TIMESTAMP_MS = 1_729_532_484_000;
const TOPIC_ID = '-kQW3FJ4Qm6i0z2vC1hX9A';

const plain: BrokerInfo = {
  id: 1,
  version: 5,
  endpoints: [{ listenerName: 'PLAINTEXT', host: 'h1', port: 9092, securityProtocol: 'PLAINTEXT' }],
  rack: 'dc1',
  jmxPort: -1,
  features: new Map(),
};

function replicas(all: number[], addingReplicas: number[] = [], removingReplicas: number[] = []): ReplicaAssignment {
  return { replicas: all, addingReplicas, removingReplicas };
}

const json = (text: string): Buffer => Buffer.from(text);

describe('content is byte for byte what Apache writes', () => {
  const sixPartitions = new Map([0, 1, 2, 3, 4, 5].map((partition) => [partition, replicas([partition % 3])]));
  const reassigned = new Map([
    [0, replicas([1])],
    [1, replicas([4, 5, 1, 2], [4, 5], [1, 2])],
    [2, replicas([4, 1], [4])],
  ]);
  const state = { leader: 1, leaderEpoch: 5, isr: [1, 2, 3], leaderRecoveryState: 0, controllerEpoch: 2 };
  const value = (index: number): string => `v"\\é\u2028${index}`;
  const config = {
    'retention.ms': value(0),
    'cleanup.policy': value(1),
    'segment.bytes': value(2),
    'max.message.bytes': value(3),
    'min.insync.replicas': value(4),
  };
  const t0 = { topic: 't', partition: 0 };
  const contents: [keyof typeof apache, Buffer][] = [
    ['broker-v2', encodeBrokerInfo({ ...plain, version: 2 }, TIMESTAMP_MS)],
    ['broker-v4', encodeBrokerInfo({ ...plain, version: 4 }, TIMESTAMP_MS)],
    ['broker-v5', encodeBrokerInfo(plain, TIMESTAMP_MS)],
    ['broker-norack', encodeBrokerInfo({ ...plain, rack: null, jmxPort: 9999 }, TIMESTAMP_MS)],
    ['controller', ControllerZNode.encode(1, TIMESTAMP_MS)],
    ['topic-1', TopicZNode.encode({ topicId: TOPIC_ID, partitions: new Map([[0, replicas([1, 2, 3])]]) })],
    ['topic-noid', TopicZNode.encode({ topicId: null, partitions: new Map([[0, replicas([1, 2, 3])]]) })],
    ['topic-n6', TopicZNode.encode({ topicId: TOPIC_ID, partitions: sixPartitions })],
    ['topic-reassign', TopicZNode.encode({ topicId: TOPIC_ID, partitions: reassigned })],
    ['state-RECOVERED', TopicPartitionStateZNode.encode(state)],
    ['state-RECOVERING', TopicPartitionStateZNode.encode({ ...state, leaderRecoveryState: 1 })],
    ['config-empty', ConfigEntityZNode.encode({})],
    ['config-5', ConfigEntityZNode.encode(config)],
    ['config-change', ConfigChangeNotificationZNode.encode('users/alice/clients/<default>')],
    ['feature', FeatureZNode.encode({ version: 2, status: 'enabled', features: new Map() })],
    ['feature-f', FeatureZNode.encode({ version: 2, status: 'enabled', features: new Map([['f', 2]]) })],
    ['feature-v1', FeatureZNode.encode({ version: 1, status: 'disabled', features: new Map([['f', 2]]) })],
    ['reassign', ReassignPartitionsZNode.encode([{ ...t0, replicas: [4, 5, 6] }])],
    ['preferred', PreferredReplicaElectionZNode.encode([t0, { topic: 'u', partition: 1 }])],
    ['isr', IsrChangeNotificationZNode.encode([t0])],
    ['logdir', LogDirEventNotificationZNode.encode(2)],
    ['cluster', ClusterIdZNode.encode('Hk9sQd0ITE2jEnwNvQZ9SA')],
    ['pid', ProducerIdBlockZNode.encode({ brokerId: 1, firstProducerId: 1_000, size: 1_000 })],
  ];

  test.each(contents)('%s', (name, content) => {
    expect(content.toString()).toBe(apache[name]);
  });

  test('partition 10 comes after partition 9', () => {
    const partitions = new Map([10, 2, 9].map((partition) => [partition, replicas([1])]));
    const text = TopicZNode.encode({ topicId: null, partitions }).toString();
    expect(text).toContain('"partitions":{"2":[1],"9":[1],"10":[1]}');
  });
});

describe('brokers', () => {
  test('Apache’s registrations of every version are read', () => {
    for (const version of [1, 2, 3, 4, 5] as const) {
      const info = decodeBrokerInfo(1, json(apache[`broker-v${version}`]));
      expect(info).toEqual({ ...plain, version, rack: version >= 3 ? 'dc1' : null });
    }
  });

  test('many listeners, IPv6, no host, no plaintext host, features', () => {
    const info = decodeBrokerInfo(1, json(apache['broker-many']));
    expect(info.endpoints.map(({ listenerName, host, port }) => [listenerName, host, port])).toEqual([
      ['CLIENT', 'h1', 9092],
      ['REPLICATION', '::1', 9093],
      ['C3', null, 9094],
      ['D4', 'h', 9095],
      ['E5', 'h', 9096],
      ['PLAINTEXT', 'h', 9097],
    ]);
    expect(info).toMatchObject({ rack: 'räck\u0001"/x', jmxPort: 9999 });
    expect(info.features).toEqual(new Map([['f', { minVersion: 1, maxVersion: 3 }]]));
    expect(decodeBrokerInfo(1, encodeBrokerInfo(info, TIMESTAMP_MS))).toEqual(info);
  });

  test('without a plaintext listener there is no host', () => {
    const endpoints = [{ listenerName: 'S', host: 'h', port: 1, securityProtocol: 'SSL' as const }];
    expect(encodeBrokerInfo({ ...plain, endpoints }, 0).toString()).toContain('"port":-1,"host":null');
  });

  test.each([
    null,
    'x',
    '[]',
    '{"version":0,"jmx_port":1}',
    '{"version":5,"endpoints":["A://h:1"]}',
    '{"version":5,"jmx_port":1,"endpoints":["h:1"]}',
    '{"version":5,"jmx_port":1,"endpoints":["A://h:1"]}',
    '{"version":5,"jmx_port":1,"endpoints":["A://h:1"],"listener_security_protocol_map":{"A":"ODD"}}',
  ])('%j is no registration', (text) => {
    expect(() => decodeBrokerInfo(1, text === null ? null : json(text))).toThrow(ZNodeFormatError);
  });

  test('one that advertises another’s address is refused, with Apache’s words', () => {
    const other = { ...plain, id: 2 };
    expect(() => checkAdvertisedListeners(plain, [other])).toThrow(
      'requirement failed: Configured end points h1:9092 in advertised listeners are already registered by broker 2',
    );
    expect(() => checkAdvertisedListeners(plain, [plain])).not.toThrow();
  });
});

describe('topics and partitions', () => {
  test('old topics have no id and no reassignments', () => {
    const old = TopicZNode.decode('t', json('{"version":1,"partitions":{"1":[2],"0":[1]}}'));
    expect(old.topicId).toBeNull();
    expect(old.partitions).toEqual(
      new Map([
        [0, replicas([1])],
        [1, replicas([2])],
      ]),
    );
  });

  test('what Apache wrote during a reassignment', () => {
    const { topicId, partitions } = TopicZNode.decode('t', json(apache['topic-reassign']));
    expect(topicId).toBe(TOPIC_ID);
    expect(partitions.get(1)).toEqual(replicas([4, 5, 1, 2], [4, 5], [1, 2]));
  });

  test('no JSON is a topic without partitions; wrong JSON is an error', () => {
    expect(TopicZNode.decode('t', null).partitions.size).toBe(0);
    expect(() => TopicZNode.decode('t', json('{"partitions":{"0":["1"]}}'))).toThrow(ZNodeFormatError);
    expect(() => TopicZNode.decode('t', json('{"partitions":{"x":[1]}}'))).toThrow(ZNodeFormatError);
  });

  test('states', () => {
    const decode = (text: string) => TopicPartitionStateZNode.decode('/s', json(text), 9);
    expect(decode(apache['state-RECOVERING'])).toEqual({
      leader: 1,
      leaderEpoch: 5,
      isr: [1, 2, 3],
      leaderRecoveryState: 1,
      controllerEpoch: 2,
      partitionEpoch: 9,
    });
    expect(decode(apache['state-RECOVERED'])?.leaderRecoveryState).toBe(0);
    expect(decode('no JSON')).toBeNull();
    expect(() => decode('{"leader":1}')).toThrow(ZNodeFormatError);
  });
});

describe('the others', () => {
  test('controllers of every age', () => {
    expect(ControllerZNode.decode(json(apache.controller)).brokerId).toBe(1);
    expect(ControllerZNode.decode(json('{"version":1,"brokerid":4,"timestamp":"1"}'))).toEqual({
      brokerId: 4,
      kraftControllerEpoch: -1,
    });
    expect(ControllerZNode.decode(json('7')).brokerId).toBe(7);
    expect(() => ControllerZNode.decode(json('{}'))).toThrow(ZNodeFormatError);
    expect(ControllerEpochZNode.decode(ControllerEpochZNode.encode(12))).toBe(12);
    expect(() => ControllerEpochZNode.decode(null)).toThrow(ZNodeFormatError);
  });

  test('configs', () => {
    expect(ConfigEntityZNode.decode('/c', null)).toEqual({});
    expect(ConfigEntityZNode.decode('/c', json('{"version":1}'))).toEqual({});
    expect(ConfigEntityZNode.decode('/c', json('{"version":1,"config":{"a":"1"}}'))).toEqual({ a: '1' });
    expect(() => ConfigEntityZNode.decode('/c', json('{"config":{"a":1}}'))).toThrow(ZNodeFormatError);
  });

  test('producer id blocks, features, requests to the controller', () => {
    expect(ProducerIdBlockZNode.decode(json(apache.pid))).toEqual({ brokerId: 1, firstProducerId: 1_000, size: 1_000 });
    expect(FeatureZNode.decode(json(apache['feature-f']))).toEqual({
      version: 2,
      status: 'enabled',
      features: new Map([['f', 2]]),
    });
    expect(() => FeatureZNode.decode(json('{"version":3,"status":1}'))).toThrow(ZNodeFormatError);
    expect(() => FeatureZNode.decode(json('{"version":2,"status":2}'))).toThrow(ZNodeFormatError);
    expect(ReassignPartitionsZNode.decode(json(apache.reassign))).toEqual([
      { topic: 't', partition: 0, replicas: [4, 5, 6] },
    ]);
    expect(() => ReassignPartitionsZNode.decode(json('oops'))).toThrow(ZNodeFormatError);
    expect(PreferredReplicaElectionZNode.decode(json(apache.preferred))).toHaveLength(2);
    expect(IsrChangeNotificationZNode.decode('/i', json(apache.isr))).toEqual([{ topic: 't', partition: 0 }]);
    expect(LogDirEventNotificationZNode.decode('/l', json(apache.logdir))).toBe(2);
  });

  test('names are sanitized as by Java’s URLEncoder', () => {
    expect(sanitize("a b*c/ü~(')!%")).toBe('a%20b%2Ac%2F%C3%BC%7E%28%27%29%21%25');
    expect(desanitize(sanitize("a b*c/ü~(')!%+"))).toBe("a b*c/ü~(')!%+");
    expect(sequenceNumberOf('config_change_0000000012')).toBe(12);
  });

  test.each([
    ['{"version":2,"entity_path":"users/a/clients/b"}', 'users/a/clients/b'],
    ['{"version":1,"entity_type":"topics","entity_name":"t"}', 'topics/t'],
    ['not JSON', null],
  ])('the notification %s', (content, entityPath) => {
    expect(entityPathOf(content)).toBe(entityPath);
  });

  test.each([
    '[]',
    '{"version":3,"entity_path":"topics/t"}',
    '{"version":2}',
    '{"version":2,"entity_path":"odd/t"}',
    '{"version":1,"entity_type":"users","entity_name":"t"}',
    '{"version":1,"entity_type":"topics"}',
  ])('the notification %s is refused', (content) => {
    expect(() => entityPathOf(content)).toThrow('onfig change notification');
  });

  test('ACLs by path (ZkData.defaultAcls)', () => {
    const creator = { permissions: 31, scheme: 'auth', id: '' };
    const readers = { permissions: 1, scheme: 'world', id: 'anyone' };
    expect(defaultAcls(false, '/config/users/a')).toBe(OPEN_ACL);
    expect(defaultAcls(true, '/consumers')).toBe(OPEN_ACL);
    for (const path of ['/consumers/x', '/brokers', '/delegation_token']) {
      expect(defaultAcls(true, path)).toEqual([creator, readers]);
    }
    for (const path of ['/config/users/a', '/config/usersx', '/config/brokers', '/delegation_token/tokens']) {
      expect(defaultAcls(true, path)).toEqual([creator]);
    }
  });
});
