import type { ConfigKey, ConfigKeys } from './config-def';

const INT_MAX = 0x7fffffff;

const key =
  (type: ConfigKey['type']) =>
  (fallback?: ConfigKey['fallback'], rules: Omit<ConfigKey, 'type' | 'fallback'> = {}): ConfigKey => ({
    type,
    ...(fallback === undefined ? {} : { fallback }),
    ...rules,
  });
const flag = key('BOOLEAN');
const int = key('INT');
const long = key('LONG');
const short = key('SHORT');
const double = key('DOUBLE');
const text = key('STRING');
const list = key('LIST');
const password = key('PASSWORD');
const className = key('CLASS');

const AT_LEAST_0 = { min: 0 };
const AT_LEAST_1 = { min: 1 };

const DNS_LOOKUP = text('use_all_dns_ips', { oneOf: ['use_all_dns_ips', 'resolve_canonical_bootstrap_servers_only'] });
const RECORDING_LEVEL = text('INFO', { oneOf: ['INFO', 'DEBUG', 'TRACE'] });
const PROTOCOLS = ['SASL_SSL', 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT'];
const SECURITY_PROTOCOL = text('PLAINTEXT', { oneOf: PROTOCOLS, anyCase: true });
const RECOVERY: ConfigKeys[number] = [
  'metadata.recovery.strategy',
  text('none', { oneOf: ['REBOOTSTRAP', 'NONE'], anyCase: true }),
];

const BACKOFFS: ConfigKeys = [
  ['reconnect.backoff.ms', long(50, AT_LEAST_0)],
  ['reconnect.backoff.max.ms', long(1_000, AT_LEAST_0)],
  ['retry.backoff.ms', long(100, AT_LEAST_0)],
  ['retry.backoff.max.ms', long(1_000, AT_LEAST_0)],
  ['enable.metrics.push', flag(true)],
];

const METRICS: ConfigKeys = [
  ['metrics.sample.window.ms', long(30_000, AT_LEAST_0)],
  ['metrics.num.samples', int(2, AT_LEAST_1)],
];

const REPORTERS: ConfigKeys = [
  ['metric.reporters', list('')],
  ['auto.include.jmx.reporter', flag(true)],
];

const CONNECTION_SETUP: ConfigKeys = [
  ['socket.connection.setup.timeout.ms', long(10_000)],
  ['socket.connection.setup.timeout.max.ms', long(30_000)],
];

/** SslConfigs and SaslConfigs: what counts for nothing without encryption is looked at all the same. */
const SSL_AND_SASL: ConfigKeys = [
  ['ssl.protocol', text('TLSv1.3')],
  ['ssl.provider', text()],
  ['ssl.cipher.suites', list()],
  ['ssl.enabled.protocols', list('TLSv1.2,TLSv1.3')],
  ['ssl.keystore.type', text('JKS')],
  ['ssl.keystore.location', text()],
  ['ssl.keystore.password', password()],
  ['ssl.key.password', password()],
  ['ssl.keystore.key', password()],
  ['ssl.keystore.certificate.chain', password()],
  ['ssl.truststore.certificates', password()],
  ['ssl.truststore.type', text('JKS')],
  ['ssl.truststore.location', text()],
  ['ssl.truststore.password', password()],
  ['ssl.keymanager.algorithm', text('SunX509')],
  ['ssl.trustmanager.algorithm', text('PKIX')],
  ['ssl.endpoint.identification.algorithm', text('https')],
  ['ssl.secure.random.implementation', text()],
  ['ssl.engine.factory.class', className()],
  ['sasl.kerberos.service.name', text()],
  ['sasl.kerberos.kinit.cmd', text('/usr/bin/kinit')],
  ['sasl.kerberos.ticket.renew.window.factor', double(0.8)],
  ['sasl.kerberos.ticket.renew.jitter', double(0.05)],
  ['sasl.kerberos.min.time.before.relogin', long(60_000)],
  ['sasl.login.refresh.window.factor', double(0.8, { min: 0.5, max: 1 })],
  ['sasl.login.refresh.window.jitter', double(0.05, { min: 0, max: 0.25 })],
  ['sasl.login.refresh.min.period.seconds', short(60, { min: 0, max: 900 })],
  ['sasl.login.refresh.buffer.seconds', short(300, { min: 0, max: 3_600 })],
  ['sasl.mechanism', text('GSSAPI')],
  ['sasl.jaas.config', password()],
  ['sasl.client.callback.handler.class', className()],
  ['sasl.login.callback.handler.class', className()],
  ['sasl.login.class', className()],
  ['sasl.login.connect.timeout.ms', int()],
  ['sasl.login.read.timeout.ms', int()],
  ['sasl.login.retry.backoff.max.ms', long(10_000)],
  ['sasl.login.retry.backoff.ms', long(100)],
  ['sasl.oauthbearer.scope.claim.name', text('scope')],
  ['sasl.oauthbearer.sub.claim.name', text('sub')],
  ['sasl.oauthbearer.token.endpoint.url', text()],
  ['sasl.oauthbearer.jwks.endpoint.url', text()],
  ['sasl.oauthbearer.jwks.endpoint.refresh.ms', long(3_600_000)],
  ['sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms', long(10_000)],
  ['sasl.oauthbearer.jwks.endpoint.retry.backoff.ms', long(100)],
  ['sasl.oauthbearer.clock.skew.seconds', int(30)],
  ['sasl.oauthbearer.expected.audience', list()],
  ['sasl.oauthbearer.expected.issuer', text()],
  ['sasl.oauthbearer.header.urlencode', flag(false)],
];

const ASSIGNORS = 'org.apache.kafka.clients.consumer.';

/** ConsumerConfig, without the deserializers, which every tool sets itself. */
export const CONSUMER_CONFIGS: ConfigKeys = [
  ['bootstrap.servers', list('')],
  ['client.dns.lookup', DNS_LOOKUP],
  ['group.id', text()],
  ['group.instance.id', text(undefined, { nonEmpty: true })],
  ['session.timeout.ms', int(45_000)],
  ['heartbeat.interval.ms', int(3_000)],
  ['partition.assignment.strategy', list(`${ASSIGNORS}RangeAssignor, ${ASSIGNORS}CooperativeStickyAssignor`)],
  ['metadata.max.age.ms', long(300_000, AT_LEAST_0)],
  ['enable.auto.commit', flag(true)],
  ['auto.commit.interval.ms', int(5_000, AT_LEAST_0)],
  ['client.id', text('')],
  ['client.rack', text('')],
  ['max.partition.fetch.bytes', int(1_048_576, AT_LEAST_0)],
  ['send.buffer.bytes', int(131_072, { min: -1 })],
  ['receive.buffer.bytes', int(65_536, { min: -1 })],
  ['fetch.min.bytes', int(1, AT_LEAST_0)],
  ['fetch.max.bytes', int(52_428_800, AT_LEAST_0)],
  ['fetch.max.wait.ms', int(500, AT_LEAST_0)],
  ...BACKOFFS,
  ['auto.offset.reset', text('latest', { oneOf: ['latest', 'earliest', 'none'] })],
  ['check.crcs', flag(true)],
  ...METRICS,
  ['metrics.recording.level', RECORDING_LEVEL],
  ...REPORTERS,
  ['request.timeout.ms', int(30_000, AT_LEAST_0)],
  ['default.api.timeout.ms', int(60_000, AT_LEAST_0)],
  ...CONNECTION_SETUP,
  ['connections.max.idle.ms', long(540_000)],
  ['interceptor.classes', list('')],
  ['max.poll.records', int(500, AT_LEAST_1)],
  ['max.poll.interval.ms', int(300_000, AT_LEAST_1)],
  ['exclude.internal.topics', flag(true)],
  ['isolation.level', text('read_uncommitted', { oneOf: ['read_committed', 'read_uncommitted'] })],
  ['allow.auto.create.topics', flag(true)],
  ['group.protocol', text('classic', { oneOf: ['CONSUMER', 'CLASSIC'], anyCase: true })],
  ['group.remote.assignor', text()],
  ['security.providers', text()],
  ['security.protocol', SECURITY_PROTOCOL],
  ...SSL_AND_SASL,
  RECOVERY,
];

const PRODUCER = 'org.apache.kafka.clients.producer.';
const PARTITIONERS = ['RoundRobinPartitioner', 'UniformStickyPartitioner', 'internals.DefaultPartitioner'];

/** ProducerConfig, without the serializers, which every tool sets itself. */
export const PRODUCER_CONFIGS: ConfigKeys = [
  ['bootstrap.servers', list('')],
  ['client.dns.lookup', DNS_LOOKUP],
  ['buffer.memory', long(33_554_432, AT_LEAST_0)],
  ['retries', int(INT_MAX, AT_LEAST_0)],
  ['acks', text('all', { oneOf: ['all', '-1', '0', '1'] })],
  ['compression.type', text('none', { oneOf: ['none', 'gzip', 'snappy', 'lz4', 'zstd'] })],
  ['compression.gzip.level', int(-1, { refuse: refuseGzipLevel })],
  ['compression.lz4.level', int(9, { min: 1, max: 17 })],
  ['compression.zstd.level', int(3, { min: -131_072, max: 22 })],
  ['batch.size', int(16_384, AT_LEAST_0)],
  ['partitioner.adaptive.partitioning.enable', flag(true)],
  ['partitioner.availability.timeout.ms', long(0, AT_LEAST_0)],
  ['partitioner.ignore.keys', flag(false)],
  ['linger.ms', long(0, AT_LEAST_0)],
  ['delivery.timeout.ms', int(120_000, AT_LEAST_0)],
  ['client.id', text('')],
  ['send.buffer.bytes', int(131_072, { min: -1 })],
  ['receive.buffer.bytes', int(32_768, { min: -1 })],
  ['max.request.size', int(1_048_576, AT_LEAST_0)],
  ...BACKOFFS,
  ['max.block.ms', long(60_000, AT_LEAST_0)],
  ['request.timeout.ms', int(30_000, AT_LEAST_0)],
  ['metadata.max.age.ms', long(300_000, AT_LEAST_0)],
  ['metadata.max.idle.ms', long(300_000, { min: 5_000 })],
  ...METRICS,
  ['metrics.recording.level', RECORDING_LEVEL],
  ...REPORTERS,
  ['max.in.flight.requests.per.connection', int(5, AT_LEAST_1)],
  ...CONNECTION_SETUP,
  ['connections.max.idle.ms', long(540_000)],
  ['partitioner.class', className(undefined, { classes: PARTITIONERS.map((name) => PRODUCER + name) })],
  ['interceptor.classes', list('')],
  ['security.protocol', SECURITY_PROTOCOL],
  ['security.providers', text()],
  ...SSL_AND_SASL,
  ['enable.idempotence', flag(true)],
  ['transaction.timeout.ms', int(60_000)],
  ['transactional.id', text(undefined, { nonEmpty: true })],
  RECOVERY,
];

/** AdminClientConfig. */
export const ADMIN_CONFIGS: ConfigKeys = [
  ['bootstrap.servers', list('')],
  ['bootstrap.controllers', list('')],
  ['client.id', text('')],
  ['metadata.max.age.ms', long(300_000, AT_LEAST_0)],
  ['send.buffer.bytes', int(131_072, { min: -1 })],
  ['receive.buffer.bytes', int(65_536, { min: -1 })],
  ...BACKOFFS,
  ['request.timeout.ms', int(30_000, AT_LEAST_0)],
  ...CONNECTION_SETUP,
  ['connections.max.idle.ms', long(300_000)],
  ['retries', int(INT_MAX, AT_LEAST_0)],
  ['default.api.timeout.ms', int(60_000, AT_LEAST_0)],
  ...METRICS,
  ...REPORTERS.slice(0, 1),
  ['metrics.recording.level', RECORDING_LEVEL],
  ...REPORTERS.slice(1),
  ['client.dns.lookup', DNS_LOOKUP],
  ['security.providers', text()],
  ['security.protocol', SECURITY_PROTOCOL],
  ...SSL_AND_SASL,
  RECOVERY,
];

/** org.apache.kafka.common.compress.GzipCompression.LevelValidator. */
export function refuseGzipLevel(value: boolean | number | string): string | undefined {
  const level = Number(value);
  return level === -1 || (level >= 1 && level <= 9) ? undefined : 'Value must be between 1 and 9 or equal to -1';
}
