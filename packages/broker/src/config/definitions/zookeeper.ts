import { boolean, int, list, password, string } from '../definition';
import { atLeast } from '../validators';

/** How the broker reaches ZooKeeper. */
export const zookeeperConfigs = {
  'zookeeper.connect': string('high', null),
  'zookeeper.session.timeout.ms': int('high', 18_000),
  'zookeeper.connection.timeout.ms': int('high', null),
  'zookeeper.set.acl': boolean('high', false),
  'zookeeper.max.in.flight.requests': int('high', 10, { valid: atLeast(1) }),
  'zookeeper.ssl.client.enable': boolean('medium', false),
  'zookeeper.clientCnxnSocket': string('medium', null),
  'zookeeper.ssl.keystore.location': string('medium', null),
  'zookeeper.ssl.keystore.password': password('medium', null),
  'zookeeper.ssl.keystore.type': string('medium', null),
  'zookeeper.ssl.truststore.location': string('medium', null),
  'zookeeper.ssl.truststore.password': password('medium', null),
  'zookeeper.ssl.truststore.type': string('medium', null),
  'zookeeper.ssl.protocol': string('low', 'TLSv1.2'),
  'zookeeper.ssl.enabled.protocols': list('low', null),
  'zookeeper.ssl.cipher.suites': list('low', null),
  'zookeeper.ssl.endpoint.identification.algorithm': string('low', 'HTTPS'),
  'zookeeper.ssl.crl.enable': boolean('low', false),
  'zookeeper.ssl.ocsp.enable': boolean('low', false),
};
