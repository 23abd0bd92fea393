import { DEFAULT_OPTIONS } from '../args/default-options';
import { type OptionDeclarations, parseOptions } from '../args/joptsimple';
import { usageOf } from '../args/usage';
import { loadProperties, type Properties } from '../client/properties';
import { type Io, println } from '../print';
import { illegalArgument, ToolError } from '../tool-error';

const OPTIONS = {
  ...DEFAULT_OPTIONS,
  'zookeeper.acl': {
    description:
      "Indicates whether to make the Kafka znodes in ZooKeeper secure or unsecure. The options are 'secure' and 'unsecure'",
    type: 'String',
  },
  'zookeeper.connect': {
    description:
      'Sets the ZooKeeper connect string (ensemble). This parameter takes a comma-separated list of host:port pairs.',
    type: 'String',
    defaultsTo: 'localhost:2181',
  },
  'zookeeper.session.timeout': {
    description: 'Sets the ZooKeeper session timeout.',
    type: 'Integer',
    defaultsTo: '30000',
  },
  'zookeeper.connection.timeout': {
    description: 'Sets the ZooKeeper connection timeout.',
    type: 'Integer',
    defaultsTo: '30000',
  },
  'enable.path.check': {
    description: 'Checks if all the root paths exist in ZooKeeper before migration. If not, exit the command.',
  },
  'zk-tls-config-file': {
    description:
      'Identifies the file where ZooKeeper client TLS connectivity properties are defined.  Any properties other than zookeeper.ssl.keystore.location, zookeeper.clientCnxnSocket, zookeeper.ssl.truststore.location, zookeeper.ssl.truststore.password, zookeeper.ssl.truststore.type, zookeeper.ssl.client.enable, zookeeper.ssl.cipher.suites, zookeeper.ssl.protocol, zookeeper.ssl.keystore.password, zookeeper.ssl.ocsp.enable, zookeeper.ssl.endpoint.identification.algorithm, zookeeper.ssl.crl.enable, zookeeper.ssl.keystore.type, zookeeper.ssl.enabled.protocols are ignored.',
    type: 'String',
    describedAs: 'ZooKeeper TLS configuration',
  },
} as const satisfies OptionDeclarations;

const NO_IDENTITY =
  'No JAAS configuration file has been specified and no TLS client certificate has been specified. Please make sure that you set the system property java.security.auth.login.config or provide a ZooKeeper client TLS configuration via --zk-tls-config-file <filename> identifying at least zookeeper.ssl.client.enable, zookeeper.clientCnxnSocket, and zookeeper.ssl.keystore.location';
const NO_TLS =
  "Connections to ZooKeeper with TLS are not part of this project; Apache Kafka's own zookeeper-security-migration.sh may be used on this cluster.";

/** Whether a client with these settings shows ZooKeeper a certificate (KafkaConfig.zkTlsClientAuthEnabled). */
const identifies = (properties: Properties): boolean =>
  properties.get('zookeeper.ssl.client.enable') === 'true' &&
  properties.has('zookeeper.clientCnxnSocket') &&
  properties.has('zookeeper.ssl.keystore.location');

function migrate(argv: readonly string[], io: Io): never {
  const options = parseOptions(OPTIONS, argv);
  usageOf(options, io).helpOrVersion(
    argv,
    'ZooKeeper Migration Tool Help. This tool updates the ACLs of znodes as part of the process of setting up ZooKeeper authentication.',
  );
  const file = options.valueOf('zk-tls-config-file');
  const hasIdentity = file !== undefined && identifies(loadProperties(file));
  println(io.stderr, hasIdentity ? NO_TLS : `ERROR: ${NO_IDENTITY}`);
  throw illegalArgument('Incorrect configuration');
}

/**
 * zookeeper-security-migration (kafka.admin.ZkSecurityMigrator). It changes znodes in the name of an identity that
 * ZooKeeper has verified. There is none without SASL or TLS, and then Kafka's tool refuses, as this one does.
 */
export async function securityMigration(argv: readonly string[], io: Io): Promise<number> {
  try {
    return migrate(argv, io);
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    println(io.stderr, thrown.toString());
    return 1;
  }
}
