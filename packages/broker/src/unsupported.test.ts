import { BrokerConfig } from './config/broker-config';
import { refuseUnsupported } from './unsupported';

const BASE = { 'zookeeper.connect': 'localhost:2181', 'broker.id': '0' };
const refuse = (settings: Record<string, string>) => () =>
  refuseUnsupported(BrokerConfig.parse(new Map(Object.entries({ ...BASE, ...settings }))));

test('an ordinary configuration passes', () => {
  expect(refuse({})).not.toThrow();
  for (const name of ['RackAwareReplicaSelector', 'LeaderSelector']) {
    expect(refuse({ 'replica.selector.class': `org.apache.kafka.common.replica.${name}` })).not.toThrow();
  }
});

test.each([
  [{ listeners: 'PLAINTEXT://:9092,SSL://:9093' }, /listeners=SSL \(SSL\): TLS and SASL listeners are not served yet/],
  [
    { 'authorizer.class.name': 'kafka.security.authorizer.AclAuthorizer' },
    /authorizer.class.name=kafka.*not supported yet/,
  ],
  [{ 'zookeeper.set.acl': 'true' }, /zookeeper.set.acl=true/],
  [{ 'zookeeper.ssl.client.enable': 'true' }, /zookeeper.ssl.client.enable=true/],
  [{ 'remote.log.storage.system.enable': 'true' }, /remote.log.storage.system.enable=true: tiered storage/],
  [{ 'zookeeper.metadata.migration.enable': 'true' }, /zookeeper.metadata.migration.enable=true: .* KRaft/],
  [{ 'replica.selector.class': 'com.example.Mine' }, /replica.selector.class=com.example.Mine: classes of one's own/],
])('what promises what is not there is refused: %j', (settings, message) => {
  expect(refuse(settings)).toThrow(message);
});
