import { DEFAULT_OPTIONS } from '../args/default-options';
import type { OptionDeclarations } from '../args/joptsimple';
import { CONFIG_NAMES_BY_ENTITY, listed } from '../config-names';
import { JSON_OPTION } from '../json-output';

/** The options of kafka-configs. */
export const CONFIGS_OPTIONS = {
  ...DEFAULT_OPTIONS,
  zookeeper: {
    description:
      'DEPRECATED. The connection string for the zookeeper connection in the form host:port. Multiple URLS can be given to allow fail-over. Required when configuring SCRAM credentials for users or dynamic broker configs when the relevant broker(s) are down. Not allowed otherwise.',
    type: 'String',
    describedAs: 'urls',
  },
  'bootstrap-server': {
    description: 'The Kafka servers to connect to.',
    type: 'String',
    describedAs: 'server to connect to',
  },
  'bootstrap-controller': {
    description: 'The Kafka controllers to connect to.',
    type: 'String',
    describedAs: 'controller to connect to',
  },
  'command-config': {
    description:
      'Property file containing configs to be passed to Admin Client. This is used only with --bootstrap-server option for describing and altering broker configs.',
    type: 'String',
    describedAs: 'command config property file',
  },
  alter: { description: 'Alter the configuration for the entity.' },
  describe: { description: 'List configs for the given entity.' },
  all: {
    description:
      'List all configs for the given topic, broker, or broker-logger entity (includes static configuration when the entity type is brokers)',
  },
  'entity-type': {
    description: 'Type of entity (topics/clients/users/brokers/broker-loggers/ips/client-metrics)',
    type: 'String',
  },
  'entity-name': {
    description: 'Name of entity (topic name/client id/user principal name/broker id/ip/client metrics)',
    type: 'String',
  },
  'entity-default': {
    description:
      'Default entity name for clients/users/brokers/ips (applies to corresponding entity type in command line)',
  },
  'add-config': {
    description: `Key Value pairs of configs to add. Square brackets can be used to group values which contain commas: 'k1=v1,k2=[v1,v2,v2],k3=v3'. The following is a list of valid configurations: ${CONFIG_NAMES_BY_ENTITY.map(([type, names]) => `For entity-type '${type}': \n${listed(names)}\n`).join('')}Entity types 'users' and 'clients' may be specified together to update config for clients of a specific user.`,
    type: 'String',
  },
  'add-config-file': {
    description: 'Path to a properties file with configs to add. See add-config for a list of valid configurations.',
    type: 'String',
  },
  'delete-config': { description: "config keys to remove 'k1,k2'", type: 'String', separatedBy: ',' },
  force: { description: 'Suppress console prompts' },
  topic: { description: "The topic's name.", type: 'String' },
  client: { description: "The client's ID.", type: 'String' },
  'client-defaults': { description: 'The config defaults for all clients.' },
  user: { description: "The user's principal name.", type: 'String' },
  'user-defaults': { description: 'The config defaults for all users.' },
  broker: { description: "The broker's ID.", type: 'String' },
  'broker-defaults': { description: 'The config defaults for all brokers.' },
  'broker-logger': { description: "The broker's ID for its logger config.", type: 'String' },
  'ip-defaults': { description: 'The config defaults for all IPs.' },
  ip: { description: 'The IP address.', type: 'String' },
  'zk-tls-config-file': {
    description:
      'Identifies the file where ZooKeeper client TLS connectivity properties are defined.  Any properties other than zookeeper.clientCnxnSocket, zookeeper.ssl.cipher.suites, zookeeper.ssl.client.enable, zookeeper.ssl.crl.enable, zookeeper.ssl.enabled.protocols, zookeeper.ssl.endpoint.identification.algorithm, zookeeper.ssl.keystore.location, zookeeper.ssl.keystore.password, zookeeper.ssl.keystore.type, zookeeper.ssl.ocsp.enable, zookeeper.ssl.protocol, zookeeper.ssl.truststore.location, zookeeper.ssl.truststore.password, zookeeper.ssl.truststore.type are ignored.',
    type: 'String',
    describedAs: 'ZooKeeper TLS configuration',
  },
  ...JSON_OPTION,
} as const satisfies OptionDeclarations;
